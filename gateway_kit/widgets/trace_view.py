"""Traces as text and HTML: a line, a table, a tree with inputs and outputs. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import TYPE_CHECKING, Any

import pandas as pd

from gateway_kit.charts import trace_timeline
from gateway_kit.common.words import counted
from gateway_kit.widgets.markup import WRAP, link_html, shortened, table_html

if TYPE_CHECKING:
    from gateway_kit.tracing.tree import TraceTree

# More would slow the notebook; the trace store's page has them all.
MOST_OBSERVATIONS = 100
# More bars could not be told apart.
MOST_BARS = 40
# Of an input or output.
MOST_CHARACTERS = 2000


def trace_line(row: Mapping[str, Any]) -> str:
    """A row of `tracing.traces()` in a line: time in UTC, name, user, and a summary of its calls."""
    parts = [f"{row['started']:%m-%d %H:%M:%S}", _or(row["name"], "(no name)")]
    if user := _or(row["user"], ""):
        parts.append(user)
    return " · ".join([*parts, *_facts(row)])


def traces_html(rows: Iterable[Mapping[str, Any]]) -> str:
    """A table with a row per trace."""
    shown = [
        (
            f"{row['started']:%Y-%m-%d %H:%M:%S}",
            shortened(_or(row["name"], "(no name)"), 60),
            shortened(_or(row["user"], ""), 40),
            shortened(_or(row["session"], ""), 40),
            shortened(", ".join(row["tags"]), 60),
            ", ".join(_facts(row)),
        )
        for row in rows
    ]
    return table_html("Traces", ("started (UTC)", "name", "user", "session", "tags", "observations"), shown)


def tree_html(tree: TraceTree, url: str = "") -> str:
    """One trace as nested lists; inputs, outputs and metadata of each observation can be opened.

    `url` is the trace's page in the trace store.
    """
    rows = tree.frame().head(MOST_OBSERVATIONS).to_dict("records")
    contents = tree.observations.set_index("observation_id")
    page = f" {link_html(url, 'Open it in the trace store')}." if url else ""
    made = [f"<p>Trace <code>{escape(tree.trace_id)}</code>, {counted(len(tree), 'observation')}.{page}</p>"]
    depth = -1
    for row in rows:
        level = int(row["depth"])
        # Depth grows by one at most: between two rows, the lists that end are closed.
        made.append("<ul>" if level > depth else "</li>" + "</ul></li>" * (depth - level))
        made.append(f"<li>{_observation_html(row, contents.loc[row['observation_id']])}")
        depth = level
    made.append("</li></ul>" * (depth + 1))
    if len(tree) > MOST_OBSERVATIONS:
        made.append(
            f"<p>And {len(tree) - MOST_OBSERVATIONS:,} more observations: see the trace store's page.</p>"
        )
    return "".join(made)


def timeline_figure(tree: TraceTree) -> tuple[bytes, str]:
    """The timeline as PNG, and its text alternative."""
    rows = tree.frame()
    figure = trace_timeline(rows.head(MOST_BARS))
    some = f" Of {len(rows):,} observations these are the first {MOST_BARS}." if len(rows) > MOST_BARS else ""
    return figure.png(), f"{figure.alt}{some}"


def _observation_html(row: Mapping[Any, Any], content: pd.Series[Any]) -> str:
    facts = [f"<b>{escape(shortened(_or(row['name'], '(no name)'), 100))}</b> [{escape(str(row['type']))}]"]
    facts.append(f"{row['offset_s']:.3f} s after the start")
    if pd.notna(row["latency_s"]):
        facts.append(f"took {row['latency_s']:.3f} s")
    if model := _or(row["model"], ""):
        facts.append(escape(model))
    if pd.notna(row["total_tokens"]):
        facts.append(f"{row['total_tokens']} tokens")
    if pd.notna(row["cost_usd"]):
        facts.append(f"{row['cost_usd']:.7f} USD")
    if pd.notna(row["cache_hit"]) and row["cache_hit"]:
        facts.append("from the cache")
    if row["level"] in ("WARNING", "ERROR"):
        message = shortened(_or(row["status_message"], ""), 300)
        facts.append(f"<b>{escape(row['level'])}</b> {escape(message)}".rstrip())
    return " · ".join(facts) + "".join(
        _unfolding(name, content[name]) for name in ("input", "output", "metadata")
    )


def _unfolding(name: str, value: Any) -> str:
    """A text that can be opened; empty for none."""
    if value is None or value == {} or (isinstance(value, float) and pd.isna(value)):
        return ""
    text = escape(shortened(value, MOST_CHARACTERS))
    return f'<details><summary>{name}</summary><pre style="margin:0;{WRAP}">{text}</pre></details>'


def _facts(row: Mapping[str, Any]) -> list[str]:
    facts = [counted(row["observations"], "observation")]
    if row["errors"]:
        facts.append(f"{row['errors']} failed")
    if row["cache_hits"]:
        facts.append(f"{row['cache_hits']} from the cache")
    facts.append(f"{row['latency_s']:.2f} s")
    if pd.notna(row["cost_usd"]):
        facts.append(f"{row['cost_usd']:.6f} USD")
    return facts


def _or(value: Any, instead: str) -> str:
    return str(value) if pd.notna(value) and value != "" else instead
