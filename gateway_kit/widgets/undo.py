"""A list of changes and how to undo them."""

from __future__ import annotations

import threading
from collections.abc import Callable

from gateway_kit.widgets.panel import error_text


class Undo:
    """Steps that undo changes, each once, the last change first. Thread-safe.

    undo.add("the deployment x", lambda: gateway.models.delete("x"))
    undo.run()                                       # [] on success
    """

    def __init__(self) -> None:
        self._steps: list[tuple[str, Callable[[], object]]] = []
        self._guard = threading.RLock()

    def __len__(self) -> int:
        return len(self._steps)

    def add(self, what: str, step: Callable[[], object]) -> None:
        """Add the step that undoes `what`. It must not refer to the panel, which could then not be deleted."""
        with self._guard:
            self._steps.append((what, step))

    def run(self) -> list[str]:
        """Undo all changes; returns a sentence per failed step. Failed steps stay for another attempt."""
        failed: list[tuple[str, Callable[[], object]]] = []
        problems: list[str] = []
        with self._guard:
            try:
                while self._steps:
                    what, step = self._steps[-1]
                    try:
                        step()
                    except Exception as exc:  # the other steps must run
                        problems.append(f"{what}: {error_text(exc)}")
                        failed.insert(0, (what, step))
                    self._steps.pop()
            finally:  # after an interruption too
                self._steps += failed
        return problems
