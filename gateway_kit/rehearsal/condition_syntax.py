"""The syntax of `--fail-if`: a part of Python's expressions, of which nothing is ever executed. Pure functions."""

from __future__ import annotations

import ast
import difflib
import warnings
from collections.abc import Sequence

from gateway_kit.rehearsal.errors import RehearsalError

_LONGEST, _DEEPEST = 1_000, 50

# Name of a measure → what it is; `condition_values` knows how each is found.
MEASURES = {
    "calls": "calls that were made",
    "failed": "share of the calls that failed, 0 to 1",
    "failed_calls": "calls that failed",
    "cost_usd": "US dollars charged",
    "unpriced": "answered calls without a known cost",
    "p50_s": "median latency of the answered calls in seconds",
    "p95_s": "likewise, 95th percentile",
    "p99_s": "likewise, 99th percentile",
    "ttft_p50_s": "streams: median time to the first content in seconds",
    "ttft_p95_s": "likewise, 95th percentile",
    "cache_hits": "share of the calls that the cache answered, 0 to 1",
    "fell_back": "share of the calls for which another model was tried, 0 to 1",
    "retried": "share of the calls for which a model was tried more than once, 0 to 1",
    "prompt_tokens": "input tokens of answered calls, without cache hits",
    "completion_tokens": "output tokens, likewise",
}
GROUPS = ("by_model", "by_team", "by_key", "by_user", "by_feature", "by_deployment", "by_cause")
CALIBRATED = {
    "cost_usd": "difference of the rehearsal's cost from the log's, as a share of the log's",
    "p50_s": "likewise of the median latency",
    "p95_s": "likewise of the 95th percentile",
}
COMPARED, FUNCTIONS = ("higher", "lower"), ("abs", "min", "max")

_OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.Div)
_COMPARED = (ast.Gt, ast.GtE, ast.Lt, ast.LtE, ast.Eq, ast.NotEq)


def parse_condition(text: str) -> ast.expr:
    """A condition's tree, of nothing but numbers, measures, + - * /, comparisons, and, or, not and a few functions.

    Raises RehearsalError, which shows the text and what may be in it. `against` and groups are looked up later, in the
    rehearsal.
    """
    if len(text) > _LONGEST:
        raise _error(text[:60] + "…", f"it is longer than {_LONGEST:,} characters")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a backslash in a model's name
            tree = ast.parse(one_line(text), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as exc:
        why = getattr(exc, "msg", None) or str(exc) or "it is too long"
        hint = ". Write 0.01 for 1 %" if "%" in text else ""
        raise _error(text, f"it cannot be read: {why}{hint}") from exc
    _check(tree, text, 0)
    if not _is_true_or_false(tree):
        raise _error(text, "it is a number, and nothing is compared")
    return tree


def one_line(text: str) -> str:
    """A condition that was given in several lines, as in a workflow's file, on one."""
    return " ".join(line.strip() for line in text.splitlines()).strip()


def check_baselines(text: str, baselines: int) -> None:
    """Raise RehearsalError for what is no condition, or is about a baseline that there is not."""
    for node in ast.walk(parse_condition(text)):
        name = node.id if isinstance(node, ast.Name) else ""
        needed = 1 if name in COMPARED else 0
        if name.startswith("against"):
            number = name.removeprefix("against").removeprefix("_")
            needed = int(number) if number.isdecimal() else 1
        if needed > baselines:
            there = "there is none" if not baselines else f"there are {baselines}"
            raise _error(
                text, f"{name} needs a baseline to compare with, and {there}. Add one: --against CONFIG2"
            )


def measure_name(node: ast.expr) -> str | None:
    """The measure that these names and brackets write, such as `against.failed.by_model["gpt-4o"]`; else None."""
    if isinstance(node, ast.Name | ast.Attribute):
        return ast.unparse(node)
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        return ast.unparse(node)
    return None


def name_error(text: str, name: str, known: Sequence[str], what: str) -> RehearsalError:
    """The error for a name that is not there, with those that are."""
    close = difflib.get_close_matches(name, known, 1)
    meant = f" Did you mean {close[0]}?" if close else ""
    shown = ", ".join(known[:30]) + (f" and {len(known) - 30} more" if len(known) > 30 else "")
    return _error(text, f"there is no {what} {name}.{meant} There is: {shown or 'none'}")


def _check(node: ast.AST, text: str, depth: int) -> None:
    if depth > _DEEPEST:
        raise _error(text, "its parentheses are nested too deeply")
    below = depth + 1
    match node:
        case ast.Constant(value=bool() | str() | bytes() | None | complex()):
            raise _error(text, f"{ast.unparse(node)[:40]} is no number")
        case ast.Constant(value=int() | float()):
            return
        case ast.Name() | ast.Attribute() | ast.Subscript():
            _check_measure(node, text)
        case ast.UnaryOp(op=ast.USub() | ast.UAdd() | ast.Not(), operand=operand):
            _check(operand, text, below)
        case ast.BinOp(left=left, op=op, right=right) if isinstance(op, _OPERATORS):
            _check(left, text, below)
            _check(right, text, below)
        case ast.BoolOp(values=values):
            for value in values:
                _check(value, text, below)
        case ast.Compare(left=left, ops=ops, comparators=rest) if all(
            isinstance(op, _COMPARED) for op in ops
        ):
            for side in (left, *rest):
                _check(side, text, below)
                if _is_true_or_false(side):
                    raise _error(text, f"{ast.unparse(side)[:60]} is true or false, and cannot be compared")
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in (*COMPARED, *FUNCTIONS):
            _check_call(name, args, text, below)
        case _:
            raise _error(text, f"{ast.unparse(node)[:60]} may not be in a condition")


def _check_call(name: str, args: list[ast.expr], text: str, depth: int) -> None:
    if name in COMPARED:
        shown = measure_name(args[0]) if len(args) == 1 else None
        if shown is None or shown.startswith(("against", "log.", "calibration.")):
            raise _error(text, f"{name}(…) takes one measure of the candidate, such as {name}(failed)")
        _check_measure(args[0], text)
        return
    if not args or (name == "abs" and len(args) > 1):
        raise _error(text, f"{name}(…) takes {'one number' if name == 'abs' else 'numbers'}")
    for each in args:
        _check(each, text, depth)


def _check_measure(node: ast.expr, text: str) -> None:
    names: list[str] = []
    inner = node
    if isinstance(inner, ast.Subscript):
        if not (isinstance(inner.slice, ast.Constant) and isinstance(inner.slice.value, str)):
            raise _error(
                text, f'{ast.unparse(node)[:60]}: give the group in quotes, as failed.by_model["gpt-4o"]'
            )
        inner = inner.value
    while isinstance(inner, ast.Attribute):
        names.insert(0, inner.attr)
        inner = inner.value
    if not isinstance(inner, ast.Name):
        raise _error(text, f"{ast.unparse(node)[:60]} may not be in a condition")
    names.insert(0, inner.id)
    whose = (
        names.pop(0)
        if names[0] in ("log", "calibration", "candidate") or names[0].startswith("against")
        else ""
    )
    if not names:
        raise _error(text, f"{whose} alone is no measure: write {whose}.cost_usd")
    known = CALIBRATED if whose == "calibration" else MEASURES
    if names[0] not in known:
        raise name_error(text, names[0], list(known), "measure")
    grouped = isinstance(node, ast.Subscript)
    if len(names) > 2 or (whose == "calibration" and len(names) > 1):
        raise _error(text, f"{ast.unparse(node)[:60]} has too many parts")
    if len(names) == 2 and names[1] not in GROUPS:
        raise name_error(text, names[1], GROUPS, "grouping")
    if grouped != (len(names) == 2):
        raise _error(text, f'{ast.unparse(node)[:60]}: a group is written as {names[0]}.by_model["gpt-4o"]')


def _is_true_or_false(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Compare | ast.BoolOp)
        or (isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not))
        or (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in COMPARED)
    )


def _error(text: str, why: str) -> RehearsalError:
    return RehearsalError(
        f"--fail-if {text!r}: {why}. A condition compares measures, such as failed > 0.01 or "
        f"cost_usd > 1.1 * against.cost_usd; measures are {', '.join(MEASURES)}."
    )
