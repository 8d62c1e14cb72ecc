"""The live dashboard: latency, cost and cache hits of the calls so far, while the notebook goes on working."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets
import pandas as pd
import traitlets

from gateway_kit.gateway import CallRecord
from gateway_kit.widgets.dashboard.process import ChildProcess
from gateway_kit.widgets.dashboard.renderer import (
    DIMENSIONS,
    PERCENTILES,
    DashboardRenderer,
    Query,
    Rendering,
)
from gateway_kit.widgets.dashboard.sources import source_of
from gateway_kit.widgets.dashboard.store import chunks
from gateway_kit.widgets.panel import Panel, PanelModel, error_text
from gateway_kit.widgets.view import View, row

# How often to look for new calls, and the shortest time between two figures: a call shows within a second, and
# rendering does not take a whole core.
LOOK_S = 0.1
RENDER_S = 0.4
SLIDE_S = 1.0
_FACTORY = "gateway_kit.widgets.dashboard.renderer:make_renderer"
WINDOWS = (
    ("all calls", 0.0), ("10 seconds", 10.0), ("30 seconds", 30.0), ("minute", 60.0), ("5 minutes", 300.0),
    ("15 minutes", 900.0), ("hour", 3600.0),
)  # fmt: skip
_CONTROLS = ("window_s", "percentile", "by", "paused")


class DashboardModel(PanelModel):
    """What the dashboard shows, and of which calls.

    window_s    only calls that began in the last so many seconds, one of WINDOWS; 0 is all
    percentile  of the latency: 50, 95 or 99
    by          what calls are grouped by: one of DIMENSIONS
    paused      whether it does not update
    shown       the number of calls in the figure
    """

    window_s = traitlets.Enum([seconds for _, seconds in WINDOWS], default_value=0.0)
    percentile = traitlets.Enum(PERCENTILES, default_value=95)
    by = traitlets.Enum(DIMENSIONS, default_value="model")
    paused = traitlets.Bool(False)
    shown = traitlets.Int(0)


class LiveDashboard(Panel):
    """Latency by model (or key, tag, provider, deployment, cache), and latency, cost and hit rate over time, live.

    Args:
        calls: A call record, a DataFrame that `metrics.normalize_calls` takes, or a function that returns one, which
            is called in a thread: `LiveDashboard(lambda: gateway.spend.logs(limit=500))`.
        window_s: Only calls that began in the last so many seconds; 0 is all. For a DataFrame the window ends at its
            newest call, else now.
        by: What calls are grouped by.
        percentile: Of the latency: 50, 95 or 99.

    Example:
        >>> dash = LiveDashboard(gateway.calls)              # the last line of a cell shows it
        >>> dash.model.window_s = 60                         # the same as choosing it
        >>> dash.model.by, dash.model.percentile = "provider", 99
        >>> dash.pause(), dash.resume()
        >>> dash.close()

    On the page a new call shows within a second. A child process renders the figures. In a notebook that is executed
    without a page, `refresh` renders.
    """

    heading = "Latency and cost"
    css_class = "gk-dashboard"
    model: DashboardModel

    def __init__(
        self,
        calls: CallRecord | pd.DataFrame | Callable[[], pd.DataFrame],
        *,
        window_s: float = 0.0,
        by: str = "model",
        percentile: int = 95,
    ) -> None:
        super().__init__(DashboardModel(window_s=window_s, by=by, percentile=percentile))
        self._source = source_of(calls)
        self._renderer: DashboardRenderer | ChildProcess = DashboardRenderer()
        # The panel's thread and the notebook's own take turns: the renderer answers one request at a time.
        self._turn = threading.Lock()
        self._rendered: tuple[float, int, str] | None = None
        self._rendered_at, self._is_rendered = 0.0, False
        self._watch = self._new_worker("watch", tick=self._look, every_s=LOOK_S)
        self._keep_error(self.refresh)
        self.model.observe(self._changed, names=_CONTROLS)

    def refresh(self) -> None:
        """Render the calls as they are now, paused or not.

        Raises ValueError, KitError, or what the function of the calls raises.
        """
        with self._turn:
            self._update_calls()
            self._render()
        self.model.error = ""

    def pause(self) -> None:
        """Stop updating. Calls are still recorded, and show after `resume`."""
        self.model.paused = True

    def resume(self) -> None:
        """Update again."""
        self.model.paused = False

    def close(self) -> None:
        """End thread and process, and remove the controls from the page; the figure stays. Can be called twice."""
        if not self.closed:  # unobserving twice raises
            self.model.unobserve(self._changed, names=_CONTROLS)
        super().close()
        if isinstance(self._renderer, ChildProcess):
            self._renderer.close()

    def _look(self) -> None:
        """What the thread does: render if something has changed."""
        if self.model.paused or self.closed or time.monotonic() < self._rendered_at + RENDER_S:
            return
        try:
            with self._turn:
                updated = self._update_calls()
                if updated or self._window_moved() or self._choice != self._rendered:
                    self._render()
            if self._is_rendered:
                self.model.error = ""
        except Exception as exc:  # an exception in a thread is not seen: show it
            self.model.error = error_text(exc)
            if isinstance(self._renderer, ChildProcess) and self._renderer.pid is None:
                self._source.restart()  # the next process has no calls yet

    def _update_calls(self) -> bool:
        update = self._source.poll()
        if update is None:
            return False
        if update.replaces_all:
            self._request("clear")
        for chunk in chunks(update.calls):
            self._request("add", chunk)
        return True

    def _render(self) -> None:
        self._rendered_at = time.monotonic()
        # Before rendering: what fails now would fail again a moment later.
        self._rendered, self._is_rendered = self._choice, False
        window_s, percentile, by = self._choice
        until = pd.Timestamp.now(tz="UTC") if window_s and self._source.is_live else None
        result: Rendering = self._request("render", Query(window_s, percentile, by, until))
        self.model.alt, self.model.shown = result.alt, result.calls
        self.model.png, self.model.status = result.png, result.status
        self._is_rendered = True

    @property
    def _choice(self) -> tuple[float, int, str]:
        """What the controls ask for."""
        return self.model.window_s, self.model.percentile, self.model.by

    def _window_moved(self) -> bool:
        """Whether calls may have left the window, which ends now, although none is new."""
        moves = self.model.window_s > 0 and self._source.is_live and self.model.shown > 0
        return moves and time.monotonic() > self._rendered_at + SLIDE_S

    def _request(self, method: str, *args: Any) -> Any:
        if isinstance(self._renderer, ChildProcess):
            return self._renderer.call(method, *args)
        return getattr(self._renderer, method)(*args)

    def _changed(self, _: Any) -> None:
        if self._watch.alive:
            self._watch.wake()

    def _go_live(self) -> None:
        with self._turn:
            self._renderer = ChildProcess(_FACTORY)
            self._source.restart()
            self._rendered = None
        self._watch.start()

    def _parts(self, view: View) -> Sequence[ipywidgets.Widget]:
        def choice(options: Any, description: str, tooltip: str) -> ipywidgets.Dropdown:
            menu = ipywidgets.Dropdown(options=options, description=description, tooltip=tooltip)
            menu.style.description_width, menu.layout.width = "60px", "210px"
            return menu

        window = choice(WINDOWS, "Last", "How far to look back")
        percentile = choice([(f"p{p}", p) for p in PERCENTILES], "Latency", "Percentile of the latency")
        by = choice(DIMENSIONS, "By", "What calls are grouped by")
        paused = ipywidgets.ToggleButton(description="Pause", tooltip="Stop updating, or go on")
        controls = row(
            view.bind("window_s", window, "gk-window"),
            view.bind("percentile", percentile, "gk-percentile"),
            view.bind("by", by, "gk-by"),
            view.bind("paused", paused, "gk-pause"),
        )
        view.follow("paused", paused, "description", lambda still: "Resume" if still else "Pause")
        self.model.quiet = True
        self._go_live()
        return controls, view.picture()

    def _static_html(self) -> str:
        return self._picture_html()

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        if not self._watch.alive and not self.closed:
            self._keep_error(self.refresh)  # a cell shows the calls as they are when it runs
        return super()._repr_mimebundle_(**kwargs)
