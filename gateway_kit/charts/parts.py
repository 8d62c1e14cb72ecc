"""Pieces that pictures are made of: bars with their numbers, lines, titles, legends, names. All take their theme."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from matplotlib.ticker import FixedLocator
from matplotlib.transforms import ScaledTranslation, blended_transform_factory

from gateway_kit.charts.picture import Picture, picture_of
from gateway_kit.charts.theme import HATCHES, LINES, MARKERS, Theme

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.container import BarContainer
    from numpy.typing import NDArray

# Widths of characters in parts of their height, DejaVu Sans: what fits into a line.
_CHARACTER = 0.56
# Characters of a name at an axis, before it goes on in a second line.
_WIDE_NAME, _NARROW_NAME = 40, 18
_ID = frozenset("0123456789abcdef-")


def draw_bars(
    axes: Axes, names: Sequence[str], values: Sequence[float], label: str, form: str | Sequence[str]
) -> None:
    """A horizontal bar per name, from zero, with its value beside it; `form` prints a value, or is all of them."""
    written = [form.format(value) for value in values] if isinstance(form, str) else form
    bars = axes.barh(range(len(names)), values, color=picture_of(axes).theme.series[0])
    label_bars(axes, bars, written)
    axes.set_yticks(range(len(names)), names)
    room_for_labels(axes, values, written)
    axes.set_xlabel(label)


def label_bars(axes: Axes, bars: BarContainer, labels: Sequence[str], *, inside: str = "") -> None:
    """Write a label at the end of each bar, or, in bars of the colour `inside`, into their middle."""
    theme = picture_of(axes).theme
    if not inside:
        axes.bar_label(bars, labels, padding=4, fontsize=theme.small_pt, color=theme.ink)
        return
    for bar, label in zip(bars, labels, strict=True):
        axes.text(
            bar.get_x() + bar.get_width() / 2,
            bar.get_y() + bar.get_height() / 2,
            label,
            ha="center",
            va="center",
            fontsize=theme.small_pt,
            color=theme.on(inside),
            # A background, since a bar may have a pattern.
            bbox={"facecolor": inside, "edgecolor": "none", "pad": 1.5} if label else None,
        )


def room_for_labels(axes: Axes, values: Sequence[float], labels: Sequence[str] = ("",)) -> None:
    """An axis from zero that has room for the labels right of the longest bar."""
    figure = picture_of(axes)
    letters = max((len(label) for label in labels), default=0)
    # The names take about a third of the width.
    width_pt = figure.theme.width_in * 72 / figure.columns * 0.6
    share = min(letters * figure.theme.small_pt * _CHARACTER / width_pt, 0.6) + 0.04
    axes.set_xlim(0, max([*values, 1e-12]) / (1 - share))


def set_headline(axes: Axes, text: str, *, centre: float | None = None) -> None:
    """The title, which says what is to be seen; in as many lines as the width needs.

    `centre` is where its middle is, 0 to 1 from the picture's left to its right; by default the picture's middle, or
    that of the axes where several lie side by side.
    """
    figure = picture_of(axes)
    theme = figure.theme
    if centre is None and figure.columns == 1:
        centre = 0.5
    width_pt = theme.width_in * 72 * 0.97
    if centre is None:  # the names at the left take their part
        width_pt -= _longest_name(figure) * theme.text_pt * _CHARACTER
    letters = max(int(width_pt / figure.columns / (theme.title_pt * _CHARACTER)), 16)
    # At a given height, since looking for one that is free takes matplotlib a fifth of the drawing's time.
    axes.set_title(textwrap.fill(text, letters), fontsize=theme.title_pt, color=theme.ink, y=1.0)
    if theme.is_narrow:
        axes.set_xlabel(textwrap.fill(axes.get_xlabel(), int(letters * 0.75)))
    if centre is not None:
        # Above the picture's middle, since above that of the axes a long title would leave the picture.
        axes.title.set_x(centre)
        above = axes.transAxes + ScaledTranslation(0, 6 / 72, figure.dpi_scale_trans)
        axes.title.set_transform(blended_transform_factory(figure.transFigure, above))


def _known(values: Any) -> NDArray[np.float64]:
    """What is not missing."""
    numbers = np.asarray(values, dtype="float64")
    found: NDArray[np.float64] = numbers[~np.isnan(numbers)]
    return found


def _longest_name(figure: Picture) -> int:
    """Letters of the longest name at an upright axis; numbers are short."""
    named_axes = (one for one in figure.axes if isinstance(one.yaxis.get_major_locator(), FixedLocator))
    return max((len(label.get_text()) for one in named_axes for label in one.get_yticklabels()), default=0)


def legend_below(axes: Axes, columns: int = 2) -> None:
    """The axes' legend under the picture, where it hides nothing."""
    figure, (handles, labels) = picture_of(axes), axes.get_legend_handles_labels()
    theme = figure.theme
    # The sign and the space around it are about six letters wide.
    letters = [len(label) + 6 for label in labels] or [1]
    room = int(theme.width_in * 72 / (theme.text_pt * _CHARACTER))
    fit = len(labels) if sum(letters) <= room else max(room // max(letters), 1)
    figure.legend(
        handles,
        labels,
        loc="outside lower center",
        ncols=min(columns, fit, max(len(labels), 1)),
        frameon=False,
        fontsize=theme.text_pt,
        labelcolor=theme.ink,
    )


def name_lines(axes: Axes) -> None:
    """The lines' names at their right ends, which takes a tenth of a legend's time and asks for no searching.

    The axes must have their final place. Names that would lie on each other move apart.
    """
    figure = picture_of(axes)
    theme, (low, high) = figure.theme, axes.get_ylim()
    height_pt = axes.get_position().height * figure.get_figheight() * 72
    least = theme.small_pt * 1.15 / height_pt * (high - low)
    ends = [(float(known[-1]), line) for line in axes.lines if len(known := _known(line.get_ydata()))]
    place = -float("inf")
    for value, line in sorted(ends, key=lambda end: end[0]):
        place = max(value, place + least)
        axes.annotate(
            str(line.get_label()),
            (axes.get_xlim()[1], place),
            xytext=(3, 0),
            textcoords="offset points",
            va="center",
            fontsize=theme.small_pt,
            color=theme.ink,
            annotation_clip=False,
        )


def grid(axes: Axes, axis: Literal["x", "y", "both"] = "y") -> None:
    """Thin lines behind everything, to read values by."""
    axes.grid(axis=axis, color=picture_of(axes).theme.faint, alpha=0.35, lw=0.8)


def line_of(theme: Theme, index: int) -> dict[str, Any]:
    """The look of a series' line: colour, pattern and mark differ, so that it is known without colour too."""
    return {
        "color": theme.colour(index),
        "ls": LINES[index % len(LINES)],
        "marker": MARKERS[index % len(MARKERS)],
        "ms": 5,
        "lw": 2,
    }


def bar_of(theme: Theme, index: int) -> dict[str, Any]:
    """The look of a series' part of a stacked bar: colour and pattern differ, and a seam is between neighbours."""
    return {
        "color": theme.colour(index),
        "hatch": HATCHES[index % len(HATCHES)],
        "edgecolor": theme.paper,
        "lw": 0.8,
    }


def named(name: object, calls: int, theme: Theme, *, short: bool = False) -> str:
    """A name with its n, for an axis; "none" where there is none. `short` keeps it to two lines."""
    text = name if isinstance(name, str) else "none"
    if short:
        return f"{clipped(text, _NARROW_NAME)}\n(n={calls:,})"
    if theme.is_narrow:
        return f"{textwrap.fill(text, _NARROW_NAME)}\n(n={calls:,})"
    return f"{textwrap.fill(text, _WIDE_NAME)} (n={calls:,})"


def group_names(names: pd.Series[Any]) -> list[str]:
    """Names for labels: ids are shortened, and calls that have no such thing are "none"."""
    return [
        "none" if missing else short_id(str(name)) for name, missing in zip(names, names.isna(), strict=True)
    ]


def short_id(name: str) -> str:
    """A name for a label: of LiteLLM's own ids, 64 hexadecimal digits, the first eight."""
    return f"{name[:8]}…" if len(name) > 24 and set(name) <= _ID else clipped(name, _WIDE_NAME)


def clipped(name: str, most: int) -> str:
    """A name without its middle where it is longer than `most`: providers stand first, versions last."""
    if len(name) <= most:
        return name
    end = most // 2
    return f"{name[: most - end - 1]}…{name[-end:]}"
