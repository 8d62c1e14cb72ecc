"""Versions of prompts: making them, reading them, moving labels, deleting; what is refused, and how."""

from __future__ import annotations

import json

import httpx
import pytest

from .prompt_calls import PROMPTS, Prompts, issues, refusal
from .store_program import StoreProgram


@pytest.fixture
def prompts(store: StoreProgram) -> Prompts:
    return Prompts(store)


def custom(message: str) -> dict[str, object]:
    return {"code": "custom", "path": ["name"], "message": message}


def unlike(path: list[object], pattern: str, message: str) -> dict[str, object]:
    return {
        "origin": "string",
        "code": "invalid_format",
        "format": "regex",
        "pattern": f"/{pattern}/",
        "path": path,
        "message": message,
    }


STARTS = unlike(["name"], "^[^/]", "Name cannot start with a slash")
ENDS = unlike(["name"], "^.*[^/]$", "Name cannot end with a slash")
EMPTY = {
    "origin": "string",
    "code": "too_small",
    "minimum": 1,
    "inclusive": True,
    "path": ["name"],
    "message": "Text cannot be empty",
}
LABEL = unlike(
    ["labels", 0],
    r"^[a-z0-9_\-.]+$",
    "Label must be lowercase alphanumeric with optional underscores, hyphens, or periods",
)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("", [EMPTY, STARTS, ENDS]),
        ("a/", [ENDS]),
        ("a\nb", [ENDS]),
        ("<b>x</b>", [custom("Text cannot contain HTML tags")]),
        (" \u3000", [custom("Name cannot be empty")]),
        ("new", [custom("Prompt name cannot be 'new'")]),
        (" prompt-detail ", [custom("Prompt name cannot be 'prompt-detail'")]),
    ],
)
def test_a_name_that_langfuse_refuses_is_refused_with_its_words(prompts, name, expected):
    assert issues(prompts.post(name=name)) == expected


def test_a_name_is_stripped_and_reserved_words_are_allowed_in_folders(prompts):
    assert prompts.create(name=f" {prompts.name()} ")["name"] == prompts.name()
    assert prompts.create(name=f"{prompts.name()}/new")["name"] == f"{prompts.name()}/new"


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("x" * 37, [{"origin": "string", "code": "too_big", "maximum": 36, "inclusive": True, "path": ["labels", 0],
                     "message": "Too big: expected string to have <=36 characters"}]),
        ("", [{"origin": "string", "code": "too_small", "minimum": 1, "inclusive": True, "path": ["labels", 0],
               "message": "Too small: expected string to have >=1 characters"}, LABEL]),
        ("ü", [LABEL]),
        ("a\n", [LABEL]),
    ],
)  # fmt: skip
def test_a_label_that_langfuse_refuses_is_refused_with_its_words(prompts, label, expected):
    assert issues(prompts.post(labels=[label])) == expected


def test_a_field_of_the_wrong_type_is_named_for_both_shapes(prompts):
    wrong = issues(prompts.post(labels=None, tags=[1], commitMessage=2))
    labels = {
        "expected": "array",
        "code": "invalid_type",
        "path": ["labels"],
        "message": "Invalid input: expected array, received null",
    }
    tags = {
        "expected": "string",
        "code": "invalid_type",
        "path": ["tags", 0],
        "message": "Invalid input: expected string, received number",
    }
    message = {**tags, "path": ["commitMessage"]}
    as_chat = [
        {
            "code": "invalid_value",
            "values": ["chat"],
            "path": ["type"],
            "message": 'Invalid input: expected "chat"',
        },
        {
            "expected": "array",
            "code": "invalid_type",
            "path": ["prompt"],
            "message": "Invalid input: expected array, received string",
        },
    ]
    assert wrong == [
        {
            "code": "invalid_union",
            "errors": [[labels, tags, message], [labels, *as_chat, tags, message]],
            "path": [],
            "message": "Invalid input",
        }
    ]


def test_a_commit_message_has_at_most_500_characters(prompts):
    assert prompts.create(commitMessage="x" * 500)["commitMessage"] == "x" * 500
    assert issues(prompts.post(commitMessage="x" * 501))[0]["maximum"] == 500
    # An emoji counts twice, as in JavaScript.
    assert issues(prompts.post(commitMessage="\U0001f600" * 251))[0]["path"] == ["commitMessage"]


@pytest.mark.parametrize("body", ["[]", "null", '"text"', "7"])
def test_a_body_that_is_no_object_is_refused(store, body):
    answered = store.http.post(PROMPTS, content=body, headers={"content-type": "application/json"})
    (union,) = issues(answered)
    assert [attempt[0]["expected"] for attempt in union["errors"]] == ["object", "object"]


def test_an_empty_body_is_an_empty_object(store):
    (union,) = issues(store.http.post(PROMPTS))
    assert [issue["path"] for issue in union["errors"][0]] == [["name"], ["prompt"]]


@pytest.mark.parametrize("config", [None, {}, {"b": 1, "a": [1.5, None]}, [1], "text", 0, False])
def test_a_config_is_any_json_and_keeps_its_order(prompts, config):
    created = prompts.create(config=config, labels=["production"])
    assert json.dumps(created["config"]) == json.dumps({} if config is None else config)
    assert prompts.read(created["name"])["config"] == created["config"]


MESSAGE = {"role": "user", "content": "hello {{name}}"}


def test_a_message_of_a_chat_keeps_role_and_content_and_a_placeholder_its_name(prompts):
    sent = [
        {**MESSAGE, "more": 1},
        {"type": "placeholder", "name": "history", "more": 1},
        {"role": "", "content": ""},
    ]
    created = prompts.create(type="chat", prompt=sent)
    assert created["prompt"] == [
        MESSAGE,
        {"type": "placeholder", "name": "history"},
        {"role": "", "content": ""},
    ]
    assert prompts.create(type="chat", prompt=[])["prompt"] == []


def test_a_message_that_is_neither_is_refused_for_both_shapes(prompts):
    (union,) = issues(prompts.post(type="chat", prompt=[{"role": "user"}]))
    (message,) = union["errors"][1]
    assert (message["path"], message["code"]) == (["prompt", 0], "invalid_union")
    assert [[issue["path"] for issue in attempt] for attempt in message["errors"]] == [
        [["content"]],
        [["type"], ["name"]],
    ]


def test_a_placeholder_with_a_bad_name_is_refused_for_its_name_alone(prompts):
    (issue,) = issues(prompts.post(type="chat", prompt=[{"type": "placeholder", "name": "1x"}]))
    assert (issue["path"], issue["pattern"]) == (["prompt", 0, "name"], "/^[a-zA-Z][a-zA-Z0-9_]*$/")


def test_a_variable_and_a_placeholder_must_not_have_the_same_name(prompts):
    messages = [MESSAGE, {"type": "placeholder", "name": "name"}]
    assert refusal(prompts.post(type="chat", prompt=messages)) == (
        "Cannot create prompt, variables and placeholders must be unique, the following are not: name"
    )


def test_labels_stand_on_one_version_and_the_new_one_is_the_latest(prompts):
    name = prompts.name()
    first = prompts.create(labels=["production", "b", "production"])
    assert first["labels"] == ["production", "b", "latest"]
    second = prompts.create(labels=["latest", "b"])
    assert (second["version"], second["labels"]) == (2, ["latest", "b"])
    assert prompts.read(name)["labels"] == ["production"]
    assert prompts.read(name, label="latest")["version"] == 2
    assert refusal(prompts.get(name, label="c"), 404) == f"Prompt not found: '{name}' with label 'c'"


def test_a_version_of_zero_and_an_empty_label_count_as_not_given(prompts):
    created = prompts.create(labels=["production"])
    name = created["name"]
    for query in ({"version": 0}, {"version": ""}, {"label": ""}, {"version": 0, "label": "latest"}):
        assert prompts.read(name, **query)["id"] == created["id"]
    assert refusal(prompts.get(prompts.name("no"), label=""), 404).endswith("with label ''")


@pytest.mark.parametrize("version", ["-1", "99999999999", "9" * 30])
def test_a_version_that_cannot_be_there_is_not_found(prompts, version):
    name = prompts.create()["name"]
    assert refusal(prompts.get(name, version=version), 404).startswith(
        f"Prompt not found: '{name}' with version "
    )


def test_a_version_with_a_fraction_is_refused(prompts):
    assert (
        issues(prompts.get("x", version="1.5"))[0]["message"]
        == "Invalid input: expected int, received number"
    )


def test_tags_belong_to_all_versions(prompts):
    name = prompts.name()
    prompts.create(tags=["b", "a", "b"])
    assert prompts.create(tags=None)["tags"] == ["b", "a"]
    assert prompts.create(tags=[])["tags"] == []
    assert prompts.read(name, version=1)["tags"] == []


def test_labels_are_added_and_taken_from_others_and_none_is_removed(prompts):
    name = prompts.create(labels=["production", "a"])["name"]
    prompts.create(labels=["b"])
    changed = prompts.patch(name, 2, ["production", "b", "production"]).json()
    assert (changed["labels"], changed["isActive"]) == (["production", "b", "latest"], None)
    assert prompts.read(name, version=1)["labels"] == ["a"]
    assert prompts.patch(name, 2, []).json()["labels"] == ["production", "b", "latest"]
    assert prompts.read(name)["isActive"] is True


def test_labels_that_are_no_list_of_texts_are_refused(prompts):
    name = prompts.create()["name"]
    assert (
        issues(prompts.patch(name, 1, None))[0]["message"] == "Invalid input: expected array, received null"
    )
    assert issues(prompts.patch(name, 1, [1]))[0]["path"] == ["newLabels", 0]
    assert (
        refusal(prompts.patch(name, "abc", ["a"]), 404) == f"Prompt '{name}' version NaN not found in project"
    )
    assert (
        refusal(prompts.patch(name, "1.5", ["a"]), 404) == f"Prompt '{name}' version 1.5 not found in project"
    )
    assert prompts.patch(name, "1.0", ["a"]).status_code == 200


def test_a_deleted_latest_version_gives_its_label_to_the_one_before(prompts):
    name = prompts.name()
    for _ in range(3):
        prompts.create()
    assert prompts.delete(name, version=3).status_code == 204
    assert prompts.read(name, version=2)["labels"] == ["latest"]
    assert prompts.delete(name, label="latest").content == b""
    assert [prompts.get(name, version=number).status_code for number in (1, 2, 3)] == [200, 404, 404]
    assert prompts.create()["version"] == 2
    assert refusal(prompts.delete(name, version=1, label="latest")) == "Cannot specify both version and label"
    assert prompts.delete(name).status_code == 204
    assert refusal(prompts.delete(name), 404) == "Prompt not found"


def test_a_list_is_filtered_by_what_its_rows_say(prompts):
    a, b = prompts.name("a"), prompts.name("b")
    prompts.create(name=a, labels=["production"], config={"n": 1}, tags=[prompts.name("tag")])
    later = prompts.create(name=a, config={"n": 2})
    prompts.create(name=b, tags=[prompts.name("tag")], type="chat", prompt=[])
    both = prompts.list(tag=prompts.name("tag"))
    assert [row["name"] for row in both["data"]] == [a, b]
    assert both["meta"] == both["pagination"] == {"page": 1, "limit": 10, "totalItems": 2, "totalPages": 1}
    (row,) = prompts.list(name=a)["data"]
    assert (row["versions"], row["lastConfig"], row["labels"]) == ([1, 2], {"n": 2}, ["latest", "production"])
    (row,) = prompts.list(name=a, version=1)["data"]
    assert (row["versions"], row["lastConfig"], row["labels"]) == ([1], {"n": 1}, ["production"])
    (row,) = prompts.list(name=a, fromUpdatedAt=later["updatedAt"], label="latest")["data"]
    assert (row["versions"], row["lastUpdatedAt"]) == ([2], later["updatedAt"])
    assert prompts.list(name=a, toUpdatedAt=later["updatedAt"], label="latest")["data"] == []
    assert [row["name"] for row in prompts.list(tag=prompts.name("tag"), limit=1, page=2)["data"]] == [b]


def test_a_page_of_prompts_may_not_be_empty(prompts, store):
    for query in ({"page": "0"}, {"page": ""}, {"limit": ""}):
        answered = store.http.get(PROMPTS, params=query)
        assert issues(answered)[0]["message"] == "Too small: expected number to be >=1"


def test_a_public_key_alone_may_not_read_prompts(store):
    bearer = {"authorization": f"Bearer {store.public_key}"}
    answered = httpx.get(store.url + PROMPTS, headers=bearer)
    assert (answered.status_code, answered.json()) == (
        403,
        {
            "message": "Access denied - need to use basic auth with secret key to GET prompts",
            "error": "ForbiddenError",
        },
    )
    # Labels are changed through a newer part of Langfuse, which has other words.
    answered = httpx.patch(f"{store.url}{PROMPTS}/x/versions/1", json={"newLabels": []})
    assert (answered.status_code, answered.json()) == (401, {"message": "No authorization header"})
