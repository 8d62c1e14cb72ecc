"""Calls for which LiteLLM needs a package that is not installed, at the door of the gateway's app."""

from __future__ import annotations

import importlib.util

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gateway_kit.stack.servers.gateway.missing_packages import MissingPackages

AUTO = {"model_name": "auto", "litellm_params": {"model": "auto_router/auto"}}
PLAIN = {"model_name": "plain", "litellm_params": {"model": "openai/gpt-4o-mini"}}


async def ask(path: str, body: object, method: str = "POST") -> httpx.Response:
    """The answer of an app that repeats what reached it."""

    async def echo(request: Request) -> Response:
        return JSONResponse({"reached": (await request.body()).decode()})

    routes = [Route("/{path:path}", echo, methods=["GET", "POST", "PATCH"])]
    app = Starlette(routes=routes, middleware=[Middleware(MissingPackages)])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as http:
        return await http.request(method, path, json=body)


@pytest.mark.parametrize(
    ("path", "body", "package"),
    [
        ("/a2a/helper", {"jsonrpc": "2.0"}, "a2a-sdk>=1.1,<2"),
        ("/v1/a2a/helper/message/send", {"jsonrpc": "2.0"}, "a2a-sdk>=1.1,<2"),
        ("/model/new", AUTO, "semantic-router>=0.1.15,<1"),
        ("/model/update", AUTO, "semantic-router>=0.1.15,<1"),
    ],
)
async def test_the_missing_package_is_named_with_the_command(path: str, body: object, package: str) -> None:
    answer = await ask(path, body)
    assert answer.status_code == 501
    message = answer.json()["error"]["message"]
    assert f"uv pip install --python .venv '{package}', and then gateway-kit restart gateway" in message


@pytest.mark.parametrize(
    ("path", "body", "method"),
    [
        ("/model/new", PLAIN, "POST"),
        ("/model/new", {"litellm_params": {"model": "auto_router/complexity_router"}}, "POST"),
        ("/v1/chat/completions", AUTO, "POST"),
        ("/a2a/helper/.well-known/agent-card.json", {}, "GET"),
        ("/v1/agents", {"agent_name": "helper"}, "POST"),
    ],
)
async def test_every_other_call_reaches_litellm_whole(path: str, body: object, method: str) -> None:
    answer = await ask(path, body, method)
    assert answer.status_code == 200
    assert answer.json()["reached"] == httpx.Request("POST", "http://x", json=body).read().decode()


async def test_with_the_package_the_call_reaches_litellm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: object())
    for path in ("/a2a/helper", "/model/new"):
        assert (await ask(path, AUTO)).status_code == 200
