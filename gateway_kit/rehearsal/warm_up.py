"""First calls of a fresh gateway, which nobody measures: production's gateway has made them long ago.

They go to deployments of their own, so that no count, limit, price or time of the configuration's deployments knows of
them.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import yaml

from gateway_kit.gateway.latency import Latency
from gateway_kit.gateway.providers import Providers
from gateway_kit.litellm_api.connection import Connection
from gateway_kit.rehearsal.call import PATHS, Kind

# The model name of the deployments that are added, followed by a number.
MODEL = "rehearsal-warm-up"

# What the gateway adds to a call when it has little to do, if it could not be measured.
OVERHEAD_S = 0.012

_AT_ONCE, _ROUNDS = 4, 6
_MEASURED_S, _ANSWER_S, _MOST_AT_ONCE = 2.0, 0.2, 8
_WAYS: tuple[Kind, ...] = ("chat", "responses")
_TIMEOUT_S = 30.0
# What would limit the added deployments, or cost something.
_LEFT_OUT = (
    "rpm",
    "tpm",
    "max_parallel_requests",
    "weight",
    "order",
    "tags",
    "max_budget",
    "budget_duration",
)
# The same question again is to be answered by the provider again.
_NOT_CACHED = {"cache": {"no-cache": True, "no-store": True}}
_FREE = {"input_cost_per_token": 0.0, "output_cost_per_token": 0.0}


def with_warm_up(text: str) -> tuple[str, list[str]]:
    """The configuration with a deployment more for each provider, and the names of their models."""
    config = yaml.safe_load(text)
    entries = config.get("model_list") or []
    chosen: dict[str, Mapping[str, Any]] = {}
    for entry in entries:
        model = str(entry["litellm_params"]["model"])
        mode = (entry.get("model_info") or {}).get("mode", "chat")
        if mode in ("chat", "responses") and "embed" not in model and model != "*":
            chosen.setdefault(model.partition("/")[0], entry)
    added = [_added(f"{MODEL}-{place}", entry) for place, entry in enumerate(chosen.values())]
    config["model_list"] = [*entries, *added]
    return yaml.safe_dump(config, sort_keys=False, allow_unicode=True), [one["model_name"] for one in added]


def _added(name: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    kept = {field: value for field, value in entry["litellm_params"].items() if field not in _LEFT_OUT}
    model = str(kept["model"]).replace("*", "warm-up")
    return {
        "model_name": name,
        "litellm_params": {**kept, **_FREE, "model": model},
        "model_info": {"id": name},
    }


def warm_up(
    connection: Connection,
    providers: Providers,
    models: Sequence[str],
    kinds: Iterable[str],
    rate_per_s: float,
) -> float:
    """Make the first calls; the seconds that the gateway adds to a call when `rate_per_s` calls come in a second.

    A call that fails is left at that: whatever refuses it here will refuse the log's calls, where it is reported.
    """
    if not models:
        return OVERHEAD_S
    ways: list[Kind] = [kind for kind in _WAYS if kind in kinds] or ["chat"]
    calls = [(model, way, stream) for model in models for way in ways for stream in (False, True)]
    providers.set_latencies([_taking(0.0)])
    try:
        with httpx.Client(
            base_url=connection.url,
            headers={"Authorization": f"Bearer {connection.master_key}"},
            timeout=_TIMEOUT_S,
            trust_env=False,
        ) as http:
            with ThreadPoolExecutor(_AT_ONCE) as pool:
                list(pool.map(lambda call: _seconds(http, *call), calls * _ROUNDS))
            providers.set_latencies([_taking(_ANSWER_S)])
            took = _measured(http, models[0], ways[0], rate_per_s)
    finally:
        providers.clear_latencies()
    return max(0.0, statistics.median(took) - _ANSWER_S) if took else OVERHEAD_S


def _measured(http: httpx.Client, model: str, way: Kind, rate_per_s: float) -> list[float]:
    """The seconds of calls that come about as often as those of the rehearsal."""
    at_once = min(_MOST_AT_ONCE, max(1, round(rate_per_s * _ANSWER_S)))
    until = time.monotonic() + _MEASURED_S
    with ThreadPoolExecutor(at_once) as pool:
        parts = pool.map(lambda _: _repeated(http, model, way, until), range(at_once))
        return [seconds for part in parts for seconds in part]


def _repeated(http: httpx.Client, model: str, way: Kind, until: float) -> list[float]:
    took = []
    while time.monotonic() < until:
        seconds = _seconds(http, model, way, stream=False)
        if seconds is None:
            break
        took.append(seconds)
    return took


def _taking(seconds: float) -> Latency:
    return Latency(whole_s=(seconds,), ttft_s=(seconds,), stream_s=(seconds,))


def _seconds(http: httpx.Client, model: str, kind: Kind, stream: bool) -> float | None:
    """How long one call took; None if it failed."""
    asked = (
        {"input": "Hello"} if kind == "responses" else {"messages": [{"role": "user", "content": "Hello"}]}
    )
    begin = time.perf_counter()
    try:
        response = http.post(PATHS[kind], json={"model": model, "stream": stream, **_NOT_CACHED, **asked})
    except httpx.HTTPError:
        return None
    return time.perf_counter() - begin if response.is_success else None
