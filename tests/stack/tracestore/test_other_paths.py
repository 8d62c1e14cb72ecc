"""Every path of Langfuse's API has an answer in JSON; LLM connections, and paths that the store does not offer."""

from __future__ import annotations

import json
import re
import uuid
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .store_program import StoreProgram

CONNECTIONS = "/api/public/llm-connections"
PATHS = (Path(__file__).parent / "recorded" / "openapi_paths.txt").read_text().splitlines()
NAMES_LANGFUSE = "gateway-kit up --tracing langfuse"


def request(store: StoreProgram, line: str, **options: Any) -> httpx.Response:
    method, path = line.split()
    return store.http.request(method, re.sub(r"{\w+}", "some%2Fname", path), **options)


@pytest.mark.parametrize("line", PATHS)
def test_every_path_of_langfuses_api_is_answered_in_json(store, line):
    answer = request(store, line, json={} if line.split()[0] in ("POST", "PUT", "PATCH") else None)
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.status_code in (200, 202, 400, 403, 404)
    if answer.status_code == 404 and "has no" in answer.text:
        assert NAMES_LANGFUSE in answer.json()["message"]
    assert request(store, line, auth=("pk-lf-test", "wrong"), json={}).status_code in (200, 401, 404)


def test_only_what_the_store_leaves_out_is_not_there(store):
    absent = {
        line for line in PATHS if NAMES_LANGFUSE in request(store, line).text and "unstable" not in line
    }
    assert absent == {"DELETE /api/public/traces", "DELETE /api/public/traces/{traceId}"}


@pytest.mark.parametrize(
    "path", ["mcp", "slack/install", "v2/nope", "unstable/evaluators", "otel/v1/metrics"]
)
def test_what_is_not_there_names_langfuse_itself(store, path):
    for method in ("GET", "POST"):
        answer = store.http.request(method, f"/api/public/{path}")
        assert answer.status_code == 404
        assert f"has no {method} /api/public/{path}" in answer.json()["message"]
        assert NAMES_LANGFUSE in answer.json()["message"]


def test_paths_of_an_organization_ask_for_its_key_in_langfuses_words(store):
    needed = "Invalid API key. Organization-scoped API key required for this operation."
    assert store.http.post("/api/public/projects", json={}).json() == {"message": needed}
    assert store.http.get("/api/public/organizations/memberships").json() == {"error": needed}
    scim = store.http.get("/api/public/scim/Users")
    assert (scim.status_code, scim.json()["detail"], scim.json()["status"]) == (403, needed, 403)
    wrong = httpx.get(f"{store.url}/api/public/organizations/projects", trust_env=False)
    assert (wrong.status_code, wrong.json()) == (401, {"error": "No authorization header"})
    assert store.http.patch("/api/public/projects").status_code == 405


def test_feedback_is_checked_and_then_said_to_be_lost(store):
    body = {"targetType": "docs", "target": "/docs", "feedback": "good"}
    answer = store.http.post("/api/public/feedback", json=body)
    assert answer.status_code == 404
    assert "--tracing langfuse" in answer.json()["message"]
    wrong = store.http.post("/api/public/feedback", json={**body, "referenceUrl": "nope"})
    assert wrong.json()["error"][0]["path"] == ["referenceUrl"]


@pytest.fixture
def provider() -> str:
    return f"provider/{uuid.uuid4()}"


def test_a_connection_is_one_of_a_provider_and_keeps_no_secret(store, provider):
    body = {
        "provider": provider, "adapter": "openai", "secretKey": "sk-a-secret-1234", "customModels": ["m"],
        "withDefaultModels": False, "extraHeaders": {"x-key": "a-header-secret"}, "config": {"useResponsesApi": True},
    }  # fmt: skip
    answer = store.http.put(CONNECTIONS, json=body)
    made = answer.json()
    assert (answer.status_code, made["displaySecretKey"], made["extraHeaderKeys"]) == (
        201,
        "...1234",
        ["x-key"],
    )
    again = store.http.put(
        CONNECTIONS, json={"provider": provider, "adapter": "anthropic", "secretKey": "sk-b-secret-5678"}
    )
    assert (again.status_code, again.json()["id"], again.json()["adapter"]) == (200, made["id"], "anthropic")
    assert (again.json()["customModels"], again.json()["withDefaultModels"]) == ([], True)
    assert again.json()["config"] == {"useResponsesApi": True}
    listed = store.http.get(CONNECTIONS, params={"limit": 1}).json()
    assert listed["data"] == [again.json()]
    kept = json.dumps(store.rows("select to_jsonb(c) from llm_connections c"))
    assert not any(secret in kept + store.log() for secret in ("a-secret", "b-secret", "header-secret"))
    gone = store.http.delete(f"{CONNECTIONS}/{made['id']}")
    assert gone.json() == {"message": "LLM connection successfully deleted"}


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://127.0.0.1:4000/v1", "Blocked IP address detected"),
        ("http://[::1]:4000/v1", "Blocked IP address detected"),
        ("http://10.1.2.3", "Blocked IP address detected"),
        ("http://localhost:4000", "Blocked hostname detected"),
        ("http://gateway.internal", "Blocked hostname detected"),
        ("ftp://example.com", "Only HTTP and HTTPS protocols are allowed"),
        ("https://me:pw@example.com", "URL credentials are not allowed. Use authentication headers instead."),
        ("https://host.invalid/v1", "DNS lookup failed for host.invalid"),
    ],
)
def test_a_base_url_leads_to_a_host_of_the_internet(store, provider, url, message):
    body = {"provider": provider, "adapter": "openai", "secretKey": "sk-1", "baseURL": url}
    answer = store.http.put(CONNECTIONS, json=body)
    assert (answer.status_code, answer.json()["message"]) == (400, f"Invalid baseURL: {message}")


def test_a_public_address_is_not_looked_up(store, provider):
    body = {"provider": provider, "adapter": "openai", "secretKey": "sk-1", "baseURL": "https://1.1.1.1/v1"}
    assert store.http.put(CONNECTIONS, json=body).status_code == 201


TEXTS = st.text(max_size=8) | st.sampled_from(["http://[", "http://x:99999", "\x00"])


@settings(max_examples=25)
@given(
    provider=st.text(min_size=1, max_size=5),
    url=TEXTS,
    secret=TEXTS,
    more=st.dictionaries(TEXTS, TEXTS, max_size=2),
)
def test_no_connection_is_answered_with_500(store, provider, url, secret, more):
    for base in (url, f"ftp://{url}"):
        body = {
            "provider": provider,
            "adapter": "azure",
            "secretKey": secret,
            "baseURL": base,
            "extraHeaders": more,
        }
        answer = store.http.put(
            CONNECTIONS, content=json.dumps(body), headers={"content-type": "application/json"}
        )
        assert answer.status_code < 500, answer.text
