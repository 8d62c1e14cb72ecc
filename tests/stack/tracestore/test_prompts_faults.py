"""Prompts under bad input, with many writers at once, and over a killed store."""

from __future__ import annotations

import signal
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from query_engine.database_server import DatabaseServer, free_port

from .prompt_calls import PROMPTS, Prompts, refusal
from .store_program import StoreProgram

WRITERS = 8


@pytest.fixture
def prompts(store: StoreProgram) -> Prompts:
    return Prompts(store)


def test_writers_at_once_lose_no_version_and_share_no_label(prompts):
    with ThreadPoolExecutor(WRITERS) as pool:
        created = list(
            pool.map(lambda n: prompts.create(prompt=str(n), labels=["production"]), range(4 * WRITERS))
        )
    name = prompts.name()
    assert sorted(version["version"] for version in created) == list(range(1, 4 * WRITERS + 1))
    assert prompts.read(name)["version"] == prompts.read(name, label="latest")["version"] == 4 * WRITERS
    (row,) = prompts.list(name=name)["data"]
    assert len(row["versions"]) == 4 * WRITERS
    stored = {version["version"]: version["prompt"] for version in created}
    assert all(prompts.read(name, version=number)["prompt"] == text for number, text in stored.items())


def test_of_writers_who_move_a_label_at_once_one_wins(prompts):
    name = prompts.name()
    for _ in range(WRITERS):
        prompts.create()
    with ThreadPoolExecutor(WRITERS) as pool:
        answers = list(pool.map(lambda n: prompts.patch(name, n, ["production"]), range(1, WRITERS + 1)))
    assert {answer.status_code for answer in answers} == {200}
    labels = [prompts.read(name, version=number)["labels"] for number in range(1, WRITERS + 1)]
    assert sum("production" in own for own in labels) == 1


def test_a_prompt_of_five_megabytes_is_stored_as_it_is(prompts):
    text = "Grüße {{x}} \U0001f600 " * 250_000
    created = prompts.create(prompt=text, labels=["production"])
    assert prompts.read(created["name"])["prompt"] == text


@pytest.mark.parametrize(
    "name", ["a/b c/ü", "100%", "?x=1#y", "'; drop table prompts; --", "日本語", ".", "a%2Fb", "+"]
)
def test_any_name_is_found_again(prompts, name):
    created = prompts.create(name=f"{prompts.name()} {name}", labels=["production"])
    assert prompts.read(created["name"])["id"] == created["id"]
    assert prompts.delete(created["name"]).status_code == 204


def test_a_text_with_nul_is_refused(prompts, store):
    for body in (
        {"prompt": "a\0b"},
        {"name": f"{prompts.name()}\0"},
        {"commitMessage": "\0"},
        {"tags": ["\0"]},
    ):
        assert refusal(prompts.post(**body)) == "A text must not contain the character NUL"
    for path in (f"{PROMPTS}/a%00b", f"{PROMPTS}?name=a%00b", f"{PROMPTS}/x?label=%00"):
        assert refusal(store.http.get(path)) == "A text must not contain the character NUL"
    assert store.http.patch(f"{PROMPTS}/a%00b/versions/1", json={"newLabels": []}).status_code == 400


def test_a_lone_surrogate_is_no_json(store):
    content = b'{"name": "x\\ud800", "prompt": "y"}'
    answered = store.http.post(PROMPTS, content=content, headers={"content-type": "application/json"})
    assert (answered.status_code, answered.text) == (400, "Invalid JSON")


def test_a_name_that_the_index_could_not_hold_is_refused(prompts):
    assert prompts.post(name="x" * 1000).status_code == 201
    assert prompts.post(name="日" * 1001).json()["error"][0]["maximum"] == 1000


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
messages = st.lists(
    st.fixed_dictionaries(
        {}, optional={"role": st.text(max_size=4) | values, "content": st.text(max_size=4), "type": values,
                      "name": values}
    ),
    max_size=3,
)  # fmt: skip
bodies = st.fixed_dictionaries(
    {"name": st.text(max_size=6).map("fuzz-{}".format), "prompt": st.text(max_size=20) | messages},
    optional={
        "type": st.sampled_from(["text", "chat"]) | values,
        "labels": st.lists(st.text(max_size=3), max_size=3) | values,
        "tags": st.lists(st.text(max_size=3), max_size=3) | values,
        "config": values,
        "commitMessage": values,
    },
)
fuzzed = settings(max_examples=60)


def check(answered: httpx.Response, *statuses: int) -> None:
    assert answered.status_code in statuses, (answered.request.url, answered.text)
    assert answered.status_code < 400 or answered.text == "Invalid JSON" or answered.json()["message"]


@fuzzed
@given(body=bodies | values)
def test_any_json_is_a_prompt_or_is_refused(store: StoreProgram, body):
    check(store.http.post(PROMPTS, json=body), 201, 400)


@fuzzed
@given(
    name=st.text(min_size=1, max_size=6) | st.sampled_from(["fuzz-", "fuzz-a"]),
    method=st.sampled_from(["GET", "DELETE", "LIST", "PATCH"]),
    query=st.dictionaries(
        st.sampled_from(["version", "label", "resolve", "page", "limit", "fromUpdatedAt", "tag", "name"]),
        st.text(max_size=6) | st.sampled_from(["1", "-1", "1e30", "true", "2026-01-01T00:00:00Z"]),
        max_size=3,
    ),
    labels=values,
)
def test_any_name_and_parameters_are_answered(store: StoreProgram, name, method, query, labels):
    path = f"{PROMPTS}/{quote(name, safe='')}"
    if method == "LIST":
        check(store.http.get(PROMPTS, params=query), 200, 400)
    elif method == "PATCH":
        version = quote(query.get("version", "1"), safe="") or "1"
        check(store.http.patch(f"{path}/versions/{version}", json={"newLabels": labels}), 200, 400, 404)
    else:
        check(store.http.request(method, path, params=query), 200, 204, 400, 404)


def test_a_killed_store_has_all_that_it_acknowledged(trace_server: DatabaseServer, tmp_path):
    trace_server.create_database("killed_prompts")
    program = StoreProgram(trace_server.url("killed_prompts"), free_port(), tmp_path / "log")
    try:
        program.start()
        prompts = Prompts(program)
        name = prompts.name()
        acknowledged = [prompts.create(labels=["production"]) for _ in range(3)]
        assert prompts.patch(name, 1, ["canary"]).status_code == 200
        program.end(signal.SIGKILL)
        program.start()
        assert [prompts.read(name, version=n + 1)["id"] for n in range(3)] == [v["id"] for v in acknowledged]
        assert prompts.read(name, label="canary")["version"] == 1
        assert prompts.read(name)["version"] == 3
    finally:
        program.close()
