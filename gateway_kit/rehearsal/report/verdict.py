"""What came out of a rehearsal, in sentences. Each says of how many calls it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from gateway_kit.common.words import counted
from gateway_kit.metrics.comparison import ALL, HIGHER, LOWER, UNDECIDED
from gateway_kit.rehearsal.comparison import SAME, TOO_FEW
from gateway_kit.rehearsal.condition_syntax import one_line
from gateway_kit.rehearsal.conditions import Broken, check_conditions
from gateway_kit.rehearsal.report.calibration_words import calibration_statements
from gateway_kit.rehearsal.report.wording import cause, change, dollars, plain, points, seconds, share
from gateway_kit.rehearsal.tables import by_measure, records

if TYPE_CHECKING:
    from gateway_kit.rehearsal.comparison import Comparison
    from gateway_kit.rehearsal.result import Rehearsal, Run

Row = Mapping[str, Any]
Kind = Literal["fails", "worse", "warns", "better", "holds", "tells"]
# Longer than a gateway that keeps up takes for itself.
_LONG_WAIT_S = 1.0
# Groups that one sentence names.
_MOST_GROUPS = 3
_LATENCIES = {"latency_p50_s": "half of the answers", "latency_p95_s": "95 of 100 answers"}


@dataclass(frozen=True)
class Statement:
    """One sentence, and what it means for the reader.

    fails          a condition of --fail-if that must not hold does
    worse, better  than the baseline, by more than chance
    warns, holds   what to keep in mind; a check that came out well
    tells          a fact
    """

    kind: Kind
    text: str


@dataclass(frozen=True)
class Checked:
    """A condition as it was given, and what is wrong with it; None if it does not hold, which is good."""

    condition: str
    broken: Broken | None


def check_all(rehearsal: Rehearsal, conditions: Iterable[str]) -> list[Checked]:
    """Each condition with what came of it. Raises RehearsalError."""
    listed = [one_line(text) for text in conditions]
    broken = {each.condition: each for each in check_conditions(rehearsal, listed)}
    return [Checked(text, broken.get(text)) for text in listed]


def verdict(rehearsal: Rehearsal, checked: Sequence[Checked]) -> list[Statement]:
    """All that the report says first."""
    statements = [
        *_partial(rehearsal),
        *_conditions(checked),
        *(each for run in rehearsal.runs.values() for each in _overload(run)),
        *_in_short(rehearsal),
        _outcome(rehearsal.candidate),
        *(each for run in rehearsal.baselines for each in _changes(rehearsal, run)),
        *calibration_statements(rehearsal.calibration, Statement),
        *_troubles(rehearsal.candidate),
        *_not_rehearsed(rehearsal.candidate),
    ]
    return statements


def _partial(rehearsal: Rehearsal) -> Iterator[Statement]:
    words = {"interrupted": "was interrupted", "failed": "failed", "running": "has not ended"}
    for run in rehearsal.runs.values():
        if not run.is_partial:
            continue
        planned = run.facts.traffic.get("calls")
        of = f" of {planned:,}" if isinstance(planned, int) else ""
        left = (
            f"; {counted(run.left, 'call')} in progress then {'is' if run.left == 1 else 'are'} left out"
            if run.left
            else ""
        )
        yield Statement(
            "warns",
            f"This report is partial: the run of the {run.title} {words[run.facts.ended]} after "
            f"{len(run.calls):,}{of} calls, and its figures are of these alone{left}.",
        )
        if run.unread:
            lines = counted(run.unread, "line")
            yield Statement("warns", f"Of the files of the {run.title} {lines} could not be read.")


def _overload(run: Run) -> Iterator[Statement]:
    """Whether this machine was too slow for the traffic, so that the figures tell of it, not of the configuration."""
    calls = run.calls[~run.calls["failed"]]
    waited_s = float((calls["latency_s"] - calls["provider_s"]).median())
    late_s = float((run.calls["started"] - run.calls["scheduled"]).dt.total_seconds().quantile(0.95))
    # At full speed calls queue by design.
    slow = run.facts.speed is not None and waited_s > _LONG_WAIT_S
    if not slow and not late_s > _LONG_WAIT_S:
        return
    found = []
    if slow:
        found.append(f"half of the answers came {seconds(waited_s)} or more after the providers' part")
    if late_s > _LONG_WAIT_S:
        found.append(f"5 of 100 calls began {seconds(late_s)} or more after they were due")
    yield Statement(
        "warns",
        f"The traffic was too much for this machine in the run of the {run.title}: {' and '.join(found)} "
        f"(n={len(run.calls):,}). Its latencies and time-outs tell of the machine, not of the configuration: rehearse "
        "again with a lower --speed.",
    )


def _conditions(checked: Sequence[Checked]) -> Iterator[Statement]:
    broken = [each.broken for each in checked if each.broken is not None]
    for each in broken:
        yield Statement("fails", f"What must not hold does: {plain(each.sentence, 400)}.")
    if checked and not broken:
        yield Statement("holds", f"None of the {counted(len(checked), 'condition')} that must not hold does.")


def _outcome(run: Run) -> Statement:
    calls = run.calls
    config, traffic = plain(run.facts.config), plain(run.facts.traffic.get("name") or "the traffic")
    if calls.empty:
        return Statement("warns", f"{config} made no call of {traffic}, so nothing can be said of it.")
    row = run.summary().iloc[0]
    text = f"{config} was rehearsed with {counted(len(calls), 'call')} of {traffic}: "
    if not row["failed"]:
        text += "all were answered"
    else:
        first = run.refusals.iloc[0]
        some = "all" if first["calls"] == row["failed"] else f"{int(first['calls']):,} of them"
        text += f"{int(row['failed']):,} failed ({share(row['failed_share'])}), {some} with: {cause(first['cause'])}"
    if row["unpriced"]:
        text += f". The cost of {counted(int(row['unpriced']), 'answer')} is not known, and counts as 0"
    text += f". Cost: {dollars(row['cost_usd'])}"
    if row["answered"]:
        p50, p95 = (seconds(row[name]) for name in ("latency_p50_s", "latency_p95_s"))
        text += f"; half of the answers took at most {p50}, 95 of 100 {p95}"
    return Statement("tells", f"{text}.")


# Measure → what the candidate does if it is higher, and if it is lower.
_SHORT = {
    "failed": ("fails more often", "fails less often"),
    "cost_usd": ("costs more", "costs less"),
    "latency_p50_s": ("is slower at the median", "is faster at the median"),
    "latency_p95_s": ("is slower at p95", "is faster at p95"),
}


def _in_short(rehearsal: Rehearsal) -> Iterator[Statement]:
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


def _changes(rehearsal: Rehearsal, run: Run) -> Iterator[Statement]:
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


def _troubles(run: Run) -> Iterator[Statement]:
    troubles = run.troubles
    if troubles.empty:
        return
    met, lost, saved = (int(troubles[name].sum()) for name in ("calls", "failed", "rescued"))
    text = (
        f"The story brought {counted(len(troubles), 'trouble')}; of {counted(met, 'call')} that began meanwhile "
        f"{lost:,} failed and {saved:,} were answered after a retry or a fallback"
    )
    if len(troubles) > 1:
        text += " (a call that began in two troubles counts twice)"
    yield Statement("warns" if lost else "tells", f"{text}.")


def _not_rehearsed(run: Run) -> Iterator[Statement]:
    count = sum(each.what == "not_rehearsed" for each in run.facts.replaced)
    if count:
        settings = counted(count, "setting")
        yield Statement(
            "warns", f"{settings} of the configuration could not be rehearsed; they are listed below."
        )
