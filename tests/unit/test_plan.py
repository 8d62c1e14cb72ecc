"""What `up` will do: this very process stands for each service that runs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gateway_kit.common.processes import birth
from gateway_kit.stack.supervisor.plan import Plan, make_plan, stop_order
from gateway_kit.stack.supervisor.process import ProcessRecord, Service
from gateway_kit.stack.supervisor.record import ServiceRecord, StackRecord, owner

ALIVE = ProcessRecord(os.getpid(), birth(os.getpid()))
DEAD = ProcessRecord(os.getpid(), "another boot/1")


def service(name: str, identity: str = "same") -> Service:
    return Service(name, ("true",), 1, "", Path("log"), lambda: True, identity=identity)


def services(*names: str, **identities: str) -> dict[str, Service]:
    return {name: service(name, identities.get(name, "same")) for name in names}


def record(*names: str, dead: tuple[str, ...] = ()) -> StackRecord:
    entries = {
        name: ServiceRecord(DEAD if name in dead else ALIVE, 1, "", "", "same") for name in (*names, *dead)
    }
    return StackRecord(services=entries)


def test_at_first_everything_is_started_and_nothing_stopped() -> None:
    wanted = services("postgres", "redis", "gateway")
    assert make_plan(wanted, StackRecord()) == Plan((), ("postgres", "redis", "gateway"), ())


def test_what_runs_as_wanted_is_adopted() -> None:
    wanted = services("postgres", "redis", "gateway")
    assert make_plan(wanted, record("gateway", "postgres", "redis")) == Plan(
        (), (), ("postgres", "redis", "gateway")
    )


def test_what_changed_is_stopped_and_started_and_the_others_stay() -> None:
    plan = make_plan(services("redis", "gateway", gateway="new"), record("redis", "gateway"))
    assert plan == Plan(("gateway",), ("gateway",), ("redis",))


def test_what_is_to_be_started_anew_is_so_though_it_is_the_same() -> None:
    plan = make_plan(services("redis", "gateway"), record("redis", "gateway"), anew=("gateway",))
    assert plan == Plan(("gateway",), ("gateway",), ("redis",))


def test_what_a_killed_replacement_of_the_gateway_left_is_stopped() -> None:
    plan = make_plan(services("redis", "gateway"), record("redis", "gateway", "standby", "replaced"))
    assert plan == Plan(("standby", "replaced"), (), ("redis", "gateway"))


def test_what_is_dead_is_started_and_not_stopped() -> None:
    assert make_plan(services("redis", "gateway"), record("gateway", dead=("redis",))) == Plan(
        (), ("redis",), ("gateway",)
    )


def test_what_is_wanted_no_longer_is_stopped() -> None:
    plan = make_plan(services("redis", "gateway"), record("redis", "gateway", "semantic"))
    assert plan == Plan(("semantic",), (), ("redis", "gateway"))


@pytest.mark.parametrize("name", ["lab", "semantic-1", "semantic-27"])
def test_what_others_started_is_left_alone(name: str) -> None:
    assert owner(name) != "stack"
    assert make_plan(services("redis"), record("redis", name)) == Plan((), (), ("redis",))


@pytest.mark.parametrize("name", ["semantic", "gateway", "redis", "semantics"])
def test_the_stacks_own_services_are_nobody_elses(name: str) -> None:
    assert owner(name) == "stack"


def test_gateways_end_before_what_they_stand_on() -> None:
    everything = record(
        "postgres", "redis", "embeddings", "chat-model", "providers", "tracing", "gateway", "semantic",
        "semantic-2", "semantic-1", "lab",
    )  # fmt: skip
    assert stop_order(everything) == [
        "lab", "semantic-1", "semantic-2", "semantic", "gateway", "tracing",
        "providers", "chat-model", "embeddings", "redis", "postgres",
    ]  # fmt: skip
    changed = make_plan(services("postgres", "gateway", "semantic", **dict.fromkeys(
        ("postgres", "gateway", "semantic"), "new")), everything)  # fmt: skip
    assert [name for name in changed.stop if name in ("postgres", "gateway", "semantic")] == [
        "semantic", "gateway", "postgres",
    ]  # fmt: skip


def test_a_service_that_is_stopped_is_recorded() -> None:
    assert stop_order(StackRecord()) == []
    assert stop_order(record("redis", "gateway")) == ["gateway", "redis"]
