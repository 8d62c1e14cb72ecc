"""The sections of a report, in the order in which they are read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from gateway_kit import charts
from gateway_kit.common.words import counted
from gateway_kit.metrics.comparison import HIGHER, LOWER, UNDECIDED
from gateway_kit.rehearsal.comparison import OWN_TIME, SAME, TOO_FEW
from gateway_kit.rehearsal.report.calibration_words import MEASURES as CALIBRATED
from gateway_kit.rehearsal.report.calibration_words import amount_words
from gateway_kit.rehearsal.report.content import Picture, Section, Sheet, figure, name, text
from gateway_kit.rehearsal.report.wording import (
    NONE,
    cause,
    change,
    clock,
    dollars,
    number,
    plain,
    points,
    seconds,
    share,
    signed_share,
)
from gateway_kit.rehearsal.tables import by_measure, records

if TYPE_CHECKING:
    from gateway_kit.rehearsal.comparison import Comparison
    from gateway_kit.rehearsal.result import Rehearsal

# Verdicts where there is little room.
_BRIEF = {
    HIGHER: "higher",
    LOWER: "lower",
    UNDECIDED: "chance",
    SAME: "the same",
    TOO_FEW: "few calls",
    OWN_TIME: "own time",
}
# A reason that is smaller is not shown.
_LEAST_SHARE = 0.0005
# Notes of the run that the report repeats.
_MOST_NOTES = 20
Row = Mapping[str, Any]

_MEASURES = {
    **CALIBRATED,
    "cost_answered_usd": "cost of the calls that both answered",
    "failed": "failed calls",
    "latency_p99_s": "p99 of the latency",
    "ttft_p50_s": "p50 of the time to first token",
    "ttft_p95_s": "p95 of the time to first token",
    "cache_hits": "answers from the cache",
    "fell_back": "calls with a fallback",
    "retried": "calls with a retry",
}


def calibration_section(rehearsal: Rehearsal) -> Section:
    """How close the rehearsal comes to the log."""
    calibration = rehearsal.calibration
    title = "Calibration: the rehearsal against the log"
    if calibration.table.empty:
        sentence = "The log has no costs, latencies or statuses, so nothing tells how close the rehearsal comes to it."
        return Section(title, [sentence])
    measures = Sheet(
        f"The log and the rehearsal of the {calibration.run}, over the same calls",
        [text("measure"), figure("log"), figure("rehearsal"), figure("change"), figure("n"), text("within")],
        [_calibrated(row) for row in records(calibration.table)],
    )
    reasons = Sheet(
        "Why they differ; the amounts of a measure add up to its difference",
        [text("measure"), text("reason"), figure("amount"), figure("of the log's"), figure("calls"), name("models")],
        [
            [
                _MEASURES[row["measure"]], row["reason"], _amount(row["measure"], row["amount"]),
                signed_share(row["share"]), number(row["calls"]), plain(row["models"]),
            ]
            for row in records(calibration.reasons)
            if not abs(row["share"]) < _LEAST_SHARE
        ],
    )  # fmt: skip
    models = Sheet(
        "By model",
        [name("model"), figure("calls"), *(figure(f"{what}, {whose}") for what in ("cost", "p50", "p95")
         for whose in ("log", "rehearsal"))],
        [
            [plain(row["model"]), number(row["calls"]), dollars(row["logged_usd"]), dollars(row["rehearsed_usd"]),
             *(seconds(row[f"{whose}_{what}_s"]) for what in ("p50", "p95") for whose in ("logged", "rehearsed"))]
            for row in records(calibration.models)
        ],
        brief=False,
    )  # fmt: skip
    sheets = [measures, *([reasons] if len(calibration.reasons) else []), models]
    return Section(
        title,
        [
            "An unchanged configuration should reproduce the log's cost within 1 % and its p50 and p95 within 10 %."
        ],
        sheets=sheets,
    )


def _calibrated(row: Row) -> list[str]:
    show = share if row["measure"] in ("failed", "cache_hits") else amount_words(row["measure"])
    within: str = (
        ""
        if pd.isna(row["tolerance"])
        else "too few calls"
        if pd.isna(row["within"])
        else "yes"
        if row["within"]
        else "no"
    )
    if within and row["change"] != row["change"]:
        within = "nothing to compare"
    return [
        _MEASURES[row["measure"]], show(row["logged"]), show(row["rehearsed"]), change(row["change"]),
        number(row["calls"]), within,
    ]  # fmt: skip


def _amount(measure: str, value: float) -> str:
    return ("+" if value > 0 else "") + amount_words(measure)(value)


def changes_section(rehearsal: Rehearsal) -> Section:
    """What changed from each baseline to the candidate, and the charts of all runs."""
    sheets: list[Sheet] = []
    for run in rehearsal.baselines:
        comparison = rehearsal.comparisons[run.facts.name]
        sheets.append(_overall(comparison))
        sheets += [
            _by(comparison, by) for by in ("model", "key", "team") if (comparison.table["by"] == by).any()
        ]
    notes = []
    if sheets:
        notes = [
            "Both runs made the same calls, and each call is compared with itself. An interval says which differences "
            "calls like these are compatible with, at 95 %; of models, keys and teams all intervals of a column hold "
            "together. “No difference can be told”, in short “chance”, does not say that there is none. “The gateway's "
            "own time”: the latency differs, and the providers' part of it does not.",
        ]
    title = "What changed" if rehearsal.baselines else "What came out"
    return Section(title, [], list(_pictures(rehearsal)), sheets, notes)


def _overall(comparison: Comparison) -> Sheet:
    rows = [_compared(row) for row in records(comparison.overall) if row["calls"]]
    columns = [
        text("measure"), figure(comparison.baseline), figure("candidate"), figure("change"),
        figure("95 % interval of the difference"), figure("n"), text("verdict"),
    ]  # fmt: skip
    return Sheet(
        f"The candidate and the {comparison.baseline}, {counted(comparison.pairs, 'call')}", columns, rows
    )


def _compared(row: Row) -> list[str]:
    measure = row["measure"]
    show = _show(measure)
    ends = points if show is share else show
    unit = " points" if ends is points else ""
    interval = f"{ends(row['low'])} to {ends(row['high'])}{unit}" if row["low"] == row["low"] else NONE
    changed = f"{points(row['difference'])} points" if unit else change(row["change"])
    return [
        _MEASURES[measure], show(row["baseline"]), show(row["candidate"]), changed, interval, number(row["calls"]),
        row["verdict"],
    ]  # fmt: skip


def _show(measure: str) -> Any:
    if measure.endswith("_usd"):
        return dollars
    return seconds if measure.endswith("_s") else share


def _by(comparison: Comparison, by: str) -> Sheet:
    """Failures, cost and p95 of each group in both runs."""
    table = comparison.table[comparison.table["by"] == by]
    rows = []
    for group in table["group"].unique():
        mine = by_measure(table[table["group"] == group])
        failed, cost, p95 = (mine[measure] for measure in ("failed", "cost_usd", "latency_p95_s"))
        rows.append([
            plain(group), number(failed["calls"]),
            *(f"{show(row['baseline'])} → {show(row['candidate'])}, {_BRIEF[row['verdict']]}" if row["calls"] else NONE
              for row, show in ((failed, share), (cost, dollars), (p95, seconds))),
        ])  # fmt: skip
    columns = [name(by), figure("n"), figure("failed"), figure("cost"), figure("p95 of the latency")]
    return Sheet(f"By {by}: {comparison.baseline} → candidate", columns, rows)


def _pictures(rehearsal: Rehearsal) -> Iterator[Picture]:
    runs = [*rehearsal.baselines, rehearsal.candidate]
    calls = rehearsal.candidate.calls
    costs = {run.title: run.calls.set_index("model")["cost_usd"].dropna() for run in runs}
    latencies = {run.title: run.calls["latency_s"].mask(run.calls["failed"]) for run in runs}
    if calls["logged_cost_usd"].notna().any():
        costs = {"the log": calls.set_index("model")["logged_cost_usd"].dropna(), **costs}
    if calls["logged_latency_s"].notna().any():
        there = calls["logged_latency_s"].mask(calls["logged_status"].fillna(0) >= 400)
        latencies = {"the log": there, **latencies}
    yield Picture(
        lambda: charts.cost_of_runs(costs), "Cost by model, in the log and with each configuration."
    )
    yield Picture(
        lambda: charts.latency_of_runs({each: took_s.tolist() for each, took_s in latencies.items()}),
        "Latency of the answers: the further left a line, the faster.",
    )
    lost = {run.title: run.refusals.assign(cause=run.refusals["cause"].map(cause)) for run in runs}
    if any(len(table) for table in lost.values()):
        counts = {title: table.set_index("cause")["calls"] for title, table in lost.items()}
        yield Picture(lambda: charts.refusals_by_cause(counts), "Why calls failed.")


def story_section(rehearsal: Rehearsal) -> Section:
    """How the calls ended over time, and what the story did meanwhile."""
    run = rehearsal.candidate
    pictures = [
        Picture(
            lambda each=each: charts.outcomes_over_time(each.timeline, each.troubles),  # type: ignore[misc]
            f"How the calls of the {each.title} ended.",
        )
        for each in rehearsal.runs.values()
    ]
    sheets = []
    for each in rehearsal.runs.values():
        if len(each.troubles):
            rows = [
                [
                    clock(row["begin_s"]), clock(row["end_s"]) if row["end_s"] == row["end_s"] else "the end",
                    plain(row["subject"]), plain(row["detail"]), number(row["calls"]), number(row["failed"]),
                    number(row["rescued"]),
                ]
                for row in records(each.troubles)
            ]  # fmt: skip
            columns = [text("from"), text("to"), name("what"), name("trouble"), figure("calls"), figure("failed"),
                       figure("answered after retry or fallback")]  # fmt: skip
            sheets.append(
                Sheet(f"The troubles, and the calls of the {each.title} that began meanwhile", columns, rows)
            )
    cooldowns = run.events[run.events["kind"] == "cooldown"]["subject"].value_counts()
    sentences = []
    if run.facts.speed is None:
        sentences.append(
            "The calls were made as fast as they go, so the times are those of the rehearsal, not of the log."
        )
    if not sheets:
        sentences.append("There was no story: nothing was broken on purpose.")
    told = run.events.loc[run.events["kind"] == "note", "detail"].dropna().unique()
    sentences += [plain(detail, 400) for detail in told[:_MOST_NOTES]]
    if len(cooldowns):
        listed = ", ".join(
            f"{plain(subject)} ({times} times)" for subject, times in cooldowns.head(5).items()
        )
        sentences.append(f"The candidate's gateway put aside for a cooldown: {listed}.")
    return Section("What happened over time", sentences, pictures, sheets)
