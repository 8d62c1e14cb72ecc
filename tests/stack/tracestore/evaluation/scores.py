"""Scores, score configs, comments, media, annotation queues, models and the rest.

Steps that are added, what is answered otherwise than by Langfuse, and what is not answered yet.
"""

from __future__ import annotations

from .steps import Step

# In place of calls that are not in this part of the recording: they come before the call with their number.
ADDED: dict[int, list[Step]] = {}

# Call -> status of the store's answer, and why it is another than the recorded one.
OTHERWISE: dict[str, tuple[int, str]] = {}

# Families (the path's first name) and single calls that the store does not answer yet; they are not made.
PENDING: tuple[str, ...] = (
    "annotation-queues",
    "comments",
    "feedback",
    "ingestion",
    "llm-connections",
    "media",
    "models",
    "organizations",
    "projects",
    "score-configs",
    "scores",
    "sessions",
    "506-health-post",
    "602-observations-v2-media",
    "603-observations-v2-custom-model-price",
    "611-metrics-v2-scores-by-configId",
)
