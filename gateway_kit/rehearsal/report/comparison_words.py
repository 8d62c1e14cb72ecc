"""What changed from a baseline to the candidate, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from gateway_kit.metrics.comparison import ALL, HIGHER, LOWER, UNDECIDED
from gateway_kit.rehearsal.comparison import OWN_TIME, SAME, TOO_FEW
from gateway_kit.rehearsal.report.statement import Statement
from gateway_kit.rehearsal.report.wording import change, dollars, plain, points, seconds, share
from gateway_kit.rehearsal.tables import by_measure, records

if TYPE_CHECKING:
    from gateway_kit.rehearsal.comparison import Comparison
    from gateway_kit.rehearsal.result import Rehearsal
    from gateway_kit.rehearsal.run_result import Run

Row = Mapping[str, Any]
# Groups that one sentence names.
_MOST_GROUPS = 3
_LATENCIES = {"latency_p50_s": "half of the answers", "latency_p95_s": "95 of 100 answers"}
# Measure → what the candidate does if it is higher, and if it is lower.
_SHORT = {
    "failed": ("fails more often", "fails less often"),
    # Not the whole cost: a call that fails costs nothing.
    "cost_answered_usd": ("costs more", "costs less"),
    "latency_p50_s": ("is slower at the median", "is faster at the median"),
    "latency_p95_s": ("is slower at p95", "is faster at p95"),
}


def in_short(rehearsal: Rehearsal) -> Iterator[Statement]:
    """One sentence per baseline, of what differs by more than chance."""
    for run in rehearsal.baselines:
        rows = by_measure(rehearsal.comparisons[run.facts.name].overall)
        if not rows["failed"]["calls"]:
            continue
        found = [
            if_higher if rows[measure]["verdict"] == HIGHER else if_lower
            for measure, (if_higher, if_lower) in _SHORT.items()
            if rows[measure]["verdict"] in (HIGHER, LOWER)
        ]
        against = f"than the {run.title}"
        if not found:
            text = f"In short: failures, cost and latency differ from the {run.title} by no more than chance."
        elif len(found) == 1:
            text = f"In short: the candidate {found[0]} {against}."
        else:
            text = f"In short: the candidate {', '.join(found[:-1])} and {found[-1]} {against}."
        yield Statement("tells", text)


def changes(rehearsal: Rehearsal, run: Run) -> Iterator[Statement]:
    """What changed from this baseline, measure by measure, and in which groups."""
    comparison = rehearsal.comparisons[run.facts.name]
    against = f"the {run.title} ({plain(run.facts.config)})"
    if not comparison.pairs:
        yield Statement(
            "warns", f"No call was made both by the candidate and by {against}: nothing is compared."
        )
        return
    n = comparison.pairs
    rows = by_measure(comparison.overall)
    yield _failures(rows["failed"], n, against)
    yield _cost(rows, against)
    for measure, whose in _LATENCIES.items():
        yield _latency(rows[measure], whose, against)
    for measure, words in (
        ("cache_hits", "answers from the cache"),
        ("fell_back", "fallbacks to another model"),
    ):
        row = rows[measure]
        if row["verdict"] in (HIGHER, LOWER):
            more = "More" if row["verdict"] == HIGHER else "Fewer"
            yield Statement("tells", f"{more} {words} than with {against}: {_shares(row)} of {n:,} calls.")
    yield from _groups(comparison)


def _shares(row: Row) -> str:
    return f"{share(row['candidate'])} instead of {share(row['baseline'])}"


def _failures(row: Row, n: int, against: str) -> Statement:
    verdict = row["verdict"]
    if verdict in (HIGHER, LOWER):
        more = "More" if verdict == HIGHER else "Fewer"
        return Statement(
            "worse" if verdict == HIGHER else "better",
            f"{more} calls fail than with {against}: {_shares(row)} of {n:,} calls "
            f"({points(row['difference'])} points, 95 % interval {points(row['low'])} to {points(row['high'])}; "
            f"{int(row['candidate_only']):,} fail only in the candidate, {int(row['baseline_only']):,} only in the "
            "baseline).",
        )
    if verdict == SAME:
        whole = "no call fails in either" if not row["candidate"] else "the same calls fail in both"
        return Statement("tells", f"Failures are as with {against}: {whole} (n={n:,}).")
    why = f"too few calls to tell, n={n:,}" if verdict == TOO_FEW else f"no more than chance, n={n:,}"
    return Statement(
        "tells", f"Failures: {share(row['candidate'])}, with {against} {share(row['baseline'])}: {why}."
    )


def _cost(rows: Mapping[str, Row], against: str) -> Statement:
    whole, answered = rows["cost_usd"], rows["cost_answered_usd"]
    n = f"n={int(whole['calls']):,}"
    pair = f"{dollars(whole['candidate'])} instead of {dollars(whole['baseline'])}"
    if not whole["calls"]:
        return Statement("warns", f"No call has a known cost both here and with {against}.")
    if whole["verdict"] == SAME:
        return Statement("tells", f"It costs the same as {against}: {dollars(whole['candidate'])} ({n}).")
    if whole["verdict"] in (UNDECIDED, TOO_FEW):
        why = "too few calls to tell" if whole["verdict"] == TOO_FEW else "no more than chance"
        return Statement("tells", f"Cost: {pair} with {against} ({change(whole['change'])}): {why}, {n}.")
    more = whole["verdict"] == HIGHER
    text = f"It costs {'more' if more else 'less'} than {against}: {pair} ({change(whole['change'])}, {n})"
    if rows["failed"]["verdict"] in (HIGHER, LOWER):
        text += (
            f"; of the {int(answered['calls']):,} calls that both answered {dollars(answered['candidate'])} instead of "
            f"{dollars(answered['baseline'])} ({change(answered['change'])}), the rest is due to calls that failed"
        )
    if not more and answered["verdict"] != LOWER:
        return Statement("tells", f"{text}.")  # who fails is not cheap
    return Statement("worse" if more else "better", f"{text}.")


def _latency(row: Row, whose: str, against: str) -> Statement:
    n = f"n={int(row['calls']):,}"
    if not row["calls"]:
        return Statement(
            "tells", f"No call was answered both here and with {against}: latency is not compared."
        )
    pair = f"{whose} take at most {seconds(row['candidate'])} instead of {seconds(row['baseline'])} with {against}"
    if row["verdict"] in (HIGHER, LOWER):
        slower = row["verdict"] == HIGHER
        interval = f"95 % interval of the difference {seconds(row['low'])} to {seconds(row['high'])}"
        return Statement(
            "worse" if slower else "better",
            f"It is {'slower' if slower else 'faster'}: {pair} ({change(row['change'])}, {interval}, {n}).",
        )
    if row["verdict"] == OWN_TIME:
        return Statement(
            "warns",
            f"Latency: {pair} ({change(row['change'])}, {n}). The providers' part is as before: it is the gateway's "
            "own time, which changes with its configuration and with what else this machine does. To tell, rehearse "
            "again.",
        )
    why = "too few calls to tell a difference" if row["verdict"] == TOO_FEW else "no more than chance"
    return Statement("tells", f"Latency: {pair}: {why}, {n}.")


def _groups(comparison: Comparison) -> Iterator[Statement]:
    """Which models, keys and teams fail more or cost more."""
    changed = comparison.changed
    for measure, words in (
        ("failed", "fail more often"),
        ("cost_answered_usd", "cost more for what both answered"),
    ):
        rows = changed[
            (changed["measure"] == measure) & (changed["by"] != ALL) & (changed["verdict"] == HIGHER)
        ]
        told: set[tuple[float, ...]] = set()
        for by, part in rows.groupby("by", sort=False):
            # Where each team has one key, the teams say what the keys have said.
            figures = tuple(part["difference"])
            if figures in told:
                continue
            told.add(figures)
            ordered = part.sort_values("difference", ascending=False)
            shown = [_group(measure, row) for row in records(ordered.head(_MOST_GROUPS))]
            more = f" and {len(part) - _MOST_GROUPS} more" if len(part) > _MOST_GROUPS else ""
            one = len(part) == 1
            what = f"This {by}" if one else f"These {by}s"
            verb = words.replace("fail", "fails").replace("cost more", "costs more") if one else words
            yield Statement("worse", f"{what} {verb}: {'; '.join(shown)}{more}.")


def _group(measure: str, row: Row) -> str:
    show = share if measure == "failed" else dollars
    pair = f"{show(row['candidate'])} instead of {show(row['baseline'])}"
    return f"{plain(row['group'])} ({pair}, n={int(row['calls']):,})"
