"""The board's grid as HTML: a row per seat, a column per exercise. Pure functions; all text is escaped."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from gateway_kit.workshop.board.board import Note, Row, Snapshot
from gateway_kit.workshop.board.facts import fact_html
from gateway_kit.workshop.board.lists import MOST_STUCK
from gateway_kit.workshop.board.progress import Tries
from gateway_kit.workshop.board.standing import Kind
from gateway_kit.workshop.board.words import lesson_text, place_text, tries_text, usd

# More rows than these are too small to read on one screen: they stand beside each other in two tables.
_ROWS = 32
_MOST_SHOWN = 99
# How wide the columns are, in letters' heights: the size of the letters follows from the screen's width.
_EMS_OF_SEAT, _EMS_OF_EXERCISE, _EMS_OF_LESSON = 25.0, 1.85, 16.0


def grid_html(snapshot: Snapshot, uid: str) -> str:
    """The tables; `uid` begins the ids in them."""
    rows = snapshot.rows
    each = len(rows) if len(rows) <= _ROWS else -(-len(rows) // 2)
    parts = [rows[begin : begin + each] for begin in range(0, len(rows), each)]
    tables = "".join(_table(snapshot, part, f"{uid}-{number}", uid) for number, part in enumerate(parts))
    kind = "one" if len(parts) == 1 else "two"
    # What is shown beside each row on a wide screen makes a single table wider.
    ems = _EMS_OF_SEAT + _EMS_OF_EXERCISE * len(snapshot.notes) + (_EMS_OF_LESSON if kind == "one" else 0)
    return f'<div class="gk-tables gk-{kind}" style="--rows:{each};--ems:{ems:.0f};{_above(snapshot)}">{tables}</div>'


def _above(snapshot: Snapshot) -> str:
    """How much of the screen what stands above the tables takes, about: the rest is the tables'."""
    chips = min(len(snapshot.of_kind(Kind.STUCK)), MOST_STUCK + 1)
    lines = (
        1.5,  # the totals
        2.3 * bool(snapshot.trouble),
        2.3 * bool(snapshot.forgeries),
        2.4 if chips <= 3 else 2.4 + 1.9 * -(-chips // 5),
        1.6 * bool(snapshot.of_kind(Kind.AWAY)),
    )
    return f"--above:{sum(lines):.1f}rem"


def _table(snapshot: Snapshot, rows: Sequence[Row], tips: str, uid: str) -> str:
    caption = f"Seats {rows[0].label} to {rows[-1].label}: what each has passed, and where it is now"
    body = "".join(_row(row, snapshot) for row in rows)
    return (
        f'<div class="gk-scroll" tabindex="0" role="region" aria-label="{escape(caption)}"><table>'
        f"<caption>{escape(caption)}</caption>{_head(snapshot, tips, uid)}<tbody>{body}</tbody>{_foot(snapshot)}"
        "</table></div>"
    )


def _head(snapshot: Snapshot, tips: str, uid: str) -> str:
    notes = {note.exercise: note for note in snapshot.notes}
    lessons = "".join(
        f'<th scope="colgroup" colspan="{len(lesson.exercises)}" class="gk-first" title="{escape(lesson.title)}">'
        f"{lesson.number}<small>{escape(lesson.title)}</small></th>"
        for lesson in snapshot.lessons
    )
    names = [(lesson.exercises[0] == name, name) for lesson in snapshot.lessons for name in lesson.exercises]
    exercises = "".join(
        _exercise_head(notes[name], is_first, place >= len(names) / 2, tips, uid)
        for place, (is_first, name) in enumerate(names)
    )
    groups = "".join(f'<colgroup span="{len(lesson.exercises)}"></colgroup>' for lesson in snapshot.lessons)
    ends = "".join(
        f'<th scope="col" rowspan="2" class="gk-end{first}" title="{title}">{name}</th>'
        for name, title, first in (
            ("spent", "US dollars, for all calls", " gk-first"),
            ("errors", "calls that failed", ""),
        )
    )
    return (
        f'<colgroup span="3"></colgroup>{groups}<colgroup span="2"></colgroup><thead><tr>'
        '<th scope="col" rowspan="2" class="gk-seat">seat</th><th scope="col" rowspan="2" class="gk-now">now</th>'
        f'<th scope="col" rowspan="2" title="exercises passed">passed</th>{lessons}{ends}</tr>'
        f"<tr>{exercises}</tr></thead>"
    )


def _exercise_head(note: Note, is_first: bool, in_right_half: bool, tips: str, uid: str) -> str:
    tip = f"{tips}-tip-{note.exercise}"
    facts = "".join(f"<li>{fact_html(fact)}</li>" for fact in note.facts[:3])
    first = " gk-first" if is_first else ""
    side = " gk-left" if in_right_half else ""
    items = f"<ol>{facts}</ol>" if facts else ""
    return (
        f'<th scope="col" class="gk-exercise{first}">'
        f'<a href="#{uid}-note-{note.exercise}" aria-describedby="{tip}" aria-label="{note.exercise}">'
        f'{note.exercise[2:]}</a><div class="gk-tip{side}" id="{tip}">'
        f"<b>{note.passed} passed, {note.tried} tried and not passed</b>{items}</div></th>"
    )


def _foot(snapshot: Snapshot) -> str:
    """How many seats have passed each exercise, of all seats, also below a table with half of them."""
    passed = {note.exercise: note.passed for note in snapshot.notes}
    counts = "".join(
        f'<td class="{"gk-first" if name == lesson.exercises[0] else ""}">{passed[name]}</td>'
        for lesson in snapshot.lessons
        for name in lesson.exercises
    )
    rows = snapshot.rows
    return (
        '<tfoot><tr><th scope="row" class="gk-seat">all</th><td class="gk-now">seats that passed it</td>'
        f"<td>{sum(passed.values())}</td>{counts}"
        f'<td class="gk-end gk-first">{usd(sum(row.spent_usd for row in rows))}</td>'
        f'<td class="gk-end">{sum(row.failed for row in rows):,}</td></tr></tfoot>'
    )


def _row(row: Row, snapshot: Snapshot) -> str:
    where = row.standing
    cells = "".join(
        _cell(row.tries.get(exercise), row, exercise, exercise == lesson.exercises[0])
        for lesson in snapshot.lessons
        for exercise in lesson.exercises
    )
    kind = where.kind.name.lower()
    lesson = escape(lesson_text(row, snapshot))
    sign = '<b role="img" aria-label="stuck:">!</b> ' if where.kind is Kind.STUCK else ""
    errors = f"{row.failed:,}" if row.failed else "·" if row.calls == 0 else "0"
    return (
        f'<tr class="gk-{kind}"><th scope="row" class="gk-seat">{escape(row.label)}</th>'
        f'<td class="gk-now" title="{lesson}">{sign}{escape(place_text(row, snapshot))}'
        f"{f'<small> {lesson}</small>' if lesson else ''}</td>"
        f"<td>{row.passed}</td>{cells}"
        f'<td class="gk-end gk-first">{usd(row.spent_usd) if row.calls else "·"}</td>'
        f'<td class="gk-end{" gk-some" if row.failed else ""}">{errors}</td></tr>'
    )


def _cell(tries: Tries | None, row: Row, exercise: str, is_first: bool) -> str:
    is_here = exercise == row.standing.exercise and row.standing.kind in (Kind.WORKING, Kind.STUCK)
    is_stuck = is_here and row.standing.kind is Kind.STUCK
    sign, look = _sign(tries, is_stuck)
    words = tries_text(tries) + (", stuck here" if is_stuck else ", is here" if is_here else "")
    classes = f"gk-{look}{' gk-here' if is_here else ''}{' gk-first' if is_first else ''}"
    return f'<td class="{classes}"><span role="img" title="{words}">{sign}</span></td>'


def _sign(tries: Tries | None, is_stuck: bool) -> tuple[str, str]:
    """A cell's sign, and the name of its look. Each look has another sign, so that none depends on its colour."""
    if tries is None:
        return ("!", "block") if is_stuck else ("·", "none")
    if tries.first_pass is not None:
        return ("(✓)", "shown") if tries.first_pass.solution_shown else ("✓", "pass")
    count = str(tries.count) if tries.count <= _MOST_SHOWN else f"{_MOST_SHOWN}+"
    return (f"{count}!", "block") if is_stuck else (count, "try")
