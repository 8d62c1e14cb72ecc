"""Scores as they are sent become rows."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gateway_kit.stack.servers.tracestore.api.scores.config_check import with_config
from gateway_kit.stack.servers.tracestore.api.scores.score_body import read_event, row_of_score

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
    score, issues = read_event({"name": "good", "value": 1, "traceId": "t", "environment": sent})
    assert issues == []
    assert score is not None
    assert row_of_score(score, NOW).environment == stored


CONFIGS = {
    "number": {"name": "q", "data_type": "NUMERIC", "min_value": 0.0, "max_value": 2.5},
    "open": {"name": "q", "data_type": "NUMERIC", "min_value": None, "max_value": None},
    "word": {"name": "w", "data_type": "CATEGORICAL", "categories": [{"label": "good", "value": 1}]},
    "flag": {"name": "f", "data_type": "BOOLEAN"},
    "text": {"name": "t", "data_type": "TEXT"},
    "old": {"name": "o", "data_type": "NUMERIC", "is_archived": True},
}


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        ({"configId": "number", "value": 2.5}, ""),
        ({"configId": "number", "value": 2.6}, "exceeds maximum value of 2.5"),
        ({"configId": "number", "value": -1}, "below minimum value of 0 "),
        ({"configId": "number", "value": "high"}, "expected number, received string"),
        ({"configId": "open", "value": 1e9}, ""),
        ({"configId": "word", "value": "good"}, ""),
        ({"configId": "word", "value": "ugly"}, "Value ugly does not map to a valid category"),
        ({"configId": "word", "value": 1}, "expected string, received number"),
        ({"configId": "flag", "value": 1}, ""),
        ({"configId": "flag", "value": 2}, "must be either 0 or 1"),
        ({"configId": "text", "value": "x" * 500}, ""),
        ({"configId": "text", "value": "x" * 501}, "500 characters"),
        ({"configId": "text", "value": ""}, "500 characters"),
        ({"configId": "old", "value": 1}, "archived"),
        (
            {"configId": "number", "value": "x", "dataType": "CATEGORICAL"},
            "expected NUMERIC, got CATEGORICAL",
        ),
        ({"configId": "nope", "value": 1}, "does not match a valid config"),
        ({"value": 1, "source": "ANNOTATION"}, "configId is required"),
        ({"value": "x", "dataType": "CORRECTION", "source": "ANNOTATION"}, ""),
        ({"value": "x", "dataType": "CORRECTION", "sessionId": "s"}, "cannot be associated with sessions"),
        ({"value": "x", "dataType": "CORRECTION", "datasetRunId": "r"}, "with dataset runs"),
    ],
)
def test_a_score_that_does_not_keep_to_its_config_is_dropped_with_the_reason(sent, reason):
    configs = {name: {"is_archived": False, **config} for name, config in CONFIGS.items()}
    score, found = with_config({"name": "mine", "source": "API", **sent}, configs)
    assert reason in found
    assert bool(reason) == bool(found)
    if sent.get("configId") in configs:
        assert score["name"] == configs[sent["configId"]]["name"]
