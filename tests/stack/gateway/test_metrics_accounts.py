"""The same calls in the call record, the spend log and the traces: every summary takes all three, and they agree."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pandas as pd
import pytest

from gateway_kit.errors import GatewayError
from gateway_kit.gateway import Gateway
from gateway_kit.gateway.providers import Providers
from gateway_kit.metrics import (
    AlertRule,
    alert_times,
    budget_forecast,
    cost_by,
    latency_percentiles,
    monthly_cost,
    normalize_calls,
    observed_mix,
    outcome_rates,
)
from gateway_kit.metrics.budget import budget_burn_down
from gateway_kit.metrics.dashboard import dashboard_metrics
from gateway_kit.metrics.percentiles import latency_distribution
from gateway_kit.metrics.rates import traffic_rates
from gateway_kit.tracing.client import Tracing, connect_tracing

PROMPT = "What is an LLM gateway?"


@pytest.fixture
def tracing(stack_env: dict[str, str]) -> Iterator[Tracing]:
    with connect_tracing(stack_env) as client:
        yield client


@pytest.fixture
def team_key(gateway: Gateway, unique: str) -> Iterator[str]:
    keys = gateway.keys
    keys.teams.create(unique)
    try:
        yield keys.create(unique, team=unique).secret
    finally:
        keys.delete(unique)
        keys.teams.delete(unique)


def test_three_accounts_give_the_same_summaries(
    gateway: Gateway,
    tracing: Tracing,
    own_model: Callable[..., str],
    providers: Providers,
    team_key: str,
    own_cache: dict[str, Any],
    unique: str,
) -> None:
    model = own_model()
    body = {**own_cache["extra_body"], "metadata": {"tags": [unique]}}
    with gateway.calls.recording() as part:
        for _ in range(3):  # one miss, two hits
            gateway.ask(PROMPT, model, api_key=team_key, user="ada", extra_body=body)
        fresh = {"extra_body": {"cache": {"no-cache": True}, "metadata": {"tags": [unique]}}}
        stream = gateway.stream(
            PROMPT, model, api_key=team_key, user="ada", stream_options={"include_usage": True}, **fresh
        )
        list(stream)
        with providers.fault(deployment=model, kind="server_error"), suppress(GatewayError):
            gateway.ask(PROMPT, model, api_key=team_key, user="ada", **fresh)
    record = part.frame()
    ids = record["request_id"].tolist()
    accounts = {"spend": gateway.spend.wait_for(ids)}
    traces = [tracing.wait_for_trace(request_id=i) for i in ids]
    accounts["traces"] = pd.concat(traces, ignore_index=True)

    expected = outcome_rates(record).iloc[0]
    assert expected[["calls", "failed", "hits"]].tolist() == [5, 1, 2]
    cost_usd = cost_by(record, None)["cost_usd"].iloc[0]
    assert cost_usd > 0
    tokens = traffic_rates(record)[["prompt_tokens", "completion_tokens", "cached_tokens"]].iloc[0]
    for name, table in accounts.items():
        made = normalize_calls(table)
        assert outcome_rates(made).iloc[0].tolist() == pytest.approx(expected.tolist()), name
        assert cost_by(made, None)["cost_usd"].iloc[0] == pytest.approx(cost_usd), name
        assert traffic_rates(made)[list(tokens.index)].iloc[0].tolist() == tokens.tolist(), name
        assert cost_by(made, "tag")["tag"].tolist() == [unique], name
        assert cost_by(made, "user")["user"].tolist() == ["ada"], name
        latency = latency_percentiles(made, None, percentiles=(100,)).iloc[0]
        assert latency["calls"] == 4, name
        # At the gateway it is shorter than at the client, by the way there and back and the key's check.
        assert 0 < latency["latency_p100_s"] <= record["latency_s"].max() + 0.01, name
        ttft = latency_percentiles(made, None, measure="ttft_s", percentiles=(50,)).iloc[0]
        assert ttft["calls"] == 1, name  # one stream
    assert cost_by(accounts["spend"], "team")["team"].tolist() == [unique]
    assert cost_by(accounts["spend"], "key")["key"].tolist() == [unique]

    for name, table in {"record": record, **accounts}.items():
        assert not latency_distribution(table).empty, name
        assert budget_burn_down(table, 1.0)["spent_usd"].iloc[-1] == pytest.approx(cost_usd), name
        assert budget_forecast(table, cost_usd / 2).left_usd < 0, name
        assert len(alert_times(table, AlertRule("error_rate", 0.0, "1h"))) == 1, name
        assert dashboard_metrics(table).calls == 5, name
        mix = observed_mix(table, gateway.models.list())
        assert monthly_cost(mix, calls_per_day=4, days=1)["calls"].sum() == pytest.approx(4), name
