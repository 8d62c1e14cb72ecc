"""Tasks of OpenAI's SDK with the Responses API: text, streams, structured answers, tools, sight, reasoning."""

from __future__ import annotations

import base64
import json
import struct
import zlib
from collections.abc import AsyncIterator, Iterator
from enum import StrEnum
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI, OpenAI
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import BaseModel
from unknown_fields import unknown_fields

# What OpenAI sends although the SDK does not declare it.
UNDECLARED = {"store", "obfuscation", "status"}  # the status of a custom tool's call
CAPITAL = "What is the capital of France?"
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


@pytest.fixture
def client(sim_base: str) -> Iterator[OpenAI]:
    with OpenAI(
        base_url=f"{sim_base}/v1", api_key="sim-sdk", max_retries=0, _strict_response_validation=True
    ) as client:
        yield client


@pytest.fixture
async def async_client(sim_base: str) -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI(
        base_url=f"{sim_base}/v1", api_key="sim-sdk", max_retries=0, _strict_response_validation=True
    ) as client:
        yield client


def check(answer: Any) -> None:
    names = {place.rsplit(".", 1)[-1] for place in unknown_fields(answer)}
    assert names <= UNDECLARED


def events_of(stream: Any) -> list[ResponseStreamEvent]:
    """All events, after the checks that hold for every stream."""
    events = list(stream)
    for event in events:
        check(event)
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert [event.type for event in events[:2]] == ["response.created", "response.in_progress"]
    assert {event.response.id for event in events if hasattr(event, "response")} == {events[0].response.id}
    return events


def test_a_text(client: OpenAI) -> None:
    answer = client.responses.create(model="gpt-4o-mini", input=CAPITAL)
    check(answer)
    assert answer.output_text == "The capital of France is Paris."
    assert answer.id.startswith("resp_")
    assert answer.output[0].id.startswith("msg_")
    assert answer.status == answer.output[0].status == "completed"
    assert answer.model == "gpt-4o-mini-2024-07-18"
    assert answer.usage.total_tokens == answer.usage.input_tokens + answer.usage.output_tokens > 10


def test_what_the_request_says_is_echoed(client: OpenAI) -> None:
    answer = client.responses.create(
        model="gpt-4o",
        input=CAPITAL,
        instructions="Be brief.",
        metadata={"lesson": "routing"},
        temperature=0.2,
        top_p=0.9,
        max_output_tokens=200,
        max_tool_calls=3,
        parallel_tool_calls=False,
        service_tier="flex",
        safety_identifier="user-1",
        prompt_cache_key="key-1",
        truncation="auto",
        user="ann",
        tools=[WEATHER],
        tool_choice="none",
        text={"format": {"type": "text"}, "verbosity": "medium"},
    )
    check(answer)
    echoed = answer.model_dump(exclude_unset=True)
    assert echoed["instructions"] == "Be brief."
    assert echoed["metadata"] == {"lesson": "routing"}
    assert (echoed["temperature"], echoed["top_p"]) == (0.2, 0.9)
    assert (echoed["max_output_tokens"], echoed["max_tool_calls"]) == (200, 3)
    assert echoed["parallel_tool_calls"] is False
    assert (echoed["service_tier"], echoed["truncation"], echoed["user"]) == ("flex", "auto", "ann")
    assert (echoed["safety_identifier"], echoed["prompt_cache_key"]) == ("user-1", "key-1")
    assert (echoed["tool_choice"], answer.tools[0].name) == ("none", "get_weather")
    assert echoed["error"] is None
    assert echoed["incomplete_details"] is None


def test_a_stream(client: OpenAI) -> None:
    events = events_of(client.responses.create(model="gpt-4o-mini", input=CAPITAL, stream=True))
    kinds = [event.type for event in events]
    assert [kind for kind in kinds if not kind.endswith("delta")] == [
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
    done = next(event for event in events if event.type == "response.output_text.done")
    assert text == done.text == events[-1].response.output_text == "The capital of France is Paris."
    assert events[0].response.usage is None
    assert events[-1].response.usage.output_tokens == kinds.count("response.output_text.delta")


def test_the_padding_of_a_stream(client: OpenAI) -> None:
    request: dict[str, Any] = {"model": "gpt-4o-mini", "input": CAPITAL, "stream": True}
    padded, bare = (
        [event for event in client.responses.create(**request, **more) if event.type.endswith("delta")]
        for more in ({}, {"stream_options": {"include_obfuscation": False}})
    )
    assert {len(event.delta + event.obfuscation) for event in padded} == {16}
    assert not any(hasattr(event, "obfuscation") for event in bare)


def test_the_stream_helper(client: OpenAI) -> None:
    with client.responses.stream(model="gpt-4o-mini", input=CAPITAL) as stream:
        snapshots = [event.snapshot for event in stream if event.type == "response.output_text.delta"]
        final = stream.get_final_response()
    assert snapshots[-1] == final.output_text == "The capital of France is Paris."


class Step(BaseModel):
    explanation: str
    output: str


class Solution(BaseModel):
    steps: list[Step]
    final_answer: str


def test_an_answer_parsed_into_a_model(client: OpenAI) -> None:
    answer = client.responses.parse(
        model="gpt-4o-2024-08-06", input="solve 8x + 31 = 2", text_format=Solution
    )
    assert isinstance(answer.output_parsed, Solution)
    assert answer.output_parsed.steps
    assert answer.text.format.type == "json_schema"


def test_a_known_answer_parsed_into_a_model(client: OpenAI) -> None:
    class Place(BaseModel):
        city: str
        country: str

    answer = client.responses.parse(model="gpt-4o-mini", input=CAPITAL, text_format=Place)
    assert answer.output_parsed == Place(city="Paris", country="France")


def test_a_streamed_answer_parsed_into_a_model(client: OpenAI) -> None:
    with client.responses.stream(model="gpt-4o", input="solve 8x + 31 = 2", text_format=Solution) as stream:
        for _event in stream:
            pass
        assert isinstance(stream.get_final_response().output_parsed, Solution)


def test_a_json_object(client: OpenAI) -> None:
    answer = client.responses.create(
        model="gpt-4o-mini",
        input="Describe a lighthouse as JSON.",
        text={"format": {"type": "json_object"}},
    )
    assert isinstance(json.loads(answer.output_text), dict)
    with pytest.raises(openai.BadRequestError, match="must contain the word 'json'"):
        client.responses.create(
            model="gpt-4o-mini", input="Describe it.", text={"format": {"type": "json_object"}}
        )


def test_a_loop_of_tools(client: OpenAI) -> None:
    items: list[Any] = [{"role": "user", "content": "What is the weather in Paris and Berlin?"}]
    answer = client.responses.create(model="gpt-4o-mini", input=items, tools=[WEATHER])
    check(answer)
    calls = [item for item in answer.output if item.type == "function_call"]
    assert [json.loads(call.arguments) for call in calls] == [{"city": "Paris"}, {"city": "Berlin"}]
    assert all(call.id.startswith("fc_") and call.call_id.startswith("call_") for call in calls)
    items += answer.output
    items += [
        {"type": "function_call_output", "call_id": call.call_id, "output": json.dumps({"sky": "clear"})}
        for call in calls
    ]
    told = client.responses.create(model="gpt-4o-mini", input=items, tools=[WEATHER])
    assert "Paris" in told.output_text
    assert "Berlin" in told.output_text
    assert "clear" in told.output_text


def test_one_call_at_a_time(client: OpenAI) -> None:
    answer = client.responses.create(
        model="gpt-4o-mini",
        input="What is the weather in Paris and Berlin?",
        tools=[WEATHER],
        parallel_tool_calls=False,
    )
    assert [item.type for item in answer.output] == ["function_call"]


class Table(StrEnum):
    orders = "orders"
    customers = "customers"


class Query(BaseModel):
    table_name: Table
    columns: list[str]
    limit: int


def test_arguments_parsed_into_a_model(client: OpenAI) -> None:
    request: dict[str, Any] = {
        "model": "gpt-4o-2024-08-06",
        "input": "look up all my orders of last year",
        "tools": [openai.pydantic_function_tool(Query)],
    }
    for choice in ("auto", {"type": "function", "name": "Query"}):
        answer = client.responses.parse(**request, tool_choice=choice)
        query = answer.output[0].parsed_arguments
        assert isinstance(query, Query)
        assert query.table_name == Table.orders


def test_a_streamed_call(client: OpenAI) -> None:
    events = events_of(
        client.responses.create(
            model="gpt-4o-mini",
            input="What is the weather in Paris and Berlin?",
            tools=[WEATHER],
            stream=True,
        )
    )
    for index in (0, 1):
        of_item = [event for event in events if getattr(event, "output_index", None) == index]
        assert of_item[0].type == "response.output_item.added"
        assert of_item[0].item.arguments == ""
        assert [event.type for event in of_item[-2:]] == [
            "response.function_call_arguments.done",
            "response.output_item.done",
        ]
        given = "".join(event.delta for event in of_item[1:-2])
        assert given == of_item[-2].arguments == of_item[-1].item.arguments
        assert {event.item_id for event in of_item[1:-1]} == {of_item[0].item.id}
    assert events[-1].response.output == [
        event.item for event in events if event.type == "response.output_item.done"
    ]


def test_a_custom_tool(client: OpenAI) -> None:
    tool = {"type": "custom", "name": "code_exec", "description": "Runs Python code."}
    choice = {"type": "custom", "name": "code_exec"}
    request: dict[str, Any] = {"model": "gpt-4o", "input": "Print 1.", "tools": [tool], "tool_choice": choice}
    answer = client.responses.create(**request)
    call = answer.output[0]
    assert (call.type, call.name) == ("custom_tool_call", "code_exec")
    assert call.id.startswith("ctc_")
    told = client.responses.create(
        model="gpt-4o",
        previous_response_id=answer.id,
        input=[{"type": "custom_tool_call_output", "call_id": call.call_id, "output": "1"}],
    )
    assert "1" in told.output_text
    events = events_of(client.responses.create(**request, stream=True))
    deltas = [event.delta for event in events if event.type == "response.custom_tool_call_input.delta"]
    assert "".join(deltas) == call.input == events[-1].response.output[0].input


def test_the_forms_of_tool_choice(client: OpenAI) -> None:
    clock = {"type": "function", "name": "clock", "parameters": {"type": "object", "properties": {}}}
    ask = {"model": "gpt-4o-mini", "input": "Say something.", "tools": [WEATHER, clock]}

    def called(choice: Any) -> list[str]:
        answer = client.responses.create(**ask, tool_choice=choice)
        return [item.name for item in answer.output if item.type == "function_call"]

    assert called("none") == []
    assert len(called("required")) == 1
    assert called({"type": "function", "name": "clock"}) == ["clock"]
    only = {"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "clock"}]}
    assert called(only) == ["clock"]


def png(width: int, height: int) -> str:
    """A grey image as a data URL."""

    def part(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress((b"\0" + b"\x80" * width) * height)
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    file = b"\x89PNG\r\n\x1a\n" + part(b"IHDR", head) + part(b"IDAT", rows) + part(b"IEND", b"")
    return f"data:image/png;base64,{base64.b64encode(file).decode()}"


def test_images_and_files_count_as_tokens(client: OpenAI) -> None:
    def tokens(*parts: Any) -> int:
        content = [{"type": "input_text", "text": "What is this?"}, *parts]
        answer = client.responses.create(model="gpt-4o", input=[{"role": "user", "content": content}])
        return answer.usage.input_tokens

    image = {"type": "input_image", "image_url": png(512, 512), "detail": "high"}
    assert tokens(image) - tokens() == 85 + 170
    assert tokens({**image, "detail": "low"}) - tokens() == 85
    poem = base64.b64encode(b"Roses are red, violets are blue.").decode()
    text = {"type": "input_file", "filename": "poem.txt", "file_data": f"data:text/plain;base64,{poem}"}
    assert 5 < tokens(text) - tokens() < 15


def test_log_probabilities(client: OpenAI) -> None:
    request: dict[str, Any] = {
        "model": "gpt-4o-mini",
        "input": CAPITAL,
        "include": ["message.output_text.logprobs"],
        "top_logprobs": 2,
    }
    answer = client.responses.create(**request)
    found = answer.output[0].content[0].logprobs
    assert "".join(one.token for one in found) == answer.output_text
    assert all(one.logprob <= 0 and len(one.top_logprobs) == 2 for one in found)
    events = events_of(client.responses.create(**request, stream=True))
    streamed = [event.logprobs[0] for event in events if event.type == "response.output_text.delta"]
    assert [(one.token, one.logprob) for one in streamed] == [(one.token, one.logprob) for one in found]


def test_reasoning_and_its_summary(client: OpenAI) -> None:
    hidden = client.responses.create(model="gpt-5-mini", input=CAPITAL)
    check(hidden)
    assert [item.type for item in hidden.output] == ["reasoning", "message"]
    assert hidden.output[0].summary == []
    assert hidden.output[0].id.startswith("rs_")
    assert hidden.reasoning.effort == "medium"
    assert hidden.usage.output_tokens_details.reasoning_tokens > 0
    shown = client.responses.create(
        model="gpt-5-mini", input=CAPITAL, reasoning={"effort": "low", "summary": "auto"}
    )
    assert shown.output[0].summary[0].text
    none = client.responses.create(model="gpt-5-mini", input=CAPITAL, reasoning={"effort": "minimal"})
    assert none.usage.output_tokens_details.reasoning_tokens == 0


def test_verbosity(client: OpenAI) -> None:
    low, medium, high = (
        client.responses.create(
            model="gpt-5-mini", input="Tell me about lighthouses.", text={"verbosity": verbosity}
        )
        for verbosity in ("low", "medium", "high")
    )
    assert high.text.verbosity == "high"
    assert 2 * len(low.output_text) < len(medium.output_text) * 1.5 < len(high.output_text)


def test_a_streamed_summary_of_reasoning(client: OpenAI) -> None:
    events = events_of(
        client.responses.create(
            model="gpt-5-mini", input=CAPITAL, reasoning={"summary": "detailed"}, stream=True
        )
    )
    of_reasoning = [event for event in events if getattr(event, "output_index", None) == 0]
    assert [event.type for event in of_reasoning if not event.type.endswith("delta")] == [
        "response.output_item.added",
        "response.reasoning_summary_part.added",
        "response.reasoning_summary_text.done",
        "response.reasoning_summary_part.done",
        "response.output_item.done",
    ]
    text = "".join(event.delta for event in of_reasoning if event.type.endswith("summary_text.delta"))
    assert text == events[-1].response.output[0].summary[0].text


def test_encrypted_reasoning_is_taken_back(client: OpenAI) -> None:
    first = client.responses.create(
        model="gpt-5", input=CAPITAL, store=False, include=["reasoning.encrypted_content"]
    )
    thought = first.output[0]
    assert thought.encrypted_content
    again = [{"role": "user", "content": CAPITAL}, *first.output, {"role": "user", "content": "ping"}]
    assert client.responses.create(model="gpt-5", input=again, store=False).output_text == "pong"
    bare = thought.model_copy(update={"encrypted_content": None})
    with pytest.raises(openai.NotFoundError, match="Items are not persisted when `store` is set to false"):
        client.responses.create(model="gpt-5", input=[bare, {"role": "user", "content": "ping"}], store=False)


def test_an_answer_that_is_cut_at_its_limit(client: OpenAI) -> None:
    request: dict[str, Any] = {
        "model": "gpt-4o-mini",
        "input": "Write 200 words about rivers.",
        "max_output_tokens": 16,
    }
    answer = client.responses.create(**request)
    assert answer.status == answer.output[0].status == "incomplete"
    assert answer.incomplete_details.reason == "max_output_tokens"
    assert answer.usage.output_tokens == 16
    events = events_of(client.responses.create(**request, stream=True))
    assert events[-1].type == "response.incomplete"
    assert events[-1].response.output_text == answer.output_text
    thought = client.responses.create(model="gpt-5", input=CAPITAL, max_output_tokens=16)
    assert [item.type for item in thought.output] == ["reasoning"]


async def test_the_asynchronous_client(async_client: AsyncOpenAI) -> None:
    answer = await async_client.responses.create(model="gpt-4o-mini", input=CAPITAL)
    assert isinstance(answer, Response)
    async with async_client.responses.stream(model="gpt-4o-mini", input=CAPITAL) as stream:
        kinds = [event.type async for event in stream]
        assert (await stream.get_final_response()).output_text == answer.output_text
    assert kinds[-1] == "response.completed"
