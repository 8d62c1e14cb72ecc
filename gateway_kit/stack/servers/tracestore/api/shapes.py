"""Shapes of request bodies, read in the order and with the issues of zod 4.

A shape reads a JSON value (`...`: missing) at a path, adds what is wrong with it to `wrong`, and returns what it read.

    BODY = fields({"name": text(least=1), "description": nullish(text())}, is_strict=True)
    sent = read(BODY, await read_json(request))       # raises Refusal 400
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gateway_kit.stack.servers.tracestore.api import checks, issues
from gateway_kit.stack.servers.tracestore.api.errors import invalid_data
from gateway_kit.stack.servers.tracestore.api.rules import Rule

Shape = Callable[[Any, issues.Path, checks.Issues], Any]


def read(shape: Shape, value: Any) -> Any:
    """The value as the shape reads it. Raises Refusal 400 with the issues."""
    wrong: checks.Issues = []
    result = shape(value, [], wrong)
    if wrong:
        raise invalid_data(wrong)
    return result


def text(
    *,
    least: int = 0,
    most: int | None = None,
    is_trimmed: bool = False,
    rules: Sequence[Rule] = (),
    least_message: str = "",
    most_message: str = "",
) -> Shape:
    """A string; its length is counted as JavaScript does."""
    messages = {"too_small": least_message, "too_big": most_message}

    def shape(value: Any, path: issues.Path, wrong: checks.Issues) -> Any:
        sent: str | None = checks.text(value, path, wrong)
        if sent is None:
            return None
        sent = sent.strip(checks.JS_SPACE) if is_trimmed else sent
        lengths: checks.Issues = []
        checks.length(sent, path, lengths, least=least, most=most)
        wrong += ({**issue, "message": messages[issue["code"]] or issue["message"]} for issue in lengths)
        _apply(rules, sent, path, wrong, len(wrong))
        return sent

    return shape


def number(*rules: Rule) -> Shape:
    """A number."""

    def shape(value: Any, path: issues.Path, wrong: checks.Issues) -> Any:
        sent = checks.number(value, path, wrong)
        if sent is not None:
            _apply(rules, sent, path, wrong, len(wrong))
        return sent

    return shape


def boolean() -> Shape:
    """True or false."""
    return checks.boolean


def choice(options: Sequence[str], message: str = "") -> Shape:
    """One of the options."""

    def shape(value: Any, path: issues.Path, wrong: checks.Issues) -> Any:
        if isinstance(value, str) and value in options:
            return value
        issue = issues.not_an_option(path, options)
        wrong.append({**issue, "message": message} if message else issue)
        return None

    return shape


def nothing(expected: str = "undefined") -> Shape:
    """No value: `undefined`, or the JSON value `null`."""
    only = ... if expected == "undefined" else None

    def shape(value: Any, path: issues.Path, wrong: checks.Issues) -> Any:
        if value is not only:
            wrong.append(issues.wrong_type(path, expected, value))
        return value

    return shape


def optional(shape: Shape, default: Any = ...) -> Shape:
    """May be missing: then `default`, or no field at all."""
    return lambda value, path, wrong: default if value is ... else shape(value, path, wrong)


def nullable(shape: Shape) -> Shape:
    """May be null."""
    return lambda value, path, wrong: None if value is None else shape(value, path, wrong)


def nullish(shape: Shape) -> Shape:
    """May be missing or null."""
    return optional(nullable(shape))


def listed(shape: Shape, least: int = 0) -> Shape:
    """An array of at least so many items."""

    def items(value: Any, path: issues.Path, wrong: checks.Issues) -> Any:
        sent = checks.items(value, path, wrong)
        if sent is None:
            return None
        result = [shape(item, place, wrong) for item, place in sent]
        if len(sent) < least:
            wrong.append(issues.too_small(path, least, origin="array"))
        return result

    return items


def record(shape: Shape) -> Shape:
    """An object with any names, all of one shape."""

    def values(value: Any, path: issues.Path, wrong: checks.Issues) -> Any:
        if not isinstance(value, dict):
            wrong.append(issues.wrong_type(path, "record", value))
            return None
        return {name: shape(item, [*path, name], wrong) for name, item in value.items()}

    return values


def fields(shapes: Mapping[str, Shape], *rules: Rule, is_strict: bool = False) -> Shape:
    """An object; other names are left out, or refused if `is_strict`. The rules see the object as it was read."""

    def shape(value: Any, path: issues.Path, wrong: checks.Issues) -> Any:
        if checks.fields(value, path, wrong) is None:
            return None
        first = len(wrong)
        result = {}
        for name, of_field in shapes.items():
            item = of_field(value.get(name, ...), [*path, name], wrong)
            if item is not ...:
                result[name] = item
        if is_strict and (unknown := [name for name in value if name not in shapes]):
            wrong.append(issues.unknown_keys(unknown, path))
        _apply(rules, result, path, wrong, first)
        return result

    return shape


def by_kind(discriminator: str, shapes: Mapping[str, Shape], missing: Shape | None = None) -> Shape:
    """The shape that a field's text names; `missing` if the field is."""

    def shape(value: Any, path: issues.Path, wrong: checks.Issues) -> Any:
        if checks.fields(value, path, wrong) is None:
            return None
        kind = value.get(discriminator, ...)
        chosen = missing if kind is ... else shapes.get(kind) if isinstance(kind, str) else None
        if chosen is None:
            wrong.append(issues.no_such_type([*path, discriminator], discriminator))
            return None
        return chosen(value, path, wrong)

    return shape


def any_of(*shapes: Shape, message: str = "Invalid input") -> Shape:
    """The first of the shapes that fits."""

    def shape(value: Any, path: issues.Path, wrong: checks.Issues) -> Any:
        found: list[checks.Issues] = []
        near: list[Any] = []
        for one in shapes:
            own: checks.Issues = []
            result = one(value, [], own)
            if not own:
                return result
            found.append(own)
            near += [] if _is_ended(own) else [result]
        wrong += issues.of_union(path, found, message)
        return near[0] if len(near) == 1 else None

    return shape


def both(left: Shape, right: Shape, *rules: Rule) -> Shape:
    """An object that has both shapes."""

    def shape(value: Any, path: issues.Path, wrong: checks.Issues) -> Any:
        first = len(wrong)
        results = left(value, path, wrong), right(value, path, wrong)
        if None in results:
            return None
        merged = {**results[0], **results[1]}
        _apply(rules, merged, path, wrong, first)
        return merged

    return shape


def ruled(shape: Shape, *rules: Rule) -> Shape:
    """The shape, and rules for the whole."""

    def whole_value(value: Any, path: issues.Path, wrong: checks.Issues) -> Any:
        first = len(wrong)
        result = shape(value, path, wrong)
        _apply(rules, result, path, wrong, first)
        return result

    return whole_value


def json_value(value: Any, path: issues.Path, wrong: checks.Issues) -> Any:
    """Any JSON but null."""
    if value is not ... and value is not None:
        return value
    literals = [[issues.wrong_type([], kind, value)] for kind in ("string", "number", "boolean")]
    kinds = [[issues.wrong_type([], kind, value)] for kind in ("array", "record")]
    wrong += issues.of_union(path, [*kinds, issues.of_union([], literals)])
    return None


def date(value: Any, path: issues.Path, wrong: checks.Issues) -> Any:
    """A date, with or without a time."""
    return checks.date(value, path, wrong)


def _apply(rules: Sequence[Rule], value: Any, path: issues.Path, wrong: checks.Issues, first: int) -> None:
    """Check the rules, as zod does only while all issues since the number `first` are of the right type."""
    for rule in rules:
        if not _is_ended(wrong[first:]):
            rule(value, path, wrong)


def _is_ended(found: checks.Issues) -> bool:
    return any(issue["code"] not in issues.NEAR for issue in found)
