"""Filters as clients send them: JSON, with a shape for each `type`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from gateway_kit.stack.servers.tracestore.api import checks, issues

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


class Filter(NamedTuple):
    """One condition; `key` is '' for the types that have none."""

    type: str
    column: str
    operator: str
    value: Value
    key: str


def read_filters(value: Any, path: list[str | int], wrong: checks.Issues) -> list[Filter]:
    """The filters in a JSON value (`...`: none) at `path` of the request; adds issues to `wrong`."""
    items = [] if value is ... else checks.items(value, path, wrong, MAX_FILTERS) or []
    filters = [_read_filter(item, place, wrong) for item, place in items]
    return [item for item in filters if item is not None]


def _read_filter(sent: Any, path: list[str | int], wrong: checks.Issues) -> Filter | None:
    fields = checks.fields(sent, path, wrong)
    if fields is None:
        return None
    kind = fields.get("type")
    if not isinstance(kind, str) or kind not in OPERATORS:
        wrong.append(issues.no_such_type([*path, "type"]))
        return None
    column = checks.text(fields.get("column", ...), [*path, "column"], wrong)
    key = checks.text(fields.get("key", ...), [*path, "key"], wrong) if kind in _WITH_KEY else ""
    operator = checks.option(fields.get("operator"), [*path, "operator"], OPERATORS[kind], wrong)
    value: Value = None
    if operator not in (None, "is set", "is not set", "is null", "is not null"):
        value = _CHECKS[kind](fields.get("value", ...), [*path, "value"], wrong)
        if value == [] and operator == "any of" and kind != "categoryOptions":
            wrong.append(issues.custom([*path, "value"]))
    if column is None or key is None or operator is None:
        return None
    return Filter(kind, column, operator, value, key)


_CHECKS: dict[str, Callable[[Any, list[str | int], checks.Issues], Value]] = {
    "datetime": checks.date,
    "string": checks.text,
    "stringObject": checks.text,
    "number": checks.number,
    "numberObject": checks.number,
    "boolean": checks.boolean,
    "stringOptions": checks.texts,
    "arrayOptions": checks.texts,
    "categoryOptions": checks.texts,
}
