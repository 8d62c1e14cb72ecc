"""What OpenAI's SDK raises if a request to the Responses API is wrong, in OpenAI's own words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import openai
import pytest
from openai import OpenAI

TOOL = {"type": "function", "name": "f", "parameters": {"type": "object", "properties": {}}}
LOOSE = {"type": "object", "properties": {"a": {"type": "string"}}}
CALL = {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"}
USER = {"role": "user", "content": "Hello."}


def said(text: str, role: str = "user") -> dict[str, Any]:
    return {"role": role, "content": [{"type": text, "text": "a"}]}


CASES: dict[str, tuple[dict[str, Any], str | None, str | None, str]] = {
    "no input": (
        {"input": None},
        "input",
        "missing_required_parameter",
        "One of \"input\" or \"previous_response_id\" or 'prompt' or 'conversation_id' must be provided.",
    ),
    "no model": (
        {"model": None},
        "model",
        "missing_required_parameter",
        "Missing required parameter: 'model'.",
    ),
    "unknown model": (
        {"model": "gpt-none"},
        "model",
        "model_not_found",
        "The requested model 'gpt-none' does not exist.",
    ),
    "unknown field": ({"zzz": 1}, "zzz", "unknown_parameter", "Unknown parameter: 'zzz'."),
    "a field of chat completions": (
        {"max_tokens": 20},
        None,
        "unsupported_parameter",
        "Unsupported parameter: 'max_tokens'. In the Responses API, this parameter has moved to "
        "'max_output_tokens'. Try again with the new parameter. See the API documentation for more information: "
        "https://platform.openai.com/docs/api-reference/responses/create.",
    ),
    "too hot": (
        {"temperature": 5},
        "temperature",
        "decimal_above_max_value",
        "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 5 instead.",
    ),
    "too short": (
        {"max_output_tokens": 10},
        "max_output_tokens",
        "integer_below_min_value",
        "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, but got 10 instead.",
    ),
    "too much metadata": (
        {"metadata": {f"k{i}": "v" for i in range(17)}},
        "metadata",
        "object_above_max_properties",
        "Invalid 'metadata': too many properties. Expected an object with at most 16 properties, but got an "
        "object with 17 properties instead.",
    ),
    "unknown truncation": (
        {"truncation": "some"},
        "truncation",
        "invalid_value",
        "Invalid value: 'some'. Supported values are: 'auto' and 'disabled'.",
    ),
    "a part of chat completions": (
        {"input": [said("text")]},
        "input[0].content[0]",
        "invalid_value",
        "Invalid value: 'text'. Supported values are: 'input_text', 'input_image', 'input_file', 'output_text', "
        "'refusal', 'summary_text', and 'computer_screenshot'.",
    ),
    "an input of the assistant": (
        {"input": [USER, said("input_text", "assistant")]},
        "input[1].content[0]",
        "invalid_value",
        "Invalid value: 'input_text'. Supported values are: 'output_text' and 'refusal'.",
    ),
    "an unknown role": (
        {"input": [{"role": "robot", "content": "a"}]},
        "input[0].role",
        "invalid_value",
        "Invalid value: 'robot'. Supported values are: 'user', 'system', 'developer', and 'assistant'.",
    ),
    "an id of another kind": (
        {"input": [{**USER, "type": "message", "id": "abc"}]},
        "input[0].id",
        "invalid_value",
        "Invalid 'input[0].id': 'abc'. Expected an ID that begins with 'msg'.",
    ),
    "a call without its output": (
        {"input": [USER, CALL]},
        "input",
        None,
        "No tool output found for function call call_1.",
    ),
    "an output without its call": (
        {"input": [{"type": "function_call_output", "call_id": "call_1", "output": "1"}]},
        "input",
        None,
        "No tool call found for function call output with call_id call_1.",
    ),
    "a previous response and a conversation": (
        {"previous_response_id": "resp_1", "conversation": "conv_1"},
        None,
        "mutually_exclusive_parameters",
        "Mutually exclusive parameters: 'previous_response_id' and 'conversation'. Ensure you are only "
        "providing one of them.",
    ),
    "a previous id of another kind": (
        {"previous_response_id": "chatcmpl-1"},
        "previous_response_id",
        "invalid_value",
        "Invalid 'previous_response_id': 'chatcmpl-1'. Expected an ID that begins with 'resp'.",
    ),
    "a nameless tool": (
        {"tools": [{"type": "function"}]},
        "tools[0].name",
        "missing_required_parameter",
        "Missing required parameter: 'tools[0].name'.",
    ),
    "a tool in the form of chat completions": (
        {"tools": [{"type": "function", "function": {"name": "f"}}]},
        "tools[0].function",
        "unknown_parameter",
        "Unknown parameter: 'tools[0].function'.",
    ),
    "a hosted tool": (
        {"tools": [{"type": "web_search"}]},
        "tools[0]",
        "unsupported_value",
        "Hosted tool 'web_search' is not supported by the simulator: it runs no hosted tools.",
    ),
    "a tool that is not strict": (
        {"tools": [{**TOOL, "parameters": LOOSE, "strict": True}]},
        "tools[0].parameters",
        "invalid_function_parameters",
        "Invalid schema for function 'f': In context=(), 'additionalProperties' is required to be supplied and "
        "to be false.",
    ),
    "a choice among no tools": (
        {"tool_choice": "required"},
        "tool_choice",
        None,
        "Tool choice 'required' must be specified with 'tools' parameter.",
    ),
    "a choice that is not there": (
        {"tools": [TOOL], "tool_choice": {"type": "function", "name": "g"}},
        "tool_choice",
        None,
        "Tool choice 'function' not found in 'tools' parameter.",
    ),
    "a nameless format": (
        {"text": {"format": {"type": "json_schema", "schema": LOOSE}}},
        "text.format.name",
        "missing_required_parameter",
        "Missing required parameter: 'text.format.name'.",
    ),
    "a format that is not strict": (
        {"text": {"format": {"type": "json_schema", "name": "x", "schema": LOOSE, "strict": True}}},
        "text.format.schema",
        "invalid_json_schema",
        "Invalid schema for response_format 'x': In context=(), 'additionalProperties' is required to be "
        "supplied and to be false.",
    ),
    "options of no stream": (
        {"stream_options": {"include_obfuscation": False}},
        "stream_options",
        None,
        "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
    ),
    "reasoning by a model without": (
        {"reasoning": {"effort": "low"}},
        "reasoning.effort",
        "unsupported_parameter",
        "Unsupported parameter: 'reasoning.effort' is not supported with this model.",
    ),
    "encrypted reasoning by a model without": (
        {"include": ["reasoning.encrypted_content"]},
        "include",
        None,
        "Encrypted content is not supported with this model.",
    ),
    "an effort that the model has not": (
        {"model": "gpt-5", "reasoning": {"effort": "none"}},
        "reasoning.effort",
        "unsupported_value",
        "Unsupported value: 'none' is not supported with the 'gpt-5' model. Supported values are: 'minimal', "
        "'low', 'medium', and 'high'.",
    ),
    "temperature of a model that reasons": (
        {"model": "gpt-5", "temperature": 0.5},
        "temperature",
        "unsupported_parameter",
        "Unsupported parameter: 'temperature' is not supported with this model.",
    ),
    "verbosity of a model without": (
        {"text": {"verbosity": "low"}},
        "text.verbosity",
        "unsupported_value",
        "Unsupported value: 'low' is not supported with the 'gpt-4o-mini' model. Supported values are: 'medium'.",
    ),
    "reasoning that nobody encrypted": (
        {
            "model": "gpt-5",
            "input": [
                {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "abcd1234"},
                USER,
            ],
        },
        None,
        "invalid_encrypted_content",
        "The encrypted content abcd...1234 could not be verified. Reason: Encrypted content could not be "
        "decrypted or parsed.",
    ),
    "an image for a model without sight": (
        {
            "model": "gpt-3.5-turbo",
            "input": [
                {"role": "user", "content": [{"type": "input_image", "image_url": "https://a.example/b.png"}]}
            ],
        },
        "input",
        "unsupported_value",
        "Image inputs are not supported with gpt-3.5-turbo.",
    ),
    "a broken image": (
        {
            "input": [
                {
                    "role": "user",
                    "content": [{"type": "input_image", "image_url": "data:image/png;base64,AAAA"}],
                }
            ]
        },
        "input",
        "invalid_image_format",
        "You uploaded an unsupported image. Please make sure your image has of one the following formats: "
        "['png', 'jpeg', 'gif', 'webp'].",
    ),
    "background without storage": (
        {"background": True, "store": False},
        "background",
        None,
        "Background mode requires 'store' to be true.",
    ),
    "more than the context": (
        {"model": "gpt-3.5-turbo", "input": "word " * 20_000},
        "input",
        "context_length_exceeded",
        "Your input exceeds the context window of this model. Please adjust your input and try again.",
    ),
    "a context to compact": (
        {"context_management": [{"type": "compaction", "compact_threshold": 5}]},
        "context_management",
        "unsupported_parameter",
        "Unsupported parameter: 'context_management' is not supported by the simulator. The context has reached "
        "'compact_threshold' (5), and compaction within a response is not simulated.",
    ),
    "a prompt template": (
        {"prompt": {"id": "pmpt_1"}},
        "prompt",
        "unsupported_parameter",
        "Unsupported parameter: 'prompt' is not supported by the simulator. It has no prompt templates.",
    ),
}


@pytest.fixture(scope="module")
def client(sim_base: str) -> Iterator[OpenAI]:
    with OpenAI(base_url=f"{sim_base}/v1", api_key="sim-sdk", max_retries=0) as client:
        yield client


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("name", CASES)
def test_a_fault_is_named_as_at_openai(client: OpenAI, name: str, stream: bool) -> None:
    change, param, code, message = CASES[name]
    body = {"model": "gpt-4o-mini", "input": "Hello.", **change}
    if stream and name != "options of no stream":
        body["stream"] = True
    given = {key: value for key, value in body.items() if value is not None}
    with pytest.raises(openai.BadRequestError) as caught:
        client.post("/responses", body=given, cast_to=object)
    assert caught.value.body == {
        "message": message,
        "type": "invalid_request_error",
        "param": param,
        "code": code,
    }


def test_truncation_makes_the_input_fit(client: OpenAI) -> None:
    items: list[Any] = [{"role": "user", "content": "word " * 9_000} for _ in range(3)]
    request: dict[str, Any] = {
        "model": "gpt-3.5-turbo",
        "input": [*items, {"role": "user", "content": "ping"}],
    }
    with pytest.raises(openai.BadRequestError):
        client.responses.create(**request)
    answer = client.responses.create(**request, truncation="auto")
    assert answer.output_text
    assert answer.usage.input_tokens < 16_385


def test_what_is_not_simulated_is_said(client: OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="A WebSocket connection to the Responses API"):
        client.get("/responses", cast_to=object)
