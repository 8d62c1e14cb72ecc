"""An object that lives in a process of its own, so that its work takes nothing from the kernel.

A thread is not enough for that: Python runs one thread at a time, and drawing keeps the turn for long. Measured by
tools/bench/widgets.py.
"""

from __future__ import annotations

import gc
import importlib
import os
import pickle
import subprocess
import sys
import tempfile
import threading
import weakref
from typing import IO, Any

from gateway_kit.errors import KitError

_HEADER_BYTES = 8
_END_WAIT_S = 5.0


class Child:
    """Makes an object in a new process and calls its methods there; one call at a time, from any thread.

    painter = Child("gateway_kit.widgets.dashboard.painter:painter_for_a_process")
    painter.call("paint", wish)      # what the method returns; arguments and result are copies (pickle)
    painter.close()

    The process starts with the first call, and ends with `close()`, with the last reference to this, or with this
    process. What the method raises is raised here as KitError, and so is that the process ended; the next call starts
    a new one, with a new object.
    """

    def __init__(self, factory: str) -> None:
        self._factory = factory
        self._turn = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._log: IO[bytes] | None = None
        self._finalizer: weakref.finalize[Any, Any] | None = None

    @property
    def pid(self) -> int | None:
        """The process's number; None where there is none."""
        return self._process.pid if self._process is not None else None

    def call(self, method: str, *args: Any) -> Any:
        """What the object's method returns. Raises KitError."""
        with self._turn:
            process = self._process or self._start()
            try:
                _send(process.stdin, (method, args))
                kind, answer = _receive(process.stdout)
            except (OSError, EOFError) as exc:
                said = self._ended()
                raise KitError(f"The process that works for this panel has ended{said}") from exc
            except BaseException:
                self._ended()  # interrupted between question and answer: they would not match any more
                raise
        if kind == "error":
            raise KitError(answer)
        return answer

    def close(self) -> None:
        """End the process. Can be called twice."""
        with self._turn:
            self._ended()

    def _start(self) -> subprocess.Popen[bytes]:
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  # closed with the process
        # A session of its own: the notebook's Stop button interrupts the kernel's whole group.
        self._process = subprocess.Popen(
            # -P: a module beside the notebook is none of the painter's.
            [sys.executable, "-P", "-m", "gateway_kit.widgets.dashboard", self._factory],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            start_new_session=True,
        )
        self._finalizer = weakref.finalize(self, _end, self._process)
        return self._process

    def _ended(self) -> str:
        """Forget the process, ended or not; the last line that it printed."""
        process, self._process = self._process, None
        if process is None:
            return ""
        if self._finalizer is not None:
            self._finalizer.detach()
        _end(process)
        said = ""
        if self._log is not None:
            self._log.seek(0)
            lines = self._log.read().decode(errors="replace").splitlines()
            said = f": {lines[-1]}" if lines else ""
            self._log.close()
        return said or f" (exit code {process.returncode})"


def _end(process: subprocess.Popen[bytes]) -> None:
    for pipe in (process.stdin, process.stdout):  # the end of its input is its end
        if pipe is not None:
            try:
                pipe.close()
            except OSError:  # what was not sent yet cannot be sent any more
                pass
    try:
        process.wait(_END_WAIT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _send(pipe: IO[bytes] | None, message: Any) -> None:
    assert pipe is not None  # noqa: S101  # made with pipes
    data = pickle.dumps(message, protocol=5)
    pipe.write(len(data).to_bytes(_HEADER_BYTES, "big"))
    pipe.write(data)
    pipe.flush()


def _receive(pipe: IO[bytes] | None) -> Any:
    assert pipe is not None  # noqa: S101  # made with pipes
    size = int.from_bytes(_read(pipe, _HEADER_BYTES), "big")
    return pickle.loads(_read(pipe, size))  # noqa: S301  # from the other end of a private pipe


def _read(pipe: IO[bytes], size: int) -> bytes:
    data = pipe.read(size)
    if len(data) < size:
        raise EOFError
    return data


def serve(factory: str) -> None:
    """The child's side: make the object, then answer calls until the input ends."""
    # What anything prints goes to the log; the pipe is for answers alone.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    module, _, name = factory.partition(":")
    made = getattr(importlib.import_module(module), name)()
    # Garbage is collected while nobody waits.
    gc.collect()
    gc.freeze()
    gc.disable()
    while True:
        try:
            method, args = _receive(sys.stdin.buffer)
        except EOFError:
            return
        try:
            answer: tuple[str, Any] = ("ok", getattr(made, method)(*args))
        except Exception as exc:  # the caller is told
            answer = ("error", str(exc) if isinstance(exc, KitError) else f"{type(exc).__name__}: {exc}")
        _send(answers, answer)
        gc.collect()
