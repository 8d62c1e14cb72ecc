"""Rows of rehearsed calls, and the causes of their failures."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gateway_kit.load.call_rows import LEFT
from gateway_kit.rehearsal.call_rows import row_of
from gateway_kit.rehearsal.causes import CAUSES, Refusal, cause_of
from gateway_kit.rehearsal.run_folder import REHEARSED_CALLS

HEADERS = {
    "content-type": "application/json",
    "x-litellm-call-id": "call-1",
    "x-litellm-model-name": "openai/gpt-4o-mini",
    "x-litellm-response-cost": "0.25",
    "x-litellm-response-duration-ms": "12",
}
STREAMED = {**HEADERS, "content-type": "text/event-stream"}


def seen(kind: str = "chat", **changes: Any) -> dict[str, Any]:
    about = {
        "kind": kind,
        "model": "asked",
        "stream": False,
        "texts": 1,
        "row": {"team": "growth", "logged_status": 200},
    }
    about |= changes.pop("about", {})
    return {
        "number": 5, "key": "shop", "scheduled": 1e9 - 1, "about": about, "started": 1e9, "status": 200,
        "headers": HEADERS, "body": "{}", "pieces": None, "error": None, "latency_s": 0.5, **changes,
    }  # fmt: skip


def stream(kind: str, *messages: Any, **changes: Any) -> dict[str, Any]:
    events = [
        f"data: {message if isinstance(message, str) else json.dumps(message)}\n\n" for message in messages
    ]
    pieces = [[float(second), len(event)] for second, event in enumerate(events, start=1)]
    about = {"stream": True}
    return seen(kind, about=about, headers=STREAMED, body="".join(events), pieces=pieces, **changes)


def usage(**details: Any) -> str:
    return json.dumps({"usage": {"prompt_tokens": 30, "completion_tokens": 4, "total_tokens": 34, **details}})


def test_a_row_has_what_the_client_would_record_and_what_the_log_knows() -> None:
    row = row_of(seen(body=usage(prompt_tokens_details={"cached_tokens": 20})))
    assert row == {
        "started": "2001-09-09T01:46:40+00:00", "scheduled": "2001-09-09T01:46:39+00:00", "kind": "chat",
        "model": "asked", "provider": "openai", "provider_model": "gpt-4o-mini", "status": 200, "stream": False,
        "latency_s": 0.5, "prompt_tokens": 30, "completion_tokens": 4, "total_tokens": 34, "cost_usd": 0.25,
        "cache_hit": False, "key": "shop", "request_id": "call-1", "number": 5, "cached_tokens": 20,
        "team": "growth", "logged_status": 200,
    }  # fmt: skip
    frame = REHEARSED_CALLS.frame([row])
    assert {name: str(dtype) for name, dtype in frame.dtypes.items()} == REHEARSED_CALLS.dtypes


def test_responses_count_as_responses_do() -> None:
    counts = {
        "input_tokens": 30,
        "output_tokens": 4,
        "total_tokens": 34,
        "input_tokens_details": {"cached_tokens": 8},
    }
    row = row_of(seen("responses", body=json.dumps({"usage": counts})))
    assert (row["kind"], row["prompt_tokens"], row["completion_tokens"], row["cached_tokens"]) == (
        "responses", 30, 4, 8,
    )  # fmt: skip
    events = [
        {"type": "response.created", "response": {"status": "in_progress", "error": None}},
        {"type": "response.output_text.delta", "delta": "Hi"},
        {"type": "response.completed", "response": {"usage": {**counts, "cost": 0.5}, "error": None}},
    ]
    row = row_of(stream("responses", *events))
    assert (row["ttft_s"], row["cost_usd"], row["cached_tokens"], "error" in row) == (2.0, 0.5, 8, False)
    broken = row_of(stream("responses", *events[:2]))
    assert (broken["error"], broken["cause"]) == ("the stream ended without its last event", "broken_stream")
    failed = row_of(
        stream(
            "responses", *events[:2], {"type": "response.failed", "response": {"error": {"message": "no"}}}
        )
    )
    assert (failed["error"], failed["cause"]) == ("no", "broken_stream")
    told = row_of(stream("responses", *events[:2], {"type": "error", "message": "overloaded"}))
    assert told["error"] == "overloaded"


def test_completions_stream_and_end_like_chats() -> None:
    text = {"choices": [{"text": "Hi"}]}
    row = row_of(stream("completions", text, "[DONE]"))
    assert (row["kind"], row["ttft_s"], "error" in row) == ("completions", 1.0, False)
    assert row_of(stream("completions", text))["cause"] == "broken_stream"


def test_an_embedding_hit_of_one_text_costs_nothing_and_of_several_it_is_unknown() -> None:
    headers = {name: value for name, value in HEADERS.items() if "duration" not in name}
    one = row_of(seen("embeddings", headers=headers, body=usage()))
    assert (one["cache_hit"], one["cost_usd"], one["saved_usd"]) == (True, 0.0, 0.25)
    several = row_of(seen("embeddings", headers=headers, body=usage(), about={"texts": 2}))
    assert (several["cache_hit"], "cost_usd" in several) == (True, False)


def test_a_full_speed_call_was_never_due() -> None:
    assert "scheduled" not in row_of(seen(scheduled=None, body=usage()))


def refused(status: int, message: str, error_type: str = "None") -> str | None:
    body = json.dumps({"error": {"message": message, "type": error_type, "code": str(status)}})
    return row_of(seen(status=status, body=body)).get("cause")


@pytest.mark.parametrize(
    ("status", "message", "error_type", "cause"),
    [
        (429, "Rate limit exceeded for api_key: 49ca. Limit type: requests.", "throttling_error", "key_limit"),
        (429, "Rate limit exceeded for model_per_key: a. Limit type: tokens.", "throttling_error", "key_limit"),
        (429, "Rate limit exceeded for team: growth. Limit type: tokens.", "throttling_error", "team_limit"),
        (429, "Rate limit exceeded for team_member: growth. Limit type: tokens.", "throttling_error", "team_limit"),
        (429, "Rate limit exceeded for end_user: ada. Limit type: requests.", "throttling_error", "user_limit"),
        (429, "Rate limit exceeded for organization: o. Limit type: requests.", "throttling_error", "other_limit"),
        (429, "Deployment over user-defined ratelimit.", "None", "deployment_limit"),
        (429, "No deployments available for selected model, Try again in 60 seconds.", "None", "deployment_limit"),
        (429, "litellm.RateLimitError: OpenAIException - slow down", "None", "provider_limit"),
        (429, "All deployments for selected model are in cooldown.", "None", "cooldown"),
        (429, "Budget has been exceeded! Key=shop Current cost: 2.0, Max budget: 1.0", "budget_exceeded", "budget"),
        (400, "ExceededBudget: User=ada over budget", "budget_exceeded", "budget"),
        (400, "Invalid model name passed in model=gpt-9. Call `/v1/models`", "invalid_request_error", "model"),
        (404, "litellm.NotFoundError: OpenAIException - The model `gpt-9` does not exist", "None", "model"),
        (400, "litellm.ContextWindowExceededError: OpenAIException - too long", "None", "context_window"),
        (400, "Content blocked: keyword 'secret' found", "None", "guardrail"),
        (400, "litellm.ContentPolicyViolationError: AzureException - filtered", "None", "guardrail"),
        (401, "Authentication Error, Invalid proxy server token passed", "auth_error", "key"),
        (403, "key not allowed to access model.", "key_model_access_denied", "key"),
        (400, "litellm.BadRequestError: OpenAIException - temperature must be at most 2", "None", "refused"),
        (408, "litellm.Timeout: APITimeoutError - Request timed out.", "None", "timeout"),
        (500, "litellm.InternalServerError: OpenAIException - The server had an error", "None", "provider"),
        (401, "litellm.AuthenticationError: OpenAIException - wrong key", "None", "provider"),
        (500, "Internal Server Error, Redis is gone", "None", "gateway"),
    ],
)  # fmt: skip
def test_the_cause_of_a_refusal(status: int, message: str, error_type: str, cause: str) -> None:
    assert refused(status, message, error_type) == cause
    assert cause in CAUSES


def test_the_cause_of_a_call_without_an_answer() -> None:
    nothing = {"status": None, "headers": {}, "body": ""}
    assert row_of(seen(**nothing, error="ConnectionRefusedError: no"))["cause"] == "unreachable"
    assert row_of(seen(**nothing, error="TimeoutError: timed out"))["cause"] == "timeout"
    assert row_of(seen(**nothing, error=LEFT))["cause"] == "left"
    assert row_of(stream("chat", error=LEFT))["cause"] == "left"


def test_a_stream_that_broke_says_what_broke_it() -> None:
    said = {"choices": [{"delta": {"content": "a"}}]}
    assert row_of(stream("chat", said))["cause"] == "broken_stream"
    limited = row_of(
        stream("chat", said, {"error": {"message": "litellm.RateLimitError: slow down", "code": "429"}})
    )
    assert limited["cause"] == "provider_limit"
    assert cause_of(200, None, Refusal("", "")) is None
