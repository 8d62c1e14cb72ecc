"""One trace as a tree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gateway_kit.tracing.observation_table import frame

if TYPE_CHECKING:
    import pandas as pd

TREE_COLUMNS: Mapping[str, str] = {
    "depth": "Int64",
    "name": "string",
    "type": "string",
    "offset_s": "float64",
    "latency_s": "float64",
    "model": "string",
    "total_tokens": "Int64",
    "cost_usd": "float64",
    "level": "string",
    "status_message": "string",
    "cache_hit": "boolean",
    "observation_id": "string",
    "parent_id": "string",
}


class TraceTree:
    """The observations of one trace, each under its parent; `str` draws it, `frame` has it as rows.

    One whose parent is not in the store (yet) stands at the top. `observations` is the table it was made from.
    """

    def __init__(self, trace_id: str, observations: pd.DataFrame) -> None:
        self.trace_id = trace_id
        self.observations = observations
        self._rows = _rows(observations)

    def frame(self) -> pd.DataFrame:
        """One row per observation, parents before their children, siblings in the order of their start.

        column          dtype    meaning
        depth           Int64    0 at the top
        name, type, model, level, status_message, cache_hit, observation_id, parent_id   as in `observations`
        offset_s        float64  seconds from the trace's first start to this start
        latency_s       float64  seconds
        total_tokens    Int64
        cost_usd        float64  US dollars
        """
        return frame(self._rows, TREE_COLUMNS)

    def __len__(self) -> int:
        return len(self._rows)

    def __str__(self) -> str:
        return "\n".join("  " * row["depth"] + _line(row) for row in self._rows)

    def __repr__(self) -> str:
        return f"<trace {self.trace_id}: {len(self)} observations>\n{self}"


def _rows(observations: pd.DataFrame) -> list[dict[str, Any]]:
    found = observations.sort_values(["started", "observation_id"], kind="stable").to_dict("records")
    known = {one["observation_id"] for one in found}
    children: dict[Any, list[dict[Any, Any]]] = {}
    for one in found:
        parent = one["parent_id"] if one["parent_id"] in known else None
        children.setdefault(parent, []).append(one)
    first = min((one["started"] for one in found), default=None)
    rows: list[dict[str, Any]] = []
    waiting = [(one, 0) for one in reversed(children.get(None, []))]
    while waiting:  # no recursion: a trace may be deeper than Python's stack
        one, depth = waiting.pop()
        offset_s = round((one["started"] - first).total_seconds(), 3)
        row = {name: one[name] for name in TREE_COLUMNS if name not in ("depth", "offset_s")}
        rows.append({"depth": depth, "offset_s": offset_s, **row})
        waiting += [(child, depth + 1) for child in reversed(children.get(one["observation_id"], []))]
    return rows


def _line(row: Mapping[str, Any]) -> str:
    import pandas as pd

    parts = [f"{row['name'] if pd.notna(row['name']) else '(no name)'} [{row['type']}]"]
    if pd.notna(row["latency_s"]):
        parts.append(f"{row['latency_s']:.3f} s")
    if pd.notna(row["model"]):
        parts.append(str(row["model"]))
    if pd.notna(row["total_tokens"]):
        parts.append(f"{row['total_tokens']} tokens")
    if pd.notna(row["cost_usd"]):
        parts.append(f"{row['cost_usd']:.7f} USD")
    if pd.notna(row["cache_hit"]) and row["cache_hit"]:
        parts.append("from the cache")
    if row["level"] in ("WARNING", "ERROR"):
        message = row["status_message"] if pd.notna(row["status_message"]) else ""
        parts.append(f"{row['level']} {message[:80]}".rstrip())
    return " · ".join(parts)
