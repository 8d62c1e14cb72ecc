"""What `up` will do. The test's own process stands in for each running service."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gateway_kit.common.processes import birth
from gateway_kit.stack.replicas import MAX_REPLICAS, service_names
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


def test_the_first_start_starts_everything_and_stops_nothing() -> None:
    wanted = services("postgres", "redis", "gateway")
    assert make_plan(wanted, StackRecord()) == Plan((), ("postgres", "redis", "gateway"), ())


def test_an_unchanged_running_service_is_adopted() -> None:
    wanted = services("postgres", "redis", "gateway")
    assert make_plan(wanted, record("gateway", "postgres", "redis")) == Plan(
        (), (), ("postgres", "redis", "gateway")
    )


def test_only_changed_services_are_restarted() -> None:
    plan = make_plan(services("redis", "gateway", gateway="new"), record("redis", "gateway"))
    assert plan == Plan(("gateway",), ("gateway",), ("redis",))


def test_an_unchanged_service_is_restarted_on_request() -> None:
    plan = make_plan(services("redis", "gateway"), record("redis", "gateway"), restart=("gateway",))
    assert plan == Plan(("gateway",), ("gateway",), ("redis",))


def test_leftovers_of_a_killed_gateway_replacement_are_stopped() -> None:
    plan = make_plan(services("redis", "gateway"), record("redis", "gateway", "standby", "replaced"))
    assert plan == Plan(("standby", "replaced"), (), ("redis", "gateway"))


def test_a_dead_service_is_started_and_not_stopped() -> None:
    assert make_plan(services("redis", "gateway"), record("gateway", dead=("redis",))) == Plan(
        (), ("redis",), ("gateway",)
    )


def test_a_service_that_is_no_longer_needed_is_stopped() -> None:
    plan = make_plan(services("redis", "gateway"), record("redis", "gateway", "semantic"))
    assert plan == Plan(("semantic",), (), ("redis", "gateway"))


@pytest.mark.parametrize("name", ["lab", "semantic-1", "semantic-27"])
def test_processes_that_others_started_are_left_alone(name: str) -> None:
    assert owner(name) != "stack"
    assert make_plan(services("redis"), record("redis", name)) == Plan((), (), ("redis",))


@pytest.mark.parametrize("name", ["semantic", "gateway", "redis", "semantics"])
def test_the_stacks_own_services_belong_to_the_stack(name: str) -> None:
    assert owner(name) == "stack"


def test_gateways_stop_before_the_services_that_they_need() -> None:
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


def test_every_service_has_a_place_in_the_stop_order() -> None:
    for replicas in (1, MAX_REPLICAS):
        names = service_names(replicas)
        assert sorted(stop_order(record(*names))) == sorted(names)


def test_the_balancer_stops_before_the_gateways_that_answer_its_last_requests() -> None:
    assert stop_order(record("gateway-2", "redis", "balancer", "gateway-1")) == [
        "balancer", "gateway-1", "gateway-2", "redis",
    ]  # fmt: skip


def test_a_gateway_too_many_is_stopped_and_the_others_go_on() -> None:
    plan = make_plan(services("balancer", "gateway-1"), record("balancer", "gateway-1", "gateway-2"))
    assert plan == Plan(("gateway-2",), (), ("balancer", "gateway-1"))


def test_the_stop_order_lists_the_recorded_services() -> None:
    assert stop_order(StackRecord()) == []
    assert stop_order(record("redis", "gateway")) == ["gateway", "redis"]
