"""Scores as a table. Pure functions. Internal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from gateway_kit.common.tables import TIME, Column, Table
from gateway_kit.tracing.observations import in_reach

if TYPE_CHECKING:
    import pandas as pd

SCORES = Table(
    Column("score_id", "string", "its id"),
    Column("trace_id", "string", "the trace that was judged"),
    Column("observation_id", "string", "the observation that was judged"),
    Column("session", "string", "the session that was judged"),
    Column("name", "string", "what was judged"),
    Column("data_type", "string", "NUMERIC, BOOLEAN or CATEGORICAL"),
    Column("value", "float64", "the number; 1 and 0 for true and false; missing for a category"),
    Column("text", "string", 'the category, or "True" and "False"; missing for a number'),
    Column("comment", "string", "the reason"),
    Column("source", "string", "API, ANNOTATION (a person on Langfuse's page) or EVAL"),
    Column("timestamp", TIME, "when it was given"),
)

# Groups of v3/scores: the comment, and what the score is about.
SCORE_FIELDS = "details,subject"


def scores_frame(scores: Iterable[Any]) -> pd.DataFrame:
    """One row per score of the SDK (`ScoreV3`), in their order."""
    return SCORES.frame(_row(score) for score in scores)


def _row(score: Any) -> dict[str, Any]:
    number = isinstance(score.value, int | float)
    return {
        "score_id": score.id,
        **_subject(score.subject),
        "name": score.name,
        "data_type": score.data_type,
        "value": float(score.value) if number else None,
        "text": None if score.data_type == "NUMERIC" else str(score.value),
        "comment": score.comment or None,
        "source": getattr(score.source, "value", score.source),
        "timestamp": in_reach(score.timestamp),
    }


def _subject(subject: Any) -> dict[str, str | None]:
    kind = getattr(subject, "kind", None)
    if kind == "trace":
        return {"trace_id": subject.id}
    if kind == "session":
        return {"session": subject.id}
    if kind == "observation":
        return {"observation_id": subject.id, "trace_id": getattr(subject, "trace_id", None)}
    return {}
