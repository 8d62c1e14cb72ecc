"""How many replicas of the gateway a machine carries, by what one costs in memory.

MB are 10⁶ bytes, as in `gateway-kit status`.
"""

from __future__ import annotations

from gateway_kit.errors import PlatformError
from gateway_kit.stack.supervisor import preflight

# Of each further replica with its query engine, for each of its workers.
REPLICA_MB = 400


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
    each = REPLICA_MB * workers
    # The stack with its first gateway is one number.
    base = 0 if stack_runs else preflight.MEMORY_NEEDED_MB - each
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
