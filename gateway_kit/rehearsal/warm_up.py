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
from gateway_kit.rehearsal.call import PATHS

# The model name of the deployments that are added, followed by a number.
MODEL = "rehearsal-warm-up"

# What the gateway adds to a call when it has little to do, if it could not be measured.
OVERHEAD_S = 0.012

_AT_ONCE, _ROUNDS, _MEASURED = 4, 6, 15
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
_FREE = {"input_cost_per_token": 0.0, "output_cost_per_token": 0.0}


def with_warm_up(text: str) -> tuple[str, list[str]]:
    """The configuration with a deployment more for each provider, and the names of their models."""
    config = yaml.safe_load(text)
    entries = config.get("model_list") or []
    chosen: dict[str, Mapping[str, Any]] = {}
    for entry in entries:
        model = str(entry["litellm_params"]["model"])
        mode = (entry.get("model_info") or {}).get("mode", "chat")
        if mode in ("chat", "responses") and "embed" not in model:
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
    connection: Connection, providers: Providers, models: Sequence[str], kinds: Iterable[str]
) -> float:
    """Make the first calls; the seconds that the gateway adds to a call.

    A call that fails is left at that: whatever refuses it here will refuse the log's calls, where it is reported.
    """
    if not models:
        return OVERHEAD_S
    ways = [kind for kind in ("chat", "responses") if kind in kinds] or ["chat"]
    calls = [(model, way, stream) for model in models for way in ways for stream in (False, True)]
    providers.latencies([Latency(whole_s=(0.0,), ttft_s=(0.0,), stream_s=(0.0,))])
    try:
        with httpx.Client(
            base_url=connection.url,
            headers={"Authorization": f"Bearer {connection.master_key}"},
            timeout=_TIMEOUT_S,
            trust_env=False,
        ) as http:
            with ThreadPoolExecutor(_AT_ONCE) as pool:
                list(pool.map(lambda call: _seconds(http, *call), calls * _ROUNDS))
            took = [_seconds(http, models[0], ways[0], stream=False) for _ in range(_MEASURED)]
    finally:
        providers.clear_latencies()
    answered = [seconds for seconds in took if seconds is not None]
    return statistics.median(answered) if answered else OVERHEAD_S


def _seconds(http: httpx.Client, model: str, kind: str, stream: bool) -> float | None:
    """How long one call took; None if it failed."""
    asked = (
        {"input": "Hello"} if kind == "responses" else {"messages": [{"role": "user", "content": "Hello"}]}
    )
    begin = time.perf_counter()
    try:
        response = http.post(PATHS[kind], json={"model": model, "stream": stream, **asked})  # type: ignore[index]
    except httpx.HTTPError:
        return None
    return time.perf_counter() - begin if response.is_success else None
