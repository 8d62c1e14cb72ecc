"""google-genai's function calling: automatic, by hand, forced, in a stream, and in the order that Gemini wants."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from genai_raw import events, generate, post
from google import genai
from google.genai import errors, types

MODELS = ["gemini-2.5-flash", "gemini-3.5-flash"]
DECLARED = types.FunctionDeclaration(
    name="get_current_weather",
    description="The weather in a place now",
    parameters_json_schema={
        "type": "object",
        "properties": {"location": {"type": "string", "description": "A city, such as Bergen"}},
        "required": ["location"],
    },
)
TOOL = types.Tool(function_declarations=[DECLARED])
QUESTION = "What is the weather in Bergen?"


def get_current_weather(location: str) -> str:
    """The weather in a place now.

    Args:
        location: A city, such as Bergen.
    """
    return f"rain in {location}"


def add(a: int, b: int) -> int:
    """The sum of two whole numbers."""
    return a + b


@pytest.fixture
def client(sim_base: str) -> Iterator[genai.Client]:
    with genai.Client(api_key="sim-genai", http_options=types.HttpOptions(base_url=sim_base)) as made:
        yield made


@pytest.mark.parametrize("model", MODELS)
def test_a_python_function_is_called_by_itself(client: genai.Client, model: str) -> None:
    chat = client.chats.create(
        model=model, config=types.GenerateContentConfig(tools=[get_current_weather, add])
    )
    answer = chat.send_message(QUESTION)
    assert answer.text
    assert "rain in Bergen" in answer.text
    called = [
        part.function_call.name
        for content in chat.get_history()
        for part in content.parts or []
        if part.function_call
    ]
    assert called == ["get_current_weather"]


async def test_an_async_function_is_called_by_itself(sim_base: str) -> None:
    async def get_weather(city: str) -> dict[str, Any]:
        """The weather in a city."""
        return {"city": city, "sky": "clear"}

    options = types.HttpOptions(base_url=sim_base)
    async with genai.Client(api_key="sim-genai", http_options=options).aio as client:
        chat = client.chats.create(model=MODELS[1], config=types.GenerateContentConfig(tools=[get_weather]))
        answer = await chat.send_message("What is the weather in Lima?")
    assert answer.text
    assert "clear" in answer.text


@pytest.mark.parametrize("model", MODELS)
def test_a_declared_function_is_called_and_answered_by_hand(client: genai.Client, model: str) -> None:
    config = types.GenerateContentConfig(tools=[TOOL])
    first = client.models.generate_content(model=model, contents=QUESTION, config=config)
    (call,) = first.function_calls or []
    assert (call.name, call.args) == ("get_current_weather", {"location": "Bergen"})
    # From Gemini 3 on, calls have ids.
    assert bool(call.id) == model.startswith("gemini-3")
    result = types.Part.from_function_response(name=call.name, response={"result": "12 degrees"})
    contents = [
        types.Content(role="user", parts=[types.Part(text=QUESTION)]),
        first.candidates[0].content,  # type: ignore[index]
        types.Content(role="user", parts=[result]),
    ]
    second = client.models.generate_content(model=model, contents=contents, config=config)
    assert second.text
    assert "12 degrees" in second.text


def test_a_stream_brings_a_call_whole(client: genai.Client, sim_base: str) -> None:
    config = types.GenerateContentConfig(tools=[TOOL])
    chunks = list(client.models.generate_content_stream(model=MODELS[0], contents=QUESTION, config=config))
    calls = [call for chunk in chunks for call in chunk.function_calls or []]
    assert [call.args for call in calls] == [{"location": "Bergen"}]
    assert chunks[-1].candidates
    assert chunks[-1].candidates[0].finish_reason == types.FinishReason.STOP
    body = {
        "contents": [{"parts": [{"text": "What is the weather in Oslo and Lima?"}]}],
        "tools": [
            {
                "functionDeclarations": [
                    {
                        "name": "get_weather",
                        "parameters": {
                            "type": "OBJECT",
                            "properties": {"city": {"type": "STRING"}},
                            "required": ["city"],
                        },
                    }
                ]
            }
        ],
    }
    parts = [
        part
        for chunk in events(sim_base, "gemini", MODELS[1], body)
        for part in chunk.candidates[0].content.parts or []  # type: ignore[index,union-attr]
    ]
    assert [part.function_call.args for part in parts if part.function_call] == [
        {"city": "Oslo"},
        {"city": "Lima"},
    ]
    # Google signs the first of parallel calls.
    assert [bool(part.thought_signature) for part in parts] == [True, False]


@pytest.mark.parametrize(
    ("mode", "names", "called"),
    [
        ("ANY", ["add"], ["add"]),
        ("ANY", None, ["get_current_weather"]),
        ("NONE", None, []),
        ("AUTO", None, ["get_current_weather"]),
        ("VALIDATED", ["add"], []),
    ],
)
def test_the_mode_of_calling(
    client: genai.Client, mode: str, names: list[str] | None, called: list[str]
) -> None:
    calling = types.FunctionCallingConfig(mode=mode, allowed_function_names=names)
    config = types.GenerateContentConfig(
        tools=[get_current_weather, add],
        tool_config=types.ToolConfig(function_calling_config=calling),
        automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
    )
    answer = client.models.generate_content(model=MODELS[0], contents=QUESTION, config=config)
    assert [call.name for call in answer.function_calls or []] == called


CALL = {"functionCall": {"name": "add", "args": {"a": 1, "b": 2}}}
RESULT = {"functionResponse": {"name": "add", "response": {"result": 3}}}


def turn(role: str, *parts: dict[str, Any]) -> dict[str, Any]:
    return {"role": role, "parts": list(parts)}


ASKED = turn("user", {"text": "Add 1 and 2"})


@pytest.mark.parametrize(
    ("contents", "sentence"),
    [
        (
            [ASKED, turn("model", CALL, CALL), turn("user", RESULT)],
            "number of function response parts is equal to the number",
        ),
        (
            [ASKED, turn("model", CALL), turn("user", {"text": "3"})],
            "number of function response parts is equal to the number",
        ),
        (
            [ASKED, turn("user", RESULT)],
            "function response turn comes immediately after a function call turn",
        ),
        ([turn("system", {"text": "x"})], "Please use a valid role: user, model."),
        ([turn("user")], r"contents[0].parts: contents.parts must not be empty."),
        (
            [turn("user", {})],
            "contents[0].parts[0].data: required oneof field 'data' must have one initialized field",
        ),
        ([turn("user", {"functionCall": {"args": {}}})], "Name cannot be empty"),
        ([], "contents is not specified"),
    ],
)
def test_the_order_of_turns(sim_base: str, contents: list[dict[str, Any]], sentence: str) -> None:
    answer = post(sim_base, "gemini", f"{MODELS[0]}:generateContent", {"contents": contents})
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["status"]) == (400, 400, "INVALID_ARGUMENT")
    assert sentence in error["message"]


def test_from_gemini_3_on_a_call_brings_its_signature_back(sim_base: str) -> None:
    body = {"contents": [ASKED, turn("model", CALL), turn("user", RESULT)]}
    answer = post(sim_base, "gemini", f"{MODELS[1]}:generateContent", body)
    assert answer.status_code == 400
    assert "missing a thought_signature" in answer.json()["error"]["message"]
    signed = {**CALL, "thoughtSignature": "c2lnbmVk"}
    assert generate(
        sim_base, "gemini", MODELS[1], {"contents": [ASKED, turn("model", signed), turn("user", RESULT)]}
    )
    # Earlier turns are not checked.
    later = [*body["contents"], turn("model", {"text": "3"}), turn("user", {"text": "Thanks"})]
    assert generate(sim_base, "gemini", MODELS[1], {"contents": later})


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"tools": [{"functionDeclarations": [{"name": "1 bad name"}]}]}, "Invalid function name"),
        (
            {"tools": [{"functionDeclarations": [{"name": "a"}, {"name": "a"}]}]},
            "Duplicate function declaration found: a",
        ),
        ({"toolConfig": {"functionCallingConfig": {"mode": "ANY"}}}, "set without function_declarations"),
        (
            {
                "tools": [{"functionDeclarations": [{"name": "a"}]}],
                "toolConfig": {"functionCallingConfig": {"mode": "AUTO", "allowedFunctionNames": ["a"]}},
            },
            "only when function calling mode is ANY",
        ),
        (
            {
                "tools": [{"functionDeclarations": [{"name": "a"}]}],
                "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["b"]}},
            },
            "which is not declared",
        ),
        (
            {
                "tools": [{"functionDeclarations": [{"name": "a"}]}],
                "generationConfig": {"responseMimeType": "application/json"},
            },
            "Function calling with a response mime type: 'application/json' is unsupported",
        ),
        (
            {
                "tools": [
                    {
                        "functionDeclarations": [
                            {
                                "name": "a",
                                "parameters": {"type": "OBJECT", "properties": {"x": {"type": "ARRAY"}}},
                            }
                        ]
                    }
                ]
            },
            "properties[0].value.items: missing field.",
        ),
    ],
)
def test_what_tools_may_not_be(sim_base: str, more: dict[str, Any], sentence: str) -> None:
    answer = post(sim_base, "gemini", f"{MODELS[0]}:generateContent", {"contents": [ASKED], **more})
    assert answer.status_code == 400
    assert sentence in answer.json()["error"]["message"]


def test_functions_and_json_go_together_from_gemini_3_on(client: genai.Client) -> None:
    config = types.GenerateContentConfig(
        tools=[TOOL],
        response_mime_type="application/json",
        response_json_schema={
            "type": "object",
            "properties": {"capital": {"type": "string"}},
            "required": ["capital"],
        },
    )
    answer = client.models.generate_content(
        model=MODELS[1], contents="What is the capital of Peru?", config=config
    )
    assert answer.text
    assert answer.text.startswith("{")
    with pytest.raises(errors.ClientError, match="is unsupported"):
        client.models.generate_content(model=MODELS[0], contents="ping", config=config)
