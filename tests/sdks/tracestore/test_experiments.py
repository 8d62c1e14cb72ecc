"""Experiments in the SDK's own way: a run over a dataset, and one over data of its own, both with evaluators."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from langfuse import Evaluation

FIELDS = "core,dataset,io,metadata,itemMetadata,experimentMetadata,scores"


def answer(*, item, **_):
    """The task: right for all sums but one."""
    question = item["input"] if isinstance(item, dict) else item.input
    left, right = question["q"].split("+")
    return int(left) + int(right)


def exact(*, output, expected_output, **_):
    return Evaluation(name="exact", value=float(output == expected_output), comment="compared")


def kind(**_):
    return Evaluation(name="kind", value="number", data_type="CATEGORICAL")


def mean(*, item_results, **_):
    values = [each.value for one in item_results for each in one.evaluations if each.name == "exact"]
    return Evaluation(name="mean exact", value=sum(values) / len(values))


@pytest.fixture
def since():
    return datetime.now(UTC) - timedelta(minutes=1)


@pytest.fixture
def dataset(langfuse, unique):
    name = unique("sums")
    langfuse.create_dataset(name=name)
    for number, (question, expected) in enumerate([("1+1", 3), ("2+2", 4), ("3+3", 6)]):
        langfuse.create_dataset_item(
            dataset_name=name,
            id=unique(f"item-{number}"),
            input={"q": question},
            expected_output=expected,
            metadata={"n": number},
        )
    return langfuse.get_dataset(name)


def test_a_run_over_a_dataset_is_an_experiment_with_its_items_and_scores(langfuse, unique, dataset, since):
    result = dataset.run_experiment(
        name=unique("sums"),
        run_name=unique("run"),
        description="three sums",
        task=answer,
        evaluators=[exact, kind],
        run_evaluators=[mean],
        metadata={"temperature": "0"},
    )
    langfuse.flush()
    assert len(result.item_results) == 3

    (experiment,) = langfuse.api.experiments.list(
        from_start_time=since, name=unique("run"), fields="core,metadata,scores"
    ).data
    assert (experiment.item_count, experiment.dataset_id) == (3, dataset.id)
    assert experiment.metadata == {"temperature": "0"}
    assert experiment.end_time >= experiment.start_time
    (score,) = experiment.scores
    assert (score.name, round(score.value, 3)) == ("mean exact", 0.667)
    assert (score.subject.kind, score.subject.id) == ("experiment", experiment.id)

    items = langfuse.api.experiments.list_items(
        from_start_time=since, experiment_id=experiment.id, fields=FIELDS
    ).data
    by_id = {item.experiment_item_id: item for item in items}
    assert set(by_id) == {item.id for item in dataset.items}
    item = by_id[unique("item-0")]
    assert (item.input, item.output, item.expected_output) == ('{"q": "1+1"}', "2", "3")
    assert (item.experiment_name, item.experiment_description) == (unique("run"), "three sums")
    assert item.experiment_item_metadata == {"n": "0"}
    assert {score.name: score.value for score in item.scores} == {"exact": 0, "kind": "number"}
    assert {score.subject.id for score in item.scores} == {item.id}
    assert item.environment == "sdk-experiment"
    spans = langfuse.api.observations.get_many(trace_id=item.trace_id).data
    assert [span.name for span in spans if span.id == item.id] == ["experiment-item-task"]


def test_a_run_over_data_of_its_own_has_no_dataset(langfuse, unique, since):
    langfuse.run_experiment(
        name=unique("local"),
        data=[{"input": {"q": "5+5"}, "expected_output": 10}, {"input": {"q": "2+2"}, "expected_output": 4}],
        task=answer,
        evaluators=[exact],
    )
    langfuse.flush()
    name = (
        f'[{{"type": "string", "column": "name", "operator": "starts with", "value": "{unique("local")}"}}]'
    )
    (experiment,) = langfuse.api.experiments.list(from_start_time=since, filter=name).data
    assert (experiment.item_count, experiment.dataset_id) == (2, None)
    items = langfuse.api.experiments.list_items(
        from_start_time=since, experiment_id=experiment.id, fields="core,dataset,scores"
    ).data
    assert [item.experiment_dataset_id for item in items] == [None, None]
    assert [score.value for item in items for score in item.scores] == [1, 1]


def test_a_task_that_fails_is_an_item_that_failed(langfuse, unique, since):
    def fail(*, item, **_):
        raise RuntimeError("no answer")

    langfuse.run_experiment(name=unique("failing"), data=[{"input": {"q": "1+1"}}], task=fail)
    langfuse.flush()
    (item,) = [
        item
        for item in langfuse.api.experiments.list_items(from_start_time=since).data
        if item.experiment_name.startswith(unique("failing"))
    ]
    assert item.level == "ERROR"
