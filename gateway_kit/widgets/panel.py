"""What all panels share: a model with a status line, a live view, a static view, and an end."""

from __future__ import annotations

import os
import weakref
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import PurePath
from types import TracebackType
from typing import Any, ClassVar, Self

import ipywidgets
import traitlets

from gateway_kit.errors import KitError
from gateway_kit.widgets.markup import heading_html, picture_html, status_html
from gateway_kit.widgets.view import View
from gateway_kit.widgets.worker import Worker

# Programs that execute notebooks without a page.
_EXECUTORS = ("papermill", "nbconvert", "jupyter-nbconvert", "jupyter-execute")


class PanelModel(traitlets.HasTraits):
    """What every panel has. Threads only set traits; the view follows them.

    status  what the panel shows or does, in a sentence
    error   the last error; empty after a success
    busy    whether a button's action is in progress
    quiet   whether the status changes by itself all the time, so that screen readers should not read it aloud
    png     the figure; empty without one
    alt     the figure's text alternative; set before the figure
    """

    status = traitlets.Unicode("")
    error = traitlets.Unicode("")
    busy = traitlets.Bool(False)
    quiet = traitlets.Bool(False)
    png = traitlets.Bytes(b"")
    alt = traitlets.Unicode("")


class Panel(ABC):
    """A panel: `model` holds what it shows, `widget` shows it, `close()` removes its controls from the page.

    As the last line of a cell it shows itself. Where widgets cannot be shown (a web page, an executed or converted
    notebook, a terminal) it shows the same without controls, as does a closed panel.
    """

    heading: ClassVar[str]
    css_class: ClassVar[str]

    def __init__(self, model: PanelModel) -> None:
        self.model = model
        self.closed = False
        self._view: View | None = None
        self._workers: list[Worker] = []
        self._shown: list[Any] = []
        self._jobs = self._new_worker("jobs")

    @abstractmethod
    def _parts(self, view: View) -> Sequence[ipywidgets.Widget]:
        """New widgets for the live view, between heading and status line."""

    @abstractmethod
    def _static_html(self) -> str:
        """The static view between heading and status line."""

    @property
    def widget(self) -> ipywidgets.VBox:
        """The ipywidgets view, created on first access. Raises KitError if the panel is closed."""
        if self.closed:
            raise KitError(f"This {type(self).__name__} was closed. Make a new one.")
        if self._view is None:
            self._view = View(self.model, self._begin)
            self._view.show(self.heading, self.css_class, self._parts(self._view))
            self._view.root.observe(self._taken_away, names="comm")
        return self._view.root

    def wait(self, timeout_s: float = 60.0) -> Self:
        """Wait until the buttons' actions have ended; returns the panel. Raises KitError after `timeout_s`."""
        if not self._jobs.wait(timeout_s):
            raise KitError(f"{self.heading}: still busy after {timeout_s:.0f} s: {self.model.status}")
        return self

    def close(self) -> None:
        """End the threads and remove the controls from the page; the last view stays. Can be called twice."""
        if self.closed:
            return
        self.closed = True
        for worker in self._workers:
            worker.close()
        if self._view is not None:
            self._view.root.unobserve_all()
            self._view.close()
            self._view = None
        for handle in self._shown:
            handle.update(self._repr_mimebundle_(), raw=True)
        self._shown.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        error = f" Error: {self.model.error}" if self.model.error else ""
        return f"{type(self).__name__}: {self.model.status}{error}"

    def _new_worker(
        self, name: str, *, tick: Callable[[], None] | None = None, every_s: float | None = None
    ) -> Worker:
        """A thread that ends with the panel."""
        worker = Worker(f"{type(self).__name__} {name}", tick=tick, every_s=every_s)
        self._workers.append(worker)
        return worker

    @contextmanager
    def _reporting(self, doing: str) -> Iterator[None]:
        """Show what is in progress during a block; an exception is shown and raised."""
        before = self.model.status
        self.model.busy, self.model.status, self.model.error = True, doing, ""
        try:
            yield
        except Exception as exc:
            self.model.status, self.model.error = before, error_text(exc)
            raise
        finally:
            self.model.busy = False

    def _begin(self, method: Callable[[], object]) -> None:
        """Call a method in the panel's thread; an exception is shown in the status line."""
        self._jobs.submit(lambda: self._keep_error(method))

    def _keep_error(self, method: Callable[[], object]) -> None:
        try:
            method()
        except Exception as exc:  # an exception in a thread is not seen: show it
            self.model.error = error_text(exc)

    def _picture_html(self) -> str:
        """The figure in a static view."""
        return picture_html(self.model.png, self.model.alt)

    def _taken_away(self, change: Any) -> None:
        """Close the panel when its view is closed from outside, as by `Widget.close_all()`."""
        if change["new"] is None:
            self.close()

    def _ipython_display_(self) -> None:
        from IPython.display import display

        close_earlier(self)
        # With a handle, so that a closed panel can replace its controls by the static view.
        handle = display(self._repr_mimebundle_(), raw=True, display_id=True)  # type: ignore[no-untyped-call]
        if handle is not None and _kernel() is not None and not self.closed:
            self._shown.append(handle)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        static = {"text/plain": repr(self), "text/html": self._repr_html_()}
        if self.closed or is_batch_kernel():
            return static
        return {**self.widget._repr_mimebundle_(), **static}

    def _repr_html_(self) -> str:
        status = status_html(self.model.status, self.model.error)
        return (
            f'<div class="gk-panel {self.css_class}">{heading_html(self.heading)}{self._static_html()}{status}'
            "</div>"
        )


def error_text(exc: BaseException) -> str:
    """An error for the status line: those of the kit are sentences, others need their type."""
    return str(exc) if isinstance(exc, KitError) else f"{type(exc).__name__}: {exc}"


def is_batch_kernel() -> bool:
    """Whether a program such as papermill started this kernel to execute a notebook.

    Such a notebook gets only the static view: nbconvert would prefer a stored widget, which needs the network.
    """
    import psutil

    try:
        words = psutil.Process(os.getppid()).cmdline()
    except psutil.Error:
        return False
    return any(PurePath(word).name in _EXECUTORS for word in words[:4])


# Cell id → (execution id, panels that it has shown). A cell that runs again loses its output, but its panels would go
# on working unseen.
_in_cells: dict[str, tuple[str, weakref.WeakSet[Panel]]] = {}


def close_earlier(panel: Panel) -> None:
    """Close the panels that an earlier run of this cell showed, if the front end sends cell ids."""
    kernel = _kernel()
    parent = kernel.get_parent() if kernel is not None else {}
    cell = (parent.get("metadata") or {}).get("cellId")
    if not cell:
        return
    run = parent["header"]["msg_id"]
    known_run, panels = _in_cells.get(cell, (run, weakref.WeakSet()))
    if known_run != run:
        for earlier in list(panels):
            if earlier is not panel:
                earlier.close()
        panels = weakref.WeakSet()
    panels.add(panel)
    _in_cells[cell] = (run, panels)


def _kernel() -> Any:
    """The current kernel; None in a program or a terminal."""
    from IPython import get_ipython

    return getattr(get_ipython(), "kernel", None)
