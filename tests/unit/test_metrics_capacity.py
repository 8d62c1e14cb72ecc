"""The capacity sheet: its arithmetic, line by line."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from gateway_kit.load.report import capacity_text
from gateway_kit.metrics import Footprint, WantedLoad, capacity_sheet

MEASURED = Footprint(
    calls=400,
    cpu_ms={"gateway": 20.0, "query_engine": 3.0, "postgres": 2.0, "redis": 0.5},
    stream_cpu_ms_per_token={"gateway": 1.0, "query_engine": 0.0, "postgres": 0.0, "redis": 0.01},
    tokens_per_request=10.0,
    replica_mb=500.0,
    copy_mb=150.0,
    service_mb={"postgres": 60.0, "redis": 8.0},
    pool=10,
    database_connections=4.0,
    redis_connections=20.0,
    redis_operations=11.0,
    spend_row_bytes=5000.0,
)
WANTED = WantedLoad(requests_per_s=100, stream_share=0.5, headroom=0.5)


def sheet(measured: Footprint = MEASURED, **wanted: Any) -> pd.DataFrame:
    return capacity_sheet(measured, replace(WANTED, **wanted)).set_index("quantity")


def values(measured: Footprint = MEASURED, **wanted: Any) -> dict[str, float]:
    return sheet(measured, **wanted)["value"].to_dict()


def test_each_line_follows_from_the_figures() -> None:
    found = values()
    # 100/s * 20 ms + 500 streamed tokens a second * 1 ms = 2.5 cores, in workers that are half busy: 5.
    expected = {
        "requests": 100,
        "tokens": 1000,
        "streamed tokens": 500,
        "cores that gateways keep busy": 2.5,
        "workers": 5,
        "replicas": 6,
        "cores of query engines": 0.6,
        "cores of PostgreSQL": 0.4,
        "cores of Redis": 0.11,
        "cores in all": 6 + 0.6 + 0.4 + 0.11,
        "memory of the replicas": 3000,
        "memory of the replicas on one machine": 900,
        "memory to allow each replica": 4096,
        "memory of PostgreSQL": 60,
        "memory of Redis": 8,
        "connections to PostgreSQL, at most": 70,
        "connections to PostgreSQL, as measured": 24,
        "max_connections of PostgreSQL": 73,
        "database_connection_pool_limit that fits": 13,
        "connections to Redis": 140,
        "commands to Redis": 1100,
        "use_redis_transaction_buffer": 0,
        "rows of the spend log": 8_640_000,
        "size of the spend log": 43.2,
    }
    assert found == pytest.approx(expected)


def test_each_line_shows_its_arithmetic_and_says_whose_figures_they_are() -> None:
    lines = sheet()
    assert lines.loc["cores that gateways keep busy", "arithmetic"] == (
        "100/s * 20 ms + 500/s * 1 ms a streamed token"
    )
    assert lines.loc["cores of Redis", "arithmetic"] == (
        "(100/s * 0.5 ms + 500/s * 0.01 ms a streamed token) / 0.5"
    )
    assert lines.loc["cores of PostgreSQL", "arithmetic"] == "100/s * 2 ms / 0.5"
    assert lines.loc["cores of PostgreSQL", "source"] == "measured (n=400)"
    assert lines.loc["requests", "source"] == "wanted"
    assert lines["arithmetic"].str.len().gt(0).all()
    assert lines["source"].str.len().gt(0).all()


def test_no_streams_cost_no_tokens_and_given_tokens_replace_measured_ones() -> None:
    assert values(stream_share=0)["cores that gateways keep busy"] == pytest.approx(2.0)
    assert sheet(stream_share=0).loc["cores that gateways keep busy", "arithmetic"] == "100/s * 20 ms"
    given = sheet(tokens_per_s=4000)
    assert given.loc["streamed tokens", "value"] == 2000
    assert given.loc["cores that gateways keep busy", "value"] == pytest.approx(4.0)
    assert given.loc["tokens", "source"] == "wanted"


def test_workers_of_one_replica_multiply_its_memory_and_its_connections() -> None:
    two = values(workers=2)
    assert two["replicas"] == 4  # 5 workers in 3 replicas, and a spare one
    assert two["memory of the replicas"] == 4 * 1000
    assert two["memory to allow each replica"] == 8192
    assert two["connections to PostgreSQL, at most"] == (8 + 2) * 10
    # What was measured with two workers a replica is halved for one.
    halved = replace(MEASURED, workers=2, replica_mb=1000.0)
    assert values(halved)["memory of the replicas"] == 6 * 500


def test_exactly_full_workers_need_no_further_one() -> None:
    assert values(requests_per_s=80, stream_share=0, headroom=0.2)["workers"] == 2
    assert values(requests_per_s=0.001, stream_share=0)["workers"] == 1


def test_pools_that_a_database_cannot_serve_show_as_what_fits() -> None:
    many = sheet(requests_per_s=2000)
    assert many.loc["connections to PostgreSQL, at most", "value"] > 1000
    assert many.loc["database_connection_pool_limit that fits", "value"] == 0
    assert "PgBouncer" in many.loc["database_connection_pool_limit that fits", "arithmetic"]
    raised = sheet(requests_per_s=2000, max_connections=2003)
    assert raised.loc["database_connection_pool_limit that fits", "value"] == 2000 // 102
    assert raised.loc["database_connection_pool_limit that fits", "source"] == "wanted"


@pytest.mark.parametrize(("wanted", "buffer"), [({"spare": 4}, 0), ({"spare": 5}, 1), ({"workers": 5}, 1)])
def test_spend_is_collected_in_redis_from_ten_instances_on(wanted: dict[str, Any], buffer: int) -> None:
    assert values(**wanted)["use_redis_transaction_buffer"] == buffer


def test_spend_is_collected_in_redis_from_a_thousand_requests_a_second_on() -> None:
    light = replace(MEASURED, cpu_ms={"gateway": 0.5}, stream_cpu_ms_per_token={})
    assert values(light, requests_per_s=999)["use_redis_transaction_buffer"] == 0
    assert values(light, requests_per_s=1000)["use_redis_transaction_buffer"] == 1


def test_what_was_not_measured_has_no_line() -> None:
    bare = values(Footprint(calls=1, cpu_ms={"gateway": 20.0}))
    assert not [name for name in bare if name.startswith(("cores of", "memory of Redis", "size of"))]
    assert "memory of the replicas on one machine" not in bare


@pytest.mark.parametrize(
    "wrong",
    [
        {"requests_per_s": 0}, {"requests_per_s": float("nan")}, {"stream_share": 1.5}, {"tokens_per_s": -1},
        {"headroom": 1}, {"headroom": -0.1}, {"spare": -1}, {"workers": 0},
    ],
)  # fmt: skip
def test_a_load_that_cannot_be_is_refused_by_name(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(wrong))} is"):
        replace(WANTED, **wrong)


def test_the_terminal_shows_every_line() -> None:
    text = capacity_text(capacity_sheet(MEASURED, WANTED))
    for quantity, row in sheet().iterrows():
        line = next(
            line for line in text.splitlines() if f" {quantity} " in line and row["arithmetic"] in line
        )
        assert row["source"] in line
    assert " 8,640,000 " in text
    assert " 2.50 " in text
