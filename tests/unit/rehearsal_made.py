"""Folders of rehearsals for tests, as a run writes them: drawn by a seed, with as much trouble as asked for."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from gateway_kit.rehearsal.run_folder import (
    ATTEMPTS_FILE,
    CALLS_FILE,
    EVENTS_FILE,
    RUN,
    Deployment,
    Replaced,
    RunFacts,
)

BEGIN = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
# Model → its provider's name, US dollars per million input and output tokens, median seconds.
MODELS: Mapping[str, tuple[str, float, float, float]] = {
    "gpt-4o": ("azure/gpt-4o", 2.5, 10.0, 1.2),
    "mini": ("openai/gpt-4o-mini", 0.15, 0.6, 0.5),
    "claude": ("anthropic/claude-haiku-4-5", 1.0, 5.0, 0.8),
}
OVERHEAD_S = 0.004


@dataclass(frozen=True)
class Made:
    """How a made-up run differs from its log.

    slower     latency of each call, as a multiple of the log's
    dearer     cost, likewise
    failing    share of calls that fail, of those that the log answered
    cached     share of calls that the cache answers
    rescued    share of calls that a fallback answers
    logged     whether the log has tokens, costs and latencies
    """

    count: int = 300
    seed: int = 3
    slower: float = 1.0
    dearer: float = 1.0
    failing: float = 0.0
    cached: float = 0.0
    rescued: float = 0.0
    logged: bool = True
    ended: str = "complete"
    speed: float | None = 60.0
    models: Mapping[str, tuple[str, float, float, float]] = field(default_factory=lambda: MODELS)
    names: Sequence[str] = ("shop", "support", "search")


def write_run(folder: Path, made: Made = Made(), **facts: Any) -> Path:  # frozen
    """Write a run's folder; `facts` replace those of `RunFacts`."""
    folder.mkdir(parents=True)
    log = np.random.default_rng(made.seed)  # the same calls for the same seed, however the run went
    run = np.random.default_rng(made.seed + 1 + len(folder.name))
    models = list(made.models)
    calls, attempts = [], []
    for number in range(made.count):
        model = models[int(log.integers(len(models)))]
        provider_model, dollars_in, dollars_out, median_s = made.models[model]
        prompt, completion = int(log.integers(20, 2000)), int(log.integers(10, 600))
        logged_s = float(median_s * log.lognormal(0, 0.4))
        usd = (prompt * dollars_in + completion * dollars_out) / 1e6
        at = BEGIN + timedelta(seconds=float(number * 4 + log.random()))
        name = made.names[int(log.integers(len(made.names)))]
        stream = bool(log.random() < 0.3)
        began = BEGIN + timedelta(hours=3) + (at - BEGIN) / (made.speed or 600)
        failed = bool(run.random() < made.failing)
        hit = not failed and bool(run.random() < made.cached)
        rescued = not failed and not hit and bool(run.random() < made.rescued)
        took_s = OVERHEAD_S if hit else logged_s * made.slower + OVERHEAD_S
        label = f"{model}-1"
        call = {
            "started": began.isoformat(), "kind": "chat", "model": model, "model_group": model,
            "provider": provider_model.split("/")[0], "provider_model": provider_model,
            "deployment": label, "status": 429 if failed else 200,
            "error": "429 Rate limit of the key reached" if failed else None, "stream": stream,
            "latency_s": 0.01 if failed else took_s, "ttft_s": took_s / 4 if stream and not failed else None,
            "prompt_tokens": None if failed else prompt, "completion_tokens": None if failed else completion,
            "total_tokens": None if failed else prompt + completion,
            "cost_usd": None if failed else 0.0 if hit else usd * made.dearer,
            "saved_usd": usd if hit else None, "overhead_ms": OVERHEAD_S * 1000, "cache_hit": hit,
            "retries": 0, "fallbacks": int(rescued), "key": f"{name}-key", "request_id": f"id-{number}",
            "number": number, "team": name, "user": f"user-{number % 7}", "feature": name.title(),
            "at": at.isoformat(), "scheduled": began.isoformat(), "cause": "key_limit" if failed else None,
        }  # fmt: skip
        if made.logged:
            call |= {
                "logged_model": provider_model, "logged_status": 200, "logged_prompt_tokens": prompt,
                "logged_completion_tokens": completion, "logged_latency_s": logged_s,
                "logged_ttft_s": logged_s / 4 if stream else None, "logged_cost_usd": usd,
                "logged_cache_hit": False,
            }  # fmt: skip
        calls.append(call)
        if failed or hit:
            continue
        attempt = {
            "number": number, "started": began.isoformat(), "deployment": label, "model_name": model,
            "provider": "openai", "model": provider_model.split("/")[-1], "status": 200, "outcome": "answered",
            "fault": None, "stream": stream, "latency_s": took_s - OVERHEAD_S,
            "prompt_tokens": prompt, "completion_tokens": completion,
        }  # fmt: skip
        if rescued:
            refused = {"status": 503, "outcome": "refused", "fault": "503 for all", "latency_s": 0.0}
            attempts.append(
                {**attempt, "deployment": f"{model}-0", "model_name": f"{model}-first", **refused}
            )
        attempts.append(attempt)
    _write(folder / CALLS_FILE, calls)
    _write(folder / ATTEMPTS_FILE, attempts)
    _write(folder / EVENTS_FILE, _events(made))
    spare = Deployment("spare-1", "spare", "groq", "openai", "groq/x", 40)
    deployments = [
        Deployment(f"{model}-1", model, of.split("/")[0], "openai", of, 3 + 5 * at)
        for at, (model, (of, *_)) in enumerate(made.models.items())
    ]
    told = {
        "name": folder.name, "config": f"{folder.name}.yaml", "config_digest": "0" * 64, "ended": made.ended,
        "started": BEGIN.isoformat(), "finished": (BEGIN + timedelta(minutes=1)).isoformat(), "seed": made.seed,
        "speed": made.speed, "deployments": [*deployments, spare],
        "traffic": {"name": "calls.jsonl", "format": "jsonl", "calls": made.count, "problems": {}},
        "replaced": [
            Replaced("replaced", "config.yaml:7", "model_list[0].litellm_params.api_key", "os.environ/KEY",
                     "a simulated key", "Every deployment is led to the simulator."),
            Replaced("scaled", "config.yaml:30", "router_settings.cooldown_time", "60", "1",
                     "The rehearsal runs 60 times as fast."),
            Replaced("not_rehearsed", "config.yaml:41", "litellm_settings.callbacks", "datadog", "",
                     "No request leaves this machine."),
        ],
        "stack": {"litellm": "1.106.12", "isolation": "a network namespace with loopback alone"},
        "notes": ["Limits per minute are multiplied by 60."],
    } | facts  # fmt: skip
    (folder / RUN).write_text(json.dumps(asdict(RunFacts(**told))))
    return folder


def made_rehearsal(out: Path, candidate: Made = Made(), against: Made | None = None) -> Path:
    """The folder of a rehearsal with one or two runs."""
    write_run(out / "runs" / "candidate", candidate)
    if against is not None:
        write_run(out / "runs" / "against", against)
    return out


def _events(made: Made) -> list[dict[str, Any]]:
    """Azure is slow for two minutes of the log, and Redis stays away from minute 8 on."""
    rows = [
        (120, "fault_on", "azure", "slow by 3 s"),
        (240, "fault_off", "azure", "slow by 3 s"),
        (480, "service_stopped", "redis", "Redis stops"),
    ]
    began = BEGIN + timedelta(hours=3)
    return [
        {"at_s": at_s, "happened": (began + timedelta(seconds=at_s / (made.speed or 600))).isoformat(),
         "kind": kind, "subject": subject, "detail": detail}
        for at_s, kind, subject, detail in rows
    ]  # fmt: skip


def _write(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
