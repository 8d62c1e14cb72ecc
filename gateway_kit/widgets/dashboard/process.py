"""An object in a child process, so that its work does not take Python's lock from the kernel."""

from __future__ import annotations

import gc
import importlib
import subprocess
import sys
import tempfile
import threading
import weakref
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import IO, Any

from gateway_kit.errors import KitError

_END_WAIT_S = 5.0


class ChildProcess:
    """Makes an object in a new process and calls its methods there, one at a time, from any thread.

    renderer = ChildProcess("gateway_kit.widgets.dashboard.renderer:make_renderer")
    renderer.call("render", query)      # arguments and result are pickled
    renderer.close()

    The process starts with the first call. It ends with `close()`, with the last reference to this object, or with this
    process. An exception of the method, or the end of the process, is raised as KitError; the next call then starts a
    new process with a new object.
    """

    def __init__(self, factory: str) -> None:
        self._factory = factory
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection[Any, Any] | None = None
        self._log: IO[bytes] | None = None
        self._finalizer: weakref.finalize[Any, Any] | None = None

    @property
    def pid(self) -> int | None:
        """The process id; None while no process runs."""
        return self._process.pid if self._process is not None else None

    def call(self, method: str, *args: Any) -> Any:
        """What the object's method returns. Raises KitError."""
        with self._lock:
            connection = self._connection or self._start()
            try:
                connection.send((method, args))
                kind, answer = connection.recv()
            except (OSError, EOFError) as exc:
                raise KitError(f"The process that draws this panel has ended{self._end()}") from exc
            except BaseException:
                self._end()  # interrupted after a request: the next answer would belong to it
                raise
        if kind == "error":
            raise KitError(answer)
        return answer

    def close(self) -> None:
        """End the process. Can be called twice."""
        with self._lock:
            self._end()

    def _start(self) -> Connection[Any, Any]:
        parent_end, child_end = Pipe()
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  # closed with the process
        self._process = subprocess.Popen(
            # -P: a module beside the notebook must not replace an installed one.
            [
                sys.executable,
                "-P",
                "-m",
                "gateway_kit.widgets.dashboard",
                self._factory,
                str(child_end.fileno()),
            ],
            pass_fds=(child_end.fileno(),),
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            # A session of its own: the notebook's Stop button interrupts the kernel's whole process group.
            start_new_session=True,
        )
        child_end.close()
        self._connection = parent_end
        self._finalizer = weakref.finalize(self, _end_process, self._process, parent_end)
        return parent_end

    def _end(self) -> str:
        """Forget the process, whether it runs or not; returns the last line that it printed."""
        process, connection, self._process, self._connection = self._process, self._connection, None, None
        if process is None or connection is None or self._finalizer is None or self._log is None:
            return ""
        self._finalizer.detach()
        _end_process(process, connection)
        self._log.seek(0)
        lines = self._log.read().decode(errors="replace").splitlines()
        self._log.close()
        return f": {lines[-1]}" if lines else f" (exit code {process.returncode})"


def _end_process(process: subprocess.Popen[bytes], connection: Connection[Any, Any]) -> None:
    connection.close()  # the child ends when the connection does
    try:
        process.wait(_END_WAIT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def serve(factory: str, descriptor: int) -> None:
    """The child's side: make the object, then answer calls until the connection ends."""
    connection: Connection[Any, Any] = Connection(descriptor)
    module, _, name = factory.partition(":")
    target = getattr(importlib.import_module(module), name)()
    # Collect garbage between calls, while the kernel does not wait.
    gc.collect()
    gc.freeze()
    gc.disable()
    while True:
        try:
            method, args = connection.recv()
        except EOFError:
            return
        try:
            answer: tuple[str, Any] = ("ok", getattr(target, method)(*args))
        except Exception as exc:  # reported to the caller
            answer = ("error", str(exc) if isinstance(exc, KitError) else f"{type(exc).__name__}: {exc}")
        connection.send(answer)
        gc.collect()
