"""What is wrong with a request's body, as zod 4.3.6 says it of the same shape.

A line of a file in tracestore_issues/ is one body, and the issues that zod found with it (null: none).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gateway_kit.stack.servers.tracestore.api import feedback, shapes
from gateway_kit.stack.servers.tracestore.api.annotation import assignments, comments, queue_items, queues
from gateway_kit.stack.servers.tracestore.api.connections import connection_shapes
from gateway_kit.stack.servers.tracestore.api.errors import Refusal
from gateway_kit.stack.servers.tracestore.api.media import media_shapes
from gateway_kit.stack.servers.tracestore.api.models import model_shapes
from gateway_kit.stack.servers.tracestore.api.scores import score_config_shapes, score_shapes

SHAPES = {
    "assignment": assignments.BODY,
    "comment": comments.BODY,
    "feedback": feedback.BODY,
    "llm-connection": connection_shapes.BODY,
    "media": media_shapes.DECLARATION,
    "media-patch": media_shapes.RESULT,
    "model": model_shapes.NEW,
    "queue": queues.BODY,
    "queue-item": queue_items.BODY,
    "queue-item-patch": queue_items.CHANGE,
    "score": score_shapes.BODY,
    "score-event": score_shapes.EVENT,
    "score-config": score_config_shapes.NEW,
    "score-config-patch": score_config_shapes.CHANGE,
}
CASES = [
    json.loads(line)
    for path in sorted((Path(__file__).parent / "tracestore_issues").glob("*.jsonl"))
    for line in path.read_text().splitlines()
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['shape']}-{json.dumps(case['value'])[:80]}")
def test_the_issues_are_those_of_zod(case: dict[str, Any]) -> None:
    wrong: list[dict[str, Any]] = []
    SHAPES[case["shape"]](case["value"], [], wrong)
    assert wrong == (case["issues"] or [])


def test_every_shape_has_cases_of_both_kinds() -> None:
    for name in SHAPES:
        assert {case["issues"] is None for case in CASES if case["shape"] == name} == {True, False}, name


def test_a_wrong_body_is_refused_with_all_its_issues() -> None:
    shape = shapes.fields({"a": shapes.text(), "b": shapes.number()})
    with pytest.raises(Refusal) as refused:
        shapes.read(shape, {"a": 1})
    assert refused.value.status == 400
    assert isinstance(refused.value.body, dict)
    assert [issue["path"] for issue in refused.value.body["error"]] == [["a"], ["b"]]
    assert shapes.read(shape, {"a": "x", "b": 2, "c": 3}) == {"a": "x", "b": 2}
