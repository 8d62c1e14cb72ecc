"""`report.md`: the report in short, as a comment on a pull request shows it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from gateway_kit.rehearsal.report.content import Heading, Report, Section, Sheet
from gateway_kit.rehearsal.report.page import WORDS
from gateway_kit.rehearsal.report.statement import Kind

# GitHub takes 65,536 characters.
LONGEST = 60_000
# Rows of a table; fewer if the whole is too long.
_ROWS = (15, 8, 4, 2, 0)
# Each beside a word that says the same.
_SIGNS: Mapping[Kind, str] = {
    "fails": "❌", "worse": "🔺", "warns": "⚠️", "better": "🔽", "holds": "✅", "tells": "▫️"
}  # fmt: skip
# A mention would notify somebody, a number would link an issue, and an address would become a link.
_LINKING = re.compile(r"(@|#|://|www\.|GH-)")
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()|~!&$])")


def report_markdown(report: Report) -> str:
    """The whole comment, of fewer than 60,000 characters."""
    for rows in _ROWS:
        text = "\n".join(_lines(report, rows)) + "\n"
        if len(text) < LONGEST:
            return text
    cut = text[: LONGEST - 200]
    return f"{cut[: cut.rindex(chr(10))]}\n\nThe rest is in report.html.\n"


def _lines(report: Report, rows: int) -> Iterator[str]:
    yield f"## {escape_markdown(report.title)}"
    yield ""
    if report.partial:
        yield "**This report is partial: a run was broken off.**"
        yield ""
    for each in report.statements:
        yield f"- {_SIGNS[each.kind]} **{WORDS[each.kind]}** {escape_markdown(each.text)}"
    for section in report.sections:
        yield from _section(section, rows)
    yield ""
    facts = "; ".join(f"{what} {fact}" for what, fact in report.facts.items())
    yield f"<sub>{escape_markdown(facts)}. Charts and all tables are in report.html, all figures in report.json.</sub>"


def _section(section: Section, rows: int) -> Iterator[str]:
    sheets = [sheet for sheet in section.sheets if sheet.brief and rows]
    if not (sheets or section.sentences):
        return
    yield ""
    yield "<details>"
    yield f"<summary>{escape_html(section.title)}</summary>"
    for sentence in section.sentences:
        yield ""
        yield escape_markdown(sentence)
    for sheet in sheets:
        yield ""
        yield f"**{escape_markdown(sheet.caption)}**"
        yield ""
        yield from _table(sheet, rows)
    for note in section.notes:
        yield ""
        yield escape_markdown(note)
    yield ""
    yield "</details>"


def _table(sheet: Sheet, most: int) -> Iterator[str]:
    yield _row([escape_markdown(column.text) for column in sheet.columns])
    yield _row(["---:" if column.numeric else "---" for column in sheet.columns])
    for row in sheet.rows[:most]:
        yield _row([_cell(column, value) for column, value in zip(sheet.columns, row, strict=True)])
    if len(sheet.rows) > most:
        yield ""
        yield f"and {len(sheet.rows) - most:,} more"


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(column: Heading, value: str) -> str:
    return code(value) if column.name and value else escape_markdown(value)


def code(text: str) -> str:
    """Other people's text as code, in which nothing is Markdown; in a table a bar still has to be escaped."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    space = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{space}{text.replace('|', chr(92) + '|')}{space}{fence}"


def escape_markdown(text: str) -> str:
    """Text in which nothing is Markdown, HTML, a mention or a link."""
    escaped = _SPECIAL.sub(r"\\\1", text)
    return _LINKING.sub(lambda found: f"{found[0][0]}<!-- -->{found[0][1:]}", escaped)


def escape_html(text: str) -> str:
    """Text within an HTML element of the comment."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
