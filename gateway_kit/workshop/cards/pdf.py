"""The cards as PDF, by matplotlib, which is installed anyway: text that can be selected, QR codes as vectors.

Lengths are millimetres from the sheet's upper left corner, font sizes are points.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from gateway_kit.workshop.cards.card import STUCK, Card, Cards
from gateway_kit.workshop.cards.qr import dark_runs, make_qr, width
from gateway_kit.workshop.cards.sheet import BLUE, GREY, Sheet

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CARD_WIDTH, CARD_HEIGHT = 105.0, 74.25
_SIDE, _TOP, _BOTTOM = 8.0, 6.0, 5.0
# Its quiet zone included. That of a join code has smaller squares.
_QR, _QR_JOIN = 31.0, 36.0
_GAP = 4.0


def cards_pdf(cards: Cards) -> bytes:
    """The sheets as one PDF file, A4."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_pdf import PdfPages

    made = io.BytesIO()
    # Type 42: the glyphs as they are, so that their text can be selected.
    with (
        rc_context({"pdf.fonttype": 42}),
        PdfPages(made, metadata={"Title": f"Cards {cards.workshop}"}) as pages,
    ):
        for figure in draw_sheets(cards):
            pages.savefig(figure)
    return made.getvalue()


def draw_sheets(cards: Cards) -> list[Figure]:
    """A figure for each sheet."""
    figures = []
    for on_sheet in cards.sheets:
        sheet = Sheet()
        sheet.cut_lines(CARD_WIDTH, [CARD_HEIGHT * row for row in (1, 2, 3)])
        for place, card in enumerate(on_sheet):
            _draw(sheet, cards, card, left=place % 2 * CARD_WIDTH, top=place // 2 * CARD_HEIGHT)
        figures.append(sheet.figure)
    return figures


def _draw(sheet: Sheet, cards: Cards, card: Card, *, left: float, top: float) -> None:
    x, right = left + _SIDE, left + CARD_WIDTH - _SIDE
    seat_width = sheet.width(card.seat, 14, "bold")
    room = right - x - seat_width - _GAP
    sheet.text(x, top + _TOP, cards.workshop, 10.5, "bold", room, color=BLUE, high=7)
    sheet.text(right - seat_width, top + _TOP, card.seat, 14, "bold")
    y = top + _TOP + 7
    sheet.rule(x, right, y)
    bottom = _foot(sheet, cards, x, right, top + CARD_HEIGHT - _BOTTOM)

    code = make_qr(card.qr)
    size = min(_QR_JOIN if card.command else _QR, bottom - y)
    sheet.squares(right - size, y, size / width(code), dark_runs(code))
    draw = _how_to_join if card.command else _how_to_sign_in
    draw(sheet, card, x, y + 1.5, right - size - x, bottom)


def _how_to_sign_in(sheet: Sheet, card: Card, x: float, y: float, room: float, bottom: float) -> None:
    value = x + 9.5
    # An address of one line is easier to type.
    fitting = (
        size for size in (9.5, 8.5, 7.6) if sheet.width(card.address, size, "bold") <= x + room - value
    )
    for label, text, size, style, drop in (
        ("Open", card.address, next(fitting, 9.5), "bold", 0.5),
        ("Seat", card.seat, 11, "bold", 1.2),
        ("Code", card.code, 15, "mono bold", 2.4),
    ):
        sheet.text(x, y + drop, label, 7, "normal", color=GREY)
        y = sheet.text(value, y, text, size, style, x + room - value, high=10) + 0.8
    sheet.text(x, y + 0.4, card.qr_says, 6.6, "normal", room - 2, color=GREY, high=bottom - y)


def _how_to_join(sheet: Sheet, card: Card, x: float, y: float, room: float, bottom: float) -> None:
    y = sheet.text(x, y, card.qr_says, 6.6, "normal", room, color=GREY)
    y = sheet.text(x, y + 0.6, card.command, 8, "mono bold", room, high=4) + 0.6
    sheet.text(x, y, card.code, 5.8, "mono", room, high=bottom - y)


def _foot(sheet: Sheet, cards: Cards, x: float, right: float, bottom: float) -> float:
    """The lessons in two columns, what to do when stuck, and the small print; where it begins."""
    room = right - x
    y = bottom - sheet.height(cards.small_print, 5.2, "normal", room)
    sheet.text(x, y, cards.small_print, 5.2, "normal", room, color=GREY)
    y -= 0.6 + sheet.height(STUCK, 6.4, "normal", room)
    sheet.text(x, y, STUCK, 6.4, "normal", room)
    rows = -(-len(cards.lessons) // 2)
    line = sheet.height("0", 6.6, "normal", room)
    y -= 1.0 + rows * line
    column = (room - _GAP) / 2
    for place, lesson in enumerate(cards.lessons):
        at, height = x + place // rows * (column + _GAP), y + place % rows * line
        minutes = f"{lesson.minutes} min"
        wide = sheet.width(minutes, 6.6, "normal")
        sheet.text(at, height, f"{lesson.number} {lesson.title}", 6.6, "normal", column - wide - 1, high=line)
        sheet.text(at + column - wide, height, minutes, 6.6, "normal")
    return y - 0.6
