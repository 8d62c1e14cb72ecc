"""Carrying out a story: what happens when, on which clock, and where at the simulator."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd
import pytest

from gateway_kit.errors import StackError
from gateway_kit.rehearsal.clock import Clock
from gateway_kit.rehearsal.event_log import EventLog
from gateway_kit.rehearsal.moments import Moment
from gateway_kit.rehearsal.placing import places_of
from gateway_kit.rehearsal.run_folder import EVENTS, Deployment
from gateway_kit.rehearsal.story import Story, StoryEvent, read_fault
from gateway_kit.rehearsal.story_file import read_events
from gateway_kit.rehearsal.troubles import Troubles

AZURE = Deployment("gpt-4o-azure", "gpt-4o", "azure", "azure", "azure/eu-gpt-4o", 3)
OPENAI = Deployment("gpt-4o-openai", "gpt-4o", "openai", "openai", "openai/gpt-4o", 8)
GROQ = Deployment("fast-groq", "fast", "groq", "openai", "groq/llama-3", 12)


class FaultsOfSimulator:
    """Takes faults as `gateway.providers` does; `hits` are added by the test."""

    def __init__(self) -> None:
        self.on: dict[int, dict[str, Any]] = {}
        self.set: list[dict[str, Any]] = []

    def fault(self, **wish: Any) -> Any:
        number = len(self.set)
        self.set.append({name: value for name, value in wish.items() if name != "seed"})
        self.on[number] = {"id": number, "hits": 0}
        return _Fault(self, number)

    def faults(self) -> pd.DataFrame:
        return pd.DataFrame(list(self.on.values()), columns=["id", "hits"])


class _Fault:
    def __init__(self, simulator: FaultsOfSimulator, number: int) -> None:
        self._simulator, self.id = simulator, number

    def off(self) -> None:
        self._simulator.on.pop(self.id, None)


class Scene:
    """A story on a clock that the test moves."""

    def __init__(
        self,
        story: str = "",
        *,
        deployments: tuple[Deployment, ...] = (AZURE, OPENAI, GROQ),
        speed: float | None = 1.0,
        faults: tuple[str, ...] = (),
    ) -> None:
        self.now_s = 1000.0
        self.rows: list[Mapping[str, Any]] = []
        self.services: list[str] = []
        self.simulator = FaultsOfSimulator()
        self.clock = Clock(total=100, span_s=200.0, speed=speed, now=lambda: self.now_s)
        self.clock.start(1000.0)
        events = read_events("story.yaml", story) if story else []
        self.troubles = Troubles(
            Story("story.yaml", [*events, *map(read_fault, faults)]),
            clock=self.clock,
            providers=self.simulator,  # type: ignore[arg-type]
            deployments=deployments,
            events=EventLog(self.clock, self._write),
            stop_service=lambda name: self.services.append(f"stop {name}"),
            start_service=lambda name: self.services.append(f"start {name}"),
        )

    def _write(self, rows: Iterable[Mapping[str, Any]]) -> None:
        self.rows.extend(rows)

    def at(self, seconds: float, *, made: int = 0) -> None:
        self.now_s, self.clock.made = 1000.0 + seconds, made
        self.troubles.look()

    def end(self) -> None:
        self.troubles._services.wait()

    @property
    def told(self) -> list[tuple[str, str]]:
        return [(row["kind"], row["subject"]) for row in self.rows]


def test_a_fault_is_on_from_its_moment_for_its_time() -> None:
    scene = Scene('- {at: "00:10", provider: azure, fault: slow, latency_s: 3, for: 20s}')
    scene.at(9.9)
    assert scene.simulator.set == []
    scene.at(10.4)  # late by a moment: it still ends at 00:30
    assert scene.simulator.set == [{"kind": "slow", "provider": "azure", "latency_s": 3.0}]
    scene.at(29.9)
    assert scene.simulator.on
    scene.at(30)
    assert scene.simulator.on == {}
    assert scene.told == [("fault_on", "azure"), ("fault_off", "azure")]
    assert [row["detail"] for row in scene.rows] == ["azure: slow, latency_s=3, for 00:20"] * 2
    assert set(scene.rows[0]) == set(EVENTS.columns)


def test_at_sixty_times_the_speed_a_minute_is_a_second() -> None:
    scene = Scene('- {at: "01:00", fault: server_error, for: 1m}', speed=60)
    scene.at(0.9)
    assert scene.simulator.set == []
    scene.at(1.0)
    assert scene.simulator.on
    scene.at(2.0)
    assert scene.simulator.on == {}


def test_at_full_speed_a_moment_is_the_share_of_the_calls_that_the_log_had_made() -> None:
    scene = Scene('- {at: "01:40", fault: server_error, for: 20s}', speed=None)  # halfway through 200 s
    scene.at(5, made=49)
    assert scene.simulator.set == []
    scene.at(6, made=50)
    assert scene.simulator.on
    scene.at(7, made=60)
    assert scene.simulator.on == {}


def test_a_share_of_the_calls_counts_at_any_speed() -> None:
    scene = Scene("- {at: 25%, fault: server_error, for: 10%}")
    scene.at(150, made=24)
    assert scene.simulator.set == []
    scene.at(151, made=30)
    assert scene.simulator.on
    scene.at(152, made=39)
    assert scene.simulator.on
    scene.at(153, made=40)
    assert scene.simulator.on == {}


def test_before_the_first_call_there_is_what_is_there_from_the_start() -> None:
    scene = Scene(faults=("azure slow", "openai slow at=1s"))
    scene.clock._began = None
    scene.now_s = 5000.0
    with scene.troubles:
        assert [wish["provider"] for wish in scene.simulator.set] == ["azure"]
        threading.Event().wait(0.06)
        assert len(scene.simulator.set) == 1
    assert scene.rows[0]["at_s"] == 0.0


def test_a_fault_of_the_command_line_is_on_until_the_end() -> None:
    scene = Scene(faults=("azure rate_limit probability=0.5",))
    with scene.troubles:
        while not scene.simulator.on:  # the thread looks by itself
            threading.Event().wait(0.01)
    assert scene.simulator.set == [{"kind": "rate_limit", "provider": "azure", "probability": 0.5}]
    assert scene.simulator.on == {}


def test_an_event_that_the_calls_end_came_before_is_told() -> None:
    scene = Scene('- {at: "01:00", service: redis, stop: true}')
    with scene.troubles:
        pass
    assert scene.troubles.problems == [
        "A part of the story was not carried out: redis: stopped at 01:00: the last call had ended before"
    ]


def places(deployments: tuple[Deployment, ...], **whom: str) -> list[dict[str, str]]:
    event = StoryEvent(1, Moment(0.0), fault="slow", **whom)  # type: ignore[arg-type]
    return [dict(place) for place in places_of(event, deployments)]


def test_where_a_fault_is_set() -> None:
    assert places((AZURE, OPENAI, GROQ)) == [{}]
    assert places((AZURE, OPENAI, GROQ), provider="azure") == [{"provider": "azure"}]
    # Groq's deployment speaks OpenAI's dialect.
    assert places((AZURE, OPENAI, GROQ), provider="openai") == [{"deployment": "gpt-4o-openai"}]
    assert places((AZURE, OPENAI), provider="openai") == [{"provider": "openai"}]
    assert places((AZURE, OPENAI, GROQ), model="gpt-4o") == [
        {"deployment": "gpt-4o-azure"},
        {"deployment": "gpt-4o-openai"},
    ]
    assert places((AZURE, OPENAI, GROQ), provider="bedrock") == []


def test_a_count_is_shared_by_all_deployments_that_it_strikes() -> None:
    scene = Scene(faults=("model=gpt-4o server_error count=5",))
    scene.at(1)
    assert [wish["deployment"] for wish in scene.simulator.set] == ["gpt-4o-azure", "gpt-4o-openai"]
    scene.simulator.on[0]["hits"] = 2
    scene.simulator.on[1]["hits"] = 2
    scene.at(2)
    assert scene.simulator.on
    scene.simulator.on[1]["hits"] = 3
    scene.at(3)
    assert scene.simulator.on == {}
    assert scene.told == [("fault_on", "gpt-4o"), ("fault_off", "gpt-4o")]


def test_a_fault_that_has_struck_its_count_is_off() -> None:
    scene = Scene(faults=("azure server_error count=5",))
    scene.at(1)
    scene.simulator.on.clear()  # as the simulator does
    scene.at(2)
    assert scene.told == [("fault_on", "azure"), ("fault_off", "azure")]


def test_services_stop_and_start() -> None:
    story = "- {at: 5s, service: redis, gone for: 10s}\n- {at: 20s, service: gateway, restart: true}\n"
    scene = Scene(story + "- {at: 30s, service: postgres, stop: true}")
    scene.at(5)
    scene.at(14.9)
    scene.at(15)
    scene.at(20)
    scene.at(30)
    scene.at(100)
    scene.end()
    assert sorted(scene.services) == sorted(
        ["stop redis", "start redis", "stop gateway", "start gateway", "stop postgres"]
    )
    assert [kind for kind, subject in scene.told if subject == "gateway"] == [
        "service_stopped",
        "service_started",
    ]
    assert [kind for kind, subject in scene.told if subject == "postgres"] == ["service_stopped"]


@pytest.mark.parametrize("wrong", ["stop", "start"])
def test_what_cannot_be_done_is_a_note_and_the_rehearsal_goes_on(wrong: str) -> None:
    scene = Scene("- {at: 5s, service: redis, gone for: 10s}\n- {at: 20s, fault: slow}")

    def fail(name: str) -> None:
        raise StackError(f"{name} does not {wrong}\nIts log ends: …")

    setattr(scene.troubles, f"_{wrong}_service", fail)
    scene.at(5)
    scene.at(15)
    scene.at(20)
    scene.end()
    assert scene.troubles.problems == [f"A part of the story was not carried out: redis does not {wrong}"]
    assert ("note", "story") in scene.told
    assert scene.simulator.on


def test_who_breaks_off_does_not_wait_for_a_service_that_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway_kit.rehearsal.troubles._PATIENCE_S", 0.05)
    scene = Scene("- {service: gateway, restart: true}\n- {service: gateway, gone for: 1s}")
    started, released = threading.Event(), threading.Event()

    def start(_: str) -> None:
        started.set()
        released.wait(60)

    scene.troubles._start_service = start
    scene.troubles.__enter__()
    assert started.wait(60)
    scene.troubles.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert scene.services == ["stop gateway"]
    released.set()
    scene.end()
    assert scene.services == ["stop gateway"]  # what was to come after the restart is left out


def test_a_fault_that_strikes_nothing_here_is_a_note() -> None:
    scene = Scene(faults=("bedrock slow",))
    scene.at(1)
    assert scene.simulator.set == []
    assert "the configuration has no such deployment" in scene.troubles.problems[0]


def test_the_clock_says_how_long_it_still_takes() -> None:
    clock = Clock(total=100, span_s=200.0, speed=10, now=lambda: 1005.0)
    assert clock.remaining_s() is None
    clock.start(1000.0)
    assert clock.remaining_s() == 15.0
    assert clock.at_s(1002.0) == 20.0
    full = Clock(total=100, span_s=200.0, speed=None, now=lambda: 1005.0)
    full.start(1000.0)
    assert full.remaining_s() is None
    full.made = 20
    assert full.remaining_s() == 20.0
    assert full.at_s(1000.0) == 40.0
