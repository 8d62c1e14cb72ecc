"""The folder of one rehearsed configuration: what the run writes there, and the report reads.

| file             | what a line or the object is                                                              |
|------------------|-------------------------------------------------------------------------------------------|
| `run.json`       | `RunFacts`: what was rehearsed, how, what was replaced, how it ended                      |
| `requests.jsonl` | one call to make, as the load generator reads it; removed at the end                      |
| `calls.jsonl`    | one call made: the columns of `REHEARSED_CALLS`                                           |
| `attempts.jsonl` | one request that reached a simulated provider: the columns of `ATTEMPTS`                  |
| `events.jsonl`   | one thing that happened besides: the columns of `EVENTS`                                  |
| `progress.json`  | `Progress` as of now, replaced whole                                                      |

All are written as the run goes on, so that a run that was broken off leaves what it has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from gateway_kit.common.tables import TIME, Column, Table
from gateway_kit.gateway.record import CALLS

RUN, REQUESTS, CALLS_FILE = "run.json", "requests.jsonl", "calls.jsonl"
ATTEMPTS_FILE, EVENTS_FILE, PROGRESS = "attempts.jsonl", "events.jsonl", "progress.json"

# The header that a request carries through the gateway to the simulated provider: `call=12;in=812;out=95` and, where
# the log has them, `cached=`, `cache_write=` and `reasoning=`, all in tokens. `texts=`: so many texts are embedded,
# which LiteLLM may send one by one. Where LiteLLM does not forward it, says `stack/node/providers/plans.mjs`.
PLAN_HEADER = "x-rehearsal"

# So begins a note of trouble that did not come, and why.
NOT_CARRIED_OUT = "A part of the story was not carried out"

REHEARSED_CALLS = Table(
    *CALLS,
    Column("number", "int64", "place in the traffic, from 0"),
    Column("team", "string", "the team's alias of the key that was used; missing without one"),
    Column("user", "string", "the end user"),
    Column("feature", "string", "the first tag of the call"),
    Column("at", TIME, "when the log has it"),
    Column("scheduled", TIME, "when it was due in the rehearsal; missing at full speed"),
    Column(
        "cause",
        "string",
        "of a failed call: key_limit, team_limit, deployment_limit, budget, cooldown, model, …",
    ),
    Column("cached_tokens", "Int64", "of the prompt, read from the provider's cache"),
    Column("logged_model", "string", "the provider's model that answered, as the log has it"),
    Column("logged_status", "Int64", "HTTP status in the log"),
    Column("logged_prompt_tokens", "Int64", "input tokens in the log"),
    Column("logged_completion_tokens", "Int64", "output tokens in the log"),
    Column("logged_latency_s", "float64", "seconds in the log"),
    Column("logged_ttft_s", "float64", "seconds until the first content in the log"),
    Column("logged_cost_usd", "float64", "US dollars in the log"),
    Column("logged_cache_hit", "boolean", "whether the gateway's cache answered, in the log"),
)

ATTEMPTS = Table(
    Column("number", "Int64", "the call it belongs to; missing for a request that no call made"),
    Column("started", TIME, "when it reached the simulated provider"),
    Column("deployment", "string", "the label of the deployment, as in `RunFacts.deployments`"),
    Column("model_name", "string", "the model name of the configuration that the deployment serves"),
    Column("provider", "string", "openai, azure, … as the simulator names the dialect"),
    Column("model", "string", "the model, by the name that reached the provider"),
    Column("status", "Int64", "the provider's HTTP status; missing if the connection broke"),
    Column("outcome", "string", "answered, refused, cut, left, …"),
    Column("fault", "string", "the fault that struck; missing without one"),
    Column("stream", "bool", "a stream"),
    Column("latency_s", "float64", "seconds at the provider"),
    Column("prompt_tokens", "Int64", "as the provider counted"),
    Column("completion_tokens", "Int64", "as the provider counted"),
)

EVENTS = Table(
    Column("at_s", "float64", "seconds after the first call, on the clock of the log"),
    Column("happened", TIME, "when it happened in the rehearsal"),
    Column("kind", "string", "fault_on, fault_off, service_stopped, service_started, cooldown, note"),
    Column("subject", "string", "what it was about: a provider, a deployment's label, a service"),
    Column("detail", "string", "in words"),
)


@dataclass(frozen=True)
class Replaced:
    """One thing that the rehearsal changed in the configuration, kept, or cannot rehearse.

    `what` is replaced, scaled, kept or not_rehearsed; `place` is the file's line (`config.yaml:12`) or empty; `setting`
    its path (`model_list[0].litellm_params.api_key`); `was` and `now` never hold a secret; `why` is a sentence.
    """

    what: Literal["replaced", "scaled", "kept", "not_rehearsed"]
    place: str
    setting: str
    was: str
    now: str
    why: str


@dataclass(frozen=True)
class Deployment:
    """One deployment of the configuration, by the label that the simulator knows it by.

    `provider` is LiteLLM's name, `dialect` the simulator's; `model` as the configuration has it (`azure/gpt-4o`); `id`
    is what LiteLLM calls the deployment, here and in the log: the file's `model_info.id`, else the label.
    """

    label: str
    model_name: str
    provider: str
    dialect: str
    model: str
    line: int
    id: str = ""


@dataclass(frozen=True)
class RunFacts:
    """What was rehearsed and how; written at the start and again at the end.

    ended    running, complete, interrupted or failed
    speed    1 as the log has it, N for N times as fast; None for as fast as it goes
    traffic  the summary of the traffic file: name, format, calls, first and last time, problems by kind, models
    stack    versions of LiteLLM and the kit, `isolation` in words, the seconds that the start took
    notes    sentences that the report shows: what the speed changes, what was not rehearsed, what went wrong
    """

    name: str
    config: str
    config_digest: str
    ended: Literal["running", "complete", "interrupted", "failed"]
    started: str
    finished: str | None
    seed: int
    speed: float | None
    traffic: Mapping[str, Any]
    story: Sequence[Mapping[str, Any]] = ()
    mapped: Mapping[str, str] = field(default_factory=dict)
    deployments: Sequence[Deployment] = ()
    replaced: Sequence[Replaced] = ()
    stack: Mapping[str, Any] = field(default_factory=dict)
    notes: Sequence[str] = ()


@dataclass(frozen=True)
class Progress:
    """How far one run is: `step` in words, calls made of all, seconds that remain (None while unknown)."""

    run: str
    step: str
    made: int
    failed: int
    total: int
    remaining_s: float | None
    at_s: float
