"""The cards as one page for a browser: no request, A4 sheets of two by four, white also on a dark screen."""

from __future__ import annotations

from html import escape

from gateway_kit.workshop.cards.card import STUCK, Card, Cards
from gateway_kit.workshop.cards.qr import as_svg, make_qr

_STYLE = """
@page { size: A4 portrait; margin: 0 }
:root { color-scheme: only light }
* { box-sizing: border-box; margin: 0; padding: 0 }
body { background: #ddd; color: #000; font: 9.5pt/1.3 "Helvetica Neue", Arial, "Liberation Sans", sans-serif }
main { width: 210mm; margin: 0 auto }
.sheet { display: grid; grid: repeat(4, 74.25mm) / repeat(2, 105mm); height: 297mm; background: #fff;
  overflow: hidden; break-after: page; margin-bottom: 8mm }
.sheet:last-child { break-after: auto; margin-bottom: 0 }
article { display: flex; flex-direction: column; padding: 6mm 8mm 5mm; overflow: hidden; border: 0 dashed #999;
  overflow-wrap: anywhere }
article:nth-child(odd) { border-right-width: .2mm }
article:nth-child(n + 3) { border-top-width: .2mm }
header { display: flex; justify-content: space-between; align-items: center; gap: 4mm; flex: none; height: 7.5mm;
  border-bottom: .5mm solid #2f5d8a }
h2 { font-size: 10.5pt; line-height: 1; color: #2f5d8a }
header b { font-size: 14pt; white-space: nowrap }
.how { display: flex; justify-content: space-between; gap: 3mm; flex: 1 1 0; min-height: 0; overflow: hidden }
.qr { display: block; flex: none; height: 100%; max-height: 31mm; aspect-ratio: 1; fill: none }
.join .qr { max-height: 36mm }
.say { font-size: 6.6pt; line-height: 1.2; color: #444 }
dl { display: grid; grid-template-columns: 8.5mm 1fr; align-items: center; gap: 1mm; margin: 1.5mm 0 1mm }
dt { font-size: 7pt; color: #444 }
dd { font-weight: 700; font-size: 11pt; line-height: 1.1 }
dd.address { font-size: 9.5pt }
.code, .command { font: 700 15pt/1.1 "DejaVu Sans Mono", Menlo, Consolas, monospace; white-space: nowrap }
.command { font-size: 8pt; margin: 1.2mm 0 .6mm }
.join .code { font: 5.6pt/1.2 "DejaVu Sans Mono", Menlo, Consolas, monospace; white-space: normal;
  word-break: break-all }
.join .say { margin-top: 1.5mm }
ul { list-style: none; columns: 2; column-gap: 4mm; flex: none; margin-top: .6mm; font-size: 6.4pt;
  line-height: 1.25 }
li { display: flex; justify-content: space-between; gap: 1mm; break-inside: avoid; white-space: nowrap }
.stuck { flex: none; font-size: 6.5pt; line-height: 1.2; margin-top: .8mm }
.small { flex: none; font-size: 5.4pt; line-height: 1.2; color: #444; margin-top: .6mm }
@media print { body { background: #fff } .sheet { margin: 0 } }
"""
# Characters of a name, an address or a join code that fit in their lines at full size; longer ones become smaller.
_FULL_NAME, _FULL_ADDRESS, _FULL_CODE = 34, 60, 300
_ONE_LINE = range(22, 30)  # an address of so many is small enough for one line, which is easier to type


def cards_page(cards: Cards) -> str:
    """The whole page, as HTML."""
    sheets = "\n".join(
        '<section class="sheet">\n' + "\n".join(_card(cards, card) for card in sheet) + "\n</section>"
        for sheet in cards.sheets
    )
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Cards of the workshop {escape(cards.workshop)}</title>
<style>{_STYLE}</style>
</head>
<body>
<main>
{sheets}
</main>
</body>
</html>
"""


def _card(cards: Cards, card: Card) -> str:
    lessons = "".join(
        f"<li><span>{escape(lesson.number)} {escape(lesson.title)}</span><span>{lesson.minutes} min</span></li>"
        for lesson in cards.lessons
    )
    name = f"<h2{_smaller(cards.workshop, _FULL_NAME, 10.5)}>{escape(cards.workshop)}</h2>"
    return f"""<article{' class="join"' if card.command else ""}>
<header>{name}<b>{escape(card.seat)}</b></header>
<div class="how">
<div>
{_how_to_join(card) if card.command else _how_to_sign_in(card)}
</div>
{as_svg(make_qr(card.qr), f"QR code of {card.seat}")}
</div>
<ul>{lessons}</ul>
<p class="stuck">{escape(STUCK)}</p>
<p class="small">{escape(cards.small_print)}</p>
</article>"""


def _how_to_sign_in(card: Card) -> str:
    one_line = len(card.address) in _ONE_LINE
    size = ' style="font-size:7.5pt"' if one_line else _smaller(card.address, _FULL_ADDRESS, 9.5)
    return f"""<dl>
<dt>Open</dt><dd class="address"{size}>{escape(card.address)}</dd>
<dt>Seat</dt><dd>{escape(card.seat)}</dd>
<dt>Code</dt><dd class="code">{escape(card.code)}</dd>
</dl>
<p class="say">{escape(card.qr_says)}</p>"""


def _how_to_join(card: Card) -> str:
    return f"""<p class="say">{escape(card.qr_says)}</p>
<p class="command">{escape(card.command)}</p>
<p class="code"{_smaller(card.code, _FULL_CODE, 5.6)}>{escape(card.code)}</p>"""


def _smaller(text: str, full: int, size: float) -> str:
    """A smaller font for a text that has more characters than fit."""
    return f' style="font-size:{max(size / 2, size * full / len(text)):.1f}pt"' if len(text) > full else ""
