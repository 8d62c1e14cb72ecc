"""The gateways of lesson 08: a stack of several replicas that the lesson has for itself, and a client for each."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING

from gateway_kit.common.tables import Column, Table
from gateway_kit.errors import LessonError
from gateway_kit.gateway.client import Gateway
from gateway_kit.gateway.latency import Latency
from gateway_kit.litellm_api.connection import Connection

if TYPE_CHECKING:
    import pandas as pd

    from gateway_kit.stack.practice import PracticeStack

FILES = files("gateway_kit.lessons") / "growing_files"
# LiteLLM asks a Redis that was gone again after 60 s. Nobody wants to wait for that in a lesson.
_ENVIRON = {"REDIS_CIRCUIT_BREAKER_RECOVERY_TIMEOUT": "2"}
# How long the simulated models take: short calls, and streams that are under way when something happens.
_TIMES = (Latency(whole_s=(0.05,), ttft_s=(0.05,), stream_s=(1.5,)),)

SERVICES = Table(
    Column("service", "string", "its name, as `gateway-kit status` shows it"),
    Column("address", "string", "where it answers; empty for what only gateways use"),
    Column("memory_mb", "float64", "MB that it holds; what gateways share is divided among them"),
)


class GrownStack:
    """Several gateways, the replicas, behind a load balancer.

    `gateway` calls through the balancer, as applications do. `replicas` has a client for each replica, which passes
    the balancer by. After `close()` nothing of it is left; it ends with the notebook at the latest.
    """

    def __init__(self, stack: PracticeStack) -> None:
        self._stack = stack
        self._clients: dict[str, Gateway] = {}
        self._size = 0

    def grow(self, replicas: int) -> None:
        """Bring the stack to so many replicas; one that was lost is started again."""
        self._stack.up(replicas)
        self._size = replicas
        self.gateway.providers.latencies(_TIMES)

    def __repr__(self) -> str:
        return f"<GrownStack: {', '.join(self.replicas)} behind {self.gateway.url}>"

    def _repr_html_(self) -> str:
        return self.services().to_html(index=False)

    @property
    def home(self) -> Path:
        """The state folder, with the logs, as long as the stack runs."""
        return self._stack.home

    @property
    def gateway(self) -> Gateway:
        """A client that calls through the balancer."""
        return self._client(self._stack.endpoints.gateway_url)

    @property
    def replicas(self) -> dict[str, Gateway]:
        """Each replica's name, and a client that calls it past the balancer."""
        return {name: self._client(url) for name, url in self._stack.replicas.items()}

    def services(self) -> pd.DataFrame:
        """What runs, the gateways first.

        Returns:
            - `service` (string): its name, as `gateway-kit status` shows it
            - `address` (string): where it answers; empty for what only gateways use
            - `memory_mb` (float64): MB that it holds; what gateways share is divided among them
        """
        urls = {"balancer": self.gateway.url, **self._stack.replicas, "providers": self.gateway.providers.url}
        memory = sorted(self._stack.memory_mb().items(), key=lambda item: (item[0] not in urls, item[0]))
        return SERVICES.frame((name, urls.get(name, ""), used) for name, used in memory)

    def name_at(self, port: str) -> str:
        """The replica that has a port, or the port if none has it any more."""
        return next((n for n, url in self._stack.replicas.items() if url.endswith(f":{port}")), port)

    def kill(self, name: str) -> None:
        """End a replica at once, as a crash would."""
        self._stack.kill(name)

    def restart(self) -> None:
        """Replace one replica after the other, as `gateway-kit restart gateway` does."""
        self._stack.restart_gateways()

    def heal(self) -> None:
        """Start again what was killed or stopped."""
        self._stack.up(self._size)

    def export_compose(self, folder: Path) -> None:
        """Write the Compose export of this stack into an empty folder."""
        self._stack.export_compose(folder)

    @contextmanager
    def without_redis(self) -> Iterator[None]:
        """Stop Redis, and start it again afterwards."""
        self._stack.stop("redis")
        try:
            yield
        finally:
            self._stack.start("redis")

    @contextmanager
    def as_local(self) -> Iterator[None]:
        """Let what inspects the local stack, such as `load.saturation`, find this one meanwhile."""
        before = {name: os.environ.get(name) for name in _WHERE}
        for name in _WHERE:
            os.environ.pop(name, None)
        os.environ["GATEWAY_HOME"] = str(self.home)
        try:
            yield
        finally:
            _restore(before)

    def close(self) -> None:
        """End all of it. Does nothing the second time."""
        for client in self._clients.values():
            client.close()
        self._clients.clear()
        self._stack.end()

    def _client(self, url: str) -> Gateway:
        if url not in self._clients:
            stack, ends = self._stack, self._stack.endpoints
            services = {"PROVIDERS_URL": ends.providers_url, "REDIS_URL": ends.redis_url}
            connection = Connection(url, stack.api_key, stack.master_key, services, local=True)
            self._clients[url] = Gateway(connection, model="chat")
        return self._clients[url]


# Where a notebook's stack is, and what would stand for a part of it.
_WHERE = (
    "GATEWAY_HOME", "GATEWAY_URL", "GATEWAY_API_KEY", "LITELLM_MASTER_KEY", "PROVIDERS_URL", "REDIS_URL",
    "DATABASE_URL",
)  # fmt: skip


def _restore(before: Mapping[str, str | None]) -> None:
    for name, value in before.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


_running: list[GrownStack] = []


def _new_stack() -> PracticeStack:
    from gateway_kit.stack.practice import PracticeStack

    with as_file(FILES) as folder:
        return PracticeStack(folder / "gateway.yaml", _ENVIRON)


def start(replicas: int = 2) -> GrownStack:
    """The lesson's replicas: started the first time, later only brought to this number.

    Raises LessonError if what a stack needs is not installed, StackError if it cannot be started.
    """
    if not isinstance(replicas, int) or not 2 <= replicas <= 4:
        raise LessonError(f"replicas = {replicas}: choose 2, 3 or 4")
    try:
        if not _running:
            _running.append(GrownStack(_new_stack()))
        _running[0].grow(replicas)
    except ModuleNotFoundError as exc:
        raise LessonError(
            f"This lesson starts gateways of its own, and the package {exc.name} is not installed. "
            "Run: pip install 'gateway-kit[stack]'"
        ) from exc
    return _running[0]


def end() -> None:
    """End the lesson's replicas, if there are any; `start` begins with fresh ones."""
    while _running:
        _running.pop().close()
