"""Renders the dashboard of a store of calls."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

import pandas as pd

from gateway_kit.charts.dashboard import dashboard
from gateway_kit.metrics.dashboard import dashboard_metrics
from gateway_kit.metrics.percentiles import latency_percentiles, least_calls
from gateway_kit.widgets.dashboard.store import CallStore

PERCENTILES = (50, 95, 99)
# What calls can be grouped by: columns of `metrics.normalize_calls`, each of the tags, and cache hit or miss.
DIMENSIONS = ("model", "provider", "deployment", "key", "tag", "user", "team", "session", "cache")


@dataclass(frozen=True)
class Query:
    """Which calls to show, and how.

    window_s    only calls that began in the last so many seconds; 0 is all
    percentile  of the latency: 50, 95 or 99
    by          one of DIMENSIONS
    until       the end of the window; None is the newest call
    """

    window_s: float = 0.0
    percentile: int = 95
    by: str = "model"
    until: pd.Timestamp | None = None


@dataclass(frozen=True)
class Rendering:
    """A figure as PNG, its text alternative, a sentence for the status line, and the number of calls."""

    png: bytes = field(repr=False)
    alt: str
    status: str
    calls: int


class DashboardRenderer:
    """Keeps calls in the shape of `store.dashboard_calls`, and renders those that a query selects."""

    def __init__(self) -> None:
        self._store = CallStore()

    def add(self, calls: pd.DataFrame) -> int:
        """Append newer calls; returns how many there are."""
        self._store.add(calls)
        return len(self._store)

    def clear(self) -> None:
        """Forget all calls."""
        self._store.clear()

    def render(self, query: Query) -> Rendering:
        """The dashboard. Raises ValueError for a dimension that these calls do not have."""
        calls = self._select(query)
        figure = dashboard(dashboard_metrics(calls, by=query.by, percentiles=(query.percentile,)))
        return Rendering(figure.png(), figure.alt, summary_text(calls, query), len(calls))

    def _select(self, query: Query) -> pd.DataFrame:
        end = query.until if query.until is not None else self._store.newest()
        if not query.window_s or end is None:
            return self._store.calls()
        return self._store.since(end - timedelta(seconds=query.window_s))


def make_renderer() -> DashboardRenderer:
    """A renderer for a process that does nothing else."""
    import matplotlib

    # An eighth of the time, for letters that look the same.
    matplotlib.rcParams["text.hinting"] = "none"
    return DashboardRenderer()


def summary_text(calls: pd.DataFrame, query: Query) -> str:
    """The calls in a sentence: how many, the percentile of their latency, their cost, failures and cache hits."""
    when = f"in the last {query.window_s:g} s" if query.window_s else "in all"
    if calls.empty:
        return f"No call {when}."
    failed, hits = int(calls["failed"].sum()), int(calls["cache_hit"].sum())
    answered = len(calls) - failed
    parts = [f"{len(calls):,} call{'s' if len(calls) > 1 else ''} {when}"]
    if 0 < answered < least_calls(query.percentile):
        parts.append(f"too few for a p{query.percentile}")
    elif answered:
        latency = latency_percentiles(calls, None, percentiles=(query.percentile,))
        parts.append(f"p{query.percentile} {latency[f'latency_p{query.percentile}_s'].iloc[0]:.2f} s")
    parts.append(f"{calls['cost_usd'].sum():.6f} USD")
    parts.append(f"{failed / len(calls):.1%} failed")
    if answered:
        parts.append(f"{hits / answered:.0%} from the cache")
    return f"{', '.join(parts)}."
