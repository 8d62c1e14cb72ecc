"""How many replicas of the gateway a machine carries, by what one costs in memory.

MB are 10⁶ bytes, as in `gateway-kit status`.
"""

from __future__ import annotations

from gateway_kit.errors import PlatformError
from gateway_kit.stack.supervisor import preflight

# Of a replica's worker with its query engine, after calls: measured 310 MB where four are copies of one process, 390 MB
# where one was started alone. And of the parent of several workers: with two, a replica has 940 to 950 MB.
_WORKER_MB, _PARENT_MB = 400, 150


def replica_mb(workers: int) -> int:
    """Memory that one more replica with so many workers needs."""
    return _WORKER_MB * workers + (_PARENT_MB if workers > 1 else 0)


def check_replicas(
    replicas: int, starting: int, *, workers: int, stack_runs: bool, free_mb: int | None = None
) -> None:
    """Raise PlatformError if the gateways that are to be started do not fit, saying how many would.

    `starting` of the `replicas` are to be started; with `stack_runs` the services that they stand on run already.
    """
    if not starting:
        return
    free = preflight.available_memory_mb() if free_mb is None else free_mb
    if not stack_runs:
        preflight.check_memory(free)
    each = replica_mb(workers)
    # The stack with one gateway of one worker is one number.
    base = 0 if stack_runs else preflight.MEMORY_NEEDED_MB - replica_mb(1)
    needed = base + each * starting
    if replicas == 1 or free >= needed:
        return
    running = replicas - starting
    fit = running + (free - base) // each
    more = f"{starting} more" if running else f"{replicas}"
    begin = f"{more} replicas of the gateway need {needed} MB of free memory; {free} MB are free"
    if fit < 2:
        raise PlatformError(
            f"{begin}, not enough for a second one. End other programs, or choose a larger machine"
        )
    raise PlatformError(
        f"{begin}, enough for {fit}{' in all' if running else ''}: gateway-kit up --replicas {fit}"
    )
