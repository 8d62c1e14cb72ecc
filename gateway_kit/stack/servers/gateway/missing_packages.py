"""An error sentence for calls that need a Python package which the kit does not install.

LiteLLM imports some packages when a call first needs them. What its Admin UI offers, and no lesson uses:

- an agent is called: LiteLLM 1.106.12 answers 500, "NoneType takes no arguments", where a2a-sdk is missing;
- an automatic router is added: it answers 500, "check server logs", and has stored a model that never works, where
  semantic-router is missing.
"""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

_Message = MutableMapping[str, Any]
_Send = Callable[[_Message], Awaitable[None]]
_Receive = Callable[[], Awaitable[_Message]]


@dataclass(frozen=True)
class _Need:
    """Calls that need a package: their path and, if that is not enough, what is in their body."""

    path: re.Pattern[str]
    what: str
    module: str
    package: str
    versions: str  # that LiteLLM takes
    body: re.Pattern[bytes] | None = None


_NEEDS = (
    _Need(
        path=re.compile(r"(?:/v1)?/a2a/[^/]+(?:/message/(?:send|stream))?/?"),
        what="Calling an agent",
        module="a2a",
        package="a2a-sdk",
        versions=">=1.1,<2",
    ),
    _Need(
        path=re.compile(r"/model/(?:new|update)|/model/[^/]+/update"),
        body=re.compile(rb'"auto_router\\?/(?!complexity_router|quality_router|adaptive_router)'),
        what="An automatic router",
        module="semantic_router",
        package="semantic-router",
        versions=">=0.1.15,<1",
    ),
)


class MissingPackages:
    """Answers 501 with the command that brings the package, before LiteLLM stores or starts anything."""

    def __init__(self, app: Callable[[_Message, _Receive, _Send], Awaitable[None]]) -> None:
        self.app = app

    async def __call__(self, scope: _Message, receive: _Receive, send: _Send) -> None:
        """Serve one connection."""
        need = _need(scope)
        if need is not None and need.body is not None:
            body, receive = await _read(receive)
            need = need if need.body.search(body) else None
        if need is None:
            await self.app(scope, receive, send)
        else:
            await _refuse(need, send)


def _need(scope: _Message) -> _Need | None:
    if scope["type"] != "http" or scope["method"] not in ("POST", "PATCH"):
        return None
    for need in _NEEDS:
        if need.path.fullmatch(scope["path"]) and importlib.util.find_spec(need.module) is None:
            return need
    return None


async def _read(receive: _Receive) -> tuple[bytes, _Receive]:
    """The body, and a `receive` that gives the same messages once more."""
    messages: list[_Message] = []
    while not messages or messages[-1].get("more_body", False):
        messages.append(await receive())
    waiting = iter(messages)

    async def again() -> _Message:
        for message in waiting:
            return message
        return await receive()

    return b"".join(message.get("body", b"") for message in messages), again


async def _refuse(need: _Need, send: _Send) -> None:
    text = (
        f"{need.what} needs the Python package {need.package}, which the kit does not install. If you want it: "
        f".venv/bin/uv pip install --python .venv '{need.package}{need.versions}', and then gateway-kit restart gateway"
    )
    error = {"message": text, "type": "not_implemented", "param": None, "code": "501"}
    body = json.dumps({"error": error}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 501, "headers": headers})
    await send({"type": "http.response.body", "body": body})
