"""The observations of one trace as a tree along a time axis."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway_kit.stack.servers.tracestore.pages.ticks import duration_ticks
from gateway_kit.stack.servers.tracestore.store.reader import Reader, Row
from gateway_kit.stack.servers.tracestore.store.tables.observations import CACHE_HIT

PAGE_SIZE = 500
DEEPEST = 12  # steps of indentation; deeper observations are not indented further


@dataclass(frozen=True)
class Node:
    """A line of the tree. Positions are percentages of the time axis."""

    row: Row
    depth: int
    opens: bool  # whether a list of children follows
    closes: int  # how many lists of children end after it
    parent: str  # '', 'elsewhere' (in another part of the trace) or 'missing' (not in the store)
    left: float
    width: float
    first_token: float | None

    @property
    def indent(self) -> int:
        """Steps of indentation."""
        return min(self.depth, DEEPEST)


async def trace_observations(reader: Reader, trace_id: str, offset: int) -> list[Row]:
    """Up to PAGE_SIZE observations in order of start, without their texts."""
    return await reader.rows(
        "select id, parent_id, is_app_root, exists (select from observations p where p.trace_id = o.trace_id"
        " and p.id = o.parent_id) as has_parent, start_time, end_time, latency_ms,"
        " ttft_ms, type, name, level, model, total_cost,"
        " total_usage, " + CACHE_HIT + " as cache_hit from observations o where trace_id = %(id)s"
        f" order by start_time, id limit {PAGE_SIZE} offset %(offset)s",
        {"id": trace_id, "offset": offset},
    )


def build_tree(rows: list[Row], start: datetime, end: datetime) -> list[Node]:
    """The lines from top to bottom, children under their parents in order of start.

    An observation whose parent is not among the rows is at the top, with the reason in `parent`: no reason for an
    application's first span, whose parent belongs to the caller.
    """
    by_id = {row["id"]: row for row in rows}
    children: dict[str, list[Row]] = {}
    tops: list[Row] = []
    for row in rows:
        if row["parent_id"] in by_id and row["parent_id"] != row["id"]:
            children.setdefault(row["parent_id"], []).append(row)
        else:
            tops.append(row)
    order: list[tuple[Row, int]] = []
    seen: set[str] = set()

    def walk(top: Row) -> None:
        stack = [(top, 0)]  # no recursion: a client may send a chain of thousands
        while stack:
            row, depth = stack.pop()
            if row["id"] in seen:
                continue
            seen.add(row["id"])
            order.append((row, depth))
            stack.extend((child, depth + 1) for child in reversed(children.get(row["id"], [])))

    for top in tops:
        walk(top)
    for row in rows:  # the rest are cycles
        if row["id"] not in seen:
            walk(row)
    length = max((end - start) / timedelta(milliseconds=1), 1.0)
    nodes = []
    for number, (row, depth) in enumerate(order):
        below = order[number + 1][1] if number + 1 < len(order) else 0
        opens = below > depth
        left = min(max((row["start_time"] - start) / timedelta(milliseconds=1) / length * 100, 0), 99.5)
        width = max(min((row["latency_ms"] or 0) / length * 100, 100 - left), 0.5)
        ttft = None if row["ttft_ms"] is None else min(left + row["ttft_ms"] / length * 100, left + width)
        parent = ""
        if row["parent_id"] and row["parent_id"] not in by_id and not row["is_app_root"]:
            parent = "elsewhere" if row["has_parent"] else "missing"
        closes = 0 if opens else depth - below
        nodes.append(Node(row, depth, opens, closes, parent, left, width, ttft))
    return nodes


def axis_ticks(length_ms: float) -> list[tuple[float, str]]:
    """(percent, label) of round steps along the axis, from 0."""
    length_ms = max(length_ms, 1.0)
    return [
        (value / length_ms * 100, label) for value, label in duration_ticks(length_ms) if value <= length_ms
    ]
