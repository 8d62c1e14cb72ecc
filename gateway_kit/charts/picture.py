"""What all pictures share: a figure that shows itself and says itself in words, its axes, and the empty picture."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from io import BytesIO
from threading import Lock
from typing import TYPE_CHECKING, Any, cast

from matplotlib import rcParams
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine, LayoutEngine

from gateway_kit.charts.alt import alt_text
from gateway_kit.charts.theme import LIGHT, Theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_DRAWING = Lock()


class Picture(Figure):
    """A matplotlib Figure that a notebook shows by itself, with its words for those who do not see it.

    A plain Figure shows as text until pyplot was imported, since only pyplot tells IPython how to draw one.

    theme    how it looks
    columns  axes side by side; one where the theme is narrow
    """

    theme: Theme = LIGHT
    columns: int = 1

    @property
    def alt(self) -> str:
        """The picture in words: its title, its axes with their ranges, its legend, and the numbers in it."""
        return alt_text(self)

    def png(self) -> bytes:
        """The picture as a PNG file's bytes."""
        buffer = BytesIO()
        with _letters_as_they_are():
            # A quick compression: the file is a fifth larger, and there in half the time.
            self.savefig(buffer, format="png", pil_kwargs={"compress_level": 1})
        return buffer.getvalue()

    def html(self) -> str:
        """The picture as an `img` element with its words, no wider than the page."""
        return self._img(b64encode(self.png()).decode())

    def _img(self, png: str) -> str:
        return (
            f'<img alt="{escape(self.alt)}" style="max-width: 100%; height: auto" '
            f'src="data:image/png;base64,{png}">'
        )

    def _repr_png_(self) -> bytes:
        return self.png()

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        # HTML, which notebooks prefer, since a PNG has no place for words; a PNG for what shows no HTML.
        png = b64encode(self.png()).decode()
        return {"text/html": self._img(png), "image/png": png, "text/plain": self.alt}


@contextmanager
def _letters_as_they_are() -> Iterator[None]:
    """Meanwhile letters are not fitted to pixels, which takes most of a picture's time and shows little.

    Only matplotlib as a whole can be told so: for a moment, by one thread after the other.
    """
    with _DRAWING:
        before = rcParams["text.hinting"]
        rcParams["text.hinting"] = "none"
        try:
            yield
        finally:
            rcParams["text.hinting"] = before


def new_figure(ncols: int = 1, height: float = 3.2, *, theme: Theme = LIGHT) -> tuple[Picture, list[Axes]]:
    """A picture of one row of axes, as wide as the theme and `height` inches high.

    Where the theme is narrow the axes lie one below the other.
    """
    nrows, ncols = (ncols, 1) if theme.is_narrow else (1, ncols)
    figure = blank_figure(
        theme, height * nrows, ncols, layout=ConstrainedLayoutEngine(h_pad=0.08, w_pad=0.08)
    )
    axes = list(figure.subplots(nrows=nrows, ncols=ncols, squeeze=False).flat)
    for one in axes:
        apply_theme(one, theme)
    return figure, axes


def blank_figure(theme: Theme, height: float, columns: int, *, layout: LayoutEngine | None = None) -> Picture:
    """A picture of the theme's colour and width without axes, `height` inches high."""
    figure = Picture(figsize=(theme.width_in, height), layout=layout, dpi=100)
    figure.theme, figure.columns = theme, columns
    figure.set_facecolor(theme.paper)
    return figure


def apply_theme(axes: Axes, theme: Theme) -> None:
    """Give axes the theme's colours and sizes; what is drawn into them later takes them over."""
    axes.set_facecolor(theme.paper)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(theme.faint)
    axes.tick_params(colors=theme.faint, labelcolor=theme.ink, labelsize=theme.text_pt)
    for label in (axes.xaxis.label, axes.yaxis.label):
        label.set_color(theme.ink)
        label.set_fontsize(theme.text_pt)
    axes.title.set_color(theme.ink)
    axes.set_axisbelow(True)


def empty_picture(figure: Picture, text: str) -> Picture:
    """The same picture with nothing in it but a sentence."""
    figure.clear()
    say(figure.add_subplot(), text)
    return figure


def say(axes: Axes, text: str) -> None:
    """Axes with nothing in them but a sentence."""
    theme = picture_of(axes).theme
    axes.axis("off")
    axes.text(0.5, 0.5, text, ha="center", va="center", fontsize=theme.title_pt, color=theme.ink)


def picture_of(axes: Axes) -> Picture:
    """The picture that the axes are in."""
    return cast(Picture, axes.get_figure(root=True))
