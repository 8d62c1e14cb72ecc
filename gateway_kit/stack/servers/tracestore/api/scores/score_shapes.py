"""What a score may hold: in POST scores, and in an event of POST ingestion."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway_kit.stack.servers.tracestore.api import rules, shapes
from gateway_kit.stack.servers.tracestore.api.shapes import Shape

DATA_TYPES = ("NUMERIC", "BOOLEAN", "CATEGORICAL", "TEXT", "CORRECTION")
SOURCES = ("API", "ANNOTATION", "EVAL")
MAX_TEXT_CHARS = 500  # of a TEXT score, as in Langfuse
MAX_SCORE_ID_CHARS = 800
ANNOTATION_NEEDS_CONFIG = "configId is required when source is ANNOTATION (except for CORRECTION scores)."
_ONE_SUBJECT = (
    "Provide exactly one of the following: traceId (with optional observationId), sessionId or datasetRunId. "
    "ObservationId requires traceId."
)
_NO_RETURN = "ID cannot contain carriage return characters"
_IS_BOOLEAN = "Value must be a number equal to either 0 or 1 for data type BOOLEAN"

_CONFIG: Mapping[str, Shape] = {"configId": shapes.nullish(shapes.text())}
_VALUES: Mapping[str, Mapping[str, Shape]] = {
    "NUMERIC": {"value": shapes.number(), **_CONFIG},
    "CATEGORICAL": {"value": shapes.text(), **_CONFIG},
    "BOOLEAN": {"value": shapes.number(rules.holds(lambda value: value in (0, 1), _IS_BOOLEAN)), **_CONFIG},
    "CORRECTION": {"value": shapes.text(), "configId": shapes.nullish(shapes.nothing())},
    "TEXT": {"value": shapes.text(least=1, most=MAX_TEXT_CHARS), **_CONFIG},
}
_UNTYPED: Mapping[str, Shape] = {"value": shapes.any_of(shapes.text(), shapes.number()), **_CONFIG}


def needs_config(score: Mapping[str, Any]) -> bool:
    """Whether a person's judgement lacks its config."""
    return (
        score.get("source") == "ANNOTATION"
        and not score.get("configId")
        and score.get("dataType") != "CORRECTION"
    )


def _has_one_subject(score: Mapping[str, Any]) -> bool:
    given = [name for name in ("traceId", "sessionId", "datasetRunId") if score.get(name)]
    return len(given) == 1 and (given == ["traceId"] or not score.get("observationId"))


def _typed(values: Mapping[str, Shape], base: Mapping[str, Shape]) -> Shape:
    any_kind: Mapping[str, Shape] = {"dataType": lambda value, *_: value}
    return shapes.fields({**base, **values, **any_kind})


def _by_type(base: Mapping[str, Shape]) -> Shape:
    typed = {name: _typed(values, base) for name, values in _VALUES.items()}
    return shapes.by_kind("dataType", typed, _typed(_UNTYPED, base))


_TEXTS = ("traceId", "sessionId", "datasetRunId", "observationId", "comment")
_SUBJECT = rules.holds(
    _has_one_subject, _ONE_SUBJECT, "traceId", "sessionId", "datasetRunId", "observationId"
)
_OPTIONAL = shapes.nullish(shapes.text())

BODY: Shape = shapes.both(
    shapes.fields(
        {
            "id": _OPTIONAL,
            "name": shapes.text(least=1),
            **dict.fromkeys(_TEXTS, _OPTIONAL),
            "metadata": shapes.nullish(shapes.json_value),
            "environment": shapes.optional(shapes.text(), "default"),
            "queueId": _OPTIONAL,
            "source": shapes.optional(shapes.choice(("API", "ANNOTATION")), "API"),
        }
    ),
    _by_type({}),
    _SUBJECT,
    rules.holds(lambda score: not needs_config(score), ANNOTATION_NEEDS_CONFIG, "configId"),
)

_ID = shapes.text(
    least=1, most=MAX_SCORE_ID_CHARS, rules=[rules.holds(lambda sent: "\r" not in sent, _NO_RETURN)]
)

EVENT: Shape = shapes.ruled(
    _by_type(
        {
            "id": shapes.nullish(_ID),
            "name": shapes.text(least=1),
            "traceId": _OPTIONAL,
            "sessionId": _OPTIONAL,
            "datasetRunId": _OPTIONAL,
            "environment": lambda value, *_: value,  # an invalid one becomes "default"
            "observationId": _OPTIONAL,
            "comment": _OPTIONAL,
            "metadata": shapes.nullish(shapes.json_value),
            "source": shapes.optional(shapes.choice(("API", "EVAL", "ANNOTATION")), "API"),
            "executionTraceId": _OPTIONAL,
            "queueId": _OPTIONAL,
        }
    ),
    _SUBJECT,
)
