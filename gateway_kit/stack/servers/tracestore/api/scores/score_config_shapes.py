"""What a score config may hold: as it is made, as it is changed, and as it is after the change."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any

from gateway_kit.stack.servers.tracestore.api import checks, issues, rules, shapes
from gateway_kit.stack.servers.tracestore.api.answers import number
from gateway_kit.stack.servers.tracestore.api.shapes import Shape

MAX_NAME_CHARS = 35
BOOLEAN_CATEGORIES = [{"label": "True", "value": 1}, {"label": "False", "value": 0}]

_SIGNS = frozenset("_ .()-")
_RANGE = "Maximum value must be greater than Minimum value"
_NOT_CATEGORIES = (
    "Category must be an array of objects with label value pairs, where labels and values are unique."
)
_EMPTY = "Request body cannot be empty. At least one field must be provided for update."
_CATEGORIES = shapes.listed(shapes.fields({"label": shapes.text(least=1), "value": shapes.number()}))


def _has_letters_only(name: str) -> bool:
    return all(sign in _SIGNS or unicodedata.category(sign)[0] in "LN" for sign in name) and bool(name)


def _repeated(sent: Any, path: issues.Path, wrong: checks.Issues) -> None:
    """Add an issue for the first label or value that is there twice."""
    seen: set[tuple[str, Any]] = set()
    for one in sent:
        for kind in ("label", "value"):
            if (kind, one[kind]) in seen:
                shown = one[kind] if kind == "label" else number(one[kind])
                message = f"Duplicate category {kind}: {shown}, category {kind}s must be unique"
                wrong.append(issues.custom(path, message))
                return
            seen.add((kind, one[kind]))


def _categories(sent: Any, path: issues.Path, wrong: checks.Issues) -> None:
    """The rule for categories that a client sends: one issue for anything of the wrong shape."""
    found: checks.Issues = []
    read = _CATEGORIES(sent, [], found)
    if found:
        wrong.append(issues.custom(path, _NOT_CATEGORIES))
    else:
        _repeated(read, path, wrong)


def _is_range(config: Mapping[str, Any]) -> bool:
    least, most = config.get("minValue"), config.get("maxValue")
    return config.get("dataType") != "NUMERIC" or least is None or most is None or most > least


NAME: Shape = shapes.text(
    least=1,
    most=MAX_NAME_CHARS,
    rules=[
        rules.matching(r"^[\p{L}\p{N}_ .()-]+$", "u", _has_letters_only, "Name contains invalid characters")
    ],
)
_SENT_CATEGORIES = shapes.ruled(shapes.json_value, _categories)
_NONE = shapes.nullish(shapes.nothing())
_LIMITS: Mapping[str, Shape] = dict.fromkeys(("maxValue", "minValue"), shapes.nullish(shapes.number()))
_NO_LIMITS: Mapping[str, Shape] = dict.fromkeys(("maxValue", "minValue"), _NONE)


def _by_type(base: Mapping[str, Shape], of_types: Mapping[str, Mapping[str, Shape]]) -> Shape:
    def of_type(name: str, more: Mapping[str, Shape]) -> Shape:
        return shapes.fields({**base, **more, "dataType": shapes.choice((name,))})

    kinds = {name: of_type(name, more) for name, more in of_types.items()}
    return shapes.ruled(shapes.by_kind("dataType", kinds), rules.holds(_is_range, _RANGE))


NEW: Shape = _by_type(
    {"name": NAME, "description": shapes.nullish(shapes.text())},
    {
        "NUMERIC": {**_LIMITS, "categories": _NONE},
        "CATEGORICAL": {**_NO_LIMITS, "categories": _SENT_CATEGORIES},
        "BOOLEAN": {"categories": shapes.nothing()},
        "TEXT": {"categories": shapes.nothing(), **_NO_LIMITS},
    },
)

CHANGE: Shape = shapes.fields(
    {
        "isArchived": shapes.optional(shapes.boolean()),
        "name": shapes.optional(NAME),
        "minValue": shapes.optional(shapes.number()),
        "maxValue": shapes.optional(shapes.number()),
        "categories": shapes.optional(_SENT_CATEGORIES),
        "description": shapes.optional(shapes.text()),
    },
    rules.holds(bool, _EMPTY),
)

# A config as it is stored, with a change merged in. Its messages are all that the answer shows.
CHANGED: Shape = _by_type(
    {"name": shapes.text(least=1, most=MAX_NAME_CHARS)},
    {
        "NUMERIC": {**_LIMITS, "categories": _NONE},
        "CATEGORICAL": {**_NO_LIMITS, "categories": shapes.ruled(_CATEGORIES, _repeated)},
        "BOOLEAN": {
            **_LIMITS,
            "categories": shapes.ruled(
                shapes.listed(shapes.fields({"label": shapes.text(least=1), "value": shapes.number()})),
                rules.holds(lambda sent: len(sent) == 2, "Boolean data type must have exactly 2 categories."),
                rules.holds(lambda sent: sent[:2] == BOOLEAN_CATEGORIES[: len(sent)], "Invalid input"),
            ),
        },
        "TEXT": {**_NO_LIMITS, "categories": _NONE},
    },
)
