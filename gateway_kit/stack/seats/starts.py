"""What starts a seat, for the hub and for the commands over it, which do without the hub's packages."""

from __future__ import annotations

import os
import sys

from gateway_kit.stack.seats.place import Place

# A start keeps a core busy for some ten seconds: more at once would only make each of them slower.
STARTS_AT_ONCE = max(1, os.cpu_count() or 1)


def seat_program(module: str, *words: str) -> list[str]:
    """The command of a program that is run for a seat, as its user."""
    return [sys.executable, "-Pm", f"gateway_kit.stack.seats.{module}", *words]


def seat_up(place: Place) -> list[str]:
    """The program that makes a seat ready and starts what does not run; it reads the seat's join code."""
    return seat_program("seat_up", str(place.port_offset))
