"""The difference of two texts: by lines, and by words within changed lines."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest

MAX_LINES = 1_000  # of each text, and words of a line: the time of a comparison grows with their square
MAX_WORDS = 400
CONTEXT = 3  # equal lines that are shown before and after a change

_WORD = re.compile(r"\w+|\s+|[^\w\s]")


@dataclass(frozen=True)
class Piece:
    """A part of a line; changed if the other line does not have it."""

    text: str
    changed: bool = False


@dataclass(frozen=True)
class Line:
    """Lines of the two texts side by side. `kind`: same, changed, removed, added, or gap (equal lines left out)."""

    kind: str
    left: tuple[Piece, ...] = ()
    right: tuple[Piece, ...] = ()
    left_number: int = 0
    right_number: int = 0
    count: int = 0  # of the lines left out


@dataclass(frozen=True)
class Difference:
    """The lines side by side; `is_cut` if only the first MAX_LINES were compared."""

    lines: tuple[Line, ...]
    changed: int
    removed: int
    added: int
    is_cut: bool

    @property
    def is_none(self) -> bool:
        """Whether what was compared is equal."""
        return not (self.changed or self.removed or self.added)


def difference(left: str, right: str) -> Difference:
    """How the right text differs from the left."""
    before, after = (text.split("\n") if text else [] for text in (left, right))
    is_cut = max(len(before), len(after)) > MAX_LINES
    before, after = before[:MAX_LINES], after[:MAX_LINES]
    lines: list[Line] = []
    opcodes = _opcodes(before, after)
    for place, (tag, i1, i2, j1, j2) in enumerate(opcodes):
        if tag == "equal":
            lines += _equal(before[i1:i2], i1, j1, is_first=place == 0, is_last=place == len(opcodes) - 1)
        else:
            lines += _changes(before[i1:i2], after[j1:j2], i1, j1)
    kinds = [line.kind for line in lines]
    changed, removed, added = (kinds.count(kind) for kind in ("changed", "removed", "added"))
    return Difference(tuple(lines), changed, removed, added, is_cut)


def _opcodes(before: list[str], after: list[str]) -> list[tuple[str, int, int, int, int]]:
    """What difflib says. Equal lines at both ends are taken off first: it ignores lines that occur often."""
    start = 0
    while start < min(len(before), len(after)) and before[start] == after[start]:
        start += 1
    end = 0
    while end < min(len(before), len(after)) - start and before[-1 - end] == after[-1 - end]:
        end += 1
    i, j = len(before) - end, len(after) - end
    middle = SequenceMatcher(None, before[start:i], after[start:j]).get_opcodes()
    opcodes = [(tag, i1 + start, i2 + start, j1 + start, j2 + start) for tag, i1, i2, j1, j2 in middle]
    head, tail = ("equal", 0, start, 0, start), ("equal", i, len(before), j, len(after))
    return [*([head] if start else []), *opcodes, *([tail] if end else [])]


def _equal(texts: list[str], left: int, right: int, *, is_first: bool, is_last: bool) -> list[Line]:
    lines = [
        Line("same", (Piece(text),), (Piece(text),), left + place + 1, right + place + 1)
        for place, text in enumerate(texts)
    ]
    head, tail = (0 if is_first else CONTEXT), (0 if is_last else CONTEXT)
    hidden = len(lines) - head - tail
    if hidden <= CONTEXT or (is_first and is_last):
        return lines
    return [*lines[:head], Line("gap", count=hidden), *lines[len(lines) - tail :]]


def _changes(before: list[str], after: list[str], left: int, right: int) -> list[Line]:
    lines = []
    for place, (old, new) in enumerate(zip_longest(before, after)):
        numbers = (left + place + 1 if old is not None else 0, right + place + 1 if new is not None else 0)
        if old is None:
            lines.append(Line("added", (), (Piece(new, True),), *numbers))
        elif new is None:
            lines.append(Line("removed", (Piece(old, True),), (), *numbers))
        else:
            lines.append(Line("changed", *_words(old, new), *numbers))
    return lines


def _words(old: str, new: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """The pieces of both lines. Lines with little in common are changed as a whole."""
    before, after = _WORD.findall(old), _WORD.findall(new)
    whole = (Piece(old, True),), (Piece(new, True),)
    if max(len(before), len(after)) > MAX_WORDS:
        return whole
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    if matcher.ratio() < 0.4:
        return whole
    left: list[Piece] = []
    right: list[Piece] = []
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        for pieces, text in ((left, "".join(before[i1:i2])), (right, "".join(after[j1:j2]))):
            if text:
                pieces.append(Piece(text, tag != "equal"))
    return tuple(left), tuple(right)
