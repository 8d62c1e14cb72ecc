"""Makes all calls on one store, and keeps what differed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import httpx

from gateway_kit.stack.servers.tracestore.config import read_config

from ..store_program import StoreProgram
from .datasets import RUNS
from .matching import Matching
from .scores import RECORDED_USER
from .steps import Step

# Moments at which the recorded server had done something; the same moment of the replay is sent instead.
_MOMENTS = {"326-dataset-items-list-version": "version"}


def replay(store: StoreProgram, steps: Iterable[Step], otherwise: dict[str, int]) -> dict[str, list[str]]:
    """For each recorded call what differed, a line each.

    Of a call that is answered `otherwise`, only that status counts, and that the answer says why.
    """
    matching = Matching(RUNS)
    matching.bind(RECORDED_USER, read_config(store.environ).user_id)
    results: dict[str, list[str]] = {}
    with httpx.Client(base_url=store.url, trust_env=False, timeout=30) as client:
        for step in steps:
            response = _call(client, store, step, matching)
            if not step.name:
                assert response.status_code < 300, f"{step.method} {step.path}: {response.text}"
                answered = response.json() if response.content else {}
                for name, recorded in step.answer.items():
                    matching.bind(recorded, answered[name])
            elif step.name in otherwise:
                results[step.name] = _of_another_answer(response, otherwise[step.name])
            else:
                results[step.name] = _of_answer(response, step, matching)
    return results


def _call(client: httpx.Client, store: StoreProgram, step: Step, matching: Matching) -> httpx.Response:
    body, query = matching.sent(step.body), [(name, matching.sent(value)) for name, value in step.query]
    if step.name in _MOMENTS:
        query = [
            (name, matching.moment(value) if name == _MOMENTS[step.name] else value) for name, value in query
        ]
    content = body if isinstance(body, str) else None if body is None else json.dumps(body)
    return client.request(
        step.method,
        matching.sent(step.path),
        params=query or None,
        content=content,
        headers={"content-type": step.content_type or "application/json"} if content is not None else None,
        auth=(store.public_key, store.secret_key) if step.has_keys else None,
    )


def _of_another_answer(response: httpx.Response, status: int) -> list[str]:
    if response.status_code != status:
        return [f"status: {status} is meant, {response.status_code} answered: {response.text[:200]}"]
    if status >= 400 and not response.json()["message"]:
        return ["the answer does not say what is wrong"]
    return []


def _of_answer(response: httpx.Response, step: Step, matching: Matching) -> list[str]:
    lines = []
    if response.status_code != step.status:
        lines.append(
            f"status: {step.status} was recorded, {response.status_code} answered: {response.text[:300]}"
        )
    if step.path.endswith("/otel/v1/traces"):
        return lines  # Langfuse answers with its queue's job
    if step.answer is None:
        return lines if response.content == b"" else [*lines, f"no body was recorded: {response.text[:200]}"]
    if isinstance(step.answer, str):
        return (
            lines
            if response.text == step.answer
            else [*lines, f"{step.answer!r} was recorded: {response.text}"]
        )
    try:
        answered: Any = response.json()
    except ValueError:
        return [*lines, f"no JSON is answered: {response.text[:200]}"]
    return [*lines, *matching.differences(step.answer, answered)]
