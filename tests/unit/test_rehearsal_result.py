"""From a rehearsal's folder to its tables: what is written there is what they say."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gateway_kit.rehearsal import Rehearsal, RehearsalError
from gateway_kit.rehearsal.run_folder import ATTEMPTS_FILE, CALLS_FILE, EVENTS_FILE, REHEARSED_CALLS, RUN
from gateway_kit.rehearsal.tables import CALLS
from tests.unit.rehearsal_made import Made, made_rehearsal, write_run

WORSE = Made(failing=0.1, cached=0.1, rescued=0.1)


@pytest.fixture(scope="module")
def rehearsal(tmp_path_factory: pytest.TempPathFactory) -> Rehearsal:
    return Rehearsal.read(made_rehearsal(tmp_path_factory.mktemp("out") / "a", WORSE, Made()))


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_the_runs_are_in_the_order_in_which_they_are_compared(tmp_path: Path):
    for name in ("against-10", "against-2", "against", "candidate"):
        write_run(tmp_path / "runs" / name, Made(count=2))
    read = Rehearsal.read(tmp_path)
    assert list(read.runs) == ["candidate", "against", "against-2", "against-10"]
    assert [run.title for run in read.runs.values()] == ["candidate", "baseline", "baseline 2", "baseline 10"]
    assert read.candidate.facts.config == "candidate.yaml"
    assert list(read.comparisons) == ["against", "against-2", "against-10"]
    assert repr(read).startswith(f"<Rehearsal in {tmp_path} (candidate: 2 calls, baseline: 2 calls")


def test_calls_have_what_the_file_says_and_what_the_attempts_add(rehearsal: Rehearsal):
    written = lines(rehearsal.folder / "runs" / "candidate" / CALLS_FILE)
    calls = rehearsal.candidate.calls
    assert {name: str(dtype) for name, dtype in calls.dtypes.items()} == CALLS.dtypes
    assert calls["number"].tolist() == list(range(300))
    for name in ("cost_usd", "logged_latency_s", "overhead_ms"):
        assert calls[name].tolist() == pytest.approx(
            [np.nan if row[name] is None else row[name] for row in written], nan_ok=True
        )
    assert calls["failed"].tolist() == [row["error"] is not None for row in written]
    assert calls["started"].tolist() == [pd.Timestamp(str(row["started"])) for row in written]
    attempts = lines(rehearsal.folder / "runs" / "candidate" / ATTEMPTS_FILE)
    for number in (0, 50, 299):
        mine = [row for row in attempts if row["number"] == number]
        assert calls["attempts"][number] == len(mine)
        if mine:
            assert calls["provider_s"][number] == pytest.approx(sum(row["latency_s"] for row in mine))
    rescued = calls["fallbacks"] == 1
    assert rescued.any()
    assert (calls["fell_back"] == rescued).all()
    assert (calls.loc[rescued, "fault"] == "503 for all").all()


def test_a_summary_counts_what_is_there(rehearsal: Rehearsal):
    calls = rehearsal.candidate.calls
    table = rehearsal.candidate.summary("team").set_index("team")
    for team, part in calls.groupby("team"):
        row, answered = table.loc[team], part[~part["failed"]]
        assert row["calls"] == len(part)
        assert row["failed"] == part["failed"].sum()
        assert row["failed_share"] == pytest.approx(part["failed"].mean())
        assert row["cost_usd"] == pytest.approx(part["cost_usd"].sum())
        assert row["cache_hits"] == part["cache_hit"].sum()
        assert row["answered"] == len(answered)
        assert row["latency_p95_s"] == pytest.approx(answered["latency_s"].quantile(0.95))
        assert row["ttft_p50_s"] == pytest.approx(answered["ttft_s"].median())
        paid = answered[~answered["cache_hit"]]
        assert row["prompt_tokens"] == paid["prompt_tokens"].sum()
    assert rehearsal.candidate.summary()["calls"].tolist() == [300]
    assert rehearsal.runs["against"].summary()["unpriced"].tolist() == [0]


def test_an_answer_without_a_cost_is_counted(tmp_path: Path):
    folder = write_run(tmp_path / "runs" / "candidate", Made(count=5))
    rows = lines(folder / CALLS_FILE)
    rows[2]["cost_usd"] = None
    (folder / CALLS_FILE).write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    assert Rehearsal.read(tmp_path).candidate.summary()["unpriced"].tolist() == [1]


def test_deployments_that_nothing_reached_are_listed_too(rehearsal: Rehearsal):
    table = rehearsal.candidate.deployments.set_index("deployment")
    assert table.loc["spare-1", "attempts"] == 0
    assert table["attempts"].sum() == len(rehearsal.candidate.attempts)
    assert (table["attempts"] == table[["answered", "refused", "broken"]].sum(axis=1)).all()
    refused = table[table["refused"] > 0]
    assert len(refused)
    assert (refused["faults"] == refused["refused"]).all()


def test_refusals_and_routes_add_up(rehearsal: Rehearsal):
    run = rehearsal.candidate
    assert run.refusals["calls"].sum() == run.calls["failed"].sum()
    assert run.refusals["cause"].tolist() == ["key_limit"]
    assert run.refusals["status"].tolist() == [429]
    assert run.routes["calls"].sum() == run.calls["fell_back"].sum()
    assert run.routes["route"].str.contains(r"^[\w-]+-0 \(503\) → [\w-]+-1 \(200\)$").all()
    assert rehearsal.runs["against"].refusals.empty
    assert rehearsal.runs["against"].routes.empty


def test_the_timeline_holds_each_call_once(rehearsal: Rehearsal):
    table = rehearsal.candidate.timeline
    assert len(table) <= 61
    kinds = ["answered", "cached", "rescued", "failed"]
    assert table[kinds].to_numpy().sum() == 300
    assert table["failed"].sum() == rehearsal.candidate.calls["failed"].sum()
    assert np.diff(table["at_s"]) == pytest.approx(table["seconds"].iloc[0])


def test_troubles_have_the_calls_that_began_meanwhile(rehearsal: Rehearsal):
    run = rehearsal.candidate
    slow, redis = (row for _, row in run.troubles.iterrows())
    assert (slow["subject"], redis["subject"]) == ("azure", "redis")
    assert slow["end_s"] - slow["begin_s"] == pytest.approx(120)
    assert np.isnan(redis["end_s"])
    inside = run.calls["at_s"].between(slow["begin_s"], slow["end_s"], inclusive="left")
    assert slow["calls"] == inside.sum() > 20
    assert slow["failed"] == (inside & run.calls["failed"]).sum()
    assert redis["calls"] == (run.calls["at_s"] >= redis["begin_s"]).sum()


def test_a_trouble_that_comes_twice_ends_twice(tmp_path: Path):
    folder = write_run(tmp_path / "runs" / "candidate", Made(count=50, speed=1.0))
    first = lines(folder / CALLS_FILE)[0]["started"]
    rows = [
        {"at_s": at_s, "happened": (pd.Timestamp(str(first)) + pd.Timedelta(seconds=at_s)).isoformat(), "kind": kind,
         "subject": "redis", "detail": "Redis"}
        for at_s, kind in ((10, "service_stopped"), (20, "service_started"), (30, "service_stopped"),
                           (40, "service_started"), (50, "note"))
    ]  # fmt: skip
    (folder / EVENTS_FILE).write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    troubles = Rehearsal.read(tmp_path).candidate.troubles
    assert troubles[["begin_s", "end_s"]].to_numpy().tolist() == [[10, 20], [30, 40]]


def test_a_run_that_was_broken_off_is_read_as_far_as_it_came(tmp_path: Path):
    folder = write_run(tmp_path / "runs" / "candidate", Made(count=20, ended="interrupted"))
    rows = (folder / CALLS_FILE).read_text().splitlines()
    left = json.loads(rows[9]) | {
        "error": "left by the caller before its end",
        "cause": "left",
        "status": None,
    }
    (folder / CALLS_FILE).write_text("\n".join([*rows[:9], json.dumps(left), rows[10][:40]]))
    run = Rehearsal.read(tmp_path).candidate
    assert (len(run.calls), run.left, run.unread, run.is_partial) == (9, 1, 1, True)
    assert not run.calls["failed"].any()


def test_a_run_without_a_call_has_empty_tables(tmp_path: Path):
    folder = write_run(tmp_path / "runs" / "candidate", Made(count=0))
    for name in (CALLS_FILE, ATTEMPTS_FILE, EVENTS_FILE):
        (folder / name).unlink()
    run = Rehearsal.read(tmp_path).candidate
    assert run.calls.empty
    assert run.summary().loc[0, "calls"] == 0
    assert run.summary("model").empty
    assert run.deployments["attempts"].sum() == 0
    for table in (run.refusals, run.routes, run.troubles, run.timeline):
        assert table.empty


def test_rows_may_be_short_and_calls_may_come_twice(tmp_path: Path):
    folder = write_run(tmp_path / "runs" / "candidate", Made(count=1))
    short = {"number": 1, "started": 1764500000.5, "kind": "chat", "status": 200}
    again = {"number": 1, "started": 1764500001.5, "kind": "chat", "status": 500, "error": "500 \ud800"}
    with open(folder / CALLS_FILE, "a") as file:
        file.write("".join(f"{json.dumps(row)}\n" for row in (short, again)))
    calls = Rehearsal.read(tmp_path).candidate.calls
    assert set(REHEARSED_CALLS.columns) <= set(calls.columns)
    assert calls["number"].tolist() == [0, 1]
    assert calls["error"][1] == "500 ?"
    assert calls["started"][1] == pd.Timestamp(1764500001.5, unit="s", tz="UTC")
    assert not calls["cache_hit"][1]
    assert calls["failed"].tolist() == [False, True]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, r"holds no rehearsal: there is no runs/candidate/run.json"),
        ("{", "is damaged"),
        ("[]", "holds no object"),
        ("{}", "is damaged: .*missing"),
        ('{"deployments": 3}', "is damaged"),
    ],
)
def test_a_folder_that_is_no_rehearsal_is_said_to_be_none(tmp_path: Path, content: str | None, said: str):
    folder = tmp_path / "runs" / "candidate"
    folder.mkdir(parents=True)
    if content is not None:
        (folder / RUN).write_text(content)
    with pytest.raises(RehearsalError, match=said):
        Rehearsal.read(tmp_path)


def test_a_folder_that_is_not_there_and_a_value_that_is_none(tmp_path: Path):
    with pytest.raises(RehearsalError, match="There is no folder"):
        Rehearsal.read(tmp_path / "none")
    folder = write_run(tmp_path / "runs" / "candidate", Made(count=1))
    (folder / CALLS_FILE).write_text('{"number": 0, "latency_s": "soon"}\n')
    with pytest.raises(RehearsalError, match=r"calls\.jsonl has a value in latency_s that is no float64"):
        Rehearsal.read(tmp_path)


def test_fields_of_a_later_version_are_left_out(tmp_path: Path):
    folder = write_run(tmp_path / "runs" / "candidate", Made(count=1))
    facts = json.loads((folder / RUN).read_text())
    facts["mood"] = "good"
    facts["deployments"][0]["colour"] = "red"
    (folder / RUN).write_text(json.dumps(facts))
    assert len(Rehearsal.read(tmp_path).candidate.facts.deployments) == 4


def test_a_responses_stream_that_reached_no_provider_was_a_cache_hit(tmp_path: Path):
    folder = write_run(tmp_path / "runs" / "candidate", Made(count=4))
    for number, row in enumerate(calls := lines(folder / CALLS_FILE)):
        row |= {"kind": "responses" if number < 3 else "chat", "stream": number != 2, "cost_usd": 0.5}
    (folder / CALLS_FILE).write_text("".join(json.dumps(row) + "\n" for row in calls))
    attempts = [row for row in lines(folder / ATTEMPTS_FILE) if row["number"] == 0]
    (folder / ATTEMPTS_FILE).write_text("".join(json.dumps(row) + "\n" for row in attempts))
    read = Rehearsal.read(tmp_path).candidate.calls
    assert read["cache_hit"].tolist() == [False, True, False, False]
    assert read["cost_usd"].tolist() == [0.5, 0.0, 0.5, 0.5]
    assert read["saved_usd"][1] == 0.5
    assert {name: str(dtype) for name, dtype in read.dtypes.items()} == CALLS.dtypes
