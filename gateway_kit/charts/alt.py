"""A picture in words, read from its axes, for those who do not see it."""

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

# More than this nobody listens to.
_MOST = 12


def alt_text(figure: Figure) -> str:
    """Title, axes with their units and ranges, legend, and the numbers that are written into the picture."""
    parts: list[str] = []
    names: Mapping[float, str] = {}
    for axes in figure.axes:
        # Axes beside others with the same names do not show them again.
        names = _names(axes.yaxis) or (names if set(axes.get_yticks()) == set(names) else {})
        parts.append(_axes_text(axes, names))
    legends = [*figure.legends, *(legend for axes in figure.axes if (legend := axes.get_legend()))]
    if entries := [text.get_text() for legend in legends for text in legend.get_texts()]:
        parts.append(f"Legend: {_listed(entries)}.")
    return " ".join(parts)


def _axes_text(axes: Axes, names: Mapping[float, str]) -> str:
    written = [words for text in axes.texts if (words := one_line(text.get_text()))]
    if not axes.axison:  # the empty picture
        return " ".join(f"{text}." for text in written)
    said = [one_line(axes.get_title()), _axis_text(axes.xaxis, "From left to right")]
    if names and written:
        said.append(_named_numbers(axes, names))
    else:
        said.append(_axis_text(axes.yaxis, "From bottom to top"))
        said.append(f"Numbers: {_listed(written)}" if written else "")
    return " ".join(f"{part}." for part in said if part)


def _named_numbers(axes: Axes, names: Mapping[float, str]) -> str:
    """Each name with the numbers that are written at its height, and the series that they belong to."""
    at: dict[int, list[str]] = {}
    for text in axes.texts:
        at.setdefault(round(_height(text)), []).append(one_line(text.get_text()))
    series = [str(container.get_label()) for container in axes.containers]
    said = []
    for place, name in names.items():
        numbers = at.get(round(place), [])
        # Where every series wrote something here, in their order, each number has its series' name.
        of = [f"{one} " for one in series] if len(series) == len(numbers) > 1 else [""] * len(numbers)
        told = ", ".join(f"{one}{number}" for one, number in zip(of, numbers, strict=True) if number)
        said.append(": ".join(part for part in (name, told) if part))
    return _listed([one for one in said if one], "; ")


def _height(text: Text) -> float:
    """How high a number stands, as the upright axis counts."""
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
    """The words at an axis by their places; none where there are numbers, or nothing."""
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
    """The text without line breaks and without spaces at its ends."""
    # A name that was broken at a hyphen or a slash has no space there.
    return " ".join(re.sub(r"(?<=[-/])\n", "", text).split())
