"""The text alternative of a figure, read from its axes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from matplotlib.text import Annotation, Text
from matplotlib.ticker import FixedLocator, ScalarFormatter

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

# Longer lists are cut: a screen reader would go on for too long.
_MOST = 12


def alt_text(figure: Figure) -> str:
    """Title, axes with their units and ranges, legend, and the numbers in the chart."""
    parts: list[str] = []
    names: Mapping[float, str] = {}
    for axes in figure.axes:
        # Of axes side by side with the same labels only the first shows them.
        names = _names(axes.yaxis) or (names if set(axes.get_yticks()) == set(names) else {})
        parts.append(_axes_text(axes, names))
    legends = [*figure.legends, *(legend for axes in figure.axes if (legend := axes.get_legend()))]
    if entries := [text.get_text() for legend in legends for text in legend.get_texts()]:
        parts.append(f"Legend: {_listed(entries)}.")
    return " ".join(parts)


def _axes_text(axes: Axes, names: Mapping[float, str]) -> str:
    written = [words for text in axes.texts if (words := one_line(text.get_text()))]
    if not axes.axison:  # the empty figure
        return " ".join(f"{text}." for text in written)
    parts = [one_line(axes.get_title()), _axis_text(axes.xaxis, "From left to right")]
    if names and written:
        parts.append(_named_numbers(axes, names))
    else:
        parts.append(_axis_text(axes.yaxis, "From bottom to top"))
        parts.append(f"Numbers: {_listed(written)}" if written else "")
    return " ".join(f"{part}." for part in parts if part)


def _named_numbers(axes: Axes, names: Mapping[float, str]) -> str:
    """Each name with the numbers at its height, and their series."""
    at: dict[int, list[str]] = {}
    for text in axes.texts:
        at.setdefault(round(_height(text)), []).append(one_line(text.get_text()))
    series = [str(container.get_label()) for container in axes.containers]
    rows = []
    for place, name in names.items():
        numbers = at.get(round(place), [])
        # If every series has a number here, the numbers are in the order of the series.
        named = [f"{name} " for name in series] if len(series) == len(numbers) > 1 else [""] * len(numbers)
        listed = ", ".join(f"{name}{number}" for name, number in zip(named, numbers, strict=True) if number)
        rows.append(": ".join(part for part in (name, listed) if part))
    return _listed([row for row in rows if row], "; ")


def _height(text: Text) -> float:
    """The position of a number on the y axis."""
    return float(text.xy[1] if isinstance(text, Annotation) else text.get_position()[1])


def _axis_text(axis: Axis, way: str) -> str:
    label, names = one_line(axis.get_label_text()), [name for name in _names(axis).values() if name]
    if names:
        if way.startswith("From bottom") and axis.get_inverted():
            way = "From top to bottom"
        return f"{way}: {label + ': ' if label else ''}{_listed(names)}"
    if not label:
        return ""
    write = axis.get_major_formatter()
    ends = (float(f"{end:.3g}") for end in sorted(axis.get_view_interval()))
    low, high = (f"{end:g}" if _is_plain(axis) else one_line(write(end)) for end in ends)
    return f"{way}: {label}, {low} to {high}"


def _names(axis: Axis) -> dict[float, str]:
    """Position → label of an axis; empty if the axis has numbers."""
    if not isinstance(axis.get_major_locator(), FixedLocator) or _is_plain(axis):
        return {}
    words = [one_line(label.get_text()) for label in axis.get_ticklabels()]
    return dict(zip(axis.get_ticklocs(), words, strict=True)) if any(words) else {}


def _is_plain(axis: Axis) -> bool:
    return isinstance(axis.get_major_formatter(), ScalarFormatter)


def _listed(words: list[str], between: str = ", ") -> str:
    more = f" and {len(words) - _MOST} more" if len(words) > _MOST else ""
    return between.join(words[:_MOST]) + more


def one_line(text: str) -> str:
    """The text on one line."""
    # A name broken at a hyphen or a slash has no space there.
    return " ".join(re.sub(r"(?<=[-/])\n", "", text).split())
