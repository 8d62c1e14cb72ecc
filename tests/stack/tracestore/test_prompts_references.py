"""References between prompts: replaced when read, checked when made, kept from being deleted."""

from __future__ import annotations

from typing import Any

import pytest

from .prompt_calls import Prompts, refusal
from .store_program import StoreProgram


@pytest.fixture
def prompts(store: StoreProgram) -> Prompts:
    return Prompts(store)


def tag(name: str, label: str = "production", **version: int) -> str:
    which = f"version={version['version']}" if version else f"label={label}"
    return f"@@@langfusePrompt:name={name}|{which}@@@"


def make(prompts: Prompts, word: str, text: str) -> dict[str, Any]:
    return prompts.create(name=prompts.name(word), prompt=text, labels=["production"])


def test_a_reference_follows_its_label_and_its_version_stays(prompts):
    name = prompts.name("child")
    make(prompts, "child", "one")
    make(prompts, "parent", f"{tag(name)}, {tag(name, version=1)}, {tag(name, 'latest')}")
    make(prompts, "child", "two")
    assert prompts.read(prompts.name("parent"))["prompt"] == "two, one, two"
    unresolved = prompts.read(prompts.name("parent"), resolve="false")
    assert (unresolved["prompt"].count("@@@langfusePrompt:"), unresolved["resolutionGraph"]) == (3, None)


def test_what_is_replaced_may_have_any_characters(prompts):
    text = 'quotes " and \\ and $& and \n and \U0001f600 and {{x}}'
    make(prompts, "ü/child", text)
    messages = [{"role": "user", "content": f"<{tag(prompts.name('ü/child'))}>"}]
    name = prompts.create(type="chat", prompt=messages, labels=["production"])["name"]
    assert prompts.read(name)["prompt"] == [{"role": "user", "content": f"<{text}>"}]


def test_the_graph_has_each_way_on_which_a_prompt_is_used(prompts):
    leaf = make(prompts, "leaf", "leaf")
    left = make(prompts, "left", tag(prompts.name("leaf")))
    right = make(prompts, "right", tag(prompts.name("leaf")))
    root = make(prompts, "root", tag(prompts.name("left")) + tag(prompts.name("right")))

    def place(prompt):
        return {"id": prompt["id"], "name": prompt["name"], "version": 1}

    graph = prompts.read(prompts.name("root"))["resolutionGraph"]
    assert graph["root"] == place(root)
    assert graph["dependencies"] == {
        root["id"]: [place(left), place(right)],
        left["id"]: [place(leaf)],
        right["id"]: [place(leaf)],
    }


@pytest.mark.parametrize(
    "text",
    [
        "@@@langfusePrompt:label=production|name=x@@@",
        "@@@langfusePrompt:name=x@@@",
        "@@@langfusePrompt:name=x|label=production|more=1@@@",
        "@@@langfusePrompt:name=|label=production@@@",
        "@@@langfusePrompt:name=x|version=one@@@",
        "@@@langfusePrompt:name=x|version=1e999@@@",
        "@@@langfusePrompt:name=x|nothing@@@",
    ],
)
def test_a_malformed_reference_is_text(prompts, text):
    created = prompts.create(prompt=text, labels=["production"])
    found = prompts.read(created["name"])
    assert (found["prompt"], found["resolutionGraph"]) == (text, None)


def test_a_reference_that_cannot_be_followed_is_refused(prompts):
    chat, name = prompts.name("chat"), prompts.name("no")
    prompts.create(name=chat, type="chat", prompt=[], labels=["production"])
    assert (
        refusal(prompts.post(prompt=tag(name, version=7)))
        == f"Prompt dependency not found: {name} - version 7"
    )
    assert refusal(prompts.post(prompt=f"@@@langfusePrompt:name={name}|version=1.5@@@")) == (
        f"Prompt dependency not found: {name} - version 1.5"
    )
    assert refusal(prompts.post(prompt=tag(chat))) == (
        f"Prompt dependency is not a text prompt: {chat} - label production"
    )
    assert prompts.list(name=prompts.name())["data"] == []


def test_a_circle_is_refused_also_over_another_prompt(prompts):
    a, b = prompts.name("a"), prompts.name("b")
    make(prompts, "a", "a")
    make(prompts, "b", tag(a))
    answered = prompts.post(name=a, prompt=tag(b), labels=["production"])
    assert refusal(answered) == f"Circular dependency detected involving prompt '{a}' version 1"
    assert prompts.read(a)["version"] == 1


def test_five_levels_of_references_are_too_many(prompts):
    make(prompts, "0", "leaf")
    for level in range(1, 5):
        make(prompts, str(level), f"{level} {tag(prompts.name(str(level - 1)))}")
    assert prompts.read(prompts.name("4"))["prompt"] == "4 3 2 1 leaf"
    assert refusal(prompts.post(name=prompts.name("5"), prompt=tag(prompts.name("4")))) == (
        "Maximum nesting depth exceeded (5)"
    )


def test_references_that_became_too_deep_later_are_a_conflict(prompts):
    make(prompts, "child", "leaf")
    make(prompts, "parent", tag(prompts.name("child")))
    for level in range(4):
        make(prompts, str(level), tag(prompts.name(str(level - 1))) if level else "leaf")
    make(prompts, "child", tag(prompts.name("3")))
    assert prompts.read(prompts.name("child"))["prompt"] == "leaf"
    answered = prompts.get(prompts.name("parent"))
    assert refusal(answered, 409) == "Maximum nesting depth exceeded (5)"
    assert answered.json()["error"] == "LangfuseConflictError"
    assert prompts.get(prompts.name("parent"), resolve="false").status_code == 200


def test_what_others_need_is_not_deleted(prompts):
    child = prompts.name("child")
    make(prompts, "child", "one")
    make(prompts, "child", "two")
    make(prompts, "by-label", tag(child))
    make(prompts, "by-version", tag(child, version=1))
    lines = [
        f"{prompts.name('by-label')} v1 depends on {child} production",
        f"{prompts.name('by-version')} v1 depends on {child} v1",
    ]

    def needed(*lines: str) -> str:
        return (
            "Other prompts are depending on prompt versions you are trying to delete:\n\n"
            + "\n".join(lines)
            + "\n\nPlease delete the dependent prompts first."
        )

    assert refusal(prompts.delete(child)) == needed(*lines)
    assert refusal(prompts.delete(child, version=1)) == needed(lines[1])
    assert refusal(prompts.delete(child, label="production")) == needed(lines[0])
    assert prompts.delete(prompts.name("by-version")).status_code == 204
    assert prompts.delete(child, version=1).status_code == 204


def test_few_references_that_would_become_a_huge_prompt_are_refused(prompts):
    make(prompts, "0", "x" * 1_000_000)
    make(prompts, "1", tag(prompts.name("0")) * 10)
    answered = prompts.post(name=prompts.name("2"), prompt=tag(prompts.name("1")) * 10)
    assert refusal(answered) == "With its references the prompt is longer than 16777216 characters"


def test_references_that_would_be_followed_thousands_of_times_are_refused(prompts):
    make(prompts, "0", "leaf")
    names = [prompts.name("0")]
    for level in (1, 2, 3):  # each level uses all of the level below, so that the ways multiply
        text = "".join(map(tag, names))
        names = [make(prompts, f"{level}{word}", text)["name"] for word in "abcdefgh"]
    answered = prompts.post(name=prompts.name("4"), prompt="".join(map(tag, names)))
    assert refusal(answered) == "More than 500 references have to be followed"
