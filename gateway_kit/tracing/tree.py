"""One trace as a tree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gateway_kit.common.tables import Column, Table

if TYPE_CHECKING:
    import pandas as pd

TREE = Table(
    Column("depth", "Int64", "0 at the top"),
    Column("name", "string", "its own name"),
    Column("type", "string", "SPAN, GENERATION, …"),
    Column("offset_s", "float64", "seconds from the trace's first start to this start"),
    Column("latency_s", "float64", "seconds"),
    Column("model", "string", "as it was sent"),
    Column("total_tokens", "Int64", "missing if none were sent"),
    Column("cost_usd", "float64", "US dollars"),
    Column("level", "string", "DEBUG, DEFAULT, WARNING or ERROR"),
    Column("status_message", "string", "the text of an error"),
    Column("cache_hit", "boolean", "the gateway's cache answered"),
    Column("observation_id", "string", "16 hexadecimal digits"),
    Column("parent_id", "string", "the observation it is part of"),
)


class TraceTree:
    """The observations of one trace, each under its parent: `print` draws the tree, `frame` returns it as a table.

    An observation whose parent is not in the store (yet) is at the top. `observations` is the table it was made from.
    """

    def __init__(self, trace_id: str, observations: pd.DataFrame) -> None:
        self.trace_id = trace_id
        self.observations = observations
        self._rows = _rows(observations)

    def frame(self) -> pd.DataFrame:
        """The tree as a table.

        Returns:
            One row per observation, parents before their children, siblings in the order of their start.

                - `depth` (Int64): 0 at the top
                - `name` (string): its own name
                - `type` (string): SPAN, GENERATION, …
                - `offset_s` (float64): seconds from the trace's first start to this start
                - `latency_s` (float64): seconds
                - `model` (string): as it was sent
                - `total_tokens` (Int64): missing if none were sent
                - `cost_usd` (float64): US dollars
                - `level` (string): DEBUG, DEFAULT, WARNING or ERROR
                - `status_message` (string): the text of an error
                - `cache_hit` (boolean): the gateway's cache answered
                - `observation_id` (string): 16 hexadecimal digits
                - `parent_id` (string): the observation it is part of
        """
        return TREE.frame(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def __str__(self) -> str:
        return "\n".join("  " * row["depth"] + _line(row) for row in self._rows)

    def __repr__(self) -> str:
        return f"<trace {self.trace_id}: {len(self)} observations>\n{self}"


def _rows(observations: pd.DataFrame) -> list[dict[str, Any]]:
    listed = observations.sort_values(["started", "observation_id"], kind="stable").to_dict("records")
    ids = {row["observation_id"] for row in listed}
    children: dict[Any, list[dict[Any, Any]]] = {}
    for row in listed:
        parent = row["parent_id"] if row["parent_id"] in ids else None
        children.setdefault(parent, []).append(row)
    first = min((row["started"] for row in listed), default=None)
    rows: list[dict[str, Any]] = []
    pending = [(row, 0) for row in reversed(children.get(None, []))]
    while pending:  # no recursion: a trace may be deeper than Python's stack
        row, depth = pending.pop()
        offset_s = round((row["started"] - first).total_seconds(), 3)
        rows.append({**{name: row.get(name) for name in TREE.columns}, "depth": depth, "offset_s": offset_s})
        pending += [(child, depth + 1) for child in reversed(children.get(row["observation_id"], []))]
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
