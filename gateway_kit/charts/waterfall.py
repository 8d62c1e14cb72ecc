"""Where the time of one request went, or of a few."""

from __future__ import annotations

from typing import Any

import pandas as pd

from gateway_kit.charts.parts import bar_of, label_bars, legend_below, room_for_labels, set_headline
from gateway_kit.charts.picture import Picture, empty_picture, new_figure
from gateway_kit.charts.theme import LIGHT, Theme

_GATEWAY, _WAIT, _ANSWER, _ALL = (
    "the gateway itself",
    "wait for the first token",
    "first to last token",
    "the provider's answer",
)
_LOOKS = {_GATEWAY: 1, _WAIT: 4, _ANSWER: 0, _ALL: 2}


def request_waterfall(
    call: pd.Series[Any] | pd.DataFrame, *, title: str = "", theme: Theme = LIGHT
) -> Picture:
    """Steps from the top left to the bottom right, in milliseconds since the request left: where its time went.

    First what LiteLLM says that it added (`overhead_ms`), then the provider: of a stream until its first token and
    until its last, else until the whole answer. `call` is a row of the call record, `gateway.calls.last`, or several
    rows, each with steps of its own. LiteLLM adds its part before and after the provider's; here it is one bar. For a
    stream it tells no overhead on a cache hit; a part that nobody told is not drawn.
    """
    calls = call.to_frame().T if isinstance(call, pd.Series) else call
    answered = calls[calls["latency_s"].notna()]
    steps = [step for number, (_, row) in enumerate(answered.iterrows(), 1) for step in _steps(row, number)]
    figure, (axes,) = new_figure(height=1.7 + 0.42 * max(len(steps), 3), theme=theme)
    if not steps:
        return empty_picture(figure, "No call with a latency yet")
    for kind, index in _LOOKS.items():
        mine = [(place, step) for place, step in enumerate(steps) if step["kind"] == kind]
        if mine:
            lasted_ms = [step["lasted_ms"] for _, step in mine]
            starts_ms = [step["start_ms"] for _, step in mine]
            places = [place for place, _ in mine]
            bars = axes.barh(places, lasted_ms, left=starts_ms, label=kind, **bar_of(theme, index))
            label_bars(axes, bars, [f"{ms:,.0f} ms" for ms in lasted_ms])
    single = len(answered) == 1
    axes.set_yticks(range(len(steps)), [step["kind"] for step in steps] if single else _lanes(steps))
    axes.invert_yaxis()
    end_ms = float(answered["latency_s"].max()) * 1000
    room_for_labels(axes, [end_ms], [f"{end_ms:,.0f} ms"])
    axes.set_xlabel("milliseconds since the request left")
    if not single:  # else each lane says what it is
        legend_below(axes, columns=4)
    set_headline(axes, title or _found(steps, answered))
    return figure


def _steps(row: pd.Series[Any], number: int) -> list[dict[str, Any]]:
    """The parts of one request, one after the other."""
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


def _lanes(steps: list[dict[str, Any]]) -> list[str]:
    """A name for each lane: number and model at a call's first step."""
    seen: set[int] = set()
    names = []
    for step in steps:
        model = step["model"] if isinstance(step["model"], str) else "request"
        names.append("" if step["call"] in seen else f"{step['call']}  {model}")
        seen.add(step["call"])
    return names


def _found(steps: list[dict[str, Any]], answered: pd.DataFrame) -> str:
    whole_ms = float(answered["latency_s"].sum()) * 1000
    own_ms = sum(step["lasted_ms"] for step in steps if step["kind"] == _GATEWAY)
    if not own_ms:
        return f"{whole_ms:,.0f} ms; of its own work the gateway tells nothing"
    return f"The gateway itself took {own_ms:,.0f} of {whole_ms:,.0f} ms ({own_ms / whole_ms:.0%})"
