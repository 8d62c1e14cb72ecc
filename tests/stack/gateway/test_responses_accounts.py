"""Calls of the Responses API in all accounts: the answer, the call record, the spend log, the journal, the trace."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gateway_kit.gateway import Gateway
from gateway_kit.gateway.providers import Providers
from gateway_kit.tracing.client import Tracing, connect_tracing

PROMPT = "What is an LLM gateway?"


@pytest.fixture
def tracing(stack_env: dict[str, str]) -> Iterator[Tracing]:
    with connect_tracing(stack_env) as client:
        yield client


@pytest.mark.parametrize("model", ["gpt-4o-mini", "claude-haiku-4-5"])
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_every_account_has_the_tokens_and_the_cost(
    model: str, stream: bool, gateway: Gateway, tracing: Tracing, providers: Providers, unique: str
) -> None:
    with gateway.calls.recording() as calls:
        prompt = f"{PROMPT} ({unique})"
        if stream:
            *_, last = gateway.client.responses.create(model=model, input=prompt, stream=True)
            assert last.type == "response.completed"
            usage = last.response.usage
        else:
            usage = gateway.client.responses.create(model=model, input=prompt).usage
    made = calls.frame()
    (row,) = made.to_dict("records")
    tokens = (usage.input_tokens, usage.output_tokens, usage.total_tokens)
    assert min(tokens) > 0
    assert (row["prompt_tokens"], row["completion_tokens"], row["total_tokens"]) == tokens
    assert row["cost_usd"] > 0
    (spent,) = gateway.spend.wait_for(made["request_id"]).to_dict("records")
    assert (spent["prompt_tokens"], spent["completion_tokens"], spent["total_tokens"]) == tokens
    assert spent["cost_usd"] == pytest.approx(row["cost_usd"])
    (trace,) = tracing.wait_for_trace(request_id=row["request_id"]).to_dict("records")
    assert (trace["prompt_tokens"], trace["completion_tokens"], trace["total_tokens"]) == tokens
    assert trace["cost_usd"] == pytest.approx(row["cost_usd"])
    (sent,) = providers.journal(since=made["started"].min(), model=model).to_dict("records")[-1:]
    assert (sent["prompt_tokens"], sent["completion_tokens"]) == tokens[:2]
