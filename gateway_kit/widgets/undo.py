"""A list of what was changed, and how to change it back."""

from __future__ import annotations

import threading
from collections.abc import Callable

from gateway_kit.widgets.panel import error_text


class Undo:
    """Steps that take back changes, each of them once, the last change first; any thread may add and run them.

    undo.add("the deployment x", lambda: gateway.models.delete("x"))
    undo.run()                                       # [] where all went well
    """

    def __init__(self) -> None:
        self._steps: list[tuple[str, Callable[[], object]]] = []
        self._guard = threading.RLock()

    def __len__(self) -> int:
        return len(self._steps)

    def add(self, what: str, step: Callable[[], object]) -> None:
        """Remember how to take back `what`. `step` must not hold the panel, or it would never be let go."""
        with self._guard:
            self._steps.append((what, step))

    def run(self) -> list[str]:
        """Take all back; what could not be, in sentences. Those steps stay, for another attempt."""
        failed: list[tuple[str, Callable[[], object]]] = []
        problems: list[str] = []
        with self._guard:
            try:
                while self._steps:
                    what, step = self._steps[-1]
                    try:
                        step()
                    except Exception as exc:  # the other steps must have their turn
                        problems.append(f"{what}: {error_text(exc)}")
                        failed.insert(0, (what, step))
                    self._steps.pop()
            finally:  # an interrupted one is tried again
                self._steps += failed
        return problems
