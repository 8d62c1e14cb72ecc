"""The experiments of lesson 08: what replicas share, and what happens to calls when one is lost or replaced."""

from __future__ import annotations

import time
import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from gateway_kit.common.polling import poll_until
from gateway_kit.errors import GatewayError
from gateway_kit.gateway.client import Gateway
from gateway_kit.keys import VirtualKey
from gateway_kit.lessons.growing_load import Watched, booked, under_load
from gateway_kit.lessons.growing_production import export_compose, production_findings, text_of
from gateway_kit.lessons.growing_stack import GrownStack, end, start

if TYPE_CHECKING:
    import pandas as pd

_FRESH = {"cache": {"no-cache": True}}
_KNOWN_WITHIN_S = 3.0


def new_key(grown: GrownStack, **limits: Any) -> VirtualKey:
    """A virtual key of the lesson's gateways, with these limits and a name that is new."""
    return grown.gateway.keys.create(f"08-{uuid.uuid4().hex[:8]}", **limits)


def who_answered(grown: GrownStack, calls: int) -> dict[str, int]:
    """Calls through the balancer, counted by the replica that answered them."""
    create = grown.gateway.client.chat.completions.with_raw_response.create
    ports = [
        create(model="chat", messages=[{"role": "user", "content": "ping"}], extra_body=_FRESH).headers.get(
            "x-answered-by", "?"
        )
        for _ in range(calls)
    ]
    return dict(sorted(Counter(map(grown.name_at, ports)).items()))


def in_turn(grown: GrownStack, key: VirtualKey, rounds: int) -> dict[str, pd.DataFrame]:
    """Each replica is asked in turn, so many times: replica → its calls."""
    frames: dict[str, list[pd.DataFrame]] = {name: [] for name in grown.replicas}
    for _ in range(rounds):
        for name, replica in grown.replicas.items():
            with replica.calls.recording() as call:
                _try(replica, key)
            frames[name].append(call.frame())
    import pandas as pd

    return {name: pd.concat(calls, ignore_index=True) for name, calls in frames.items()}


def at_once(grown: GrownStack, key: VirtualKey, each: int) -> dict[str, pd.DataFrame]:
    """All replicas are asked at the same time, each so many times, and answers take a second: replica → its calls."""

    def ask(replica: Gateway) -> pd.DataFrame:
        with replica.calls.recording() as calls:
            replica.ask_many(["ping"] * each, api_key=key.secret, concurrency=each, extra_body=_FRESH)
        return calls.frame()

    replicas = grown.replicas
    with grown.gateway.providers.fault(kind="slow", latency_s=1), ThreadPoolExecutor(len(replicas)) as pool:
        return dict(zip(replicas, pool.map(ask, replicas.values()), strict=True))


def struck(grown: GrownStack, calls: int = 12) -> dict[str, int]:
    """Azure refuses; each replica in turn asks for `pair`, until it meets Azure or `calls` were made.

    Returns replica → how many of its calls reached Azure.
    """
    met = {}
    with grown.gateway.providers.fault("azure", kind="rate_limit", retry_after_s=4):
        for name, replica in grown.replicas.items():
            began = datetime.now(UTC)
            for _ in range(calls):
                _try(replica, model="pair")
                met[name] = len(grown.gateway.providers.journal(provider="azure", since=began))
                if met[name]:
                    break
    return met


def asked_everywhere(grown: GrownStack) -> dict[str, bool]:
    """The same new question to each replica, one after the other: replica → whether the cache answered."""
    question = f"What is a replica? ({uuid.uuid4().hex[:8]})"
    answered = {}
    for name, replica in grown.replicas.items():
        answered[name] = bool(replica.ask(question).call.cache_hit)
        time.sleep(0.5)  # an answer is stored after it was given
    return answered


def accepted(grown: GrownStack, key: VirtualKey) -> dict[str, bool]:
    """Replica → whether it still answers a call with this key."""
    return {name: _try(replica, key) is None for name, replica in grown.replicas.items()}


def refused_after(
    grown: GrownStack, key: VirtualKey, change: Callable[[Gateway], Any]
) -> dict[str, float | None]:
    """A key that all replicas know is changed at the first one: replica → seconds until it refuses the key.

    None: it still accepted the key after three seconds.
    """
    accepted(grown, key)  # each replica has looked the key up, and remembers it
    first, *_ = grown.replicas.values()
    change(first)
    begin = time.monotonic()

    def seconds(replica: Gateway) -> float | None:
        _, refused = poll_until(lambda: _try(replica, key) is not None, timeout_s=_KNOWN_WITHIN_S)
        return round(time.monotonic() - begin, 1) if refused else None

    replicas = grown.replicas
    with ThreadPoolExecutor(len(replicas)) as pool:
        return dict(zip(replicas, pool.map(seconds, replicas.values()), strict=True))


def known_after(grown: GrownStack, model: str) -> dict[str, float]:
    """A model is added at the first replica: replica → seconds until it answers calls to it."""
    first, *_ = grown.replicas.values()
    parameters = {
        "model": "openai/gpt-4o-mini",
        "api_base": f"{first.providers.url}/v1",
        "api_key": "sim-added",
    }
    begin = time.monotonic()
    added = first.models.add(model, parameters)
    found = {}
    for name, replica in grown.replicas.items():
        poll_until(partial(_answers, replica, model), timeout_s=40.0)
        found[name] = round(time.monotonic() - begin, 1)
    first.models.delete(added)
    return found


def shared_again(grown: GrownStack, limit: int) -> float:
    """Seconds until a limit of requests a minute holds for all replicas together; at most 90 are waited for."""
    begin = time.monotonic()

    def holds() -> bool:
        calls = in_turn(grown, new_key(grown, rpm_limit=limit), rounds=limit)
        return sum(int(frame["error"].isna().sum()) for frame in calls.values()) == limit

    poll_until(holds, timeout_s=90.0, pause_s=0.5)
    return time.monotonic() - begin


def _answers(gateway: Gateway, model: str) -> bool:
    return _try(gateway, model=model) is None


def _try(gateway: Gateway, key: VirtualKey | None = None, model: str = "chat") -> GatewayError | None:
    """One call that the cache does not answer; how it was refused, None if it was answered."""
    try:
        gateway.ask("ping", model, api_key=key.secret if key else None, extra_body=_FRESH)
    except GatewayError as exc:
        return exc
    return None


__all__ = [
    "GrownStack", "Watched", "accepted", "asked_everywhere", "at_once", "booked", "end", "export_compose", "in_turn",
    "known_after", "new_key", "production_findings", "refused_after", "shared_again", "start", "struck", "text_of",
    "under_load", "who_answered",
]  # fmt: skip
