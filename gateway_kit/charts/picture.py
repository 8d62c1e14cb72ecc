"""What all pictures share: a figure that shows itself, the palette, bars, a legend, and the empty picture."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

if TYPE_CHECKING:
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


def new_figure(ncols: int = 1, height: float = 3.2) -> tuple[Picture, list[Axes]]:
    """A picture of one row of axes, 9 inches wide and `height` inches high."""
    figure = Picture(figsize=(9, height), layout="constrained", dpi=100)
    axes = list(figure.subplots(ncols=ncols, squeeze=False)[0])
    for one in axes:
        one.spines[["top", "right"]].set_visible(False)
    return figure, axes


def draw_bars(axes: Axes, names: list[str], values: list[float], label: str, form: str) -> None:
    """A horizontal bar per name, from zero, with its value beside it; `form` prints a value."""
    places = range(len(names))
    bars = axes.barh(places, values, color=[colour_of(i) for i in places])
    axes.bar_label(bars, [form.format(value) for value in values], padding=4, fontsize=9)
    axes.set_yticks(places, names)
    axes.set_xlim(0, max([*values, 1e-12]) * 1.25)
    axes.set_xlabel(label)


def empty_picture(figure: Picture, text: str) -> Picture:
    """The same picture with nothing in it but a sentence."""
    figure.clear()
    axes = figure.add_subplot()
    axes.axis("off")
    axes.text(0.5, 0.5, text, ha="center", va="center", fontsize=12)
    return figure


def legend_below(axes: Axes, columns: int = 2) -> None:
    """The axes' legend under the picture, where it hides nothing."""
    handles, labels = axes.get_legend_handles_labels()
    axes.figure.legend(handles, labels, loc="outside lower center", ncols=columns, frameon=False, fontsize=9)


def colour_of(index: int) -> str:
    """The palette's colour, beginning anew at its end."""
    return PALETTE[index % len(PALETTE)]


def short_id(deployment: str) -> str:
    """A deployment's id for a label: LiteLLM's own ids are 64 characters long."""
    return deployment if len(deployment) <= 24 else f"{deployment[:8]}…"
