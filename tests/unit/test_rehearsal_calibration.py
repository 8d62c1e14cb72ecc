"""A run against the log: by how much it differs, and that each reason is found with its amount."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gateway_kit.rehearsal import Rehearsal
from gateway_kit.rehearsal import calibration_reasons as reasons
from gateway_kit.rehearsal.calibration import Calibration, calibrate
from gateway_kit.rehearsal.run_result import Run
from gateway_kit.rehearsal.tables import by_measure
from tests.unit.rehearsal_made import OVERHEAD_S, Made, write_run

COST, P50, P95 = "cost_usd", "latency_p50_s", "latency_p95_s"


def run_of(folder: Path, made: Made = Made()) -> Run:  # noqa: B008  # frozen
    write_run(folder / "runs" / "candidate", made)
    return Rehearsal.read(folder).candidate


def found(calibration: Calibration, measure: str) -> dict[str, float]:
    table = calibration.reasons
    mine = table[table["measure"] == measure]
    return dict(zip(mine["reason"], mine["amount"], strict=True))


def amounts_add_up(calibration: Calibration) -> None:
    rows = by_measure(calibration.table)
    for measure in (COST, P50, P95):
        assert sum(found(calibration, measure).values()) == pytest.approx(
            rows[measure]["difference"], abs=1e-9
        )


def test_an_unchanged_configuration_reproduces_the_log(tmp_path: Path):
    calibration = calibrate(run_of(tmp_path))
    rows = by_measure(calibration.table)
    assert [rows[measure]["within"] for measure in (COST, P50, P95)] == [True] * 3
    assert rows[COST]["change"] == 0
    assert rows[P50]["difference"] == pytest.approx(OVERHEAD_S)
    assert rows[P50]["calls"] == 300
    assert found(calibration, COST) == {}
    assert found(calibration, P50) == {reasons.OVERHEAD: pytest.approx(OVERHEAD_S)}
    assert calibration.change(COST) == 0


def test_the_figures_are_those_of_a_plain_computation(tmp_path: Path):
    run = run_of(tmp_path, Made(slower=1.2, dearer=1.1, failing=0.1))
    calls, rows = run.calls, by_measure(calibrate(run).table)
    answered = calls[calls["error"].isna()]
    assert rows[COST]["logged"] == pytest.approx(calls["logged_cost_usd"].sum())
    assert rows[COST]["rehearsed"] == pytest.approx(answered["cost_usd"].sum())
    assert rows[P95]["logged"] == pytest.approx(np.percentile(calls["logged_latency_s"], 95))
    assert rows[P95]["rehearsed"] == pytest.approx(np.percentile(answered["latency_s"], 95))
    assert rows["failed"]["rehearsed"] == pytest.approx(calls["failed"].mean())
    assert [rows[measure]["within"] for measure in (P50, P95)] == [False] * 2


CASES: list[tuple[str, Callable[[pd.DataFrame, pd.Index], None]]] = [
    (reasons.FAILED_THERE, lambda calls, few: calls.loc.__setitem__((few, "logged_status"), 500)),
    (reasons.HIT_THERE, lambda calls, few: calls.loc.__setitem__((few, "logged_cache_hit"), True)),
    (reasons.UNPRICED, lambda calls, few: calls.loc.__setitem__((few, "cost_usd"), 0.0)),
    (reasons.OTHER_MODEL, lambda calls, few: calls.loc.__setitem__((few, "provider_model"), "openai/other")),
    (reasons.NO_TOKENS, lambda calls, few: calls.loc.__setitem__((few, "logged_prompt_tokens"), pd.NA)),
    (reasons.OTHER_TOKENS, lambda calls, few: calls.loc.__setitem__((few, "completion_tokens"), 7)),
    (reasons.CACHED_TOKENS, lambda calls, few: calls.loc.__setitem__((few, "cached_tokens"), 5)),
    (reasons.OTHER_PRICE, lambda calls, few: None),
]


@pytest.mark.parametrize(("reason", "change"), CASES, ids=[reason[:30] for reason, _ in CASES])
def test_each_reason_of_a_cost_is_told_apart(
    tmp_path: Path, reason: str, change: Callable[[pd.DataFrame, pd.Index], None]
):
    run = run_of(tmp_path)
    few = run.calls.index[10:30]
    run.calls.loc[few, "cost_usd"] *= 1.5
    change(run.calls, few)
    moved = run.calls["cost_usd"] - run.calls["logged_cost_usd"]
    calibration = calibrate(run)
    assert found(calibration, COST) == {reason: pytest.approx(moved.sum())}
    row = calibration.reasons[calibration.reasons["measure"] == COST].iloc[0]
    assert row["calls"] == 20
    assert row["share"] == pytest.approx(moved.sum() / run.calls["logged_cost_usd"].sum())
    amounts_add_up(calibration)


def test_failures_and_hits_of_the_rehearsal_have_their_amounts(tmp_path: Path):
    run = run_of(tmp_path, Made(failing=0.1, cached=0.1))
    calls, calibration = run.calls, calibrate(run)
    assert found(calibration, COST) == {
        reasons.FAILED_HERE: pytest.approx(-calls.loc[calls["failed"], "logged_cost_usd"].sum()),
        reasons.HIT_HERE: pytest.approx(-calls.loc[calls["cache_hit"], "logged_cost_usd"].sum()),
    }
    assert found(calibration, P50)[reasons.HIT_HERE] < 0
    amounts_add_up(calibration)


def test_reasons_of_a_latency_are_told_apart(tmp_path: Path):
    run = run_of(tmp_path, Made(count=400, slower=1.5, rescued=0.3, speed=None))
    run.calls["latency_s"] += 0.2  # as if all had waited in a queue
    calibration = calibrate(run)
    told = found(calibration, P50)
    assert set(told) == {reasons.TROUBLE, reasons.OVERHEAD, reasons.QUEUED, reasons.DRAWN}
    assert told[reasons.QUEUED] == pytest.approx(0.2, abs=0.06)
    assert told[reasons.DRAWN] > 0.1
    amounts_add_up(calibration)
    run.calls["fault"] = pd.Series(pd.NA, index=run.calls.index, dtype="string")
    assert reasons.TRIED_AGAIN in found(calibrate(run), P50)


def test_what_was_taken_off_the_providers_has_its_amount(tmp_path: Path):
    write_run(tmp_path / "runs" / "candidate", stack={"overhead_s": 0.05})
    run = Rehearsal.read(tmp_path).candidate
    assert run.taken_off_s == 0.05
    run.calls[["latency_s", "provider_s"]] -= 0.05
    calibration = calibrate(run)
    assert found(calibration, P50) == {
        reasons.OVERHEAD: pytest.approx(OVERHEAD_S),
        reasons.TAKEN_OFF: pytest.approx(-0.05),
    }
    amounts_add_up(calibration)


def test_a_log_that_says_nothing_cannot_be_compared_with(tmp_path: Path):
    calibration = calibrate(run_of(tmp_path, Made(logged=False)))
    assert calibration.table.empty
    assert calibration.reasons.empty
    assert np.isnan(calibration.change(COST))
    assert calibration.models["logged_usd"].isna().all()


def test_few_calls_are_not_judged(tmp_path: Path):
    rows = by_measure(calibrate(run_of(tmp_path, Made(count=10))).table)
    assert rows[COST]["within"] is True
    assert rows[P50]["within"] is True
    assert pd.isna(rows[P95]["within"])


@pytest.mark.parametrize("made", [Made(count=0), Made(count=1), Made(count=30, failing=1.0)])
def test_nothing_breaks_without_calls_or_answers(tmp_path: Path, made: Made):
    calibration = calibrate(run_of(tmp_path, made))
    assert len(calibration.table) == (
        7 if made.count > 1 else 0 if not made.count else len(calibration.table)
    )
    assert len(calibration.models) <= 3


def test_a_model_has_its_own_figures(tmp_path: Path):
    run = run_of(tmp_path)
    table = calibrate(run).models.set_index("model")
    for model, part in run.calls.groupby("model"):
        assert table.loc[model, "calls"] == len(part)
        assert table.loc[model, "logged_usd"] == pytest.approx(part["logged_cost_usd"].sum())
        assert table.loc[model, "rehearsed_p95_s"] == pytest.approx(part["latency_s"].quantile(0.95))


def test_providers_may_be_left_out_of_a_models_name(tmp_path: Path):
    run = run_of(tmp_path, Made(dearer=1.1))
    run.calls["logged_model"] = run.calls["logged_model"].str.partition("/")[2].astype("string")
    assert set(found(calibrate(run), COST)) == {reasons.OTHER_PRICE}
