"""Colours and text sizes of the charts, and the patterns that tell series apart without colour.

The colours stay distinct for readers with deuteranopia, protanopia and tritanopia, and have a contrast of at least 3:1
with the background (WCAG 2.2, 1.4.11); `tests/unit/test_charts_theme.py` measures both, also under `DARK_STYLE`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

# For readers without colour, on a grey printer for one, series differ by these as well.
LINES = ("-", "--", ":", "-.", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 2)), (0, (1, 3)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
HATCHES = ("", "///", "...", "xxx", "\\\\\\", "ooo", "---")

# A kernel cannot know which theme JupyterLab has, and the reader may switch it later. So the page darkens the image:
# `invert` swaps black and white, `hue-rotate` brings each hue back. Other pages are not affected.
IMAGE_CLASS = "gk-figure"
DARK_INVERT = 0.93
DARK_STYLE = (
    f'<style>[data-jp-theme-light="false"] img.{IMAGE_CLASS} '
    f"{{ filter: invert({DARK_INVERT}) hue-rotate(180deg) }}</style>"
)


@dataclass(frozen=True)
class Theme:
    """The look of a chart.

    background  the figure's colour
    text        text, axes, and failed calls
    muted       grid lines and bands
    series      colours of unordered groups: models, deployments, keys
    shades      colours of ordered groups, such as p50, p95 and p99: one hue, the last the strongest
    width_in    the figure's width in inches, at 100 pixels an inch
    title_pt, text_pt, small_pt   text sizes in points: titles; labels and legends; numbers beside bars
    """

    background: str
    text: str
    muted: str
    series: tuple[str, ...]
    shades: tuple[str, str, str]
    width_in: float = 9.0
    title_pt: float = 14.0
    text_pt: float = 12.0
    small_pt: float = 11.0

    def colour(self, index: int) -> str:
        """The colour of a series; after the last colour the first comes again."""
        return self.series[index % len(self.series)]

    def on(self, colour: str) -> str:
        """Black or white, whichever is easier to read on this colour."""
        return "#000000" if contrast("#000000", colour) >= contrast("#ffffff", colour) else "#ffffff"


def contrast(first: str, second: str) -> float:
    """The contrast of two colours such as "#16448e", from 1 to 21, as defined by WCAG 2.2."""
    high, low = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)


# Found by a search for the largest smallest distance (OKLab) under normal vision and the three simulated ones.
THEME = Theme(
    background="#ffffff",
    text="#1f2328",
    muted="#8b949e",
    series=("#16448e", "#a7390c", "#2fa092", "#ae73f5", "#c67611", "#6a5ebf", "#703046"),
    shades=("#6690d8", "#3262b0", "#0f3370"),
)
# For four charts in one figure.
SMALL_TEXT = replace(THEME, title_pt=12.0, text_pt=10.0, small_pt=9.5)
