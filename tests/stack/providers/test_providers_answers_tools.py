"""Which tools a simulated model calls, with which arguments, and what it makes of their results."""

from __future__ import annotations

import json
from typing import Any

import pytest
from answering import Answering
from jsonschema import Draft202012Validator

TEXT, NUMBER, WHOLE = {"type": "string"}, {"type": "number"}, {"type": "integer"}


def tool(name: str, description: str, optional: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    required = [field for field in properties if field not in optional]
    parameters = {"type": "object", "properties": properties, "required": required}
    return {
        "name": name,
        "description": description,
        "parameters": {**parameters, "additionalProperties": False},
    }


UNIT = {"type": "string", "enum": ["celsius", "fahrenheit"]}
TOOLS = [
    tool("get_weather", "The current weather in a location", ("unit",), location=TEXT, unit=UNIT),
    tool("add", "Add two numbers", a=NUMBER, b=NUMBER),
    tool("multiply", "Multiply two whole numbers", a=WHOLE, b=WHOLE),
    tool("search_web", "Search the web for information", query=TEXT),
    tool("get_stock_price", "The current price of a stock", symbol=TEXT),
    tool("get_current_time", "The current time in a city", city=TEXT),
    tool("book_flight", "Book a flight", origin=TEXT, destination=TEXT, date=TEXT),
    tool("translateText", "Translate a text", text=TEXT, target_language=TEXT),
    tool("convert_currency", "Convert an amount", amount=NUMBER, from_currency=TEXT, to_currency=TEXT),
    tool(
        "send_email",
        "Send an email to a recipient",
        to={**TEXT, "format": "email"},
        subject=TEXT,
        body=TEXT,
    ),
    tool("calculator", "Evaluate a math expression", expression=TEXT),
    tool("get_population", "The number of people in a country", country=TEXT),
    tool("get_delivery_date", "When an order of a customer comes", order_id=TEXT),
    tool("read_file", "Read a file", path=TEXT),
    tool("set_light_values", "Set a lamp", brightness=WHOLE, color={"enum": ["cool", "warm"]}),
    tool("get_user_name", "Who the user is"),
    tool("run_command", "Run a command of the shell", command=TEXT),
]
SCHEMAS = {each["name"]: each["parameters"] for each in TOOLS}


def calls(answering: Answering, prompt: str, **call: Any) -> list[tuple[str, dict[str, Any]]]:
    answer = answering.answer(prompt, tools=TOOLS, **call)
    made = [(each["name"], json.loads(each["arguments"])) for each in answer["toolCalls"]]
    assert not (made and answer["text"])
    for name, values in made:
        Draft202012Validator(SCHEMAS[name]).validate(values)
    return made


@pytest.mark.parametrize(
    ("prompt", "name", "values"),
    [
        ("What's the weather in Paris?", "get_weather", {"location": "Paris"}),
        ("what is the weather like in springfield today?", "get_weather", {"location": "Springfield"}),
        ("Weather in Rome in celsius, please", "get_weather", {"location": "Rome", "unit": "celsius"}),
        ("Wie ist das Wetter in Berlin?", "get_weather", {"location": "Berlin"}),
        ("東京の天気は?", "get_weather", {"location": "東京"}),
        ("add 3 and 4", "add", {"a": 3, "b": 4}),
        ("What is three plus one?", "add", {"a": 3, "b": 1}),
        ("What is 10 + 10?", "add", {"a": 10, "b": 10}),
        ("How's the weather in the capital of France?", "get_weather", {"location": "Paris"}),
        ("Do I need an umbrella in Seattle?", "get_weather", {"location": "Seattle"}),
        ("¿Qué tiempo hace en Madrid?", "get_weather", {"location": "Madrid"}),
        ("How many inhabitants does Peru have?", "get_population", {"country": "Peru"}),
        ("Where is my order_12345?", "get_delivery_date", {"order_id": "order_12345"}),
        ("Read the file src/main.py", "read_file", {"path": "src/main.py"}),
        ("Run ls -la", "run_command", {"command": "ls -la"}),
        ("What's my name?", "get_user_name", {}),
        ("What is 17 * 23?", "multiply", {"a": 17, "b": 23}),
        ("Search for the best pizza in Naples", "search_web", {"query": "the best pizza in Naples"}),
        ("What's the stock price of Apple?", "get_stock_price", {"symbol": "AAPL"}),
        ("What time is it in Tokyo?", "get_current_time", {"city": "Tokyo"}),
        (
            "Book a flight to Rome from Oslo on May 3",
            "book_flight",
            {"origin": "Oslo", "destination": "Rome", "date": "May 3"},
        ),
        (
            "Translate 'good morning' to French",
            "translateText",
            {"text": "good morning", "target_language": "French"},
        ),
        (
            "Send an email to bob@example.com about the deadline",
            "send_email",
            {"to": "bob@example.com", "subject": "the deadline", "body": "the deadline"},
        ),
        (
            "Convert 100 USD to euros",
            "convert_currency",
            {"amount": 100, "from_currency": "USD", "to_currency": "EUR"},
        ),
    ],
)
def test_a_tool_is_called_when_the_prompt_asks_for_what_it_does(
    prompt: str, name: str, values: dict[str, Any], answering: Answering
) -> None:
    assert calls(answering, prompt) == [(name, values)]


@pytest.mark.parametrize(
    "prompt",
    [
        "Hello",
        "What is the capital of France?",
        "Tell me a joke",
        "Explain photosynthesis",
        "Explain how to add logging to a program",
        "Explain how the weather forms",
        "Who wrote Hamlet?",
        "What's the weather?",
        "Write a poem about the sea",
        "",
        "😀",
    ],
)
def test_no_tool_is_called_for_other_prompts(prompt: str, answering: Answering) -> None:
    assert calls(answering, prompt) == []
    assert answering.answer(prompt, tools=TOOLS)["text"]


def test_each_city_has_a_call_of_its_own_where_calls_may_be_parallel(answering: Answering) -> None:
    prompt = "What's the weather in Paris, Tokyo and New York?"
    answer = answering.answer(prompt, tools=TOOLS)
    places = [json.loads(call["arguments"])["location"] for call in answer["toolCalls"]]
    assert places == ["Paris", "Tokyo", "New York"]
    assert len({call["id"] for call in answer["toolCalls"]}) == 3
    assert calls(answering, prompt, parallelTools=False) == [("get_weather", {"location": "Paris"})]


def test_what_the_prompt_leaves_open_is_chosen(answering: Answering) -> None:
    ((name, values),) = calls(answering, "Turn the light down, to a warm colour")
    assert (name, values["color"]) == ("set_light_values", "warm")


def test_two_tools_are_called_for_two_questions(answering: Answering) -> None:
    made = calls(answering, "What's the weather in Paris and the time in Tokyo?")
    assert made == [("get_weather", {"location": "Paris"}), ("get_current_time", {"city": "Tokyo"})]


@pytest.mark.parametrize("prompt", ["Hello", "", "What is the capital of France?"])
def test_a_tool_is_called_if_it_has_to_be_and_never_if_it_must_not(prompt: str, answering: Answering) -> None:
    assert len(calls(answering, prompt, toolChoice="required")) == 1
    for name in SCHEMAS:
        assert [made for made, _ in calls(answering, prompt, toolChoice={"name": name})] == [name]
    assert calls(answering, "What's the weather in Paris?", toolChoice="none") == []


def turn(prompt: str, *done: tuple[str, dict[str, Any], str]) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = [{"role": "user", "text": prompt}]
    for number, (name, values, result) in enumerate(done):
        made = {"id": f"c{number}", "name": name, "arguments": json.dumps(values)}
        messages.append({"role": "assistant", "text": "", "toolCalls": [made]})
        messages.append({"role": "tool", "text": result, "toolCallId": f"c{number}", "toolName": name})
    return messages


def test_a_call_that_needs_a_result_waits_for_it(answering: Answering) -> None:
    prompt = "add 3 and 4 and multiply the result by 5"
    assert calls(answering, prompt) == [("add", {"a": 3, "b": 4})]
    first = turn(prompt, ("add", {"a": 3, "b": 4}, "7"))
    assert calls(answering, prompt, messages=first) == [("multiply", {"a": 7, "b": 5})]
    both = turn(prompt, ("add", {"a": 3, "b": 4}, "7"), ("multiply", {"a": 7, "b": 5}, "35"))
    assert "35" in answering.answer(prompt, messages=both, tools=TOOLS)["text"]


def test_without_parallel_calls_the_next_city_follows_the_first_result(answering: Answering) -> None:
    prompt = "What's the weather in Paris and Oslo?"
    paris = ("get_weather", {"location": "Paris"}, '{"temperature_c": 18}')
    after = calls(answering, prompt, messages=turn(prompt, paris), parallelTools=False)
    assert after == [("get_weather", {"location": "Oslo"})]
    oslo = ("get_weather", {"location": "Oslo"}, '{"temperature_c": 9}')
    told = answering.answer(prompt, messages=turn(prompt, paris, oslo), tools=TOOLS, parallelTools=False)
    assert told["toolCalls"] == []
    assert "9 degrees Celsius" in told["text"]


def test_results_are_told_in_the_form_that_was_asked_for(answering: Answering) -> None:
    schema = {
        "type": "object",
        "properties": {"city": TEXT, "temperature_c": NUMBER, "sky": TEXT},
        "required": ["city", "temperature_c", "sky"],
    }
    done = turn(
        "What's the weather in Paris?",
        ("get_weather", {"location": "Paris"}, '{"temperature_c": 18, "sky": "cloudy"}'),
    )
    answer = answering.answer(
        "", messages=done, tools=TOOLS, format={"kind": "json_schema", "schema": schema}
    )
    assert json.loads(answer["text"]) == {"city": "Paris", "temperature_c": 18, "sky": "cloudy"}
    assert answer["source"] == "tool_result"


def test_a_tool_without_parameters_gets_an_empty_object(answering: Answering) -> None:
    for parameters in ({}, {"type": "object"}, {"type": "object", "properties": {}}, {"type": "OBJECT"}):
        ping = {"name": "ping", "description": "Ping the server", "parameters": parameters}
        answer = answering.answer("Hello", tools=[ping], toolChoice="required")
        assert answer["toolCalls"][0]["arguments"] == "{}"


def test_ids_repeat_for_the_same_call_and_differ_for_others(answering: Answering) -> None:
    def made(prompt: str, **more: Any) -> str:
        identity: str = answering.answer(prompt, tools=TOOLS, **more)["toolCalls"][0]["id"]
        return identity

    prompt = "What's the weather in Paris?"
    assert made(prompt) == made(prompt)
    assert len({made(prompt), made(prompt, seed=2), made(prompt, index=1), made("Weather in Oslo?")}) == 4


def test_a_tool_that_stands_for_the_form_of_the_answer_is_given_the_answer(answering: Answering) -> None:
    schema = {"type": "object", "properties": {"city": TEXT, "country": TEXT}, "required": ["city"]}
    form = {"name": "json_tool_call", "parameters": schema}
    choice = {"name": "json_tool_call"}
    answer = answering.answer("What is the capital of Japan?", tools=[form], toolChoice=choice)
    assert json.loads(answer["toolCalls"][0]["arguments"]) == {"city": "Tokyo", "country": "Japan"}


@pytest.mark.parametrize(
    ("result", "told"),
    [
        ('[{"name": "a", "size": 1}, {"name": "b"}]', "answered: name a, size 1; name b."),
        ('["x", "y"]', "answered: x; y."),
        ("ok", "answered: ok."),
        ("", "answered: nothing."),
        ("x" * 100_000, "xxx…."),
    ],
)
def test_results_of_every_form_are_told(result: str, told: str, answering: Answering) -> None:
    done = turn("List the files", ("list_files", {}, result))
    said = answering.answer("", messages=done)["text"]
    assert said.startswith("The tool list_files answered: ")
    assert said.endswith(told)
    assert len(said) < 1_100


@pytest.mark.parametrize(
    ("prompt", "place", "told"),
    [
        ("Wie ist das Wetter in Rom?", "Rom", "Das Wetter in Rom: temperature 18 °C."),
        ("¿Qué tiempo hace en Madrid?", "Madrid", "El tiempo en Madrid: temperature 18 °C."),
        ("东京的天气怎么样?", "东京", "东京的天气:temperature 18 °C。"),
    ],
)
def test_results_are_told_in_the_prompts_language(
    prompt: str, place: str, told: str, answering: Answering
) -> None:
    for model in ("gpt-4o-mini", "claude-haiku-4-5"):
        done = turn(prompt, ("get_weather", {"location": place}, '{"temperature_c": 18}'))
        assert answering.answer("", messages=done, model=model)["text"] == told
