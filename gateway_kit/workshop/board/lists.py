"""The board's lists as HTML: who is stuck and away, and what is missing at each exercise. Pure functions.

`level` is that of the headings.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from gateway_kit.common.words import counted
from gateway_kit.workshop.board.board import Note, Row, Snapshot
from gateway_kit.workshop.board.facts import fact_html
from gateway_kit.workshop.board.standing import Kind
from gateway_kit.workshop.board.words import clock, forgeries_text, stuck_text, totals_text

# More would push the grid off the screen.
MOST_STUCK, _MOST_AWAY = 10, 8


def summary_html(snapshot: Snapshot) -> str:
    """The totals, and what is wrong with the board's data."""
    trouble = f'<p class="gk-trouble">{escape(snapshot.trouble)}</p>' if snapshot.trouble else ""
    forged = forgeries_text(snapshot)
    forgeries = f'<p class="gk-forged">{escape(forged)}</p>' if forged else ""
    return (
        f'<p class="gk-totals">{escape(totals_text(snapshot))}</p>'
        f'<div aria-live="assertive">{trouble}</div>{forgeries}'
    )


def stuck_html(snapshot: Snapshot, level: int) -> str:
    """Who is stuck, those who have tried first. Read aloud when somebody is added, but not at every minute."""
    rows = snapshot.of_kind(Kind.STUCK)
    rows.sort(key=lambda row: row.standing.exercise not in row.tries)
    after = int(snapshot.stuck_after.total_seconds() // 60)
    return (
        f'<section class="gk-stuck"><h{level}>Stuck for more than {counted(after, "minute")}: {len(rows)}</h{level}>'
        f'<div aria-live="polite">{_people([(row.label, stuck_text(row)) for row in rows], "Nobody is stuck.")}</div>'
        f"{_away(snapshot.of_kind(Kind.AWAY))}</section>"
    )


def notes_html(snapshot: Snapshot, uid: str, level: int) -> str:
    """For each exercise that somebody has tried: the facts most often missing."""
    tried = [note for note in snapshot.notes if note.passed or note.tried]
    notes = (
        "".join(_note(note, uid, level + 1) for note in tried) or "<p>Nobody has checked an exercise yet.</p>"
    )
    untried = "".join(
        f'<i id="{uid}-note-{note.exercise}"></i>' for note in snapshot.notes if note not in tried
    )
    heading = f"<h{level}>What is missing most often</h{level}>"
    return f'<section class="gk-notes">{heading}<div>{notes}{untried}</div></section>'


def legend_html(snapshot: Snapshot, level: int) -> str:
    """What each sign means."""
    after = int(snapshot.stuck_after.total_seconds() // 60)
    signs = (
        ("pass", "✓", "passed"),
        ("shown", "(✓)", "passed after the solution was shown"),
        ("try", "3", "checked three times, not passed"),
        ("none gk-here", "·", "not begun; the frame is where the seat is"),
        ("block", "!", f"stuck: here for more than {counted(after, 'minute')}, and active"),
        ("none", "·", "not begun"),
    )
    items = "".join(
        f'<li><span class="gk-sign gk-{look}">{sign}</span> {text}</li>' for look, sign, text in signs
    )
    return f'<section class="gk-legend"><h{level}>Signs</h{level}><ul>{items}</ul></section>'


def _people(named: Sequence[tuple[str, str]], nobody: str) -> str:
    if not named:
        return f"<p>{nobody}</p>"
    items = "".join(f"<li><b>{escape(label)}</b> {escape(text)}</li>" for label, text in named[:MOST_STUCK])
    more = f"<li>and {counted(len(named) - MOST_STUCK, 'more seat')}</li>" if len(named) > MOST_STUCK else ""
    return f"<ul>{items}{more}</ul>"


def _away(rows: Sequence[Row]) -> str:
    if not rows:
        return ""
    named = ", ".join(
        f"{row.label} since {clock(row.heard)}" for row in rows[:_MOST_AWAY] if row.heard is not None
    )
    more = f" and {counted(len(rows) - _MOST_AWAY, 'more seat')}" if len(rows) > _MOST_AWAY else ""
    return f'<p class="gk-gone"><b>Away:</b> {escape(named + more)}</p>'


def _note(note: Note, uid: str, level: int) -> str:
    facts = "".join(f"<li>{fact_html(fact)}</li>" for fact in note.facts)
    left = f", {counted(note.tried, 'seat has', 'seats have')} tried and not passed" if note.tried else ""
    return (
        f'<div id="{uid}-note-{note.exercise}"><h{level}>{note.exercise}</h{level}>'
        f"<p>{counted(note.passed, 'seat')} passed{left}</p>{f'<ul>{facts}</ul>' if facts else ''}</div>"
    )
