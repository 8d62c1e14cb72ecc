"""Intervals of a period, and rows for those without observations."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from gateway_kit.errors import TracingError
from gateway_kit.tracing.intervals import intervals, with_empty_intervals

NOON = datetime(2026, 11, 25, 12, 0, 30, tzinfo=UTC)  # a Wednesday


@pytest.mark.parametrize(
    ("over", "begin", "end", "starts"),
    [
        ("minute", NOON, NOON + timedelta(minutes=1), ["11-25T12:00", "11-25T12:01"]),
        ("minute", NOON, NOON + timedelta(seconds=30), ["11-25T12:00"]),  # the end is exclusive
        ("hour", NOON - timedelta(hours=1), NOON, ["11-25T11:00", "11-25T12:00"]),
        ("day", NOON - timedelta(days=1), NOON, ["11-24T00:00", "11-25T00:00"]),
        ("week", NOON - timedelta(days=3), NOON, ["11-16T00:00", "11-23T00:00"]),
        ("month", NOON - timedelta(days=30), NOON, ["10-01T00:00", "11-01T00:00"]),
        ("month", datetime(2026, 1, 31, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC), ["01-01T00:00", "02-01T00:00"]),
    ],
)  # fmt: skip
def test_intervals_begin_where_the_server_begins_them(over, begin, end, starts):
    assert [f"{start:%m-%dT%H:%M}" for start in intervals(over, begin, end)] == starts


def test_intervals_are_in_utc():
    zone = timezone(timedelta(hours=5, minutes=30))
    begin = datetime(2026, 11, 25, 0, 0, tzinfo=zone)
    assert list(intervals("day", begin, begin + timedelta(hours=1))) == [datetime(2026, 11, 24, tzinfo=UTC)]


def test_each_group_has_each_interval():
    rows = [
        {"time_dimension": "2026-11-25T12:00:00Z", "name": "a", "count_count": 2},
        {"time_dimension": "2026-11-25T12:01:00Z", "name": None, "count_count": 1},
    ]
    filled = with_empty_intervals(rows, "name", intervals("minute", NOON, NOON + timedelta(minutes=1)))
    assert filled[:2] == rows
    assert [(row["name"], row["time_dimension"][14:16]) for row in filled[2:]] == [(None, "00"), ("a", "01")]


def test_dates_count_as_their_beginning():
    rows = [{"time_dimension": "2026-11-25", "count_count": 2}]
    assert with_empty_intervals(rows, None, intervals("day", NOON, NOON + timedelta(hours=1))) == rows


def test_without_groups_an_empty_period_has_rows_and_with_them_none():
    period = NOON, NOON + timedelta(minutes=2)
    assert len(with_empty_intervals([], None, intervals("minute", *period))) == 3
    assert with_empty_intervals([], "name", intervals("minute", *period)) == []


def test_too_many_rows_are_refused_with_what_to_change():
    with pytest.raises(TracingError, match="`window`"):
        with_empty_intervals([], None, intervals("minute", NOON, NOON + timedelta(days=100)))
