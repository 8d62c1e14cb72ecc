"""QR codes, by segno: as lines of a picture in a page, and as dark runs for anything else that draws."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING

from gateway_kit.workshop.errors import WorkshopError

if TYPE_CHECKING:
    from segno import QRCode

QUIET = 4  # modules of white around a code, by its standard


@lru_cache(maxsize=1024)  # the page and the PDF have the same codes
def make_qr(text: str) -> QRCode:
    """A QR code that survives a crease, if that leaves its squares large enough to be read from a card.

    Raises WorkshopError if segno is not installed, or the text too long.
    """
    try:
        import segno
    except ModuleNotFoundError as exc:
        raise WorkshopError("segno, which makes QR codes, is not installed. Run: make workshop") from exc
    try:
        return segno.make(text, error="m" if len(text) < 150 else "l", micro=False, boost_error=False)
    except segno.DataOverflowError as exc:
        raise WorkshopError(f"{len(text)} characters are too many for a QR code") from exc


def as_svg(code: QRCode, title: str) -> str:
    """The code as an `svg` element without a size."""
    return code.svg_inline(omitsize=True, border=QUIET, title=title, svgclass="qr", lineclass=None)


def dark_runs(code: QRCode) -> Iterator[tuple[int, int, int]]:
    """(row, first column, length) of the dark squares side by side; the quiet zone counts."""
    for row, line in enumerate(code.matrix_iter(border=QUIET)):
        column = 0
        for dark, run in groupby(line):
            length = len(list(run))
            if dark:
                yield row, column, length
            column += length


def width(code: QRCode) -> int:
    """Squares from edge to edge, with the quiet zone."""
    return int(code.symbol_size(border=QUIET)[0])
