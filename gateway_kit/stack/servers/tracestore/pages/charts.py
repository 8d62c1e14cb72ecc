"""Bar charts over time as numbers for a template: everything is a percentage, so that text keeps its size."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from gateway_kit.stack.servers.tracestore.pages.dashboard_data import OTHERS, Dashboard, step_title
from gateway_kit.stack.servers.tracestore.pages.formatting import duration, number, usd
from gateway_kit.stack.servers.tracestore.pages.ticks import (
    Tick,
    duration_ticks,
    number_ticks,
    time_labels,
    usd_ticks,
)


@dataclass(frozen=True)
class Bar:
    """A rectangle in percent of the drawing, and what it says."""

    x: float
    y: float
    width: float
    height: float
    series: int  # number of its colour
    title: str


@dataclass(frozen=True)
class Chart:
    """Bars from zero, one place per time step."""

    identifier: str
    title: str
    note: str
    unit: str
    legend: list[tuple[int, str]]
    bars: list[Bar]
    ticks: list[tuple[float, str]]  # (percent from the top, label) of the value axis
    times: list[tuple[float, str]]  # (percent from the left, label) of the time axis
    head: list[str]  # of the table that says the same
    rows: list[list[str]] = field(default_factory=list)


def _time_axis(times: Sequence[datetime], step: timedelta) -> list[tuple[float, str]]:
    places = {place / len(times): label for place, label in time_labels(times, step).items()}
    return [(place * 100, label) for place, label in places.items() if place < 0.95]


def _axis(ticks: list[Tick]) -> list[tuple[float, str]]:
    top = ticks[-1][0]
    return [(100 - value / top * 100, label) for value, label in ticks]


def stacked(
    identifier: str,
    title: str,
    data: Dashboard,
    series: Mapping[str, Mapping[datetime, float]],
    write: Callable[[float], str],
    colours: Mapping[str, int],
    *,
    unit: str,
    note: str = "",
) -> Chart:
    """One bar a time step, built of the series."""
    times = [row["bucket"] for row in data.times]
    sums = [sum(values.get(moment, 0) for values in series.values()) for moment in times]
    ticks = (usd_ticks if write is usd else number_ticks)(max(sums, default=0))
    top = ticks[-1][0]
    width = 100 / max(len(times), 1)
    bars = []
    for place, moment in enumerate(times):
        base = 0.0
        for name, values in series.items():
            value = values.get(moment, 0)
            if value <= 0:
                continue
            height = value / top * 100
            label = f"{moment:%Y-%m-%d %H:%M}: {name}, {write(value)}"
            bars.append(
                Bar(
                    place * width + width * 0.1,
                    100 - base - height,
                    width * 0.8,
                    height,
                    colours[name],
                    label,
                )
            )
            base += height
    rows = [
        [f"{moment:%Y-%m-%d %H:%M}", *(write(values.get(moment, 0)) for values in series.values())]
        for moment in times
    ]
    return Chart(
        identifier, title, note, unit, [(colours[name], name) for name in series], bars, _axis(ticks),
        _time_axis(times, data.step), ["Time (UTC)", *series], rows,
    )  # fmt: skip


def by_model(
    identifier: str, title: str, data: Dashboard, key: str, write: Callable[[float], str], unit: str
) -> Chart:
    """Requests or cost over time, stacked by model."""
    names = [*data.named, *([OTHERS] if len(data.models) > len(data.named) else [])]
    series = {
        name: {moment: float(row[key]) for (moment, model), row in data.series.items() if model == name}
        for name in names
    }
    return stacked(
        identifier, title, data, series, write, {name: place for place, name in enumerate(names)}, unit=unit
    )


def latency_over_time(data: Dashboard, title: str) -> Chart:
    """p95 as a pale bar, p50 as a full bar in front of it."""
    times = [row["bucket"] for row in data.times]
    ticks = duration_ticks(max((row["p95_ms"] or 0 for row in data.times), default=0))
    top = ticks[-1][0]
    width = 100 / max(len(times), 1)
    bars = []
    for place, row in enumerate(data.times):
        for series, key, share in ((8, "p95_ms", 0.8), (0, "p50_ms", 0.8)):
            if row[key] is not None:
                height = row[key] / top * 100
                text = (
                    f"{row['bucket']:%Y-%m-%d %H:%M}: p50 {duration(row['p50_ms'])}, "
                    f"p95 {duration(row['p95_ms'])}, n = {row['requests']:,}"
                )
                bars.append(
                    Bar(
                        place * width + width * (1 - share) / 2,
                        100 - height,
                        width * share,
                        height,
                        series,
                        text,
                    )
                )
    rows = [
        [
            f"{row['bucket']:%Y-%m-%d %H:%M}",
            number(row["requests"]),
            duration(row["p50_ms"]),
            duration(row["p95_ms"]),
        ]
        for row in data.times
    ]
    return Chart(
        "latency", title, "Half of the requests took no longer than p50, 95 of 100 no longer than p95.",
        "milliseconds or seconds", [(0, "p50"), (8, "p95")], bars, _axis(ticks),
        _time_axis(times, data.step), ["Time (UTC)", "n", "p50", "p95"], rows,
    )  # fmt: skip


def dashboard_charts(data: Dashboard, where: str) -> list[Chart]:
    """The dashboard's charts; `where` names the window (and the model) in their titles."""
    step, n = step_title(data.step), f"n = {data.total['requests']:,}"
    outcome = {
        "failed": {row["bucket"]: float(row["errors"]) for row in data.times},
        "from the cache": {row["bucket"]: float(row["cache_hits"]) for row in data.times},
    }
    tokens = {
        "from a provider": {row["bucket"]: float(row["tokens"]) for row in data.times},
        "repeated by the cache": {row["bucket"]: float(row["cached_tokens"]) for row in data.times},
    }
    return [
        by_model("requests", f"Requests per {step} by model, {where} ({n})", data, "requests", number, "requests"),
        by_model(
            "cost", f"Cost per {step} by model, {where} (total {usd(data.total['cost_usd'] or 0)})", data,
            "cost_usd", usd, "US dollars",
        ),
        latency_over_time(data, f"Latency per {step}: p50 and p95, {where} ({n})"),
        stacked(
            "outcomes",
            f"Failed requests and cache hits per {step}, {where} "
            f"({number(data.total['errors'] or 0)} failed, {number(data.total['cache_hits'] or 0)} from the cache)",
            data, outcome, number, {"failed": 1, "from the cache": 2}, unit="requests",
        ),
        stacked(
            "tokens", f"Tokens per {step}, {where} ({number(data.total['tokens'] or 0)} from a provider)", data,
            tokens, number, {"from a provider": 0, "repeated by the cache": 2}, unit="tokens",
            note="A cache hit repeats the tokens of the first answer; nobody is charged for them again.",
        ),
    ]  # fmt: skip
