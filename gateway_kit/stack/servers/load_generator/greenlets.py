"""The parts of gevent that are used here; gevent has no type hints."""

from gevent import signal_handler, sleep, spawn  # type: ignore[import-untyped]
from gevent.event import Event  # type: ignore[import-untyped]
from gevent.lock import BoundedSemaphore  # type: ignore[import-untyped]
from gevent.pool import Group  # type: ignore[import-untyped]

__all__ = ["BoundedSemaphore", "Event", "Group", "signal_handler", "sleep", "spawn"]
