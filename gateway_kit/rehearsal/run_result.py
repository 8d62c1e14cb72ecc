"""One configuration's rehearsal, as DataFrames."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import pandas as pd

from gateway_kit.rehearsal.joining import with_attempts
from gateway_kit.rehearsal.reading import read_facts, read_rows
from gateway_kit.rehearsal.run_folder import (
    ATTEMPTS,
    ATTEMPTS_FILE,
    CALLS_FILE,
    EVENTS,
    EVENTS_FILE,
    REHEARSED_CALLS,
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
    def taken_off_s(self) -> float:
        """Seconds that the run's simulated providers leave out, since its gateway was measured to add them."""
        taken_off = self.facts.stack.get("overhead_s")
        return float(taken_off) if isinstance(taken_off, int | float) else 0.0

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
