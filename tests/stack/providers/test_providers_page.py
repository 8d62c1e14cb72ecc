"""The simulator's own page: what it says of each field and endpoint is what a request with it meets."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import httpx
import pytest
from conftest import KIT, node_program

from gateway_kit.gateway.providers import Providers

HEADERS = {"authorization": "Bearer k", "x-goog-api-key": "k", "api-key": "k"}
# Anthropic and OpenAI share some paths; these headers tell whose client it is.
ANTHROPIC_HEADERS = {"x-api-key": "k", "anthropic-version": "2023-06-01"}
PRINT = 'import { CONTENTS } from "./providers/page/contents.mjs"; console.log(JSON.stringify(CONTENTS));'


def contents() -> list[dict[str, Any]]:
    """What the page shows, read without a running simulator, so that each row can be a test."""
    done = subprocess.run(
        [node_program(), "--input-type=module", "-e", PRINT],
        cwd=KIT / "stack" / "node",
        capture_output=True,
        text=True,
        check=True,
    )
    return list(json.loads(done.stdout))


CONTENTS = contents()
OPERATIONS = {
    f"{o['title']}: {o['method']} {o['path']}": {**o, "dialect": d["name"]}
    for d in CONTENTS
    for o in d["operations"]
    if o["fields"]
}
ENDPOINTS = {
    f"{dialect['name']}: {e['method']} {e['path']}": (dialect["name"], e)
    for dialect in CONTENTS
    for e in dialect["refused"]
}


def headers_of(dialect: str) -> dict[str, str]:
    return ANTHROPIC_HEADERS if dialect == "Anthropic" else HEADERS


def send(http: httpx.Client, url: str, operation: dict[str, Any], body: dict[str, Any]) -> httpx.Response:
    request = operation["request"]
    return http.request(
        operation["method"], f"{url}{request['path']}", json=body, headers=headers_of(operation["dialect"])
    )


def put(body: Any, path: str, value: Any) -> None:
    """Set the field of that path, as the page writes it, such as `messages[].name` or `tools[](function).strict`."""
    *way, last = path.replace("[]", ".0").replace("(", ".(").split(".")
    for step in way:
        if step.startswith("("):
            continue
        body = body[int(step)] if isinstance(body, list) else body.setdefault(step, {})
    body[last] = value


def with_example(operation: dict[str, Any], row: dict[str, Any]) -> dict[str, Any]:
    example = row["example"]
    body: dict[str, Any] = json.loads(json.dumps(operation["request"]["body"]))
    if isinstance(example, dict) and "with" in example:
        body.update(json.loads(json.dumps(example["with"])))
        example = example["value"]
    put(body, row["field"], example)
    return body


def without(operation: dict[str, Any], row: dict[str, Any]) -> dict[str, Any]:
    """The same request without the field, but with what the field needs beside it."""
    example = row["example"]
    company = example["with"] if isinstance(example, dict) and "with" in example else {}
    return {**operation["request"]["body"], **company}


def rows(effect: str) -> list[Any]:
    return [
        pytest.param(name, row, id=f"{name} {row['field']}")
        for name, operation in OPERATIONS.items()
        for row in operation["fields"]
        if row["effect"] == effect and row["example"] is not None
    ]


def leaves(answer: httpx.Response) -> dict[str, Any]:
    """The answer's values by their place: of its JSON, or line by line if it is a stream."""
    found: dict[str, Any] = {"content-type": answer.headers["content-type"]}

    def walk(place: str, value: Any) -> None:
        if isinstance(value, dict):
            for name, item in value.items():
                walk(f"{place}.{name}", item)
        elif isinstance(value, list):
            for index, item in enumerate(value):
                walk(f"{place}[{index}]", item)
        else:
            found[place] = value

    if answer.headers["content-type"].startswith("application/json"):
        walk("", answer.json())
    else:
        walk("", list(answer.iter_lines()))
    return found


def steady(
    http: httpx.Client, url: str, operation: dict[str, Any], body: dict[str, Any]
) -> tuple[dict[str, Any], set[str]]:
    """The values that are the same in two answers to one request (no ids, no times), and the places of all."""
    first, second = (leaves(send(http, url, operation, body)) for _ in range(2))
    return {place: value for place, value in first.items() if second.get(place) == value}, set(first)


def texts(values: dict[str, Any]) -> set[str]:
    """The longer texts among an answer's values: what the model wrote."""
    return {value for value in values.values() if isinstance(value, str) and " " in value}


@pytest.mark.parametrize("name", OPERATIONS)
def test_the_request_that_examples_are_added_to_is_answered(
    name: str, quick: Providers, http: httpx.Client
) -> None:
    operation = OPERATIONS[name]
    answer = send(http, quick.url, operation, operation["request"]["body"])
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(("name", "row"), rows("refused"))
def test_a_refused_field_is_a_400_that_names_it(
    name: str, row: dict[str, Any], quick: Providers, http: httpx.Client
) -> None:
    answer = send(http, quick.url, OPERATIONS[name], with_example(OPERATIONS[name], row))
    assert answer.status_code == 400, answer.text
    assert row["field"].split(".")[-1].split("(")[0].rstrip("[]") in answer.text


@pytest.mark.parametrize(("name", "row"), rows("accepted"))
def test_an_accepted_field_leaves_the_text_as_it_is(
    name: str, row: dict[str, Any], quick: Providers, http: httpx.Client
) -> None:
    operation = OPERATIONS[name]
    answer = send(http, quick.url, operation, with_example(operation, row))
    assert answer.status_code == 200, answer.text
    plain, _places = steady(http, quick.url, operation, without(operation, row))
    assert texts(plain) <= texts(leaves(answer))


@pytest.mark.parametrize(("name", "row"), rows("simulated"))
def test_a_simulated_field_changes_the_answer(
    name: str, row: dict[str, Any], quick: Providers, http: httpx.Client
) -> None:
    operation = OPERATIONS[name]
    answer = send(http, quick.url, operation, with_example(operation, row))
    assert answer.status_code == 200, answer.text
    plain, places = steady(http, quick.url, operation, without(operation, row))
    changed = leaves(answer)
    assert changed.keys() != places or any(changed[place] != value for place, value in plain.items())


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_field_that_is_not_listed_is_refused_or_ignored_as_said(
    name: str, quick: Providers, http: httpx.Client
) -> None:
    operation = OPERATIONS[name]
    answer = send(http, quick.url, operation, {**operation["request"]["body"], "no_such_field": 1})
    assert answer.status_code == (400 if operation["unknown"] == "refused" else 200), answer.text


@pytest.mark.parametrize("name", ENDPOINTS)
def test_a_refused_endpoint_says_why(name: str, quick: Providers, http: httpx.Client) -> None:
    dialect, endpoint = ENDPOINTS[name]
    path = endpoint["path"].replace("{", "").replace("}", "")
    answer = http.request(endpoint["method"], f"{quick.url}{path}", headers=headers_of(dialect), json={})
    assert 400 <= answer.status_code < 500
    assert endpoint["limit"].rstrip(".") in json.dumps(answer.json(), ensure_ascii=False)


def test_a_person_a_program_and_the_documentation_get_the_page(quick: Providers, http: httpx.Client) -> None:
    page, text, data = (
        http.get(f"{quick.url}/", headers={"accept": kind})
        for kind in ("text/html,*/*", "text/markdown", "application/json")
    )
    for dialect in data.json()["dialects"]:
        assert f">{dialect['name']}</h2>" in page.text
        assert f"## {dialect['name']}" in text.text
