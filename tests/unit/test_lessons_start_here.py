"""The grader of exercise 00.1, on answers that are made up; `tests/stack/gateway` has solutions on the real gateway."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from openai.types import CompletionUsage
from openai.types.chat import ChatCompletion

from gateway_kit.gateway import Answer, Call, Gateway
from gateway_kit.gateway.providers import Providers
from gateway_kit.lessons import check
from gateway_kit.lessons.exercise import CheckResult
from gateway_kit.litellm_api.connection import Connection

STARTED = datetime(2026, 1, 1, 12, tzinfo=UTC)


def call(model: str, provider: str, cost_usd: float, **more: Any) -> Call:
    return Call(
        STARTED,
        "chat",
        model=model,
        provider=provider,
        provider_model=model,
        cost_usd=cost_usd,
        latency_s=1,
        **more,
    )


def answer(model: str, provider: str, cost_usd: float, **more: Any) -> Answer:
    made = call(model, provider, cost_usd, **more)
    return Answer("Any prose will do.", made, ChatCompletion.model_construct(choices=[]))


CLAUDE = answer("claude-haiku-4-5", "anthropic", 0.004)
PHI = answer("phi3", "ollama_chat", 0.001)
BOTH = {"claude-haiku-4-5": CLAUDE, "phi3": PHI}


def graded(
    my_answers: Any, cheaper: Any, *calls: Call, seen: Mapping[str, Sequence[str]] | None = None
) -> CheckResult:
    """The result beside a gateway that recorded these calls, and a simulator that saw these prompts, by model."""

    def journal(request: httpx.Request) -> httpx.Response:
        during = (seen or {}).get(request.url.params["model"], [])
        rows = [{"id": 1, "ts": STARTED.timestamp(), "prompt": prompt} for prompt in during]
        later = {"id": 2, "ts": STARTED.timestamp() + 5, "prompt": "a later call"}
        return httpx.Response(200, json={"rows": [*rows, later]})

    gateway = Gateway(Connection("http://gateway.test", "sk-key"))
    gateway.providers = Providers("http://providers.test", transport=httpx.MockTransport(journal))
    for each in calls:
        gateway.calls.add(each)
    return check("00.1", {"gateway": gateway, "my_answers": my_answers, "cheaper": cheaper})


def test_two_answers_and_the_cheaper_name_pass() -> None:
    result = graded(BOTH, "phi3", seen={"claude-haiku-4-5": ["What?"], "phi3": ["What?"]})
    assert result.passed, repr(result)


@pytest.mark.parametrize("cheaper", ["phi3", "claude-haiku-4-5"])
def test_of_two_equal_costs_either_is_right(cheaper: str) -> None:
    tie = {**BOTH, "phi3": answer("phi3", "ollama_chat", 0.004)}
    assert graded(tie, cheaper).passed
    assert not graded(tie, None).passed


def test_two_questions_are_told_apart() -> None:
    result = graded(BOTH, "phi3", seen={"claude-haiku-4-5": ["What?"], "phi3": ["Why?"]})
    assert "not yet both models were asked the same question" in repr(result)


def test_another_programs_calls_at_the_same_time_do_not_count() -> None:
    assert graded(
        BOTH, "phi3", seen={"claude-haiku-4-5": ["ping", "What?"], "phi3": ["What?", "pong"]}
    ).passed


def completion(model: str, tokens: tuple[int, int]) -> ChatCompletion:
    usage = CompletionUsage(prompt_tokens=tokens[0], completion_tokens=tokens[1], total_tokens=sum(tokens))
    return ChatCompletion.model_construct(model=model, usage=usage, choices=[])


def recorded(model: str, provider: str, cost_usd: float, tokens: tuple[int, int], **more: Any) -> Call:
    return call(model, provider, cost_usd, prompt_tokens=tokens[0], completion_tokens=tokens[1], **more)


RAW = {"claude-haiku-4-5": completion("claude-haiku-4-5", (12, 30)), "phi3": completion("phi3", (11, 20))}


def test_a_completion_is_known_by_its_recorded_call() -> None:
    other = recorded("phi3", "ollama_chat", 9.0, (50, 60))
    claude = recorded("claude-haiku-4-5", "anthropic", 0.004, (12, 30))
    phi = recorded("phi3", "ollama_chat", 0.001, (11, 20))
    assert graded(RAW, "phi3", claude, phi, other).passed
    cached = recorded("phi3", "ollama_chat", 0.0, (11, 20), cache_hit=True)
    assert "ask again with `extra_body=fresh`" in repr(graded(RAW, "phi3", claude, phi, cached))
    assert not graded(RAW, "phi3", claude, other).passed


@pytest.mark.parametrize(
    ("my_answers", "cheaper"),
    [
        ({}, None),
        (BOTH, "claude-haiku-4-5"),
        (BOTH, None),
        ({"phi3": PHI}, "phi3"),
        ({"claude-haiku-4-5": PHI, "phi3": PHI}, "phi3"),
        ({**BOTH, "phi3": "a text"}, "phi3"),
        ({**BOTH, "phi3": answer("phi3", "openai", 0.001)}, "phi3"),
        ({**BOTH, "phi3": answer("phi3", "ollama_chat", 0.001, error="500")}, "phi3"),
        ({**BOTH, "phi3": answer("phi3", "ollama_chat", 0.0, cache_hit=True)}, "phi3"),
        ([CLAUDE, PHI], "phi3"),
    ],
)  # fmt: skip
def test_anything_else_fails(my_answers: Any, cheaper: str | None) -> None:
    assert not graded(my_answers, cheaper).passed
