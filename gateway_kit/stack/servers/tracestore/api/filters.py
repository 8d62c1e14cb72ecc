"""Filters as clients send them: JSON, checked shape by shape, one kind a `type`."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from gateway_kit.stack.servers.tracestore.api import issues
from gateway_kit.stack.servers.tracestore.api.parameters import any_date

MAX_FILTERS = 200  # no client needs more, and a query's plan grows with them

_COMPARISONS = ("=", ">", "<", ">=", "<=")
_TEXT = ("=", "contains", "does not contain", "starts with", "ends with", "matches")
OPERATORS: dict[str, tuple[str, ...]] = {
    "datetime": (">", "<", ">=", "<="),
    "string": _TEXT,
    "number": _COMPARISONS,
    "stringOptions": ("any of", "none of"),
    "categoryOptions": ("any of", "none of"),
    "arrayOptions": ("any of", "none of", "all of"),
    "stringObject": (*_TEXT, "is set", "is not set"),
    "numberObject": _COMPARISONS,
    "boolean": ("=", "<>"),
    "null": ("is null", "is not null"),
}
_WITH_KEY = frozenset({"stringObject", "numberObject", "categoryOptions"})

Value = str | float | bool | datetime | list[str] | None
_Check = Callable[[Any, "list[str | int]"], list[issues.Issue]]


class Filter(NamedTuple):
    """One condition; `key` is '' for the types that have none."""

    type: str
    column: str
    operator: str
    value: Value
    key: str


def read_filters(
    value: Any, path: list[str | int], is_missing_allowed: bool = True
) -> tuple[list[Filter], list[issues.Issue]]:
    """The filters of a JSON value, and what is wrong with it; `path` says where it stood in the request."""
    if value is ... and is_missing_allowed:
        return [], []
    if not isinstance(value, list):
        return [], [issues.wrong_type(path, "array", value)]
    if len(value) > MAX_FILTERS:
        return [], [issues.too_big(path, MAX_FILTERS, "array")]
    filters, wrong = [], []
    for index, item in enumerate(value):
        made, found = _read_filter(item, [*path, index])
        wrong += found
        if made is not None:
            filters.append(made)
    return filters, wrong


def _read_filter(item: Any, path: list[str | int]) -> tuple[Filter | None, list[issues.Issue]]:
    if not isinstance(item, dict):
        return None, [issues.wrong_type(path, "object", item)]
    kind = item.get("type")
    if not isinstance(kind, str) or kind not in OPERATORS:
        return None, [issues.no_such_type([*path, "type"])]
    wrong = [
        issues.wrong_type([*path, name], "string", item.get(name, ...))
        for name in (("column", "key") if kind in _WITH_KEY else ("column",))
        if not isinstance(item.get(name), str)
    ]
    operator, value = item.get("operator"), item.get("value", ...)
    if operator not in OPERATORS[kind]:
        wrong.append(issues.not_an_option([*path, "operator"], OPERATORS[kind]))
    elif operator not in ("is set", "is not set", "is null", "is not null"):
        wrong += _CHECKS[kind](value, [*path, "value"])
        if kind in ("stringOptions", "arrayOptions") and value == [] and operator == "any of":
            wrong.append(issues.custom([*path, "value"]))
    if wrong:
        return None, wrong
    if kind == "datetime":
        value = any_date(value)
    return Filter(
        kind, item["column"], str(operator), None if value is ... else value, item.get("key") or ""
    ), []


def _is_text(value: Any, path: list[str | int]) -> list[issues.Issue]:
    return [] if isinstance(value, str) else [issues.wrong_type(path, "string", value)]


def _is_number(value: Any, path: list[str | int]) -> list[issues.Issue]:
    right = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return [] if right else [issues.wrong_type(path, "number", value)]


def _is_boolean(value: Any, path: list[str | int]) -> list[issues.Issue]:
    return [] if isinstance(value, bool) else [issues.wrong_type(path, "boolean", value)]


def _is_date(value: Any, path: list[str | int]) -> list[issues.Issue]:
    return [] if any_date(value) is not None else [issues.not_a_date(path)]


def _is_list(value: Any, path: list[str | int]) -> list[issues.Issue]:
    if not isinstance(value, list):
        return [issues.wrong_type(path, "array", value)]
    return [issue for index, item in enumerate(value) for issue in _is_text(item, [*path, index])]


_CHECKS: dict[str, _Check] = {
    "datetime": _is_date,
    "string": _is_text,
    "stringObject": _is_text,
    "number": _is_number,
    "numberObject": _is_number,
    "boolean": _is_boolean,
    "stringOptions": _is_list,
    "arrayOptions": _is_list,
    "categoryOptions": _is_list,
    "null": lambda *_: [],
}
