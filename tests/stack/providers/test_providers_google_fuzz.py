"""Mutated requests to Gemini and Vertex AI: never a crash, and every refusal in Google's form."""

from __future__ import annotations

import copy
import json
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway_kit.gateway.providers import Providers

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABh6FO1AAAAABJRU5ErkJggg=="
SCHEMA = {
    "type": "OBJECT",
    "properties": {
        "a": {"type": "STRING", "enum": ["x"]},
        "b": {"type": "ARRAY", "items": {"type": "INTEGER"}, "minItems": "1"},
    },
    "required": ["a"],
}
CALL = {"functionCall": {"id": "1", "name": "f", "args": {"a": "x"}}, "thoughtSignature": "c2ln"}
RESULT = {"functionResponse": {"id": "1", "name": "f", "response": {"result": [1]}}}
GENERATE: dict[str, Any] = {
    "contents": [
        {
            "role": "user",
            "parts": [{"text": "Hello"}, {"inline_data": {"mime_type": "image/png", "data": PNG}}],
        },
        {"role": "model", "parts": [{"text": "thinking", "thought": True}, CALL]},
        {"role": "user", "parts": [RESULT]},
    ],
    "systemInstruction": {"parts": [{"text": "Be brief"}]},
    "tools": [
        {
            "functionDeclarations": [
                {"name": "f", "description": "d", "parameters": SCHEMA},
                {"name": "g", "parametersJsonSchema": {"type": "object"}},
            ]
        }
    ],
    "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["f"]}},
    "safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}],
    "generation_config": {
        "temperature": 1,
        "topP": "0.5",
        "top_k": 3,
        "candidateCount": 1,
        "maxOutputTokens": 9,
        "stopSequences": ["x"],
        "seed": 1,
        "thinkingConfig": {"includeThoughts": True, "thinkingBudget": 600},
    },
}
STRUCTURED: dict[str, Any] = {
    "contents": {"parts": {"text": "Some JSON"}},
    "generationConfig": {
        "responseMimeType": "application/json",
        "responseSchema": SCHEMA,
        "mediaResolution": "MEDIA_RESOLUTION_LOW",
    },
}
CONTENT = {"parts": [{"text": "a"}]}
EMBED: dict[str, Any] = {
    "model": "models/gemini-embedding-001",
    "content": CONTENT,
    "taskType": "CLUSTERING",
    "outputDimensionality": 8,
}
VERTEX = "/v1/projects/p/locations/l/publishers/google/models"
REQUESTS: list[tuple[str, dict[str, Any]]] = [
    *[
        (f"/v1beta/models/gemini-2.5-flash:{call}", body)
        for body in (GENERATE, STRUCTURED)
        for call in ("generateContent", "streamGenerateContent", "streamGenerateContent?alt=sse")
    ],
    *[(f"{VERTEX}/gemini-2.5-flash:generateContent", body) for body in (GENERATE, STRUCTURED)],
    ("/v1beta/models/gemini-3.5-flash:generateContent", GENERATE),
    (
        "/v1beta/models/gemini-2.5-flash:countTokens",
        {"generateContentRequest": {"model": "models/x", **GENERATE}},
    ),
    (
        f"{VERTEX}/gemini-2.5-flash:countTokens",
        {name: GENERATE[name] for name in ("contents", "tools", "systemInstruction")},
    ),
    (f"{VERTEX}/gemini-2.5-flash:computeTokens", {"contents": STRUCTURED["contents"]}),
    ("/v1beta/models/gemini-embedding-001:embedContent", EMBED),
    ("/v1beta/models/gemini-embedding-001:batchEmbedContents", {"requests": [EMBED, EMBED]}),
    (
        f"{VERTEX}/text-embedding-005:predict",
        {
            "instances": [{"content": "a", "task_type": "CLUSTERING"}],
            "parameters": {"outputDimensionality": 8},
        },
    ),
    (
        f"{VERTEX}/gemini-embedding-2:embedContent",
        {"content": CONTENT, "embedContentConfig": {"autoTruncate": False}},
    ),
]

ODD: list[Any] = [
    None,
    True,
    False,
    0,
    -1,
    1.5,
    2**31,
    -(2**63),
    1e308,
    "",
    "x",
    "5",
    "NaN",
    "\ud800",
    "😀",
    "TYPE_UNSPECIFIED",
    [],
    {},
    [None],
    [[]],
    {"a": None},
    {"parts": None},
    {"type": 99},
    {"type": "ARRAY"},
    {"__proto__": 1},
    {"constructor": {"a": 1}},
    "a" * 5_000,
    ["x"] * 600,
    [{}] * 300,
    {"$ref": "#/x"},
    {"anyOf": []},
    {"enum": []},
    {"minimum": 9, "maximum": 1, "type": "INTEGER"},
]
NAMES = [
    "x",
    "no_such_field",
    "__proto__",
    "toString",
    "hasOwnProperty",
    "Temperature",
    "max_output_tokens",
    "",
    "a b",
    "😀",
]


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to each value inside of a body."""
    found = [path] if path else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        found += places(item, (*path, key))
    return found


def mutated(body: dict[str, Any], draw: Any) -> dict[str, Any]:
    result = copy.deepcopy(body)
    for _ in range(draw(st.integers(1, 3))):
        ways = places(result)
        if not ways:
            break
        *way, last = draw(st.sampled_from(ways))
        holder: Any = result
        for step in way:
            holder = holder[step]
        match draw(st.sampled_from(["replace", "drop", "add", "wrap", "double"])):
            case "replace":
                holder[last] = copy.deepcopy(draw(st.sampled_from(ODD)))
            case "drop":
                del holder[last]
            case "wrap":
                holder[last] = draw(st.sampled_from([[holder[last]], {"a": holder[last]}]))
            case "double" if isinstance(holder, list):
                holder.append(copy.deepcopy(holder[last]))
            case _:
                target = holder[last] if isinstance(holder[last], dict) else result
                target[draw(st.sampled_from(NAMES))] = copy.deepcopy(draw(st.sampled_from(ODD)))
    return result


STATES = {
    400: {"INVALID_ARGUMENT", "FAILED_PRECONDITION"},
    403: {"PERMISSION_DENIED"},
    404: {"NOT_FOUND"},
}


@pytest.mark.parametrize(("path", "body"), REQUESTS)
def test_the_request_that_is_mutated_is_answered(
    path: str, body: dict[str, Any], quick: Providers, http: httpx.Client
) -> None:
    answer = http.post(f"{quick.url}{path}", json=body, headers={"authorization": "Bearer k"})
    assert answer.status_code == 200, answer.text


@given(data=st.data())
@settings(
    max_examples=400,
    derandomize=True,
    database=None,
)
def test_a_mutated_request_is_answered_or_refused_as_google_does(
    quick: Providers, http: httpx.Client, data: st.DataObject
) -> None:
    path, body = data.draw(st.sampled_from(REQUESTS))
    content = json.dumps(mutated(body, data.draw))
    answer = http.post(
        f"{quick.url}{path}",
        content=content,
        headers={"authorization": "Bearer k", "content-type": "application/json"},
    )
    if answer.status_code == 200:
        assert answer.content
        return
    found = answer.json()
    if path.endswith(":streamGenerateContent"):
        (found,) = found
    error = found["error"]
    assert answer.status_code in STATES, (content[:2_000], answer.text[:500])
    assert error["code"] == answer.status_code
    assert error["status"] in STATES[answer.status_code]
    assert error["message"]
