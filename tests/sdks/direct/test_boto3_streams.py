"""ConverseStream and InvokeModelWithResponseStream with boto3; each event is held against AWS's service model."""

from __future__ import annotations

import json
from contextlib import closing
from typing import Any

import pytest
from aws_shapes import check_answer, chunks, client, user
from botocore.exceptions import EventStreamError
from faults import fault

HAIKU = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
NOVA = "us.amazon.nova-micro-v1:0"
LLAMA = "us.meta.llama3-1-8b-instruct-v1:0"
QUESTION = [user("What is the capital of France?")]
WEATHER = {
    "toolSpec": {
        "name": "get_weather",
        "description": "The weather in a city now",
        "inputSchema": {
            "json": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
        },
    }
}


@pytest.fixture(scope="module")
def bedrock(sim_base: str) -> Any:
    return client(sim_base)


def events(bedrock: Any, **request: Any) -> list[dict[str, Any]]:
    return list(bedrock.converse_stream(**request)["stream"])


def kinds(found: list[dict[str, Any]]) -> list[str]:
    """The kinds of events in their order, runs of deltas as one."""
    names = [next(iter(event)) for event in found]
    return [name for index, name in enumerate(names) if index == 0 or name != names[index - 1]]


def deltas(found: list[dict[str, Any]]) -> list[tuple[int, dict[str, Any]]]:
    parts = [event["contentBlockDelta"] for event in found if "contentBlockDelta" in event]
    return [(part["contentBlockIndex"], part["delta"]) for part in parts]


@pytest.mark.parametrize("model", [HAIKU, NOVA, LLAMA])
def test_a_text_comes_in_pieces(model: str, bedrock: Any) -> None:
    whole = bedrock.converse(modelId=model, messages=QUESTION)
    found = events(bedrock, modelId=model, messages=QUESTION)
    assert kinds(found) == [
        "messageStart",
        "contentBlockDelta",
        "contentBlockStop",
        "messageStop",
        "metadata",
    ]
    text = "".join(delta["text"] for _, delta in deltas(found))
    assert text == whole["output"]["message"]["content"][0]["text"]
    assert found[-1]["metadata"]["usage"] == whole["usage"]
    assert len(deltas(found)) == whole["usage"]["outputTokens"]


def test_tool_calls_come_block_by_block(bedrock: Any) -> None:
    found = events(
        bedrock,
        modelId=HAIKU,
        messages=[user("What is the weather in Paris and Tokyo?")],
        toolConfig={"tools": [WEATHER]},
    )
    starts = [event["contentBlockStart"] for event in found if "contentBlockStart" in event]
    assert [start["start"]["toolUse"]["name"] for start in starts] == ["get_weather"] * 2
    inputs = ["", ""]
    for index, delta in deltas(found):
        inputs[index] += delta["toolUse"]["input"]
    assert [json.loads(text) for text in inputs] == [{"city": "Paris"}, {"city": "Tokyo"}]
    assert found[-2]["messageStop"]["stopReason"] == "tool_use"


def test_thinking_comes_first_and_is_signed(bedrock: Any) -> None:
    found = events(
        bedrock,
        modelId=HAIKU,
        messages=QUESTION,
        inferenceConfig={"maxTokens": 4000},
        additionalModelRequestFields={"thinking": {"type": "enabled", "budget_tokens": 2000}},
        additionalModelResponseFieldPaths=["/usage/output_tokens_details"],
    )
    thoughts = [delta["reasoningContent"] for index, delta in deltas(found) if index == 0]
    assert "".join(part.get("text", "") for part in thoughts)
    assert thoughts[-1].keys() == {"signature"}
    assert "".join(delta["text"] for index, delta in deltas(found) if index == 1)
    assert found[-2]["messageStop"]["additionalModelResponseFields"]["usage"]["output_tokens_details"]


def test_an_answer_in_a_schemas_form(bedrock: Any) -> None:
    schema = {
        "type": "object",
        "properties": {"capital": {"type": "string"}},
        "required": ["capital"],
        "additionalProperties": False,
    }
    structure = {"jsonSchema": {"schema": json.dumps(schema)}}
    found = events(
        bedrock,
        modelId=HAIKU,
        messages=QUESTION,
        outputConfig={"textFormat": {"type": "json_schema", "structure": structure}},
    )
    assert json.loads("".join(delta["text"] for _, delta in deltas(found))) == {"capital": "Paris"}
    tool = {"toolSpec": {"name": "json_tool_call", "inputSchema": {"json": schema}}}
    found = events(bedrock, modelId=LLAMA, messages=QUESTION, toolConfig={"tools": [tool]})
    assert json.loads("".join(delta["toolUse"]["input"] for _, delta in deltas(found))) == {
        "capital": "Paris"
    }


def test_limits_and_stop_sequences(bedrock: Any) -> None:
    cut = events(bedrock, modelId=NOVA, messages=QUESTION, inferenceConfig={"maxTokens": 2})
    assert cut[-2]["messageStop"]["stopReason"] == "max_tokens"
    stopped = events(
        bedrock,
        modelId=HAIKU,
        messages=QUESTION,
        inferenceConfig={"stopSequences": ["Paris"]},
        additionalModelResponseFieldPaths=["/delta/stop_sequence"],
    )
    end = stopped[-2]["messageStop"]
    assert end["stopReason"] == "stop_sequence"
    assert end["additionalModelResponseFields"] == {"delta": {"stop_sequence": "Paris"}}


def test_a_refused_stream_is_an_exception_at_once(bedrock: Any) -> None:
    with pytest.raises(bedrock.exceptions.ValidationException):
        bedrock.converse_stream(modelId="no.such-model", messages=QUESTION)


def test_an_error_within_a_stream(sim_base: str) -> None:
    # The hook that holds events against the service model knows no exceptions.
    bedrock = client(sim_base)
    bedrock.meta.events.unregister("before-parse.bedrock-runtime", check_answer)
    found: list[dict[str, Any]] = []
    with fault(sim_base, "bedrock", kind="stream_error", after_chunks=2):
        events = bedrock.converse_stream(modelId=NOVA, messages=QUESTION)["stream"]
        with closing(events), pytest.raises(EventStreamError) as error:
            found.extend(events)
        assert bedrock.converse(modelId=NOVA, messages=QUESTION)["stopReason"], "only streams are struck"
        answer = bedrock.invoke_model_with_response_stream(
            modelId=LLAMA, body=json.dumps({"prompt": "Hello"})
        )
        with closing(answer["body"]) as body, pytest.raises(EventStreamError, match="throttlingException"):
            list(body)
    bedrock.close()
    assert error.value.response["Error"] == {
        "Code": "throttlingException",
        "Message": "Too many requests, please wait before trying again.",
    }
    assert len(deltas(found)) == 2


BODIES = {
    HAIKU: {
        "anthropic_version": "bedrock-2023-05-31",
        "max_tokens": 100,
        "messages": [{"role": "user", "content": "What is the capital of France?"}],
    },
    LLAMA: {"prompt": "What is the capital of France?"},
    NOVA: {"messages": QUESTION, "inferenceConfig": {"maxTokens": 100, "topK": 20}},
    "cohere.command-r-v1:0": {"message": "What is the capital of France?"},
}


def text_of(piece: dict[str, Any]) -> str:
    """The text in a piece of any vendor's stream."""
    delta = piece.get("contentBlockDelta", piece).get("delta", {})
    return str(piece.get("generation") or piece.get("text") or delta.get("text") or "")


@pytest.mark.parametrize("model", BODIES)
def test_the_vendors_own_pieces(model: str, bedrock: Any) -> None:
    answer = bedrock.invoke_model_with_response_stream(modelId=model, body=json.dumps(BODIES[model]))
    pieces = chunks(answer["body"])
    text = "".join(text_of(piece) for piece in pieces)
    assert "Paris" in text
    metrics = pieces[-1]["amazon-bedrock-invocationMetrics"]
    whole = bedrock.invoke_model(modelId=model, body=json.dumps(BODIES[model]))
    headers = whole["ResponseMetadata"]["HTTPHeaders"]
    assert metrics["inputTokenCount"] == int(headers["x-amzn-bedrock-input-token-count"])
    assert metrics["outputTokenCount"] == int(headers["x-amzn-bedrock-output-token-count"])
    assert text in json.dumps(json.loads(whole["body"].read()), ensure_ascii=False)
