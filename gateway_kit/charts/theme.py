"""How pictures look: colours on light and on dark paper, sizes of text, and what tells series apart without colour.

The colours keep their distance for readers with deuteranopia, protanopia and tritanopia, and have a contrast of at
least 3:1 with their paper (WCAG 2.2, 1.4.11); `tests/unit/test_charts_theme.py` measures both.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

# Series whose colour cannot be told, on a grey printer or by a blind eye, differ by these as well.
LINES = ("-", "--", ":", "-.", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 2)), (0, (1, 3)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
HATCHES = ("", "///", "...", "xxx", "\\\\\\", "ooo", "---")

_NARROW_IN = 3.9


@dataclass(frozen=True)
class Theme:
    """The look of a picture, given to every chart as `theme`.

    name        light or dark
    paper       the background
    ink         text, axes, and what failed
    faint       lines of a grid, bands
    series      colours of things without an order: models, deployments, keys
    shades      colours of things with one, such as p50, p95 and p99: one hue, the last the strongest
    width_in    the picture's width in inches; at 100 pixels an inch, 3.9 is a telephone's 390 pixels
    title_pt, text_pt, small_pt   sizes of text in points: titles; labels and legends; numbers beside bars
    """

    name: str
    paper: str
    ink: str
    faint: str
    series: tuple[str, ...]
    shades: tuple[str, str, str]
    width_in: float = 9.0
    title_pt: float = 14.0
    text_pt: float = 12.0
    small_pt: float = 11.0

    @property
    def is_narrow(self) -> bool:
        """Whether there is room for one thing only, from left to right."""
        return self.width_in < 6

    def narrow(self, width_in: float = _NARROW_IN) -> Theme:
        """The same for a telephone or a side panel: less wide, with smaller text."""
        return replace(self, width_in=width_in, title_pt=10.5, text_pt=9.0, small_pt=8.5)

    def colour(self, index: int) -> str:
        """The series' colour, beginning anew at the end."""
        return self.series[index % len(self.series)]

    def on(self, colour: str) -> str:
        """Black or white, whichever is easier to read on this colour."""
        return "#000000" if contrast("#000000", colour) >= contrast("#ffffff", colour) else "#ffffff"


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, 1 to 21, as WCAG 2.2 defines it. Colours are such as "#16448e"."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)


# Found by a search for the largest smallest distance (OKLab) under normal vision and the three simulated ones.
LIGHT = Theme(
    name="light",
    paper="#ffffff",
    ink="#1f2328",
    faint="#8b949e",
    series=("#16448e", "#a7390c", "#2fa092", "#ae73f5", "#c67611", "#6a5ebf", "#703046"),
    shades=("#6690d8", "#3262b0", "#0f3370"),
)
DARK = Theme(
    name="dark",
    paper="#111418",
    ink="#e6edf3",
    faint="#6e7681",
    series=("#6f97dc", "#ef8f27", "#55f5cf", "#7a55c4", "#efdd4d", "#a9c0ff", "#b5606a"),
    shades=("#4a74bd", "#7fa6ea", "#c8dbff"),
)
