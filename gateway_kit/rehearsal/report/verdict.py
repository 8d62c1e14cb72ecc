"""What came out of a rehearsal, in sentences. Each says of how many calls it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway_kit.common.words import counted
from gateway_kit.rehearsal.condition_syntax import one_line
from gateway_kit.rehearsal.conditions import Broken, check_conditions
from gateway_kit.rehearsal.report.calibration_words import calibration_statements
from gateway_kit.rehearsal.report.comparison_words import changes, in_short
from gateway_kit.rehearsal.report.statement import Statement
from gateway_kit.rehearsal.report.wording import cause, dollars, plain, seconds, share
from gateway_kit.rehearsal.result import CANDIDATE
from gateway_kit.rehearsal.run_folder import NOT_CARRIED_OUT
from gateway_kit.rehearsal.summaries import listed_names

if TYPE_CHECKING:
    from gateway_kit.rehearsal.result import Rehearsal
    from gateway_kit.rehearsal.run_result import Run

# Longer than a gateway that keeps up takes for itself.
_LONG_WAIT_S = 1.0


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
    runs = list(rehearsal.runs.values())
    calibrated = (*rehearsal.baselines, rehearsal.candidate)[0]
    statements = [
        *_partial(rehearsal),
        *_conditions(checked),
        *(each for run in rehearsal.runs.values() for each in _overload(run)),
        *in_short(rehearsal),
        _outcome(rehearsal.candidate),
        *(each for run in rehearsal.baselines for each in changes(rehearsal, run)),
        *(
            calibration_statements(rehearsal.calibration, in_trouble=not calibrated.troubles.empty)
            if any(len(run.calls) for run in runs)
            else []
        ),
        *_troubles(rehearsal.candidate),
        *_not_rehearsed(rehearsal.candidate),
    ]
    return statements


def _partial(rehearsal: Rehearsal) -> Iterator[Statement]:
    if CANDIDATE not in rehearsal.runs:
        yield Statement(
            "warns",
            "The rehearsal ended before the candidate's turn, so this report is of "
            f"{' and '.join(run.title for run in rehearsal.runs.values())} alone.",
        )
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
        nameless = calls[~calls["failed"] & calls["cost_usd"].isna()]
        text += (
            f". The cost of {counted(len(nameless), 'answer')} is not known, and counts as 0: the gateway has no price "
            f"for {plain(listed_names(nameless['model']))}"
        )
    text += f". Cost: {dollars(row['cost_usd'])}"
    if row["answered"]:
        p50, p95 = (seconds(row[name]) for name in ("latency_p50_s", "latency_p95_s"))
        text += f"; half of the answers took at most {p50}, 95 of 100 {p95}"
    return Statement("tells", f"{text}.")


def _troubles(run: Run) -> Iterator[Statement]:
    for note in run.facts.notes:
        if note.startswith(NOT_CARRIED_OUT):
            yield Statement("warns", f"{plain(note, 400)}.")
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
