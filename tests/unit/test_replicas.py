"""Names and ports of replicas."""

from __future__ import annotations

from gateway_kit.settings import BASE_PORTS, SERVICES, load_settings
from gateway_kit.stack.replicas import (
    MAX_REPLICAS,
    api_port,
    essential,
    front_name,
    is_gateway,
    replica_names,
    replica_ports,
    service_names,
)


def test_one_gateway_has_the_name_that_users_know():
    assert replica_names(1) == ("gateway",)
    assert replica_names(3) == ("gateway-1", "gateway-2", "gateway-3")


def test_a_stack_with_one_gateway_has_the_services_that_it_always_had():
    assert service_names(1) == SERVICES
    assert front_name(1) == "gateway"
    assert essential(1) == ("postgres", "redis", "gateway")


def test_several_gateways_stand_behind_a_balancer():
    assert service_names(2)[:4] == ("balancer", "gateway-1", "gateway-2", "redis")
    assert set(service_names(2)) - set(SERVICES) == {"balancer", "gateway-1", "gateway-2"}
    assert "gateway" not in service_names(2)
    assert front_name(2) == "balancer"
    assert essential(2) == ("postgres", "redis", "gateway-1", "gateway-2", "balancer")


def test_only_gateways_that_clients_use_are_replicas():
    names = [
        "gateway",
        "gateway-1",
        "gateway-12",
        "gateway-0",
        "gateway-",
        "semantic",
        "semantic-1",
        "balancer",
    ]
    assert [name for name in names if is_gateway(name)] == ["gateway", "gateway-1", "gateway-12"]


def test_replicas_have_ports_that_no_other_service_has():
    settings = load_settings({}, port_offset=100)
    taken = [*replica_ports(settings), api_port(settings)]
    assert len(replica_ports(settings)) == MAX_REPLICAS + 1
    assert len({*taken, *(port + 100 for port in BASE_PORTS.values())}) == len(taken) + len(BASE_PORTS)
