"""The call record as a table: columns, bounds, parts, threads."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest

from gateway_kit.gateway import CALLS, Call, CallRecord


def call(**fields: object) -> Call:
    return Call(started=datetime(2026, 1, 1, tzinfo=UTC), kind="chat", **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize("rows", [[], [call()], [call(status=200, retries=2, cost_usd=0.5), call()]])
def test_dtypes_do_not_depend_on_the_rows(rows: list[Call]) -> None:
    calls = CallRecord()
    for row in rows:
        calls.add(row)
    frame = calls.frame()
    assert {name: str(dtype) for name, dtype in frame.dtypes.items()} == CALLS.dtypes
    assert len(frame) == len(rows)


def test_the_oldest_rows_go_first() -> None:
    calls = CallRecord(capacity=2)
    for number in range(3):
        calls.add(call(status=number))
    assert calls.frame()["status"].tolist() == [1, 2]
    assert calls.last["status"] == 2


def test_last_of_an_empty_record_says_so() -> None:
    calls = CallRecord()
    with pytest.raises(LookupError, match="No call"):
        _ = calls.last


def test_a_reader_gets_each_call_once() -> None:
    calls, seen = CallRecord(capacity=3), 0
    got: list[list[int]] = []
    for batch in ([0, 1], [], [2], [3, 4, 5, 6], [7]):
        for status in batch:
            calls.add(call(status=status))
        new, seen = calls.since(seen)
        got.append(new["status"].tolist())
    assert got == [[0, 1], [], [2], [4, 5, 6], [7]], "3 was forgotten before anybody asked"
    calls.clear()
    calls.add(call(status=8))
    new, seen = calls.since(seen)
    assert new["status"].tolist() == [8]
    assert {name: str(dtype) for name, dtype in calls.since(seen)[0].dtypes.items()} == CALLS.dtypes


def test_clear_forgets() -> None:
    calls = CallRecord()
    calls.add(call())
    calls.clear()
    assert len(calls) == 0


def test_threads_lose_no_row() -> None:
    calls = CallRecord()

    def add() -> None:
        for _ in range(500):
            calls.add(call(), calls.open_parts())

    with calls.recording() as part:
        threads = [threading.Thread(target=add) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(calls) == len(part) == 4000


def test_recordings_nest_and_end() -> None:
    calls = CallRecord()
    with calls.recording() as outer:
        calls.add(call(status=1), calls.open_parts())
        with calls.recording() as inner:
            calls.add(call(status=2), calls.open_parts())
        calls.add(call(status=3), calls.open_parts())
    calls.add(call(status=4), calls.open_parts())
    assert [c.status for c in inner] == [2]
    assert [c.status for c in outer] == [1, 2, 3]
    assert [c.status for c in calls] == [1, 2, 3, 4]


def test_a_summary_names_what_matters() -> None:
    text = call(
        provider_model="gpt-4o-mini", latency_s=0.5, total_tokens=7, cost_usd=0.0, cache_hit=True, fallbacks=1
    )
    assert text.summary() == (
        "gpt-4o-mini · 0.50 s · 7 tokens · 0.0000000 USD · from the cache · fallbacks: 1"
    )
