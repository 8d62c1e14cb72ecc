"""What readers of one file share: what they remark, and the units that they settled on."""

from __future__ import annotations

import math
import re
from collections import Counter, OrderedDict
from collections.abc import Mapping
from typing import Any

from gateway_kit.rehearsal.traffic.problems import Problem, Problems, shortened
from gateway_kit.rehearsal.traffic.times import NoTime, read_time

# What a reader makes of one record: the fields of a LoggedCall, without its number and line.
Fields = dict[str, Any]

_WHOLE = re.compile(r"[+-]?\d+(?:\.0*)?")
# A log's durations without a unit are milliseconds if half of those seen first are at least this, or, where all are
# whole numbers, at least that.
_MILLISECONDS_FROM, _WHOLE_MILLISECONDS_FROM = 100.0, 20.0
_MOST_TOKENS = 1_000_000_000
_REMEMBERED = 20_000
_SAMPLE = 500


class Reading:
    """One reading of a file: the line at hand, its problems, and what is to be noted of the whole."""

    def __init__(self) -> None:
        self.line = 0
        self.problems = Problems()
        self.fail = False
        self.unzoned = 0
        self.left_out: Counter[str] = Counter()  # records that are no calls, by what they are
        self.converted: Counter[str] = Counter()  # calls of other endpoints that are made as chats
        self.replaced: set[str] = set()  # models whose name was replaced
        self._observed: OrderedDict[str, None] = (
            OrderedDict()
        )  # ids of calls' observations, and of their parents
        self._samples: dict[str, list[float]] = {}
        self._units: dict[str, float] = {}

    def remark(self, kind: str, why: str) -> None:
        """A value of the line at hand is set aside; its call stays."""
        self.problems.add(Problem(self.line, kind, why, skipped=False))

    def time(self, value: Any, name: str) -> float | None:
        """Seconds since 1970; None, and a remark, if the value is no time."""
        if value is None or value == "":
            return None
        try:
            seconds, zoned = read_time(value)
        except NoTime:
            self.remark("bad time", f"{name} is no time between 1990 and 2100: {shortened(repr(value))}")
            return None
        self.unzoned += not zoned
        return seconds

    def count(self, value: Any, name: str) -> int | None:
        """A number of tokens; None, and a remark, if it is negative or no whole number."""
        if type(value) is int and 0 <= value <= _MOST_TOKENS:
            return value
        if value is None or value == "":
            return None
        number = value
        if isinstance(value, str):
            text = value.strip().replace(",", "").replace("_", "")
            number = float(text) if _WHOLE.fullmatch(text) else None
        if isinstance(number, float) and number.is_integer():
            number = int(number)
        if isinstance(number, bool) or not isinstance(number, int):
            self.remark("bad token count", f"{name} is no whole number: {shortened(repr(value))}")
            return None
        if number < 0:
            self.remark("negative token count", f"{name} is {number}")
            return None
        if number > _MOST_TOKENS:
            self.remark("bad token count", f"{name} is too large: {number:.3g}")
            return None
        return number

    def amount(self, value: Any, name: str) -> float | None:
        """US dollars, or another number that is not negative; None, and a remark, if it is none."""
        if value is None or value == "":
            return None
        number = self._number(value)
        if number is None or number < 0:
            self.remark("bad number", f"{name} is no number from 0 on: {shortened(repr(value))}")
            return None
        return number

    def seconds(self, value: Any, name: str, unit: float | None) -> float | None:
        """A duration in seconds. `unit` is its unit in seconds; None if the log does not say, see `unit_of`."""
        number = self.amount(value, name)
        if number is None:
            return None
        if unit is None:
            sample = self._samples.setdefault(name, [])
            if len(sample) < _SAMPLE:
                sample.append(number)
            unit = self._units.get(name, 1.0)
        return number * unit

    def is_recorded_twice(self, own: str, parent: str) -> bool:
        """Whether an application and its gateway both recorded a call: one observation is a part of the other.

        Both are near each other in a log, in either order; the first counts.
        """
        if (parent and f"own {parent}" in self._observed) or (own and f"parent {own}" in self._observed):
            return True
        for mark in ([f"own {own}"] if own else []) + ([f"parent {parent}"] if parent else []):
            self._observed[mark] = None
            if len(self._observed) > _REMEMBERED:
                self._observed.popitem(last=False)
        return False

    def settle(self, earlier: Reading) -> None:
        """Take the units of durations from an earlier reading of the same file."""
        self._units = {
            name: 0.001 if _are_milliseconds(sample) else 1.0
            for name, sample in earlier._samples.items()
            if sample
        }

    def units(self) -> Mapping[str, str]:
        """The durations whose unit the log does not say, and what they are taken for."""
        guessed = Reading()
        guessed.settle(self)
        return {
            name: "milliseconds" if unit < 1 else "seconds" for name, unit in sorted(guessed._units.items())
        }

    @staticmethod
    def _number(value: Any) -> float | None:
        if isinstance(value, bool):
            return None
        try:
            number = float(value.strip().lstrip("$").replace(",", "") if isinstance(value, str) else value)
        except (TypeError, ValueError, OverflowError):
            return None
        return number if math.isfinite(number) else None


def _are_milliseconds(sample: list[float]) -> bool:
    median = sorted(sample)[len(sample) // 2]
    whole = all(value.is_integer() for value in sample)
    return median >= (_WHOLE_MILLISECONDS_FROM if whole else _MILLISECONDS_FROM)
