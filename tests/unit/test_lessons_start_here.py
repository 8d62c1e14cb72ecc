"""The grader of exercise 00.1, on answers that are made up."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from openai.types.chat import ChatCompletion

from gateway_kit.gateway import Answer, Call
from gateway_kit.lessons import check


def answer(model: str, provider: str, cost_usd: float, error: str | None = None) -> Answer:
    call = Call(datetime.now(UTC), "chat", model=model, provider=provider, cost_usd=cost_usd, error=error)
    return Answer("Any prose will do.", call, ChatCompletion.model_construct(choices=[]))


CLAUDE = answer("claude-haiku-4-5", "anthropic", 0.004)
PHI = answer("phi3", "ollama_chat", 0.001)
BOTH = {"claude-haiku-4-5": CLAUDE, "phi3": PHI}


def test_two_answers_and_the_cheaper_name_pass() -> None:
    assert check("00.1", {"my_answers": BOTH, "cheaper": "phi3"}).passed


@pytest.mark.parametrize(
    "variables",
    [
        {"my_answers": {}, "cheaper": None},
        {"my_answers": BOTH, "cheaper": "claude-haiku-4-5"},
        {"my_answers": BOTH, "cheaper": None},
        {"my_answers": {"phi3": PHI}, "cheaper": "phi3"},
        {"my_answers": {"claude-haiku-4-5": PHI, "phi3": PHI}, "cheaper": "phi3"},
        {"my_answers": {**BOTH, "phi3": "a text"}, "cheaper": "phi3"},
        {"my_answers": {**BOTH, "phi3": answer("phi3", "openai", 0.001)}, "cheaper": "phi3"},
        {"my_answers": {**BOTH, "phi3": answer("phi3", "ollama_chat", 0.001, "500")}, "cheaper": "phi3"},
        {"my_answers": [CLAUDE, PHI], "cheaper": "phi3"},
    ],
)
def test_anything_else_fails(variables: dict[str, Any]) -> None:
    assert not check("00.1", variables).passed
