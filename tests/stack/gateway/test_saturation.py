"""Saturation and footprint of the real stack: what is counted, and by whom."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gateway_kit.gateway import Gateway
from gateway_kit.gateway.connecting import connect
from gateway_kit.gateway.providers import Providers
from gateway_kit.load import LoadPlan, measure_footprint, saturation
from gateway_kit.load.run import LoadProgress
from gateway_kit.load.saturation import SATURATION, SaturationProgress
from gateway_kit.metrics import WantedLoad, capacity_sheet
from tests.conftest import FOREIGN

HERE = ("gateway", "query_engine", "postgres", "redis", "tracing", "providers", "load")

pytestmark = pytest.mark.usefixtures("at_once")


@pytest.fixture
def local_gateway(stack_env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    """The stack's own gateway, found as users find it, by its folder."""
    for name in FOREIGN:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GATEWAY_HOME", stack_env["GATEWAY_HOME"])
    with connect() as client:
        yield client


def test_more_users_join_and_each_service_is_counted(local_gateway: Gateway, providers: Providers) -> None:
    seen: list[SaturationProgress] = []
    providers.clear_journal()
    plan = LoadPlan(duration_s=2.5, unique=True)
    curve = saturation(plan, local_gateway, users=[1, 4], workers=2, on_progress=seen.append)
    asked = len(providers.journal())
    assert {name: str(dtype) for name, dtype in curve.dtypes.items()} == SATURATION.dtypes
    assert curve["replicas"].tolist() == [1, 1]
    assert curve["users"].tolist() == [1, 4]
    assert curve["seconds"].tolist() == pytest.approx([2.0, 2.0])
    assert curve["failures"].eq(0).all()
    assert curve["requests"].gt(0).all()
    assert curve["requests"].sum() <= asked
    assert (curve["requests_per_s"] * curve["seconds"]).tolist() == pytest.approx(curve["requests"].tolist())
    assert curve["latency_p50_s"].gt(0).all()
    assert curve["latency_p50_s"].le(curve["latency_p95_s"]).all()
    used_ms = curve[[f"{name}_cpu_ms" for name in HERE]].sum()
    assert curve[[f"{name}_cpu_ms" for name in HERE]].ge(0).all(axis=None)  # none is missing
    # The query engine works when LiteLLM writes spend, up to 6 s apart, and what Redis and the trace store do in two
    # seconds may stay below the kernel's tick of 10 ms.
    assert used_ms[["gateway_cpu_ms", "providers_cpu_ms", "load_cpu_ms"]].gt(0).all(), used_ms
    assert curve["balancer_cpu_ms"].isna().all()
    assert used_ms.idxmax() == "gateway_cpu_ms"
    # Together they cannot use more than the machine did.
    whole_ms = curve["busy_cores"] / curve["requests_per_s"] * 1000
    assert (curve[[f"{name}_cpu_ms" for name in HERE]].sum(axis=1) <= whole_ms * 1.1 + 20).all()
    assert {(step.step, step.users) for step in seen} == {(1, 1), (2, 4)}
    assert {(step.steps, step.replicas) for step in seen} == {(2, 1)}


def test_the_footprint_of_a_call_makes_a_capacity_sheet(local_gateway: Gateway) -> None:
    seen: list[LoadProgress] = []
    plan = LoadPlan(duration_s=3, users=4, unique=True)
    footprint = measure_footprint(plan, local_gateway, on_progress=seen.append)
    assert footprint.calls > 8
    assert set(footprint.cpu_ms) == set(HERE) - {"providers", "load"}
    assert footprint.cpu_ms["gateway"] == max(footprint.cpu_ms.values()) > 1
    assert set(footprint.stream_cpu_ms_per_token) == set(footprint.cpu_ms)
    assert footprint.tokens_per_request > 1
    assert (footprint.replicas, footprint.workers, footprint.pool) == (1, 1, 10)
    assert footprint.replica_mb >= footprint.copy_mb > 50
    assert set(footprint.service_mb) == {"postgres", "redis", "tracing"}
    # LiteLLM's engine opens a connection when it has a query, up to its pool's size.
    assert 1 <= footprint.database_connections <= footprint.pool
    assert footprint.redis_connections >= 1
    assert footprint.redis_operations > 1
    assert footprint.spend_row_bytes > 500
    sheet = capacity_sheet(footprint, WantedLoad(requests_per_s=50)).set_index("quantity")
    assert sheet.loc["replicas", "value"] >= 2
    assert seen[-1].failures == 0
