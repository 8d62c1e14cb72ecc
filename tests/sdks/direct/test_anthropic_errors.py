"""Anthropic's SDK and errors: each of its exceptions, with the provider's type, wording and request id."""

from __future__ import annotations

from typing import Any

import anthropic
import httpx2
import pytest
from anthropic_client import MODEL, strict, user
from faults import fault

MESSAGE: dict[str, Any] = {"model": MODEL, "max_tokens": 20, "messages": user("ping")}


def failure(base: str, kind: type[anthropic.APIStatusError], key: str = "sim-sdk", **request: Any) -> Any:
    with strict(base, key, max_retries=0) as client, pytest.raises(kind) as caught:
        client.messages.create(**MESSAGE | request)
    error = caught.value
    assert error.request_id is not None
    assert error.request_id.startswith("req_")
    assert error.body["request_id"] == error.request_id
    assert error.body["type"] == "error"
    return error


def test_each_status_is_its_exception(sim_base: str) -> None:
    wrong = failure(sim_base, anthropic.AuthenticationError, key="wrong-key")
    assert (wrong.type, wrong.status_code, wrong.api_message) == (
        "authentication_error",
        401,
        "invalid x-api-key",
    )
    unknown = failure(sim_base, anthropic.NotFoundError, model="claude-unknown-model")
    assert (unknown.type, unknown.api_message) == ("not_found_error", "model: claude-unknown-model")
    invalid = failure(sim_base, anthropic.BadRequestError, max_tokens=-1)
    assert invalid.type == "invalid_request_error"
    huge = failure(sim_base, anthropic.APIStatusError, messages=user("a " * 17_000_000))
    assert (huge.status_code, huge.type) == (413, "request_too_large")
    long = failure(sim_base, anthropic.BadRequestError, messages=user("word " * 200_100))
    assert "prompt is too long: 200" in long.api_message


def test_faults(sim_base: str) -> None:
    with fault(sim_base, "anthropic", kind="rate_limit", retry_after_s=3):
        limited = failure(sim_base, anthropic.RateLimitError)
    assert (limited.type, limited.response.headers["retry-after"]) == ("rate_limit_error", "3")
    with fault(sim_base, "anthropic", kind="server_error"):
        assert failure(sim_base, anthropic.InternalServerError).type == "api_error"
    with (
        fault(sim_base, "anthropic", kind="timeout", hold_s=30),
        strict(sim_base, max_retries=0, timeout=0.5) as client,
        pytest.raises(anthropic.APITimeoutError),
    ):
        client.messages.create(**MESSAGE)
    with (
        fault(sim_base, "anthropic", kind="server_error", count=1),
        strict(sim_base, max_retries=1) as client,
    ):
        assert client.messages.create(**MESSAGE).content


def test_a_stream_that_is_cut(sim_base: str) -> None:
    with (
        fault(sim_base, "anthropic", kind="cut_stream", after_chunks=2),
        strict(sim_base, max_retries=0) as client,
        pytest.raises(httpx2.RemoteProtocolError),
        client.messages.stream(**MESSAGE | {"messages": user("Count from 1 to 50")}) as stream,
    ):
        list(stream)


def test_an_error_within_a_stream(sim_base: str) -> None:
    with (
        fault(sim_base, "anthropic", kind="stream_error", after_chunks=2),
        strict(sim_base, max_retries=0) as client,
        client.messages.create(**MESSAGE, stream=True) as stream,
        pytest.raises(anthropic.APIStatusError) as caught,
    ):
        list(stream)
    assert (caught.value.type, caught.value.status_code) == ("overloaded_error", 200)
    with fault(sim_base, "anthropic", kind="stream_error"), strict(sim_base, max_retries=0) as client:
        assert client.messages.create(**MESSAGE).content, "it passes what is no stream"


def test_nobody_answers() -> None:
    with strict("http://127.0.0.1:9", max_retries=0) as client, pytest.raises(anthropic.APIConnectionError):
        client.messages.create(**MESSAGE)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model": anthropic.omit}, "model: Field required"),
        ({"extra_body": {"max_tokens": None}}, "max_tokens: Field required"),
        ({"max_tokens": 1.5}, "max_tokens: Input should be a valid integer"),
        (
            {"extra_body": {"max_tokens": 65_000}},
            "max_tokens: 65000 > 64000, which is the maximum allowed number of output tokens for claude-haiku-4-5",
        ),
        ({"messages": []}, "messages: at least one message is required"),
        ({"messages": [{"role": "user"}]}, "messages.0.content: Field required"),
        (
            {"messages": [{"role": "robot", "content": "x"}]},
            "messages.0.role: Input should be 'user', 'assistant' or",
        ),
        (
            {"messages": [{"role": "system", "content": "x"}]},
            'Unexpected role "system". The Messages API accepts',
        ),
        ({"messages": [{"role": "user", "content": 5}]}, "messages.0.content: Input should be a valid list"),
        ({"messages": user([{"type": "text"}])}, "messages.0.content.0.text.text: Field required"),
        ({"messages": user([{"text": "x"}])}, "messages.0.content.0.type: Field required"),
        ({"messages": user([{"type": "song"}])}, "messages.0.content.0: Input tag 'song' found using 'type'"),
        ({"messages": user("")}, "messages.0: all messages must have non-empty content"),
        ({"messages": user([{"type": "text", "text": ""}])}, "text content blocks must be non-empty"),
        ({"messages": user(" ")}, "text content blocks must contain non-whitespace text"),
        (
            {"messages": [*user("x"), {"role": "assistant", "content": "Well "}]},
            "final assistant content cannot end with trailing whitespace",
        ),
        ({"stop_sequences": [" "]}, "stop_sequences: each stop sequence must contain non-whitespace"),
        ({"system": [{"type": "text"}]}, "system.0.text.text: Field required"),
        ({"metadata": {"user": "x"}}, "metadata.user: Extra inputs are not permitted"),
        ({"extra_body": {"colour": "red"}}, "colour: Extra inputs are not permitted"),
        ({"extra_body": {"temperature": 0.5}}, "temperature: Extra inputs are not permitted"),
        ({"service_tier": "gold"}, "service_tier: Input should be 'auto' or 'standard_only'"),
        ({"speed": "fast"}, "speed: fast mode is not simulated"),
        ({"container": "c"}, "container: Containers belong to"),
    ],
)
def test_what_is_wrong_is_said_with_its_path(change: dict[str, Any], message: str, sim_base: str) -> None:
    assert message in failure(sim_base, anthropic.BadRequestError, **change).api_message


OLDER = {"anthropic-version": "2023-06-01"}


@pytest.mark.parametrize(
    ("model", "body", "message"),
    [
        (MODEL, {"temperature": 1.5}, "temperature: range: 0..1"),
        (MODEL, {"temperature": 0.5, "top_p": 0.5}, "`temperature` and `top_p` cannot both be specified"),
        (MODEL, {"top_k": -1}, "top_k: Input should be greater than or equal to 0"),
        (
            MODEL,
            {
                "temperature": 0.5,
                "max_tokens": 2_000,
                "thinking": {"type": "enabled", "budget_tokens": 1_024},
            },
            "`temperature` may only be set to 1 when thinking is enabled",
        ),
        ("claude-opus-4-7", {"temperature": 0.5}, "`temperature` is deprecated for this model."),
    ],
)
def test_the_older_version_of_the_api(model: str, body: dict[str, Any], message: str, sim_base: str) -> None:
    error = failure(sim_base, anthropic.BadRequestError, model=model, extra_body=body, extra_headers=OLDER)
    assert message in error.api_message
    with strict(sim_base) as client:
        assert client.messages.create(**MESSAGE, extra_body={"temperature": 0.5}, extra_headers=OLDER).content


def test_versions_and_betas(sim_base: str) -> None:
    unknown = failure(sim_base, anthropic.BadRequestError, extra_headers={"anthropic-version": "2020-01-01"})
    assert unknown.api_message == 'anthropic-version: "2020-01-01" is not a valid version'
    beta = failure(sim_base, anthropic.BadRequestError, extra_headers={"anthropic-beta": "magic-2025-01-01"})
    assert "Unexpected value(s) `magic-2025-01-01` for the `anthropic-beta` header" in beta.api_message


def test_what_is_not_simulated_says_so(sim_base: str) -> None:
    with strict(sim_base, max_retries=0) as client:
        for call, limit in (
            (lambda: client.messages.batches.create(requests=[]), "Message batches are not simulated"),
            (lambda: client.messages.batches.retrieve("msgbatch_1"), "Message batches are not simulated"),
            (lambda: client.beta.files.list(), "The Files API is not simulated"),
            (lambda: client.beta.skills.list(), "Skills are not simulated"),
            (lambda: client.beta.agents.list(), "Managed agents are not simulated"),
        ):
            with pytest.raises(anthropic.NotFoundError, match=limit) as caught:
                call()
            assert caught.value.type == "not_found_error"
