"""The client for added answers: its requests, its `with` block, and the patterns that it sends."""

from __future__ import annotations

import json
import os
import re
from typing import Any

import httpx
import pytest

from gateway_kit.errors import ProvidersError
from gateway_kit.gateway.providers import Providers

LEASE = {"id": "l-1", "client": "c-1"}


class Api:
    """A control API that gives each added answer the id 7 and records the requests."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str, Any]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content) if request.content else dict(request.url.params)
        self.requests.append((request.method, request.url.path, body))
        if request.url.path == "/_sim/leases/renew":
            return httpx.Response(200, json={"holds": {"answers": []}})
        if request.method == "POST":
            lease = LEASE if "lease" in body else None
            return httpx.Response(200, json={**body, "id": 7, "lease": lease})
        return httpx.Response(200, json={"removed": 1, "in_force": True, "ended": True})


@pytest.fixture
def api() -> Api:
    return Api()


@pytest.fixture
def providers(api: Api) -> Any:
    with Providers("http://127.0.0.1:4010", transport=httpx.MockTransport(api)) as client:
        yield client


def test_an_answer_is_there_at_once_and_gone_after_the_block(api: Api, providers: Providers) -> None:
    with providers.answer("hours", "From 9 to 5.", model="gpt-4o", provider="openai") as added:
        assert added.id == 7
        assert repr(added) == "<AddedAnswer 7: to 'hours' at provider=openai model=gpt-4o>"
    (method, path, sent), off, renewed = api.requests
    lease = sent.pop("lease")
    assert (method, path) == ("POST", "/_sim/answers")
    assert sent == {"pattern": "hours", "text": "From 9 to 5.", "model": "gpt-4o", "provider": "openai"}
    assert lease["owner"]["pid"] == os.getpid()
    assert off == ("DELETE", "/_sim/answers/7", {"lease": "l-1"})
    assert renewed == ("POST", "/_sim/leases/renew", {"client": lease["client"]}), (
        "is anything left to renew?"
    )


def test_an_answer_that_is_kept_has_no_lease(api: Api, providers: Providers) -> None:
    providers.answer("hours", "From 9 to 5.", keep=True).off()
    assert api.requests == [
        ("POST", "/_sim/answers", {"pattern": "hours", "text": "From 9 to 5."}),
        ("DELETE", "/_sim/answers/7", {}),
    ]


@pytest.mark.parametrize(
    ("pattern", "sent"),
    [
        ("a text", "a text"),
        ("/^a/i", "/^a/i"),
        (re.compile("^a"), "/^a/"),
        (re.compile("^a/b", re.IGNORECASE | re.DOTALL), "/^a/b/is"),
    ],
)
def test_a_pattern_is_a_text_or_an_expression_between_slashes(
    pattern: Any, sent: str, api: Api, providers: Providers
) -> None:
    providers.answer(pattern, "x", keep=True)
    assert api.requests[0][2]["pattern"] == sent


def test_tool_calls_are_sent_in_order(api: Api, providers: Providers) -> None:
    calls = [{"name": "f", "arguments": {"a": 1}}, {"name": "f", "arguments": {"a": 2}}]
    providers.answer("x", tool_calls=[("f", {"a": 1}), ("f", {"a": 2})], keep=True)
    providers.answer("x", tool_calls={"f": {"a": 1}}, keep=True)
    assert [body["tool_calls"] for _, _, body in api.requests] == [calls, calls[:1]]


def test_what_cannot_be_sent_is_refused_here(api: Api, providers: Providers) -> None:
    for given in ({}, {"text": "x", "json": 1}, {"json": 1, "tool_calls": {"f": {}}}):
        with pytest.raises(ProvidersError, match="give one of them"):
            providers.answer("x", **given)
    with pytest.raises(ProvidersError, match="no flag"):
        providers.answer(re.compile("x", re.ASCII), "y")
    assert api.requests == []


def test_the_table_has_each_kind_of_answer() -> None:
    row = {"provider": None, "model": "m", "hits": 2, "from_file": True, "lease": None}
    rows = [
        {"id": 1, "pattern": "a", "text": "b", **row},
        {**row, "id": 2, "pattern": "c", "json": {"d": None}, "model": None, "from_file": False},
    ]
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json={"answers": rows}))
    with Providers("http://127.0.0.1:4010", transport=transport) as client:
        table = client.answers()
    assert table.answer.to_list() == ["b", '{"d": null}']
    assert table.provider_model.fillna("").to_list() == ["m", ""]
    assert table.from_file.to_list() == [True, False]
