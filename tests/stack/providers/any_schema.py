"""JSON schemas of any kind: possible ones, contradictory ones, and such as are none."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-50, 50) | st.floats(-9, 9) | st.text("ab_1 é", max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=2), inner, max_size=3),
    max_leaves=5,
)
TYPES = "object array string number integer boolean null OBJECT STRING any"
TYPE = st.sampled_from(TYPES.split())
NAMES = st.lists(st.sampled_from(["a", "b", "name", "__proto__"]), max_size=3)
COUNT = st.integers(-1, 6)
PLAIN: dict[str, st.SearchStrategy[Any]] = {
    "type": TYPE | st.lists(TYPE, max_size=3),
    "enum": st.lists(JSON, max_size=3),
    "const": JSON,
    "nullable": st.booleans(),
    "minimum": st.integers(-5, 5) | st.floats(-5, 5),
    "maximum": st.integers(-5, 9),
    "exclusiveMinimum": st.integers(-5, 5) | st.booleans(),
    "multipleOf": st.sampled_from([0, 1, 2, 0.5, 0.01, 7]),
    "minLength": COUNT,
    "maxLength": COUNT,
    "pattern": st.sampled_from(["^a", "b+$", "^[a-c]{2}$", "(", "^(a|b)*$", "a(?=b)"]),
    "format": st.sampled_from(["date", "email", "uuid", "nonsense"]),
    "minItems": COUNT,
    "maxItems": COUNT,
    "uniqueItems": st.booleans(),
    "minContains": COUNT,
    "minProperties": COUNT,
    "maxProperties": COUNT,
    "required": NAMES,
    "dependentRequired": st.dictionaries(st.sampled_from(["a", "b"]), NAMES, max_size=2),
    "$ref": st.sampled_from(["#", "#/$defs/A", "#/$defs/B", "#/nowhere", "http://example.com/x"]),
    "title": st.sampled_from(["Person", "", "Ünïcode"]),
    "minimal": JSON,
}
ONE = [
    "items",
    "additionalProperties",
    "unevaluatedProperties",
    "unevaluatedItems",
    "propertyNames",
    "contains",
    "not",
    "if",
    "then",
    "else",
]
LISTS = ["allOf", "anyOf", "oneOf", "prefixItems"]
MAPS = ["properties", "patternProperties", "dependentSchemas"]


def _grow(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    fields = {
        **PLAIN,
        **dict.fromkeys(ONE, inner),
        **{name: st.lists(inner, max_size=3) for name in LISTS},
        **{
            name: st.dictionaries(st.sampled_from(["a", "b", "^a", "name"]), inner, max_size=3)
            for name in MAPS
        },
    }

    @st.composite
    def some(draw: st.DrawFn) -> dict[str, Any]:
        chosen = draw(st.lists(st.sampled_from(sorted(fields)), max_size=4, unique=True))
        return {name: draw(fields[name]) for name in chosen}

    return some()


@st.composite
def any_schemas(draw: st.DrawFn) -> Any:
    """A schema, or something like one."""
    schema = draw(st.recursive(st.booleans() | _grow(st.booleans()), _grow, max_leaves=6))
    if isinstance(schema, dict) and draw(st.booleans()):
        schema = {**schema, "$defs": {"A": draw(_grow(st.booleans())), "B": {"$ref": "#/$defs/A"}}}
    return schema
