"""The stack panel: state and memory of the services; start, stop and restart; the last lines of a log."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ipywidgets
import traitlets

from gateway_kit.common.processes import runs
from gateway_kit.errors import StateFolderError
from gateway_kit.widgets.markup import link_html, table_html, text_html
from gateway_kit.widgets.panel import Panel, PanelModel, error_text
from gateway_kit.widgets.quiet_watch import QuietWatch
from gateway_kit.widgets.view import View, row

if TYPE_CHECKING:
    # Imported only when a panel is made: the rest of the package works without the stack.
    from gateway_kit.stack.stack import Progress, Stack

REFRESH_S = 2.0
WHOLE_STACK = ""
# JupyterLab may show this panel, so the panel does not stop it.
_KEPT = ("lab",)


class StackModel(PanelModel):
    """What the panel shows.

    rows      a dict per service, as `gateway.stack.status()` has them
    service   the chosen service; empty for the whole stack
    log       the last lines of its log
    progress  service → its state in the current or the last action
    asking    the question before a stop; empty for none
    """

    rows = traitlets.List(trait=traitlets.Dict())
    service = traitlets.Unicode(WHOLE_STACK)
    log = traitlets.Unicode("")
    progress = traitlets.Dict()
    asking = traitlets.Unicode("")


def services_html(rows: Sequence[Mapping[str, Any]]) -> str:
    """A table with a row per service: state, address, uptime, memory."""
    shown = [
        (
            r["service"],
            r["state"],
            link_html(r["url"], r["url"]),
            uptime_text(r["uptime_s"]),
            _memory(r["rss_mb"]),
        )
        for r in rows
    ]
    memory_mb = sum(r["rss_mb"] or 0 for r in rows)
    return table_html(
        f"Services, {memory_mb:,.0f} MB in all", ("service", "state", "address", "up for", "memory"), shown
    )


def progress_html(progress: Mapping[str, str]) -> str:
    """The progress of the action, a row per service; empty before the first action."""
    return table_html("Progress", ("service", "state"), progress.items()) if progress else ""


def summary_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """How many services run, and which do not. Without memory, which would be read aloud at each change."""
    running = sum(row["state"] in ("running", "external") for row in rows)
    text = f"{running} service{' runs' if running == 1 else 's run'}"
    for state in ("stopped", "dead", "unhealthy"):
        names = [row["service"] for row in rows if row["state"] == state and row["service"] not in _KEPT]
        text += f"; {state}: {', '.join(names)}" if names else ""
    return f"{text}."


def uptime_text(uptime_s: float | None) -> str:
    """An uptime as text: 42 s, 5 min, 3 h 07 min; empty if nothing runs."""
    if uptime_s is None:
        return ""
    minutes = int(uptime_s // 60)
    if minutes == 0:
        return f"{uptime_s:.0f} s"
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02} min"


class StackPanel(Panel):
    """The services of the stack, and buttons that start, stop and restart them.

    Args:
        stack: By default the stack of the environment.
        log_lines: Lines of the log to show.

    Example:
        >>> panel = StackPanel()          # the last line of a cell shows it
        >>> panel.restart("gateway")      # the same as its button, but waits until it is done
        >>> panel.close()

    On the page it refreshes every two seconds, and every half minute once nothing has happened for a minute; a service
    that ends is seen at once all the same. Methods raise StackError, ConfigError or SettingsError; a button shows
    them in the status line.
    """

    heading = "The stack"
    css_class = "gk-stack"
    model: StackModel

    def __init__(self, stack: Stack | None = None, *, log_lines: int = 20) -> None:
        from gateway_kit.stack.options import Options
        from gateway_kit.stack.stack import Stack

        super().__init__(StackModel())
        self._stack = stack or Stack()
        self._log_lines = log_lines
        self._guard = threading.Lock()
        self._options = Options()
        self._to_stop = WHOLE_STACK
        self._watch_error = ""
        self.model.observe(self._chosen, "service")
        self._quiet = QuietWatch()
        self._watch = self._new_worker("watch", tick=self._tick, every_s=REFRESH_S)
        self._keep_error(self.refresh)

    def refresh(self) -> None:
        """Read the state of all services, and the log of the chosen one."""
        from gateway_kit.stack.options import options_of
        from gateway_kit.stack.status import status_rows
        from gateway_kit.stack.supervisor.log_reader import last_lines

        record = self._stack.record()
        if record.services:
            # `down` forgets the options; kept here to start the same stack again.
            self._options = options_of(record)
        rows = status_rows(self._stack)
        path = next((r["log"] for r in rows if r["service"] == self.model.service), None)
        self.model.rows = rows
        self.model.log = "\n".join(last_lines(Path(path), self._log_lines)) if path else ""
        if not self.model.busy:
            self.model.status = summary_text(rows)

    def start(self) -> None:
        """Start what does not run, and restart what is unhealthy, in the whole stack."""
        with self._acting("Starting what does not run…"):
            self._stack.up(self._options, self._notify)

    def restart(self, service: str | None = None) -> None:
        """Stop a service and start it again; "" is the whole stack, None the chosen service."""
        name = self.model.service if service is None else service
        with self._acting(f"Restarting {_label(name)}…"):
            if name == WHOLE_STACK:
                self._stack.down(self._notify, keep=_KEPT)
                self._stack.up(self._options, self._notify)
            else:
                self._stack.restart(name, self._notify)

    def stop(self, service: str | None = None) -> None:
        """Stop a service; "" is the whole stack, None the chosen service. The button asks first."""
        name = self.model.service if service is None else service
        with self._acting(f"Stopping {_label(name)}…"):
            if name == WHOLE_STACK:
                self._stack.down(self._notify, keep=_KEPT)
            else:
                self._stack.stop(name, self._notify)

    def ask_stop(self) -> None:
        """Ask whether to stop the chosen service; `confirm_stop` or `cancel_stop` answers."""
        self._to_stop = self.model.service
        self.model.asking = f"Stop {_label(self._to_stop)}? Its data stays."

    def confirm_stop(self) -> None:
        """Yes. Does nothing without a question."""
        if self.model.asking:
            self.model.asking = ""
            self.stop(self._to_stop)

    def cancel_stop(self) -> None:
        """No."""
        self.model.asking = ""

    def close(self) -> None:
        """End the threads and remove the controls from the page; the services go on. Can be called twice."""
        if not self.closed:  # unobserving twice raises
            self.model.unobserve(self._chosen, "service")
        super().close()

    @contextmanager
    def _acting(self, doing: str) -> Iterator[None]:
        self.model.progress = {}
        try:
            with self._reporting(doing):
                yield
        except Exception:
            self._look()
            raise
        self.refresh()

    def _notify(self, step: Progress) -> None:
        state = f"{step.state} after {step.seconds:.1f} s" if step.seconds else step.state
        with self._guard:  # services start in parallel
            self.model.progress = {**self.model.progress, step.service: state}

    def _tick(self) -> None:
        """Look closely if a cheap look finds something new, or if it is time: see QuietWatch."""
        if self._quiet.is_due(self._seen()):
            self._look()

    def _seen(self) -> object:
        """What costs little to see: which processes live, what was found last, how long the chosen log is."""
        try:
            record = self._stack.record()
            lives = [
                (name, entry.process, runs(entry.process.pid, entry.process.birth))
                for name, entry in record.services.items()
            ]
            path = next((row["log"] for row in self.model.rows if row["service"] == self.model.service), None)
            log_bytes = Path(path).stat().st_size if path else 0
        except (StateFolderError, OSError) as exc:
            return str(exc)
        return (
            lives,
            record.failures,
            [row["state"] for row in self.model.rows],
            self.model.service,
            log_bytes,
        )

    def _look(self) -> None:
        """`refresh` in the thread: an error is shown until the next success."""
        try:
            self.refresh()
        except Exception as exc:  # an exception in a thread is not seen: show it
            self._watch_error = self.model.error = error_text(exc)
        else:
            if self._watch_error and self.model.error == self._watch_error:
                self.model.error = ""
            self._watch_error = ""

    def _chosen(self, _: Any) -> None:
        self.model.asking = ""  # the question was about another service
        if self._watch.alive:
            self._watch.wake()

    def _parts(self, view: View) -> Sequence[ipywidgets.Widget]:
        chosen = ipywidgets.Dropdown(
            options=_choices(self.model.rows), description="Service", tooltip="What the buttons act on"
        )
        view.follow("rows", chosen, "options", _choices)
        buttons = row(
            view.bind("service", chosen, "gk-service"),
            view.button("Start", self.start, "gk-start", tooltip="Start what does not run"),
            view.button(
                "Restart", self.restart, "gk-restart", tooltip="Stop the chosen service and start it again"
            ),
            view.button("Stop…", self.ask_stop, "gk-stop", tooltip="Stop the chosen service; asks first"),
        )
        question = row(
            view.text("asking", lambda asked: f'<div role="alert">{escape(asked)}</div>', "gk-question"),
            view.button("Yes, stop", self.confirm_stop, "gk-stop-yes", tooltip="Stop it now"),
            view.button("No", self.cancel_stop, "gk-stop-no", tooltip="Leave it running"),
        )
        view.follow("asking", question.layout, "display", lambda asked: None if asked else "none")
        self._watch.start()
        return (
            view.text("rows", services_html, "gk-services"),
            buttons,
            question,
            view.text("progress", progress_html, "gk-progress"),
            view.text("log", self._log_html, "gk-log"),
        )

    def _static_html(self) -> str:
        return (
            services_html(self.model.rows)
            + progress_html(self.model.progress)
            + self._log_html(self.model.log)
        )

    def _log_html(self, log: str) -> str:
        return text_html(log, f"Last lines of {self.model.service}'s log") if log else ""


def _choices(rows: Sequence[Mapping[str, Any]]) -> tuple[tuple[str, str], ...]:
    """What the list offers: the whole stack, and each service that the panel may stop."""
    names = (row["service"] for row in rows)
    return ((_label(WHOLE_STACK), WHOLE_STACK), *((name, name) for name in names if name not in _KEPT))


def _label(service: str) -> str:
    return service or "the whole stack"


def _memory(rss_mb: float | None) -> str:
    return "" if rss_mb is None else f"{rss_mb:.0f} MB"
