"""Checks accepted scores against their config: what Langfuse drops silently has a reason here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway_kit.stack.servers.tracestore.api.answers import number
from gateway_kit.stack.servers.tracestore.api.scores.score_shapes import (
    ANNOTATION_NEEDS_CONFIG,
    MAX_TEXT_CHARS,
    needs_config,
)

_ON_TRACES_ONLY = (
    "CORRECTION scores cannot be associated with {}. Please associate with a trace or observation instead."
)


def with_config(
    score: Mapping[str, Any], configs: Mapping[str, Mapping[str, Any]]
) -> tuple[dict[str, Any], str]:
    """The score with the name and the type of its config; and '', or why it is dropped."""
    made = dict(score)
    if needs_config(score):
        return made, ANNOTATION_NEEDS_CONFIG
    if not score.get("configId"):
        return made, _correction_fault(score)
    config = configs.get(score["configId"])
    if config is None:
        return made, "The configId you provided does not match a valid config in this project"
    made["name"] = config["name"]
    reason = _mismatch(score, config)
    made["dataType"] = config["data_type"]
    return made, reason


def _correction_fault(score: Mapping[str, Any]) -> str:
    if score.get("dataType") == "CORRECTION":
        for name, words in (("sessionId", "sessions"), ("datasetRunId", "dataset runs")):
            if score.get(name):
                return _ON_TRACES_ONLY.format(words)
    return ""


def _mismatch(score: Mapping[str, Any], config: Mapping[str, Any]) -> str:
    given, expected = score.get("dataType"), config["data_type"]
    if given and given != expected:
        return f"Data type mismatch based on config: expected {expected}, got {given}"
    if config["is_archived"]:
        return "Config is archived and cannot be used to create new scores. Please restore the config first."
    fault = _value_fault(score["value"], config)
    return f"Ingested score body not valid against provided config: {fault}" if fault else ""


def _value_fault(value: Any, config: Mapping[str, Any]) -> str:
    kind, is_text = config["data_type"], isinstance(value, str)
    if is_text != (kind in ("CATEGORICAL", "TEXT")):
        expected, received = ("string", "number") if not is_text else ("number", "string")
        return f"value - Invalid input: expected {expected}, received {received}"
    if kind == "NUMERIC":
        least, most = config["min_value"], config["max_value"]
        if most is not None and value > most:
            return f"Value exceeds maximum value of {number(most)} defined in config"
        if least is not None and value < least:
            return f"Value is below minimum value of {number(least)} defined in config"
    elif kind == "BOOLEAN" and value not in (0, 1):
        return "value - Value must be either 0 or 1"
    elif kind == "CATEGORICAL" and all(value != one["label"] for one in config["categories"] or []):
        return f"Value {value} does not map to a valid category. Pass a valid category value."
    elif kind == "TEXT" and not 1 <= len(value) <= MAX_TEXT_CHARS:
        return f"value - a text has 1 to {MAX_TEXT_CHARS} characters"
    return ""
