"""Logged traffic: files of OpenAI requests, in order of time, with what is wrong in them."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path
from typing import Any

import orjson
import pytest

from gateway_kit.rehearsal.call import LoggedCall
from gateway_kit.rehearsal.errors import RehearsalError
from gateway_kit.rehearsal.traffic import Traffic, order, read_traffic

HI = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}]}


@pytest.fixture
def log(tmp_path: Path):
    """Writes a log of the lines (objects, or text as it is) and gives its path."""

    def write(*lines: Any, name: str = "calls.jsonl") -> Path:
        path = tmp_path / name
        path.write_text("".join((x if isinstance(x, str) else json.dumps(x)) + "\n" for x in lines))
        return path

    return write


def calls(path: Path, **options: Any) -> list[LoggedCall]:
    with read_traffic(path, **options) as traffic:
        return list(traffic.calls())


def test_a_bare_request_is_a_call_without_a_time(log):
    (call,) = calls(log(HI | {"stream": True, "temperature": 0.2, "user": "ann"}))
    assert (call.number, call.line, call.at, call.kind, call.model) == (0, 1, None, "chat", "gpt-4o")
    assert call.stream
    assert call.user == "ann"
    assert call.body == {"messages": HI["messages"], "temperature": 0.2, "user": "ann"}


def test_a_bare_request_keeps_no_field_that_the_log_added(log):
    (call,) = calls(
        log(
            HI
            | {
                "timestamp": 1777629600,
                "latency_ms": 900,
                "usage": {"prompt_tokens": 3, "completion_tokens": 4},
            }
            | {"tools": [], "top_k": 3}
        )
    )
    assert call.body == {"messages": HI["messages"], "tools": [], "top_k": 3}
    assert (call.at, call.latency_s) == (1777629600.0, 0.9)
    assert (call.prompt_tokens, call.completion_tokens) == (3, 4)


def test_calls_come_in_order_of_time_and_those_without_one_stay_behind_their_neighbour(log):
    path = log(
        {"time": "2026-05-01T10:00:09Z", "body": HI | {"model": "c"}},
        {"body": HI | {"model": "d"}},
        {"time": "2026-05-01T10:00:01Z", "body": HI | {"model": "a"}},
        {"body": HI | {"model": "b"}},
    )
    with read_traffic(path) as traffic:
        for _ in range(2):  # it may be read again
            assert [(c.number, c.model, c.line) for c in traffic.calls()] == [
                (0, "a", 3),
                (1, "b", 4),
                (2, "c", 1),
                (3, "d", 2),
            ]
        summary = traffic.summary()
    assert not summary["in_order"]
    assert summary["span_s"] == 8
    assert (summary["first"], summary["last"]) == ("2026-05-01T10:00:01Z", "2026-05-01T10:00:09Z")
    assert any("sorted" in note for note in summary["notes"])


def test_bad_lines_are_counted_by_kind_and_shown_with_their_number(log):
    path = log(HI, "", '{"broken', [1], {"body": {"input": 3}, "path": "/v1/images"}, {"a": 1}, HI)
    with read_traffic(path) as traffic:
        summary = traffic.summary()
        assert [call.line for call in traffic.calls()] == [1, 7]
    assert summary["problems"] == {"not JSON": 1, "no object": 1, "other endpoint": 1, "no request": 1}
    assert [problem["line"] for problem in summary["shown_problems"]] == [3, 4, 5, 6]
    assert summary["skipped"] == 4


def test_bad_lines_can_be_fatal(log):
    with pytest.raises(RehearsalError, match=r"calls\.jsonl, line 2: .*character 9.*--bad-lines skip"):
        read_traffic(log(HI, '{"broken', HI), bad_lines="fail")


def test_a_log_without_any_call_says_why(log):
    with pytest.raises(RehearsalError, match=r"no call that can be made again.\n  line 1: .*no request"):
        read_traffic(log({"a": 1}))


def test_models_are_mapped_also_those_that_the_log_does_not_name(log):
    path = log(HI, {"body": {"messages": HI["messages"]}}, HI | {"model": "old"})
    with read_traffic(path, mapped={"old": "new", "": "standard", "gone": "x"}) as traffic:
        assert [call.model for call in traffic.calls()] == ["gpt-4o", "standard", "new"]
        summary = traffic.summary()
    assert summary["models"] == {"gpt-4o": 1, "standard": 1, "new": 1}
    assert summary["notes"][-1] == "--map gone=x: no call asks for 'gone'."


def test_a_limit_takes_the_first_calls_of_the_file(log):
    path = log(*[HI | {"model": f"m{number}", "time": 1777629600 - number} for number in range(9)])
    with read_traffic(path, limit=3) as traffic:
        assert [call.model for call in traffic.calls()] == ["m2", "m1", "m0"]
        assert traffic.summary()["calls"] == 3


@pytest.mark.parametrize("value", [-3, "-3", 1.5, "many", True, [1]])
def test_a_wrong_token_count_is_set_aside_and_its_call_kept(log, value):
    with read_traffic(
        log({"body": HI, "usage": {"prompt_tokens": value, "completion_tokens": "7"}})
    ) as traffic:
        (call,) = traffic.calls()
        assert (call.prompt_tokens, call.completion_tokens) == (None, 7)
        assert sum(traffic.summary()["problems"].values()) == 1


def test_durations_without_a_unit_are_what_the_whole_log_says(log):
    for values, seconds in (
        ([0.8, 2, 150], [0.8, 2, 150]),
        ([90, 812, 2000], [0.09, 0.812, 2.0]),
        ([9, 25, 31], [0.009, 0.025, 0.031]),
        ([3, 4, 60], [3, 4, 60]),
    ):
        path = log(*[{"body": HI, "latency": value} for value in values])
        assert [call.latency_s for call in calls(path)] == pytest.approx(seconds)


def test_a_summary_can_be_written_as_json(log):
    with read_traffic(log(HI, "{")) as traffic:
        assert isinstance(traffic, Traffic)
        assert json.loads(json.dumps(traffic.summary())) == traffic.summary()


def test_a_secret_in_place_of_a_keys_name_is_hashed(log):
    (call,) = calls(log({"body": HI | {"api_key": "sk-0123456789"}, "api_key": "sk-0123456789"}))
    assert call.key == hashlib.sha256(b"sk-0123456789").hexdigest()
    assert call.body == {"messages": HI["messages"]}


@pytest.mark.parametrize(
    "line",
    [
        {"gateway_kit": 1, "kind": {}},
        {"gateway_kit": 1, "kind": "chat", "body": {}, "tags": 3},
        {"call_type": "acompletion", "response_cost": 1, "model_group": {"a": 1}, "messages": "hi"},
        {"body": HI, "usage": {"prompt_tokens": 1e30}, "user": ["x"], "tags": {"a": 1}, "status": "no"},
        {"ai": {"payload": 3}, "started_at": None},
        {"traceId": "1", "type": "GENERATION", "metadata": 3, "usageDetails": [1], "input": {"messages": 3}},
        '{"model": "m", "prompt": ' + "[" * 3000 + "]" * 3000 + "}",
        '{"model": "m", "prompt": "a", "seed": ' + "1" * 6000 + "}",
    ],
)
def test_values_of_the_wrong_kind_cost_at_most_their_line(log, line):
    with read_traffic(log(HI, line)) as traffic:
        for call in traffic.calls():
            assert call.model in ("gpt-4o", "", "m")
            orjson.dumps(call.body)


def test_many_calls_out_of_order_are_sorted_in_parts(log, monkeypatch):
    monkeypatch.setattr(order, "_CALLS_OF_A_RUN", 3)
    monkeypatch.setattr(order, "_MOST_RUNS", 4)
    times = [1777629600 + (number * 37) % 101 for number in range(101)]
    path = log(*[HI | {"time": at} for at in times])
    assert [call.at for call in calls(path)] == sorted(times)


def test_a_disk_that_fills_while_sorting_is_named_with_what_to_do(log, monkeypatch):
    class Full(io.BytesIO):
        def write(self, data: Any) -> int:
            raise OSError(28, "No space left on device")

    path = log(HI | {"time": 1777629605}, HI | {"time": 1777629600})
    with read_traffic(path) as traffic:
        monkeypatch.setattr(order.tempfile, "TemporaryFile", lambda **_: Full())
        with pytest.raises(
            RehearsalError, match=r"could not be sorted .*No space left on device\. Set TMPDIR"
        ):
            next(traffic.calls())
