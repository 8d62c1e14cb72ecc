"""Where the time of a request went."""

from __future__ import annotations

from typing import Any

import pandas as pd

from gateway_kit.charts.elements import bar_style, label_bars, legend_below, reserve_label_space, set_headline
from gateway_kit.charts.figure import ChartFigure, empty_figure, new_figure

_GATEWAY, _WAIT, _ANSWER, _ALL = (
    "the gateway itself",
    "wait for the first token",
    "first to last token",
    "the provider's answer",
)
_LOOKS = {_GATEWAY: 1, _WAIT: 4, _ANSWER: 0, _ALL: 2}


def request_waterfall(call: pd.Series[Any] | pd.DataFrame, *, title: str = "") -> ChartFigure:
    """Where a request's time went, in milliseconds: the gateway's own work, then the provider's answer.

    A stream's answer is divided at its first token. The gateway's part, `overhead_ms` as LiteLLM reports it, comes
    partly before and partly after the provider's; here it is one bar. A part that is not reported, such as the overhead
    of a stream from the cache, is not drawn.

    Args:
        call: A row of the call record, such as `gateway.calls.last`, or several rows.
        title: Replaces the headline.
    """
    calls = call.to_frame().T if isinstance(call, pd.Series) else call
    answered = calls[calls["latency_s"].notna()]
    steps = [step for number, (_, row) in enumerate(answered.iterrows(), 1) for step in _steps(row, number)]
    figure, (axes,) = new_figure(height=1.7 + 0.42 * max(len(steps), 3))
    if not steps:
        return empty_figure(figure, "No call with a latency yet")
    for kind, index in _LOOKS.items():
        mine = [(place, step) for place, step in enumerate(steps) if step["kind"] == kind]
        if mine:
            lasted_ms = [step["lasted_ms"] for _, step in mine]
            starts_ms = [step["start_ms"] for _, step in mine]
            places = [place for place, _ in mine]
            bars = axes.barh(places, lasted_ms, left=starts_ms, label=kind, **bar_style(index))
            label_bars(axes, bars, [f"{ms:,.0f} ms" for ms in lasted_ms])
    single = len(answered) == 1
    axes.set_yticks(range(len(steps)), [step["kind"] for step in steps] if single else _labels(steps))
    axes.invert_yaxis()
    end_ms = float(answered["latency_s"].max()) * 1000
    reserve_label_space(axes, [end_ms], [f"{end_ms:,.0f} ms"])
    axes.set_xlabel("milliseconds since the request")
    if not single:  # else the labels at the axis say it
        legend_below(axes, columns=4)
    set_headline(axes, title or _headline(steps, answered))
    return figure


def _steps(row: pd.Series[Any], number: int) -> list[dict[str, Any]]:
    """The parts of one request, in their order."""
    whole_ms = float(row["latency_s"]) * 1000
    first_ms = None if pd.isna(row["ttft_s"]) else float(row["ttft_s"]) * 1000
    own_ms = 0.0 if pd.isna(row["overhead_ms"]) else min(float(row["overhead_ms"]), first_ms or whole_ms)
    ends = [(_GATEWAY, own_ms)]
    ends += [(_ALL, whole_ms)] if first_ms is None else [(_WAIT, first_ms), (_ANSWER, whole_ms)]
    steps, start_ms = [], 0.0
    for kind, end_ms in ends:
        if end_ms > start_ms:
            steps.append({"kind": kind, "start_ms": start_ms, "lasted_ms": end_ms - start_ms, "call": number,
                          "model": row["model"]})  # fmt: skip
            start_ms = end_ms
    return steps


def _labels(steps: list[dict[str, Any]]) -> list[str]:
    """A label per bar: number and model at the first bar of each call."""
    seen: set[int] = set()
    names = []
    for step in steps:
        model = step["model"] if isinstance(step["model"], str) else "request"
        names.append("" if step["call"] in seen else f"{step['call']}  {model}")
        seen.add(step["call"])
    return names


def _headline(steps: list[dict[str, Any]], answered: pd.DataFrame) -> str:
    whole_ms = float(answered["latency_s"].sum()) * 1000
    own_ms = sum(step["lasted_ms"] for step in steps if step["kind"] == _GATEWAY)
    if not own_ms:
        return f"{whole_ms:,.0f} ms; the gateway does not report its own part"
    return f"The gateway itself took {own_ms:,.0f} of {whole_ms:,.0f} ms ({own_ms / whole_ms:.0%})"
