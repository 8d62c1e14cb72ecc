"""Distributions of answer times from logged calls: whose calls count for which deployment, and which count at all."""

from __future__ import annotations

import math
import random
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from gateway_kit.gateway.latency import Latency, quantile
from gateway_kit.rehearsal import fit as fit_module
from gateway_kit.rehearsal.call import LoggedCall
from gateway_kit.rehearsal.fit import fit_latencies
from gateway_kit.rehearsal.model_names import aliases_of
from gateway_kit.rehearsal.run_folder import Deployment


def call(latency_s: float | None, number: int = 0, **more: Any) -> LoggedCall:
    given = {"kind": "chat", "model": "gpt-4o", "body": None, **more}
    return LoggedCall(number=number, line=number + 1, at=None, latency_s=latency_s, **given)


def deployment(label: str, model_name: str = "gpt-4o", model: str = "openai/gpt-4o") -> Deployment:
    return Deployment(label, model_name, model.partition("/")[0], "openai", model, 1)


EAST, WEST = deployment("east"), deployment("west", model="azure/gpt-4o")


def by_label(found: list[Latency]) -> dict[str | None, Latency]:
    return {one.deployment: one for one in found}


def test_streams_and_other_answers_have_their_own_distributions():
    calls = [call(2.0), call(1.0), call(5.0, stream=True, ttft_s=0.5), call(4.0, stream=True, ttft_s=0.25)]
    (found,) = fit_latencies(calls, [EAST])
    assert found == Latency(
        deployment="east", whole_s=(1.0, 2.0), ttft_s=(0.25, 0.5), stream_s=(4.0, 5.0), calls=4
    )


def test_quantiles_are_those_of_the_log():
    rng = random.Random(3)
    times = [rng.lognormvariate(0, 0.8) for _ in range(5_000)]
    (found,) = fit_latencies((call(time) for time in times), [EAST])
    times.sort()
    assert len(found.whole_s) == 1_000
    for share in (0.05, 0.5, 0.95, 0.99):
        assert quantile(found.whole_s, share) == pytest.approx(times[int(share * 5_000)], rel=0.01)
    assert sum(found.whole_s) / 1_000 == pytest.approx(sum(times) / 5_000, rel=0.01), "the longest count too"


def test_a_call_counts_for_its_deployment_then_for_its_model_then_for_its_group():
    calls = [
        *(call(1.0, deployment="east", provider_model="azure/gpt-4o") for _ in range(20)),
        *(call(2.0, provider_model="azure/gpt-4o") for _ in range(20)),
        *(call(3.0) for _ in range(20)),
    ]
    fit = fit_latencies(calls, [EAST, WEST, deployment("south", model="groq/llama")])
    found = by_label(fit)
    assert {label: set(one.whole_s) for label, one in found.items()} == {
        "east": {1.0},
        "west": {2.0},
        "south": {3.0},
    }
    assert fit.shared == {"east": "deployment", "west": "model", "south": "model group"}


def test_a_deployment_is_found_by_the_id_that_its_file_gives_it():
    named = replace(EAST, id="prod-eu-1")
    fit = fit_latencies([call(1.0, model="renamed", deployment="prod-eu-1")], [named])
    assert fit.shared == {"east": "deployment"}


def test_a_few_calls_of_its_own_give_way_to_the_many_of_its_group():
    fit = fit_latencies([call(9.0, deployment="east"), *(call(1.0) for _ in range(30))], [EAST])
    assert (fit.shared, set(fit[0].whole_s)) == ({"east": "model group"}, {1.0})


@pytest.mark.parametrize("logged", ["azure/gpt-4o", "gpt-4o"])
def test_the_provider_may_be_missing_in_the_name_of_the_model(logged: str):
    other = deployment("south", "other", "groq/llama")
    assert [one.deployment for one in fit_latencies([call(1.0, provider_model=logged)], [WEST, other])] == [
        "west"
    ]


def test_a_wildcard_serves_the_models_of_its_pattern():
    wild = deployment("any", "openai/*", "openai/*")
    (found,) = fit_latencies([call(1.0, model="openai/gpt-4o")], [wild])
    assert found.deployment == "any"


def test_a_call_by_an_alias_counts_for_the_group_that_the_alias_stands_for():
    calls = [call(1.0, model="fast"), call(3.0, model="gpt-4o")]
    (found,) = fit_latencies(calls, [EAST], aliases={"fast": "gpt-4o"})
    assert found.whole_s == (1.0, 3.0)
    assert aliases_of(
        {
            "router_settings": {
                "model_group_alias": {"fast": "gpt-4o", "old": {"model": "b", "hidden": True}}
            },
            "litellm_settings": {"model_alias_map": {"mapped": "c"}},
        }
    ) == {"fast": "gpt-4o", "old": "b", "mapped": "c"}


def test_what_tells_nothing_of_a_provider_is_counted_and_left_out():
    calls = [
        call(1.0),
        call(0.1, cache_hit=True),
        call(0.2, status=429),
        call(0.2, error="timeout"),
        call(None),
        call(0.0),
        call(-1.0),
        call(math.nan),
        call(7_000.0),
        call(1.0, model="unknown"),
    ]
    fit = fit_latencies(calls, [EAST])
    assert fit[0].whole_s == (1.0,)
    assert fit.left_out == {
        "cache_hit": 1, "error": 2, "no_latency": 1, "zero_latency": 1, "absurd_latency": 3, "unknown_model": 1,
    }  # fmt: skip


def test_a_first_token_after_the_end_is_no_time_to_the_first_token():
    (found,) = fit_latencies([call(1.0, stream=True, ttft_s=1.5)], [EAST])
    assert (found.ttft_s, found.stream_s) == ((), (1.0,))


def test_the_overhead_is_taken_off_and_never_more_than_there_is():
    (found,) = fit_latencies([call(0.01), call(1.0, stream=True, ttft_s=0.5)], [EAST], overhead_s=0.1)
    assert (found.whole_s, found.ttft_s, found.stream_s) == ((0.0,), (0.4,), (0.9,))


def test_a_new_deployment_takes_after_its_model_elsewhere_then_after_its_group():
    calls = [call(1.0, provider_model="openai/gpt-4o"), call(5.0, model="fast", provider_model="groq/llama")]
    new = [deployment("new", "fast", "azure/gpt-4o"), deployment("newer", "fast", "xai/grok")]
    fit = fit_latencies(calls, [EAST, deployment("groq", "fast", "groq/llama"), *new])
    assert {one.deployment: one.whole_s for one in fit} == {
        "east": (1.0,),
        "groq": (5.0,),
        "new": (1.0,),
        "newer": (5.0,),
    }
    assert fit.shared == {"east": "model", "groq": "model", "new": "same model", "newer": "model group"}


def test_a_deployment_that_nothing_is_known_of_has_no_distribution():
    assert fit_latencies([], [EAST]) == []
    assert [one.deployment for one in fit_latencies([call(1.0)], [EAST, deployment("else", "b", "c/d")])] == [
        "east"
    ]


def test_many_calls_take_no_more_memory_than_some(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(fit_module, "KEPT", 300)

    def calls() -> Iterator[LoggedCall]:
        for number in range(10_000):
            yield call(1.0 + number)

    tracemalloc.start()
    (found,) = fit_latencies(calls(), [EAST])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (found.calls, len(found.whole_s)) == (6_000, 300), "those of up to 6,000 s"
    assert 2_500 < quantile(found.whole_s, 0.5) < 3_500, "a random choice of all of them"  # type: ignore[operator]
    assert peak < 60_000
