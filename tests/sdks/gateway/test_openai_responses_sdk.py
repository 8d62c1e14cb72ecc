"""OpenAI's SDK with the Responses API through the gateway: passed on to OpenAI and Azure, bridged to the others."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from openai import OpenAI
from pydantic import BaseModel

# LiteLLM passes the Responses API on to these providers; for others it makes chat completions of it.
PASSED_ON = ("gpt-4o-mini", "azure-gpt-4o-mini")
MODELS = (*PASSED_ON, "claude-haiku-4-5", "bedrock-nova-micro", "gemini-flash-lite", "phi3")
CAPITAL = "What is the capital of France?"
# The gateway's cache takes calls for equal that differ in their metadata alone.
FRESH = {"cache": {"no-cache": True}}
WEATHER = {
    "type": "function",
    "name": "get_weather",
    "description": "The weather in a city.",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": False,
    },
    "strict": True,
}


class Place(BaseModel):
    city: str
    country: str


@pytest.fixture(scope="module")
def client(gateway_url: str, gateway_key: str) -> Iterator[OpenAI]:
    with OpenAI(base_url=f"{gateway_url}/v1", api_key=gateway_key, max_retries=0) as client:
        yield client


@pytest.fixture(scope="module")
def strict(gateway_url: str, gateway_key: str) -> Iterator[OpenAI]:
    """For what is passed on; LiteLLM's bridge leaves out fields that the SDK requires."""
    with OpenAI(
        base_url=f"{gateway_url}/v1", api_key=gateway_key, max_retries=0, _strict_response_validation=True
    ) as client:
        yield client


@pytest.mark.parametrize("model", MODELS)
def test_a_text(model: str, client: OpenAI) -> None:
    answer = client.responses.create(model=model, input=CAPITAL)
    assert "Paris" in answer.output_text
    assert answer.id.startswith("resp_")
    assert answer.usage.total_tokens == answer.usage.input_tokens + answer.usage.output_tokens > 10


@pytest.mark.parametrize("model", MODELS)
def test_a_stream(model: str, client: OpenAI) -> None:
    events = list(client.responses.create(model=model, input=CAPITAL, stream=True))
    assert [event.type for event in events if not event.type.endswith("delta")] == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ]
    text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    assert "Paris" in text
    assert text == events[-1].response.output_text
    assert events[-1].response.usage.total_tokens > 10


@pytest.mark.parametrize("model", MODELS)
def test_a_loop_of_tools(model: str, client: OpenAI) -> None:
    items: list[Any] = [{"role": "user", "content": "What is the weather in Paris and Berlin?"}]
    answer = client.responses.create(model=model, input=items, tools=[WEATHER])
    calls = [item for item in answer.output if item.type == "function_call"]
    assert [json.loads(call.arguments)["city"] for call in calls] == ["Paris", "Berlin"]
    items += [item.model_dump(exclude_none=True) for item in answer.output]
    items += [{"type": "function_call_output", "call_id": call.call_id, "output": "clear"} for call in calls]
    told = client.responses.create(model=model, input=items, tools=[WEATHER])
    assert "Paris: clear" in told.output_text
    assert "Berlin: clear" in told.output_text


@pytest.mark.parametrize("model", PASSED_ON)
def test_the_stream_helper_and_parsed_answers(model: str, strict: OpenAI) -> None:
    with strict.responses.stream(model=model, input=CAPITAL, text_format=Place) as stream:
        for _event in stream:
            pass
        assert stream.get_final_response().output_parsed == Place(city="Paris", country="France")
    answer = strict.responses.parse(model=model, input=CAPITAL, text_format=Place)
    assert answer.output_parsed == Place(city="Paris", country="France")


@pytest.mark.parametrize("model", PASSED_ON)
def test_turns_that_the_provider_keeps(model: str, strict: OpenAI) -> None:
    first = strict.responses.create(
        model=model, input=CAPITAL, metadata={"lesson": "routing"}, extra_body=FRESH
    )
    assert first.metadata == {"lesson": "routing"}
    second = strict.responses.create(
        model=model, input="ping", previous_response_id=first.id, extra_body=FRESH
    )
    assert second.output_text == "pong"
    assert second.usage.input_tokens > first.usage.total_tokens
    assert strict.responses.retrieve(first.id).output_text == first.output_text
    assert [item.type for item in strict.responses.input_items.list(first.id)] == ["message"]
    strict.responses.delete(first.id)
    with pytest.raises(openai.NotFoundError):
        strict.responses.retrieve(first.id)


@pytest.mark.parametrize("model", PASSED_ON)
def test_the_background(model: str, strict: OpenAI) -> None:
    begun = strict.responses.create(
        model=model, input="Write 300 words about rivers.", background=True, extra_body=FRESH
    )
    assert begun.status == "queued"
    assert strict.responses.cancel(begun.id).status == "cancelled"


@pytest.mark.parametrize("model", PASSED_ON)
def test_an_answer_that_is_cut_and_one_that_is_refused(model: str, strict: OpenAI) -> None:
    cut = strict.responses.create(model=model, input="Write 200 words about rivers.", max_output_tokens=16)
    assert (cut.status, cut.incomplete_details.reason) == ("incomplete", "max_output_tokens")
    with pytest.raises(openai.BadRequestError, match="Expected a value <= 2, but got 5 instead"):
        strict.responses.create(model=model, input=CAPITAL, temperature=5)
    with pytest.raises(openai.BadRequestError, match="Hosted tool 'web_search' is not supported"):
        strict.responses.create(model=model, input=CAPITAL, tools=[{"type": "web_search"}])


def test_reasoning(strict: OpenAI) -> None:
    answer = strict.responses.create(
        model="gpt-5-nano", input=CAPITAL, reasoning={"effort": "low", "summary": "auto"}
    )
    assert [item.type for item in answer.output] == ["reasoning", "message"]
    assert answer.output[0].summary[0].text
    assert answer.usage.output_tokens_details.reasoning_tokens > 0


def test_counting_tokens(strict: OpenAI) -> None:
    count = strict.responses.input_tokens.count(model="gpt-4o-mini", input=CAPITAL)
    assert (
        count.input_tokens == strict.responses.create(model="gpt-4o-mini", input=CAPITAL).usage.input_tokens
    )
