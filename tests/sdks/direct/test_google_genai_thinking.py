"""google-genai's thinking: budgets, levels, thoughts in the answer and in a stream, and what each model allows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from google import genai
from google.genai import errors, types

PROMPT = "How many windows does a tram need?"


@pytest.fixture
def client(sim_base: str) -> Iterator[genai.Client]:
    with genai.Client(api_key="sim-genai", http_options=types.HttpOptions(base_url=sim_base)) as made:
        yield made


def ask(client: genai.Client, model: str, **thinking: Any) -> types.GenerateContentResponse:
    config = types.GenerateContentConfig(thinking_config=types.ThinkingConfig(**thinking))
    return client.models.generate_content(model=model, contents=PROMPT, config=config)


def thoughts(answer: types.GenerateContentResponse) -> list[bool]:
    return [bool(part.thought) for part in answer.candidates[0].content.parts or []]  # type: ignore[index,union-attr]


def counted(answer: types.GenerateContentResponse) -> int:
    usage = answer.usage_metadata
    assert usage
    assert usage.prompt_token_count
    assert usage.candidates_token_count
    spent = usage.thoughts_token_count or 0
    assert usage.total_token_count == usage.prompt_token_count + usage.candidates_token_count + spent
    return spent


@pytest.mark.parametrize(
    ("model", "thinking"),
    [
        ("gemini-2.5-flash", {"thinking_budget": 1_024}),
        ("gemini-2.5-pro", {"thinking_budget": -1}),
        ("gemini-3-pro-preview", {"thinking_level": "LOW"}),
        ("gemini-3.5-flash", {"thinking_level": "HIGH"}),
    ],
)
def test_thoughts_are_counted_and_shown_if_asked_for(
    client: genai.Client, model: str, thinking: dict[str, Any]
) -> None:
    hidden = ask(client, model, **thinking)
    assert thoughts(hidden) == [False]
    assert counted(hidden) > 10
    shown = ask(client, model, include_thoughts=True, **thinking)
    assert thoughts(shown) == [True, False]
    assert counted(shown) == counted(hidden)
    assert shown.text == hidden.text


def test_a_stream_thinks_first(client: genai.Client) -> None:
    config = types.GenerateContentConfig(thinking_config=types.ThinkingConfig(include_thoughts=True))
    chunks = list(
        client.models.generate_content_stream(model="gemini-2.5-flash", contents=PROMPT, config=config)
    )
    order = [part.thought or False for chunk in chunks for part in chunk.parts or []]
    assert order == sorted(order, reverse=True)
    assert True in order
    assert False in order
    whole = client.models.generate_content(model="gemini-2.5-flash", contents=PROMPT, config=config)
    assert chunks[-1].usage_metadata == whole.usage_metadata


@pytest.mark.parametrize(
    ("model", "thinking"),
    [
        ("gemini-2.5-flash", {"thinking_budget": 0}),
        ("gemini-2.5-flash-lite", {"thinking_budget": 0}),
        ("gemini-3.5-flash", {"thinking_level": "MINIMAL"}),
        ("gemini-2.0-flash", {"thinking_budget": 0}),
    ],
)
def test_thinking_can_be_turned_off(client: genai.Client, model: str, thinking: dict[str, Any]) -> None:
    assert counted(ask(client, model, **thinking)) == 0


def test_thoughts_take_of_the_limit(client: genai.Client) -> None:
    config = types.GenerateContentConfig(
        max_output_tokens=12, thinking_config=types.ThinkingConfig(thinking_budget=1_024)
    )
    answer = client.models.generate_content(model="gemini-2.5-flash", contents=PROMPT, config=config)
    assert answer.text is None
    assert answer.candidates
    assert answer.candidates[0].finish_reason == types.FinishReason.MAX_TOKENS
    assert answer.usage_metadata
    assert answer.usage_metadata.thoughts_token_count == 12
    assert answer.usage_metadata.candidates_token_count is None


def test_a_small_budget_is_kept(client: genai.Client) -> None:
    assert counted(ask(client, "gemini-2.5-flash", thinking_budget=5)) == 5


@pytest.mark.parametrize(
    ("model", "thinking", "sentence"),
    [
        (
            "gemini-2.5-pro",
            {"thinking_budget": 0},
            "Budget 0 is invalid. This model only works in thinking mode.",
        ),
        (
            "gemini-2.5-pro",
            {"thinking_budget": 50_000},
            "The thinking budget 50000 is invalid. Please choose a value between 128 and 32768.",
        ),
        ("gemini-2.5-flash-lite", {"thinking_budget": 100}, "between 512 and 24576"),
        ("gemini-2.5-flash", {"thinking_budget": -2}, "The thinking budget -2 is invalid."),
        (
            "gemini-2.5-flash",
            {"thinking_budget": 0, "include_thoughts": True},
            "only enabled when thinking is enabled",
        ),
        (
            "gemini-2.5-flash",
            {"thinking_level": "XHIGH"},
            "Thinking level XHIGH is not supported for this model.",
        ),
        (
            "gemini-3-pro-preview",
            {"thinking_level": "MINIMAL"},
            "Thinking level MINIMAL is not supported for this model.",
        ),
        (
            "gemini-3.5-flash",
            {"thinking_level": "LOW", "thinking_budget": 1_024},
            "only set only one of thinking budget and thinking level",
        ),
        (
            "gemini-2.0-flash",
            {"include_thoughts": True},
            "Thinking is not enabled for models/gemini-2.0-flash",
        ),
    ],
)
def test_what_a_model_cannot_think(
    client: genai.Client, model: str, thinking: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(errors.ClientError, match=sentence) as caught:
        ask(client, model, **thinking)
    assert (caught.value.code, caught.value.status) == (400, "INVALID_ARGUMENT")


def test_a_signed_thought_goes_back_in_a_chat(client: genai.Client) -> None:
    config = types.GenerateContentConfig(thinking_config=types.ThinkingConfig(include_thoughts=True))
    chat = client.chats.create(model="gemini-3.5-flash", config=config)
    first = chat.send_message(PROMPT)
    assert first.candidates[0].content.parts[-1].thought_signature  # type: ignore[index,union-attr]
    assert chat.send_message("And a bus?").text
