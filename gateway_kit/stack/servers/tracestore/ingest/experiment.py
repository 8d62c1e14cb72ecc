"""The experiment that a span belongs to, by its attributes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC
from typing import Any, NamedTuple

from gateway_kit.stack.servers.tracestore.ingest.metadata import flatten
from gateway_kit.stack.servers.tracestore.ingest.span import Attributes
from gateway_kit.stack.servers.tracestore.ingest.values import (
    as_text,
    first_text,
    jsonb,
    parsed,
    raw_text,
    read_time,
)

MAX_ROOT_ID_CHARS = 64  # an id of a span has 16; with the experiment's id it has to fit into an index's row
_PREFIX = "langfuse.experiment."


class Experiment(NamedTuple):
    """What the columns of a row are; `details` is JSON. All are None for a span of no experiment."""

    id: str | None = None
    name: str | None = None
    dataset_id: str | None = None
    item_id: str | None = None
    root_id: str | None = None
    details: str | None = None


NO_EXPERIMENT = Experiment()


def experiment_of(
    attributes: Attributes, span_id: str, metadata: Callable[[], Mapping[str, Any]]
) -> Experiment:
    """The span's experiment. `metadata` makes the span's metadata with its values as text."""
    experiment_id = _text(attributes, "id")
    if experiment_id is None:
        return NO_EXPERIMENT
    root_id = (_text(attributes, "item.root_observation_id") or "")[:MAX_ROOT_ID_CHARS] or None
    details: dict[str, Any] = {
        "description": _whole_text(attributes, "description"),
        "metadata": _metadata(attributes, "metadata"),
        "itemMetadata": _metadata(attributes, "item.metadata"),
        "expectedOutput": _whole_text(attributes, "item.expected_output"),
        "itemVersion": _version(attributes.get(f"{_PREFIX}item.version")),
    }
    if root_id == span_id:
        details["observationMetadata"] = metadata()
    return Experiment(
        experiment_id,
        _text(attributes, "name"),
        _text(attributes, "dataset.id"),
        _text(attributes, "item.id"),
        root_id,
        jsonb(details),
    )


def _text(attributes: Attributes, name: str) -> str | None:
    return first_text(attributes, (f"{_PREFIX}{name}",)) or None


def _whole_text(attributes: Attributes, name: str) -> str:
    """The same without a limit: it is in no index."""
    value = attributes.get(f"{_PREFIX}{name}")
    return as_text(value) if value else ""


def _metadata(attributes: Attributes, name: str) -> dict[str, Any]:
    """Flat, with values as text: of one attribute in JSON, as SDK 5 sends it, or one for each key, as SDK 4 does."""
    whole = parsed(attributes.get(f"{_PREFIX}{name}"))
    if isinstance(whole, list):
        whole = {str(index): value for index, value in enumerate(whole)}
    sent: dict[str, Any] = dict(whole) if isinstance(whole, dict) else {}
    prefix = f"{_PREFIX}{name}."
    sent |= {key[len(prefix) :]: value for key, value in attributes.items() if key.startswith(prefix)}
    fields: dict[str, Any] = {}
    for key, value in sent.items():
        if key:
            flatten(key, value, fields, raw_text)
    return fields


def _version(sent: Any) -> str | None:
    """The time of a version of a dataset's items; None for anything else."""
    time = read_time(sent)
    return None if time is None else time.astimezone(UTC).isoformat(timespec="milliseconds")
