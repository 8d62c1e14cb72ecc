"""Axes of the trace page, and inputs and outputs on one line."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from gateway_kit.stack.servers.tracestore.pages.content import read_content
from gateway_kit.stack.servers.tracestore.pages.ticks import (
    duration_ticks,
    number_ticks,
    time_labels,
    usd_ticks,
)
from gateway_kit.stack.servers.tracestore.pages.trace_tree import axis_ticks


@pytest.mark.parametrize(
    "length", [1e-7, 0.003, 0.9, 1, 1.2, 3, 12, 99, 101, 250, 1234, 45_000, 61_000, 3.7e6, 9e8]
)
@pytest.mark.parametrize("ticks", [number_ticks, usd_ticks, duration_ticks])
def test_ticks_are_even_steps_from_zero_past_the_end(ticks, length):
    axis = ticks(length)
    values = [value for value, _ in axis]
    assert values[0] == 0
    assert values[-1] >= length
    assert 2 <= len(axis) <= 7
    assert [value / values[1] for value in values] == pytest.approx(list(range(len(values))))
    labels = [label for _, label in axis]
    assert len(set(labels)) == len(labels)
    assert len({label.count(".") for label in labels[1:]}) == 1
    assert len({len(label.partition(".")[2].partition(" ")[0]) for label in labels[1:]}) == 1


@pytest.mark.parametrize(
    ("ticks", "length", "labels"),
    [
        (number_ticks, 250, ["0", "50", "100", "150", "200", "250"]),
        (number_ticks, 2, ["0", "1", "2"]),
        (number_ticks, 0, ["0", "1"]),
        (usd_ticks, 0.0083, ["$0", "$0.002", "$0.004", "$0.006", "$0.008", "$0.010"]),
        (usd_ticks, 1, ["$0", "$0.20", "$0.40", "$0.60", "$0.80", "$1.00"]),
        (duration_ticks, 2400, ["0 s", "0.5 s", "1.0 s", "1.5 s", "2.0 s", "2.5 s"]),
        (duration_ticks, 350, ["0 ms", "100 ms", "200 ms", "300 ms", "400 ms"]),
        (duration_ticks, 130_000, ["0 s", "30 s", "60 s", "90 s", "120 s", "150 s"]),
        (duration_ticks, 3_700_000, ["0 min", "15 min", "30 min", "45 min", "60 min", "75 min"]),
    ],
)
def test_ticks_have_one_unit_and_the_same_digits(ticks, length, labels):
    assert [label for _, label in ticks(length)] == labels


@pytest.mark.parametrize("length_ms", [1, 1.2, 12, 14, 149, 999, 1200, 14_000])
def test_a_trace_has_ticks_within_its_axis(length_ms):
    ticks = axis_ticks(length_ms)
    assert len(ticks) >= 2
    assert all(0 <= place <= 100 for place, _ in ticks)


@pytest.mark.parametrize(
    ("first", "step", "count", "labels"),
    [
        ((29, 7), 60, 25, ["09:00", "12:00", "15:00", "18:00", "21:00", "30 Nov", "03:00", "06:00"]),
        ((29, 7), 360, 29, ["30 Nov", "01 Dec", "02 Dec", "03 Dec", "04 Dec", "05 Dec", "06 Dec"]),
        ((29, 7), 1440, 5, ["29 Nov", "30 Nov", "01 Dec", "02 Dec", "03 Dec"]),
    ],
)
def test_times_are_labelled_at_round_hours(first, step, count, labels):
    start = datetime(2026, 11, first[0], first[1] if step < 1440 else 0, tzinfo=UTC)
    if step == 360:
        start = start.replace(hour=6)
    times = [start + timedelta(minutes=step) * place for place in range(count)]
    assert list(time_labels(times, timedelta(minutes=step)).values()) == labels


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ({"messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Why\n so?"}],
          "temperature": 0}, "Why so?"),
        ({"role": "assistant", "content": "Because."}, "Because."),
        ({"args": ["How do I reset my password?"], "kwargs": {}}, "How do I reset my password?"),
        ({"question": "Who?"}, "Who?"),
        ({"a": 1, "b": [2, 3]}, '{"a": 1, "b": [2, 3]}'),
        ("a text", "a text"),
        (7, "7"),
        ([], "[]"),
    ],
)  # fmt: skip
def test_a_line_shows_the_last_message(value, line):
    text = json.dumps(value)
    assert read_content(text, len(text)).line == line


def test_a_line_is_short_and_empty_without_content():
    text = "word " * 500
    content = read_content(text, len(text))
    assert len(content.line) == 160
    assert content.line.endswith("…")
    assert read_content(None, None).line == ""
    assert read_content('{"messages": [{"role"', 90_000).line == '{"messages": [{"role"'
