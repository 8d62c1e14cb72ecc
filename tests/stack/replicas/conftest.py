"""One stack with two replicas, for all tests here: each leaves it as it found it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gateway_kit.stack.stack import Stack
from gateway_kit.stack.supervisor import process
from gateway_kit.stack.supervisor.ports import free_offset
from tests.conftest import Cli


@pytest.fixture(scope="session")
def replicated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cli]:
    """The command line of a running stack with two replicas."""
    command = Cli(tmp_path_factory.mktemp("replicas") / "home")
    try:
        command("up", "--port-offset", str(free_offset()), "--replicas", "2")
        yield command
    finally:
        running = Stack(command.env).record().services
        command("down")
        assert not [name for name, entry in running.items() if process.alive(entry.process)]
