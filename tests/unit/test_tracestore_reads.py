"""Pure parts of the trace store's reads: numbers, prices, buckets of time, cursors."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway_kit.stack.servers.tracestore.api.answers import number, price_text
from gateway_kit.stack.servers.tracestore.api.cursors import (
    ObservationCursor,
    ScoreCursor,
    observation_cursor,
    score_cursor,
)
from gateway_kit.stack.servers.tracestore.api.parameters import Parameters, js_number
from gateway_kit.stack.servers.tracestore.metrics.buckets import bucket_start, bucket_text, filled, following

GRANULARITIES = ("minute", "hour", "day", "week", "month")
times = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # UTC


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", 0), (" 5 ", 5), ("1e2", 100), (".5", 0.5), ("5.", 5), ("-0x10", None), ("0x10", 16), ("0b11", 3),
     ("1_000", None), ("Infinity", None), ("nan", None), ("٣", None), ("1e", None), ("9" * 500, None)],
)  # fmt: skip
def test_numbers_are_read_as_javascript_reads_them(text, expected):
    if expected is None:
        assert not math.isfinite(js_number(text))
    else:
        assert js_number(text) == expected


@pytest.mark.parametrize(
    ("price", "expected"),
    [("0.00000015", "1.5e-7"), ("6E-7", "6e-7"), ("0.0000015", "0.0000015"), ("0.000001", "0.000001"),
     ("0.000000100000", "1e-7"), ("0", "0"), ("12", "12"), ("100", "100"), ("0.00000000012345", "1.2345e-10")],
)  # fmt: skip
def test_prices_are_written_as_decimal_js_writes_them(price, expected):
    assert price_text(Decimal(price)) == expected


def test_numbers_have_no_empty_fraction():
    assert [repr(number(value)) for value in (1.0, 0.5, Decimal("2.00"), Decimal("0.1"), 3)] == [
        "1", "0.5", "2", "0.1", "3",
    ]  # fmt: skip
    assert number(None) is None


@given(time=times, granularity=st.sampled_from(GRANULARITIES))
def test_a_time_is_in_its_bucket_and_before_the_next(time, granularity):
    start = bucket_start(granularity, time)
    assert start <= time < following(granularity, start)
    assert bucket_start(granularity, start) == start
    if granularity == "week":
        assert start.weekday() == 0
    if granularity == "month":
        assert start.day == 1


def test_buckets_are_written_as_langfuse_writes_them():
    time = datetime(2026, 11, 23, 7, 5, tzinfo=UTC)
    assert [bucket_text(name, bucket_start(name, time)) for name in GRANULARITIES] == [
        "2026-11-23T07:05:00Z", "2026-11-23T07:00:00Z", "2026-11-23", "2026-11-23", "2026-11-01",
    ]  # fmt: skip


@given(
    start=times,
    granularity=st.sampled_from(("hour", "day")),
    steps=st.integers(0, 40),
    present=st.sets(st.integers(0, 40)),
)
def test_each_bucket_without_a_row_gets_one(start, granularity, steps, present):
    step = timedelta(hours=1) if granularity == "hour" else timedelta(days=1)
    first = bucket_start(granularity, start)
    rows = [{"t": first + index * step, "n": 1} for index in sorted(present) if index <= steps]
    made = list(filled(rows, granularity, "t", start, start + steps * step, lambda: {"n": 0}))
    assert [row for row in made if row["n"]] == rows
    buckets = {first + index * step for index in range(steps)} | {row["t"] for row in rows}
    assert [row["t"] for row in made] == sorted(buckets)


@given(time=times, trace_id=st.text(), row_id=st.text())
def test_a_cursor_comes_back_as_it_was_made(time, trace_id, row_id):
    time = time.replace(microsecond=time.microsecond // 1000 * 1000)
    for cursor, read in (
        (ObservationCursor(time, trace_id, row_id), observation_cursor),
        (ScoreCursor(time, row_id), score_cursor),
    ):
        parameters = Parameters([("cursor", cursor.encoded())])
        assert read(parameters) == cursor
        assert not parameters.issues
