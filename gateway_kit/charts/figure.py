"""The figure that all charts return: it shows itself in a notebook and describes itself in words."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from io import BytesIO
from threading import Lock
from typing import TYPE_CHECKING, Any, cast

from matplotlib import rc_context, rcParams
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine, LayoutEngine

from gateway_kit.charts.alt import alt_text
from gateway_kit.charts.theme import DARK_STYLE, IMAGE_CLASS, THEME, Theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_DRAWING = Lock()


class ChartFigure(Figure):
    """A matplotlib Figure that a notebook shows by itself, with a text alternative.

    A plain Figure shows as text until pyplot is imported, since only pyplot tells IPython how to draw one.

    theme    colours and text sizes
    columns  number of axes side by side
    """

    theme: Theme = THEME
    columns: int = 1

    @property
    def alt(self) -> str:
        """The chart in words, with its title, its axes with their ranges, its legend, and the numbers in it."""
        return alt_text(self)

    def png(self) -> bytes:
        """The chart as the bytes of a PNG file."""
        buffer = BytesIO()
        with _without_hinting():
            # Fast compression: a fifth larger, in half the time.
            self.savefig(buffer, format="png", pil_kwargs={"compress_level": 1})
        return buffer.getvalue()

    def svg(self) -> str:
        """The chart as an SVG image, which stays sharp in print; letters are outlines, so that it needs no font."""
        buffer = BytesIO()
        with _DRAWING, rc_context({"svg.fonttype": "path", "svg.hashsalt": "gateway-kit"}):
            self.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
        return buffer.getvalue().decode()

    def html(self) -> str:
        """The chart as an `img` element with its text alternative, no wider than the page."""
        return self._img(b64encode(self.png()).decode())

    def _img(self, png: str) -> str:
        return (
            f'{DARK_STYLE}<img class="{IMAGE_CLASS}" alt="{escape(self.alt)}" style="max-width: 100%; height: auto" '
            f'src="data:image/png;base64,{png}">'
        )

    def _repr_png_(self) -> bytes:
        return self.png()

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        # Notebooks prefer HTML, which has a text alternative; the PNG is for programs that show no HTML.
        png = b64encode(self.png()).decode()
        return {"text/html": self._img(png), "image/png": png, "text/plain": self.alt}


@contextmanager
def _without_hinting() -> Iterator[None]:
    """Draw letters without hinting, which takes most of a chart's time and changes little.

    It is a setting of the whole matplotlib, so only one thread draws at a time.
    """
    with _DRAWING:
        before = rcParams["text.hinting"]
        rcParams["text.hinting"] = "none"
        try:
            yield
        finally:
            rcParams["text.hinting"] = before


def new_figure(ncols: int = 1, height: float = 3.2) -> tuple[ChartFigure, list[Axes]]:
    """A figure with one row of axes, `height` inches high."""
    figure = blank_figure(THEME, height, ncols, layout=ConstrainedLayoutEngine(h_pad=0.08, w_pad=0.08))
    row = list(figure.subplots(ncols=ncols, squeeze=False).flat)
    for axes in row:
        apply_theme(axes)
    return figure, row


def blank_figure(
    theme: Theme, height: float, columns: int, *, layout: LayoutEngine | None = None
) -> ChartFigure:
    """A figure without axes, `height` inches high."""
    figure = ChartFigure(figsize=(theme.width_in, height), layout=layout, dpi=100)
    figure.theme, figure.columns = theme, columns
    figure.set_facecolor(theme.background)
    return figure


def apply_theme(axes: Axes) -> None:
    """Give axes their figure's colours and text sizes."""
    theme = figure_of(axes).theme
    axes.set_facecolor(theme.background)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(theme.muted)
    axes.tick_params(colors=theme.muted, labelcolor=theme.text, labelsize=theme.text_pt)
    for label in (axes.xaxis.label, axes.yaxis.label):
        label.set_color(theme.text)
        label.set_fontsize(theme.text_pt)
    axes.title.set_color(theme.text)
    axes.set_axisbelow(True)


def empty_figure(figure: ChartFigure, text: str) -> ChartFigure:
    """The same figure with nothing but a message."""
    figure.clear()
    write_message(figure.add_subplot(), text)
    return figure


def write_message(axes: Axes, text: str) -> None:
    """Show a message instead of a chart."""
    theme = figure_of(axes).theme
    axes.axis("off")
    axes.text(0.5, 0.5, text, ha="center", va="center", fontsize=theme.title_pt, color=theme.text)


def figure_of(axes: Axes) -> ChartFigure:
    """The figure of these axes."""
    return cast(ChartFigure, axes.get_figure(root=True))
