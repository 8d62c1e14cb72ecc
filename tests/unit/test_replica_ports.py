"""Which ports replicas get. The test's own process stands in for running services, its sockets for other programs."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from gateway_kit.common.processes import birth
from gateway_kit.errors import StackError
from gateway_kit.settings import BASE_PORTS, Settings
from gateway_kit.stack.replicas import MAX_REPLICAS, api_port, replica_ports
from gateway_kit.stack.services.replica_ports import gateway_ports, spare_port
from gateway_kit.stack.services.semantic import free_port
from gateway_kit.stack.supervisor.ports import free_offset
from gateway_kit.stack.supervisor.process import ProcessRecord
from gateway_kit.stack.supervisor.record import ServiceRecord, StackRecord

ALIVE = ProcessRecord(os.getpid(), birth(os.getpid()))
DEAD = ProcessRecord(os.getpid(), "another boot/1")


@pytest.fixture(scope="module")
def offset() -> int:
    return free_offset((*BASE_PORTS.values(), *range(4000, 4030)))


@pytest.fixture
def settings(offset: int, tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, port_offset=offset)


@pytest.fixture
def taken() -> Iterator[ExitStack]:
    with ExitStack() as sockets:
        yield sockets


def entry(port: int, process: ProcessRecord = ALIVE) -> ServiceRecord:
    return ServiceRecord(process, port, "", "", "")


def test_one_gateway_has_the_port_that_users_know(settings: Settings):
    assert gateway_ports(settings, StackRecord()) == {"gateway": settings.port("gateway")}


def test_replicas_have_the_ports_after_it(settings: Settings):
    pool = replica_ports(settings)
    assert gateway_ports(settings, StackRecord(replicas=2)) == {"gateway-1": pool[0], "gateway-2": pool[1]}


def test_a_replica_that_runs_keeps_its_port_and_the_others_take_what_is_left(settings: Settings):
    pool = replica_ports(settings)
    record = StackRecord(replicas=3).with_service("gateway-1", entry(pool[1]))
    record = record.with_service("gateway-2", entry(pool[0], DEAD))
    assert gateway_ports(settings, record) == {
        "gateway-1": pool[1],
        "gateway-2": pool[0],
        "gateway-3": pool[2],
    }


def test_a_port_of_another_program_is_passed_over(settings: Settings, taken: ExitStack):
    pool = replica_ports(settings)
    taken.enter_context(socket.create_server(("127.0.0.1", pool[0])))
    assert list(gateway_ports(settings, StackRecord(replicas=2)).values()) == pool[1:3]


def test_a_port_of_another_service_of_the_stack_is_passed_over(settings: Settings):
    pool = replica_ports(settings)
    for name in ("semantic", "semantic-1", "gateway-5"):  # the last one is about to leave
        record = StackRecord(replicas=2).with_service(name, entry(pool[1]))
        assert list(gateway_ports(settings, record).values()) == [pool[0], pool[2]]


def test_where_too_few_ports_are_free_a_replica_gets_one_whose_owner_can_be_named(
    settings: Settings, taken: ExitStack
):
    pool = replica_ports(settings)
    for port in pool[2:5]:
        taken.enter_context(socket.create_server(("127.0.0.1", port)))
    found = gateway_ports(settings, StackRecord(replicas=MAX_REPLICAS))
    assert list(found.values()) == [*pool[:2], *pool[5:], *pool[2:4]]


def test_the_semantic_gateway_never_has_a_replicas_port(settings: Settings):
    assert free_port(settings, StackRecord()) > api_port(settings)


def test_a_gateway_that_replaces_another_gets_a_port_that_nobody_is_about_to_have(
    settings: Settings, taken: ExitStack
):
    pool = replica_ports(settings)
    record = StackRecord(replicas=2).with_service("gateway-1", entry(pool[0]))
    taken.enter_context(socket.create_server(("127.0.0.1", pool[1])))
    assert spare_port(settings, record, besides=[pool[2]]) == pool[3]
    with pytest.raises(StackError, match=f"None of the ports {pool[0]} to {pool[-1]} is free.*ss -ltnp"):
        spare_port(settings, record, besides=pool)
