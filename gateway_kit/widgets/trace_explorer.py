"""The trace explorer: search traces, and show one as tree and timeline."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import ipywidgets
import traitlets

from gateway_kit.tracing.client import Tracing
from gateway_kit.tracing.tree import TraceTree
from gateway_kit.widgets.panel import Panel, PanelModel
from gateway_kit.widgets.trace_view import timeline_figure, trace_line, traces_html, tree_html
from gateway_kit.widgets.view import View, row

LEVELS = ("DEBUG", "DEFAULT", "WARNING", "ERROR")
# How far to look back, in minutes; 0 is all.
WINDOWS = (("15 minutes", 15), ("hour", 60), ("day", 1440), ("30 days", 43_200), ("any time", 0))
_FILTERS = ("name", "user", "session", "tag", "level")


class TraceExplorerModel(PanelModel):
    """The filters, and the traces found.

    name, user, session, tag   exact words; empty is any
    level                      one of LEVELS; empty is any
    window_min                 how far to look back, in minutes; 0 is all
    limit                      at most so many traces, 1 to 200
    rows                       the traces found, a dict each, as `tracing.traces()` has them
    trace_id                   the chosen trace; empty for none
    tree                       that trace, when it was read
    page_url                   its page in the trace store
    """

    name = traitlets.Unicode("")
    user = traitlets.Unicode("")
    session = traitlets.Unicode("")
    tag = traitlets.Unicode("")
    level = traitlets.Enum(("", *LEVELS), default_value="")
    window_min = traitlets.Int(60, min=0)
    limit = traitlets.Int(20, min=1, max=200)
    rows: traitlets.List[Any] = traitlets.List()
    trace_id = traitlets.Unicode("")
    tree = traitlets.Instance(TraceTree, allow_none=True)
    page_url = traitlets.Unicode("")


class TraceExplorer(Panel):
    """A search for traces, the list of results, and one trace as tree and timeline.

    Args:
        tracing: Where to search, such as `gateway.tracing`.
        filters: name, user, session, tag, level (exact words; "" is any), window_min and limit.

    Example:
        >>> explorer = TraceExplorer(gateway.tracing)      # the last line of a cell shows it
        >>> explorer.search(user="ann", level="ERROR")     # the same as its fields and its button
        >>> explorer.open("4bf92f3577b34da6a3ce929d0e0e4736")
        >>> explorer.close()

    A search opens the newest trace. Filters that are not given stay as they are. Methods raise TracingError; a button
    shows it in the status line.
    """

    heading = "Trace explorer"
    css_class = "gk-traces"
    model: TraceExplorerModel

    def __init__(self, tracing: Tracing, **filters: Any) -> None:
        super().__init__(TraceExplorerModel(**filters))
        self._tracing = tracing
        self.model.status = "Set filters, then search."
        self.model.observe(self._chosen, "trace_id")

    def search(self, **filters: Any) -> list[dict[str, Any]]:
        """Search, and open the newest trace; returns a dict per trace, newest first, as `tracing.traces()` has them."""
        for name, value in filters.items():
            if not self.model.has_trait(name):
                raise TypeError(
                    f"There is no filter {name}. Filters: {', '.join(_FILTERS)}, window_min and limit"
                )
            setattr(self.model, name, value)
        with self._reporting("Searching…"):
            wanted = {name: getattr(self.model, name) or None for name in _FILTERS}
            minutes = self.model.window_min
            since = datetime.now(UTC) - timedelta(minutes=minutes) if minutes else None
            traces = self._tracing.traces(**wanted, since=since, limit=self.model.limit)
            rows: list[dict[str, Any]] = traces.to_dict("records")  # type: ignore[assignment]  # columns are words
            # Read first: the list selects its first row by itself, which is then open already.
            self._read(rows[0]["trace_id"] if rows else "")
            self.model.rows = rows
            self.model.status = _found(len(rows), self.model.limit)
        return rows

    def open(self, trace_id: str | None = None) -> None:
        """Read one trace and show it; None is the chosen one."""
        wanted = self.model.trace_id if trace_id is None else trace_id
        if self._is_open(wanted):
            return
        with self._reporting(f"Reading {wanted}…"):
            self._read(wanted)
            self.model.status = f"Trace {wanted} is open."

    def close(self) -> None:
        """End the threads and remove the controls from the page; the last view stays. Can be called twice."""
        if not self.closed:  # unobserving twice raises
            self.model.unobserve(self._chosen, "trace_id")
        super().close()

    def _read(self, trace_id: str) -> None:
        if not trace_id:
            self.model.png, self.model.alt, self.model.page_url, self.model.tree = b"", "", "", None
        else:
            tree = self._tracing.trace_tree(trace_id)
            png, alt = timeline_figure(tree)
            self.model.page_url, self.model.alt = self._tracing.trace_url(trace_id), alt
            self.model.tree, self.model.png = tree, png
        self.model.trace_id = trace_id

    def _chosen(self, _: Any) -> None:
        if self.model.trace_id and not self._is_open(self.model.trace_id):
            self._begin(self.open)

    def _is_open(self, trace_id: str) -> bool:
        return self.model.tree is not None and self.model.tree.trace_id == trace_id

    def _parts(self, view: View) -> Sequence[ipywidgets.Widget]:
        fields = [
            view.bind(name, ipywidgets.Text(description=name.capitalize(), tooltip=f"Exact {name}; empty is any"),
                      f"gk-filter-{name}")
            for name in ("name", "user", "session", "tag")
        ]  # fmt: skip
        level = ipywidgets.Dropdown(
            options=[("any", ""), *((level, level) for level in LEVELS)], description="Level",
            tooltip="Traces that have an observation of this level",
        )  # fmt: skip
        window = ipywidgets.Dropdown(options=WINDOWS, description="Within", tooltip="How far to look back")
        return (
            row(
                *fields,
                view.bind("level", level, "gk-filter-level"),
                view.bind("window_min", window, "gk-filter-window"),
            ),
            view.button("Search", self.search, "gk-search", tooltip="Search for traces"),
            self._list(view),
            view.picture(),
            view.text("tree", self._tree_html, "gk-tree"),
        )

    def _list(self, view: View) -> ipywidgets.Select:
        """The list of traces; choosing one opens it."""
        traces = ipywidgets.Select(description="Traces", rows=8, tooltip="Choose one to open it")
        traces.layout.width = "98%"
        view.follow("rows", traces, "options", lambda rows: [(trace_line(r), r["trace_id"]) for r in rows])
        for name in ("rows", "trace_id"):
            view.follow(name, traces, "value", lambda _: self._listed())
        traces.observe(self._picked, "value")
        return traces.add_class("gk-trace-list")

    def _listed(self) -> str | None:
        """The chosen trace, if it is in the list."""
        chosen = self.model.trace_id
        return chosen if any(row["trace_id"] == chosen for row in self.model.rows) else None

    def _picked(self, change: Any) -> None:
        if change["new"]:
            self.model.trace_id = change["new"]

    def _tree_html(self, tree: TraceTree | None) -> str:
        return "" if tree is None else tree_html(tree, self.model.page_url)

    def _static_html(self) -> str:
        listed = traces_html(self.model.rows) if self.model.rows else ""
        return listed + self._picture_html() + self._tree_html(self.model.tree)


def _found(count: int, limit: int) -> str:
    if not count:
        return "No trace matches these filters."
    more = f"; more than {limit} may match" if count == limit else ""
    return f"{count} trace{'s' if count > 1 else ''} found, newest first{more}."
