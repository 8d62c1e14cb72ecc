"""Scores as a table. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from gateway_kit.tracing.observation_table import frame

if TYPE_CHECKING:
    import pandas as pd

SCORE_COLUMNS: Mapping[str, str] = {
    "score_id": "string",
    "trace_id": "string",
    "observation_id": "string",
    "session": "string",
    "name": "string",
    "data_type": "string",
    "value": "float64",
    "text": "string",
    "comment": "string",
    "source": "string",
    "timestamp": "datetime64[ns, UTC]",
}

# Groups of v3/scores: the comment, and what the score is about.
SCORE_FIELDS = "details,subject"


def scores_frame(found: Iterable[Any]) -> pd.DataFrame:
    """One row per score of the SDK (`ScoreV3`), in their order: SCORE_COLUMNS."""
    return frame([score_row(one) for one in found], SCORE_COLUMNS)


def score_row(one: Any) -> dict[str, Any]:
    """A score in the kit's terms: `value` is a number, or 1 and 0 for true and false; `text` a category."""
    subject = _subject(one.subject)
    number = isinstance(one.value, int | float)
    return {
        "score_id": one.id,
        **subject,
        "name": one.name,
        "data_type": one.data_type,
        "value": float(one.value) if number else None,
        "text": None if one.data_type == "NUMERIC" else str(one.value),
        "comment": one.comment or None,
        "source": getattr(one.source, "value", one.source),
        "timestamp": one.timestamp,
    }


def _subject(subject: Any) -> dict[str, str | None]:
    kind = getattr(subject, "kind", None)
    about: dict[str, str | None] = {"trace_id": None, "observation_id": None, "session": None}
    if kind == "trace":
        about["trace_id"] = subject.id
    elif kind == "session":
        about["session"] = subject.id
    elif kind == "observation":
        about["observation_id"] = subject.id
        about["trace_id"] = getattr(subject, "trace_id", None)
    return about
