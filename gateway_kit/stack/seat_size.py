"""How many of a workshop's seats a machine carries, by what one costs in memory.

MB are 10⁶ bytes, as in `gateway-kit status`. The numbers are those of `docs/facilitator/sizing.md`, measured by
`python -m tools.bench seats` as proportional set sizes: memory that several programs share counts once.
"""

from __future__ import annotations

import math

# A seat that has executed the longest lesson while the kernel of another was still open.
SEAT_MB = 1100
# For all seats together: the hub and its proxy, the store of results with its database, the two models, and the process
# that the seats' gateways are copies of.
SHARED_MB = 700


def needed_mb(seats: int) -> int:
    """Memory that so many seats need, with what they share."""
    return SHARED_MB + seats * SEAT_MB


def seats_that_fit(free_mb: int) -> int:
    """How many seats so much free memory carries; 0 if none."""
    return max(0, (free_mb - SHARED_MB) // SEAT_MB)


def too_many_seats(seats: int, free_mb: int, *, running: int = 0) -> str:
    """What to say if the seats do not fit, with the command for as many as do; empty if they fit.

    `running` of the seats run already, with what all share: their memory is not free any more.
    """
    more_mb = needed_mb(seats) if running == 0 else max(0, seats - running) * SEAT_MB
    if more_mb <= free_mb:
        return ""
    fit = seats_that_fit(free_mb) if running == 0 else running + free_mb // SEAT_MB
    more = seats - running
    who = f"{more}{' more' if running else ''} seat{' needs' if more == 1 else 's need'}"
    begin = f"{who} about {_gb(more_mb, up=True)} GB; this machine has {_gb(free_mb)} GB free"
    if fit == 0:
        return f"{begin}, not enough for one. End other programs, or choose a larger machine"
    return (
        f"{begin}, enough for {fit}{' in all' if running else ''}: gateway-kit workshop serve --seats {fit}"
    )


def _gb(mb: int, *, up: bool = False) -> str:
    """MB as GB to one decimal: what is needed rounded up, what is free rounded down, so that they never look equal."""
    tenths = math.ceil(mb / 100) if up else mb // 100
    return f"{tenths / 10:.1f}".removesuffix(".0")
