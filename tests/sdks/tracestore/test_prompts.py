"""Prompts in the SDK's own way: make, get with its cache and fallback, compile, move labels, link a call, delete."""

from __future__ import annotations

import logging

import pytest
from langfuse.api import Error, NotFoundError


def test_a_text_prompt_is_made_read_and_compiled(langfuse, unique):
    name = unique("team/text ü")
    made = langfuse.create_prompt(
        name=name,
        prompt="Answer {{question}} as {{tone}} support",
        labels=["production"],
        tags=["support"],
        config={"model": "gpt-4o-mini", "temperature": 0.2},
        commit_message="first",
    )
    assert (made.version, made.labels) == (1, ["production", "latest"])
    found = langfuse.get_prompt(name)
    assert (found.version, found.tags, found.commit_message) == (1, ["support"], "first")
    assert found.config == {"model": "gpt-4o-mini", "temperature": 0.2}
    assert found.compile(question="why?", tone="kind") == "Answer why? as kind support"


def test_a_chat_prompt_has_messages_and_placeholders(langfuse, unique):
    name = unique("chat")
    langfuse.create_prompt(
        name=name,
        type="chat",
        prompt=[
            {"role": "system", "content": "Be {{mood}}"},
            {"type": "placeholder", "name": "history"},
            {"role": "user", "content": "{{question}}"},
        ],
        labels=["production"],
    )
    history = [{"role": "assistant", "content": "hello"}]
    compiled = langfuse.get_prompt(name, type="chat").compile(mood="kind", question="why?", history=history)
    assert [(message["role"], message["content"]) for message in compiled] == [
        ("system", "Be kind"),
        ("assistant", "hello"),
        ("user", "why?"),
    ]


def test_a_prompt_is_kept_for_a_minute_and_read_anew_when_asked(langfuse, unique):
    name = unique("cached")
    langfuse.create_prompt(name=name, prompt="one", labels=["production"])
    assert langfuse.get_prompt(name).prompt == "one"
    # Past the client, whose own changes empty its cache.
    langfuse.api.prompts.create(
        request={"type": "text", "name": name, "prompt": "two", "labels": ["production"]}
    )
    assert langfuse.get_prompt(name).prompt == "one"
    assert langfuse.get_prompt(name, cache_ttl_seconds=0).prompt == "two"
    assert langfuse.get_prompt(name, version=1).prompt == "one"


def test_an_unknown_prompt_fails_or_falls_back(langfuse, unique, caplog):
    caplog.set_level(logging.CRITICAL, "langfuse")
    with pytest.raises(NotFoundError):
        langfuse.get_prompt(unique("none"))
    fallback = langfuse.get_prompt(unique("none"), fallback="Say {{x}}")
    assert fallback.is_fallback
    assert fallback.compile(x="hello") == "Say hello"


def test_a_label_is_moved_and_moved_back(langfuse, unique):
    name = unique("moved")
    for text in ("one", "two"):
        langfuse.create_prompt(name=name, prompt=text, labels=["production"])
    langfuse.update_prompt(name=name, version=1, new_labels=["production", "stable"])
    assert langfuse.get_prompt(name).prompt == "one"
    assert langfuse.get_prompt(name, label="latest").prompt == "two"
    with pytest.raises(Error):
        langfuse.update_prompt(name=name, version=1, new_labels=["latest"])


def test_prompts_are_listed_and_deleted(langfuse, unique):
    name = unique("listed")
    for labels in (["production"], ["staging"]):
        langfuse.create_prompt(name=name, prompt="x", labels=labels, tags=[unique("tag")])
    (row,) = langfuse.api.prompts.list(tag=unique("tag")).data
    assert (row.name, row.versions, row.labels) == (name, [1, 2], ["latest", "production", "staging"])
    langfuse.api.prompts.delete(name, label="staging")
    assert langfuse.api.prompts.list(name=name).data[0].versions == [1]
    langfuse.api.prompts.delete(name)
    assert langfuse.api.prompts.list(name=name).data == []


def test_a_reference_is_resolved_and_its_graph_is_told(langfuse, unique):
    langfuse.create_prompt(name=unique("child"), prompt="be kind", labels=["production"])
    text = f"Always @@@langfusePrompt:name={unique('child')}|label=production@@@."
    langfuse.create_prompt(name=unique("parent"), prompt=text, labels=["production"])
    assert langfuse.get_prompt(unique("parent")).prompt == "Always be kind."
    graph = langfuse.api.prompts.get(unique("parent")).resolution_graph
    assert [[used["name"] for used in uses] for uses in graph["dependencies"].values()] == [[unique("child")]]


def test_a_call_is_linked_to_its_prompt(langfuse, unique):
    made = langfuse.create_prompt(name=unique("linked"), prompt="x", labels=["production"])
    prompt = langfuse.get_prompt(unique("linked"))
    with langfuse.start_as_current_observation(
        name="call", as_type="generation", model="gpt-4o-mini", prompt=prompt
    ) as call:
        pass
    langfuse.flush()
    (row,) = langfuse.api.observations.get_many(trace_id=call.trace_id, fields="core,prompt").data
    stored = langfuse.api.prompts.get(unique("linked"))
    assert (row.prompt_name, row.prompt_version) == (unique("linked"), made.version)
    assert row.prompt_id
    assert stored.version == row.prompt_version
