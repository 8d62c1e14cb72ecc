"""Turning the load generator's observations into rows of the call record and a summary."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest

from gateway_kit.gateway.record import CALLS
from gateway_kit.load import LoadPlan, LoadRun
from gateway_kit.load.call_rows import LEFT, arrival_of, call_of
from gateway_kit.load.report import summary_json, summary_text, write_calls
from gateway_kit.load.result import ARRIVALS
from gateway_kit.load.summary import SUMMARY

HEADERS = {
    "content-type": "application/json",
    "x-litellm-call-id": "call-1",
    "x-litellm-model-name": "openai/gpt-4o-mini",
    "x-litellm-response-cost": "0.25",
    "x-litellm-response-duration-ms": "12",
}
STREAMED = {**HEADERS, "content-type": "text/event-stream; charset=utf-8"}
USAGE = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}
PROMPTS = ["first", "second"]


def seen(**changes: Any) -> dict[str, Any]:
    """What the program writes for a successful call."""
    return {
        "number": 5, "prompt": 1, "model": "asked", "stream": False, "user": 2, "scheduled": None, "started": 1e9,
        "status": 200, "headers": HEADERS, "body": json.dumps({"usage": USAGE}), "pieces": None, "error": None,
        "latency_s": 0.5, **changes,
    }  # fmt: skip


def stream(*events: str, **changes: Any) -> dict[str, Any]:
    """The same for a stream whose events came one second apart."""
    pieces = [[float(second), len(event)] for second, event in enumerate(events, start=1)]
    return seen(stream=True, headers=STREAMED, body="".join(events), pieces=pieces, **changes)


def event(**message: Any) -> str:
    return f"data: {json.dumps(message)}\n\n"


def content(text: str) -> str:
    return event(choices=[{"delta": {"content": text}}])


def run_of(*calls: dict[str, Any]) -> LoadRun:
    rows = [(call_of(one, "…abcd"), arrival_of(one, PROMPTS)) for one in calls]
    return LoadRun(LoadPlan(requests=10), "complete", 1, rows)


def test_an_answers_row_has_the_values_of_its_headers_and_body() -> None:
    call = call_of(seen(), "…abcd")
    assert (call.kind, call.model, call.status, call.error) == ("chat", "asked", 200, None)
    assert (call.provider, call.provider_model) == ("openai", "gpt-4o-mini")
    assert (call.prompt_tokens, call.completion_tokens, call.cost_usd) == (3, 4, 0.25)
    assert (call.latency_s, call.ttft_s, call.key, call.request_id) == (0.5, None, "…abcd", "call-1")
    assert call.started == datetime(2001, 9, 9, 1, 46, 40, tzinfo=UTC)


def test_a_cache_hit_costs_nothing() -> None:
    call = call_of(seen(headers={**HEADERS, "x-litellm-cache-key": "k"}), "")
    assert (call.cache_hit, call.cost_usd, call.saved_usd) == (True, 0.0, 0.25)


def test_a_streams_time_to_first_token_is_measured_at_its_arrival() -> None:
    first = event(choices=[{"delta": {"role": "assistant"}}])
    last = event(choices=[], usage={**USAGE, "cost": 0.125})
    call = call_of(stream(first, content("é"), content("b"), last, "data: [DONE]\n\n"), "")
    assert (call.ttft_s, call.error, call.total_tokens) == (2.0, None, 7)


def test_a_broken_stream_is_an_error_with_a_first_token() -> None:
    cut = call_of(stream(content("a")), "")
    assert (cut.status, cut.ttft_s, cut.error) == (200, 1.0, "the stream ended without [DONE]")
    told = call_of(
        stream(content("a"), event(error={"message": "provider gone"}), error="OSError: reset"), ""
    )
    assert told.error == "provider gone"
    broken = call_of(stream(content("a"), error="OSError: reset"), "")
    assert broken.error == "OSError: reset"


def test_a_rejected_call_has_the_gateways_message() -> None:
    call = call_of(seen(status=429, body=json.dumps({"error": {"message": "too many\nand more"}})), "")
    assert (call.status, call.error, call.cache_hit) == (429, "too many", False)


def test_a_call_without_an_answer_has_no_status() -> None:
    call = call_of(seen(status=None, headers={}, body="", error="ConnectionRefusedError: no"), "")
    assert (call.status, call.error, call.latency_s) == (None, "ConnectionRefusedError: no", 0.5)


def test_an_abandoned_call_says_so() -> None:
    assert call_of(seen(status=None, headers={}, body="", error=LEFT), "").error == LEFT


def test_an_open_loop_call_is_late_by_its_waiting_time() -> None:
    arrival = arrival_of(seen(scheduled=1e9 - 2.0, user=None), PROMPTS)
    assert (arrival.late_s, arrival.latency_from_schedule_s) == (2.0, 2.5)
    assert (arrival.prompt, arrival.rank, arrival.number, arrival.user) == ("second", 2, 5, None)


@pytest.mark.parametrize("calls", [[], [seen()], [seen(), stream(content("a"), scheduled=1e9)]])
def test_the_tables_have_their_dtypes_whatever_the_rows(calls: list[dict[str, Any]]) -> None:
    run = run_of(*calls)
    assert {name: str(dtype) for name, dtype in run.calls.dtypes.items()} == CALLS.dtypes
    assert {name: str(dtype) for name, dtype in run.arrivals.dtypes.items()} == ARRIVALS.dtypes
    assert len(run) == len(run.calls) == len(run.arrivals) == len(calls)
    assert run.summary.index[-1] == "all"
    assert run.summary.loc["all", "requests"] == len(calls)


def test_the_summary_has_its_declared_dtypes() -> None:
    assert {name: str(dtype) for name, dtype in run_of(seen()).summary.dtypes.items()} == SUMMARY.dtypes


def test_a_summary_counts_failures_but_measures_only_answers() -> None:
    calls = [seen(latency_s=0.1 * number, started=1e9 + number) for number in range(1, 10)]
    calls.append(seen(model="other", latency_s=100.0, started=1e9, status=500, body="{}"))
    summary = run_of(*calls).summary
    assert list(summary.index) == ["asked", "other", "all"]
    assert summary["requests"].tolist() == [9, 1, 10]
    assert summary["failures"].tolist() == [0, 1, 1]
    assert summary["n"].tolist() == [9, 0, 9]
    assert summary.loc["asked", "latency_p50_s"] == pytest.approx(0.5)
    assert summary.loc["all", "latency_p95_s"] == pytest.approx(0.86)
    assert pd.isna(summary.loc["other", "latency_p50_s"])
    assert summary.loc["all", "requests_per_s"] == pytest.approx(0.1)  # from the first start to the last end
    assert summary.loc["asked", "cost_usd"] == pytest.approx(9 * 0.25)
    assert summary.loc["all", "tokens"] == 9 * 7
    assert summary["latency_from_schedule_p50_s"].isna().all()


def test_a_displayed_summary_shows_only_existing_values() -> None:
    shown = summary_text(run_of(seen(), seen(status=500, body='{"error": "no"}'), seen(model="other")))
    assert shown.startswith("10 calls to gpt-4o-mini, 8 users: complete")
    assert "Of fewer than 20 calls p95 is just the slowest one: asked (n=1), other (n=1), all (n=2)" in shown
    assert "p95 is" not in summary_text(run_of(*[seen()] * 20))
    assert "first token" not in shown
    assert "since due" not in shown
    assert shown.endswith("  1 times: no")
    assert "first token" in summary_text(run_of(stream(content("a"), "data: [DONE]\n\n")))
    assert "since due" in summary_text(run_of(seen(scheduled=1e9)))


def test_a_summary_for_programs_is_json() -> None:
    told = json.loads(summary_json(run_of(seen())))
    assert told["ended"] == "complete"
    assert [row["model"] for row in told["summary"]] == ["asked", "all"]
    assert told["summary"][0]["ttft_p50_s"] is None


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_a_file_has_one_row_per_call(suffix: str, tmp_path: Any) -> None:
    path = tmp_path / f"calls{suffix}"
    run = run_of(seen(), stream(content("a")))
    write_calls(run, path)
    read = pd.read_csv(path) if suffix == ".csv" else pd.read_json(path, lines=True)
    assert list(read.columns) == [*CALLS.columns, *ARRIVALS.columns]
    assert read["latency_s"].tolist() == run.calls["latency_s"].tolist()
    assert read["prompt"].tolist() == ["second", "second"]
