"""Pictures of the call record: DataFrame in, matplotlib figure out. Nothing here touches pyplot's state.

Each function takes rows of `gateway.calls.frame()`. Axes carry units, the title states the finding, bars start at
zero, and the number of calls is shown. Empty data gives an empty picture that says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from io import BytesIO
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

# Okabe and Ito's palette: colour-blind readers can tell its colours apart (jfly.uni-koeln.de/color, 2008).
PALETTE = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#f0e442", "#000000")


class Picture(Figure):
    """A matplotlib Figure that a notebook shows by itself.

    A plain Figure shows as text until pyplot was imported, since only pyplot tells IPython how to draw one.
    """

    def _repr_png_(self) -> bytes:
        buffer = BytesIO()
        self.savefig(buffer, format="png")
        return buffer.getvalue()


def latency_and_cost(calls: pd.DataFrame) -> Picture:
    """Two bars per model side by side: median latency (seconds) and mean cost per call (USD per 1,000 calls)."""
    good = calls[calls["error"].isna()]
    figure, (left, right) = _figure(ncols=2)
    if good.empty:
        return _empty(figure, "No successful call yet")
    by_model = good.groupby("model", sort=False)
    latency_s = by_model["latency_s"].median().sort_values(ascending=False)
    cost = (by_model["cost_usd"].mean() * 1000).reindex(latency_s.index)
    names = [f"{name} (n={by_model.size()[name]})" for name in latency_s.index]
    _bars(left, names, list(latency_s), "median latency in seconds", "{:.2f} s")
    _bars(right, names, list(cost), "USD per 1,000 such calls", "{:.3f}")
    right.set_yticklabels([])
    left.set_title(f"{latency_s.index[-1]} is fastest", fontsize=11)
    right.set_title(f"{cost.idxmax()} costs most", fontsize=11)
    return figure


def time_to_first_token(calls: pd.DataFrame, *, title: str = "") -> Picture:
    """A bar per streamed call, in seconds: the wait for the first piece of text, and the rest of the answer."""
    streams = calls[calls["error"].isna() & calls["ttft_s"].notna()].sort_values("latency_s", ascending=False)
    figure, (axes,) = _figure()
    if streams.empty:
        return _empty(figure, "No stream yet")
    places = range(len(streams))
    waits_s = list(streams["ttft_s"])
    rests_s = list(streams["latency_s"] - streams["ttft_s"])
    axes.barh(places, waits_s, color=PALETTE[1], label="until the first piece of text")
    rest = axes.barh(places, rests_s, left=waits_s, color=PALETTE[5], label="until the last")
    axes.bar_label(rest, [f"{total:.2f} s" for total in streams["latency_s"]], padding=4, fontsize=9)
    axes.set_yticks(places, list(streams["model"]))
    axes.set_xlim(0, streams["latency_s"].max() * 1.15)
    axes.set_xlabel("seconds since the request")
    _legend_below(axes)
    share = streams["ttft_s"].sum() / streams["latency_s"].sum() * 100
    axes.set_title(title or f"The first words are there after {share:.0f} % of the time", fontsize=11)
    return figure


def traffic_share(runs: Mapping[str, pd.DataFrame], *, title: str = "") -> Picture:
    """A bar per run, divided by deployment: who answered what share of the calls, in percent.

    `runs` maps a name, such as the strategy in force, to the calls made under it.
    """
    counts = {name: _answered(calls)["deployment"].value_counts() for name, calls in runs.items()}
    figure, (axes,) = _figure(height=1.6 + 0.5 * max(len(counts), 1))
    deployments = sorted({str(d) for count in counts.values() for d in count.index})
    if not deployments:
        return _empty(figure, "No answered call yet")
    places = range(len(counts))
    shares = {
        d: [float(c.get(d, 0)) / max(int(c.sum()), 1) * 100 for c in counts.values()] for d in deployments
    }
    left = [0.0] * len(counts)
    for index, (deployment, share) in enumerate(shares.items()):
        bars = axes.barh(places, share, left=left, color=_colour(index), label=_short(deployment))
        # A label in a sliver would run over its neighbours.
        labels = [f"{value:.0f} %" if value >= 5 else "" for value in share]
        axes.bar_label(bars, labels, label_type="center", fontsize=9, color="white")
        left = [a + b for a, b in zip(left, share, strict=True)]
    axes.set_yticks(places, [f"{name} (n={int(count.sum())})" for name, count in counts.items()])
    axes.invert_yaxis()  # the first run on top
    axes.set_xlim(0, 100)
    axes.set_xlabel("share of the answered calls in percent")
    _legend_below(axes, columns=4)
    axes.set_title(title or _widest(list(runs), shares), fontsize=11)
    return figure


def traffic_over_time(
    calls: pd.DataFrame, *, outage: tuple[datetime, datetime] | None = None, title: str = ""
) -> Picture:
    """A dot per call: when it was made (seconds since the first), which deployment answered, or that it failed.

    Calls answered only after a retry or a fallback are ringed; the time of an `outage` is shaded.
    """
    figure, (axes,) = _figure()
    if calls.empty:
        return _empty(figure, "No call yet")
    ordered = calls.sort_values("started")
    begin = ordered["started"].min()
    since_s = (ordered["started"] - begin).dt.total_seconds()
    failed = ordered["error"].notna()
    lane = ordered["deployment"].fillna("unknown").mask(failed, "failed")
    names = sorted(set(lane) - {"failed"}, reverse=True)
    # The same order of colours as in `traffic_share`, so that a deployment keeps its colour.
    colours = {name: _colour(index) for index, name in enumerate(reversed(names))}
    if failed.any():
        names.insert(0, "failed")
    if outage is not None:
        from_s, to_s = ((moment - begin).total_seconds() for moment in outage)
        axes.axvspan(from_s, to_s, color="#000000", alpha=0.1, lw=0, label="outage")
    for index, name in enumerate(names):
        here = lane == name
        colour, marker = ("#000000", "x") if name == "failed" else (colours[name], "o")
        axes.scatter(since_s[here], [index] * int(here.sum()), s=36, zorder=3, color=colour, marker=marker)
    rings = ((ordered["retries"].fillna(0) + ordered["fallbacks"].fillna(0)) > 0) & ~failed
    if rings.any():
        places = [names.index(name) for name in lane[rings]]
        label = "answered after a retry or fallback"
        axes.scatter(
            since_s[rings], places, facecolors="none", edgecolors="#000000", s=130, zorder=4, label=label
        )
    if outage is not None or rings.any():
        _legend_below(axes)
    axes.set_yticks(range(len(names)), [f"{_short(name)} (n={int((lane == name).sum())})" for name in names])
    axes.set_ylim(-0.6, len(names) - 0.4)
    axes.set_xlabel("seconds since the first call")
    axes.grid(axis="x", alpha=0.3)
    answered = int((~failed).sum())
    axes.set_title(title or f"{answered} of {len(ordered)} calls were answered", fontsize=11)
    return figure


def _answered(calls: pd.DataFrame) -> pd.DataFrame:
    return calls[calls["error"].isna() & calls["deployment"].notna()]


def _widest(runs: list[str], shares: Mapping[str, list[float]]) -> str:
    """The finding of a traffic share: who answers most, or whose share changes most between the runs."""
    if len(runs) == 1:
        most = max(shares, key=lambda name: shares[name][0])
        return f"{_short(most)} answered most: {shares[most][0]:.0f} % of the calls"
    name = max(shares, key=lambda d: max(shares[d]) - min(shares[d]))
    share = shares[name]
    high, low = share.index(max(share)), share.index(min(share))
    return (
        f"{_short(name)} answers {share[high]:.0f} % with {runs[high]}, {share[low]:.0f} % with {runs[low]}"
    )


def _short(deployment: str) -> str:
    """A deployment's id for a label: LiteLLM's own ids are 64 characters long."""
    return deployment if len(deployment) <= 24 else f"{deployment[:8]}…"


def _colour(index: int) -> str:
    return PALETTE[index % len(PALETTE)]


def _legend_below(axes: Axes, columns: int = 2) -> None:
    handles, labels = axes.get_legend_handles_labels()
    axes.figure.legend(handles, labels, loc="outside lower center", ncols=columns, frameon=False, fontsize=9)


def _figure(ncols: int = 1, height: float = 3.2) -> tuple[Picture, list[Axes]]:
    figure = Picture(figsize=(9, height), layout="constrained", dpi=100)
    axes = list(figure.subplots(ncols=ncols, squeeze=False)[0])
    for one in axes:
        one.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _bars(axes: Axes, names: list[str], values: list[float], label: str, form: str) -> None:
    places = range(len(names))
    bars = axes.barh(places, values, color=[_colour(i) for i in places])
    axes.bar_label(bars, [form.format(value) for value in values], padding=4, fontsize=9)
    axes.set_yticks(places, names)
    axes.set_xlim(0, max([*values, 1e-12]) * 1.25)
    axes.set_xlabel(label)


def _empty(figure: Picture, text: str) -> Picture:
    figure.clear()
    axes = figure.add_subplot()
    axes.axis("off")
    axes.text(0.5, 0.5, text, ha="center", va="center", fontsize=12)
    return figure
