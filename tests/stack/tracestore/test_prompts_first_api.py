"""Prompts in the first version of the API: by name in the query, and active or not instead of labels."""

from __future__ import annotations

import httpx
import pytest

from .prompt_calls import Prompts, issues, refusal
from .store_program import StoreProgram

PATH = "/api/public/prompts"


@pytest.fixture
def prompts(store: StoreProgram) -> Prompts:
    return Prompts(store)


def test_an_active_prompt_is_in_production_and_is_found_by_its_name(prompts, store):
    name = prompts.name("a/b ü")
    body = {"name": name, "prompt": "x", "labels": ["b"], "commitMessage": 7}
    made = store.http.post(PATH, json={**body, "isActive": True})
    assert made.status_code == 201, made.text
    assert (made.json()["labels"], made.json()["isActive"]) == (["b", "production", "latest"], True)
    assert made.json()["commitMessage"] is None
    other = store.http.post(PATH, json={**body, "isActive": False}).json()
    assert (other["version"], other["labels"], other["isActive"]) == (2, ["b", "latest"], False)
    found = store.http.get(PATH, params={"name": name}).json()
    assert (found["version"], found["isActive"]) == (1, True)
    assert found == prompts.read(name)
    assert store.http.get(PATH, params={"name": name, "version": 2}).json()["id"] == other["id"]


def test_what_is_missing_is_named(prompts, store):
    answered = store.http.get(PATH, params={"name": prompts.name()})
    assert refusal(answered, 404) == "Prompt not found"
    assert issues(store.http.get(PATH))[0]["message"] == "Invalid input: expected string, received undefined"
    (union,) = issues(store.http.post(PATH, json={"name": "a", "prompt": "x"}))
    assert union["errors"][0] == [
        {
            "expected": "boolean",
            "code": "invalid_type",
            "path": ["isActive"],
            "message": "Invalid input: expected boolean, received undefined",
        }
    ]
    bearer = {"authorization": f"Bearer {store.public_key}"}
    assert httpx.get(store.url + PATH, headers=bearer).json() == {
        "message": "Access denied: Bearer auth and org api keys are not allowed to access",
        "error": "ForbiddenError",
    }
