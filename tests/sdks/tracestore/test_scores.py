"""Scores in the SDK's own way: configs, what is judged, people's comments and queues."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from langfuse.api.core.api_error import ApiError


@pytest.fixture
def get(langfuse, line) -> Callable[..., Any]:
    """Reads scores; each line has its own name for that."""
    return langfuse.api.scores_v3.get_many_v3 if line == 4 else langfuse.api.scores.get_many


def test_a_config_is_made_changed_and_listed(langfuse, unique):
    configs = langfuse.api.score_configs
    made = configs.create(name=unique("quality"), data_type="NUMERIC", min_value=0, max_value=1)
    changed = configs.update(made.id, description="of the answer", max_value=5)
    assert (changed.max_value, changed.description, changed.is_archived) == (5, "of the answer", False)
    assert configs.get_by_id(made.id) == changed
    assert changed in configs.get(limit=100).data


def test_scores_of_everything_are_read_back(langfuse, unique, get):
    with langfuse.start_as_current_observation(name="judged") as span:
        span.score(name="helpful", value=1, data_type="BOOLEAN", comment="yes")
        span.score_trace(name="length", value=0.5)
        langfuse.score_current_trace(name="kind", value="short", data_type="CATEGORICAL")
    langfuse.create_score(name="happy", value=0.7, session_id=unique("session"), metadata={"by": "me"})
    langfuse.create_score(name="accuracy", value=0.9, dataset_run_id=unique("run"))
    langfuse.flush()
    of_trace = {score.name: score for score in get(trace_id=span.trace_id, fields="details,subject").data}
    assert {name: score.value for name, score in of_trace.items()} == {
        "helpful": True, "length": 0.5, "kind": "short",
    }  # fmt: skip
    assert (of_trace["helpful"].subject.id, of_trace["helpful"].comment) == (span.id, "yes")
    (happy,) = get(session_id=unique("session"), fields="details,subject").data
    assert (happy.value, happy.metadata, happy.subject.kind) == (0.7, {"by": "me"}, "session")
    (accuracy,) = get(experiment_id=unique("run"), fields="subject").data
    assert (accuracy.value, accuracy.subject.kind) == (0.9, "experiment")


def test_a_score_keeps_to_its_config_or_is_dropped(langfuse, unique, get):
    made = langfuse.api.score_configs.create(name=unique("q"), data_type="NUMERIC", max_value=1)
    for value in (0.5, 7):
        langfuse.create_score(name="other", value=value, session_id=unique("s"), config_id=made.id)
    langfuse.flush()
    assert [(score.name, score.value) for score in get(session_id=unique("s")).data] == [(unique("q"), 0.5)]


def test_a_score_is_deleted(langfuse, unique, get, line):
    langfuse.create_score(name="n", value=1, session_id=unique("gone"), score_id=unique("score"))
    langfuse.flush()
    scores = langfuse.api.legacy.score_v1 if line == 4 else langfuse.api.scores
    scores.delete(unique("score"))
    assert get(session_id=unique("gone")).data == []


def test_a_comment_is_written_and_read(langfuse, unique):
    with langfuse.start_as_current_observation(name="commented") as span:
        pass
    langfuse.flush()
    (project,) = langfuse.api.projects.get().data
    made = langfuse.api.comments.create(
        project_id=project.id, object_type="TRACE", object_id=span.trace_id, content="**good**"
    )
    assert langfuse.api.comments.get_by_id(made.id).content == "**good**"
    listed = langfuse.api.comments.get(object_type="TRACE", object_id=span.trace_id).data
    assert [comment.id for comment in listed] == [made.id]


def test_a_queue_is_worked_off(langfuse, unique):
    config = langfuse.api.score_configs.create(name=unique("q"), data_type="BOOLEAN")
    queues = langfuse.api.annotation_queues
    queue = queues.create_queue(name=unique("review"), score_config_ids=[config.id])
    item = queues.create_queue_item(queue.id, object_id="0" * 32, object_type="TRACE")
    done = queues.update_queue_item(queue.id, item.id, status="COMPLETED")
    assert done.completed_at is not None
    assert queues.list_queue_items(queue.id, status="PENDING").data == []
    assert queues.get_queue(queue.id).name == unique("review")
    queues.delete_queue_item(queue.id, item.id)
    with pytest.raises(ApiError) as missing:
        queues.get_queue_item(queue.id, item.id)
    assert missing.value.status_code == 404
