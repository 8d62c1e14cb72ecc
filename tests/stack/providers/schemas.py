"""JSON schemas that a value fits, made around that value."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from hypothesis import strategies as st

NAMES = st.sampled_from(
    ["name", "age", "city", "tags", "id", "a b", "x-1", "description", "email", "größe", ""]
)
PATTERNS = [
    r"^[a-z]{3}-\d{2}$",
    r"^\d+$",
    "x",
    r"^[A-Z][a-z]+( [A-Z][a-z]+)*$",
    r"^(a|b)+$",
    r"^$",
    r"^\w+@\w+$",
    ".",
]
LEAVES = st.one_of(
    st.sampled_from(PATTERNS).flatmap(
        lambda pattern: st.from_regex(re.compile(pattern, re.ASCII), fullmatch=True)
    ),
    st.none(),
    st.booleans(),
    st.integers(-10_000, 10_000),
    st.floats(-1000, 1000, allow_nan=False).map(lambda number: round(number, 3)),
    st.text(max_size=12),
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=8,
)


@st.composite
def schemas(draw: st.DrawFn) -> tuple[dict[str, Any], Any]:
    """A schema and a value that fits it."""
    value = draw(VALUES)
    definitions: dict[str, Any] = {}
    schema = around(draw, value, definitions, 0)
    return ({**schema, "$defs": definitions} if definitions else schema), value


def around(draw: st.DrawFn, value: Any, definitions: dict[str, Any], depth: int) -> dict[str, Any]:
    schema = plain(draw, value, definitions, depth)
    wrap = draw(st.integers(0, 11)) if depth < 4 else 0
    if wrap == 1:
        return {"anyOf": draw(st.permutations([schema, {"type": "null"}]))}
    if wrap == 2:
        return {"allOf": [schema, plain(draw, value, definitions, depth + 1)]}
    if wrap == 3:
        name = f"D{len(definitions)}"
        definitions[name] = schema
        return {"$ref": f"#/$defs/{name}", "description": "by reference"}
    if wrap == 4:
        return {"oneOf": [schema, {"const": ["nothing", "like", "it"]}]}
    if wrap == 5:
        return {**schema, "not": {"const": "a value that is not wanted"}}
    if wrap == 7:
        kind = next(iter(typed(value)))
        return {"if": {"type": kind}, "then": schema, "else": False}
    if wrap == 8:
        return {"anyOf": [schema, False], "allOf": [{"anyOf": [schema, {"type": "null"}]}]}
    if wrap == 6:
        return {"anyOf": [schema, around(draw, draw(LEAVES), definitions, depth + 1)]}
    return schema


def typed(value: Any) -> list[str]:
    """The names of a value's type in a schema."""
    names = {
        type(None): "null",
        bool: "boolean",
        int: "integer",
        float: "number",
        str: "string",
        list: "array",
        dict: "object",
    }
    return [names[type(value)]]


def plain(draw: st.DrawFn, value: Any, definitions: dict[str, Any], depth: int) -> dict[str, Any]:
    if draw(st.integers(0, 9)) == 0:
        return {"enum": [value, draw(LEAVES)]} if draw(st.booleans()) else {"const": value}
    if value is None:
        return {"type": "null"}
    if isinstance(value, bool):
        return {"type": "boolean"}
    if isinstance(value, int | float):
        return numeric(draw, value)
    if isinstance(value, str):
        limits = {
            "minLength": len(value) - draw(st.integers(0, 3)),
            "maxLength": len(value) + draw(st.integers(0, 3)),
        }
        if PATTERNS and draw(st.integers(0, 3)) == 0:
            fitting = [
                pattern for pattern in PATTERNS if re.search(pattern, value, re.ASCII) and "\n" not in value
            ]
            if fitting:
                return {"type": "string", "pattern": draw(st.sampled_from(fitting))}
        kept = {name: limit for name, limit in limits.items() if limit >= 0 and draw(st.booleans())}
        return {"type": ["string", "null"] if draw(st.integers(0, 4)) == 0 else "string", **kept}
    if isinstance(value, list):
        return array(draw, value, definitions, depth)
    return mapping(draw, value, definitions, depth)


def numeric(draw: st.DrawFn, value: float) -> dict[str, Any]:
    schema: dict[str, Any] = {
        "type": "integer" if isinstance(value, int) and draw(st.booleans()) else "number"
    }
    if draw(st.booleans()):
        schema["minimum"] = value - draw(st.integers(0, 3))
    if draw(st.booleans()):
        schema["exclusiveMaximum"] = math.floor(value) + draw(st.integers(1, 3))
    if isinstance(value, int) and value % 5 == 0 and draw(st.booleans()):
        schema["multipleOf"] = 5
    return schema


def array(draw: st.DrawFn, value: list[Any], definitions: dict[str, Any], depth: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "array"}
    parts = [around(draw, item, definitions, depth + 1) for item in value]
    if parts and draw(st.booleans()):
        schema["prefixItems"] = parts
        if draw(st.booleans()):
            schema["items"] = False
    elif parts and draw(st.booleans()):
        schema["items"] = parts[0] if len(parts) == 1 else {"anyOf": parts}
    if parts and "items" not in schema and draw(st.booleans()):
        schema["contains"] = around(draw, value[0], definitions, depth + 1)
    if draw(st.booleans()):
        schema["minItems"] = len(value)
    if (
        len({json.dumps(item, sort_keys=True) for item in value}) == len(value)
        and draw(st.integers(0, 3)) == 0
    ):
        # JSON Schema takes 1 and 1.0 for the same, and Python 1 and true.
        schema["uniqueItems"] = not any(isinstance(item, bool | float) for item in value)
    if draw(st.booleans()):
        schema["maxItems"] = len(value) + draw(st.integers(0, 2))
    return schema


def mapping(
    draw: st.DrawFn, value: dict[str, Any], definitions: dict[str, Any], depth: int
) -> dict[str, Any]:
    declared = {name: item for name, item in value.items() if draw(st.integers(0, 4)) > 0}
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {name: around(draw, item, definitions, depth + 1) for name, item in declared.items()},
    }
    if draw(st.booleans()):
        schema["required"] = [name for name in value if draw(st.booleans())]
    if declared and draw(st.integers(0, 4)) == 0:
        name = draw(st.sampled_from(list(declared)))
        schema["patternProperties"] = {f"^{re.escape(name)}$": schema["properties"].pop(name)}
    if len(declared) == len(value) and draw(st.booleans()):
        schema["additionalProperties"] = False
    if draw(st.integers(0, 3)) == 0:
        schema["minProperties"] = len(value)
    if draw(st.integers(0, 3)) == 0:
        schema["maxProperties"] = len(value)
    if len(declared) > 1 and draw(st.integers(0, 3)) == 0:
        first, second, *_ = declared
        schema["dependentRequired"] = {first: [second]}
    if draw(st.integers(0, 5)) == 0:
        schema["propertyNames"] = {"maxLength": 20}
    return schema
