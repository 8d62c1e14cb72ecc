"""Every recorded call of prompts, datasets, experiments, scores and the rest, made again in its order.

`-k prompts` shows one family. See `evaluation/` for what is compared, and for what the store answers otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from query_engine.database_server import DatabaseServer, free_port

from .evaluation import datasets, prompts, scores
from .evaluation.replay import replay
from .evaluation.steps import Step, all_steps
from .store_program import StoreProgram

PARTS = (prompts, datasets, scores)
PENDING = {name for part in PARTS for name in part.PENDING}
NOT_MADE = {name for part in PARTS for name in getattr(part, "NOT_MADE", {})}
OTHERWISE = {name: status for part in PARTS for name, (status, _) in part.OTHERWISE.items()}


def between() -> dict[int, list[Step]]:
    steps: dict[int, list[Step]] = {}
    for part in PARTS:
        for number, more in part.ADDED.items():
            steps.setdefault(number, []).extend(more)
    return steps


RECORDED = all_steps(between())
STEPS = [step for step in RECORDED if not {step.family, step.name} & (PENDING | NOT_MADE)]
COMPARED = [step.name for step in STEPS if step.name]


@pytest.fixture(scope="module")
def replayed(
    trace_server: DatabaseServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, list[str]]]:
    """What differed, by call: all calls are made once, on a store of their own."""
    trace_server.create_database("evaluation")
    log_path: Path = tmp_path_factory.mktemp("evaluation") / "log"
    store = StoreProgram(trace_server.url("evaluation"), free_port(), log_path)
    # As on the recorded server.
    store.environ |= {
        "LANGFUSE_INIT_PROJECT_ID": "kit-project",
        "LANGFUSE_INIT_PROJECT_NAME": "kit",
        "LANGFUSE_INIT_ORG_ID": "kit-org",
        "LANGFUSE_INIT_ORG_NAME": "kit",
    }
    try:
        store.start()
        yield replay(store, STEPS, OTHERWISE)
    finally:
        store.close()


def test_the_recording_is_here():
    assert len([step for step in RECORDED if step.name]) == 438


def test_what_is_answered_otherwise_was_recorded():
    assert set(OTHERWISE) <= {step.name for step in RECORDED}


@pytest.mark.parametrize("name", COMPARED)
def test_the_recorded_call_is_answered_the_same(replayed, name):
    left_open = prompts.LEFT_OPEN.get(name)
    assert [line for line in replayed[name] if not (left_open and line.startswith(left_open))] == []
