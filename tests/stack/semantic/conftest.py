"""A stack for the tests of second gateways, which kill its services, and second gateways beside it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

import psutil
import pytest
import redis

from gateway_kit.gateway import Gateway, connect
from gateway_kit.gateway.semantic import SemanticGateway, semantic_gateway
from gateway_kit.keys import Keys
from gateway_kit.litellm_api.connection import Connection
from gateway_kit.stack.configuration.semantic import SemanticConfig, render_semantic
from gateway_kit.stack.services.effective_config import config_environment
from gateway_kit.stack.services.redis import redis_server
from gateway_kit.stack.services.semantic import config_path, free_port, semantic_service
from gateway_kit.stack.stack import Stack
from gateway_kit.stack.supervisor import process
from gateway_kit.stack.supervisor.ports import free_offset
from gateway_kit.stack.supervisor.probes import redis_trouble
from tests.conftest import FOREIGN, Cli

Rows = dict[str, dict[str, object]]


class Own:
    """The stack of these tests: its command line, its variables, its processes."""

    def __init__(self, cli: Cli, offset: int) -> None:
        self.cli, self._offset = cli, str(offset)
        self.is_up = False

    def up(self, *words: str) -> str:
        """What `up` printed; also after `down`, which forgets the ports."""
        said = self.cli("up", "--port-offset", self._offset, *words).stdout
        self.is_up = True
        return said

    def down(self) -> str:
        """What `down` printed; the next file that needs the stack starts it again."""
        self.is_up = False
        return self.cli("down").stdout

    @cached_property
    def redis_url(self) -> str:
        return self.env()["REDIS_URL"]

    def env(self) -> dict[str, str]:
        return self.cli.variables()

    def rows(self) -> Rows:
        return {row["service"]: row for row in self.cli.rows()}

    def pid(self, service: str) -> int:
        return int(str(self.rows()[service]["pid"]))

    def signal(self, service: str, number: int) -> int:
        """The pid of the service's process, which got the signal."""
        pid = self.pid(service)
        os.kill(pid, number)
        return pid


@pytest.fixture(scope="session")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Own]:
    command = Cli(tmp_path_factory.mktemp("semantic") / "home")
    offset = free_offset()
    try:
        stack = Own(command, offset)
        stack.up()
        yield stack
    finally:
        command("down")


@pytest.fixture(scope="module", autouse=True)
def up_again(request: pytest.FixtureRequest) -> None:
    """A file may have ended the stack with its last test; one that needs it gets it again."""
    tests = [item for item in request.session.items if item.path == request.path]
    if any("own" in getattr(test, "fixturenames", ()) for test in tests):
        own: Own = request.getfixturevalue("own")
        if not own.is_up:
            own.up()


@contextmanager
def environment_of(home: Path) -> Iterator[None]:
    """This process's environment as in a shell with only GATEWAY_HOME set."""
    with pytest.MonkeyPatch.context() as patch:
        for name in FOREIGN:
            patch.delenv(name, raising=False)
        patch.setenv("GATEWAY_HOME", str(home))
        yield


@pytest.fixture
def here(own: Own) -> Iterator[Own]:
    """The stack, with this process's environment set to it."""
    with environment_of(own.cli.home):
        yield own


@contextmanager
def another_redis(folder: Path, *words: str, password: str = "") -> Iterator[str]:
    """The URL of a Redis that is not the stack's; `words` are options of its program."""
    port = 6379 + free_offset((6379,))
    given = ["--port", str(port), "--bind", "127.0.0.1", "--requirepass", password, "--save", "", *words]
    process = subprocess.Popen([str(redis_server()), *given], cwd=folder, stdout=subprocess.DEVNULL)
    url = f"redis://:{password}@127.0.0.1:{port}/0" if password else f"redis://127.0.0.1:{port}/0"
    try:
        eventually(lambda: not redis_trouble(url))
        yield url
    finally:
        process.terminate()
        process.wait()


class SharedGateway:
    """A second gateway for the files whose tests need one and are not about its start."""

    def __init__(self, own: Own) -> None:
        self._own = own
        self._gateway: SemanticGateway | None = None

    def running(self) -> SemanticGateway:
        if self._gateway is None:
            with environment_of(self._own.cli.home):
                self._gateway = semantic_gateway(index=f"test-{uuid.uuid4().hex}")
        return self._gateway

    def end(self) -> None:
        gateway, self._gateway = self._gateway, None
        if gateway is not None:
            with environment_of(self._own.cli.home), gateway:
                gateway.cache.index.drop()


@pytest.fixture(scope="session")
def shared(own: Own) -> Iterator[SharedGateway]:
    gateway = SharedGateway(own)
    yield gateway
    gateway.end()


@pytest.fixture(scope="module")
def semantic(shared: SharedGateway) -> SemanticGateway:
    """The shared gateway, with the template's threshold of 0.9 and an index of its own; it has kept nothing yet."""
    gateway = shared.running()
    gateway.cache.delete_all()
    return gateway


@pytest.fixture(scope="module")
def no_shared(shared: SharedGateway) -> None:
    """For files that list all second gateways."""
    shared.end()


@pytest.fixture
def first(here: Own) -> Iterator[Gateway]:
    """The stack's own gateway, which has the exact cache."""
    with connect() as gateway:
        yield gateway


@pytest.fixture
def keys(first: Gateway, unique: str) -> Iterator[Keys]:
    yield first.keys
    first.keys.clean_up(unique)


@pytest.fixture
def unique() -> str:
    """Text that no cache has seen."""
    return uuid.uuid4().hex


@pytest.fixture
def raw(own: Own) -> Iterator[redis.Redis]:
    """The stack's Redis itself."""
    with redis.Redis.from_url(own.redis_url, decode_responses=True) as client:
        yield client


def eventually(happened: Callable[[], object], timeout_s: float = 120) -> None:
    end = time.monotonic() + timeout_s
    while not happened():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.1)


def is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


# A program that has a second gateway, says where, and waits to be told to end, or to be killed.
PROGRAM = """\
import sys
from gateway_kit.gateway.semantic import semantic_gateway
with semantic_gateway(index=sys.argv[1]) as gateway:
    print(gateway.url, flush=True)
    sys.stdin.readline()
"""


@contextmanager
def program_with_a_gateway(own: Own, index: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """(the program, its gateway's URL)"""
    program = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, index],
        env=own.cli.env,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert program.stdin is not None
    assert program.stdout is not None
    try:
        yield program, program.stdout.readline().strip()
    finally:
        program.kill()
        program.wait()
        program.stdin.close()
        program.stdout.close()


@contextmanager
def configured_gateway(own: Own, text: str | None = None, **changes: str) -> Iterator[Gateway]:
    """LiteLLM with a configuration, the template's where none is given, and lines of it changed.

    configured_gateway(own, similarity_threshold="90")    # whatever the kit would say to that
    """
    stack = Stack(own.cli.env)
    record = stack.record()
    settings, credentials, endpoints = stack.settings(record), stack.credentials(), stack.endpoints(record)
    if text is None:
        text = render_semantic({**stack.environ, **config_environment(settings, endpoints)}).text
    for key, value in changes.items():
        text, count = re.subn(rf"(?m)^( +{key}:) .*$", rf"\1 {value}", text)
        assert count == 1, key
    service = semantic_service(
        settings,
        credentials,
        endpoints,
        SemanticConfig(text, 0.9, 60, "", ""),
        port=free_port(settings, record),
        environ=stack.environ,
        name="semantic-test",
        end_with=os.getpid(),
    )
    assert service.prepare is not None
    service.prepare()
    started = process.start(service)
    try:
        process.wait_ready(service, started, deadline_s=service.deadline_s)
        connection = Connection(service.url, credentials.gateway_api_key, credentials.litellm_master_key)
        with Gateway(connection) as gateway:
            yield gateway
    finally:
        process.stop(started)
        config_path(settings, "semantic-test").unlink()
