"""Scores as they are sent become rows."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gateway_kit.stack.servers.tracestore.api.scores.score_body import read_score

NOW = datetime(2026, 11, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("PROD", "prod"),
        ("my env", "default"),
        ("langfuse-evals", "evals"),
        ("e" * 600, "e" * 40),
        ("", "default"),
        (None, "default"),
        (7, "default"),
    ],
)
def test_a_scores_environment_is_normalized_like_a_spans(sent, stored):
    score, issues = read_score({"name": "good", "value": 1, "traceId": "t", "environment": sent}, NOW)
    assert issues == []
    assert score is not None
    assert score.environment == stored
