"""`report.html`: one file that needs no network, no script and no knowledge of the run."""

from __future__ import annotations

import re
import warnings
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from html import escape
from pathlib import Path

from gateway_kit.rehearsal.report.content import Heading, Picture, Report, Section, Sheet
from gateway_kit.rehearsal.report.statement import Kind
from gateway_kit.rehearsal.report.wording import plain

# Rows of one table; the rest is in report.json.
MOST_ROWS = 60
WORDS: Mapping[Kind, str] = {
    "fails": "Fails", "worse": "Worse", "warns": "Note", "better": "Better", "holds": "Good", "tells": "Fact"
}  # fmt: skip
_UNIT = re.compile(r"(\d) (?=(?:%|s|USD)(?!\w))")
_ASSETS = Path(__file__).with_name("assets")
# Nothing is loaded and nothing runs, whatever a name in the report may hold.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"


def report_page(report: Report) -> str:
    """The whole page."""
    listed = "".join(
        f'<li><a href="#part-{at}">{escape(each.title)}</a></li>'
        for at, each in enumerate(report.sections, 1)
    )
    facts = "".join(f"<dt>{escape(what)}</dt><dd>{escape(fact)}</dd>" for what, fact in report.facts.items())
    sections = "\n".join(_section(each, at) for at, each in enumerate(report.sections, 1))
    partial = '<p class="partial">This report is partial: a run was broken off.</p>' if report.partial else ""
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(report.title)}</title>
<style>{style()}</style>
</head>
<body>
<header>
<h1>{escape(report.title)}</h1>
{partial}
</header>
<main>
{verdict_list(report)}
<nav aria-label="Parts of the report"><ul>{listed}</ul></nav>
{sections}
</main>
<footer><dl>{facts}</dl></footer>
</body>
</html>
"""


def verdict_list(report: Report) -> str:
    """What the report says first, as a list."""
    items = "\n".join(
        f'<li class="{each.kind}"><b>{WORDS[each.kind]}</b> {_prose(each.text)}</li>'
        for each in report.statements
    )
    return f'<ul class="verdict">\n{items}\n</ul>'


@cache
def style() -> str:
    """The page's style sheet."""
    return (_ASSETS / "report.css").read_text(encoding="utf-8")


def _section(section: Section, at: int) -> str:
    parts = [f'<section aria-labelledby="part-{at}"><h2 id="part-{at}">{escape(section.title)}</h2>']
    parts += [f"<p>{_prose(sentence)}</p>" for sentence in section.sentences]
    parts += [_figure(picture) for picture in section.pictures]
    parts += [sheet_html(sheet) for sheet in section.sheets]
    parts += [f'<p class="soft">{_prose(note)}</p>' for note in section.notes]
    return "\n".join([*parts, "</section>"])


def _figure(picture: Picture) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a letter that the font does not have, in somebody's name
        drawn = picture.draw()
        image = b64encode(drawn.svg().encode()).decode()
    caption = escape(picture.caption)
    return (
        f'<figure><div class="scroll" tabindex="0" role="group" aria-label="{caption}">'
        f'<img alt="{escape(plain(drawn.alt, 4000))}" src="data:image/svg+xml;base64,{image}" width="900" '
        f'height="{drawn.get_figheight() * 100:.0f}"></div><figcaption>{caption}</figcaption></figure>'
    )


def sheet_html(sheet: Sheet, most: int = MOST_ROWS) -> str:
    """A table, with at most so many rows."""
    head = "".join(f'<th scope="col"{_class(column)}>{escape(column.text)}</th>' for column in sheet.columns)
    rows = "\n".join(f"<tr>{''.join(_cells(sheet, row))}</tr>" for row in sheet.rows[:most])
    left = len(sheet.rows) - most
    more = f'<p class="soft">{left:,} more rows are in report.json.</p>' if left > 0 else ""
    return (
        f'<div class="scroll" tabindex="0" role="group" aria-label="{escape(sheet.caption)}"><table>'
        f"<caption>{escape(sheet.caption)}</caption><thead><tr>{head}</tr></thead>\n<tbody>{rows}</tbody></table></div>{more}"
    )


def _cells(sheet: Sheet, row: Sequence[str]) -> Iterator[str]:
    for at, (column, value) in enumerate(zip(sheet.columns, row, strict=True)):
        shown = f"<bdi>{escape(value)}</bdi>" if column.name else escape(value)
        yield (
            f'<th scope="row"{_class(column)}>{shown}</th>'
            if at == 0
            else f"<td{_class(column)}>{shown}</td>"
        )


def _class(column: Heading) -> str:
    return f' class="{"n" if column.numeric else "name" if column.name else "words"}"'


def _prose(text: str) -> str:
    """A sentence as HTML, in which no number is parted from its unit."""
    return _UNIT.sub("\\1&nbsp;", escape(text))
