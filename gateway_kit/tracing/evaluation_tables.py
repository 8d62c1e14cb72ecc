"""Prompts, datasets and experiments as tables. Pure functions. Internal."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from gateway_kit.common.tables import TIME, Column, Table
from gateway_kit.tracing.observations import in_reach, parsed

if TYPE_CHECKING:
    import pandas as pd

PROMPTS = Table(
    Column("name", "string", "its name"),
    Column("type", "string", "text or chat"),
    Column("versions", "object", "list of int, all of them"),
    Column("labels", "object", "list of str, of all versions"),
    Column("tags", "object", "list of str"),
    Column("updated", TIME, "last change"),
)
VERSIONS = Table(
    Column("version", "Int64", "its number"),
    Column("labels", "object", "list of str; the application gets the one labelled production"),
    Column("created", TIME, "when it was made"),
    Column("commit_message", "string", "why"),
    Column("prompt", "object", "the text, or a list of messages; references are resolved"),
    Column("config", "object", "dict, such as model and temperature"),
)
DATASETS = Table(
    Column("name", "string", "its name"),
    Column("dataset_id", "string", "its id"),
    Column("description", "string", "what it is for"),
    Column("metadata", "object", "dict"),
    Column("created", TIME, "when it was made"),
    Column("updated", TIME, "last change of the dataset itself"),
)
DATASET_ITEMS = Table(
    Column("item_id", "string", "its id"),
    Column("input", "object", "what the application gets"),
    Column("expected", "object", "what a good answer is, in the form that the evaluators read"),
    Column("metadata", "object", "dict"),
    Column("trace_id", "string", "the trace it comes from"),
    Column("updated", TIME, "time of this version of the item"),
)
EXPERIMENTS = Table(
    Column("experiment", "string", "the name of the run"),
    Column("experiment_id", "string", "its id"),
    Column("dataset_id", "string", "missing for local data"),
    Column("items", "Int64", "how many were run"),
    Column("started", TIME, "first item"),
    Column("ended", TIME, "last item"),
    Column("metadata", "object", "dict"),
    Column("scores", "object", "dict of name → value, of the run as a whole"),
)
EXPERIMENT_ITEMS = Table(
    Column("experiment", "string", "the name of the run"),
    Column("item_id", "string", "the dataset's item"),
    Column("input", "object", "what the application got"),
    Column("output", "object", "what it returned"),
    Column("expected", "object", "what a good answer is"),
    Column("metadata", "object", "dict, of the dataset's item"),
    Column("scores", "object", "dict of name → value, of the item"),
    Column("level", "string", "ERROR if the application failed"),
    Column("started", TIME, "when the application began"),
    Column("latency_s", "float64", "seconds that the application took"),
    Column("trace_id", "string", "the item's trace"),
)


def prompts_frame(prompts: Iterable[Any]) -> pd.DataFrame:
    """One row per prompt of the SDK (`PromptMeta`), in their order."""
    return PROMPTS.frame(
        {
            "name": prompt.name,
            "type": _word(prompt.type),
            "versions": list(prompt.versions),
            "labels": list(prompt.labels),
            "tags": list(prompt.tags),
            "updated": in_reach(prompt.last_updated_at),
        }
        for prompt in prompts
    )


def versions_frame(prompts: Iterable[Any]) -> pd.DataFrame:
    """One row per prompt version of the SDK (`Prompt`), in their order."""
    return VERSIONS.frame(
        {
            "version": prompt.version,
            "labels": list(prompt.labels),
            # The SDK's type leaves the times of a prompt out of its declared fields.
            "created": getattr(prompt, "createdAt", None),
            "commit_message": prompt.commit_message or None,
            "prompt": _prompt(prompt.prompt),
            "config": prompt.config,
        }
        for prompt in prompts
    )


def datasets_frame(datasets: Iterable[Any]) -> pd.DataFrame:
    """One row per dataset of the SDK, in their order."""
    return DATASETS.frame(
        {
            "name": dataset.name,
            "dataset_id": dataset.id,
            "description": dataset.description or None,
            "metadata": _mapping(dataset.metadata),
            "created": in_reach(dataset.created_at),
            "updated": in_reach(dataset.updated_at),
        }
        for dataset in datasets
    )


def dataset_items_frame(items: Iterable[Any]) -> pd.DataFrame:
    """One row per dataset item of the SDK, in their order."""
    return DATASET_ITEMS.frame(
        {
            "item_id": item.id,
            "input": item.input,
            "expected": item.expected_output,
            "metadata": _mapping(item.metadata),
            "trace_id": item.source_trace_id or None,
            "updated": in_reach(item.updated_at),
        }
        for item in items
    )


def experiments_frame(experiments: Iterable[Any]) -> pd.DataFrame:
    """One row per experiment of the SDK, in their order."""
    return EXPERIMENTS.frame(
        {
            "experiment": each.name,
            "experiment_id": each.id,
            "dataset_id": each.dataset_id or None,
            "items": each.item_count,
            "started": in_reach(each.start_time),
            "ended": in_reach(each.end_time),
            "metadata": _mapping(each.metadata),
            "scores": _scores(each.scores),
        }
        for each in experiments
    )


def experiment_items_frame(items: Iterable[Any]) -> pd.DataFrame:
    """One row per experiment item of the SDK, in their order."""
    return EXPERIMENT_ITEMS.frame(
        {
            "experiment": item.experiment_name,
            "item_id": item.experiment_item_id,
            "input": parsed(item.input),
            "output": parsed(item.output),
            "expected": parsed(item.expected_output),
            "metadata": _mapping(item.experiment_item_metadata),
            "scores": _scores(item.scores),
            "level": _word(item.level),
            "started": in_reach(item.start_time),
            "latency_s": (item.end_time - item.start_time).total_seconds() if item.end_time else None,
            "trace_id": item.trace_id,
        }
        for item in items
    )


def _scores(scores: Iterable[Any] | None) -> dict[str, Any]:
    """Of several scores with one name the newest counts."""
    return {score.name: score.value for score in sorted(scores or (), key=lambda score: score.timestamp)}


def _mapping(value: Any) -> dict[str, Any]:
    """A dict whose values are parsed if they are JSON: Langfuse keeps an experiment's metadata as texts."""
    return {name: _value(each) for name, each in value.items()} if isinstance(value, Mapping) else {}


def _value(text: Any) -> Any:
    try:
        return json.loads(text) if isinstance(text, str) else text
    except ValueError:
        return text


def _prompt(prompt: Any) -> Any:
    """The text, or the messages as dicts."""
    return prompt if isinstance(prompt, str) else [_message(message) for message in prompt]


def _message(message: Any) -> dict[str, Any]:
    fields: dict[str, Any] = message.dict() if hasattr(message, "dict") else dict(message)
    return {name: value for name, value in fields.items() if value is not None}


def _word(value: Any) -> str:
    return str(getattr(value, "value", value))
