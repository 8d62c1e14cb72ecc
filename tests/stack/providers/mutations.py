"""Strange requests: valid ones with some of their values dropped, replaced, doubled or joined by unknown ones."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import strategies as st

STRANGE = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([0, -1, 1, 1e308, -0.5, 2**63, 1_024]),
    st.sampled_from(
        ["", " ", "x", "\ud83d\ude00", "a" * 5_000, "\ud800", "text", "user", "constructor", "__proto__"]
    ),
    st.sampled_from(
        [[], {}, [None], [[]], {"type": "text"}, {"type": None}, [{}], {"a": {"b": [1]}}, ["x"] * 300]
    ),
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to each value of a request."""
    found = [path] if path else []
    if isinstance(value, dict):
        for name, item in value.items():
            found += places(item, (*path, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            found += places(item, (*path, index))
    return found


@st.composite
def mutated(draw: st.DrawFn, requests: list[dict[str, Any]]) -> dict[str, Any]:
    """One of the requests with one to three changes."""
    body = copy.deepcopy(draw(st.sampled_from(requests)))
    for _ in range(draw(st.integers(1, 3))):
        if not body:
            break
        path = draw(st.sampled_from(places(body)))
        parent: Any = body
        for step in path[:-1]:
            parent = parent[step]
        strange = copy.deepcopy(draw(STRANGE))
        change(parent, path[-1], draw(st.sampled_from(["drop", "replace", "double", "add"])), strange)
    return body


def change(parent: Any, last: Any, how: str, strange: Any) -> None:
    if how == "drop":
        del parent[last]
    elif how == "replace":
        parent[last] = strange
    elif isinstance(parent, list):
        parent.insert(last, copy.deepcopy(parent[last]) if how == "double" else strange)
    else:
        parent["unknown" if how == "add" else f"{last}_2"] = strange
