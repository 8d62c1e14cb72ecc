"""Every simulated model answers through LiteLLM's own provider code: whole, streamed, counted, priced."""

from __future__ import annotations

import json
from typing import Any

import pytest
from late_litellm import litellm

from gateway_kit.gateway.providers import Providers

CHAT = [
    "gpt-3.5-turbo", "gpt-4o-mini", "gpt-5-nano", "azure-gpt-4o-mini", "claude-haiku-4-5", "bedrock-llama2-13b",
    "bedrock-llama3-8b", "bedrock-nova-micro", "bedrock-invoke-llama3", "bedrock-invoke-claude", "gemini-pro",
    "gemini-flash-lite", "phi3",
]  # fmt: skip
# LiteLLM counts the tokens of this one's streams itself, and calls every end "stop".
COUNTED_BY_LITELLM = "bedrock-invoke-llama3"
# LiteLLM's price map does not know these two names.
UNPRICED = {"gemini-pro", "phi3"}
FIVE = ["gpt-4o-mini", "azure-gpt-4o-mini", "claude-haiku-4-5", "bedrock-nova-micro", "gemini-pro"]
Models = dict[str, dict[str, Any]]


def ask(prompt: str, parameters: dict[str, Any], **more: Any) -> Any:
    return litellm.completion(messages=[{"role": "user", "content": prompt}], **parameters, **more)


@pytest.mark.parametrize("name", CHAT)
def test_answer_usage_and_cost(name: str, models: Models, quick: Providers) -> None:
    answer = ask("What is the capital of France?", models[name])

    assert "Paris" in answer.choices[0].message.content
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage.prompt_tokens >= 10
    assert 1 <= answer.usage.completion_tokens <= 60
    row = quick.journal().iloc[-1]
    assert row.completion_tokens == answer.usage.completion_tokens
    assert row.prompt_tokens == answer.usage.prompt_tokens
    if name not in UNPRICED:
        assert litellm.completion_cost(answer) > 0


@pytest.mark.parametrize("name", CHAT)
def test_a_stream_is_the_same_answer_in_pieces(name: str, models: Models, quick: Providers) -> None:
    prompt = "What is an LLM gateway?"
    whole = ask(prompt, models[name])
    chunks = list(ask(prompt, models[name], stream=True, stream_options={"include_usage": True}))
    pieces = [chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices]

    assert "".join(pieces) == whole.choices[0].message.content
    assert sum(1 for piece in pieces if piece) > 10
    if name == COUNTED_BY_LITELLM:
        return
    usage = [chunk.usage for chunk in chunks if getattr(chunk, "usage", None)][-1]
    assert usage.completion_tokens == whole.usage.completion_tokens
    assert usage.prompt_tokens == whole.usage.prompt_tokens


def test_five_providers_word_the_same_fact_differently(models: Models, quick: Providers) -> None:
    def wordings() -> dict[str, str]:
        return {
            name: ask("What is an LLM gateway?", models[name]).choices[0].message.content for name in FIVE
        }

    first = wordings()
    assert len(set(first.values())) == len(FIVE)
    assert wordings() == first, "the bank's answers repeat"


def test_case_punctuation_and_a_tag_do_not_matter(models: Models, quick: Providers) -> None:
    expected = ask("What is the capital of France?", models["gpt-4o-mini"]).choices[0].message.content
    for prompt in ("what is  the capital of France", "What is the capital of France? [run 17]"):
        assert ask(prompt, models["gpt-4o-mini"]).choices[0].message.content == expected
    assert set(quick.journal().source) == {"bank"}


def test_every_prompt_of_the_bank_is_answered_without_a_model(models: Models, quick: Providers) -> None:
    prompts = quick.prompts()
    assert len(prompts) >= 25
    for prompt in prompts:
        assert ask(prompt, models["gemini-flash-lite"]).choices[0].message.content.strip()
    assert set(quick.journal(limit=len(prompts)).source) == {"bank"}


@pytest.mark.parametrize(
    ("prompt", "result"),
    [("What is 17 * 23?", "391"), ("What's 7 / 2?", "3.5"), ("Compute 3 minus 5", "-2")],
)
def test_sums_are_calculated(prompt: str, result: str, models: Models, quick: Providers) -> None:
    assert result in ask(prompt, models["gpt-4o-mini"]).choices[0].message.content


@pytest.mark.parametrize("name", CHAT)
def test_max_tokens_cuts_the_answer(name: str, models: Models, quick: Providers) -> None:
    answer = ask("What is an LLM gateway?", models[name], max_tokens=5)
    assert answer.usage.completion_tokens == 5
    assert answer.choices[0].finish_reason == ("stop" if name == COUNTED_BY_LITELLM else "length")


def test_a_stop_sequence_ends_the_answer(models: Models, quick: Providers) -> None:
    answer = ask("Count from 1 to 10", models["gpt-4o-mini"], stop=["5"])
    assert answer.choices[0].message.content == "1, 2, 3, 4, "


@pytest.mark.parametrize("name", [*FIVE, "bedrock-llama3-8b", "gemini-flash-lite", "phi3"])
def test_json_answers_follow_the_schema(name: str, models: Models, quick: Providers) -> None:
    schema = {
        "type": "object",
        "properties": {
            "city": {"type": "string"},
            "country": {"type": "string"},
            "population": {"type": "integer"},
        },
        "required": ["city", "country", "population"],
    }
    answer = ask(
        "Give me a JSON object with the keys city, country and population for Paris.",
        models[name],
        response_format={"type": "json_schema", "json_schema": {"name": "city", "schema": schema}},
    )
    found = json.loads(answer.choices[0].message.content)
    assert (found["city"], found["country"]) == ("Paris", "France")


def test_the_responses_api(models: Models, quick: Providers) -> None:
    answer = litellm.responses(input="What is the capital of France?", **models["gpt-4o-mini"])
    assert "Paris" in answer.output[0].content[0].text
    assert answer.usage.output_tokens == quick.journal().iloc[-1].completion_tokens
    events = list(
        litellm.responses(input="What is the capital of France?", stream=True, **models["gpt-4o-mini"])
    )
    assert events[-1].type == "response.completed"
    assert len(events) > 8
    assert list(quick.journal().route) == ["/v1/responses", "/v1/responses"]
    assert list(quick.journal().outcome) == ["answered", "answered"]


async def test_async_calls(models: Models, quick: Providers) -> None:
    answer = await litellm.acompletion(
        messages=[{"role": "user", "content": "ping"}], **models["claude-haiku-4-5"]
    )
    assert answer.choices[0].message.content == "pong"
