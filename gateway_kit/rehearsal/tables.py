"""The tables that are made of a run's files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gateway_kit.common.tables import Column, Table
from gateway_kit.rehearsal.run_folder import REHEARSED_CALLS

if TYPE_CHECKING:
    import pandas as pd

# What the attempts add to a call.
FOUND = Table(
    Column("failed", "bool", "the caller got no answer, or not all of it"),
    Column(
        "attempts", "Int64", "requests that it made to simulated providers; missing if none were written down"
    ),
    Column("provider_s", "float64", "seconds at the simulated providers, all attempts together"),
    Column("fell_back", "bool", "another model of the configuration was tried"),
    Column("retried", "bool", "a model was tried more than once"),
    Column("fault", "string", "the story's trouble that struck one of its attempts; missing without one"),
    Column(
        "at_s", "float64", "seconds after the first call, on the log's clock; at full speed as they passed"
    ),
)
CALLS = Table(*REHEARSED_CALLS, *FOUND)

SUMMARY = Table(
    Column("calls", "int64", "that were made"),
    Column("failed", "int64", "of them, without a whole answer"),
    Column("failed_share", "float64", "failed / calls, 0 to 1; missing without calls"),
    Column("cost_usd", "float64", "US dollars charged"),
    Column("unpriced", "int64", "answered calls without a known cost, which count as 0"),
    Column("cache_hits", "int64", "calls that the gateway's cache answered"),
    Column("fell_back", "int64", "calls for which another model was tried"),
    Column("retried", "int64", "calls for which a model was tried more than once"),
    Column("answered", "int64", "calls of which the seconds are"),
    Column("latency_p50_s", "float64", "seconds until the last byte; missing without an answer"),
    Column("latency_p95_s", "float64", "likewise"),
    Column("latency_p99_s", "float64", "likewise"),
    Column("streams", "int64", "answered streams with a first content"),
    Column("ttft_p50_s", "float64", "streams: seconds until the first content"),
    Column("ttft_p95_s", "float64", "likewise"),
    Column("prompt_tokens", "int64", "of answered calls, without cache hits"),
    Column("completion_tokens", "int64", "likewise"),
)

DEPLOYMENTS = Table(
    Column("deployment", "string", "its label"),
    Column("model_name", "string", "the model name of the configuration that it serves"),
    Column("provider", "string", "openai, azure, … as LiteLLM names it"),
    Column("attempts", "int64", "requests that reached it"),
    Column("answered", "int64", "of them, with a whole answer"),
    Column("refused", "int64", "of them, with an error status"),
    Column("broken", "int64", "of them, with neither: cut off, or left by the gateway"),
    Column("faults", "int64", "requests that a trouble of the story struck"),
    Column("cooldowns", "int64", "times that the gateway put it aside"),
    Column("latency_p50_s", "float64", "seconds of its answers; missing without one"),
    Column("latency_p95_s", "float64", "likewise"),
)

REFUSALS = Table(
    Column(
        "cause",
        "string",
        "key_limit, team_limit, deployment_limit, budget, cooldown, …, as in `causes.CAUSES`",
    ),
    Column("calls", "int64", "that failed for it"),
    Column("share", "float64", "of all calls, 0 to 1"),
    Column("status", "Int64", "the most frequent HTTP status; missing if no answer came"),
    Column("models", "string", "the models that were asked for, those with most of the failures first"),
    Column(
        "first_s", "float64", "when the first one began: seconds after the first call, on the log's clock"
    ),
    Column("error", "string", "the most frequent text"),
)

ROUTES = Table(
    Column("model", "string", "the name that was asked for"),
    Column(
        "route", "string", "the deployments in the order in which they were tried, with what each answered"
    ),
    Column("calls", "int64", "that went this way"),
    Column("failed", "int64", "of them, without a whole answer"),
)

TROUBLES = Table(
    Column("subject", "string", "what was in trouble: a provider, a deployment's label, a service"),
    Column("detail", "string", "in words"),
    Column("begin_s", "float64", "seconds after the first call, on the log's clock"),
    Column("end_s", "float64", "likewise; missing if it had not ended when the run did"),
    Column("calls", "int64", "that began in this time"),
    Column("failed", "int64", "of them, without a whole answer"),
    Column("rescued", "int64", "of them, answered after a retry or a fallback"),
)

TIMELINE = Table(
    Column("at_s", "float64", "the interval's begin: seconds after the first call, on the log's clock"),
    Column("seconds", "float64", "the interval's length"),
    Column("answered", "int64", "calls that the first attempt answered"),
    Column("cached", "int64", "calls that the gateway's cache answered"),
    Column("rescued", "int64", "calls that were answered after a retry or a fallback"),
    Column("failed", "int64", "calls without a whole answer"),
)


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows as mappings by column name."""
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


def by_measure(table: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """The rows of a table with a column `measure`, by it."""
    return {row["measure"]: row for row in records(table)}
