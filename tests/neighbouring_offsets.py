"""Port offsets for a workshop in a test: its own and its seats'."""

from __future__ import annotations

from gateway_kit.stack.seats.options import STEP
from gateway_kit.stack.supervisor.ports import free_offset


def free_offsets(count: int) -> int:
    """The first of `count` neighbouring offsets that stay this process's."""
    held = [free_offset()]
    while held[-count:] != [held[-1] - STEP * back for back in reversed(range(count))] or len(held) < count:
        held.append(free_offset())
    return held[-count]
