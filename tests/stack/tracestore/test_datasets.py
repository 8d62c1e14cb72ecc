"""Datasets and their items: upserts, versions in time, schemas, wrong input, and several writers at once."""

from __future__ import annotations

import hashlib
import json
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .store_program import StoreProgram

API = "/api/public"
NESTED = {"type": "object", "properties": {"q": {"type": "string"}}, "required": ["q"]}


class Datasets:
    """Calls of the store; each returns the JSON of a call that succeeded."""

    def __init__(self, store: StoreProgram) -> None:
        self.http = store.http

    def create(self, name: str, **fields: Any) -> dict[str, Any]:
        return self._json(self.http.post(f"{API}/v2/datasets", json={"name": name, **fields}))

    def put(self, dataset: str, **fields: Any) -> dict[str, Any]:
        return self._json(self.post(dataset, **fields))

    def post(self, dataset: str, **fields: Any) -> httpx.Response:
        return self.http.post(f"{API}/dataset-items", json={"datasetName": dataset, **fields})

    def items(self, dataset: str, **parameters: Any) -> list[dict[str, Any]]:
        answered = self.http.get(f"{API}/dataset-items", params={"datasetName": dataset, **parameters})
        data: list[dict[str, Any]] = self._json(answered)["data"]
        return data

    @staticmethod
    def _json(answered: httpx.Response) -> dict[str, Any]:
        assert answered.status_code == 200, answered.text
        body: dict[str, Any] = answered.json()
        return body


@pytest.fixture
def datasets(store: StoreProgram) -> Datasets:
    return Datasets(store)


@pytest.fixture
def name(datasets: Datasets) -> str:
    """A dataset of this test's own."""
    return datasets.create(f"set-{uuid.uuid4().hex[:8]}")["name"]


def message(answered: httpx.Response, status: int = 400) -> str:
    assert answered.status_code == status, answered.text
    text: str = answered.json()["message"]
    return text


def test_a_dataset_is_changed_by_its_name_and_keeps_what_is_not_sent(datasets, name):
    first = datasets.create(name, description="old", metadata={"a": 1}, inputSchema=NESTED)
    second = datasets.create(name, description="new")
    assert {**second, "updatedAt": ""} == {**first, "description": "new", "updatedAt": ""}
    assert datasets.create(name, inputSchema=None)["inputSchema"] is None
    assert datasets.create(name, metadata=None)["metadata"] == {"a": 1}


@pytest.mark.parametrize(
    "odd", ["team/ü 1 😀", "a%2Fb?x=1&y#z", "1'; drop table datasets; --", "日本語", "x" * 300]
)
def test_a_dataset_may_have_any_name(datasets, odd):
    created = datasets.create(f"{odd}{uuid.uuid4().hex[:8]}")
    datasets.put(created["name"], input=1)
    path = "".join(f"%{byte:02X}" for byte in created["name"].encode())
    assert datasets.http.get(f"{API}/v2/datasets/{path}").json() == created
    version_1 = datasets.http.get(f"{API}/datasets/{path}").json()
    assert {**version_1, "items": [], "runs": []} == {**created, "items": [], "runs": []}
    assert [item["datasetName"] for item in version_1["items"]] == [created["name"]]


def test_version_1_of_the_api_has_all_active_items_newest_first(datasets, name, store):
    dataset = datasets.create(name)
    datasets.put(name, input="gone", status="ARCHIVED")
    rows = "select %s || g, %s, g::text, now() + g * interval '1 ms', now() from generate_series(1, 450) g"
    with psycopg.connect(store.database_url) as connection:
        connection.execute(
            f"insert into dataset_items (id, dataset_id, input, valid_from, updated_at) {rows}",
            (name, dataset["id"]),
        )
    items = datasets.http.get(f"{API}/datasets/{name}").json()["items"]
    assert [item["input"] for item in items] == [*range(450, 0, -1)]


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ("/a", "Name cannot start with a slash"),
        ("a//b", "Name cannot contain consecutive slashes"),
        ("a/", "Name cannot end with a slash"),
        ("", "Text cannot be empty"),
        ("   ", "Name cannot be empty"),
        ("<b>x</b>", "Text cannot contain HTML tags"),
    ],
)
def test_a_wrong_name_of_a_dataset_is_refused_with_the_reason(store, wrong, reason):
    answered = store.http.post(f"{API}/v2/datasets", json={"name": wrong})
    prefix, _, listed = message(answered).partition("Dataset name not valid. ")
    assert prefix == ""
    assert json.loads(listed)[0]["message"] == reason


def test_an_item_keeps_what_is_not_sent_and_an_empty_text_clears_it(datasets, name):
    first = datasets.put(name, id=f"{name}-1", input={"q": 1}, expectedOutput="a", sourceTraceId="t")
    second = datasets.put(name, id=first["id"], metadata={"b": 2}, expectedOutput=None)
    assert {**second, "createdAt": "", "updatedAt": ""} == {
        **first,
        "metadata": {"b": 2},
        "createdAt": "",
        "updatedAt": "",
    }
    assert second["createdAt"] > first["createdAt"]
    assert datasets.put(name, id=first["id"], expectedOutput="")["expectedOutput"] is None


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("4", 4),
        ('{"a": [true, null]}', {"a": [True, None]}),
        ("plain", "plain"),
        ("[1, 2", "[1, 2"),
        ("NaN", "NaN"),
        ("9007199254740993", "9007199254740993"),  # JavaScript would round it
        ('{"n": 1e400, "m": 1.5e3}', {"n": "1e400", "m": 1500}),
        ("a\0b\x07c", "abc"),
        ({"text": "a\x01\tb"}, {"text": "a\tb"}),
        (False, False),
        (0, 0),
    ],
)
def test_a_text_that_is_json_is_stored_as_its_value(datasets, name, sent, stored):
    assert datasets.put(name, input=sent)["input"] == stored


def test_a_new_item_needs_an_input_unless_it_has_an_id_of_its_own(datasets, name):
    reason = "Dataset item validation failed: Dataset item input cannot be null"
    assert message(datasets.post(name, expectedOutput=1)) == reason
    assert datasets.put(name, id=f"{name}-2")["input"] is None


def test_the_list_of_a_time_has_the_versions_that_held_then(datasets, name):
    times = []
    item = f"{name}-v"
    for value in (1, 2, 3):
        times.append(datasets.put(name, id=item, input=value)["createdAt"])
        time.sleep(0.002)
    datasets.put(name, id=item, status="ARCHIVED")
    datasets.http.delete(f"{API}/dataset-items/{item}")
    assert [datasets.items(name, version=at)[0]["input"] for at in times] == [1, 2, 3]
    assert datasets.items(name, version="2020-01-01T00:00:00Z") == []
    assert datasets.items(name) == []
    assert datasets.http.get(f"{API}/dataset-items/{item}").status_code == 404
    assert datasets.put(name, id=item, input=4)["expectedOutput"] is None
    assert [row["input"] for row in datasets.items(name)] == [4]


def test_an_item_is_refused_that_does_not_fit_the_schemas(datasets, name):
    datasets.create(name, inputSchema=NESTED, expectedOutputSchema={"type": ["string", "null"]})
    assert datasets.put(name, input={"q": "x"})["input"] == {"q": "x"}
    reason = (
        "Dataset item validation failed: Input validation failed: must have required property 'q'; "
        "Expected output validation failed: must be string,null"
    )
    assert message(datasets.post(name, input={"nope": 1}, expectedOutput=[])) == reason
    item = datasets.put(name, id=f"{name}-s", input={"q": "x"}, expectedOutput="y")
    assert "must be string" in message(datasets.post(name, id=item["id"], expectedOutput=4))
    assert datasets.put(name, id=item["id"], metadata=1)["expectedOutput"] == "y"


def test_a_schema_is_refused_that_items_do_not_fit(datasets, name):
    for value in range(12):
        datasets.put(name, id=f"{name}-{value:02}", input=value)
    answered = datasets.http.post(
        f"{API}/v2/datasets", json={"name": name, "inputSchema": {"type": "string"}}
    )
    prefix = "Schema validation failed for more than 10 item(s). Details: "
    assert message(answered).startswith(prefix)
    details = json.loads(message(answered).removeprefix(prefix))
    assert len(details) == 10
    assert details[0]["errors"] == [{"path": "/", "message": "must be string", "keyword": "type"}]
    assert datasets.create(name, inputSchema={"type": "number"})["inputSchema"] == {"type": "number"}


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "required": ["q"]},  # a required property that is not declared
        {"type": "strnig"},
        {"unknown": 1},
        {"$ref": "#/nowhere"},
        {"$ref": "https://example.com/schema.json"},
        {"$schema": "https://json-schema.org/draft/2020-12/schema"},
        {"type": "string", "pattern": "("},
        {"enum": ["x" * 10_001]},
    ],
)
def test_what_is_no_strict_schema_is_refused(store, schema):
    answered = store.http.post(f"{API}/v2/datasets", json={"name": "typed", "inputSchema": schema})
    assert answered.json()["error"] == [
        {"code": "custom", "path": ["inputSchema"], "message": "Must be a valid JSON Schema"}
    ]


STRING = "Invalid input: expected string, received "


@pytest.mark.parametrize(
    ("path", "body", "reasons"),
    [
        (
            "v2/datasets",
            {"name": 1, "description": [], "inputSchema": "", "expectedOutputSchema": {"a": None}},
            [
                ("name", f"{STRING}number"),
                ("description", f"{STRING}array"),
                ("inputSchema", "Invalid input: expected record, received string"),
                ("expectedOutputSchema", "Must be a valid JSON Schema"),
            ],
        ),
        (
            "dataset-items",
            {"id": "x" * 256, "sourceTraceId": 1, "status": "ACTIVE "},
            [
                ("datasetName", f"{STRING}undefined"),
                ("id", "ID must be at most 255 characters"),
                ("sourceTraceId", f"{STRING}number"),
                ("status", 'Invalid option: expected one of "ACTIVE"|"ARCHIVED"'),
            ],
        ),
        (
            "dataset-run-items",
            {"runName": "r", "datasetItemId": "i", "createdAt": "2026-01-01"},
            [
                ("createdAt", "Invalid ISO datetime"),
                ("observationId.traceId", "observationId or traceId must be provided"),
            ],
        ),
        (
            "dataset-run-items",
            {"runName": None, "datasetItemId": "i", "a": 1, "b": 2},
            [("runName", f"{STRING}null"), ("", 'Unrecognized keys: "a", "b"')],
        ),
    ],
)
def test_a_wrong_body_is_refused_with_the_reasons_of_zod(store, path, body, reasons):
    answered = store.http.post(f"{API}/{path}", json=body)
    found = [(".".join(issue["path"]), issue["message"]) for issue in answered.json()["error"]]
    assert (answered.status_code, found) == (400, reasons)


def test_the_dataset_of_a_version_has_to_be_named_if_all_else_is_readable(store):
    query = {"version": "2026-01-01T00:00:00Z"}
    needed = "datasetName is required when version parameter is provided"
    for page, messages in (("0", ["Too small: expected number to be >0", needed]), ("x", None)):
        answered = store.http.get(f"{API}/dataset-items", params={**query, "page": page})
        found = [issue["message"] for issue in answered.json()["error"]]
        assert found == (messages or ["Invalid input: expected number, received NaN"])


BOMBS = [
    ({"type": "string", "pattern": "^(a+)+$"}, "a" * 40 + "!", "took more than 2 seconds"),
    ({"$ref": "#"}, "x", "cannot be checked"),
]


@pytest.mark.parametrize(("schema", "value", "reason"), BOMBS, ids=["pattern", "reference"])
def test_a_schema_that_never_ends_stops_nothing_but_its_own_request(datasets, name, schema, value, reason):
    datasets.create(name, inputSchema=schema)
    other = datasets.create(f"{name}-other", inputSchema={"type": "string"})["name"]
    with ThreadPoolExecutor() as pool:
        bomb = pool.submit(datasets.post, name, input=value)
        assert datasets.http.get(f"{API}/v2/datasets/{other}").status_code == 200
        assert reason in message(bomb.result())
    assert datasets.put(other, input="fine")["input"] == "fine"


def test_what_is_checked_holds_up_its_own_dataset_alone(datasets, store, name):
    datasets.create(name, inputSchema={"type": "string"})
    other = datasets.create(f"{name}-other")["name"]
    third = datasets.create(f"{name}-third", inputSchema={"type": "string"})["name"]
    with psycopg.connect(store.database_url) as connection, ThreadPoolExecutor() as pool:
        connection.execute("select 1 from datasets where name = %s for update", (name,))
        checked = [pool.submit(datasets.post, name, input="x") for _ in range(4)]
        waiting = (
            "select count(*) from pg_stat_activity"
            " where wait_event_type = 'Lock' and datname = current_database()"
        )
        while store.rows(waiting) != [(1,)]:
            time.sleep(0.01)
        assert datasets.put(other, input=1)["input"] == 1
        assert datasets.put(third, input="x")["input"] == "x"
        assert datasets.create(other, description="d")["description"] == "d"
        assert not [one for one in checked if one.done()]
        connection.rollback()
        assert [one.result().status_code for one in checked] == [200] * 4


def test_many_writers_of_one_item_lose_no_version(datasets, store, name):
    item = f"{name}-race"
    with ThreadPoolExecutor(8) as pool:
        answered = list(pool.map(lambda n: datasets.put(name, id=item, input=n), range(40)))
    rows = store.rows(
        "select input, valid_from, valid_to from dataset_items where id = %s order by valid_from", item
    )
    assert sorted(int(row[0]) for row in rows) == list(range(40))
    assert [row[2] for row in rows] == [row[1] for row in rows[1:]] + [None]
    assert len({row["createdAt"] for row in answered}) == 40


def test_many_creators_of_one_dataset_get_the_same(datasets):
    name = f"race-{uuid.uuid4().hex[:8]}"
    with ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(lambda n: datasets.create(name, metadata=n)["id"], range(16)))
    assert len(ids) == 1


def test_a_run_has_the_id_that_the_newest_sdk_computes(datasets, store, name):
    item = datasets.put(name, input=1)
    body = {"runName": "run ü", "datasetItemId": item["id"], "traceId": "c" * 32}
    answered = store.http.post(f"{API}/dataset-run-items", json=body).json()
    seed = f'["langfuse-experiment-v1","kit","{item["datasetId"]}","run ü"]'
    assert answered["datasetRunId"] == hashlib.sha256(seed.encode()).hexdigest()[:16]
    again = store.http.post(f"{API}/dataset-run-items", json={**body, "x": 1, "datasetVersion": "v"}).json()
    assert [issue["code"] for issue in again["error"]] == ["invalid_type", "unrecognized_keys"]
    body["datasetVersion"] = "2020-01-01T00:00:00Z"
    assert message(store.http.post(f"{API}/dataset-run-items", json=body), 404) == "Dataset item not found"


def test_pages_of_items_have_each_once(datasets, name):
    for value in range(7):
        datasets.put(name, input=value)
    listed = [row["input"] for page in (1, 2, 3, 4) for row in datasets.items(name, limit=3, page=page)]
    assert listed == [6, 5, 4, 3, 2, 1, 0]


def test_a_large_item_and_a_deep_one(datasets, name):
    assert len(datasets.put(name, input="x" * 5_000_000)["input"]) == 5_000_000
    deep: Any = 1
    for _ in range(400):
        deep = [deep]
    assert "nested" in message(datasets.post(name, input=deep))
    text = "[" * 400 + "]" * 400
    assert datasets.put(name, input=text)["input"] == text


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=25)
@given(
    path=st.sampled_from(["v2/datasets", "datasets", "dataset-items", "dataset-run-items"]),
    body=st.dictionaries(
        st.sampled_from(
            ["name", "datasetName", "id", "input", "metadata", "inputSchema", "status", "runName", "datasetItemId",
             "traceId", "createdAt", "description", "sourceTraceId"]
        ),
        _JSON | st.sampled_from(["fuzz", "ACTIVE", "2026-01-01T00:00:00Z"]),
    ),
)  # fmt: skip
def test_no_body_is_answered_with_500(store, path, body):
    content = json.dumps(body, allow_nan=True)
    answered = store.http.post(f"{API}/{path}", content=content, headers={"content-type": "application/json"})
    assert answered.status_code in (200, 400, 404, 409), answered.text


@settings(max_examples=15)
@given(
    parameters=st.dictionaries(
        st.sampled_from(
            ["page", "limit", "datasetName", "version", "sourceTraceId", "sourceObservationId", "nope"]
        ),
        st.text() | st.sampled_from(["0", "-1", "1e9", "999999999999999999999"]),
    )
)
def test_no_query_is_answered_with_500(store, parameters):
    for path in ("v2/datasets", "datasets", "dataset-items"):
        answered = store.http.get(f"{API}/{path}", params=parameters)
        assert answered.status_code in (200, 400, 404), answered.text
