"""Carry out a load plan."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from gateway_kit.errors import GatewayError, LoadError, LoadGivenUpError, SettingsError
from gateway_kit.gateway.client import Gateway
from gateway_kit.gateway.record import Call
from gateway_kit.litellm_api.connection import resolve_connection, unreachable
from gateway_kit.litellm_api.errors import build, classify
from gateway_kit.load.call_rows import LEFT, Arrival, arrival_of, call_of
from gateway_kit.load.plan import LoadPlan
from gateway_kit.load.program import Program
from gateway_kit.load.result import LoadRun
from gateway_kit.load.target import check_key, check_target

POLL_S = 0.1
DEFAULT_MASTER_PORT = 5557
MOST_WORKERS = 64


@dataclass(frozen=True)
class LoadProgress:
    """How far a run is; `run_load` passes one to `on_progress` ten times a second.

    seconds    since the first call began; 0 before that
    calls      that have ended
    planned    of how many; None if that depends on how fast the answers come
    failures   calls that ended with an error
    """

    seconds: float
    calls: int
    planned: int | None
    failures: int

    @property
    def calls_per_s(self) -> float:
        """Calls that ended per second, so far."""
        return self.calls / self.seconds if self.seconds else 0.0


def run_load(
    plan: LoadPlan,
    gateway: Gateway | None = None,
    *,
    api_key: str | None = None,
    workers: int = 1,
    remote_workers: int = 0,
    master_port: int | None = None,
    allow_remote: bool = False,
    on_progress: Callable[[LoadProgress], None] | None = None,
) -> LoadRun:
    """Make the plan's calls and return what was measured, once all have ended.

    Locust makes the calls in a process of its own, some thousand per second. An interruption (the notebook's Stop
    button, Ctrl-C) ends the run within seconds and returns what was measured, with `ended` "interrupted".

    Args:
        plan: The load.
        gateway: By default what `connect()` finds.
        api_key: By default the gateway's own.
        workers: Processes on this machine that make the calls.
        remote_workers: Processes on other machines. Each needs Python, Locust and the kit's folder
            `gateway_kit/stack/servers/load_generator`. While the run waits for them (at most ten minutes), type
            there, with the key in GATEWAY_API_KEY:

                ssh -N -L 5557:127.0.0.1:5557 -L 4000:127.0.0.1:4000 THIS-MACHINE &
                python -m gateway_kit.stack.servers.load_generator --worker --master-port 5557

            The first line lets the run, and a gateway on this machine, be reached without listening to a network.
        master_port: Where remote workers report; 5557 by default.
        allow_remote: Allow a gateway that is not on this machine; GATEWAY_URL must name it too.
        on_progress: Called ten times a second.

    Raises:
        SettingsError: Numbers out of range, or a remote gateway that is not allowed.
        GatewayUnreachableError: Nothing answers. Raised before the first call, as KeyRefusedError.
        KeyRefusedError: The gateway does not know the key.
        LoadGivenUpError: The gateway refuses call after call (`give_up_after`); its `run` has what was measured.
        LoadError: The load generator failed.

    Example:
        >>> run = run_load(LoadPlan(requests=400))
        >>> run.summary                    # requests, failures, requests/s, p50 and p95
        >>> run.calls                      # one row per call, as in the call record
        >>> run.arrivals                   # when each was due and sent, and its prompt
    """
    processes = _checked(plan, workers, remote_workers, master_port)
    connection = resolve_connection() if gateway is None else gateway.connection
    key = api_key or connection.api_key
    check_target(connection.url, allow_remote=allow_remote)
    check_key(connection, key)
    port = master_port or (DEFAULT_MASTER_PORT if remote_workers else 0)
    job = plan.job(connection.url, workers=workers, remote_workers=remote_workers, master_port=port)
    with tempfile.TemporaryDirectory(prefix="gateway-kit-load-") as scratch:
        program = Program(Path(scratch), job, key)
        watch = _Watch(plan.prompt_list, connection.label(key), on_progress)
        interrupted = False
        try:
            program.start()
            while program.is_running():
                watch.read(program)
                watch.report()
                time.sleep(POLL_S)
        except KeyboardInterrupt:
            interrupted = True
        finally:
            program.stop()
        watch.read(program)
        if not interrupted:
            watch.report()
        failure = watch.failure(interrupted=interrupted)
        if failure:
            raise LoadError(f"The load generator failed: {failure}. Its log ends:\n{program.log_end()}")
    run = LoadRun(plan, "interrupted" if interrupted else watch.ended, processes, watch.rows())
    if run.ended == "given up":
        raise LoadGivenUpError(_why_given_up(run, connection.url), run)
    return run


class _Watch:
    """What is known of a run so far."""

    def __init__(
        self, prompts: Sequence[str], key_label: str, on_progress: Callable[[LoadProgress], None] | None
    ) -> None:
        self.ended: Any = None
        self._problem = ""
        self._prompts = prompts
        self._key_label = key_label
        self._on_progress = on_progress
        # By number: after an interruption a line may be read twice.
        self._rows: dict[int, tuple[Call, Arrival]] = {}
        self._planned: int | None = None
        self._failures = 0
        self._began_s = 0.0

    def read(self, program: Program) -> None:
        """Read new lines."""
        for kind, facts in program.new_lines():
            if kind == "head":
                self._planned = facts["planned"]
            elif kind == "end":
                self.ended, self._problem = facts["ended"], facts["problem"]
            else:
                self._add(facts)

    def report(self) -> None:
        """Report the progress."""
        if self._on_progress is not None:
            seconds = time.time() - self._began_s if self._rows else 0.0
            self._on_progress(LoadProgress(seconds, len(self._rows), self._planned, self._failures))

    def rows(self) -> list[tuple[Call, Arrival]]:
        """The calls in the order in which they ended; the workers report in turns."""
        return sorted(
            self._rows.values(), key=lambda row: row[0].started + timedelta(seconds=row[0].latency_s or 0.0)
        )

    def failure(self, *, interrupted: bool) -> str:
        """Why there is no result, in a few words; empty if there is one."""
        if self._problem:
            return self._problem
        return "" if self.ended or interrupted else "it ended before it was done"

    def _add(self, seen: Mapping[str, Any]) -> None:
        call = call_of(seen, self._key_label)
        self._began_s = min(self._began_s or seen["started"], seen["started"])
        self._failures += call.error is not None
        self._rows[seen["number"]] = (call, arrival_of(seen, self._prompts))


def _checked(plan: LoadPlan, workers: int, remote_workers: int, master_port: int | None) -> int:
    """How many processes make the calls. Raises SettingsError for numbers out of range."""
    for name, value in (("workers", workers), ("remote_workers", remote_workers)):
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST_WORKERS:
            raise SettingsError(name, str(value), f"must be a whole number from 0 to {MOST_WORKERS}")
    if not workers + remote_workers:
        raise SettingsError("workers", str(workers), "must be at least 1 if there are no remote workers")
    if master_port is not None and not 1 <= master_port <= 65535:
        raise SettingsError("master_port", str(master_port), "must lie between 1 and 65535")
    processes = workers + remote_workers
    name, most = ("max_in_flight", plan.max_in_flight) if plan.is_open else ("users", plan.steps[-1])
    if processes > most:
        raise SettingsError(
            "workers", str(processes), f"are more than {name}={most}: each needs at least one"
        )
    return processes


def _why_given_up(run: LoadRun, url: str) -> str:
    last = next(call for call, _ in reversed(run._rows) if call.error and call.error != LEFT)
    if last.status is None:
        why: GatewayError = unreachable(url, last.error or "")
    else:
        why = build(classify(last.status, "", last.error or ""), last.error or "", status=last.status)
    return f"Given up after {len(run)} calls, since further calls would fail too. {why}"
