"""Checks values files against what is known of a chart: the path of each setting, and the type of its default."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

FACTS = Path(__file__).parent / "chart_facts"
_KINDS: Mapping[str, tuple[type, ...]] = {
    "boolean": (bool,),
    "number": (int, float),
    "string": (str,),
    "list": (list,),
    "mapping": (dict,),
}


def facts_of(chart: str) -> dict[str, Any]:
    """What `tools/chart_facts.py` wrote down."""
    found: dict[str, Any] = json.loads((FACTS / f"{chart}.json").read_text())
    return found


def mistakes(values: Mapping[str, Any], chart: str) -> list[str]:
    """Settings that the chart does not have, and those of another type than its default."""
    return list(_mistakes(values, facts_of(chart)["paths"], ""))


def _mistakes(values: Mapping[str, Any], paths: Mapping[str, str], above: str) -> Iterator[str]:
    for key, value in values.items():
        path = f"{above}{key}"
        kind = paths.get(path)
        if kind is None:
            yield f"{path} is no setting of the chart"
        elif kind in _KINDS and not (
            isinstance(value, _KINDS[kind]) and isinstance(value, bool) == (kind == "boolean")
        ):
            yield f"{path} is a {kind} in the chart, not {value!r}"
        elif kind == "mapping":
            yield from _mistakes(value, paths, f"{path}.")
