"""The live dashboard: latency, cost and cache of the calls so far, while the notebook goes on working.

Drawing is done by a process of its own: a thread would take Python's turn from the cells that run meanwhile.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets
import pandas as pd
import traitlets

from gateway_kit.gateway import CallRecord
from gateway_kit.widgets.call_source import source_of
from gateway_kit.widgets.dashboard import Child, DashboardPainter, DashboardWish, Painted
from gateway_kit.widgets.dashboard.painter import DIMENSIONS, PERCENTILES
from gateway_kit.widgets.dashboard.store import pieces
from gateway_kit.widgets.panel import Panel, PanelModel, told
from gateway_kit.widgets.view import View, row

# It looks so often, and draws at most so often: a call is on the picture within a second, and drawing in between does
# not take a whole core.
LOOK_S = 0.1
DRAW_S = 0.4
SLIDE_S = 1.0
_PAINTER = "gateway_kit.widgets.dashboard.painter:painter_for_a_process"
WINDOWS = (
    ("all calls", 0.0), ("10 seconds", 10.0), ("30 seconds", 30.0), ("minute", 60.0), ("5 minutes", 300.0),
    ("15 minutes", 900.0), ("hour", 3600.0),
)  # fmt: skip


class DashboardModel(PanelModel):
    """What the dashboard shows, and of which calls.

    window_s    only the calls that began in the last so many seconds, one of WINDOWS; 0 is all
    percentile  of the latency: 50, 95 or 99
    by          what calls are told apart by: one of DIMENSIONS
    paused      whether it stands still
    shown       the number of calls in the picture
    """

    window_s = traitlets.Enum([seconds for _, seconds in WINDOWS], default_value=0.0)
    percentile = traitlets.Enum(PERCENTILES, default_value=95)
    by = traitlets.Enum(DIMENSIONS, default_value="model")
    paused = traitlets.Bool(False)
    shown = traitlets.Int(0)


class LiveDashboard(Panel):
    """Latency by model (or key, tag, provider, deployment, cache), latency, cost and hit rate over time, live.

    dash = LiveDashboard(gateway.calls)              # the last line of a cell shows it
    dash.model.window_s = 60                         # the same as choosing it
    dash.model.by, dash.model.percentile = "provider", 99
    dash.pause(), dash.resume()
    dash.close()

    `calls` is a call record, a DataFrame that `metrics.normalize_calls` takes, or a function that gives one, which is
    called in a thread: `LiveDashboard(lambda: gateway.spend.logs(limit=500))`. On the page it draws what is new within
    a second, in a process of its own; without a page, `refresh` draws. The window ends now, for a DataFrame at its
    newest call.
    """

    heading = "Latency and cost"
    css_class = "gk-dashboard"
    model: DashboardModel

    def __init__(
        self, calls: CallRecord | pd.DataFrame | Callable[[], pd.DataFrame], *, window_s: float = 0.0,
        by: str = "model", percentile: int = 95,
    ) -> None:  # fmt: skip
        super().__init__(DashboardModel(window_s=window_s, by=by, percentile=percentile))
        self._source = source_of(calls)
        self._painter: DashboardPainter | Child = DashboardPainter()
        # The panel's thread and the notebook's own take turns: the painter answers one question at a time.
        self._turn = threading.Lock()
        self._drawn: tuple[float, int, str] | None = None
        self._drawn_at, self._is_drawn = 0.0, False
        self._watch = self._new_worker("watch", tick=self._look, every_s=LOOK_S)
        self._keep_error(self.refresh)
        self.model.observe(self._changed, names=["window_s", "percentile", "by", "paused"])

    def refresh(self) -> None:
        """Draw what there is now, whether paused or not. Raises ValueError, KitError, or what the function raises."""
        with self._turn:
            self._take_news()
            self._draw()
        self.model.error = ""

    def pause(self) -> None:
        """Stand still. Calls go on being recorded, and are there after `resume`."""
        self.model.paused = True

    def resume(self) -> None:
        """Go on."""
        self.model.paused = False

    def close(self) -> None:
        """End thread and process, and take the controls off the page; the picture stays. Can be called twice."""
        if not self.closed:  # what nobody observes cannot be unobserved
            self.model.unobserve(self._changed, names=["window_s", "percentile", "by", "paused"])
        super().close()
        if isinstance(self._painter, Child):
            self._painter.close()

    def _look(self) -> None:
        """What the thread does: draw where something is new."""
        if self.model.paused or self.closed or time.monotonic() < self._drawn_at + DRAW_S:
            return
        try:
            with self._turn:
                fresh = self._take_news()
                if fresh or self._slides() or self._asked != self._drawn:
                    self._draw()
            if self._is_drawn:
                self.model.error = ""
        except Exception as exc:  # nobody reads what a thread raises: it belongs where the eyes are
            self.model.error = told(exc)
            if isinstance(self._painter, Child) and self._painter.pid is None:
                self._source.rewind()  # the next process knows nothing

    def _take_news(self) -> bool:
        news = self._source.news()
        if news is None:
            return False
        if news.anew:
            self._paint("clear")
        for piece in pieces(news.calls):
            self._paint("add", piece)
        return True

    def _draw(self) -> None:
        self._drawn_at = time.monotonic()
        self._drawn, self._is_drawn = (
            self._asked,
            False,
        )  # what cannot be drawn cannot be drawn a moment later
        window_s, percentile, by = self._asked
        until = pd.Timestamp.now(tz="UTC") if window_s and self._source.moving else None
        painted: Painted = self._paint("paint", DashboardWish(window_s, percentile, by, until))
        self.model.alt, self.model.shown = painted.alt, painted.calls
        self.model.png, self.model.status = painted.png, painted.status
        self._is_drawn = True

    @property
    def _asked(self) -> tuple[float, int, str]:
        """What the controls ask for."""
        return self.model.window_s, self.model.percentile, self.model.by

    def _slides(self) -> bool:
        """Whether calls leave the picture without anything new: the window ends now."""
        moves = self.model.window_s > 0 and self._source.moving and self.model.shown > 0
        return moves and time.monotonic() > self._drawn_at + SLIDE_S

    def _paint(self, method: str, *args: Any) -> Any:
        if isinstance(self._painter, Child):
            return self._painter.call(method, *args)
        return getattr(self._painter, method)(*args)

    def _changed(self, _: Any) -> None:
        if self._watch.alive:
            self._watch.wake()

    def _go_live(self) -> None:
        with self._turn:
            self._painter = Child(_PAINTER)
            self._source.rewind()
            self._drawn = None
        self._watch.start()

    def _parts(self, view: View) -> Sequence[ipywidgets.Widget]:
        def choice(options: Any, description: str, tooltip: str) -> ipywidgets.Dropdown:
            made = ipywidgets.Dropdown(options=options, description=description, tooltip=tooltip)
            made.style.description_width, made.layout.width = "60px", "210px"
            return made

        window = choice(WINDOWS, "Last", "How far to look back")
        percentile = choice([(f"p{p}", p) for p in PERCENTILES], "Latency", "Percentile of the latency")
        by = choice(DIMENSIONS, "By", "What calls are told apart by")
        paused = ipywidgets.ToggleButton(description="Pause", tooltip="Stand still, or go on")
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
            self._keep_error(self.refresh)  # what a cell shows is what there is when it runs
        return super()._repr_mimebundle_(**kwargs)
