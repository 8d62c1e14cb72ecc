"""Replicas that do not fit are refused, with the number of those that do."""

from __future__ import annotations

import pytest

from gateway_kit.errors import PlatformError
from gateway_kit.stack.replica_size import check_replicas, replica_mb
from gateway_kit.stack.supervisor.preflight import MEMORY_NEEDED_MB

REPLICA_MB = replica_mb(1)


def test_what_fits_starts():
    check_replicas(3, 3, workers=1, stack_runs=False, free_mb=MEMORY_NEEDED_MB + 2 * REPLICA_MB)
    check_replicas(3, 1, workers=1, stack_runs=True, free_mb=REPLICA_MB)
    check_replicas(3, 0, workers=1, stack_runs=True, free_mb=0)


def test_one_gateway_on_a_running_stack_needs_what_it_always_needed():
    check_replicas(1, 1, workers=4, stack_runs=False, free_mb=MEMORY_NEEDED_MB)
    with pytest.raises(PlatformError, match=f"needs {MEMORY_NEEDED_MB} MB"):
        check_replicas(1, 1, workers=1, stack_runs=False, free_mb=MEMORY_NEEDED_MB - 1)


@pytest.mark.parametrize("fit", [2, 3, 6])
def test_the_error_says_how_many_fit_on_a_machine_where_nothing_runs(fit: int):
    free = MEMORY_NEEDED_MB + (fit - 1) * REPLICA_MB + REPLICA_MB // 2
    with pytest.raises(PlatformError, match=f"enough for {fit}: gateway-kit up --replicas {fit}$"):
        check_replicas(7, 7, workers=1, stack_runs=False, free_mb=free)
    check_replicas(fit, fit, workers=1, stack_runs=False, free_mb=free)


def test_replicas_that_run_are_counted_and_need_no_more():
    with pytest.raises(
        PlatformError, match=r"3 more replicas .* enough for 4 in all: gateway-kit up --replicas 4"
    ):
        check_replicas(6, 3, workers=1, stack_runs=True, free_mb=REPLICA_MB + 1)


def test_each_worker_needs_memory_and_so_does_the_parent_of_several():
    assert replica_mb(2) > 2 * replica_mb(1)
    assert replica_mb(3) - replica_mb(2) == replica_mb(1)
    free = MEMORY_NEEDED_MB + 5 * REPLICA_MB
    check_replicas(6, 6, workers=1, stack_runs=False, free_mb=free)
    with pytest.raises(PlatformError, match="enough for 2"):
        check_replicas(3, 3, workers=2, stack_runs=False, free_mb=free - REPLICA_MB)


def test_no_number_is_advised_if_a_second_one_does_not_fit():
    with pytest.raises(PlatformError, match="not enough for a second one") as caught:
        check_replicas(4, 4, workers=1, stack_runs=False, free_mb=MEMORY_NEEDED_MB)
    assert "--replicas" not in str(caught.value)
