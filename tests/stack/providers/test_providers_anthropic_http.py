"""Anthropic's HTTP as it is on the wire: headers, the lines of a stream, paths that it shares with OpenAI."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from gateway_kit.gateway.providers import Providers

VERSION = {"anthropic-version": "2023-06-01"}
KEY = {"x-api-key": "k", **VERSION}
BODY: dict[str, Any] = {
    "model": "claude-haiku-4-5",
    "max_tokens": 50,
    "messages": [{"role": "user", "content": "ping"}],
}


def post(http: httpx.Client, url: str, headers: dict[str, str] = KEY, **change: Any) -> httpx.Response:
    return http.post(f"{url}/v1/messages", json={**BODY, **change}, headers=headers)


def test_the_lines_of_a_stream(quick: Providers, http: httpx.Client) -> None:
    answer = post(http, quick.url, stream=True)
    assert answer.headers["content-type"].startswith("text/event-stream")
    frames = answer.text.strip().split("\n\n")
    events = []
    for frame in frames:
        name, data = frame.split("\n")
        assert name.startswith("event: ")
        assert data.startswith("data: ")
        event = json.loads(data.removeprefix("data: "))
        assert name == f"event: {event['type']}"
        events.append(event)
    assert [event["type"] for event in events] == [
        "message_start", "content_block_start", "ping", "content_block_delta", "content_block_stop",
        "message_delta", "message_stop",
    ]  # fmt: skip
    assert events[0]["message"]["usage"]["output_tokens"] == 1
    assert events[5]["usage"]["output_tokens"] == 1


def test_a_request_and_its_message_have_ids_of_their_own(quick: Providers, http: httpx.Client) -> None:
    answer = post(http, quick.url)
    assert answer.json()["id"].removeprefix("msg_") == answer.headers["request-id"].removeprefix("req_")
    assert answer.headers["request-id"].startswith("req_")
    (row,) = http.get(f"{quick.url}/_sim/journal").json()["rows"]
    assert row["request_id"] == answer.json()["id"]


@pytest.mark.parametrize(
    ("headers", "status", "message"),
    [
        (VERSION, 401, "x-api-key header is required"),
        ({"x-api-key": "wrong-key", **VERSION}, 401, "invalid x-api-key"),
        ({"x-api-key": "k"}, 400, "anthropic-version: header is required"),
        ({"x-api-key": "k", "anthropic-version": "1"}, 400, 'anthropic-version: "1" is not a valid version'),
        (
            {**KEY, "anthropic-beta": "a-2025-01-01, b"},
            400,
            "Unexpected value(s) `a-2025-01-01`, `b` for the",
        ),
        ({"authorization": "Bearer k", **VERSION}, 200, ""),
        ({**KEY, "anthropic-beta": "context-1m-2025-08-07,claude-code-20250219"}, 200, ""),
    ],
)
def test_keys_versions_and_betas(
    headers: dict[str, str], status: int, message: str, quick: Providers, http: httpx.Client
) -> None:
    answer = post(http, quick.url, headers)
    assert answer.status_code == status
    assert message in answer.text.replace('\\"', '"')


def test_a_header_tells_whose_list_of_models_is_meant(quick: Providers, http: httpx.Client) -> None:
    bearer = {"authorization": "Bearer k"}
    openai = http.get(f"{quick.url}/v1/models", headers=bearer).json()
    claude = http.get(f"{quick.url}/v1/models", headers={**bearer, **VERSION}).json()
    assert openai["object"] == "list"
    assert "object" not in claude
    assert {model["type"] for model in claude["data"]} == {"model"}
    assert quick.journal().empty


def test_an_unknown_path_is_an_error_of_the_clients_provider(quick: Providers, http: httpx.Client) -> None:
    for path, method in (("/v1/nothing", "POST"), ("/v1/messages", "GET"), ("/v1/models/a/b", "GET")):
        answer = http.request(method, f"{quick.url}{path}", headers=KEY)
        assert answer.status_code == 404
        assert answer.json()["error"] == {"type": "not_found_error", "message": "Not Found"}
        assert answer.json()["request_id"] == answer.headers["request-id"]
        assert answer.headers["request-id"].startswith("req_")


def test_a_document_in_an_answer_is_refused_by_the_newest_version_only(
    quick: Providers, http: httpx.Client
) -> None:
    source = {"type": "text", "media_type": "text/plain", "data": "Notes."}
    turns = [*BODY["messages"], {"role": "assistant", "content": [{"type": "document", "source": source}]}]
    messages = [*turns, *BODY["messages"]]
    assert post(http, quick.url, messages=messages).status_code == 200
    newest = {"x-api-key": "k", "anthropic-version": "2026-10-21"}
    refused = post(http, quick.url, newest, messages=messages)
    assert "`document` blocks can only be in `user` messages" in refused.json()["error"]["message"]


def test_the_cache_belongs_to_a_deployment(quick: Providers, http: httpx.Client) -> None:
    mark = {"type": "ephemeral"}
    system = [{"type": "text", "text": "The gateway routes calls. " * 400, "cache_control": mark}]

    def read(key: str) -> int:
        answer = post(http, quick.url, {**KEY, "x-api-key": key}, model="claude-sonnet-4-6", system=system)
        tokens: int = answer.json()["usage"]["cache_read_input_tokens"]
        return tokens

    assert [read(key) > 0 for key in ("sim-east", "sim-west", "sim-east", "sim-west")] == [
        False, False, True, True,
    ]  # fmt: skip
