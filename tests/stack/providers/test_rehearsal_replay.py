"""The load generator's replay of a log, as a process of its own; the simulated providers stand for the gateway."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import psutil
import pytest
from conftest import Simulator, start_simulator

from gateway_kit.errors import LoadError
from gateway_kit.gateway.providers import Providers
from gateway_kit.rehearsal.call import LoggedCall
from gateway_kit.rehearsal.event_log import EventLog
from gateway_kit.rehearsal.replay import Replay
from gateway_kit.rehearsal.requests import Requests, write_requests
from gateway_kit.rehearsal.run_folder import CALLS_FILE, REHEARSED_CALLS, Deployment
from gateway_kit.rehearsal.story import Story, read_fault
from gateway_kit.rehearsal.troubles import Troubles

KEYS = {"shop": "sim-shop", "help desk": "sim-desk"}
# Not completions: their body has what is for LiteLLM, and a provider refuses it.
KINDS = ("chat", "chat", "chat", "responses")


@pytest.fixture(scope="module")
def rehearsing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    running = start_simulator(tmp_path_factory.mktemp("replay"), "http://127.0.0.1:9/v1", rehearsal=True)
    with Providers(running.url) as control:
        control.profile("*", ttft_s=0.0, tokens_per_s=100_000.0, jitter=0.0, keep=True)
    yield running
    assert running.stop() == 0
    assert "unexpected error" not in running.log_path.read_text()


@pytest.fixture
def control(rehearsing: Simulator) -> Iterator[Providers]:
    with Providers(rehearsing.url) as client:
        client.clear_journal()
        yield client
        client.clear_faults()


def calls_of_a_day(calls: int, *, gap_s: float = 0.01, **changes: Any) -> Iterator[LoggedCall]:
    for number in range(calls):
        fields: dict[str, Any] = {
            "kind": KINDS[number % 4], "stream": number % 4 == 1, "key": list(KEYS)[number % 2],
            "prompt_tokens": 20 + number, "completion_tokens": 5, **changes,
        }  # fmt: skip
        at = 1e9 + gap_s * number
        yield LoggedCall(number=number, line=number + 1, at=at, model="gpt-4o-mini", body=None, **fields)


def written(folder: Path, calls: int, *, speed: float | None, **changes: Any) -> Requests:
    logged = calls_of_a_day(calls, **changes)
    return write_requests(logged, folder, speed=speed, seed=7, key_of=lambda call: call.key or "")


def replay_of(folder: Path, url: str, done: Requests, speed: float | None, **options: Any) -> Replay:
    return Replay(folder, url, KEYS, total=done.total, span_s=done.span_s, speed=speed, **options)


def test_every_call_is_made_once_with_its_key_and_its_lengths(
    rehearsing: Simulator, control: Providers, tmp_path: Path
) -> None:
    done = written(tmp_path, 48, speed=None)
    with replay_of(tmp_path, rehearsing.url, done, None, in_flight=4) as replay:
        rows = list(replay)
    assert (replay.ended, replay.made, replay.failed) == ("complete", 48, 0)
    assert sorted(row["number"] for row in rows) == list(range(48))
    assert [json.loads(line) for line in (tmp_path / CALLS_FILE).read_text().splitlines()] == rows
    frame = REHEARSED_CALLS.frame(rows).sort_values("number")
    assert frame["kind"].tolist() == list(KINDS) * 12
    assert frame["stream"].tolist() == [False, True, False, False] * 12
    assert frame["prompt_tokens"].tolist() == [20 + number for number in range(48)]
    assert frame["completion_tokens"].tolist() == [5] * 48
    assert frame["ttft_s"].notna().tolist() == frame["stream"].tolist()
    assert frame["scheduled"].isna().all()
    journal = control.journal().sort_values("call")
    assert journal["call"].tolist() == list(range(48))
    assert journal["deployment"].tolist() == ["shop", "desk"] * 24  # by the key that was sent


def test_calls_are_made_when_they_are_due_and_do_not_wait_for_each_other(
    rehearsing: Simulator, control: Providers, tmp_path: Path
) -> None:
    done = written(tmp_path, 20, speed=2.0, gap_s=0.02)
    # Each answer takes longer than the whole log.
    with (
        control.fault(kind="slow", latency_s=0.6),
        replay_of(tmp_path, rehearsing.url, done, 2.0) as replay,
    ):
        frame = REHEARSED_CALLS.frame(replay).sort_values("number")
    gaps = (frame["scheduled"] - frame["scheduled"].iloc[0]).dt.total_seconds().tolist()
    assert gaps == pytest.approx([0.01 * number for number in range(20)], abs=1e-4)
    assert (frame["started"] >= frame["scheduled"]).all()
    first_end = frame["started"].iloc[0].timestamp() + frame["latency_s"].iloc[0]
    assert frame["started"].iloc[-1].timestamp() < first_end


def test_calls_that_leave_late_are_told(rehearsing: Simulator, control: Providers, tmp_path: Path) -> None:
    done = written(tmp_path, 4, speed=1.0, gap_s=0.0)
    with (
        control.fault(kind="slow", latency_s=0.6),
        replay_of(tmp_path, rehearsing.url, done, 1.0, in_flight=2) as replay,
    ):
        assert len(list(replay)) == 4
    assert replay.notes()[0].startswith("2 of 4 calls left more than 0.5 s after their time")


def test_no_more_calls_are_in_flight_than_asked_for(
    rehearsing: Simulator, control: Providers, tmp_path: Path
) -> None:
    done = written(tmp_path, 12, speed=None, kind="chat", stream=False)
    with (
        control.fault(kind="slow", latency_s=0.1),
        replay_of(tmp_path, rehearsing.url, done, None, in_flight=3) as replay,
    ):
        frame = REHEARSED_CALLS.frame(replay)
    starts = [(moment.timestamp(), 1) for moment in frame["started"]]
    ends = [(row.started.timestamp() + row.latency_s, -1) for row in frame.itertuples()]
    assert replay.notes() == []  # no call had a time
    under_way, most = 0, 0
    for _, change in sorted([*starts, *ends]):
        under_way += change
        most = max(most, under_way)
    assert most == 3


def test_a_stop_leaves_what_it_has_and_marks_calls_in_progress(
    rehearsing: Simulator, control: Providers, tmp_path: Path
) -> None:
    done = written(tmp_path, 1000, speed=1.0)
    replay = replay_of(tmp_path, rehearsing.url, done, 1.0)
    with replay:
        rows = list(islice(replay, 10))
        control.fault(kind="timeout", hold_s=60)
        while control.faults()["hits"].sum() < 5:
            threading.Event().wait(0.02)
        process = psutil.Process(replay.pid)
        rows += replay.stop()
    assert replay.ended == "interrupted"
    left = [row for row in rows if row.get("cause") == "left"]
    assert len(left) >= 5
    assert {row["number"] for row in rows} == set(range(len(rows)))
    assert len((tmp_path / CALLS_FILE).read_text().splitlines()) == len(rows)
    assert not process.is_running()


def test_a_load_generator_that_is_ended_from_outside_leaves_a_whole_file(
    rehearsing: Simulator, control: Providers, tmp_path: Path
) -> None:
    done = written(tmp_path, 8, speed=None)
    with control.fault(kind="timeout", hold_s=60), replay_of(tmp_path, rehearsing.url, done, None) as replay:
        while not control.faults()["hits"].sum():
            threading.Event().wait(0.02)
        os.kill(replay.pid or 0, signal.SIGTERM)
        rows = list(replay)
    assert replay.ended == "interrupted"
    assert {row["cause"] for row in rows} == {"left"}


def test_a_load_generator_that_is_killed_is_an_error(rehearsing: Simulator, tmp_path: Path) -> None:
    done = written(tmp_path, 50, speed=1.0, gap_s=1.0)
    with replay_of(tmp_path, rehearsing.url, done, 1.0) as replay:
        rows = iter(replay)
        next(rows)
        os.kill(replay.pid or 0, signal.SIGKILL)
        with pytest.raises(LoadError, match="it ended before it was done"):
            list(rows)
    assert (tmp_path / CALLS_FILE).read_text().count("\n") == replay.made


def test_keys_are_nowhere_to_be_seen(rehearsing: Simulator, control: Providers, tmp_path: Path) -> None:
    done = written(tmp_path, 4, speed=None)
    with control.fault(kind="slow", latency_s=0.5), replay_of(tmp_path, rehearsing.url, done, None) as replay:
        folder = Path(replay._scratch.name)
        while not control.faults()["hits"].sum():
            threading.Event().wait(0.02)
        process = psutil.Process(replay.pid)
        shown = " ".join([*process.cmdline(), *process.environ().values()])
        files = [path.read_text() for path in (*folder.iterdir(), *tmp_path.iterdir())]
        assert not any(secret in text for secret in KEYS.values() for text in [shown, *files])
        list(replay)
    assert not folder.exists()


def test_nothing_at_the_address_is_a_row_for_each_call(tmp_path: Path) -> None:
    done = written(tmp_path, 4, speed=None)
    with replay_of(tmp_path, "http://127.0.0.1:9", done, None) as replay:
        assert {row["cause"] for row in replay} == {"unreachable"}
    assert replay.failed == 4


def test_the_temporary_folder_goes_even_if_the_requests_are_missing(tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    replay = Replay(tmp_path, "http://127.0.0.1:9", KEYS, total=1, scratch=scratch)
    assert len(list(scratch.iterdir())) == 1
    with pytest.raises(LoadError, match="FileNotFoundError"), replay:
        list(replay)
    assert list(scratch.iterdir()) == []


def test_a_story_strikes_the_calls_that_are_made_meanwhile(
    rehearsing: Simulator, control: Providers, tmp_path: Path
) -> None:
    done = written(tmp_path, 60, speed=None, kind="chat", stream=False)
    events: list[Any] = []
    with replay_of(tmp_path, rehearsing.url, done, None, in_flight=1) as replay:
        troubles = Troubles(
            Story("", (read_fault("deployment=shop rate_limit at=30% for=40%"),)),
            clock=replay.clock,
            providers=control,
            deployments=[
                Deployment("shop", "a", "openai", "openai", "openai/gpt-4o-mini", 1),
                Deployment("desk", "b", "openai", "openai", "openai/gpt-4o-mini", 2),
            ],
            events=EventLog(replay.clock, events.extend),
            stop_service=lambda name: None,
            start_service=lambda name: None,
        )
        with troubles, control.fault(kind="slow", latency_s=0.02):
            frame = REHEARSED_CALLS.frame(replay)
    struck = frame[frame["cause"].notna()]
    assert set(struck["key"]) == {"shop"}
    assert struck["status"].tolist() == [429] * len(struck)
    assert struck["number"].min() > 15
    assert struck["number"].max() < 55
    assert len(struck) > 5
    assert [event["kind"] for event in events] == ["fault_on", "fault_off"]
    assert troubles.problems == []
