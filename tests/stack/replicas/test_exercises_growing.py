"""Exercise 08.1 on real replicas: right ways pass, wrong ones are told why."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest

from gateway_kit.common.polling import poll_until
from gateway_kit.lessons import check, growing_exercises
from gateway_kit.lessons.growing_stack import GrownStack
from gateway_kit.lessons.solutions import solved_code
from gateway_kit.stack.practice import PracticeStack
from gateway_kit.stack.services.fork_server import FORK_SERVER
from gateway_kit.stack.stack import Stack
from tests.conftest import Cli


class Replicated(PracticeStack):
    """These tests' stack in the place of one that a lesson starts for itself."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self.home = stack.home

    def end(self) -> None:
        """It goes on, for other tests."""


@pytest.fixture(scope="module")
def grown(replicated: Cli) -> Iterator[GrownStack]:
    grown = GrownStack(Replicated(Stack(replicated.env)))
    yield grown
    grown.gateway.keys.clean_up("08-")
    grown.close()


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits for a minute is told after a second."""
    monkeypatch.setattr(growing_exercises, "_MESSAGE_S", 1.5)


def missing(grown: GrownStack, retire: Any) -> dict[str, str]:
    result = check("08.1", {"grown": grown, "retire": retire})
    return {criterion.text: criterion.found for criterion in result.criteria if not criterion.met}


def solved(grown: GrownStack) -> Callable[..., Any]:
    variables: dict[str, Any] = {"grown": grown}
    exec(solved_code("08.1"), variables)  # as the notebook does
    retire: Callable[..., Any] = variables["retire"]
    return retire


def changed_first(grown: GrownStack) -> Callable[..., Any]:
    def retire(key: Any) -> None:
        grown.gateway.keys.update(key, models="smart")
        grown.gateway.keys.delete(key)

    return retire


def by_its_hash(grown: GrownStack) -> Callable[..., Any]:
    def retire(key: Any) -> None:
        grown.gateway.keys.block(key.hash)
        grown.gateway.keys.delete(key.hash)

    return retire


def past_the_balancer(grown: GrownStack) -> Callable[..., Any]:
    def retire(key: Any) -> None:
        first, second = grown.replicas.values()
        second.keys.block(key.secret)
        first.keys.delete(key)

    return retire


def rotated(grown: GrownStack) -> Callable[..., Any]:
    return lambda key: grown.gateway.keys.delete(grown.gateway.keys.rotate(key))


@pytest.mark.parametrize("way", [solved, changed_first, by_its_hash, past_the_balancer, rotated])
def test_right_ways_pass(grown: GrownStack, way: Callable[[GrownStack], Any]) -> None:
    assert missing(grown, way(grown)) == {}


RUNS = "`retire(key)` runs without an error"
REFUSED = "no replica accepts the key once `retire` has returned"
GONE = "the key is no longer in the list of keys"
OTHERS = "other keys go on"
QUICK = "it waits for no memory to forget the key"


def deleted(grown: GrownStack) -> Callable[..., Any]:
    return lambda key: grown.gateway.keys.delete(key)


def blocked(grown: GrownStack) -> Callable[..., Any]:
    return lambda key: grown.gateway.keys.block(key)


def the_wrong_way_round(grown: GrownStack) -> Callable[..., Any]:
    def retire(key: Any) -> None:
        grown.gateway.keys.delete(key)
        grown.gateway.keys.block(key)

    return retire


def all_keys(grown: GrownStack) -> Callable[..., Any]:
    return lambda key: [grown.gateway.keys.block(key), grown.gateway.keys.clean_up("08-")]


def patient(grown: GrownStack) -> Callable[..., Any]:
    def retire(key: Any) -> None:
        solved(grown)(key)
        time.sleep(0.3)

    return retire


def nothing(_: GrownStack) -> Callable[..., Any]:
    return lambda key: None


@pytest.mark.parametrize(
    ("way", "wrong"),
    [
        (deleted, {REFUSED: "still answered it"}),
        (blocked, {GONE: "it is"}),
        (the_wrong_way_round, {RUNS: "Error", REFUSED: "still answered it"}),
        (all_keys, {OTHERS: "another key was deleted"}),
        (patient, {QUICK: " s"}),
        (nothing, {REFUSED: "gateway-1 and gateway-2 still answered it", GONE: "it is"}),
    ],
)
def test_wrong_ways_fail_with_words_that_help(
    grown: GrownStack,
    way: Callable[[GrownStack], Any],
    wrong: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if way is patient:
        monkeypatch.setattr(growing_exercises, "_AT_ONCE_S", 0.2)
    found = missing(grown, way(grown))
    assert set(found) == set(wrong)
    for criterion, words in wrong.items():
        assert words in found[criterion]


def test_something_else_than_a_function_is_said(grown: GrownStack) -> None:
    assert list(missing(grown, "08-key")) == ["`retire` is a function"]


def test_nothing_is_left_of_a_practice_stack_whose_program_was_killed() -> None:
    # Without the tests' server of gateways it starts its own, as it does on a user's machine.
    env = {name: value for name, value in os.environ.items() if name != FORK_SERVER}
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM], env=env, stdout=subprocess.PIPE, text=True
    ) as program:
        assert program.stdout is not None
        home = program.stdout.readline().strip()
        assert len(processes_of(home)) == 2, "its server of gateways, and what ends it"
        program.kill()
    _, ended = poll_until(partial(processes_of, home), lambda pids: not pids, timeout_s=60)
    assert ended, "a process of the practice stack goes on"
    assert not Path(home).exists()


# A program that is killed soon after it has begun to start a stack.
PROGRAM = """
import time
from functools import partial
from pathlib import Path
from gateway_kit.lessons.growing_stack import FILES
from gateway_kit.stack.practice import PracticeStack
print(PracticeStack(Path(str(FILES)) / "gateway.yaml").home, flush=True)
time.sleep(60)
"""


def processes_of(home: str) -> list[int]:
    return [process.pid for process in psutil.process_iter() if home in " ".join(command(process))]


def command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []
