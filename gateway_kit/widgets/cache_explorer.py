"""The cache explorer: the entries of a gateway's cache, how often it answers, and deletion.

Only `refresh` and deletions ask Redis; choosing and searching do not.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Any, ClassVar

import ipywidgets

from gateway_kit.caching.cache import Cache
from gateway_kit.common.words import counted
from gateway_kit.gateway import CallRecord
from gateway_kit.widgets.cache_table import (
    ALL,
    ExplorerModel,
    Snapshot,
    entries_html,
    entry_choices,
    filter_entries,
    namespace_choices,
    namespace_label,
    question_line,
    status_line,
)
from gateway_kit.widgets.panel import Panel, error_text
from gateway_kit.widgets.view import View, row
from gateway_kit.widgets.worker import Worker

# How often the live thread checks whether to refresh, so that a new interval counts at once.
_LOOK_S = 0.25
_LIVES_ON = "The worker that stored an answer may still return it from memory until its TTL ends."


class CacheExplorer(Panel):
    """The entries of a cache with age, TTL, size and hits; how often the cache answers; filters, and deletion.

    Args:
        cache: The cache, such as `gateway.cache`.
        calls: The record whose hits are counted.
        namespace: Only entries of this namespace, "" for those without one.
        text: Only entries with this text in namespace, model, question or answer.
        rows: How many entries to list.

    Example:
        >>> explorer = CacheExplorer(gateway.cache, gateway.calls)     # the last line of a cell shows it
        >>> explorer.model.namespace = "team-a"                        # the same as choosing it
        >>> explorer.refresh()                                         # or start(), until pause()
        >>> explorer.delete(key)                                       # at once; the buttons ask first
        >>> explorer.close()

    If Redis does not answer, the status line says so and the last entries stay.
    """

    heading: ClassVar[str] = "What the cache holds"
    css_class: ClassVar[str] = "gk-cache-explorer"
    model: ExplorerModel

    def __init__(
        self,
        cache: Cache,
        calls: CallRecord | None = None,
        *,
        namespace: str | None = None,
        text: str = "",
        rows: int = 12,
    ) -> None:
        super().__init__(ExplorerModel(namespace=namespace, text=text))
        self._cache, self._calls, self._rows = cache, calls, rows
        self._live: Worker | None = None
        self._read_at = -math.inf
        self._menus: list[tuple[ipywidgets.Dropdown, str]] = []
        # The panel's threads and the notebook's take turns, so that what is shown is consistent.
        self._turn = threading.RLock()
        self._filling = False
        self.model.observe(self._unask, names=["namespace", "text", "selected"])
        self.model.observe(
            self._show, names=["snapshot", "namespace", "text", "selected", "pending", "notice"]
        )
        self._show()
        self.refresh()

    def refresh(self) -> None:
        """Read the cache and the call record. An error is shown in the status line, and not raised."""
        self._read_at = time.monotonic()
        try:
            record = None if self._calls is None else self._calls.frame()
            snapshot = Snapshot(self._cache.entries(record), record, datetime.now(UTC))
        except Exception as exc:  # the panel goes on without Redis
            self.model.error = error_text(exc)
            return
        self.model.error = ""
        self.model.snapshot = snapshot

    def start(self) -> None:
        """Refresh now and every `model.interval_s` seconds, in a thread."""
        self.pause()
        if not self.closed:
            self._read_at = -math.inf
            self._live = self._new_worker("live", tick=self._tick, every_s=_LOOK_S)
            self._live.start()
            self.model.live = True

    def pause(self) -> None:
        """Stop refreshing."""
        if self._live is not None:
            self._live.close()
            self._workers.remove(self._live)
            self._live = None
        self.model.live = False

    def delete(self, key: str) -> int:
        """Delete one entry; returns how many were deleted. Raises CacheError."""
        return self._delete("this entry", lambda: self._cache.delete(key))

    def delete_namespace(self, namespace: str) -> int:
        """Delete the entries of a namespace; returns how many were deleted. Raises CacheError."""
        return self._delete(
            f"the namespace {namespace_label(namespace)}", lambda: self._cache.delete_namespace(namespace)
        )

    def ask_to_delete_entry(self) -> None:
        """First step: ask whether to delete the selected entry."""
        selected = self.model.selected
        self.model.notice = "" if selected else "There is no entry to delete."
        self.model.pending = ("entry", selected) if selected else ()

    def ask_to_delete_namespace(self) -> None:
        """First step: ask whether to delete the entries of the chosen namespace."""
        chosen = self.model.namespace
        self.model.notice = "Choose a namespace first." if chosen is None else ""
        self.model.pending = () if chosen is None else ("namespace", chosen)

    def confirm(self) -> None:
        """Second step: delete what was asked about, if anything. Raises CacheError."""
        pending, self.model.pending = self.model.pending, ()
        if pending:
            kind, name = pending
            (self.delete if kind == "entry" else self.delete_namespace)(name)

    def keep(self) -> None:
        """Second step: delete nothing."""
        self.model.pending = ()

    def close(self) -> None:
        """End the threads and remove the controls from the page; the last view stays. Can be called twice."""
        super().close()
        self._live = None
        self._menus.clear()
        self.model.live = False

    def _tick(self) -> None:
        if time.monotonic() - self._read_at >= self.model.interval_s:
            self.refresh()

    def _start_or_pause(self) -> None:
        (self.pause if self.model.live else self.start)()

    def _delete(self, what: str, delete: Callable[[], int]) -> int:
        try:
            with self._reporting(f"Deleting {what} …"):
                gone = delete()
            self.model.notice = self._done(gone)
            self.refresh()
        finally:
            self._show()
        return gone

    def _done(self, gone: int) -> str:
        if not gone:
            return "There was nothing to delete."
        deleted = f"Deleted {counted(gone, 'entry', 'entries')}."
        return deleted if self._cache.deletes_at_once else f"{deleted} {_LIVES_ON}"

    def _unask(self, _: Any) -> None:
        # A confirmation is only for what was shown.
        with self._turn:
            if not self._filling:
                self.model.pending, self.model.notice = (), ""

    def _show(self, _: Any = None) -> None:
        """Update the view from the model, without asking Redis."""
        with self._turn:
            if self._filling:
                return
            self._filling = True
            try:
                self._fill()
            finally:
                self._filling = False

    def _fill(self) -> None:
        model = self.model
        snapshot = model.snapshot
        shown = filter_entries(snapshot.entries, model.namespace, model.text)
        # The selected entry stays in the menu, even if newer ones fill the table.
        listed = shown["key"].isin([*shown["key"].head(self._rows), model.selected])
        choices = {
            "namespace": namespace_choices(snapshot.entries, model.namespace),
            "selected": entry_choices(shown[listed]),
        }
        keys = [key for _, key in choices["selected"]]
        if model.selected not in keys:
            model.selected = keys[0] if keys else None
            if model.pending and model.pending[0] == "entry":
                model.pending = ()
        for menu, name in self._menus:
            if list(menu.options) != choices[name]:
                menu.options = choices[name]  # which selects the first one
            value = getattr(model, name)
            menu.value = ALL if name == "namespace" and value is None else value
        model.table = entries_html(snapshot, shown, self._rows)
        model.question = question_line(model.pending, snapshot)
        model.status = f"{model.notice} {status_line(snapshot, shown)}".strip()

    def _parts(self, view: View) -> Sequence[ipywidgets.Widget]:
        self._menus.clear()
        space = self._menu("namespace", "Namespace", "Only the entries of one namespace")
        search = ipywidgets.Text(
            description="Search",
            placeholder="namespace, model or answer",
            tooltip="Only entries with this text",
        )
        refresh = view.button(
            "Refresh", self.refresh, "gk-refresh", tooltip="Read the cache again", icon="refresh"
        )
        live = view.button("Live", self._start_or_pause, "gk-live", tooltip="Refresh at intervals, or pause")
        view.follow("live", live, "description", lambda on: "Pause" if on else "Live")
        every = ipywidgets.BoundedFloatText(
            min=0.5,
            max=3600,
            step=0.5,
            description="every (s)",
            tooltip="Seconds between two live refreshes",
        )
        every.layout.width = "180px"
        table = view.text("table", str, "gk-entries")
        entry = self._menu("selected", "Entry", "The entry to delete")
        entry.layout.width = "460px"
        delete_entry = view.button(
            "Delete entry…", self.ask_to_delete_entry, "gk-delete-entry", tooltip="Asks before it deletes"
        )
        delete_namespace = view.button(
            "Delete namespace…",
            self.ask_to_delete_namespace,
            "gk-delete-namespace",
            tooltip="Asks before it deletes all entries of the chosen namespace",
        )
        delete_namespace.layout.width = "auto"
        question = view.text("question", _question_html, "gk-question")
        yes = view.button(
            "Yes, delete", self.confirm, "gk-confirm", tooltip="Deletes what the question names"
        )
        no = view.button("Keep", self.keep, "gk-keep", tooltip="Deletes nothing")
        sure = row(question, yes, no)
        view.follow("question", sure.layout, "display", lambda asked: "flex" if asked else "none")
        self._show()
        return (
            row(space, view.bind("text", search, "gk-search")),
            row(refresh, live, view.bind("interval_s", every, "gk-interval")),
            table,
            row(entry, delete_entry, delete_namespace),
            sure,
        )

    def _menu(self, name: str, description: str, tooltip: str) -> ipywidgets.Dropdown:
        """A menu for one of the model's traits; `_fill` sets its choices."""
        menu = ipywidgets.Dropdown(description=description, tooltip=tooltip).add_class(f"gk-{name}")
        self._menus.append((menu, name))
        menu.observe(lambda change: self._choose(name, change["new"]), names="value")
        return menu

    def _choose(self, name: str, value: Any) -> None:
        with self._turn:
            if not self._filling:
                setattr(self.model, name, None if value == ALL else value)

    def _static_html(self) -> str:
        return self.model.table


def _question_html(question: str) -> str:
    return f'<div role="alert"><b>{escape(question)}</b></div>' if question else ""
