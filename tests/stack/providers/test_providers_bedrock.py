"""Bedrock by plain HTTP and through LiteLLM: what the SDK hides, and what LiteLLM makes of a schema."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from late_litellm import litellm
from pydantic import BaseModel

from gateway_kit.gateway.providers import Providers

SIGNED = {"authorization": "AWS4-HMAC-SHA256 Credential=sim-east/20260101/us-east-1/bedrock/aws4_request"}
NOVA = "us.amazon.nova-micro-v1:0"
HAIKU = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
QUESTION = {"messages": [{"role": "user", "content": [{"text": "What is the capital of France?"}]}]}
ASK = [{"role": "user", "content": "What is the capital of France?"}]
# LiteLLM's way of asking each for a form: outputConfig, output_config, or a tool.
WITH_FORMS = {
    "claude": f"bedrock/converse/{HAIKU}",
    "claude by invoke": f"bedrock/invoke/{HAIKU}",
    "llama": "bedrock/converse/us.meta.llama3-1-8b-instruct-v1:0",
    "nova": f"bedrock/converse/{NOVA}",
    "nova by invoke": f"bedrock/invoke/{NOVA}",
    "mistral": "bedrock/converse/mistral.mistral-large-2402-v1:0",
    "gpt-oss": "bedrock/openai.gpt-oss-20b-1:0",
}
Models = dict[str, dict[str, Any]]


class Country(BaseModel):
    """What one knows of a country."""

    capital: str
    population: int


def aws(models: Models, model: str) -> dict[str, Any]:
    return {**models["bedrock-nova-micro"], "model": model}


def post(http: httpx.Client, url: str, path: str, body: Any, **headers: str) -> httpx.Response:
    return http.post(f"{url}{path}", json=body, headers=headers or SIGNED)


def test_headers_of_an_answer(quick: Providers, http: httpx.Client) -> None:
    answer = post(http, quick.url, f"/model/{NOVA}/converse", QUESTION)
    assert answer.headers["x-simulated"] == "bank"
    assert answer.headers["x-amzn-requestid"]
    row = quick.journal().iloc[0]
    assert (row.provider, row.provider_model, row.deployment) == ("bedrock", NOVA, "east")
    body = {"prompt": "What is the capital of France?"}
    llama = post(http, quick.url, "/model/us.meta.llama3-1-8b-instruct-v1:0/invoke", body)
    counts = llama.json()
    assert llama.headers["x-amzn-bedrock-input-token-count"] == str(counts["prompt_token_count"])
    assert llama.headers["x-amzn-bedrock-output-token-count"] == str(counts["generation_token_count"])
    assert int(llama.headers["x-amzn-bedrock-invocation-latency"]) >= 0


@pytest.mark.parametrize(
    "name",
    [
        "us.amazon.nova-micro-v1%3A0",
        "us.amazon.nova-micro-v1%253A0",
        "arn%3Aaws%3Abedrock%3Aus-east-1%3A%3Afoundation-model%2Famazon.nova-micro-v1%3A0",
    ],
)
def test_a_models_name_arrives_encoded(name: str, quick: Providers, http: httpx.Client) -> None:
    assert post(http, quick.url, f"/model/{name}/converse", QUESTION).status_code == 200


def test_an_api_key_instead_of_a_signature(quick: Providers, http: httpx.Client) -> None:
    answer = post(http, quick.url, f"/model/{NOVA}/converse", QUESTION, authorization="Bearer sim-key")
    assert answer.status_code == 200
    assert quick.journal().iloc[0].deployment == "key"


@pytest.mark.parametrize(
    ("path", "body", "status", "kind", "words"),
    [
        (f"/model/{NOVA}/converse", {"messages": 5}, 400, "SerializationException", "(messages)"),
        (
            f"/model/{NOVA}/converse",
            {**QUESTION, "inferenceConfig": {"maxTokens": "5"}},
            400,
            "SerializationException",
            "STRING_VALUE can not be converted to an Integer (inferenceConfig.maxTokens)",
        ),
        (
            f"/model/{NOVA}/converse",
            {**QUESTION, "inferenceConfig": {"topK": 5}},
            400,
            "ValidationException",
            "#/inferenceConfig: extraneous key [topK] is not permitted",
        ),
        (
            f"/model/{NOVA}/converse",
            {"messages": [{"content": []}]},
            400,
            "ValidationException",
            "Value null at 'messages.1.member.role' failed to satisfy constraint: Member must not be null",
        ),
        (f"/model/{NOVA}/nothing", {}, 404, "UnknownOperationException", "Unknown operation"),
        (
            f"/model/{NOVA}/invoke-with-bidirectional-stream",
            {},
            400,
            "ValidationException",
            "no bidirectional streams",
        ),
    ],
)
def test_errors(
    path: str, body: Any, status: int, kind: str, words: str, quick: Providers, http: httpx.Client
) -> None:
    answer = post(http, quick.url, path, body)
    assert (answer.status_code, answer.headers["x-amzn-errortype"]) == (status, kind)
    assert answer.json().keys() == {"message"}
    assert words in answer.json()["message"]


@pytest.mark.parametrize("name", WITH_FORMS)
@pytest.mark.parametrize("stream", [False, True])
def test_a_schema(name: str, stream: bool, models: Models, quick: Providers) -> None:
    parameters = aws(models, WITH_FORMS[name])
    answer = litellm.completion(messages=ASK, response_format=Country, stream=stream, **parameters)
    built = litellm.stream_chunk_builder(list(answer)) if stream else answer
    assert Country.model_validate_json(built.choices[0].message.content).capital == "Paris"


def test_a_schema_beside_tools(models: Models, quick: Providers) -> None:
    tool = {
        "type": "function",
        "function": {"name": "get_weather", "description": "The weather", "parameters": {"type": "object"}},
    }
    for name in ("llama", "nova", "claude"):
        parameters = aws(models, WITH_FORMS[name])
        answer = litellm.completion(messages=ASK, response_format=Country, tools=[tool], **parameters)
        assert Country.model_validate_json(answer.choices[0].message.content).capital == "Paris"


@pytest.mark.parametrize("name", ["claude", "claude by invoke", "llama", "nova"])
def test_json_that_only_the_prompt_asks_for(name: str, models: Models, quick: Providers) -> None:
    asked = [{"role": "user", "content": "Reply in JSON: what do snails eat?"}]
    parameters = aws(models, WITH_FORMS[name])
    answer = litellm.completion(messages=asked, response_format={"type": "json_object"}, **parameters)
    assert isinstance(json.loads(answer.choices[0].message.content), dict)


@pytest.mark.parametrize("name", ["claude", "claude by invoke"])
def test_thinking_goes_on_after_a_tool(name: str, models: Models, quick: Providers) -> None:
    tool = {
        "type": "function",
        "function": {
            "name": "get_weather",
            "description": "The weather in a city",
            "parameters": {
                "type": "object",
                "properties": {"city": {"type": "string"}},
                "required": ["city"],
            },
        },
    }
    more = {**aws(models, WITH_FORMS[name]), "tools": [tool], "max_tokens": 3000}
    more["thinking"] = {"type": "enabled", "budget_tokens": 1024}
    messages: list[Any] = [{"role": "user", "content": "What is the weather in Oslo?"}]
    first = litellm.completion(messages=messages, **more).choices[0].message
    assert first.thinking_blocks[0]["signature"]
    (call,) = first.tool_calls
    messages += [first.model_dump(), {"role": "tool", "tool_call_id": call.id, "content": '{"sky": "snowy"}'}]
    second = litellm.completion(messages=messages, **more)
    assert "snowy" in second.choices[0].message.content
    assert second.usage.completion_tokens_details.reasoning_tokens > 0


@pytest.mark.parametrize("model", ["cohere.embed-english-v3", "us.cohere.embed-v4:0"])
def test_cohere_embeddings(model: str, models: Models, quick: Providers) -> None:
    answer = litellm.embedding(input=["a cat", "a dog"], **aws(models, f"bedrock/{model}"))
    assert [len(row["embedding"]) for row in answer.data] == [1024 if "v3" in model else 1536] * 2
    assert answer.usage.prompt_tokens == 4
