"""Filters as SQL. Only the store's own expressions become SQL; whatever a client sent becomes a parameter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from gateway_kit.stack.servers.tracestore.api.errors import Refusal, invalid_request
from gateway_kit.stack.servers.tracestore.api.filters import Filter


@dataclass(frozen=True, slots=True)
class Column:
    """A column that filters can name: its SQL, and which types of filters apply to it."""

    sql: str
    kind: str = "text"  # text, number, time, boolean, list, object
    is_searchable: bool = False  # accepts the operator "matches"


# Types of filters, and the kinds of columns that accept them.
_KINDS = {
    "datetime": ("time",),
    "string": ("text",),
    "number": ("number",),
    "stringOptions": ("text", "number", "boolean", "list"),
    "arrayOptions": ("list",),
    "categoryOptions": ("object",),
    "stringObject": ("object",),
    "numberObject": ("object",),
    "boolean": ("boolean",),
    "null": ("text", "number", "time", "boolean", "list"),
}


@dataclass(slots=True)
class Binder:
    """Collects parameters; `bind` returns the placeholder."""

    values: dict[str, Any] = field(default_factory=dict)

    def bind(self, value: Any) -> str:
        """A typed placeholder. Raises Refusal 400 for a text with NUL, which PostgreSQL cannot store."""
        texts = value if isinstance(value, list) else [value]
        if any(isinstance(text, str) and "\0" in text for text in texts):
            raise invalid_request("A text must not contain the character NUL")
        name = f"p{len(self.values)}"
        if isinstance(value, list):
            cast = "text[]"
        elif isinstance(value, str):
            cast = "text"
        elif isinstance(value, datetime):
            cast = "timestamptz"
        elif isinstance(value, bool):
            cast = "boolean"
        else:
            value, cast = Decimal(repr(value)), "numeric"
        self.values[name] = value
        return f"%({name})s::{cast}"


def condition(item: Filter, columns: Mapping[str, Column], binder: Binder, places: str = "") -> str:
    """A filter as a condition in SQL. Raises Refusal 400 for an unknown column or a wrong type of filter.

    Langfuse's metrics name the columns that there are, `places`; its lists do not.
    Comparisons stay bare, so that an index on the column serves them.
    """
    column = columns.get(item.column)
    if column is None:
        if places:
            raise invalid_request(f"Invalid filter column {item.column}. Must be one of {places}")
        raise invalid_request(f"Column {item.column} does not match a UI / CH table mapping.")
    if column.kind not in _KINDS[item.type]:
        raise _wrong_type(item, column)
    if item.operator == "matches" and not column.is_searchable:
        raise invalid_request(
            f"Invalid filter for field '{item.column}': the operator 'matches' is for input, output and metadata"
        )
    sql = column.sql
    if item.type == "null":
        is_null = f"nullif({sql}, '') is null" if column.kind == "text" else f"{sql} is null"
        return f"({is_null})" if item.operator == "is null" else f"(not ({is_null}))"
    if column.kind == "object":
        return _of_object(item, sql, binder)
    if column.kind == "list":
        return _of_list(item, sql, binder)
    if item.type == "stringOptions":
        as_text = sql if column.kind == "text" else f"({sql})::text"
        return _of_options(item, as_text, binder)
    if item.type == "string":
        return _of_text(item, sql, binder, ignore_case=column.is_searchable)
    return f"({sql} {item.operator} {binder.bind(item.value)})"


def _wrong_type(item: Filter, column: Column) -> Refusal:
    takes = " or ".join(f"'{kind}'" for kind, kinds in _KINDS.items() if column.kind in kinds)
    return invalid_request(
        f"Invalid filter for field '{item.column}': it takes type {takes}, not '{item.type}'"
    )


def _of_options(item: Filter, sql: str, binder: Binder) -> str:
    # A missing value counts as an empty text, as in the answers.
    if item.operator == "any of":
        if isinstance(item.value, list) and "" not in item.value:
            return f"({sql} = any({binder.bind(item.value)}))"
        return f"coalesce({sql}, '') = any({binder.bind(item.value)})"
    return f"(not coalesce({sql}, '') = any({binder.bind(item.value)}))"


def _of_list(item: Filter, sql: str, binder: Binder) -> str:
    values = binder.bind(item.value)
    if item.operator == "all of":
        return f"({sql} @> {values})"
    return f"({sql} && {values})" if item.operator == "any of" else f"(not {sql} && {values})"


def _of_text(item: Filter, sql: str, binder: Binder, *, ignore_case: bool = False) -> str:
    value = binder.bind(item.value)
    match item.operator:
        case "=":
            return f"({sql} = {value})"
        case "contains":
            return f"(position({value} in coalesce({sql}, '')) > 0)"
        case "does not contain":
            return f"(position({value} in coalesce({sql}, '')) = 0)"
        case "starts with":
            return f"starts_with(coalesce({sql}, ''), {value})"
        case "ends with":
            return f"(right(coalesce({sql}, ''), length({value})) = {value})"
    if ignore_case:  # "matches": literally, without wildcards
        return f"(position(lower({value}) in lower(coalesce({sql}, ''))) > 0)"
    return f"(position({value} in coalesce({sql}, '')) > 0)"


def _of_object(item: Filter, sql: str, binder: Binder) -> str:
    key = binder.bind(item.key)
    if item.operator in ("is set", "is not set"):
        return f"({'' if item.operator == 'is set' else 'not '}jsonb_exists({sql}, {key}))"
    value = f"({sql} ->> {key})"
    if item.type == "categoryOptions":
        return _of_options(item, value, binder)
    if item.type == "stringObject":
        return _of_text(item, value, binder)
    # A plain decimal text counts as a number; the limit on its length keeps the cast from failing.
    plain = r"'^\s*[+-]?\d{1,30}(\.\d{1,30})?\s*$'"
    is_number = f"(jsonb_typeof({sql} -> {key}) = 'number' or {value} ~ {plain})"
    as_number = f"(case when {is_number} then {value}::numeric end)"
    return f"({as_number} {item.operator} {binder.bind(item.value)})"
