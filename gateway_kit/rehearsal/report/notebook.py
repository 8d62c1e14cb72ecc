"""A rehearsal and a run as a notebook shows them: the verdict and the first table."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING

from gateway_kit.rehearsal.report.page import WORDS, sheet_html
from gateway_kit.rehearsal.report.statement import Kind
from gateway_kit.rehearsal.report.tables import run_sheets
from gateway_kit.rehearsal.report.verdict import verdict
from gateway_kit.rehearsal.report.wording import dollars, number, plain, seconds, share

if TYPE_CHECKING:
    from gateway_kit.rehearsal.result import Rehearsal
    from gateway_kit.rehearsal.run_result import Run

_STYLE = "margin: .2em 0; padding-left: .6em; border-left: 4px solid"
_COLOURS: Mapping[Kind, str] = {
    "fails": "#b03a00", "worse": "#b03a00", "warns": "#b57a00", "better": "#00866a", "holds": "#00866a",
    "tells": "#8b949e",
}  # fmt: skip


def rehearsal_html(rehearsal: Rehearsal) -> str:
    """What came out in sentences, a line per run, and where the report is."""
    items = "".join(
        f'<p style="{_STYLE} {_COLOURS[each.kind]}"><b>{WORDS[each.kind]}</b> {escape(each.text)}</p>'
        for each in verdict(rehearsal, [])
    )
    rows = "".join(_row(run) for run in rehearsal.runs.values())
    report = rehearsal.folder / "report.html"
    written = f"<p>The report: <code>{escape(str(report))}</code></p>" if report.exists() else ""
    return (
        f"{items}<table><thead><tr><th>run</th><th>configuration</th><th>calls</th><th>failed</th><th>cost</th>"
        f"<th>p50</th><th>p95</th></tr></thead><tbody>{rows}</tbody></table>{written}"
    )


def _row(run: Run) -> str:
    head = f"<tr><th>{escape(run.title)}</th><td>{escape(plain(run.facts.config))}</td>"
    if run.calls.empty:
        return f"{head}<td>0</td><td></td><td></td><td></td><td></td></tr>"
    row = run.summary().iloc[0]
    cells = (
        number(row["calls"]), f"{number(row['failed'])} ({share(row['failed_share'])})", dollars(row["cost_usd"]),
        seconds(row["latency_p50_s"]), seconds(row["latency_p95_s"]),
    )  # fmt: skip
    return head + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"


def run_html(run: Run) -> str:
    """The run by model, and why calls failed."""
    heading = (
        f"<p><b>{escape(run.title)}</b>: {escape(plain(run.facts.config))}, {escape(run.facts.ended)}</p>"
    )
    return heading + "".join(sheet_html(sheet, 20) for sheet in run_sheets(run))
