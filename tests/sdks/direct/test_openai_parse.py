"""OpenAI's SDK, strict: answers parsed into pydantic models, streams with its helper, and the tools loop."""

from __future__ import annotations

import json
from collections.abc import Iterator
from enum import Enum, StrEnum
from typing import Literal

import openai
import pytest
from openai import AsyncOpenAI, OpenAI
from pydantic import BaseModel, Field

PARSE_MODEL = "gpt-4o-2024-08-06"


@pytest.fixture(scope="module")
def client(sim_base: str) -> Iterator[OpenAI]:
    with OpenAI(base_url=f"{sim_base}/v1", api_key="sim-sdk", _strict_response_validation=True) as made:
        yield made


def user(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text}]


class Step(BaseModel):
    explanation: str
    output: str


class MathAnswer(BaseModel):
    steps: list[Step]
    final_answer: str


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Person(BaseModel):
    name: str
    age: int
    nickname: str | None
    favourite: Colour
    address: Address


class Address(BaseModel):
    street: str
    city: str
    kind: Literal["home", "work"]


class Tree(BaseModel):
    """A recursive model."""

    value: int
    children: list[Tree]


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int


class Dog(BaseModel):
    kind: Literal["dog"]
    tricks: list[str]


class Pet(BaseModel):
    animal: Cat | Dog
    weight_kg: float = Field(ge=0)
    tags: list[str] | None


MODELS: list[type[BaseModel]] = [MathAnswer, Person, Tree, Pet]


@pytest.mark.parametrize("form", MODELS)
@pytest.mark.parametrize("prompt", ["solve 8x + 31 = 2", "What is the capital of France?", "Make one up."])
def test_an_answer_is_parsed(form: type[BaseModel], prompt: str, client: OpenAI) -> None:
    answer = client.chat.completions.parse(
        model=PARSE_MODEL,
        messages=[{"role": "system", "content": "You are a helpful tutor."}, *user(prompt)],
        response_format=form,
    )
    message = answer.choices[0].message
    assert isinstance(message.parsed, form)
    assert message.refusal is None


@pytest.mark.parametrize("form", MODELS)
def test_a_stream_is_parsed(form: type[BaseModel], client: OpenAI) -> None:
    with client.chat.completions.stream(
        model=PARSE_MODEL, messages=user("Make one up."), response_format=form
    ) as stream:
        kinds = [event.type for event in stream]
        final = stream.get_final_completion()
    assert {"chunk", "content.delta", "content.done"} <= set(kinds)
    assert isinstance(final.choices[0].message.parsed, form)


def test_a_schema_of_ones_own(client: OpenAI) -> None:
    schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    form = {"type": "json_schema", "json_schema": {"name": "place", "schema": schema}}
    answer = client.chat.completions.create(
        model="gpt-4o", messages=user("What is the capital of France?"), response_format=form
    )
    assert set(json.loads(answer.choices[0].message.content or "")) == {"city"}


@pytest.mark.parametrize("prompt", ["Give the capital of France as JSON.", "Make up a JSON object."])
def test_json_mode(prompt: str, client: OpenAI) -> None:
    answer = client.chat.completions.create(
        model="gpt-4o-mini", messages=user(prompt), response_format={"type": "json_object"}
    )
    assert isinstance(json.loads(answer.choices[0].message.content or ""), dict)


def test_a_cut_answer_is_not_parsed(client: OpenAI) -> None:
    with pytest.raises(openai.LengthFinishReasonError):
        client.chat.completions.parse(
            model=PARSE_MODEL, messages=user("Make one up."), response_format=Person, max_tokens=3
        )


async def test_the_async_client_parses_a_stream(sim_base: str) -> None:
    async with (
        AsyncOpenAI(base_url=f"{sim_base}/v1", api_key="sim-sdk", _strict_response_validation=True) as client,
        client.chat.completions.stream(
            model="gpt-5-mini", messages=user("Make one up."), response_format=Pet
        ) as stream,
    ):
        final = await stream.get_final_completion()
    assert isinstance(final.choices[0].message.parsed, Pet)
    assert final.usage is None


class GetWeather(BaseModel):
    """The weather in a city."""

    city: str
    country: str


class Table(StrEnum):
    orders = "orders"
    customers = "customers"


class Operator(StrEnum):
    eq = "="
    gt = ">"
    ne = "!="


class DynamicValue(BaseModel):
    column_name: str


class Condition(BaseModel):
    column: str
    operator: Operator
    value: str | int | DynamicValue


class Query(BaseModel):
    """Look up rows of a table."""

    table_name: Table
    columns: list[str]
    conditions: list[Condition]


def test_a_tools_arguments_are_parsed(client: OpenAI) -> None:
    answer = client.chat.completions.parse(
        model=PARSE_MODEL,
        messages=user("Look up all my orders that were not delivered on time."),
        tools=[openai.pydantic_function_tool(Query)],
        tool_choice="required",
    )
    (call,) = answer.choices[0].message.tool_calls or []
    assert isinstance(call.function.parsed_arguments, Query)
    assert answer.choices[0].finish_reason == "tool_calls"
    assert answer.choices[0].message.content is None


def test_a_stream_of_tool_calls_is_parsed(client: OpenAI) -> None:
    with client.chat.completions.stream(
        model=PARSE_MODEL,
        messages=user("What's the weather like in Oslo and Paris?"),
        tools=[openai.pydantic_function_tool(GetWeather, name="get_weather")],
        parallel_tool_calls=True,
    ) as stream:
        kinds = {event.type for event in stream}
        final = stream.get_final_completion()
    assert {"tool_calls.function.arguments.delta", "tool_calls.function.arguments.done"} <= kinds
    calls = final.choices[0].message.tool_calls or []
    cities = [call.function.parsed_arguments.city for call in calls]  # type: ignore[union-attr]
    assert cities == ["Oslo", "Paris"]
    assert len({call.id for call in calls}) == 2


def test_one_call_at_a_time(client: OpenAI) -> None:
    answer = client.chat.completions.create(
        model="gpt-4o",
        messages=user("What's the weather like in Oslo and Paris?"),
        tools=[openai.pydantic_function_tool(GetWeather, name="get_weather")],
        parallel_tool_calls=False,
    )
    assert len(answer.choices[0].message.tool_calls or []) == 1


def test_the_tools_loop(client: OpenAI) -> None:
    tools = [openai.pydantic_function_tool(GetWeather, name="get_weather")]
    messages: list = user("What is the weather in Oslo?")
    first = client.chat.completions.create(model="gpt-4o", messages=messages, tools=tools)
    message = first.choices[0].message
    messages.append(message)
    for call in message.tool_calls or []:
        assert call.type == "function"
        messages.append({"role": "tool", "tool_call_id": call.id, "content": '{"temperature_c": 4}'})
    told = client.chat.completions.create(model="gpt-4o", messages=messages, tools=tools)
    assert "4 degrees" in (told.choices[0].message.content or "")
    assert told.choices[0].finish_reason == "stop"


NAMED = [
    ("auto", ["get_weather"]),
    ("none", []),
    ("required", ["get_weather"]),
    ({"type": "function", "function": {"name": "note"}}, ["note"]),
    (
        {
            "type": "allowed_tools",
            "allowed_tools": {
                "mode": "required",
                "tools": [{"type": "function", "function": {"name": "note"}}],
            },
        },
        ["note"],
    ),
    (
        {
            "type": "allowed_tools",
            "allowed_tools": {
                "mode": "auto",
                "tools": [{"type": "function", "function": {"name": "get_weather"}}],
            },
        },
        ["get_weather"],
    ),
]


@pytest.mark.parametrize(("choice", "called"), NAMED)
def test_the_choice_of_a_tool(choice: object, called: list[str], client: OpenAI) -> None:
    note = {"type": "function", "function": {"name": "note", "description": "Keep a note."}}
    answer = client.chat.completions.create(
        model="gpt-4o",
        messages=user("What is the weather in Oslo?"),
        tools=[openai.pydantic_function_tool(GetWeather, name="get_weather"), note],
        tool_choice=choice,
    )
    calls = answer.choices[0].message.tool_calls or []
    assert [call.function.name for call in calls if call.type == "function"] == called
    named = isinstance(choice, dict) and choice["type"] == "function"
    assert answer.choices[0].finish_reason == ("tool_calls" if called and not named else "stop")


def test_a_custom_tool_takes_a_plain_text(client: OpenAI) -> None:
    code = {"type": "custom", "custom": {"name": "run_code", "description": "Runs Python."}}
    named = {"type": "custom", "custom": {"name": "run_code"}}
    messages: list = user("Print hello with run_code.")
    answer = client.chat.completions.create(model="gpt-5", messages=messages, tools=[code], tool_choice=named)
    (call,) = answer.choices[0].message.tool_calls or []
    assert call.type == "custom"
    assert (call.custom.name, bool(call.custom.input)) == ("run_code", True)
    messages += [answer.choices[0].message, {"role": "tool", "tool_call_id": call.id, "content": "hello"}]
    told = client.chat.completions.create(model="gpt-5", messages=messages, tools=[code])
    assert "hello" in (told.choices[0].message.content or "")


@pytest.mark.parametrize("stream", [False, True])
def test_the_older_functions(stream: bool, client: OpenAI) -> None:
    function = {"name": "get_weather", "parameters": GetWeather.model_json_schema()}
    request = {
        "model": "gpt-3.5-turbo-0125",
        "messages": user("What is the weather in Oslo?"),
        "functions": [function],
    }
    if stream:
        chunks = list(client.chat.completions.create(stream=True, **request))
        calls = [c.choices[0].delta.function_call for c in chunks if c.choices[0].delta.function_call]
        name = calls[0].name
        arguments = "".join(call.arguments or "" for call in calls)
        finish = chunks[-1].choices[0].finish_reason
    else:
        choice = client.chat.completions.create(**request).choices[0]
        assert choice.message.function_call is not None
        assert choice.message.tool_calls is None
        name, arguments = choice.message.function_call.name, choice.message.function_call.arguments
        finish = choice.finish_reason
    assert (name, finish) == ("get_weather", "function_call")
    assert json.loads(arguments)["city"] == "Oslo"


def test_a_function_s_result_is_told(client: OpenAI) -> None:
    function = {"name": "get_weather", "parameters": GetWeather.model_json_schema()}
    answer = client.chat.completions.create(
        model="gpt-3.5-turbo",
        messages=[
            *user("What is the weather in Oslo?"),
            {
                "role": "assistant",
                "content": None,
                "function_call": {"name": "get_weather", "arguments": '{"city": "Oslo"}'},
            },
            {"role": "function", "name": "get_weather", "content": '{"temperature_c": 4}'},
        ],
        functions=[function],
    )
    assert "4 degrees" in (answer.choices[0].message.content or "")
