"""Datasets and items in the SDK's own way."""

from __future__ import annotations

import time
from datetime import timedelta

import httpx
import pytest
from langfuse.api.core.api_error import ApiError
from langfuse.media import LangfuseMedia


def message_of(failure: pytest.ExceptionInfo[ApiError]) -> str:
    return str(failure.value.body["message"])


def test_a_dataset_with_its_items_is_read_back(langfuse, unique):
    name = unique("team/set ü")
    langfuse.create_dataset(name=name, description="questions", metadata={"team": "support"})
    for number in range(3):
        langfuse.create_dataset_item(
            dataset_name=name,
            id=unique(f"item-{number}"),
            input={"q": f"question {number}"},
            expected_output={"a": number},
            metadata={"n": number},
        )
    dataset = langfuse.get_dataset(name, fetch_items_page_size=2)
    assert (dataset.name, dataset.description, dataset.metadata) == (name, "questions", {"team": "support"})
    assert [item.expected_output for item in dataset.items] == [{"a": 2}, {"a": 1}, {"a": 0}]
    assert dataset.items[0].dataset_name == name


def test_an_item_is_changed_archived_and_deleted_and_its_versions_stay(langfuse, unique):
    name, item = unique("versions"), unique("item")
    langfuse.create_dataset(name=name)
    first = langfuse.create_dataset_item(dataset_name=name, id=item, input="one", expected_output="1")
    time.sleep(0.005)
    langfuse.create_dataset_item(dataset_name=name, id=item, input="two")
    assert [(row.input, row.expected_output) for row in langfuse.get_dataset(name).items] == [("two", 1)]
    then = first.created_at + timedelta(milliseconds=1)
    assert [row.input for row in langfuse.get_dataset(name, version=then).items] == ["one"]
    langfuse.create_dataset_item(dataset_name=name, id=item, status="ARCHIVED")
    assert langfuse.get_dataset(name).items == []
    assert langfuse.api.dataset_items.get(item).status == "ARCHIVED"
    assert "deleted" in langfuse.api.dataset_items.delete(item).message
    with pytest.raises(ApiError) as failure:
        langfuse.api.dataset_items.get(item)
    assert message_of(failure) == "Dataset item not found"


def test_schemas_are_kept_and_hold(langfuse, unique):
    name = unique("typed")
    schema = {"type": "object", "properties": {"q": {"type": "string"}}, "required": ["q"]}
    created = langfuse.create_dataset(name=name, input_schema=schema)
    assert created.input_schema == schema
    with pytest.raises(ApiError) as failure:
        langfuse.create_dataset_item(dataset_name=name, input={"nope": 1})
    assert message_of(failure).endswith("Input validation failed: must have required property 'q'")


def test_what_is_not_there_is_said_so(langfuse, unique):
    with pytest.raises(ApiError) as failure:
        langfuse.create_dataset_item(dataset_name=unique("nope"), input=1)
    assert message_of(failure) == f"Dataset {unique('nope')} not found for project kit"
    with pytest.raises(ApiError) as failure:
        langfuse.get_dataset(unique("nope"))
    assert message_of(failure) == "Dataset not found"


def test_an_item_brings_its_media_along(langfuse, unique):
    name = unique("media")
    langfuse.create_dataset(name=name)
    content = unique("a text").encode()
    langfuse.create_dataset_item(
        dataset_name=name,
        input={"doc": LangfuseMedia(content_bytes=content, content_type="text/plain")},
    )
    (item,) = langfuse.get_dataset(name).items
    (reference,) = item.media_references
    assert (reference.field, reference.json_path) == ("input", "$['doc']")
    assert (reference.media.content_type, reference.media.content_length) == ("text/plain", len(content))
    assert httpx.get(reference.media.url, trust_env=False).content == content
