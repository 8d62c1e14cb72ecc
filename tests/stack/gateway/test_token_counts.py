"""Tokens counted before a call, by each of the routes that LiteLLM has for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

CONTENTS: list[dict[str, Any]] = [{"role": "user", "parts": [{"text": "What is an LLM gateway?"}]}]
GOOGLES = ["gemini-pro", "gemini-flash-lite"]  # Vertex AI and AI Studio


@pytest.fixture
def http(stack_env: dict[str, str]) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {stack_env['GATEWAY_API_KEY']}"}
    with httpx.Client(
        base_url=stack_env["GATEWAY_URL"], headers=headers, trust_env=False, timeout=30
    ) as client:
        yield client


def count(http: httpx.Client, model: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = http.post(f"/v1beta/models/{model}:countTokens", json=body)
    assert answer.status_code == 200, answer.text
    counted: dict[str, Any] = answer.json()
    assert counted["litellm_count_source"] == "provider"
    return counted


@pytest.mark.parametrize("model", GOOGLES)
def test_what_google_counts_is_what_it_charges(http: httpx.Client, model: str) -> None:
    counted = count(http, model, {"contents": CONTENTS})["totalTokens"]
    answer = http.post(f"/v1beta/models/{model}:generateContent", json={"contents": CONTENTS})
    assert counted == answer.json()["usageMetadata"]["promptTokenCount"] > 0


@pytest.mark.parametrize("model", GOOGLES)
def test_a_functions_result_is_counted_with_an_id_and_without(http: httpx.Client, model: str) -> None:
    def contents(**more: str) -> list[dict[str, Any]]:
        call = {"name": "weather", "args": {"city": "Bonn"}, **more}
        result = {"name": "weather", "response": {"content": "12 degrees, rain"}, **more}
        return [
            *CONTENTS,
            {"role": "model", "parts": [{"functionCall": call}]},
            {"role": "user", "parts": [{"functionResponse": result}]},
        ]

    plain = count(http, model, {"contents": contents()})["totalTokens"]
    assert count(http, model, {"contents": contents(id="call-1")})["totalTokens"] == plain
    assert plain > count(http, model, {"contents": CONTENTS})["totalTokens"]


@pytest.mark.parametrize("model", ["gpt-4o-mini", "claude-haiku-4-5", *GOOGLES])
def test_anthropics_route_counts_for_every_model(http: httpx.Client, model: str) -> None:
    body = {"model": model, "messages": [{"role": "user", "content": "What is an LLM gateway?"}]}
    answer = http.post("/v1/messages/count_tokens", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.json()["input_tokens"] > 0
