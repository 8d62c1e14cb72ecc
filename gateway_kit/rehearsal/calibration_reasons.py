"""Why a run's cost and latency differ from the log's: each reason with its share. Pure functions.

Of the cost, each call has one reason, the first that applies; its difference counts for it. Of a percentile, reasons
are removed one after the other: the calls' seconds are replaced by the log's (or the gateway's own time is taken away),
and what the percentile then loses is the reason's amount. So the amounts of a measure add up to its difference.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gateway_kit.common.tables import Column, Table
from gateway_kit.metrics.calls import numbers
from gateway_kit.rehearsal.log import log_failed
from gateway_kit.rehearsal.summaries import listed_names

REASONS = Table(
    Column("measure", "string", "cost_usd, latency_p50_s or latency_p95_s"),
    Column("reason", "string", "in words"),
    Column("calls", "int64", "to which it applies"),
    Column(
        "amount",
        "float64",
        "US dollars or seconds that it adds to the rehearsal; negative if it takes them away",
    ),
    Column("share", "float64", "amount / the log's figure"),
    Column("models", "string", "of these calls, the most frequent first"),
)
FAILED_HERE = "the call failed in the rehearsal, and not in the log"
FAILED_THERE = "the call failed in the log, and not in the rehearsal"
HIT_HERE = "the gateway's cache answered in the rehearsal, and not in the log"
HIT_THERE = "the gateway's cache answered in the log, and not in the rehearsal"
UNPRICED = "the rehearsed gateway has no price for the model"
OTHER_MODEL = "another model answered than in the log"
NO_TOKENS = "the log has no token counts, so the simulated answers have other lengths"
OTHER_TOKENS = "the tokens that were counted are not those of the log"
CACHED_TOKENS = "a part of the prompt was read from the provider's cache"
OTHER_PRICE = (
    "the same model and tokens at another price: a discount, another price list, or tokens that the log hides"
)
TROUBLE = "a trouble of the story struck the call"
TRIED_AGAIN = "the call was answered after a retry or a fallback"
OVERHEAD = "the time that the rehearsed gateway adds itself"
QUEUED = "the call waited, since at full speed calls queue"
WAITED = "the call waited for the rehearsed gateway, outside of the time that it counts itself"
TAKEN_OFF = "the simulated providers leave out the time that the gateway was measured to add"
DRAWN = "the seconds of the simulated providers, which are drawn from a fit of the log"

# What providers append to a model's name when they answer: gpt-4o-2024-08-06, claude-haiku-4-5-20251001.
_VERSION = r"-(?:20\d{2}-?\d{2}-?\d{2})$"
# Two costs or two token counts that differ by no more are the same.
_NO_MONEY, _SAME_TOKENS = 1e-9, 0
Numbers = NDArray[np.float64]
Truths = NDArray[np.bool_]


def cost_reasons(calls: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """The rows of the cost, the largest amount first; calls whose cost the log does not have are left out."""
    calls = calls[calls["logged_cost_usd"].notna()]
    there, here = numbers(calls, "logged_cost_usd"), np.nan_to_num(numbers(calls, "cost_usd"))
    change = here - there
    logged = float(there.sum())
    left = np.abs(change) > _NO_MONEY
    rows = []
    for reason, applies in _cost_cases(calls, there, here).items():
        mine = left & applies
        if mine.any():
            rows.append(_row("cost_usd", reason, calls, mine, float(change[mine].sum()), logged))
        left &= ~applies
    yield from sorted(rows, key=lambda row: -abs(row["amount"]))


def _cost_cases(calls: pd.DataFrame, there: Numbers, here: Numbers) -> Mapping[str, Truths]:
    """Reason → the calls to which it applies, from the plainest to what remains."""
    failed, failed_there = calls["failed"].to_numpy(), log_failed(calls).to_numpy()
    hit, hit_there = _hits(calls)
    known = ~np.isnan(numbers(calls, "logged_prompt_tokens")) & ~np.isnan(
        numbers(calls, "logged_completion_tokens")
    )
    return {
        FAILED_HERE: failed & ~failed_there,
        FAILED_THERE: failed_there & ~failed,
        HIT_HERE: hit & ~hit_there,
        HIT_THERE: hit_there & ~hit,
        UNPRICED: (here == 0) & (there > 0) & ~failed,
        OTHER_MODEL: _other_model(calls),
        NO_TOKENS: ~known,
        OTHER_TOKENS: _other_tokens(calls),
        CACHED_TOKENS: np.nan_to_num(numbers(calls, "cached_tokens")) > 0,
        OTHER_PRICE: np.ones(len(calls), dtype=bool),
    }


def latency_reasons(
    calls: pd.DataFrame, speed: float | None, taken_off_s: float = 0.0
) -> Iterator[dict[str, Any]]:
    """The rows of p50 and p95, the largest amount first."""
    failed = calls["failed"].to_numpy()
    there = np.where(log_failed(calls).to_numpy(), np.nan, numbers(calls, "logged_latency_s"))
    calls, there = calls[~np.isnan(there)], there[~np.isnan(there)]
    if not len(calls):
        return
    failed = calls["failed"].to_numpy()
    here = np.where(failed, np.nan, numbers(calls, "latency_s"))
    if np.isnan(here).all():
        return
    steps = list(_steps(calls, there, here, speed, taken_off_s))
    for percentile in (50, 95):
        measure = f"latency_p{percentile}_s"
        logged = float(np.percentile(there, percentile))
        before = float(np.nanpercentile(here, percentile))
        rows = []
        for reason, applies, seconds in steps:
            after = float(np.nanpercentile(seconds, percentile))
            if applies.any() and before != after:
                rows.append(_row(measure, reason, calls, applies, before - after, logged))
            before = after
        yield from sorted(rows, key=lambda row: -abs(row["amount"]))


def _steps(
    calls: pd.DataFrame, there: Numbers, here: Numbers, speed: float | None, taken_off_s: float
) -> Iterator[tuple[str, Truths, Numbers]]:
    """Reason → the calls to which it applies, and everybody's seconds once it is removed; at the end the log's."""
    # First what the gateway and the way to it add, of every call, so that it counts for no other reason.
    provider = numbers(calls, "provider_s")
    overhead = np.nan_to_num(numbers(calls, "overhead_ms")) / 1000
    known = ~np.isnan(provider) & ~np.isnan(here)
    seconds = np.where(known, np.minimum(here, provider + overhead), here)
    yield (QUEUED if speed is None else WAITED), known, seconds
    seconds = np.where(known, np.minimum(seconds, provider), seconds)
    yield OVERHEAD, known & (overhead > 0), seconds
    seconds = np.where(known & (taken_off_s > 0), seconds + taken_off_s, seconds)
    yield TAKEN_OFF, known & (taken_off_s > 0), seconds
    hit, hit_there = _hits(calls)
    failed = np.isnan(here)
    cases = {
        HIT_HERE: hit & ~hit_there,
        HIT_THERE: hit_there & ~hit,
        TROUBLE: calls["fault"].notna().to_numpy(),
        TRIED_AGAIN: (calls["fell_back"] | calls["retried"]).to_numpy(),
        OTHER_MODEL: _other_model(calls),
        DRAWN: np.ones(len(calls), dtype=bool),
    }
    left = ~failed
    for reason, applies in cases.items():
        mine = left & applies
        seconds = np.where(mine, there, seconds)
        left &= ~applies
        yield reason, mine, seconds
    # Last, since all others have the log's seconds now: what the calls that are missing would have changed.
    yield FAILED_HERE, failed, there


def _hits(calls: pd.DataFrame) -> tuple[Truths, Truths]:
    there = calls["logged_cache_hit"].fillna(False).to_numpy("bool")
    return calls["cache_hit"].to_numpy() & ~calls["failed"].to_numpy(), there


def _other_model(calls: pd.DataFrame) -> Truths:
    """Whether the models that answered differ; `azure/gpt-4o` is the `gpt-4o` of a log that leaves out the provider."""
    there, here = (_short_names(calls[name]) for name in ("logged_model", "provider_model"))
    return ((there != here) & there.notna() & here.notna()).fillna(False).to_numpy("bool")


def _short_names(names: pd.Series[Any]) -> pd.Series[Any]:
    """Without the provider and the version; each name is looked at once."""
    known = names.dropna().unique()
    return names.map({name: re.sub(_VERSION, "", name.rsplit("/", 1)[-1].lower()) for name in known})


def _other_tokens(calls: pd.DataFrame) -> Truths:
    differs = np.zeros(len(calls), dtype=bool)
    for name in ("prompt_tokens", "completion_tokens"):
        apart = np.abs(numbers(calls, name) - numbers(calls, f"logged_{name}"))
        differs |= np.nan_to_num(apart) > _SAME_TOKENS
    return differs


def _row(
    measure: str, reason: str, calls: pd.DataFrame, which: Truths, amount: float, logged: float
) -> dict[str, Any]:
    return {
        "measure": measure,
        "reason": reason,
        "calls": int(which.sum()),
        "amount": amount,
        "share": amount / logged if logged else np.nan,
        "models": listed_names(calls.loc[which, "model"]),
    }
