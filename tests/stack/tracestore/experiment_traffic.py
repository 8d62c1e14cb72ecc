"""Datasets, experiments and their scores for the pages' tests, sent through the public API as the SDK sends them."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

import httpx

from .page_traffic import score, send, span

API = "/api/public"


def make_dataset(http: httpx.Client, name: str, **fields: Any) -> str:
    """The id of a dataset."""
    answer = http.post(f"{API}/v2/datasets", json={"name": name, **fields})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])


def put_item(http: httpx.Client, dataset: str, item_id: str, **fields: Any) -> dict[str, Any]:
    """Write a version of an item."""
    answer = http.post(f"{API}/dataset-items", json={"datasetName": dataset, "id": item_id, **fields})
    assert answer.status_code == 200, answer.text
    item: dict[str, Any] = answer.json()
    return item


def item_spans(
    experiment_id: str, item_id: str, *, start_s: float, name: str = "", dataset_id: str = "",
    metadata: Mapping[str, str] | None = None, question: str = "why?", answer: str = "so", expected: str = "",
    cost_usd: float = 0.001, duration_s: float = 0.5, failed: bool = False,
) -> list[dict[str, Any]]:  # fmt: skip
    """The spans of an item: its run, its task with a generation, and an evaluator that costs twice as much."""
    trace_id, task_id = secrets.token_hex(16), secrets.token_hex(8)
    facts: dict[str, Any] = {
        "experiment__id": experiment_id, "experiment__name": name or experiment_id,
        "experiment__item__id": item_id, "experiment__item__root_observation_id": task_id,
        "experiment__item__metadata": dict(metadata or {}), "experiment__item__expected_output": expected,
        "experiment__metadata": {"by": "tests"},
        "environment": "sdk-experiment", **({"experiment__dataset__id": dataset_id} if dataset_id else {}),
    }  # fmt: skip
    run = span("experiment-item-run", trace_id, start_s=start_s, duration_s=duration_s + 1, **facts)
    level = {"observation__level": "ERROR"} if failed else {}
    task = span("experiment-item-task", trace_id, start_s=start_s + 0.01, duration_s=duration_s,
                parent=run["spanId"], observation__input=question, observation__output=answer,
                **facts, **level)  # fmt: skip
    task["spanId"] = task_id
    call = span("chat", trace_id, start_s=start_s + 0.02, duration_s=duration_s / 2, parent=task_id,
                kind="generation", observation__cost_details={"total": cost_usd})  # fmt: skip
    judge = span("judge", trace_id, start_s=start_s + duration_s + 0.1, duration_s=0.2, parent=run["spanId"],
                 kind="generation", observation__cost_details={"total": 2 * cost_usd})  # fmt: skip
    return [run, task, call, judge]


def run_experiment(
    http: httpx.Client, experiment_id: str, results: Mapping[str, Mapping[str, float | str]], *, start_s: float,
    kinds: Mapping[str, str] | None = None, **fields: Any,
) -> dict[str, str]:  # fmt: skip
    """Store an experiment: item -> scores by name. Returns the trace of each item."""
    kinds = kinds or {}
    spans = {
        item_id: item_spans(
            experiment_id, item_id, start_s=start_s + place,
            metadata={"kind": kinds[item_id]} if item_id in kinds else None,
            answer=f"{experiment_id} on {item_id}", question=f"question {item_id}", **fields,
        )
        for place, item_id in enumerate(results)
    }  # fmt: skip
    send(http, [one for group in spans.values() for one in group])
    for item_id, given in results.items():
        run, task = spans[item_id][:2]
        for name, value in given.items():
            score(
                http,
                run["traceId"],
                name,
                value,
                observationId=task["spanId"],
                comment=f"{name} of {item_id}",
            )
    return {item_id: group[0]["traceId"] for item_id, group in spans.items()}
