"""Bar charts over time as numbers for a template: positions are percentages, so that text keeps its size."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

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
    """A rectangle in percent of the drawing, and its tooltip."""

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
    head: list[str]  # of the table with the same numbers
    rows: list[list[str]]


def _bar(place: int, places: int, base: float, height: float, series: int, title: str) -> Bar:
    width = 100 / places
    return Bar(place * width + width * 0.1, 100 - base - height, width * 0.8, height, series, title)


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"


def _time_axis(data: Dashboard) -> list[tuple[float, str]]:
    labels = time_labels([row["bucket"] for row in data.times], data.step)
    places = {place / len(data.times): label for place, label in labels.items()}
    return [(place * 100, label) for place, label in places.items() if place < 0.95]


def _value_axis(ticks: list[Tick]) -> list[tuple[float, str]]:
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
    """One bar per time step, stacked from the series."""
    times = [row["bucket"] for row in data.times]
    sums = [sum(values.get(moment, 0) for values in series.values()) for moment in times]
    ticks = (usd_ticks if write is usd else number_ticks)(max(sums, default=0))
    top = ticks[-1][0]
    bars = []
    for place, moment in enumerate(times):
        base = 0.0
        for name, values in series.items():
            if (value := values.get(moment, 0)) > 0:
                height = value / top * 100
                label = f"{_minute(moment)}: {name}, {write(value)}"
                bars.append(_bar(place, len(times), base, height, colours[name], label))
                base += height
    rows = [
        [_minute(moment), *(write(values.get(moment, 0)) for values in series.values())] for moment in times
    ]
    return Chart(
        identifier, title, note, unit, [(colours[name], name) for name in series], bars, _value_axis(ticks),
        _time_axis(data), ["Time (UTC)", *series], rows,
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
    ticks = duration_ticks(max((row["p95_ms"] or 0 for row in data.times), default=0))
    top = ticks[-1][0]
    bars, rows = [], []
    for place, row in enumerate(data.times):
        time, p50, p95 = _minute(row["bucket"]), duration(row["p50_ms"]), duration(row["p95_ms"])
        rows.append([time, number(row["requests"]), p50, p95])
        label = f"{time}: p50 {p50}, p95 {p95}, n = {row['requests']:,}"
        for series, key in ((8, "p95_ms"), (0, "p50_ms")):
            if row[key] is not None:
                bars.append(_bar(place, len(data.times), 0.0, row[key] / top * 100, series, label))
    return Chart(
        "latency", title, "Half of the requests took no longer than p50, 95 of 100 no longer than p95.",
        "milliseconds or seconds", [(0, "p50"), (8, "p95")], bars, _value_axis(ticks), _time_axis(data),
        ["Time (UTC)", "n", "p50", "p95"], rows,
    )  # fmt: skip


def _over_time(data: Dashboard, key: str) -> dict[datetime, float]:
    return {row["bucket"]: float(row[key]) for row in data.times}


def dashboard_charts(data: Dashboard, where: str) -> list[Chart]:
    """The dashboard's charts; `where` names the window (and the model) in their titles."""
    step, n = step_title(data.step), f"n = {data.total['requests']:,}"
    outcome = {"failed": _over_time(data, "errors"), "from the cache": _over_time(data, "cache_hits")}
    tokens = {
        "from a provider": _over_time(data, "tokens"), "repeated by the cache": _over_time(data, "cached_tokens"),
    }  # fmt: skip
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
