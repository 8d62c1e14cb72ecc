"""What a rehearsal found: its runs as DataFrames, their comparison, the calibration and the report."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from gateway_kit.common.words import counted
from gateway_kit.rehearsal.errors import RehearsalError
from gateway_kit.rehearsal.joining import with_attempts
from gateway_kit.rehearsal.reading import read_facts, read_rows
from gateway_kit.rehearsal.run_folder import (
    ATTEMPTS,
    ATTEMPTS_FILE,
    CALLS_FILE,
    EVENTS,
    EVENTS_FILE,
    REHEARSED_CALLS,
    RUN,
    RunFacts,
)
from gateway_kit.rehearsal.summaries import (
    deployment_rows,
    refusal_rows,
    route_rows,
    summarise,
    timeline_rows,
)
from gateway_kit.rehearsal.troubles_met import trouble_rows

if TYPE_CHECKING:
    from gateway_kit.rehearsal.calibration import Calibration
    from gateway_kit.rehearsal.comparison import Comparison
    from gateway_kit.rehearsal.conditions import Broken

RUNS = "runs"
CANDIDATE = "candidate"
# The cause of a call that was in progress when the run was broken off, as in `causes.CAUSES`.
LEFT_OVER = "left"


@dataclass(frozen=True)
class Run:
    """One configuration's rehearsal.

    facts     what was rehearsed and how
    attempts  one row per request that reached a simulated provider, with the columns of `run_folder.ATTEMPTS`
    events    one row per thing that happened besides, with the columns of `run_folder.EVENTS`
    unread    lines of the run's files that could not be read, as the last one of a run that was broken off
    left      calls in progress when the run was broken off; they tell nothing, and are not among the calls
    """

    facts: RunFacts
    attempts: pd.DataFrame = field(repr=False)
    events: pd.DataFrame = field(repr=False)
    unread: int
    left: int
    _calls: pd.DataFrame = field(repr=False)

    @classmethod
    def read(cls, folder: Path) -> Run:
        """The run in this folder. Raises RehearsalError."""
        facts = replace(read_facts(folder), name=folder.name)
        calls = read_rows(folder / CALLS_FILE, REHEARSED_CALLS)
        attempts = read_rows(folder / ATTEMPTS_FILE, ATTEMPTS)
        events = read_rows(folder / EVENTS_FILE, EVENTS)
        left = (calls.frame["cause"] == LEFT_OVER).fillna(False).astype("bool")
        joined = with_attempts(calls.frame[~left], attempts.frame, facts.speed)
        unread = calls.unread + attempts.unread + events.unread
        return cls(facts, attempts.frame, events.frame, unread, int(left.sum()), joined)

    @property
    def title(self) -> str:
        """What the report calls it, such as candidate, baseline and baseline 2."""
        number = re.fullmatch(r"against(?:-(\d+))?", self.facts.name)
        return self.facts.name if number is None else f"baseline {number[1] or ''}".strip()

    @property
    def is_partial(self) -> bool:
        """Whether it was broken off, so that not all calls were made."""
        return self.facts.ended != "complete"

    @property
    def calls(self) -> pd.DataFrame:
        """One row per call that was made, in the order of the log.

        Returns:
            The columns of `gateway.calls.frame()`, those of `run_folder.REHEARSED_CALLS`, and:

            - `failed` (bool): the caller got no answer, or not all of it
            - `attempts` (Int64): requests that it made to simulated providers; missing if none were written down
            - `provider_s` (float64): seconds at the simulated providers, all attempts together
            - `fell_back` (bool): another model of the configuration was tried
            - `retried` (bool): a model was tried more than once
            - `fault` (string): the story's trouble that struck one of its attempts; missing without one
            - `at_s` (float64): seconds after the first call, on the log's clock; at full speed as they passed
        """
        return self._calls

    def summary(self, by: str | None = None) -> pd.DataFrame:
        """The run in few numbers, one row per group, the group with the most calls first.

        Args:
            by: A column of `calls`, such as model, team, key, user, feature or deployment; None for all calls together.

        Returns:
            The group's name (missing for calls without one), and:

            - `calls` (int64): that were made
            - `failed` (int64): of them, without a whole answer
            - `failed_share` (float64): failed / calls, 0 to 1; missing without calls
            - `cost_usd` (float64): US dollars charged
            - `unpriced` (int64): answered calls without a known cost, which count as 0
            - `cache_hits` (int64): calls that the gateway's cache answered
            - `fell_back` (int64): calls for which another model was tried
            - `retried` (int64): calls for which a model was tried more than once
            - `answered` (int64): calls of which the seconds are
            - `latency_p50_s` (float64): seconds until the last byte; missing without an answer
            - `latency_p95_s` (float64): likewise
            - `latency_p99_s` (float64): likewise
            - `streams` (int64): answered streams with a first content
            - `ttft_p50_s` (float64): streams: seconds until the first content
            - `ttft_p95_s` (float64): likewise
            - `prompt_tokens` (int64): of answered calls, without cache hits
            - `completion_tokens` (int64): likewise
        """
        return summarise(self._calls, by)

    @cached_property
    def deployments(self) -> pd.DataFrame:
        """One row per deployment of the configuration, also for those that no request reached.

        Returns:
            - `deployment` (string): its label
            - `model_name` (string): the model name of the configuration that it serves
            - `provider` (string): openai, azure, … as LiteLLM names it
            - `attempts` (int64): requests that reached it
            - `answered` (int64): of them, with a whole answer
            - `refused` (int64): of them, with an error status
            - `broken` (int64): of them, with neither: cut off, or left by the gateway
            - `faults` (int64): requests that a trouble of the story struck
            - `cooldowns` (int64): times that the gateway put it aside
            - `latency_p50_s` (float64): seconds of its answers; missing without one
            - `latency_p95_s` (float64): likewise
        """
        return deployment_rows(self.facts.deployments, self.attempts, self.events)

    @cached_property
    def refusals(self) -> pd.DataFrame:
        """Why calls failed, one row per cause, the most frequent first.

        Returns:
            - `cause` (string): key_limit, team_limit, deployment_limit, budget, cooldown, …, as in `causes.CAUSES`
            - `calls` (int64): that failed for it
            - `share` (float64): of all calls, 0 to 1
            - `status` (Int64): the most frequent HTTP status; missing if no answer came
            - `models` (string): the models that were asked for, those with most of the failures first
            - `first_s` (float64): when the first one began: seconds after the first call, on the log's clock
            - `error` (string): the most frequent text
        """
        return refusal_rows(self._calls)

    @cached_property
    def routes(self) -> pd.DataFrame:
        """The ways of the calls that took more than one attempt, the most frequent first.

        Returns:
            - `model` (string): the name that was asked for
            - `route` (string): the deployments in the order in which they were tried, with what each answered
            - `calls` (int64): that went this way
            - `failed` (int64): of them, without a whole answer
        """
        return route_rows(self._calls, self.attempts)

    @cached_property
    def troubles(self) -> pd.DataFrame:
        """What the story did, and how the calls fared that began meanwhile.

        Returns:
            - `subject` (string): what was in trouble: a provider, a deployment's label, a service
            - `detail` (string): in words
            - `begin_s` (float64): seconds after the first call, on the log's clock
            - `end_s` (float64): likewise; missing if it had not ended when the run did
            - `calls` (int64): that began in this time
            - `failed` (int64): of them, without a whole answer
            - `rescued` (int64): of them, answered after a retry or a fallback
        """
        return trouble_rows(self._calls, self.events, self.facts.speed)

    @cached_property
    def timeline(self) -> pd.DataFrame:
        """How the calls ended over time, in at most 60 intervals and one.

        Returns:
            - `at_s` (float64): the interval's begin: seconds after the first call, on the log's clock
            - `seconds` (float64): the interval's length
            - `answered` (int64): calls that the first attempt answered
            - `cached` (int64): calls that the gateway's cache answered
            - `rescued` (int64): calls that were answered after a retry or a fallback
            - `failed` (int64): calls without a whole answer
        """
        return timeline_rows(self._calls)

    def _repr_html_(self) -> str:
        from gateway_kit.rehearsal.report.notebook import run_html

        return run_html(self)


@dataclass(frozen=True)
class Rehearsal:
    """The folder of a rehearsal: `runs["candidate"]`, and `runs["against"]` and so on for what it is compared with."""

    folder: Path
    runs: Mapping[str, Run]

    def __repr__(self) -> str:
        made = ", ".join(f"{run.title}: {counted(len(run.calls), 'call')}" for run in self.runs.values())
        return f"<Rehearsal in {self.folder} ({made}): .runs, .comparisons, .calibration and .write_report()>"

    @classmethod
    def read(cls, out: str | Path) -> Rehearsal:
        """The rehearsal that `gateway-kit rehearse --out` wrote. Raises RehearsalError if the folder holds none."""
        folder = Path(out)
        if not folder.is_dir():
            raise RehearsalError(
                f"There is no folder {folder}. Give the one that gateway-kit rehearse wrote (--out)."
            )
        found = [path.parent for path in (folder / RUNS).glob(f"*/{RUN}")]
        if not found:
            raise RehearsalError(
                f"{folder} holds no rehearsal: there is no {RUNS}/{CANDIDATE}/{RUN}. "
                "Give the folder that gateway-kit rehearse wrote (--out)."
            )
        return cls(folder, {path.name: Run.read(path) for path in sorted(found, key=_order)})

    @property
    def candidate(self) -> Run:
        """The configuration that was rehearsed."""
        return self.runs.get(CANDIDATE) or next(iter(self.runs.values()))

    @property
    def baselines(self) -> Sequence[Run]:
        """What it is compared with, in the order of `--against`."""
        return [run for run in self.runs.values() if run is not self.candidate]

    @cached_property
    def comparisons(self) -> Mapping[str, Comparison]:
        """The candidate compared with each baseline, by the baseline's name; empty without one."""
        from gateway_kit.rehearsal.comparison import compare_runs

        return {run.facts.name: compare_runs(self.candidate, run) for run in self.baselines}

    @cached_property
    def calibrations(self) -> Mapping[str, Calibration]:
        """Each run compared with the log, by the run's name."""
        from gateway_kit.rehearsal.calibration import calibrate

        return {name: calibrate(run) for name, run in self.runs.items()}

    @property
    def calibration(self) -> Calibration:
        """What the report leads with, which is the first baseline compared with the log; without one, the candidate."""
        return self.calibrations[(self.baselines or [self.candidate])[0].facts.name]

    def check(self, conditions: Iterable[str]) -> Sequence[Broken]:
        """Those of the conditions (`failed > 0.01`) that hold, which a rehearsal must not meet; see `conditions`."""
        from gateway_kit.rehearsal.conditions import check_conditions

        return check_conditions(self, conditions)

    def write_report(self, conditions: Iterable[str] = ()) -> Mapping[str, Path]:
        """Write report.html, report.md and report.json into the folder; returns the paths by ending.

        Args:
            conditions: What must not hold, as for `--fail-if`; the report says which do.
        """
        from gateway_kit.rehearsal.report import write_report

        return write_report(self, conditions)

    def _repr_html_(self) -> str:
        from gateway_kit.rehearsal.report.notebook import rehearsal_html

        return rehearsal_html(self)


def _order(folder: Path) -> tuple[bool, int, str]:
    """The candidate first, then `against`, `against-2` and so on."""
    number = re.fullmatch(r"against(?:-(\d+))?", folder.name)
    return folder.name != CANDIDATE, int(number[1] or 1) if number else 0, folder.name
