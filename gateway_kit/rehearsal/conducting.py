"""A whole rehearsal: from its job to the folders of its runs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from gateway_kit.errors import KitError
from gateway_kit.rehearsal.configured import Configured, read_configuration
from gateway_kit.rehearsal.errors import RehearsalError
from gateway_kit.rehearsal.gateway_keys import callers_of
from gateway_kit.rehearsal.job import PROGRESS, Job
from gateway_kit.rehearsal.limits import read_limits
from gateway_kit.rehearsal.model_names import refuse_unknown, unknown_models
from gateway_kit.rehearsal.one_run import OneRun, Shared
from gateway_kit.rehearsal.progress import Reporter
from gateway_kit.rehearsal.speed import resolve_speed
from gateway_kit.rehearsal.story import Story, read_fault, read_story
from gateway_kit.rehearsal.traffic import read_traffic

if TYPE_CHECKING:
    from gateway_kit.stack.rehearsing.own_stack import OwnStack


def conduct(job: Job) -> bool:
    """Rehearse each configuration of the job; False if that was interrupted.

    All that can be wrong with the input is found before anything is started. Raises KitError, for the input
    RehearsalError; KeyboardInterrupt before the first run.
    """
    from gateway_kit.stack.rehearsing.own_stack import OwnStack

    report = Reporter(Path(job.out) / PROGRESS)
    stack = OwnStack(Path(job.home))
    with ExitStack() as opened:
        try:
            configurations, shared = _prepare(job, stack, report, opened)
        except KitError as exc:
            raise exc if isinstance(exc, RehearsalError) else RehearsalError(str(exc)) from exc
        try:
            # What production has comes first: how near it comes to the log is what all others are measured by.
            first, *others = configurations
            return all(OneRun(one, shared).carry_out() for one in (*others, first))
        finally:
            stack.end()


def _prepare(
    job: Job, stack: OwnStack, report: Reporter, opened: ExitStack
) -> tuple[list[Configured], Shared]:
    """Read and check all that is given; `opened` closes the log."""
    from gateway_kit.stack.rehearsing.isolation import in_words

    report.step("reading the configuration")
    story = _story(job)
    limits = read_limits(keys=job.keys, teams=job.teams)
    _configurations(job, stack.simulator_url, speed=1.0)  # before the log, which takes longer to read
    stack.prepare()
    report.step("reading the traffic")
    traffic = opened.enter_context(
        read_traffic(
            job.traffic, format=job.format, bad_lines=job.bad_lines, mapped=job.mapped, limit=job.limit
        )
    )
    summary = traffic.summary()
    speed = resolve_speed(job.speed, summary)
    configurations = _configurations(job, stack.simulator_url, speed=speed)
    _check_story(story, configurations, summary["span_s"])
    for one in configurations:
        _check_models(job, summary["models"], one)
    shared = Shared(
        job=job,
        traffic=traffic,
        summary=summary,
        callers=callers_of(traffic.calls(), limits),
        limits=limits,
        story=story,
        speed=speed,
        stack=stack,
        report=report,
        isolation=in_words(),
    )
    return configurations, shared


def _configurations(job: Job, simulator_url: str, *, speed: float | None) -> list[Configured]:
    return [
        read_configuration(
            name, path, os.environ, simulator_url=simulator_url, as_openai=job.as_openai, speed=speed
        )
        for name, path in job.configurations().items()
    ]


def _story(job: Job) -> Story:
    told = read_story(job.story) if job.story else Story("")
    return told + Story("", tuple(read_fault(text) for text in job.faults))


def _check_models(job: Job, models: dict[str, int], configured: Configured) -> None:
    unknown = unknown_models(models, configured.model_names)
    if unknown and job.unknown_models == "refuse":
        raise refuse_unknown(unknown, configured.model_names, str(configured.path))


def _check_story(story: Story, configurations: Sequence[Configured], span_s: float | None) -> None:
    """Raise RehearsalError for trouble at a provider that nobody has and LiteLLM does not know, or at no time.

    Other trouble that strikes nothing is noted in the run: a configuration may have got rid of what the story is about.
    """
    from gateway_kit.stack.configuration.litellm_names import litellm_names

    there = [deployment for one in configurations for deployment in one.deployments]
    misspelt = [
        event
        for event in story
        if event.provider is not None and event.provider not in litellm_names().providers
    ]
    if missing := Story(story.name, tuple(misspelt)).unmatched(there):
        listed = "\n".join(f"  {sentence}" for sentence in missing)
        raise RehearsalError(f"Some of the trouble would strike nothing:\n{listed}")
    if untimely := story.untimely(span_s):
        listed = "\n".join(f"  {sentence}" for sentence in untimely)
        raise RehearsalError(f"Some of the trouble would never happen:\n{listed}")
