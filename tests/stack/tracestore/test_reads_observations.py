"""GET v2/observations: filters against pandas, parameters, fields, and paging while rows are written."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pandas as pd
import psycopg
import pytest

from gateway_kit.stack.servers.tracestore.api.observations.get_observations import MAX_PAGE_CHARS

from .random_rows import START, insert, random_rows
from .store_program import StoreProgram

PATH = "/api/public/v2/observations"


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return random_rows(900, seed=3, hours=0.05)


@pytest.fixture(scope="module")
def observed(store: StoreProgram, rows: pd.DataFrame) -> StoreProgram:
    with psycopg.connect(store.database_url, autocommit=True) as connection:
        connection.execute("delete from observations")
        insert(connection, rows)
    return store


def get(store: StoreProgram, **params: Any) -> list[dict[str, Any]]:
    response = store.http.get(PATH, params={"limit": 1000, **params})
    assert response.status_code == 200, response.text
    return response.json()["data"]


def named(part: Any) -> str | None:
    """An id that is the same in every process; a function's repr has its address."""
    return "" if callable(part) else str(part)[:70]


def ids(result: list[dict[str, Any]]) -> set[str]:
    return {row["id"] for row in result}


def item(kind: str, column: str, operator: str, value: Any = "", **more: str) -> dict[str, Any]:
    return {"type": kind, "column": column, "operator": operator, "value": value, **more}


def texts(column: str, *values: str, operator: str = "any of") -> dict[str, Any]:
    return item("stringOptions", column, operator, list(values))


def metadata(key: str, *values: Any) -> Callable[[pd.DataFrame], pd.Series]:
    return lambda rows: rows["metadata"].map(lambda fields: fields[key] in values)


MIDDLE = START + pd.Timedelta(seconds=90)
FILTERS: list[tuple[dict[str, Any], Callable[[pd.DataFrame], pd.Series]]] = [
    (item("string", "type", "=", "TOOL"), lambda r: r["type"] == "TOOL"),
    (item("string", "name", "contains", "chat c"), lambda r: r["name"] == "chat completion"),
    (item("string", "name", "does not contain", "chat"), lambda r: ~r["name"].str.contains("chat")),
    (item("string", "name", "starts with", "spä"), lambda r: r["name"] == "späte Antwort"),
    (item("string", "name", "ends with", "0%"), lambda r: r["name"] == "100%"),
    (item("string", "name", "contains", "%"), lambda r: r["name"] == "100%"),
    (item("string", "name", "=", "' or 1=1 --"), lambda r: r["name"] == "nothing"),
    (texts("level", "ERROR", "WARNING"), lambda r: r["level"] != "DEFAULT"),
    (texts("userId", "ann", "", operator="none of"), lambda r: ~r["user_id"].isin(["ann", ""])),
    (texts("userId", "", "bob"), lambda r: r["user_id"].isin(["", "bob"])),
    (texts("model", "phi3"), lambda r: r["model"] == "phi3"),
    (item("number", "latency", ">=", 0.5), lambda r: (r["latency_ms"] >= 500).fillna(False)),
    (item("number", "latency", "<", 0.1), lambda r: (r["latency_ms"] < 100).fillna(False)),
    (item("number", "timeToFirstToken", ">", 0.05), lambda r: (r["ttft_ms"] > 50).fillna(False)),
    (item("number", "totalTokens", "=", 1500), lambda r: r["total_usage"] == 1500),
    (item("number", "tokens", "<=", 1500), lambda r: r["total_usage"] <= 1500),
    (item("number", "totalCost", ">", 0.0005), lambda r: r["total_cost"] > 0.0005),
    (item("arrayOptions", "tags", "any of", ["a", "b"]), lambda r: r["tags"].map(lambda t: bool({"a", "b"} & set(t)))),
    (item("arrayOptions", "traceTags", "all of", ["a", "b"]), lambda r: r["tags"].map(lambda t: {"a", "b"} <= set(t))),
    (item("arrayOptions", "tags", "none of", ["a"]), lambda r: r["tags"].map(lambda t: "a" not in t)),
    (item("boolean", "isRootObservation", "=", True), lambda r: r["parent_id"].isna()),
    (item("boolean", "isRootObservation", "<>", True), lambda r: r["parent_id"].notna()),
    (item("null", "endTime", "is null"), lambda r: r["latency_ms"].isna()),
    (item("null", "userId", "is not null"), lambda r: r["user_id"] != ""),
    (item("null", "parentObservationId", "is null"), lambda r: r["parent_id"].isna()),
    (item("stringObject", "metadata", "=", "red", key="team"), metadata("team", "red")),
    (item("stringObject", "metadata", "contains", "lu", key="team"), metadata("team", "blue")),
    (item("stringObject", "metadata", "matches", "Red", key="team"), lambda r: r["type"] == "nothing"),
    (item("stringObject", "metadata", "is set", key="deep.key"), lambda r: r["type"] != "nothing"),
    (item("stringObject", "metadata", "is not set", key="deep"), lambda r: r["type"] != "nothing"),
    (item("numberObject", "metadata", ">", 6, key="n"), metadata("n", 7, 8)),
    (item("numberObject", "metadata", ">", 0, key="team"), lambda r: r["type"] == "nothing"),
    (item("categoryOptions", "metadata", "any of", ["blue"], key="team"), metadata("team", "blue")),
    (item("categoryOptions", "metadata", "none of", ["x"], key="none"), lambda r: r["type"] != "nothing"),
    (texts("traceName", "x", operator="none of"), lambda r: r["type"] != "nothing"),
    (item("string", "traceName", "does not contain", "x"), lambda r: r["type"] != "nothing"),
    (item("string", "input", "matches", "QUESTION OF ann"), lambda r: r["user_id"] == "ann"),
    (item("datetime", "startTime", ">=", MIDDLE.isoformat()), lambda r: r["start_time"] >= MIDDLE),
    (item("datetime", "startTime", "<", MIDDLE.isoformat()), lambda r: r["start_time"] < MIDDLE),
]  # fmt: skip


@pytest.mark.parametrize(("sent", "expected"), FILTERS, ids=named)
def test_a_filter_finds_what_pandas_finds(observed, rows, sent, expected):
    assert ids(get(observed, filter=json.dumps([sent]))) == set(rows[expected(rows)]["id"])


def test_all_filters_apply_together(observed, rows):
    sent = [
        texts("type", "GENERATION"),
        item("number", "latency", ">", 0.2),
        item("string", "level", "=", "ERROR"),
    ]
    expected = (
        (rows["type"] == "GENERATION") & (rows["latency_ms"] > 200).fillna(False) & (rows["level"] == "ERROR")
    )
    assert ids(get(observed, filter=json.dumps(sent))) == set(rows[expected]["id"])


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"userId": "ann"}, lambda r: r["user_id"] == "ann"),
        ({"sessionId": "s1"}, lambda r: r["session_id"] == "s1"),
        ({"name": "100%"}, lambda r: r["name"] == "100%"),
        ({"version": "v1"}, lambda r: r["version"] == "v1"),
        ({"level": "ERROR", "type": "SPAN"}, lambda r: (r["level"] == "ERROR") & (r["type"] == "SPAN")),
        ({"parentObservationId": ""}, lambda r: r["parent_id"].isna()),
        ({"isRootObservation": "false"}, lambda r: r["parent_id"].notna()),
        ({"environment": ["production", "other"]}, lambda r: r["environment"] == "production"),
        ({"environment": ["production", "default"]}, lambda r: r["type"] != "nothing"),
        (
            {
                "fromStartTime": MIDDLE.isoformat(),
                "toStartTime": (MIDDLE + pd.Timedelta(seconds=5)).isoformat(),
            },
            lambda r: (r["start_time"] >= MIDDLE) & (r["start_time"] < MIDDLE + pd.Timedelta(seconds=5)),
        ),
    ],
    ids=named,
)
def test_a_parameter_finds_what_pandas_finds(observed, rows, params, expected):
    assert ids(get(observed, **params)) == set(rows[expected(rows)]["id"])


def test_a_filter_replaces_the_parameter_for_its_column(observed, rows):
    sent = json.dumps([texts("userId", "bob")])
    result = get(observed, userId="ann", type="SPAN", filter=sent)
    assert ids(result) == set(rows[(rows["user_id"] == "bob") & (rows["type"] == "SPAN")]["id"])


def test_one_trace_and_one_parent(observed, rows):
    row = rows[rows["parent_id"].notna()].iloc[0]
    assert ids(get(observed, traceId=row["trace_id"])) == set(rows[rows["trace_id"] == row["trace_id"]]["id"])
    siblings = rows[rows["parent_id"] == row["parent_id"]]
    assert ids(get(observed, parentObservationId=row["parent_id"])) == set(siblings["id"])


def test_unknown_groups_are_left_out_and_core_is_always_there(observed):
    (row,) = get(observed, limit=1, fields="nonsense,usage")
    assert {"id", "traceId", "usageDetails", "totalCost", "latency", "modelId"} <= set(row)
    assert not {"name", "input", "metadata", "model"} & set(row)


def test_long_metadata_is_cut_unless_it_is_expanded(observed):
    long = {"text": "x" * 500, "list": list(range(200)), "short": [1, {"a": 2}]}
    with psycopg.connect(observed.database_url, autocommit=True) as connection:
        connection.execute(
            "insert into observations (trace_id, id, start_time, type, metadata)"
            " values ('cut', 'cut', now(), 'SPAN', %s)",
            (json.dumps(long),),
        )
    (row,) = get(observed, traceId="cut", fields="metadata")
    assert row["metadata"]["text"] == "x" * 200
    assert row["metadata"]["list"] == json.dumps(long["list"], separators=(",", ":"))[:200]
    assert row["metadata"]["short"] == long["short"]
    (row,) = get(observed, traceId="cut", fields="metadata", expandMetadata="text, list")
    assert row["metadata"] == long


def pages(store: StoreProgram, **params: Any):
    """All pages, as they come."""
    cursor: dict[str, str] = {}
    for _ in range(1000):  # a cursor that does not move must not stop the tests
        response = store.http.get(PATH, params={**params, **cursor})
        assert response.status_code == 200, response.text
        body = response.json()
        yield body["data"]
        if "cursor" not in body["meta"]:
            return
        cursor = {"cursor": body["meta"]["cursor"]}
    raise AssertionError("the pages do not end")


@pytest.mark.parametrize("limit", [1, 7, 100, 899, 900, 1000])
def test_pages_give_each_row_once_and_in_order(empty_store, rows, limit):
    some = rows if limit > 1 else rows.head(40)
    with psycopg.connect(empty_store.database_url, autocommit=True) as connection:
        insert(connection, some)
    result = [row for page in pages(empty_store, limit=limit) for row in page]
    keys = [(row["startTime"], row["traceId"], row["id"]) for row in result]
    assert keys == sorted(keys, reverse=True)
    assert sorted(row["id"] for row in result) == sorted(some["id"])


def test_rows_written_between_pages_neither_hide_nor_repeat_others(empty_store, rows):
    """Newer rows, older ones, and ones of the very millisecond at which a page ended."""
    old, new = rows.iloc[:600], rows.iloc[600:].reset_index(drop=True)
    with psycopg.connect(empty_store.database_url, autocommit=True) as connection:
        insert(connection, old)
        result: list[str] = []
        for number, page in enumerate(pages(empty_store, limit=50)):
            result += [row["id"] for row in page]
            insert(connection, new.iloc[number * 20 : number * 20 + 20])
    assert len(result) == len(set(result))
    assert set(old["id"]) <= set(result)


def test_a_page_ends_early_rather_than_fill_the_memory(empty_store):
    """Every row is answered, on more pages."""
    chars, count = 200_000, 120
    assert chars * count > 2 * MAX_PAGE_CHARS
    with psycopg.connect(empty_store.database_url, autocommit=True) as connection:
        connection.execute(
            "insert into observations (trace_id, id, start_time, type, input)"
            " select 'large', n::text, now() + n * interval '1 s', 'SPAN', repeat('x', %s)"
            " from generate_series(1, %s) as n",
            (chars, count),
        )
    sizes, result = [], set()
    for page in pages(empty_store, limit=1000, fields="io"):
        sizes.append(len(page))
        result |= ids(page)
    assert len(result) == sum(sizes) == count
    assert len(sizes) == 3
    assert len(get(empty_store)) == count  # without the texts it is one page
