"""Traces of the gateway: in one tree with the application's spans, and compared with the other accounts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest

from gateway_kit import observe, propagate_attributes
from gateway_kit.errors import GatewayError
from gateway_kit.gateway import Gateway
from gateway_kit.gateway.providers import Providers
from gateway_kit.tracing.client import Tracing, connect_tracing

PROMPT = "What is an LLM gateway?"


@pytest.fixture
def tracing(stack_env: dict[str, str]) -> Iterator[Tracing]:
    with connect_tracing(stack_env) as client:
        yield client


def test_a_call_is_under_the_span_that_made_it(
    gateway: Gateway, tracing: Tracing, fresh: dict[str, Any], unique: str
) -> None:
    @observe(name="application")
    def application() -> tuple[str | None, Any]:
        with propagate_attributes(user_id="ada", session_id=unique, tags=[unique], trace_name="lesson"):
            span = tracing.client.start_as_current_observation(name="ask")
            with span:
                body = {**fresh["extra_body"], "metadata": tracing.gateway_metadata()}
                answer = gateway.ask(PROMPT, extra_body=body)
        return tracing.current_trace_id(), answer.call

    trace_id, call = application()
    assert trace_id is not None
    found = tracing.wait_for_trace(trace_id, observations=3).set_index("type")
    generation = found.loc["GENERATION"]
    spans = found.loc["SPAN"].set_index("name")
    assert generation["parent_id"] == spans.loc["ask", "observation_id"]
    assert (generation["request_id"], generation["cost_usd"], generation["total_tokens"]) == (
        call.request_id, pytest.approx(call.cost_usd), call.total_tokens,
    )  # fmt: skip
    assert (generation["user"], generation["session"], generation["trace_name"]) == (
        "ada",
        unique,
        "lesson",
    )
    assert unique in generation["tags"]
    assert tracing.trace_tree(trace_id).frame()["depth"].tolist() == [0, 1, 2]
    assert tracing.traces(session=unique)["observations"].tolist() == [3]
    assert tracing.wait_for_trace(request_id=call.request_id)["trace_id"].tolist() == [trace_id]


def test_three_accounts_of_the_same_calls(
    gateway: Gateway,
    tracing: Tracing,
    providers: Providers,
    own_model: Callable[..., str],
    own_cache: dict[str, Any],
    fresh: dict[str, Any],
    unique: str,
) -> None:
    """A plain call, a cache hit, a retry, a failure and a stream: each difference has its reason."""
    name = own_model()
    with gateway.calls.recording() as calls:
        gateway.ask(PROMPT, **own_cache)
        gateway.ask(PROMPT, **own_cache)
        with providers.fault(deployment=name, kind="server_error", count=1):
            gateway.ask(PROMPT, name, **fresh)
        with providers.fault(deployment=name, kind="server_error"), suppress(GatewayError):
            gateway.ask(PROMPT, name, **fresh)
        "".join(gateway.stream(PROMPT, **fresh))
        gateway.embed(unique)
    made = calls.frame()
    spend = gateway.spend.wait_for(made["request_id"])
    for request_id, retries in zip(made["request_id"], made["retries"].fillna(0), strict=True):
        # A retried call has an observation for the failure, and one for the answer.
        tracing.wait_for_trace(request_id=request_id, observations=2 if retries else 1)
    books = tracing.reconcile(made, spend, providers.journal(since=made["started"].min()))
    assert books["failed_attempts"].tolist()[:2] == [0, 0]
    plain, hit, retried, failed, stream, embedding = books.to_dict("records")
    assert [row["difference"] for row in (plain, stream, embedding)] == ["", "", ""]
    assert plain["journal_tokens"] == plain["spend_tokens"] == plain["trace_tokens"] > 0
    assert (hit["attempts"], hit["spend_usd"], hit["trace_usd"]) == (0, 0.0, 0.0)
    assert hit["spend_tokens"] == plain["spend_tokens"]
    assert hit["difference"].startswith("cache hit:")
    assert (retried["attempts"], retried["difference"]) == (
        2,
        "1 failed attempt reached a provider, at no cost",
    )
    assert failed["attempts"] == failed["failed_attempts"] > 0
    assert failed["difference"].startswith("failed: nothing was charged")
    assert "without a known reason" not in " ".join(books["difference"])


def test_masking_a_request_keeps_its_text_out(
    gateway: Gateway, tracing: Tracing, fresh: dict[str, Any]
) -> None:
    masked = {**fresh["extra_body"], "metadata": {"mask_input": True, "mask_output": True}}
    by_metadata = gateway.ask(PROMPT, extra_body=masked).call.request_id
    by_header = gateway.ask(
        PROMPT, extra_headers={"x-litellm-enable-message-redaction": "true"}, **fresh
    ).call.request_id
    for request_id in (by_metadata, by_header):
        (row,) = tracing.wait_for_trace(request_id=request_id).to_dict("records")
        assert PROMPT not in str(row)
        assert "redacted" in str(row["input"])
        assert "redacted" in str(row["output"])
        assert row["total_tokens"] > 0
