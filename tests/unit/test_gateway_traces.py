"""No key reaches a trace: the cleaning of what LiteLLM's Langfuse callback records."""

from __future__ import annotations

import json

import pytest

from gateway_kit.stack.servers.gateway import traces

ENV = {
    "OPENAI_API_KEY": "a-key-of-no-known-form",
    "REDIS_PASSWORD": "redis-password-1",
    "LITELLM_MASTER_KEY": "sk-password",
    "AWS_ACCESS_KEY_ID": "plain-access-id",
    "MODEL": "gpt-4o-mini-is-a-model",
    "SHORT_KEY": "short",
}


@pytest.mark.parametrize(
    "secret",
    [
        *(ENV[name] for name in ("OPENAI_API_KEY", "REDIS_PASSWORD", "LITELLM_MASTER_KEY", "AWS_ACCESS_KEY_ID")),
        "sk-proj-abcdefghijkl-1234", "pk-lf-0123456789abcdef", "AKIAIOSFODNN7EXAMPLE", "hf_abcdefghijklmnopqrstu",
        "AIzaSyA-1234567890abcdefghijklmnopqrstu", "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
        "eyJhbGciOiJIUzI1NiIsInR5cCI6.eyJzdWIiOiIxMjM0NTY3.c2lnbmF0dXJl", "gsk_abcdefghijklmnopqrstuvwxyz",
        "rk-0123456789abcdef", *(f"gh{kind}_abcdefghijklmnopqrstuvwxyz0123456789" for kind in "ousr"),
    ],
)  # fmt: skip
def test_a_secret_is_masked_wherever_it_stands(secret: str) -> None:
    mask = traces.masker(ENV)
    message = f"AuthenticationError: Incorrect API key provided: {secret}. You can find your key at …"
    found = traces.clean(
        {
            "langfuse.observation.status_message": message,
            "langfuse.observation.output": json.dumps({"error": message}),
            "langfuse.trace.tags": (f"key:{secret}", "mine"),
            "langfuse.observation.metadata.requester_metadata": json.dumps({"note": secret}),
        },
        mask,
    )
    assert secret not in repr(found)
    assert found["langfuse.observation.status_message"] == message.replace(secret, "***")
    assert found["langfuse.trace.tags"] == ("key:***", "mine")


def test_what_stands_after_bearer_is_masked() -> None:
    assert traces.masker(ENV)("Authorization: Bearer 0123456789") == "Authorization: Bearer ***"


@pytest.mark.parametrize(
    "text",
    [
        "a risk-averse task-based approach, disk-1 and desk-with-a-long-name", "short", "gpt-4o-mini-is-a-model",
        "chatcmpl-08b1080982394f41b43e9ca2", "9c9100a123b5341b65a337400c1b77574dd5af86fdd4560e7b2d8b93cfcc6a8a",
        "e5b3c1d0-5b40-4e2c-a784-6bfc9331976c", "sk-short",
    ],
)  # fmt: skip
def test_what_is_no_secret_stays(text: str) -> None:
    assert traces.masker(ENV)(text) == text


def test_numbers_and_names_stay_what_they_are() -> None:
    attributes = {
        "langfuse.observation.metadata.litellm_response_cost": 4.5e-06,
        "public": True,
        "none": None,
    }
    assert traces.clean(attributes, traces.masker(ENV)) == attributes


def test_only_harmless_headers_stay() -> None:
    kept = {
        "host": "127.0.0.1:4000",
        "User-Agent": "httpx",
        "x-litellm-tags": "a",
        "langfuse_session_id": "s",
    }
    sent = {
        **kept,
        "x-my-token": "of-no-known-form",
        "x-company-auth": "secret",
        "cookie": "c",
        "langfuse": "x",
    }
    name = "langfuse.observation.metadata.requester_metadata"
    custom = "langfuse.observation.metadata.requester_custom_headers"
    record = {"headers": sent, "session_id": "s-1", "trace_metadata": {"a": 1}}
    found = traces.clean({name: json.dumps(record), custom: json.dumps(sent)}, traces.masker(ENV))
    assert json.loads(found[name]) == {**record, "headers": kept}
    assert json.loads(found[custom]) == kept
    assert traces.clean({name: "no JSON: of-no-known-form"}, traces.masker(ENV)) == {name: "***"}
