"""A run's calls and attempts in few rows. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from gateway_kit.metrics.calls import numbers
from gateway_kit.metrics.groups import group_calls
from gateway_kit.metrics.quantiles import grouped_quantiles
from gateway_kit.metrics.rates import ratio
from gateway_kit.rehearsal.run_folder import Deployment
from gateway_kit.rehearsal.tables import DEPLOYMENTS, REFUSALS, ROUTES, TIMELINE, records

_WRONG = 400
_SHARES = (0.5, 0.95, 0.99)
# Names in one cell.
_MOST_NAMES = 3


def summarise(calls: pd.DataFrame, by: str | None) -> pd.DataFrame:
    """The columns of `SUMMARY`, one row per group, the group with the most calls first."""
    groups = group_calls(calls, by)
    failed, hit = calls["failed"].to_numpy(), calls["cache_hit"].to_numpy()
    answered = ~failed
    cost, latency, ttft = (numbers(calls, name) for name in ("cost_usd", "latency_s", "ttft_s"))
    latency, ttft = np.where(answered, latency, np.nan), np.where(answered, ttft, np.nan)
    seconds = grouped_quantiles(latency[groups.rows], groups.cell, len(groups), _SHARES)
    first = grouped_quantiles(ttft[groups.rows], groups.cell, len(groups), _SHARES[:2])
    spent = answered & ~hit
    n, lost = groups.count(), groups.count(failed)
    columns: dict[str, np.ndarray[Any, Any]] = {
        "calls": n,
        "failed": lost,
        "failed_share": ratio(lost, n),
        "cost_usd": groups.total(cost),
        "unpriced": groups.count(answered & np.isnan(cost)),
        "cache_hits": groups.count(hit & answered),
        "fell_back": groups.count(calls["fell_back"].to_numpy()),
        "retried": groups.count(calls["retried"].to_numpy()),
        "answered": groups.count(~np.isnan(latency)),
        "latency_p50_s": seconds[:, 0],
        "latency_p95_s": seconds[:, 1],
        "latency_p99_s": seconds[:, 2],
        "streams": groups.count(~np.isnan(ttft)),
        "ttft_p50_s": first[:, 0],
        "ttft_p95_s": first[:, 1],
        "prompt_tokens": groups.total(np.where(spent, numbers(calls, "prompt_tokens"), 0)).astype("int64"),
        "completion_tokens": groups.total(np.where(spent, numbers(calls, "completion_tokens"), 0)).astype(
            "int64"
        ),
    }
    return groups.ordered(groups.table(columns), "calls")


def deployment_rows(
    deployments: Sequence[Deployment], attempts: pd.DataFrame, events: pd.DataFrame
) -> pd.DataFrame:
    """The columns of `DEPLOYMENTS`: those of the configuration in its order, then others that were reached."""
    facts = {each.label: (each.model_name, each.provider) for each in deployments}
    named = attempts[attempts["deployment"].notna()].drop_duplicates("deployment")
    for row in records(named):
        facts.setdefault(row["deployment"], (row["model_name"], row["provider"]))
    labels = list(facts)
    place = attempts["deployment"].map({label: at for at, label in enumerate(labels)})
    known = place.notna().to_numpy()
    cell = place[known].to_numpy("int64").astype(np.int64)
    mine = attempts[known]
    status = mine["status"]
    answered = (mine["outcome"] == "answered").fillna(False).to_numpy("bool") & (status < _WRONG).fillna(
        False
    ).to_numpy("bool")
    refused = (status >= _WRONG).fillna(False).to_numpy("bool")

    def count(which: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        return np.bincount(cell[which], minlength=len(labels))

    seconds = np.where(answered, mine["latency_s"].to_numpy(), np.nan)
    quantiles = grouped_quantiles(seconds, cell, len(labels), _SHARES[:2])
    put_aside = events.loc[events["kind"] == "cooldown", "subject"].value_counts()
    columns = {
        "deployment": labels,
        "model_name": [name for name, _ in facts.values()],
        "provider": [provider for _, provider in facts.values()],
        "attempts": np.bincount(cell, minlength=len(labels)),
        "answered": count(answered),
        "refused": count(refused),
        "broken": count(~answered & ~refused),
        "faults": count(mine["fault"].notna().to_numpy()),
        "cooldowns": [int(put_aside.get(label, 0)) for label in labels],
        "latency_p50_s": quantiles[:, 0],
        "latency_p95_s": quantiles[:, 1],
    }
    return pd.DataFrame(columns, columns=DEPLOYMENTS.columns).astype(DEPLOYMENTS.dtypes)


def refusal_rows(calls: pd.DataFrame) -> pd.DataFrame:
    """The columns of `REFUSALS`, the most frequent cause first."""
    failed = calls[calls["failed"]]
    cause = failed["cause"].fillna("cause not known")
    rows = [
        {
            "cause": name,
            "calls": len(part),
            "share": len(part) / len(calls),
            "status": _most(part["status"]),
            "models": listed_names(part["model"]),
            "first_s": part["at_s"].min(),
            "error": _most(part["error"]),
        }
        for name, part in failed.groupby(cause, sort=True)
    ]
    return REFUSALS.frame(rows).sort_values("calls", ascending=False, kind="stable", ignore_index=True)


def route_rows(calls: pd.DataFrame, attempts: pd.DataFrame) -> pd.DataFrame:
    """The columns of `ROUTES`: the ways of calls with more than one attempt, the most frequent first."""
    mine = attempts[attempts["number"].notna()]
    mine = mine[mine["number"].duplicated(keep=False)].sort_values(["number", "started"], kind="stable")
    if mine.empty:
        return ROUTES.frame([])
    answer = mine["status"].astype("string").fillna("cut off")
    step = mine["deployment"].fillna("cause not known") + " (" + answer + ")"
    ways = step.groupby(mine["number"].astype("int64"), sort=False).agg(" → ".join)
    called = calls.set_index("number")[["model", "failed"]]
    joined = called.join(ways.rename("route"), how="inner").fillna({"model": "none"})
    table = (
        joined.groupby(["model", "route"], sort=True)["failed"].agg(calls="size", failed="sum").reset_index()
    )
    table = table.sort_values("calls", ascending=False, kind="stable", ignore_index=True)
    return table[ROUTES.columns].astype(ROUTES.dtypes)


def timeline_rows(calls: pd.DataFrame, intervals: int = 60) -> pd.DataFrame:
    """The columns of `TIMELINE`: at most so many intervals of one round length, without gaps."""
    known = calls[calls["at_s"].notna()]
    if known.empty:
        return TIMELINE.frame([])
    width = _round_width(float(known["at_s"].max()) / intervals)
    place = np.floor(known["at_s"].to_numpy() / width).astype("int64")
    failed, hit = known["failed"].to_numpy(), known["cache_hit"].to_numpy()
    rescued = (known["fell_back"] | known["retried"]).to_numpy() & ~failed & ~hit
    count = int(place.max()) + 1

    def counted(which: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        return np.bincount(place[which], minlength=count)

    columns = {
        "at_s": np.arange(count) * width,
        "seconds": np.full(count, width),
        "answered": counted(~failed & ~hit & ~rescued),
        "cached": counted(hit & ~failed),
        "rescued": counted(rescued),
        "failed": counted(failed),
    }
    return pd.DataFrame(columns).astype(TIMELINE.dtypes)


def _round_width(least_s: float) -> float:
    """The shortest round interval that is at least so long: 1, 2 or 5 times a power of ten, or of 60 seconds."""
    minutes = [60.0 * n for n in (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440)]
    seconds = [n * 10.0**power for power in (-3, -2, -1, 0) for n in (1, 2, 5)] + [10.0, 15.0, 30.0]
    days = [86400.0 * n for n in (1, 2, 5, 10, 20, 50, 100, 200, 500)]
    return next((width for width in (*seconds, *minutes, *days) if width >= least_s), days[-1] * 10)


def listed_names(names: pd.Series[Any], most: int = _MOST_NAMES) -> str:
    """The most frequent names, and how many more there are."""
    counts = names.fillna("none").value_counts()
    more = f" and {len(counts) - most} more" if len(counts) > most else ""
    return ", ".join(map(str, counts.index[:most])) + more


def _most(values: pd.Series[Any]) -> Any:
    """The most frequent value; None without one."""
    counts = values.value_counts()
    return counts.index[0] if len(counts) else None
