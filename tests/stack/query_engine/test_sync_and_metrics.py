"""The synchronous client, and the metrics."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def sync_client(generated: Path, environment: pytest.MonkeyPatch, client: Any) -> Iterator[Any]:
    client = importlib.import_module("sync_client").Prisma()
    client.connect()
    yield client
    client.disconnect()


def test_sync_client(sync_client: Any) -> None:
    user = sync_client.user.create(
        {"name": "a", "posts": {"create": [{"title": "t"}]}}, include={"posts": True}
    )
    assert user.posts[0].title == "t"
    with sync_client.tx() as tx:
        tx.user.update(where={"id": user.id}, data={"name": "b"})
    with sync_client.batch_() as batch:
        batch.user.create({"name": "c"})
    assert [found.name for found in sync_client.user.find_many(order={"name": "asc"})] == ["b", "c"]
    assert sync_client.query_raw("SELECT 1 AS one") == [{"one": 1}]
    for at in range(50):
        assert sync_client.user.find_first(where={"name": f"nobody {at}"}) is None


def test_metrics(sync_client: Any) -> None:
    sync_client.user.count()
    sync_client.user.count()
    metrics = sync_client.get_metrics(global_labels={"lesson": "one"})
    counters = {metric.key: metric.value for metric in metrics.counters}
    assert counters["prisma_client_queries_total"] == 2
    assert counters["prisma_datasource_queries_total"] >= 2
    gauges = {metric.key: metric.value for metric in metrics.gauges}
    assert gauges["prisma_pool_connections_open"] >= 1
    assert gauges["prisma_client_queries_active"] == 0
    durations = metrics.histograms[0]
    assert durations.value.count == 2
    assert durations.value.sum > 0
    assert [total for _, total in durations.value.buckets] == sorted(
        total for _, total in durations.value.buckets
    )
    assert metrics.counters[0].labels == {"lesson": "one"}
    text = sync_client.get_metrics(format="prometheus", global_labels={"lesson": "one"})
    assert 'prisma_client_queries_total{lesson="one"} 2' in text
    assert 'prisma_client_queries_duration_histogram_ms_bucket{lesson="one",le="+Inf"} 2' in text
