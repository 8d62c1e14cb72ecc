"""What all panels share: a model with a status line, a live view, a static one, and a clean end."""

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

# Programs that execute notebooks with nobody at the screen.
_EXECUTORS = ("papermill", "nbconvert", "jupyter-nbconvert", "jupyter-execute")


class PanelModel(traitlets.HasTraits):
    """What every panel tells. Threads set traits and nothing else; the view follows them.

    status  what the panel shows or does, in a sentence
    error   what went wrong last; empty where the last thing went well
    busy    whether something is under way that the panel was asked for
    quiet   whether the status changes by itself again and again, so that nobody wants to have it read out
    png     the picture; empty where there is none
    alt     the picture in words; set before the picture
    """

    status = traitlets.Unicode("")
    error = traitlets.Unicode("")
    busy = traitlets.Bool(False)
    quiet = traitlets.Bool(False)
    png = traitlets.Bytes(b"")
    alt = traitlets.Unicode("")


class Panel(ABC):
    """A panel: `model` holds what it shows, `widget` shows it, `close()` takes its controls off the page.

    As the last line of a cell it shows itself. Where no widgets can be shown (a page on the web, an executed or
    converted notebook, a terminal) it shows the same without controls; a closed panel does so too.
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
        """The parts of the live view between heading and status line, made anew."""

    @abstractmethod
    def _static_html(self) -> str:
        """What stands between heading and status line where no widgets can be shown."""

    @property
    def widget(self) -> ipywidgets.VBox:
        """The ipywidgets view, made when it is first asked for. Raises KitError once the panel is closed."""
        if self.closed:
            raise KitError(f"This {type(self).__name__} was closed. Make a new one.")
        if self._view is None:
            self._view = View(self.model, self._begin)
            self._view.show(self.heading, self.css_class, self._parts(self._view))
            self._view.root.observe(self._taken_away, names="comm")
        return self._view.root

    def wait(self, timeout_s: float = 60.0) -> Self:
        """The panel itself, once what its buttons began has ended. Raises KitError where that takes longer."""
        if not self._jobs.wait(timeout_s):
            raise KitError(f"{self.heading}: still busy after {timeout_s:.0f} s: {self.model.status}")
        return self

    def close(self) -> None:
        """End the threads and take the controls off the page; what was shown last stays. Can be called twice."""
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
        said = f"{self.model.status} Error: {self.model.error}" if self.model.error else self.model.status
        return f"{type(self).__name__}: {said}"

    def _new_worker(
        self, name: str, *, tick: Callable[[], None] | None = None, every_s: float | None = None
    ) -> Worker:
        """A thread that ends with the panel."""
        worker = Worker(f"{type(self).__name__} {name}", tick=tick, every_s=every_s)
        self._workers.append(worker)
        return worker

    @contextmanager
    def _reporting(self, doing: str) -> Iterator[None]:
        """Says for the length of a block what is under way; what goes wrong is kept on the model, and raised."""
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
        """Call a method in the panel's thread; what it raises goes into the status line."""
        self._jobs.do(lambda: self._keep_error(method))

    def _keep_error(self, method: Callable[[], object]) -> None:
        try:
            method()
        except Exception as exc:  # nobody reads what a thread raises: it belongs where the eyes are
            self.model.error = error_text(exc)

    def _picture_html(self) -> str:
        """The picture as it stands in a stored notebook."""
        return picture_html(self.model.png, self.model.alt)

    def _taken_away(self, change: Any) -> None:
        """The view was closed by somebody else, such as `Widget.close_all()`: so is the panel."""
        if change["new"] is None:
            self.close()

    def _ipython_display_(self) -> None:
        from IPython.display import display

        close_earlier(self)
        # With a handle, so that a closed panel can leave its last picture in the place of its controls.
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
    """An error for the status line: the kit's own are sentences, others need their name."""
    return str(exc) if isinstance(exc, KitError) else f"{type(exc).__name__}: {exc}"


def is_batch_kernel() -> bool:
    """Whether this kernel belongs to a program that executes notebooks, such as papermill.

    nbconvert prefers a stored widget to a stored picture, and needs the network to show it; so a notebook that is
    executed to be stored gets the picture alone.
    """
    import psutil

    try:
        words = psutil.Process(os.getppid()).cmdline()
    except psutil.Error:
        return False
    return any(PurePath(word).name in _EXECUTORS for word in words[:4])


# Cell's id → (execution's id, panels that it has shown). A cell that runs again loses its old output, but not the
# panels in it: nobody sees them any more, and they would go on with their work.
_in_cells: dict[str, tuple[str, weakref.WeakSet[Panel]]] = {}


def close_earlier(panel: Panel) -> None:
    """Closes the panels that an earlier run of the current cell has shown; for front ends that tell the cell's id."""
    kernel = _kernel()
    parent = kernel.get_parent() if kernel is not None else {}
    cell = (parent.get("metadata") or {}).get("cellId")
    if not cell:
        return
    run = parent["header"]["msg_id"]
    known_run, there = _in_cells.get(cell, (run, weakref.WeakSet()))
    if known_run != run:
        for earlier in list(there):
            if earlier is not panel:
                earlier.close()
        there = weakref.WeakSet()
    there.add(panel)
    _in_cells[cell] = (run, there)


def _kernel() -> Any:
    """The kernel that this runs in; None in a program or a terminal."""
    from IPython import get_ipython

    return getattr(get_ipython(), "kernel", None)
