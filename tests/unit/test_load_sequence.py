"""A seed gives the same calls, on any machine and with any number of workers."""

from __future__ import annotations

import json
import math
from collections import Counter
from dataclasses import replace
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway_kit.load import LoadPlan
from gateway_kit.stack.servers.load_generator.job import Job, read_job
from gateway_kit.stack.servers.load_generator.sequence import (
    Request,
    arrival_times,
    planned,
    prompt_weights,
    request_sequence,
    think_times,
)

MANY = 20_000


def job_of(**plan: object) -> Job:
    given = {"requests": 10, **plan}
    if "duration_s" in plan:
        given.pop("requests")
    made = LoadPlan(**given).job("http://127.0.0.1:4000", workers=1, remote_workers=0, master_port=0)  # type: ignore[arg-type]
    return read_job(json.dumps(made))


def first(job: Job, count: int = 500) -> list[Request]:
    return list(islice(request_sequence(job), count))


MIXED = job_of(model={"a": 3, "b": 1}, stream=0.4, zipf=1.0)


def test_the_same_seed_gives_the_same_calls_and_another_seed_does_not() -> None:
    assert first(MIXED) == first(MIXED)
    assert first(MIXED) != first(replace(MIXED, seed=MIXED.seed + 1))
    assert [ask.number for ask in first(MIXED)] == list(range(500))


def test_users_rate_and_workers_do_not_change_the_calls() -> None:
    for change in (
        {"joins_s": (0.0,) * 3},
        {"rate_per_s": 9.0},
        {"requests": None, "duration_s": 1.0},
        {"workers": 5},
    ):
        assert first(replace(MIXED, **change)) == first(MIXED), change


def test_streaming_more_of_the_calls_changes_no_prompt_and_no_model() -> None:
    def bare(job: Job) -> list[tuple[int, str]]:
        return [(ask.prompt, ask.model) for ask in first(job)]

    assert bare(replace(MIXED, stream_share=1.0)) == bare(MIXED)
    streamed = [
        {ask.number for ask in first(replace(MIXED, stream_share=s)) if ask.stream} for s in (0, 0.4, 1)
    ]
    assert streamed[0] < streamed[1] < streamed[2]
    assert len(streamed[2]) == 500


def usual(count: int, share: float, of: int = MANY) -> bool:
    """Whether a count out of `of` draws is within five standard deviations (99.9999 %) of a share."""
    return abs(count - share * of) <= 5 * math.sqrt(of * share * (1 - share)) + 1


@settings(max_examples=25)
@given(exponent=st.none() | st.floats(0.2, 3), prompts=st.integers(1, 60), seed=st.integers(0, 2**40))
def test_prompts_are_asked_as_often_as_zipfs_law_says(
    exponent: float | None, prompts: int, seed: int
) -> None:
    job = replace(MIXED, prompts=tuple(map(str, range(prompts))), zipf=exponent, seed=seed)
    counts = Counter(ask.prompt for ask in islice(request_sequence(job), MANY))
    weights = [1.0 if exponent is None else 1 / (index + 1) ** exponent for index in range(prompts)]
    for index, weight in enumerate(weights):
        assert usual(counts[index], weight / sum(weights)), (index, counts[index])
    assert set(counts) <= set(range(prompts))


@settings(max_examples=25)
@given(
    shares=st.lists(st.floats(0.05, 10), min_size=1, max_size=5), stream=st.floats(0, 1), seed=st.integers()
)
def test_models_and_streams_have_their_shares(shares: list[float], stream: float, seed: int) -> None:
    models = tuple((f"model-{number}", share) for number, share in enumerate(shares))
    drawn = list(
        islice(request_sequence(replace(MIXED, models=models, stream_share=stream, seed=seed)), MANY)
    )
    counts = Counter(ask.model for ask in drawn)
    for name, share in models:
        assert usual(counts[name], share / sum(shares)), name
    assert usual(sum(ask.stream for ask in drawn), stream)


def test_the_documented_example_of_zipfs_law() -> None:
    weights = prompt_weights(200, 1.0)
    assert round(weights[0] / sum(weights), 2) == 0.17
    assert "the first one is 17 % of the calls" in " ".join((LoadPlan.__doc__ or "").split())


def test_even_arrivals_have_equal_gaps() -> None:
    job = job_of(duration_s=2, rate_per_s=25, arrivals="even")
    assert list(islice(arrival_times(job), 100)) == [number / 25 for number in range(100)]
    assert planned(job) == 50


def test_poisson_arrivals_follow_the_seed_and_have_exponential_gaps() -> None:
    job = job_of(duration_s=100, rate_per_s=40)
    times = list(islice(arrival_times(job), MANY))
    assert times == list(islice(arrival_times(job), MANY))
    assert times != list(islice(arrival_times(replace(job, seed=1)), MANY))
    gaps = [after - before for before, after in zip([0.0, *times], times, strict=False)]
    assert min(gaps) > 0
    for multiple in (0.1, 0.5, 1, 2, 4):
        assert usual(sum(gap > multiple / 40 for gap in gaps), math.exp(-multiple)), multiple
    assert planned(job) == sum(due < 100 for due in times)


@pytest.mark.parametrize(
    ("plan", "count"),
    [({"requests": 30}, 30), ({"requests": 30, "rate_per_s": 3}, 30), ({"duration_s": 3}, None)],
)
def test_the_number_of_planned_calls(plan: dict[str, object], count: int | None) -> None:
    assert planned(job_of(**plan)) == count


def test_each_user_has_its_own_think_times() -> None:
    job = job_of(users=2, think_time_s=(0.5, 2))
    one, other = (list(islice(think_times(job, user), 100)) for user in (0, 1))
    assert one == list(islice(think_times(job, 0), 100))
    assert one != other
    assert all(0.5 <= pause <= 2 for pause in one + other)
    assert set(islice(think_times(job_of(think_time_s=3), 0), 5)) == {3}
