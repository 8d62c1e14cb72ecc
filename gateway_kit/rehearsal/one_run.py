"""One configuration's rehearsal: start, make keys, replay, write down what happened."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from gateway_kit.errors import ConfigError, GatewayNotStartedError
from gateway_kit.gateway.providers import Providers
from gateway_kit.litellm_api.connection import Connection
from gateway_kit.rehearsal.attempts import Attempts
from gateway_kit.rehearsal.configured import Configured
from gateway_kit.rehearsal.cooldowns import Cooldowns
from gateway_kit.rehearsal.errors import RehearsalFailedError
from gateway_kit.rehearsal.event_log import EventLog
from gateway_kit.rehearsal.fit import fit_latencies
from gateway_kit.rehearsal.folder_writer import FolderWriter, now
from gateway_kit.rehearsal.gateway_keys import Callers, GatewayKeys, make_keys
from gateway_kit.rehearsal.job import Job
from gateway_kit.rehearsal.limits import Limits
from gateway_kit.rehearsal.pacing import in_flight, rate_per_s, without_overhead
from gateway_kit.rehearsal.progress import Reporter
from gateway_kit.rehearsal.replay import Replay
from gateway_kit.rehearsal.requests import write_requests
from gateway_kit.rehearsal.run_folder import RunFacts
from gateway_kit.rehearsal.scaled_limits import scaled_rows
from gateway_kit.rehearsal.story import Story
from gateway_kit.rehearsal.traffic import Traffic
from gateway_kit.rehearsal.troubles import Troubles
from gateway_kit.rehearsal.warm_up import warm_up

if TYPE_CHECKING:
    from gateway_kit.stack.rehearsing.own_stack import OwnStack


@dataclass(frozen=True)
class Shared:
    """What all runs of a rehearsal have in common; `overhead_s` has what its gateway adds, once that is measured."""

    job: Job
    traffic: Traffic
    summary: dict[str, Any]
    callers: Callers
    limits: Limits
    story: Story
    speed: float | None
    stack: OwnStack
    report: Reporter
    isolation: str
    overhead_s: dict[str, float] = field(default_factory=dict)


class OneRun:
    """One configuration over the traffic."""

    def __init__(self, configured: Configured, shared: Shared) -> None:
        self._configured, self._shared = configured, shared
        self._writer = FolderWriter(Path(shared.job.out) / "runs" / configured.name)
        shared.report.begin(configured.name, self._writer.folder)
        self._notes = [*configured.notes, *shared.summary.get("notes", ()), *shared.limits.notes]
        self._versions: dict[str, Any] = {"isolation": shared.isolation}
        self._facts = RunFacts(
            name=configured.name,
            config=configured.path.name,
            config_digest=configured.digest,
            ended="running",
            started=now(),
            finished=None,
            seed=shared.job.seed,
            speed=shared.speed,
            traffic=shared.summary,
            story=[event.as_dict() for event in shared.story],
            mapped=shared.job.mapped,
            deployments=configured.deployments,
            replaced=[*configured.replaced, *scaled_rows(shared.limits, shared.speed)],
        )

    def carry_out(self) -> bool:
        """Make the run; False if it was interrupted. Raises KitError and OSError; the folder then says so."""
        try:
            self._write_facts("running")
            self._start()
            self._replay(self._prepare())
        except KeyboardInterrupt:
            self._end("interrupted")
            return False
        except BaseException as exc:
            self._notes.append(f"The run failed: {(str(exc) or type(exc).__name__).splitlines()[0]}")
            self._end("failed")
            raise
        self._end("complete")
        return True

    def _start(self) -> None:
        self._shared.report.step("starting the gateway")
        try:
            took_s = self._shared.stack.start(self._configured.to_start)
        except ConfigError as exc:  # the user's file was checked: what is wrong is what was made of it
            told = str(exc).partition("\n")[2].rpartition("\n")[0]
            raise RehearsalFailedError(
                f"What the rehearsal made of {self._configured.path} is refused:\n{told}"
            ) from exc
        except GatewayNotStartedError as exc:
            tail = f"\nThe last lines of its log:\n{exc.log_tail}" if exc.log_tail else ""
            raise RehearsalFailedError(
                f"LiteLLM did not start with {self._configured.path}: {exc.reason}{tail}"
            ) from exc
        self._versions |= {**self._shared.stack.versions(), "start_s": round(took_s, 1)}

    def _prepare(self) -> GatewayKeys:
        """Make the keys, tell the simulator the log's times, and write the requests."""
        shared, stack = self._shared, self._shared.stack
        shared.report.step("making the keys")
        connection = Connection(stack.gateway_url, stack.master_key, stack.master_key)
        keys = make_keys(connection, shared.callers, shared.limits, speed=shared.speed)
        self._notes += keys.notes
        shared.report.step("fitting the latencies")
        fitted = fit_latencies(
            shared.traffic.calls(), self._configured.deployments, aliases=self._configured.aliases
        )
        self._in_flight = in_flight(shared.speed, fitted)
        with Providers(stack.simulator_url) as providers:
            shared.report.step("warming the gateway up")
            rate = rate_per_s(shared.speed, fitted, shared.summary)
            kinds = shared.summary["kinds"]
            own_s = warm_up(connection, providers, self._configured.warm_up, kinds, rate)
            # The first run's for all: what a configuration adds by itself, such as a slow guardrail, is to be seen.
            overhead_s = shared.overhead_s.setdefault("s", own_s)
            self._versions |= {"overhead_s": round(overhead_s, 4)}
            providers.set_latencies(without_overhead(fitted, overhead_s), seed=shared.job.seed, keep=True)
            providers.clear_journal()
        shared.report.step("writing the requests")
        self._requests = write_requests(
            shared.traffic.calls(),
            self._writer.folder,
            speed=shared.speed,
            seed=shared.job.seed,
            key_of=lambda call: keys.label(call.key, call.team),
            teams={label: team for label, team in keys.teams.items() if team},
        )
        self._notes += self._requests.notes()
        self._write_facts("running")
        return keys

    def _replay(self, keys: GatewayKeys) -> None:
        shared, stack = self._shared, self._shared.stack
        replay = Replay(
            self._writer.folder,
            stack.gateway_url,
            keys.secrets,
            total=self._requests.total,
            span_s=self._requests.span_s,
            speed=shared.speed,
            in_flight=self._in_flight,
            scratch=Path(shared.job.home),
            on_wait=lambda: self._look(replay, attempts, cooldowns),
        )
        with Providers(stack.simulator_url) as providers:
            events = EventLog(replay.clock, self._writer.events)
            labels = {one.id: one.label for one in self._configured.deployments}
            cooldowns = Cooldowns(stack.cooldown_log, events, labels)
            attempts = Attempts(providers, self._configured.deployments, self._writer.attempts)
            troubles = Troubles(
                shared.story,
                clock=replay.clock,
                providers=providers,
                deployments=self._configured.deployments,
                events=events,
                stop_service=stack.stop_service,
                start_service=stack.start_service,
                seed=shared.job.seed,
            )
            try:
                with troubles, replay:
                    for _ in replay:
                        pass
            finally:
                self._notes += [*troubles.problems, *replay.notes()]
                self._look(replay, attempts, cooldowns, at_once=True)
                attempts.read()

    def _look(
        self, replay: Replay, attempts: Attempts, cooldowns: Cooldowns, *, at_once: bool = False
    ) -> None:
        attempts.look()
        cooldowns.look()
        if not at_once and (log := self._shared.stack.gateway_failure()) is not None:
            # What it does not answer any more would look like the configuration's failures.
            raise RehearsalFailedError(
                f"The gateway ended by itself after {replay.made} of {self._requests.total} calls. "
                f"Rehearse again; if it comes back, the last lines of its log may say why:\n{log}"
            )
        self._shared.report.calls(
            "replaying",
            made=replay.made,
            failed=replay.failed,
            total=self._requests.total,
            remaining_s=replay.clock.remaining_s(),
            at_once=at_once,
        )

    def _end(self, ended: Literal["complete", "interrupted", "failed"]) -> None:
        self._writer.close()
        self._facts = replace(self._facts, finished=now())
        self._write_facts(ended)

    def _write_facts(self, ended: Literal["running", "complete", "interrupted", "failed"]) -> None:
        self._facts = replace(
            self._facts, ended=ended, stack=dict(self._versions), notes=list(dict.fromkeys(self._notes))
        )
        self._writer.facts(self._facts)
