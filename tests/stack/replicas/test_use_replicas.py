"""Fewer replicas for a measurement, in front of small real servers, and all of them again however it ends."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from gateway_kit.common.processes import birth
from gateway_kit.errors import SettingsError
from gateway_kit.gateway import Gateway
from gateway_kit.litellm_api.connection import Connection
from gateway_kit.load import LoadPlan, saturation
from gateway_kit.load.local_services import local_services, replica_urls
from gateway_kit.load.use_replicas import use_replicas
from gateway_kit.settings import Settings, load_settings
from gateway_kit.stack.services.balancer import Balancer, balancer_service
from gateway_kit.stack.supervisor import process
from gateway_kit.stack.supervisor.ports import free_offset
from gateway_kit.stack.supervisor.process import ProcessRecord
from gateway_kit.stack.supervisor.record import ServiceRecord, StackRecord, write_record
from tests.conftest import FOREIGN
from tests.stack.replicas.backends import serving


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Settings, list[str]]]:
    """A record of three replicas, which are small servers, behind a real balancer."""
    for name in FOREIGN:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GATEWAY_HOME", str(tmp_path))
    settings = load_settings(port_offset=free_offset())
    this = ProcessRecord(os.getpid(), birth(os.getpid()))
    with ExitStack() as servers:
        # The record's order is that of their names, whatever their ports are.
        urls = [servers.enter_context(serving(str(number))).url for number in range(3)]
        entries = {
            f"gateway-{number}": ServiceRecord(this, 4000 + number, url, "1", "x")
            for number, url in enumerate(urls, start=1)
        }
        write_record(
            tmp_path, StackRecord(port_offset=settings.port_offset, services=dict(reversed(entries.items())))
        )
        service = balancer_service(settings, {}, urls)
        assert service.prepare is not None
        settings.logs.mkdir(exist_ok=True)
        service.prepare()
        started = process.start(service)
        process.wait_ready(service, started, deadline_s=30)
        yield settings, urls
        assert process.stop(started)


def test_the_balancer_uses_so_many_meanwhile_and_all_afterwards(stack: tuple[Settings, list[str]]) -> None:
    settings, urls = stack
    balancer = Balancer(settings)
    assert replica_urls() == urls
    for count in (1, 2, 3):
        with use_replicas(count):
            assert set(balancer.serving()) == set(urls[:count])
        assert set(balancer.serving()) == set(urls)
    with pytest.raises(KeyboardInterrupt), use_replicas(1):
        raise KeyboardInterrupt
    assert set(balancer.serving()) == set(urls)


@pytest.mark.usefixtures("stack")
def test_the_stacks_gateways_are_counted_as_one_service() -> None:
    gateway = Gateway(Connection("http://127.0.0.1:9", "sk-none", local=True))
    services = local_services(gateway)
    assert services is not None
    assert (services.replicas, services.workers) == (3, 1)
    assert services.roots == {"gateway": (os.getpid(),) * 3}
    assert local_services(Gateway(Connection("http://127.0.0.1:9", "sk-none"))) is None
    for wrong in ([0], [4], [1, 2.5], [True]):
        with pytest.raises(SettingsError, match="must be numbers from 1 to 3"):
            saturation(LoadPlan(duration_s=1), gateway, replicas=wrong)  # type: ignore[arg-type]
