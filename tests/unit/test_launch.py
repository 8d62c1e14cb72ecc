"""The order of a start, with services that are small real processes."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gateway_kit.errors import StackError
from gateway_kit.stack.supervisor import launch, process
from gateway_kit.stack.supervisor.launch import Launch, Progress
from gateway_kit.stack.supervisor.process import ProcessRecord, Service

SLEEP = "import time; time.sleep(60)"


class Trial:
    """Records what a launch does, and stops what it started."""

    def __init__(self, logs: Path) -> None:
        self.logs = logs
        self.started: dict[str, ProcessRecord] = {}
        self.steps: list[tuple[str, str]] = []

    def service(
        self, name: str, code: str = SLEEP, *, requires: tuple[str, ...] = (),
        ready: Callable[[], bool] = lambda: True, prepare: Callable[[], None] | None = None,
    ) -> Service:  # fmt: skip
        return Service(
            name=name, argv=(sys.executable, "-c", code), port=1, url="", ready=ready, requires=requires,
            log_path=self.logs / f"{name}.log", env={"PATH": os.environ["PATH"]}, prepare=prepare,
        )  # fmt: skip

    def run(
        self, *services: Service, running: dict[str, ProcessRecord] | None = None
    ) -> dict[str, StackError]:
        def remember(service: Service, record: ProcessRecord) -> None:
            self.started[service.name] = record

        def notify(step: Progress) -> None:
            self.steps.append((step.service, step.state))

        named = {service.name: service for service in services}
        return Launch(named, running or {}, remember=remember, notify=notify).run()


@pytest.fixture
def trial(tmp_path: Path) -> Iterator[Trial]:
    made = Trial(tmp_path / "logs")
    yield made
    for record in made.started.values():
        process.stop(record, grace_s=0.5)


def test_a_service_starts_after_its_requirements_are_ready(trial: Trial):
    waits = iter([False] * 5 + [True])
    base = trial.service("base", ready=lambda: next(waits))
    trial.run(trial.service("top", requires=("base", "elsewhere")), base)
    assert trial.steps.index(("base", "ready")) < trial.steps.index(("top", "starting"))


def test_a_failure_stops_only_the_services_that_depend_on_it(trial: Trial):
    broken = trial.service("broken", "import sys; sys.exit(1)", ready=lambda: False)
    middle = trial.service("middle", requires=("broken",))
    failed = trial.run(broken, middle, trial.service("top", requires=("middle",)), trial.service("free"))
    assert list(failed) == ["broken", "middle", "top"]
    assert str(failed["broken"]).startswith("broken ended during its start with exit code 1")
    assert "was not started, since it needs broken" in str(failed["middle"])
    assert set(trial.started) == {"broken", "free"}
    assert process.alive(trial.started["free"]) is not None


def test_a_disk_error_during_preparation_names_the_service(trial: Trial):
    def prepare() -> None:
        raise OSError(28, "No space left on device")

    failed = trial.run(trial.service("full", prepare=prepare))
    assert str(failed["full"]).startswith("full could not be prepared: [Errno 28] No space left")


def test_a_bug_in_the_kit_is_raised_unchanged(trial: Trial):
    def prepare() -> None:
        raise ZeroDivisionError("a bug")

    with pytest.raises(ZeroDivisionError, match="a bug"):
        trial.run(trial.service("odd", prepare=prepare))


def test_a_running_service_that_answers_is_adopted_after_its_requirements(trial: Trial):
    up = threading.Event()
    base = trial.service("base", prepare=up.set)
    top = trial.service("top", requires=("base",), ready=up.is_set)
    kept = process.start(top)
    trial.started["kept"] = kept
    trial.run(base, top, running={"top": kept})
    assert ("top", "adopted") in trial.steps
    assert "top" not in trial.started
    assert process.alive(kept) is not None


def test_a_running_service_that_does_not_answer_is_restarted(trial: Trial):
    ill = replace(trial.service("ill", ready=lambda: "ill" in trial.started), adopt_within_s=0.3)
    kept = process.start(ill)
    trial.run(ill, running={"ill": kept})
    assert trial.steps == [("ill", "restarting"), ("ill", "starting"), ("ill", "ready")]
    assert process.alive(kept) is None


def test_an_interruption_ends_the_wait_and_records_what_was_started(
    trial: Trial, monkeypatch: pytest.MonkeyPatch
):
    def interrupted_wait(futures: object) -> None:
        while "slow" not in trial.started:
            time.sleep(0.01)
        raise KeyboardInterrupt

    monkeypatch.setattr(launch, "wait", interrupted_wait)
    slow = trial.service("slow", ready=lambda: False)
    with pytest.raises(KeyboardInterrupt):
        trial.run(slow, trial.service("top", requires=("slow",)))
    assert set(trial.started) == {"slow"}
    assert process.alive(trial.started["slow"]) is not None
