"""Two runs over the same calls: what changed, and what chance may have done."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gateway_kit.rehearsal import Rehearsal
from gateway_kit.rehearsal.comparison import Comparison, compare_runs
from tests.unit.rehearsal_made import MODELS, Made, made_rehearsal


def compared(folder: Path, candidate: Made, against: Made) -> Comparison:
    return Rehearsal.read(made_rehearsal(folder / "out", candidate, against)).comparisons["against"]


def verdicts(comparison: Comparison) -> dict[str, str]:
    return comparison.overall.set_index("measure")["verdict"].to_dict()


def test_a_run_compared_with_itself_has_not_changed(tmp_path: Path):
    comparison = compared(tmp_path, Made(), Made())
    assert comparison.changed.empty
    found = verdicts(comparison)
    assert found["cost_usd"] == found["failed"] == found["cache_hits"] == "the same"
    assert found["latency_p50_s"] == "no difference can be told"
    assert found["latency_p99_s"] == "too few calls"
    rows = comparison.overall.set_index("measure")
    assert rows.loc["cost_usd", ["difference", "low", "high"]].tolist() == [0, 0, 0]
    assert rows.loc["failed", "p"] == 1


def test_what_is_worse_is_found_with_its_size(tmp_path: Path):
    comparison = compared(tmp_path, Made(count=600, slower=1.3, dearer=1.2, failing=0.08), Made(count=600))
    rows = comparison.overall.set_index("measure")
    assert {name: rows.loc[name, "verdict"] for name in ("failed", "latency_p50_s", "latency_p95_s")} == {
        "failed": "higher", "latency_p50_s": "higher", "latency_p95_s": "higher"
    }  # fmt: skip
    failed = rows.loc["failed"]
    assert failed["candidate"] == failed["candidate_only"] / 600
    assert failed["baseline_only"] == 0
    assert 0 < failed["low"] < failed["difference"] < failed["high"]
    # Of the calls that both answered the candidate costs a fifth more, though failed calls cost nothing.
    assert rows.loc["cost_answered_usd", "change"] == pytest.approx(0.2)
    assert rows.loc["cost_answered_usd", "calls"] == 600 - failed["candidate_only"]
    assert rows.loc["cost_usd", "change"] < 0.2
    assert rows.loc["latency_p50_s", "change"] == pytest.approx(0.3, abs=0.01)
    low, high = rows.loc["latency_p50_s", ["low", "high"]]
    assert low < 0.3 * rows.loc["latency_p50_s", "baseline"] < high


def test_a_busier_machine_is_not_taken_for_a_slower_configuration(tmp_path: Path):
    rehearsal = Rehearsal.read(made_rehearsal(tmp_path / "out", Made(), Made()))
    rehearsal.candidate.calls["latency_s"] += 0.4
    rehearsal.candidate.calls["ttft_s"] += 0.4
    comparison = rehearsal.comparisons["against"]
    found = verdicts(comparison)
    assert found["latency_p50_s"] == found["latency_p95_s"] == found["ttft_p50_s"] == "the gateway's own time"
    assert comparison.changed.empty
    assert comparison.overall.set_index("measure").loc["latency_p50_s", "low"] > 0.3
    # Without attempts nobody knows whose time it was.
    for run in rehearsal.runs.values():
        run.calls["provider_s"] = np.nan
    assert verdicts(compare_runs(*rehearsal.runs.values()))["latency_p50_s"] == "higher"


def test_what_is_better_is_lower(tmp_path: Path):
    found = verdicts(compared(tmp_path, Made(slower=0.7, dearer=0.5), Made(failing=0.1)))
    assert found["failed"] == found["latency_p50_s"] == found["cost_answered_usd"] == "lower"


def test_few_failures_more_are_no_more_than_chance(tmp_path: Path):
    comparison = compared(tmp_path, Made(count=200, failing=0.02), Made(count=200, failing=0.015))
    row = comparison.overall.set_index("measure").loc["failed"]
    assert row["candidate"] != row["baseline"]
    assert row["verdict"] == "no difference can be told"
    assert row["p"] > 0.05
    assert row["low"] < 0 < row["high"]


def test_groups_are_compared_with_wider_intervals(tmp_path: Path):
    comparison = compared(tmp_path, Made(failing=0.1), Made(failing=0.1))
    table = comparison.table
    assert set(table["by"]) == {"all", "model", "key", "team"}
    models = table[(table["by"] == "model") & (table["measure"] == "failed")]
    assert set(models["group"]) == set(MODELS)
    assert models["calls"].sum() == 300
    whole = table[(table["by"] == "all") & (table["measure"] == "failed")].iloc[0]
    assert models["candidate_only"].sum() == whole["candidate_only"]
    # As wide as chance makes a third of the calls, and a little wider for being three.
    assert ((models["high"] - models["low"]) > 1.7 * (whole["high"] - whole["low"])).all()


def test_many_worlds_without_a_difference_show_few_changes(tmp_path: Path):
    found = [
        len(
            compared(tmp_path / str(seed), Made(100, seed, failing=0.1), Made(100, seed, failing=0.1)).changed
        )
        for seed in range(6)
    ]
    assert sum(found) <= 4, "of about 250 rows that could differ"


def test_only_calls_of_both_runs_count(tmp_path: Path):
    comparison = compared(tmp_path, Made(count=40), Made(count=25, ended="interrupted"))
    assert (comparison.pairs, comparison.candidate_only, comparison.baseline_only) == (25, 15, 0)
    assert comparison.overall["calls"].max() == 25


@pytest.mark.parametrize("count", [0, 1])
def test_hardly_any_call_decides_nothing(tmp_path: Path, count: int):
    comparison = compared(tmp_path, Made(count=count, dearer=2), Made(count=count))
    assert set(comparison.overall["verdict"]) == {"too few calls"}
    assert set(comparison.table["by"]) == {"all"}


def test_the_same_seed_gives_the_same_intervals(tmp_path: Path):
    rehearsal = Rehearsal.read(made_rehearsal(tmp_path / "out", Made(slower=1.1), Made()))
    run, baseline = rehearsal.candidate, rehearsal.baselines[0]
    tables = [compare_runs(run, baseline, seed=seed).table for seed in (1, 1, 2)]
    assert tables[0].equals(tables[1])
    assert not tables[0].equals(tables[2])


def test_costs_that_nobody_knows_are_left_out(tmp_path: Path):
    rehearsal = Rehearsal.read(made_rehearsal(tmp_path / "out", Made(failing=0.1), Made()))
    rehearsal.candidate.calls.loc[:99, "cost_usd"] = np.nan
    row = rehearsal.comparisons["against"].overall.set_index("measure").loc["cost_usd"]
    lost = rehearsal.candidate.calls["failed"]
    assert row["calls"] == 200 + lost[:100].sum(), "a failed call without a cost was not charged"
