"""An A4 sheet to draw on, in millimetres from its upper left corner: text that wraps, rules, squares."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.font_manager import FontProperties

WIDTH, HEIGHT = 210.0, 297.0
BLUE, GREY = "#2f5d8a", "#444444"
_MM = 25.4 / 72  # of a point
_LINE, _ASCENT = 1.25, 0.95  # of a font's size: from line to line, from a line's top to its base
_OVERLAP = 0.04  # of a square, so that viewers show no white hairlines between two rows
_SMALLER = (1, 0.9, 0.8, 0.7, 0.6, 0.5)
# Where an address or a code may be broken.
_BREAKS = re.compile(r"(?<=[/.\-?&=:_ ])")


class Sheet:
    """One page."""

    def __init__(self) -> None:
        from matplotlib.figure import Figure

        self.figure = Figure(figsize=(WIDTH / 25.4, HEIGHT / 25.4))

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float,
        style: str,
        room: float = WIDTH,
        *,
        color: str = "black",
        high: float = HEIGHT,
    ) -> float:
        """Write a text below `y`, in lines of at most `room`; where the next one begins.

        If it would be higher than `high`, it becomes smaller, down to half of its size.
        """
        size, lines = _fitting(text, size, style, room, high)
        for line in lines:
            self.figure.text(
                x / WIDTH, 1 - (y + size * _ASCENT * _MM) / HEIGHT, line, va="baseline", color=color,
                fontproperties=_font(size, style), parse_math=False,
            )  # fmt: skip
            y += size * _LINE * _MM
        return y

    def width(self, text: str, size: float, style: str) -> float:
        """How wide a line is."""
        return _width(text, size, style)

    def height(self, text: str, size: float, style: str, room: float) -> float:
        """How high a text is, in lines of at most `room`."""
        return len(_lines(text, size, style, room)) * size * _LINE * _MM

    def rule(self, left: float, right: float, y: float) -> None:
        """A thick line."""
        self._line((left, y), (right, y), color=BLUE, thick=1.4)

    def cut_lines(self, x: float, ys: Iterable[float]) -> None:
        """Where the sheet is cut: from top to bottom at `x`, from side to side at each of `ys`."""
        for begin, end in (((x, 0), (x, HEIGHT)), *(((0, y), (WIDTH, y)) for y in ys)):
            self._line(begin, end, color="#999999", thick=0.5, dashed=True)

    def squares(self, x: float, y: float, side: float, runs: Iterable[tuple[int, int, int]]) -> None:
        """Runs of dark squares, (row, first column, length), as one shape."""
        from matplotlib.patches import PathPatch
        from matplotlib.path import Path

        corners: list[tuple[float, float]] = []
        for row, column, length in runs:
            left, right = x + column * side, x + (column + length) * side
            upper, lower = y + row * side, y + (row + 1 + _OVERLAP) * side
            corners += [(left, upper), (right, upper), (right, lower), (left, lower), (left, upper)]
        codes = [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY] * (len(corners) // 5)
        shape = Path([(a / WIDTH, 1 - b / HEIGHT) for a, b in corners], codes)
        self.figure.add_artist(
            PathPatch(shape, facecolor="black", linewidth=0, transform=self.figure.transFigure)
        )

    def _line(
        self,
        begin: tuple[float, float],
        end: tuple[float, float],
        *,
        color: str,
        thick: float,
        dashed: bool = False,
    ) -> None:
        from matplotlib.lines import Line2D

        xs, ys = zip(begin, end, strict=True)
        line = Line2D([x / WIDTH for x in xs], [1 - y / HEIGHT for y in ys], color=color, linewidth=thick)
        line.set_linestyle((0, (4, 4)) if dashed else "-")
        line.set_transform(self.figure.transFigure)
        self.figure.add_artist(line)


def _fitting(text: str, size: float, style: str, room: float, high: float) -> tuple[float, list[str]]:
    """The largest size at which a text is not higher than `high`, and its lines."""
    for part in _SMALLER:
        lines = _lines(text, size * part, style, room)
        if len(lines) * size * part * _LINE * _MM <= high:
            break
    return size * part, lines


def _lines(text: str, size: float, style: str, room: float) -> list[str]:
    lines = [""]
    for piece in _BREAKS.split(text):
        for part in _cut(piece, size, style, room):
            if _width((lines[-1] + part).rstrip(), size, style) > room and lines[-1]:
                lines.append("")
            lines[-1] += part
    return [line.rstrip() for line in lines]


def _cut(piece: str, size: float, style: str, room: float) -> list[str]:
    """What has no place to be broken, such as a long code, in parts that fit in a line."""
    if _width(piece.rstrip(), size, style) <= room:
        return [piece]
    return list(piece)


@cache
def _font(size: float, style: str) -> FontProperties:
    from matplotlib.font_manager import FontProperties

    family = "DejaVu Sans Mono" if "mono" in style else "DejaVu Sans"
    return FontProperties(family=family, weight="bold" if "bold" in style else "normal", size=size)


def _width(text: str, size: float, style: str) -> float:
    return sum(_advance(letter, style) for letter in text) * size * _MM


@cache
def _advance(letter: str, style: str) -> float:
    """A letter's width, of a font's size; kerning would save next to nothing."""
    from matplotlib.textpath import TextToPath

    width, _, _ = TextToPath().get_text_width_height_descent(f"H{letter}H", _font(100, style), ismath=False)
    edges, _, _ = TextToPath().get_text_width_height_descent("HH", _font(100, style), ismath=False)
    return (float(width) - float(edges)) / 100
