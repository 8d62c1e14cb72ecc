"""Calls that go on while a test changes the gateways, with every failure kept."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx

from gateway_kit.gateway.providers import Providers

_PAUSE_S, _TIMEOUT_S, _KNOCK_EVERY_S = 0.5, 60.0, 0.1
_MODEL = "gpt-4o-mini"


@dataclass
class SteadyCalls:
    """What came of the calls: how many were answered, and what went wrong with the others."""

    answered: int = 0
    failures: list[str] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def call(self, url: str, key: str, *, stream: bool, keeps_connection: bool) -> None:
        """Call until told to stop, on one connection or on a new one each time."""
        headers = {"Authorization": f"Bearer {key}"}
        number = 0
        while not self._over.is_set():
            with httpx.Client(base_url=url, headers=headers, timeout=_TIMEOUT_S, trust_env=False) as client:
                once = True
                while once or (keeps_connection and not self._over.is_set()):
                    once, number = False, number + 1
                    self._count(_trouble(client, number, stream=stream))
                    self._over.wait(_PAUSE_S)

    def connect(self, url: str) -> None:
        """Open connections until told to stop, and close each: a port that nobody listens at is noticed at once."""
        address = urlsplit(url)
        while not self._over.wait(_KNOCK_EVERY_S):
            try:
                socket.create_connection((address.hostname or "", address.port or 0), _TIMEOUT_S).close()
            except OSError as exc:
                self._count(f"ConnectError: {exc}")

    def _count(self, trouble: str) -> None:
        with self._guard:
            if trouble:
                self.failures.append(trouble)
            else:
                self.answered += 1


def _trouble(client: httpx.Client, number: int, *, stream: bool) -> str:
    body = {
        "model": _MODEL,
        "messages": [{"role": "user", "content": f"Count to ten. {threading.get_ident()} {number}"}],
        "stream": stream,
    }
    try:
        answer = client.post("/v1/chat/completions", json=body)
    except httpx.HTTPError as exc:
        return repr(exc)
    if answer.status_code != 200:
        return f"HTTP {answer.status_code} {answer.text[:300]}"
    return (
        "" if not stream or "data: [DONE]" in answer.text else f"a stream ended early: {answer.text[-300:]}"
    )


@contextmanager
def steady_calls(variables: Mapping[str, str]) -> Iterator[SteadyCalls]:
    """Three callers: one on a connection that stays open, one with a new connection for each call, one with streams.

    A call takes some seconds, so that each of them nearly always has one in progress. Beside them, new connections.
    """
    calls = SteadyCalls()
    url, key = variables["GATEWAY_URL"], variables["GATEWAY_API_KEY"]
    kinds = ({"stream": False, "keeps_connection": True}, {"stream": False, "keeps_connection": False},
             {"stream": True, "keeps_connection": True})  # fmt: skip
    callers = [threading.Thread(target=calls.call, args=(url, key), kwargs=kind) for kind in kinds]
    callers.append(threading.Thread(target=calls.connect, args=(url,)))
    with Providers(variables["PROVIDERS_URL"]) as providers:
        providers.profile(_MODEL, ttft_s=1.5, tokens_per_s=40)
        for caller in callers:
            caller.start()
        try:
            yield calls
        finally:
            calls._over.set()
            for caller in callers:
                caller.join()
            providers.reset_profiles()
