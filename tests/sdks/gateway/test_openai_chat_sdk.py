"""OpenAI's SDK with chat completions through the gateway: what LiteLLM passes on, and what it makes of refusals."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI, OpenAI
from pydantic import BaseModel

CAPITAL = "What is the capital of France?"
LONG = "Tell me about lighthouses."
BOTH = ("gpt-4o-mini", "azure-gpt-4o-mini")
# The gateway's cache takes calls for equal that differ in some fields alone.
FRESH: dict[str, Any] = {"extra_body": {"cache": {"no-cache": True}}}
GIF = "data:image/gif;base64,R0lGODlhAAQABAAAAA=="


@pytest.fixture(scope="module")
def client(gateway_url: str, gateway_key: str) -> Iterator[OpenAI]:
    with OpenAI(base_url=f"{gateway_url}/v1", api_key=gateway_key, max_retries=0) as made:
        yield made


def user(text: str) -> list[Any]:
    return [{"role": "user", "content": text}]


class Place(BaseModel):
    city: str
    country: str


class GetWeather(BaseModel):
    """The weather in a city."""

    city: str


@pytest.mark.parametrize("model", BOTH)
def test_a_stream_and_its_usage(model: str, client: OpenAI) -> None:
    whole = client.chat.completions.create(model=model, messages=user(CAPITAL), **FRESH)
    chunks = list(
        client.chat.completions.create(
            model=model,
            messages=user(CAPITAL),
            stream=True,
            stream_options={"include_usage": True},
            **FRESH,
        )
    )
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == whole.choices[0].message.content
    usage = chunks[-1].usage
    assert usage is not None
    assert whole.usage is not None
    assert (usage.prompt_tokens, usage.completion_tokens) == (
        whole.usage.prompt_tokens,
        whole.usage.completion_tokens,
    )


async def test_the_async_client(gateway_url: str, gateway_key: str) -> None:
    async with AsyncOpenAI(base_url=f"{gateway_url}/v1", api_key=gateway_key) as client:
        stream = await client.chat.completions.create(model="gpt-4o-mini", messages=user("ping"), stream=True)
        text = [chunk.choices[0].delta.content or "" async for chunk in stream if chunk.choices]
    assert "".join(text) == "pong"


@pytest.mark.parametrize("model", BOTH)
def test_an_answer_is_parsed(model: str, client: OpenAI) -> None:
    answer = client.chat.completions.parse(
        model=model, messages=user(CAPITAL), response_format=Place, **FRESH
    )
    assert answer.choices[0].message.parsed == Place(city="Paris", country="France")


def test_a_stream_is_parsed(client: OpenAI) -> None:
    with client.chat.completions.stream(
        model="gpt-4o-mini", messages=user(CAPITAL), response_format=Place, **FRESH
    ) as stream:
        final = stream.get_final_completion()
    assert final.choices[0].message.parsed == Place(city="Paris", country="France")


@pytest.mark.parametrize("model", BOTH)
def test_the_tools_loop(model: str, client: OpenAI) -> None:
    tools = [openai.pydantic_function_tool(GetWeather, name="get_weather")]
    messages = user("What is the weather in Oslo?")
    first = client.chat.completions.create(model=model, messages=messages, tools=tools, **FRESH)
    (call,) = first.choices[0].message.tool_calls or []
    assert call.type == "function"
    assert json.loads(call.function.arguments) == {"city": "Oslo"}
    # The gateway has added fields of its own to the message.
    messages += [
        first.choices[0].message,
        {"role": "tool", "tool_call_id": call.id, "content": '{"temperature_c": 4}'},
    ]
    told = client.chat.completions.create(model=model, messages=messages, tools=tools, **FRESH)
    assert "4 degrees" in (told.choices[0].message.content or "")


def test_a_stream_of_tool_calls(client: OpenAI) -> None:
    with client.chat.completions.stream(
        model="gpt-4o-mini",
        messages=user("What's the weather like in Oslo and Paris?"),
        tools=[openai.pydantic_function_tool(GetWeather, name="get_weather")],
        **FRESH,
    ) as stream:
        calls = stream.get_final_completion().choices[0].message.tool_calls or []
    assert [json.loads(call.function.arguments)["city"] for call in calls] == ["Oslo", "Paris"]


def test_choices_limits_and_stop_sequences(client: OpenAI) -> None:
    create = client.chat.completions.create
    one = create(model="gpt-4o-mini", messages=user(LONG), **FRESH)
    three = create(model="gpt-4o-mini", messages=user(LONG), n=3, **FRESH)
    assert len({choice.message.content for choice in three.choices}) == 3
    assert one.usage is not None
    assert three.usage is not None
    assert three.usage.completion_tokens > 2 * one.usage.completion_tokens
    cut = create(model="gpt-4o-mini", messages=user(LONG), max_tokens=5, **FRESH)
    assert cut.choices[0].finish_reason == "length"
    stopped = create(model="gpt-4o-mini", messages=user("Count from 1 to 10"), stop=["5"], **FRESH)
    assert stopped.choices[0].message.content == "1, 2, 3, 4, "


def test_log_probabilities(client: OpenAI) -> None:
    answer = client.chat.completions.create(
        model="gpt-4o-mini", messages=user(CAPITAL), logprobs=True, top_logprobs=2, **FRESH
    )
    (choice,) = answer.choices
    assert choice.logprobs is not None
    entries = choice.logprobs.content or []
    assert "".join(entry.token for entry in entries) == choice.message.content
    assert all(len(entry.top_logprobs) == 2 for entry in entries)


def test_an_image_is_counted(client: OpenAI) -> None:
    picture = {"type": "image_url", "image_url": {"url": GIF, "detail": "low"}}
    answer = client.chat.completions.create(
        model="gpt-4o-mini", messages=[{"role": "user", "content": [picture]}], **FRESH
    )
    assert answer.usage is not None
    assert answer.usage.prompt_tokens > 2_833


def test_reasoning_is_counted_and_paid_for(client: OpenAI) -> None:
    def ask(effort: str) -> tuple[int, float]:
        raw = client.chat.completions.with_raw_response.create(
            model="gpt-5-nano", messages=user(CAPITAL), reasoning_effort=effort, max_tokens=200, **FRESH
        )
        usage = raw.parse().usage
        assert usage is not None
        assert usage.completion_tokens_details is not None
        reasoning = usage.completion_tokens_details.reasoning_tokens or 0
        return reasoning, float(raw.headers["x-litellm-response-cost"])

    none, cheap = ask("minimal")
    some, dear = ask("medium")
    assert none == 0 < some
    assert dear > cheap > 0


def test_embeddings(client: OpenAI) -> None:
    answer = client.embeddings.create(model="text-embedding-3-small", input=["one", "two"], dimensions=64)
    assert [len(row.embedding) for row in answer.data] == [64, 64]
    with pytest.raises(openai.BadRequestError, match="is invalid"):
        client.embeddings.create(model="text-embedding-3-small", input=["one", ""])


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("gpt-4o-mini", {"temperature": 5}, "Expected a value <= 2, but got 5 instead."),
    ("azure-gpt-4o-mini", {"temperature": 5}, "Expected a value <= 2, but got 5 instead."),
    ("gpt-4o-mini", {"top_p": 2}, "Expected a value <= 1, but got 2 instead."),
    ("gpt-4o-mini", {"top_logprobs": 2}, "only allowed when 'logprobs' is enabled"),
    ("gpt-4o-mini", {"response_format": {"type": "json_object"}}, "must contain the word 'json'"),
    (
        "gpt-4o-mini",
        {"messages": [*user("ping"), {"role": "tool", "tool_call_id": "c", "content": "x"}]},
        "messages with role 'tool' must be a response to a preceeding message with 'tool_calls'",
    ),
    ("gpt-4o-mini", {"messages": []}, "empty array"),
    ("gpt-4o-mini", {"extra_body": {"no_such_field": 1}}, "Unknown parameter: 'no_such_field'."),
]


@pytest.mark.parametrize(("model", "fields", "message"), REFUSED)
def test_a_refusal_stays_a_400(model: str, fields: dict[str, Any], message: str, client: OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        client.chat.completions.create(**{"model": model, "messages": user("ping"), **fields})
    assert message in refused.value.message
