"""Names and ports of replicas."""

from __future__ import annotations

from gateway_kit.settings import BASE_PORTS, load_settings
from gateway_kit.stack.replicas import MAX_REPLICAS, api_port, is_gateway, replica_names, replica_ports


def test_one_gateway_has_the_name_that_users_know():
    assert replica_names(1) == ("gateway",)
    assert replica_names(3) == ("gateway-1", "gateway-2", "gateway-3")


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
