"""The measures of a rehearsal by the names that `--fail-if` has for them, and what a condition comes to."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gateway_kit.metrics.comparison import ALL, HIGHER, LOWER
from gateway_kit.rehearsal.comparison import DIMENSIONS, TOO_FEW
from gateway_kit.rehearsal.condition_syntax import COMPARED, MEASURES, measure_name, name_error
from gateway_kit.rehearsal.log import as_logged
from gateway_kit.rehearsal.summaries import summarise

if TYPE_CHECKING:
    from gateway_kit.rehearsal.result import Rehearsal

_ARITHMETIC: Mapping[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_SIGNS: Mapping[type[ast.cmpop], tuple[str, Callable[[float, float], bool]]] = {
    ast.Gt: (">", operator.gt),
    ast.GtE: (">=", operator.ge),
    ast.Lt: ("<", operator.lt),
    ast.LtE: ("<=", operator.le),
    ast.Eq: ("==", operator.eq),
    ast.NotEq: ("!=", operator.ne),
}
# Measure → its column of a summary; shares are divided by the calls.
_COLUMNS = {
    "failed_calls": "failed",
    "p50_s": "latency_p50_s",
    "p95_s": "latency_p95_s",
    "p99_s": "latency_p99_s",
}
_SHARES = ("failed", "cache_hits", "fell_back", "retried")
# Measure → its name in a comparison.
_COMPARISONS = {
    "p50_s": "latency_p50_s",
    "p95_s": "latency_p95_s",
    "p99_s": "latency_p99_s",
    "failed_calls": "failed",
}


@dataclass
class Outcome:
    """What a condition comes to: whether it holds (None if that is not known), and what went into it."""

    holds: bool | None = None
    values: dict[str, float] = field(default_factory=dict)
    comparisons: list[tuple[float, str, float]] = field(default_factory=list)
    compared: list[str] = field(default_factory=list)
    undecided: str = ""


class Values:
    """The measures of one rehearsal."""

    def __init__(self, rehearsal: Rehearsal) -> None:
        self._rehearsal = rehearsal
        self._frames: dict[str, pd.DataFrame] = {"candidate": rehearsal.candidate.calls}
        for number, run in enumerate(rehearsal.baselines, 1):
            self._frames["against" if number == 1 else f"against_{number}"] = run.calls
        self._frames["log"] = as_logged(rehearsal.candidate.calls)
        self._summary = cache(self._summarised)

    def why_missing(self) -> str:
        """Why a measure may be missing."""
        return "no call has it"

    def outcome(self, text: str, tree: ast.expr) -> Outcome:
        """What the condition comes to. Raises RehearsalError for a name that this rehearsal does not have."""
        outcome = Outcome()
        outcome.holds = self._truth(tree, text, outcome)
        return outcome

    def _truth(self, node: ast.expr, text: str, outcome: Outcome) -> bool | None:
        """True, false, or None if a value that decides is not known (Kleene's logic)."""
        match node:
            case ast.BoolOp(op=connective, values=parts):
                # All parts, so that each unknown name is found, whatever the others come to.
                truths = [self._truth(part, text, outcome) for part in parts]
                decisive = isinstance(connective, ast.Or)
                if decisive in truths:
                    return decisive
                return None if None in truths else not decisive
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                truth = self._truth(operand, text, outcome)
                return None if truth is None else not truth
            case ast.Call(func=ast.Name(id=name), args=[measure]) if name in COMPARED:
                return self._compared(name, measure, text, outcome)
            case ast.Compare(left=left, ops=ops, comparators=rest):
                sides = [self._number(side, text, outcome) for side in (left, *rest)]
                if any(math.isnan(side) for side in sides):
                    return None
                holds = True
                for at, op in enumerate(ops):
                    sign, compare = _SIGNS[type(op)]
                    holds = holds and bool(compare(sides[at], sides[at + 1]))
                    outcome.comparisons.append((sides[at], sign, sides[at + 1]))
                return holds
        raise TypeError(f"{ast.unparse(node)} was let through, and is neither true nor false")

    def _number(self, node: ast.expr, text: str, outcome: Outcome) -> float:
        match node:
            case ast.Constant(value=value):
                return float(value) if abs(value) < 1e300 else math.inf  # type: ignore[arg-type]
            case ast.UnaryOp(op=op, operand=operand):
                value = self._number(operand, text, outcome)
                return -value if isinstance(op, ast.USub) else value
            case ast.BinOp(left=left, op=op, right=right):
                first, second = self._number(left, text, outcome), self._number(right, text, outcome)
                if isinstance(op, ast.Div) and second == 0:
                    outcome.undecided = f"{ast.unparse(right)} is 0, and nothing can be divided by it"
                    return math.nan
                return _ARITHMETIC[type(op)](first, second)
            case ast.Call(func=ast.Name(id=name), args=args):
                numbers = [self._number(each, text, outcome) for each in args]
                if any(math.isnan(number) for number in numbers):
                    return math.nan
                return abs(numbers[0]) if name == "abs" else min(numbers) if name == "min" else max(numbers)
        shown = measure_name(node)
        if shown is None:
            raise TypeError(f"{ast.unparse(node)} was let through, and is no measure")
        if shown not in outcome.values:
            outcome.values[shown] = float(self._measure(node, text))
        return outcome.values[shown]

    def _measure(self, node: ast.expr, text: str) -> float:
        whose, measure, by, group = self._parts(node, text)
        if whose == "calibration":
            return self._rehearsal.calibration.change(_COMPARISONS.get(measure, measure))
        table = self._summary(whose, by)
        if group is None:
            rows = table
        else:
            rows = table[(table[by] == group).fillna(False)]
            if rows.empty:
                self._require_known(by, group, text)
                counts = measure in ("calls", "failed_calls", "unpriced", "cost_usd") or by == "cause"
                return 0.0 if counts else math.nan
        row = rows.iloc[0]
        if measure == "cost_usd" and row["unpriced"] and row["unpriced"] == row["calls"] - row["failed"]:
            return math.nan  # a sum of costs that nobody knows is not 0
        value = float(row[_COLUMNS.get(measure, measure)])
        if by == "cause" and measure == "failed":
            return value / max(len(self._frames[whose]), 1)  # of all calls, not of those with the cause
        if measure in _SHARES:
            return value / row["calls"] if row["calls"] else math.nan
        return value

    def _parts(self, node: ast.expr, text: str) -> tuple[str, str, str | None, str | None]:
        group = node.slice.value if isinstance(node, ast.Subscript) else None  # type: ignore[attr-defined]
        names = ast.unparse(node.value if isinstance(node, ast.Subscript) else node).split(".")
        whose = "candidate" if names[0] in MEASURES else names.pop(0)
        if whose not in self._frames and whose != "calibration":
            known = [name for name in self._frames if name.startswith("against")]
            raise name_error(text, whose, known, "run")
        return whose, names[0], names[1].removeprefix("by_") if group is not None else None, group

    def _require_known(self, by: str | None, group: str, text: str) -> None:
        """A group without calls has none of them; one that nobody has heard of is a mistake."""
        known: set[str] = set()
        for frame in self._frames.values():
            if by in frame:
                known |= set(frame[by].dropna().astype(str))
        for run in self._rehearsal.runs.values():
            if by == "deployment":
                known |= {each.label for each in run.facts.deployments}
            if by == "model":
                known |= {each.model_name for each in run.facts.deployments}
        # Which causes there are is not known beforehand: one that is missing is good.
        if by != "cause" and group not in known:
            raise name_error(text, group, sorted(known), str(by))

    def _summarised(self, whose: str, by: str | None) -> pd.DataFrame:
        return summarise(self._frames[whose], by)

    def _compared(self, name: str, node: ast.expr, text: str, outcome: Outcome) -> bool | None:
        """Whether a measure is higher or lower than in the first baseline, by more than chance."""
        _, measure, by, group = self._parts(node, text)
        if not self._rehearsal.baselines:
            raise name_error(text, "against", [], "run")
        comparison = self._rehearsal.comparisons[self._rehearsal.baselines[0].facts.name]
        compared = _COMPARISONS.get(measure, measure)
        table = comparison.table
        known = [each for each in MEASURES if _COMPARISONS.get(each, each) in set(table["measure"])]
        if compared not in set(table["measure"]) or (by is not None and by not in DIMENSIONS):
            raise name_error(text, measure, known, f"comparison of {by or 'all calls'} by")
        rows = table[(table["measure"] == compared) & (table["group"] == (group or ALL))]
        rows = rows[rows["by"] == (by or ALL)]
        if rows.empty:
            self._require_known(by, str(group), text)
        row: Any = rows.iloc[0] if len(rows) else None
        shown = measure_name(node) or measure
        outcome.values |= {
            shown: float(row["candidate"]) if row is not None else np.nan,
            f"against.{shown}": float(row["baseline"]) if row is not None else np.nan,
        }
        if row is None or row["verdict"] == TOO_FEW:
            outcome.undecided = (
                f"there are too few calls to compare {shown} (n={0 if row is None else row['calls']:,})"
            )
            return None
        holds = bool(row["verdict"] == (HIGHER if name == "higher" else LOWER))
        if holds:
            outcome.compared.append(
                f"{shown} is {name} than in the baseline by more than chance (n={row['calls']:,})"
            )
        return holds
