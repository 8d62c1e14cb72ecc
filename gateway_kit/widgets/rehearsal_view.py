"""A rehearsal as a panel shows it: how far it is, its runs side by side, its report. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from gateway_kit.rehearsal.run_folder import Progress
from gateway_kit.widgets.markup import WRAP, table_html

if TYPE_CHECKING:
    import pandas as pd

    from gateway_kit.rehearsal.report.content import Picture, Sheet
    from gateway_kit.rehearsal.result import Rehearsal
    from gateway_kit.rehearsal.run_result import Run

# What the calls can be grouped by.
GROUPS = ("model", "key", "team", "feature", "deployment", "cause")
_MOST_ROWS = 30
_TITLES = {
    "calls": "calls",
    "failed": "failed",
    "cost_usd": "cost, USD",
    "latency_p50_s": "p50",
    "latency_p95_s": "p95",
}
_RUN_COLUMNS = ("run", "configuration", "speed", *_TITLES.values())


def progress_text(progress: Progress) -> str:
    """How far a run is, in a sentence."""
    made = f", {progress.made:,} of {progress.total:,} calls" if progress.total else ""
    failed = f", {progress.failed:,} failed" if progress.failed else ""
    left = "" if progress.remaining_s is None else f", {duration_text(progress.remaining_s)} left"
    return f"{progress.run}: {progress.step}{made}{failed}{left}"


def duration_text(seconds: float) -> str:
    """Seconds as a person says them: 40 s, 5 min, 2 h 10 min."""
    minutes = round(seconds / 60)
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


def progress_html(progress: Progress | None) -> str:
    """A bar of the calls that were made, and the sentence below it; empty while nothing runs."""
    if progress is None:
        return ""
    known = f'value="{progress.made}" max="{progress.total}" ' if progress.total else ""
    return (
        f'<progress {known}aria-label="calls made" style="width:min(600px,98%)"></progress><br>'
        f"{escape(progress_text(progress))}"
    )


def side_by_side_html(runs: Sequence[Run], by: str) -> str:
    """The calls by a column, each run's numbers side by side."""
    if by == "cause":
        return _causes_html(runs)
    tables = [(run.title, run.summary(by).set_index(by)) for run in runs if len(run.calls)]
    if not tables:
        return ""
    groups = list(dict.fromkeys(group for _, table in tables for group in table.index))
    columns = [by, *(f"{title}, {name}" for name in _TITLES.values() for title, _ in tables)]
    rows = [
        [_name(group), *(_cell(table, group, column) for column in _TITLES for _, table in tables)]
        for group in groups[:_MOST_ROWS]
    ]
    return table_html(f"By {by}{_left_out(len(groups))}", columns, rows)


def comparison_html(rehearsal: Rehearsal) -> str:
    """What changed from each baseline, and whether it is more than chance."""
    from gateway_kit.rehearsal.report.sections import changes_section

    return "".join(sheet_html(sheet) for sheet in changes_section(rehearsal).sheets[:_MOST_ROWS])


def sheet_html(sheet: Sheet) -> str:
    """A table of the report as panels have theirs."""
    heads = [column.text for column in sheet.columns]
    return table_html(f"{sheet.caption}{_left_out(len(sheet.rows))}", heads, sheet.rows[:_MOST_ROWS])


def pictures_of(rehearsal: Rehearsal) -> dict[str, Picture]:
    """The report's charts by their captions."""
    from gateway_kit.rehearsal.report.sections import changes_section, story_section

    pictures = [*story_section(rehearsal).pictures, *changes_section(rehearsal).pictures]
    return {picture.caption.rstrip("."): picture for picture in pictures}


def result_html(rehearsal: Rehearsal) -> str:
    """What came out in sentences, and the runs below each other."""
    from gateway_kit.rehearsal.report.page import WORDS
    from gateway_kit.rehearsal.report.verdict import verdict

    sentences = "".join(
        f'<li style="{WRAP}"><b>{escape(WORDS[each.kind])}</b> {escape(each.text)}</li>'
        for each in verdict(rehearsal, [])
    )
    return f"<ul>{sentences}</ul>{table_html('The runs', _RUN_COLUMNS, _run_rows(rehearsal))}"


def rehearsals_html(rehearsals: Sequence[Rehearsal]) -> str:
    """The runs of several rehearsals below each other; empty for fewer than two."""
    if len(rehearsals) < 2:
        return ""
    rows = [[each.folder.name, *run] for each in rehearsals for run in _run_rows(each)]
    return table_html("The rehearsals of this panel", ("rehearsal", *_RUN_COLUMNS), rows)


def _run_rows(rehearsal: Rehearsal) -> list[list[str]]:
    return [
        [run.title, run.facts.config, _speed(run.facts.speed), *_totals(run)]
        for run in rehearsal.runs.values()
    ]


def report_html(folder: Path) -> str:
    """The report in a frame of its own, whose page may run nothing. Raises OSError."""
    page = (folder / "report.html").read_text(encoding="utf-8")
    return (
        f'<iframe title="report of the rehearsal" sandbox="" style="width:100%;height:600px;border:1px solid" '
        f'srcdoc="{escape(page)}"></iframe>'
    )


def _causes_html(runs: Sequence[Run]) -> str:
    counts = [(run.title, run.refusals.set_index("cause")) for run in runs]
    causes = list(dict.fromkeys(cause for _, table in counts for cause in table.index))
    rows = [[_name(cause), *(_cell(table, cause, "calls") for _, table in counts)] for cause in causes]
    return table_html("Why calls failed", ["cause", *(title for title, _ in counts)], rows) if rows else ""


def _totals(run: Run) -> list[str]:
    if run.calls.empty:
        return ["0", *[""] * (len(_TITLES) - 1)]
    table = run.summary()
    return [_shown(column, table[column].iloc[0]) for column in _TITLES]


def _cell(table: pd.DataFrame, group: object, column: str) -> str:
    if group not in table.index:
        return ""
    value = table.loc[[group], column].to_numpy()[0]  # a list, since a missing name is no label
    return _shown(column, float(value))


def _shown(column: str, value: float) -> str:
    if value != value:
        return ""
    if column == "cost_usd":
        return f"{value:,.4f}"
    return f"{value:.2f} s" if column.endswith("_s") else f"{value:,.0f}"


def _name(group: object) -> str:
    return "(none)" if group != group or group is None or str(group) == "<NA>" else str(group)


def _speed(speed: float | None) -> str:
    return "as fast as it goes" if speed is None else f"{speed:g}"


def _left_out(rows: int) -> str:
    return f" (the first {_MOST_ROWS} of {rows:,})" if rows > _MOST_ROWS else ""
