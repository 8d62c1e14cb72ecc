"""The sections of a report that are tables: what was replaced, and the candidate's figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gateway_kit.rehearsal.report.content import Section, Sheet, figure, name, text
from gateway_kit.rehearsal.report.wording import cause, clock, dollars, number, plain, seconds, share
from gateway_kit.rehearsal.tables import records

if TYPE_CHECKING:
    from gateway_kit.rehearsal.result import Rehearsal
    from gateway_kit.rehearsal.run_result import Run

_WHAT = {
    "not_rehearsed": "Not rehearsed",
    "scaled": "Scaled",
    "replaced": "Replaced",
    "kept": "Kept",
}


def replaced_section(rehearsal: Rehearsal) -> Section:
    """What of the configuration was replaced, scaled, kept or not rehearsed."""
    sheets = []
    columns = [text("line"), name("setting"), name("was"), name("in the rehearsal"), text("why")]
    run = rehearsal.candidate
    for what, title in _WHAT.items():
        mine = [each for each in run.facts.replaced if each.what == what]
        rows = [
            [plain(each.place), plain(each.setting), plain(each.was), plain(each.now), plain(each.why, 400)]
            for each in mine
        ]
        if rows:
            sheets.append(
                Sheet(f"{title} ({len(rows)})", columns, rows, brief=what in ("not_rehearsed", "scaled"))
            )
    sentences = [
        f"Every deployment of {plain(run.facts.config)} was led to a simulated provider on the same machine; no "
        "request left it. These lists say what that changed."
    ]
    if not sheets:
        sentences = ["The run wrote down nothing that was replaced."]
    notes = [plain(note, 600) for each in rehearsal.runs.values() for note in each.facts.notes]
    return Section(
        "What was replaced, scaled or not rehearsed",
        sentences,
        sheets=sheets,
        notes=list(dict.fromkeys(notes)),
    )


def tables_section(rehearsal: Rehearsal) -> Section:
    """The candidate's figures by model, team, key and feature, its deployments, failures and ways."""
    run = rehearsal.candidate
    sheets = [_failures(run), _deployments(run), _routes(run)]
    sheets += [_summary(run, by) for by in ("model", "team", "key", "feature")]
    shown = [sheet for sheet in sheets if sheet is not None]
    return Section("The candidate in tables", [] if shown else ["No call was made."], sheets=shown)


def run_sheets(run: Run) -> list[Sheet]:
    """A run in two tables: by model, and why calls failed."""
    return [sheet for sheet in (_summary(run, "model"), _failures(run)) if sheet is not None]


def _failures(run: Run) -> Sheet | None:
    rows = [
        [cause(row["cause"]), number(row["calls"]), share(row["share"]), plain(row["status"]) or "none",
         clock(row["first_s"]), plain(row["models"]), plain(row["error"], 200)]
        for row in records(run.refusals)
    ]  # fmt: skip
    columns = [text("cause"), figure("calls"), figure("of all"), figure("status"), text("first at"), name("models"),
               name("most frequent text")]  # fmt: skip
    return Sheet("Why calls failed", columns, rows) if rows else None


def _deployments(run: Run) -> Sheet | None:
    names = ("attempts", "answered", "refused", "broken", "faults", "cooldowns")
    rows = [
        [plain(row["deployment"]), plain(row["model_name"]), *(number(row[each]) for each in names),
         seconds(row["latency_p50_s"]), seconds(row["latency_p95_s"])]
        for row in records(run.deployments)
    ]  # fmt: skip
    columns = [
        name("deployment"),
        name("model"),
        *(figure(each) for each in names),
        figure("p50"),
        figure("p95"),
    ]
    caption = "Requests that reached each deployment; one without any was never needed"
    return Sheet(caption, columns, rows, brief=False) if rows else None


def _routes(run: Run) -> Sheet | None:
    rows = [
        [plain(row["model"]), plain(row["route"], 300), number(row["calls"]), number(row["failed"])]
        for row in records(run.routes)
    ]
    columns = [
        name("model"),
        name("deployments in order, with their answer"),
        figure("calls"),
        figure("failed"),
    ]
    return Sheet("Calls that took more than one attempt", columns, rows, brief=False) if rows else None


def _summary(run: Run, by: str) -> Sheet | None:
    table = run.summary(by)
    if table[by].notna().sum() == 0:
        return None
    columns = [name(by), *(figure(each) for each in (
        "calls", "failed", "of all", "cost", "from the cache", "fallbacks", "p50", "p95", "first token p50",
    ))]  # fmt: skip
    rows: Sequence[list[str]] = [
        [plain(row[by]) or "none", number(row["calls"]), number(row["failed"]), share(row["failed_share"]),
         dollars(row["cost_usd"]) + (f" ({int(row['unpriced']):,} unpriced)" if row["unpriced"] else ""),
         number(row["cache_hits"]), number(row["fell_back"]), seconds(row["latency_p50_s"]),
         seconds(row["latency_p95_s"]), seconds(row["ttft_p50_s"])]
        for row in records(table)
    ]  # fmt: skip
    return Sheet(f"By {by}", columns, rows, brief=by == "model")
