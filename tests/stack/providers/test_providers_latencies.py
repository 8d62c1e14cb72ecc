"""Distributions of answer times: what is drawn from them, what they are for, and how they end."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import httpx
import pytest
from conftest import Simulator, run_script

from gateway_kit.errors import ProvidersError
from gateway_kit.gateway.latency import Latency
from gateway_kit.gateway.providers import Providers


def run(node: str, script: str) -> Any:
    return json.loads(run_script(node, script))


def test_the_quantiles_of_few_answers_are_those_of_the_distribution(node: str) -> None:
    """Of a long-tailed distribution, whose median a random draw of 300 misses by 9 % (its standard error)."""
    script = """
        import { Latencies } from "./providers/latencies.mjs";
        const times = Array.from({ length: 201 }, (_, step) => Math.exp(3 * step / 200));
        const found = [];
        for (const seed of [1, 2, 3, 4, 5]) {
            const latencies = new Latencies();
            const longer = [...times, ...times.map(() => 100)];
            const rows = [
                { deployment: "east", whole_s: times, ttft_s: times },
                { deployment: "west", whole_s: longer, ttft_s: longer, stream_s: times },
            ];
            latencies.set({ seed, latencies: rows }, { take: () => null });
            for (const [deployment, stream] of [["east", false], ["east", true], ["west", true]]) {
                const draw = () => latencies.draw({ deployment, stream }).total_s;
                found.push(Array.from({ length: 300 }, draw));
            }
        }
        console.log(JSON.stringify([times, found]));
    """
    times, found = run(node, script)
    assert len({tuple(drawn) for drawn in found}) == 15, "each seed has an order of its own"
    for drawn in found:
        assert sorted(drawn[:201]) == times, "each once before one is drawn again"
        for number, within in ((100, 0.12), (300, 0.04)):
            part = sorted(drawn[:number])
            for share in (0.1, 0.5, 0.95):
                assert part[int(share * number)] == pytest.approx(times[int(share * 201)], rel=within)


def test_slow_and_quick_answers_do_not_take_turns(node: str) -> None:
    script = """
        import { Spread } from "./providers/spread.mjs";
        const spread = new Spread(7, 400);
        console.log(JSON.stringify(Array.from({ length: 400 }, () => spread.next() < 0.5)));
    """
    quick = run(node, script)
    turns = sum(one != following for one, following in pairwise(quick))
    assert 0.3 < turns / 399 < 0.75
    assert sum(quick) == 200


def test_the_first_token_never_comes_after_the_last(node: str) -> None:
    script = """
        import { Latencies } from "./providers/latencies.mjs";
        const latencies = new Latencies();
        const row = { model: "m", ttft_s: [0, 1, 5], stream_s: [1, 2] };
        latencies.set({ latencies: [row] }, { take: () => null });
        console.log(JSON.stringify(Array.from({ length: 100 }, () => latencies.draw({ model: "m", stream: true }))));
    """
    drawn = run(node, script)
    assert all(0 <= one["ttft_s"] <= one["total_s"] <= 2 for one in drawn)


def test_the_narrowest_scope_counts_and_of_equal_ones_the_last(node: str) -> None:
    script = """
        import { Latencies } from "./providers/latencies.mjs";
        const latencies = new Latencies();
        const set = (...rows) => latencies.set({ latencies: rows }, { take: () => null });
        set({ deployment: "sim-east", whole_s: [1] }, { provider: "openai", model: "m", whole_s: [2] });
        set({ whole_s: [3] });
        const draw = (deployment, provider) => latencies.draw({ deployment, provider, model: "m" }).total_s;
        const all = () => [draw("east", "openai"), draw("", "openai"), draw("", "azure")];
        const first = all();
        set({ deployment: "east", whole_s: [4] });
        console.log(JSON.stringify([first, all(), latencies.list().length]));
    """
    assert run(node, script) == [[1, 2, 3], [4, 2, 3], 3]


def ask(simulator: Simulator, http: httpx.Client, label: str, **more: Any) -> None:
    body = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "ping"}], **more}
    headers = {"authorization": f"Bearer sim-{label}"}
    http.post(f"{simulator.url}/v1/chat/completions", json=body, headers=headers).raise_for_status()


def test_answers_take_the_time_that_is_set_and_a_slow_fault_adds_to_it(
    simulator: Simulator, quick: Providers, http: httpx.Client
) -> None:
    rows = quick.latencies([Latency(deployment="east", whole_s=(0.2,), ttft_s=(0.1,), stream_s=(0.25,))])
    row = rows.iloc[0]
    assert (row.deployment, row.whole_p95_s, row.ttft_p50_s, row.stream_p50_s) == ("east", 0.2, 0.1, 0.25)
    ask(simulator, http, "east")
    ask(simulator, http, "east", stream=True)
    with quick.fault("openai", kind="slow", latency_s=0.3):
        ask(simulator, http, "east")
    http.post(
        f"{simulator.url}/v1/embeddings",
        json={"model": "text-embedding-3-small", "input": "ping"},
        headers={"authorization": "Bearer sim-east"},
    ).raise_for_status()
    whole, stream, late, vector = quick.journal(deployment="east").itertuples()
    # Less than half a millisecond is no time to wait for.
    assert whole.latency_s > 0.199
    assert stream.ttft_s > 0.099
    assert stream.latency_s > 0.249
    assert late.latency_s > 0.499
    assert vector.latency_s > 0.199
    assert quick.latencies().answers[0] == 4


def test_what_is_not_set_stays_as_the_profile_has_it(
    simulator: Simulator, quick: Providers, http: httpx.Client
) -> None:
    quick.profile("gpt-4o-mini", ttft_s=0.3)
    quick.latencies([Latency(deployment="east", stream_s=(0.0,))])
    ask(simulator, http, "east")
    ask(simulator, http, "west")
    east, west = quick.journal().itertuples()
    assert east.latency_s > 0.29
    assert west.latency_s > 0.29


def test_they_end_with_their_client_unless_they_are_kept(simulator: Simulator, providers: Providers) -> None:
    with Providers(simulator.url) as other:
        other.latencies(
            [Latency(model="phi3", whole_s=(1.0,)), Latency(model="phi3", provider="ollama", whole_s=(2.0,))]
        )
        other.latencies([Latency(model="gpt-4o", whole_s=(1.0,))], keep=True)
        assert other.latencies().set_by.notna().tolist() == [True, True, False]
    assert providers.latencies().provider_model.tolist() == ["gpt-4o"]
    assert providers.clear_latencies() == 1
    assert providers.latencies().empty


@pytest.mark.parametrize(
    ("latency", "why"),
    [
        (Latency(), "needs one of"),
        (Latency(whole_s=(2.0, 1.0)), "do not fall"),
        (Latency(whole_s=(-1.0,)), "do not fall"),
        (Latency(provider="mars", whole_s=(1.0,)), "There is no provider"),
    ],
)
def test_an_impossible_distribution_is_refused(providers: Providers, latency: Latency, why: str) -> None:
    with pytest.raises(ProvidersError, match=why):
        providers.latencies([latency])
