"""Answers of Gemini and Vertex AI as google-genai's own types, which forbid a field that they do not know.

The SDK itself drops such fields before it makes an answer, so these requests go without it.
"""

from __future__ import annotations

import json
from typing import Any

import httpx
from google.genai import types

VERTEX = "/v1beta1/projects/p/locations/us-central1/publishers/google/models"
FOLDERS = {"gemini": "/v1beta/models", "vertex_ai": VERTEX}
# One client for all requests: a new one reads the system's certificates, which takes longer than a request.
CLIENT = httpx.Client(trust_env=False, verify=False, timeout=60)
HEADERS = {"gemini": {"x-goog-api-key": "sim-raw"}, "vertex_ai": {"authorization": "Bearer sim-raw"}}


def post(base: str, provider: str, call: str, body: dict[str, Any]) -> httpx.Response:
    """The answer to a call such as `gemini-2.5-flash:generateContent`."""
    return CLIENT.post(f"{base}{FOLDERS[provider]}/{call}", json=body, headers=HEADERS[provider])


def generate(base: str, provider: str, model: str, body: dict[str, Any]) -> types.GenerateContentResponse:
    answer = post(base, provider, f"{model}:generateContent", body)
    assert answer.status_code == 200, answer.text
    return types.GenerateContentResponse.model_validate(answer.json())


def events(base: str, provider: str, model: str, body: dict[str, Any]) -> list[types.GenerateContentResponse]:
    answer = post(base, provider, f"{model}:streamGenerateContent?alt=sse", body)
    assert answer.headers["content-type"] == "text/event-stream", answer.text
    lines = [line for line in answer.text.split("\r\n") if line]
    assert all(line.startswith("data: ") for line in lines)
    return [types.GenerateContentResponse.model_validate(json.loads(line[6:])) for line in lines]


def listed(base: str, provider: str, model: str, body: dict[str, Any]) -> list[types.GenerateContentResponse]:
    answer = post(base, provider, f"{model}:streamGenerateContent", body)
    assert answer.headers["content-type"].startswith("application/json"), answer.text
    return [types.GenerateContentResponse.model_validate(chunk) for chunk in answer.json()]


def text_of(chunks: list[types.GenerateContentResponse], index: int = 0) -> str:
    """The text of one candidate, thoughts left out."""
    return "".join(
        part.text or ""
        for chunk in chunks
        for candidate in chunk.candidates or []
        if candidate.index == index
        for part in (candidate.content.parts if candidate.content else None) or []
        if not part.thought
    )
