"""Elements of charts: labelled bars, line styles, headlines, legends and labels."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from matplotlib.ticker import FixedLocator
from matplotlib.transforms import ScaledTranslation, blended_transform_factory

from gateway_kit.charts.figure import ChartFigure, figure_of
from gateway_kit.charts.palette import COLUMNS, Look, colours, looks
from gateway_kit.charts.theme import HATCHES, LINES, MARKERS, THEME

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.container import BarContainer
    from numpy.typing import NDArray

# A character's width as a part of its height, in DejaVu Sans.
_CHARACTER = 0.56
# Characters of a label before a second line begins, and before it is shortened.
_WIDE_LABEL, _SHORT_LABEL = 40, 18
_ID = frozenset("0123456789abcdef-")


def draw_bars(
    axes: Axes,
    names: Sequence[str],
    values: Sequence[float],
    label: str,
    form: str | Sequence[str],
    *,
    fill: Sequence[str] = (),
) -> None:
    """A horizontal bar per name, from zero, with its value beside it; `form` formats a value, or has all as text."""
    labels = [form.format(value) for value in values] if isinstance(form, str) else form
    look = list(fill) or THEME.series[0]
    label_bars(axes, axes.barh(range(len(names)), values, color=look), labels)
    axes.set_yticks(range(len(names)), names)
    reserve_label_space(axes, values, labels)
    axes.set_xlabel(label)


def label_bars(axes: Axes, bars: BarContainer, labels: Sequence[str], *, inside: str = "") -> None:
    """Write a label at the end of each bar, or in the middle of bars that have the colour `inside`."""
    theme = figure_of(axes).theme
    if not inside:
        axes.bar_label(bars, labels, padding=4, fontsize=theme.small_pt, color=theme.text)
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


def reserve_label_space(axes: Axes, values: Sequence[float], labels: Sequence[str] = ("",)) -> None:
    """Let the x axis begin at zero and leave space for labels to the right of the longest bar."""
    figure = figure_of(axes)
    letters = max((len(label) for label in labels), default=0)
    # The names take about a third of the width.
    width_pt = figure.theme.width_in * 72 / figure.columns * 0.6
    share = min(letters * figure.theme.small_pt * _CHARACTER / width_pt, 0.6) + 0.04
    axes.set_xlim(0, max([*values, 1e-12]) / (1 - share))


def set_headline(axes: Axes, text: str, *, centre: float | None = None) -> None:
    """Set the title, which says what the chart shows, in as many lines as it needs.

    `centre` is the title's middle, from 0 at the figure's left to 1 at its right. By default it is the figure's middle,
    or that of the axes if several lie side by side.
    """
    figure = figure_of(axes)
    theme = figure.theme
    if centre is None and figure.columns == 1:
        centre = 0.5
    width_pt = theme.width_in * 72 * 0.97
    if centre is None:  # minus the labels at the left
        width_pt -= _longest_label(figure) * theme.text_pt * _CHARACTER
    letters = max(int(width_pt / figure.columns / (theme.title_pt * _CHARACTER)), 16)
    # A fixed height: matplotlib's search for a free one takes a fifth of the drawing time.
    axes.set_title(textwrap.fill(text, letters), fontsize=theme.title_pt, color=theme.text, y=1.0)
    if centre is not None:
        # Relative to the figure: above the middle of the axes a long title would leave the figure.
        axes.title.set_x(centre)
        above = axes.transAxes + ScaledTranslation(0, 6 / 72, figure.dpi_scale_trans)
        axes.title.set_transform(blended_transform_factory(figure.transFigure, above))


def _known(values: Any) -> NDArray[np.float64]:
    """The values that are not missing."""
    numbers = np.asarray(values, dtype="float64")
    known: NDArray[np.float64] = numbers[~np.isnan(numbers)]
    return known


def _longest_label(figure: ChartFigure) -> int:
    """Characters of the longest label at a y axis; numbers do not count."""
    labelled = (axes for axes in figure.axes if isinstance(axes.yaxis.get_major_locator(), FixedLocator))
    return max((len(label.get_text()) for axes in labelled for label in axes.get_yticklabels()), default=0)


def legend_below(axes: Axes, columns: int = 2) -> None:
    """The axes' legend, below the figure, where it hides nothing."""
    figure, (handles, labels) = figure_of(axes), axes.get_legend_handles_labels()
    theme = figure.theme
    # The symbol and the space around it are about six characters wide.
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
        labelcolor=theme.text,
    )


def label_line_ends(axes: Axes) -> None:
    """Write each line's label at its right end, which takes a tenth of a legend's time.

    The axes must have their final position. Labels that would overlap are moved apart.
    """
    figure = figure_of(axes)
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
            color=theme.text,
            annotation_clip=False,
        )


def add_grid(axes: Axes, axis: Literal["x", "y", "both"] = "y") -> None:
    """Thin lines behind everything else."""
    axes.grid(axis=axis, color=THEME.muted, alpha=0.35, lw=0.8)


def line_style(look: int | Look) -> dict[str, Any]:
    """The style of a series' line: colour, dashes and marker all differ."""
    look = _look(look)
    return {
        "color": THEME.colour(look.colour),
        "ls": LINES[look.pattern % len(LINES)],
        "marker": MARKERS[look.pattern % len(MARKERS)],
        "ms": 5,
        "lw": 2,
    }


def bar_style(look: int | Look) -> dict[str, Any]:
    """The style of a series in stacked bars: colour and pattern differ, and a line separates neighbours."""
    look = _look(look)
    return {
        "color": THEME.colour(look.colour),
        "hatch": HATCHES[look.pattern % len(HATCHES)],
        "edgecolor": THEME.background,
        "lw": 0.8,
    }


def series_looks(names: Sequence[str], by: str) -> list[Look]:
    """The looks of groups by a column: the palette's for models and what serves them, else one after the other."""
    return looks(names) if by in COLUMNS else [_look(index) for index in range(len(names))]


def bar_colours(names: Sequence[str], by: str) -> list[str]:
    """The colours of labelled bars by a column: those of the palette, else one for all."""
    return colours(names) if by in COLUMNS else [THEME.series[0]] * len(names)


def _look(look: int | Look) -> Look:
    return look if isinstance(look, Look) else Look(look, look)


def label_with_n(name: object, calls: int, *, short: bool = False) -> str:
    """A label with the number of calls; "none" for a missing name. `short` shortens it to two lines."""
    text = name if isinstance(name, str) else "none"
    if short:
        return f"{shorten_middle(text, _SHORT_LABEL)}\n(n={calls:,})"
    return f"{textwrap.fill(text, _WIDE_LABEL)} (n={calls:,})"


def group_names(names: pd.Series[Any]) -> list[str]:
    """The groups' whole names; a missing one is "none"."""
    return [str(name) for name in names.astype("object").fillna("none")]


def group_labels(names: pd.Series[Any]) -> list[str]:
    """Labels of groups: long ids are shortened, a missing name is "none"."""
    return [
        "none" if missing else short_id(str(name)) for name, missing in zip(names, names.isna(), strict=True)
    ]


def omitted_note(groups: int, shown: int) -> str:
    """What a headline says of the groups that are not drawn."""
    return f"; {groups - shown} more not shown" if groups > shown else ""


def short_id(name: str) -> str:
    """A name for a label: the first eight characters of an id of 64 hexadecimal digits, such as LiteLLM's."""
    return f"{name[:8]}…" if len(name) > 24 and set(name) <= _ID else shorten_middle(name, _WIDE_LABEL)


def shorten_middle(name: str, most: int) -> str:
    """A name of at most `most` characters: a longer one loses its middle, since model names end with the version."""
    if len(name) <= most:
        return name
    end = most // 2
    return f"{name[: most - end - 1]}…{name[-end:]}"
