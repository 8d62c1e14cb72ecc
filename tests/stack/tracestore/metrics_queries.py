"""Metrics queries to a store with random rows."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pandas as pd
import psycopg

from .random_rows import START, insert, random_rows
from .store_program import StoreProgram

HOURS = 60
WINDOW = {
    "fromTimestamp": START.isoformat(),
    "toTimestamp": (START + timedelta(hours=HOURS)).isoformat(),
}


def metrics_rows() -> pd.DataFrame:
    """The rows that `store_rows` writes."""
    return random_rows(4000, seed=7, hours=HOURS)


def store_rows(store: StoreProgram, rows: pd.DataFrame) -> StoreProgram:
    """The store with these observations, and no scores."""
    with psycopg.connect(store.database_url, autocommit=True) as connection:
        connection.execute("delete from observations")
        connection.execute("delete from scores")
        insert(connection, rows)
    return store


def ask(store: StoreProgram, **query: Any) -> list[dict[str, Any]]:
    sent = {"view": "observations", "config": {"row_limit": 1000}, **WINDOW, **query}
    response = store.http.get("/api/public/v2/metrics", params={"query": json.dumps(sent)})
    assert response.status_code == 200, response.text
    return response.json()["data"]


def refused(store: StoreProgram, **query: Any) -> str:
    sent = {"view": "observations", "metrics": [metric("count", "count")], **WINDOW, **query}
    response = store.http.get("/api/public/v2/metrics", params={"query": json.dumps(sent)})
    assert response.status_code == 400, response.text
    return response.json()["message"]


def metric(aggregation: str, measure: str) -> dict[str, str]:
    return {"aggregation": aggregation, "measure": measure}


def by(*names: str) -> list[dict[str, str]]:
    return [{"field": name} for name in names]
