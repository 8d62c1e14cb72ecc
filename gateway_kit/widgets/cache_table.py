"""What the cache explorer shows: its model, and pure functions that make a sentence, a table and menus of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from html import escape
from typing import Any

import pandas as pd
import traitlets

from gateway_kit.caching.entries import ENTRIES
from gateway_kit.caching.savings import savings
from gateway_kit.common.words import counted
from gateway_kit.widgets.markup import table_html
from gateway_kit.widgets.panel import PanelModel

_COLUMNS = ("namespace", "model", "age", "TTL left", "size", "hits", "answer")
_SEARCHED = ("namespace", "model", "question", "answer")
_IN_TABLE, _IN_MENU = 60, 40
# All namespaces, in a menu, where None means no choice. No namespace can have this name.
ALL = "*"
# Calls that fit on a line.
_LAST_CALLS = 60
_HIT, _MISS = "●", "○"  # different without colour


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The cache and the call record as they were at `taken`, None before anything was read.

    `entries` has the rows of `Cache.entries`, `calls` those of `CallRecord.frame`; None without a record.
    """

    entries: pd.DataFrame = field(default_factory=lambda: ENTRIES.frame([]))
    calls: pd.DataFrame | None = None
    taken: datetime | None = None


class ExplorerModel(PanelModel):
    """What the explorer shows.

    namespace   only entries of this namespace, "" for those without one; None for all
    text        only entries with this text in namespace, model, question or answer
    selected    key of the entry that "Delete entry" deletes; None without one
    pending     what will be deleted when confirmed: ("entry", key) or ("namespace", name); () for nothing
    notice      the result of the last deletion, or why it is not possible
    live        whether the explorer refreshes itself
    interval_s  how often, in seconds
    snapshot    what was read last
    table, question   HTML of the entries, and the question to confirm: both follow from the rest
    """

    namespace = traitlets.Unicode(None, allow_none=True)
    text = traitlets.Unicode("")
    selected = traitlets.Unicode(None, allow_none=True)
    pending = traitlets.Tuple()
    notice = traitlets.Unicode("")
    live = traitlets.Bool(False)
    interval_s = traitlets.Float(2.0, min=0.5, max=3600.0)
    snapshot = traitlets.Instance(Snapshot, args=())
    table = traitlets.Unicode("")
    question = traitlets.Unicode("")


def filter_entries(entries: pd.DataFrame, namespace: str | None, text: str) -> pd.DataFrame:
    """The entries of a namespace (None for all) with `text` in namespace, model, question or answer."""
    kept = entries if namespace is None else entries[entries["namespace"] == namespace]
    wanted = text.strip()
    if not wanted:
        return kept
    words = kept[list(_SEARCHED)].fillna("").agg("\n".join, axis=1) if len(kept) else kept["answer"]
    return kept[words.str.contains(wanted, case=False, regex=False).astype(bool)]


def namespace_choices(entries: pd.DataFrame, chosen: str | None) -> list[tuple[str, str]]:
    """(label, namespace) for a menu: ALL, every namespace, and the chosen one even without entries."""
    numbers = {str(name): int(number) for name, number in entries["namespace"].value_counts().items()}
    if chosen is not None:
        numbers.setdefault(chosen, 0)
    each = [(f"{namespace_label(name)} ({number})", name) for name, number in sorted(numbers.items())]
    return [("all namespaces", ALL), *each]


def entry_choices(shown: pd.DataFrame) -> list[tuple[str, str]]:
    """(label, key) of each entry for a menu; the end of the key distinguishes equal answers."""
    return [
        (f"{_short(row, _IN_MENU)} ({namespace_label(row['namespace'])}, {row['key'][-6:]})", row["key"])
        for row in shown.to_dict("records")
    ]


def status_line(snapshot: Snapshot, shown: pd.DataFrame) -> str:
    """How many entries there are and match the filter, and how often the cache answered."""
    if snapshot.taken is None:
        return "The cache was not read yet."
    entries = snapshot.entries
    spaces, size = entries["namespace"].nunique(), int(entries["size_bytes"].fillna(0).sum())
    kept = f"{counted(len(entries), 'entry', 'entries')} in {counted(spaces, 'namespace')}, {_size(size)}"
    chosen = (
        "" if len(shown) == len(entries) else f"; {len(shown)} {'match' if len(shown) != 1 else 'matches'}"
    )
    return f"{kept}{chosen}. {hit_rate_line(snapshot.calls)}"


def hit_rate_line(calls: pd.DataFrame | None) -> str:
    """How many of the recorded calls the cache answered, and what that saved."""
    if calls is None:
        return "Hits are not counted without a call record."
    row = savings(calls).iloc[0]
    if not row["calls"]:
        return "No call was answered yet."
    return (
        f"Of {counted(int(row['calls']), 'call')} the cache answered {row['hits']:.0f}, "
        f"{row['hit_rate']:.0%}, and saved {row['saved_usd']:.6f} USD."
    )


def last_calls_html(calls: pd.DataFrame | None) -> str:
    """A circle per call, the newest on the right: filled for a cache hit, empty for the provider."""
    answered = None if calls is None else calls[calls["error"].isna()].sort_values("started", kind="stable")
    if answered is None or answered.empty:
        return ""
    hits = answered["cache_hit"].tail(_LAST_CALLS)
    circles = "".join(_HIT if hit else _MISS for hit in hits)
    text = f"The last {counted(len(hits), 'call')}: {int(hits.sum())} from the cache"
    return (
        f'<p style="margin:4px 0">{escape(text)} ({_HIT}), {int((~hits).sum())} from the provider ({_MISS})<br>'
        f'<span aria-hidden="true" style="letter-spacing:1px;overflow-wrap:anywhere">{circles}</span></p>'
    )


def entries_html(snapshot: Snapshot, shown: pd.DataFrame, rows: int) -> str:
    """The last calls and at most `rows` of the shown entries, as HTML."""
    calls = last_calls_html(snapshot.calls)
    if snapshot.taken is None:
        return calls
    if shown.empty:
        return f"{calls}<p>No entries at {_clock(snapshot.taken)}.</p>"
    listed = [_cells(row, snapshot.taken) for row in shown.head(rows).to_dict("records")]
    more = len(shown) - len(listed)
    caption = f"Entries at {_clock(snapshot.taken)}, newest first"
    below = f"<p>… and {more} more: choose a namespace, or search.</p>" if more else ""
    return calls + table_html(caption, _COLUMNS, listed) + below


def question_line(pending: Sequence[str], snapshot: Snapshot) -> str:
    """The question to confirm; empty if there is none."""
    if not pending:
        return ""
    kind, name = pending
    entries = snapshot.entries
    if kind == "namespace":
        number = int((entries["namespace"] == name).sum())
        return f"Delete {counted(number, 'entry', 'entries')} of the namespace {namespace_label(name)}?"
    labels = {key: label for label, key in entry_choices(entries)}
    return f"Delete the entry {labels.get(name, name)}?"


def namespace_label(namespace: str) -> str:
    """A namespace as text."""
    return namespace or "(none)"


def _cells(row: Mapping[Any, Any], now: datetime) -> tuple[str, ...]:
    return (
        namespace_label(row["namespace"]),
        _text(row["model"]),
        _seconds(None if pd.isna(row["stored"]) else (now - row["stored"]).total_seconds(), "unknown"),
        _seconds(row["ttl_left_s"], "never expires"),
        "" if pd.isna(row["size_bytes"]) else _size(int(row["size_bytes"])),
        _text(row["hits"]),
        _short(row, _IN_TABLE),
    )


def _short(row: Mapping[Any, Any], length: int) -> str:
    """An entry's answer on one line, or its kind if it has no text."""
    text = " ".join(_text(row["answer"]).split())
    if not text:
        return "(an embedding)" if row["kind"] == "embedding" else "(a tool call)"
    return text if len(text) <= length else f"{text[: length - 1]}…"


def _seconds(value: Any, without: str) -> str:
    """A time as text; `without` if it is missing."""
    if pd.isna(value):
        return without
    seconds = max(float(value), 0.0)
    if seconds < 120:
        return f"{seconds:.0f}\u00a0s"
    return f"{seconds / 60:.0f}\u00a0min" if seconds < 7200 else f"{seconds / 3600:.0f}\u00a0h"


def _size(count: int) -> str:
    return f"{count}\u00a0B" if count < 1000 else f"{count / 1000:.1f}\u00a0kB"


def _clock(moment: datetime) -> str:
    return f"{moment:%H:%M:%S} UTC"


def _text(value: Any) -> str:
    return "" if pd.isna(value) else str(value)
