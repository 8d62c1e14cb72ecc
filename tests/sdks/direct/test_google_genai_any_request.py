"""Whatever a request asks for: each answer and each chunk is one that google-genai's types know to the field."""

from __future__ import annotations

import copy
import random
from typing import Any

import pytest
from genai_raw import events, generate, listed, post, text_of
from google.genai import types

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABh6FO1AAAAABJRU5ErkJggg=="
SCHEMA = {"type": "OBJECT", "properties": {"city": {"type": "STRING"}}, "required": ["city"]}
WEATHER = {"name": "get_weather", "description": "The weather in a city", "parameters": SCHEMA}
PROMPTS = [
    "ping",
    "What is the weather in Oslo and Lima?",
    "Tell me about trams",
    "Schreib mir 😀 etwas",
    "Count to 9",
]
CONFIG: dict[str, list[Any]] = {
    "temperature": [0, 1.5, "0.5"],
    "topK": [1, 40.0],
    "candidate_count": [1, 2, 3],
    "maxOutputTokens": [1, 3, 200],
    "stopSequences": [["3"], ["e", "a"]],
    "seed": [1, -5],
    "thinkingConfig": [
        {"includeThoughts": True},
        {"thinkingBudget": 600},
        {"include_thoughts": True, "thinking_budget": -1},
    ],
    "response_mime_type": ["text/plain", "application/json"],
    "response_logprobs": [True],
    "mediaResolution": ["MEDIA_RESOLUTION_LOW", 2],
}
FIELDS: dict[str, list[Any]] = {
    "tools": [[{"functionDeclarations": [WEATHER]}], {"function_declarations": WEATHER}],
    "systemInstruction": [{"parts": {"text": "Be brief"}}],
    "safety_settings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}],
    "labels": [{"a": "b"}],
}
ENDPOINTS = [
    ("gemini", "gemini-2.5-flash"),
    ("gemini", "gemini-3.5-flash"),
    ("gemini", "gemini-2.0-flash"),
    ("vertex_ai", "gemini-2.5-pro"),
    ("vertex_ai", "gemini-3-pro-preview"),
]


def request_of(chance: random.Random) -> dict[str, Any]:
    def some(choices: dict[str, list[Any]], share: float) -> dict[str, Any]:
        return {name: chance.choice(values) for name, values in choices.items() if chance.random() < share}

    parts: list[Any] = [{"text": chance.choice(PROMPTS)}]
    if chance.random() < 0.3:
        parts.append({"inlineData": {"mimeType": "image/png", "data": PNG}})
    contents = [{"role": "user", "parts": parts}]
    body = {"contents": contents, "generationConfig": some(CONFIG, 0.25), **some(FIELDS, 0.4)}
    return copy.deepcopy(body)


@pytest.mark.parametrize(("provider", "model"), ENDPOINTS)
def test_any_request(sim_base: str, provider: str, model: str) -> None:
    chance = random.Random(f"{provider} {model}")
    answered = 0
    for _ in range(60):
        body = request_of(chance)
        if post(sim_base, provider, f"{model}:generateContent", body).status_code != 200:
            continue
        answered += 1
        whole = generate(sim_base, provider, model, body)
        for chunks in (events(sim_base, provider, model, body), listed(sim_base, provider, model, body)):
            assert chunks[-1].usage_metadata == whole.usage_metadata
            for candidate in whole.candidates or []:
                assert text_of(chunks, candidate.index or 0) == text_of([whole], candidate.index or 0)
            assert calls_of(chunks) == calls_of([whole])
    assert answered > 20


def calls_of(chunks: list[types.GenerateContentResponse]) -> list[Any]:
    """The calls of functions, candidate by candidate."""
    found = [
        (candidate.index, part.function_call.name, part.function_call.args, part.thought_signature)
        for chunk in chunks
        for candidate in chunk.candidates or []
        for part in (candidate.content.parts if candidate.content else None) or []
        if part.function_call
    ]
    return sorted(found, key=lambda call: call[0] or 0)
