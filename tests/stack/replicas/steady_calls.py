"""Calls that go on while a test changes the gateways, with every failure kept."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx

_PAUSE_S, _TIMEOUT_S = 0.2, 60.0


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

    def _count(self, trouble: str) -> None:
        with self._guard:
            if trouble:
                self.failures.append(trouble)
            else:
                self.answered += 1


def _trouble(client: httpx.Client, number: int, *, stream: bool) -> str:
    body = {
        "model": "gpt-4o-mini",
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
    """Three callers: one on a connection that stays open, one with a new connection for each call, one with streams."""
    calls = SteadyCalls()
    url, key = variables["GATEWAY_URL"], variables["GATEWAY_API_KEY"]
    kinds = ({"stream": False, "keeps_connection": True}, {"stream": False, "keeps_connection": False},
             {"stream": True, "keeps_connection": True})  # fmt: skip
    callers = [threading.Thread(target=calls.call, args=(url, key), kwargs=kind) for kind in kinds]
    for caller in callers:
        caller.start()
    try:
        yield calls
    finally:
        calls._over.set()
        for caller in callers:
            caller.join()
