"""FastAPI reads the signature of what many routes depend on once, and makes the same routes of it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Annotated, Any

import fastapi.dependencies.utils as dependencies
import pytest
from fastapi import Depends, FastAPI, Header, Query

from gateway_kit.stack.servers.gateway.signatures import remember_signatures


def key(authorization: Annotated[str, Header()] = "", page: Annotated[int, Query(ge=1)] = 1) -> str:
    return f"{authorization} {page}"


def user(found: Annotated[str, Depends(key)]) -> str:
    return found


def application() -> FastAPI:
    app = FastAPI()
    for number in range(20):

        async def route(name: str, found: Annotated[str, Depends(user)]) -> dict[str, Any]:
            return {"name": name, "user": found}

        app.get(f"/{number}/{{name}}")(route)
    return app


def test_a_signature_is_read_once_and_the_routes_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Callable[..., Any]] = []
    original = dependencies.get_typed_signature

    def counted(call: Callable[..., Any]) -> inspect.Signature:
        read.append(call)
        return original(call)

    monkeypatch.setattr(dependencies, "get_typed_signature", counted)
    before = application().openapi()
    assert read.count(key) >= 20, "FastAPI reads it for each route"
    read.clear()
    remember_signatures()
    remember_signatures()
    assert application().openapi() == before
    assert read.count(key) == read.count(user) == 1
