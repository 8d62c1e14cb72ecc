"""Queries to the query engine at a fourth of what they cost the database client.

LiteLLM sends dozens of queries to add a model, a dozen to make a key. Prisma's client sends each with httpx, which
takes a millisecond of this process for it, more than the query takes anywhere else. Here aiohttp sends it, which
LiteLLM calls its providers with. What fails, fails with httpx's errors: by these LiteLLM knows that the engine is gone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import httpx

# The engine closes no connection, so one that was kept is there as long as the engine is.
_KEPT_S = 300.0
# What Prisma's client allows a connection, and each wait for a part of an answer.
_TIMEOUT_S = 30.0


@dataclass(frozen=True)
class EngineAnswer:
    """An answer that was read whole, with what Prisma's client asks of one."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    async def json(self) -> Any:
        """The parsed body."""
        return json.loads(self.body)

    async def text(self) -> str:
        """The body."""
        return self.body.decode()


class EngineHTTP:
    """What Prisma's client has in `session`: it opens with the first request and is closed once."""

    def __init__(self, headers: Mapping[str, str], timeout_s: float = _TIMEOUT_S) -> None:
        self.closed = False
        self._headers, self._timeout_s = headers, timeout_s
        self._session: aiohttp.ClientSession | None = None

    async def request(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, content: str | None = None
    ) -> EngineAnswer:
        """One request. Raises one of httpx's transport errors if there is no whole answer."""
        if self.closed:
            raise httpx.ConnectError("the connection to the query engine was closed")
        if self._session is None:
            self._session = self._open()
        # The engine listens on this address alone; "localhost" has two.
        url = url.replace("//localhost:", "//127.0.0.1:", 1)
        body = None if content is None else content.encode()
        with _as_httpx_errors():
            async with self._session.request(method, url, headers=headers, data=body) as answer:
                return EngineAnswer(answer.status, answer.headers, await answer.read())

    async def close(self) -> None:
        """Close the connections."""
        self.closed = True
        if self._session is not None:
            await self._session.close()

    def _open(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=_KEPT_S),
            timeout=aiohttp.ClientTimeout(sock_connect=self._timeout_s, sock_read=self._timeout_s),
            headers=self._headers,
            skip_auto_headers=("User-Agent", "Accept-Encoding", "Content-Type"),
            cookie_jar=aiohttp.DummyCookieJar(),
        )


@contextmanager
def _as_httpx_errors() -> Iterator[None]:
    try:
        yield
    except aiohttp.ConnectionTimeoutError as exc:
        raise httpx.ConnectTimeout(str(exc)) from exc
    except aiohttp.ClientConnectorError as exc:
        raise httpx.ConnectError(str(exc)) from exc
    except TimeoutError as exc:
        raise httpx.ReadTimeout(str(exc)) from exc
    except aiohttp.ClientError as exc:
        # It was connected, so the request may have arrived.
        raise httpx.ReadError(str(exc)) from exc
