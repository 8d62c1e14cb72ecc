"""What is wrong with lines of a log: counted by kind, the first ones kept to show."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

# So many of each kind are kept to show.
SHOWN_OF_A_KIND = 3
_LONGEST_WHY = 200


class BadLine(Exception):  # noqa: N818 - never leaves the room: it becomes a counted problem
    """A line holds no call that can be made again; `kind` is one or two words, `why` a sentence without a full stop."""

    def __init__(self, kind: str, why: str) -> None:
        super().__init__(why)
        self.kind = kind
        self.why = why


@dataclass(frozen=True)
class Problem:
    """One problem: `line` from 1, `skipped` if the line's call is left out, else only a value of it."""

    line: int
    kind: str
    why: str
    skipped: bool

    def __str__(self) -> str:
        return f"line {self.line}: {self.why}"


class Problems:
    """Problems of one reading, in a space that does not grow with them."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.skipped = 0
        self._shown: dict[str, list[Problem]] = {}

    def add(self, problem: Problem) -> None:
        """Count the problem, and keep it if it is one of the first of its kind."""
        self.counts[problem.kind] += 1
        self.skipped += problem.skipped
        shown = self._shown.setdefault(problem.kind, [])
        if len(shown) < SHOWN_OF_A_KIND:
            shown.append(
                Problem(problem.line, problem.kind, shortened(problem.why, _LONGEST_WHY), problem.skipped)
            )

    @property
    def shown(self) -> list[Problem]:
        """The first problems of each kind, in the order of their lines."""
        return sorted((p for kept in self._shown.values() for p in kept), key=lambda p: (p.line, p.kind))


def shortened(text: str, length: int = 60) -> str:
    """The text on one line, cut to the length."""
    text = " ".join(text.split())
    return text if len(text) <= length else text[: length - 1] + "…"
