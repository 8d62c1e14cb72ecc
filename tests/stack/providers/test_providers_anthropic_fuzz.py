"""Broken and strange requests to Claude: never a 5xx, and always Anthropic's form of an error or of a message."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from mutations import mutated

from gateway_kit.gateway.providers import Providers

HEADERS = {
    "x-api-key": "k",
    "anthropic-version": "2023-06-01",
    "anthropic-beta": "structured-outputs-2025-11-13,context-management-2025-06-27,message-threads-2026-08-12",
}
TOOL = {
    "name": "get_weather",
    "description": "The weather in a city",
    "input_schema": {
        "type": "object",
        "properties": {"city": {"type": "string"}, "days": {"type": "array", "items": {"type": "integer"}}},
        "required": ["city"],
        "additionalProperties": False,
    },
}
MARK = {"type": "ephemeral", "ttl": "5m"}
PDF = {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0xLjQK"}
GIF = {"type": "base64", "media_type": "image/gif", "data": "R0lGODlhCAAIAA=="}
NOTE = {"type": "text", "media_type": "text/plain", "data": "It routes calls. It counts."}
REQUESTS: list[dict[str, Any]] = [
    {
        "system": [{"type": "text", "text": "Be brief.", "cache_control": MARK}],
        "stop_sequences": ["x"],
        "temperature": 0.5,
        "metadata": {"user_id": "u"},
        "service_tier": "auto",
        "messages": [
            {"role": "user", "content": "Hello"},
            {"role": "assistant", "content": [{"type": "text", "text": "Hi."}]},
            {"role": "user", "content": [{"type": "text", "text": "ping", "cache_control": MARK}]},
        ],
    },
    {
        "tools": [TOOL, {"type": "bash_20250124", "name": "bash"}],
        "tool_choice": {"type": "auto", "disable_parallel_tool_use": True},
        "messages": [
            {"role": "user", "content": "What is the weather in Paris?"},
            {
                "role": "assistant",
                "content": [
                    {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {"city": "Paris"}}
                ],
            },
            {
                "role": "user",
                "content": [
                    {
                        "type": "tool_result",
                        "tool_use_id": "toolu_1",
                        "is_error": False,
                        "content": [{"type": "text", "text": "18 degrees"}],
                    }
                ],
            },
        ],
    },
    {
        "thinking": {"type": "enabled", "budget_tokens": 1_024, "display": "summarized"},
        "output_config": {"format": {"type": "json_schema", "schema": TOOL["input_schema"]}},
        "context_management": {
            "edits": [{"type": "clear_tool_uses_20250919", "keep": {"type": "tool_uses", "value": 3}}]
        },
        "thread": {"type": "create"},
        "diagnostics": {"previous_message_id": None},
        "messages": [{"role": "user", "content": "What is the capital of France?"}],
    },
    {
        "messages": [
            {
                "role": "user",
                "content": [
                    {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}},
                    {"type": "image", "source": GIF},
                    {"type": "document", "source": PDF, "title": "A"},
                    {"type": "document", "source": NOTE, "citations": {"enabled": True}},
                    {
                        "type": "search_result",
                        "source": "s",
                        "title": "t",
                        "content": [{"type": "text", "text": "x"}],
                    },
                    {"type": "text", "text": "What is this?"},
                ],
            }
        ],
    },
]
BASE = {"model": "claude-haiku-4-5", "max_tokens": 2_000, "stream": False}


@pytest.mark.parametrize("path", ["/v1/messages", "/v1/messages/count_tokens"])
@settings(
    derandomize=True,
    max_examples=200,
)
@given(body=mutated([{**BASE, **request} for request in REQUESTS]))
def test_a_mutated_request(path: str, body: dict[str, Any], quick: Providers, http: httpx.Client) -> None:
    # As ASCII, so that a lone surrogate can be sent too.
    answer = http.post(f"{quick.url}{path}", content=json.dumps(body), headers=HEADERS)
    assert answer.status_code in (200, 400, 404), f"{answer.status_code}: {answer.text}"
    if answer.status_code == 200:
        return
    error = answer.json()
    assert error["type"] == "error"
    assert error["error"]["type"] in ("invalid_request_error", "not_found_error")
    assert error["error"]["message"]
    assert error["request_id"].startswith("req_")
