"""A stack with several gateways that a program has for itself, to grow it, hurt it and replace parts of it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import psutil

from gateway_kit.common.environment import minimal_env
from gateway_kit.common.polling import poll_until
from gateway_kit.errors import StackError
from gateway_kit.settings import BASE_PORTS
from gateway_kit.stack.exporting.compose import compose_files
from gateway_kit.stack.exporting.production_config import production_config
from gateway_kit.stack.exporting.target import write_target
from gateway_kit.stack.options import Options
from gateway_kit.stack.replicas import API_PORT, PORTS, is_gateway
from gateway_kit.stack.services.endpoints import Endpoints
from gateway_kit.stack.services.fork_server import FORK_SERVER, start_fork_server
from gateway_kit.stack.stack import Stack
from gateway_kit.stack.status import resident_mb
from gateway_kit.stack.supervisor.launch import Progress
from gateway_kit.stack.supervisor.ports import free_offset
from gateway_kit.stack.supervisor.process import alive

_NOT_NEEDED = ("chat-model", "embeddings", "tracing")
_PORTS_OF_REPLICAS = tuple(BASE_PORTS["gateway"] + number for number in (*PORTS, API_PORT))
_IMPORT_S, _ENDED_S = 90.0, 5.0
# Else LiteLLM, to count tokens of a Llama model, would ask for its tokenizer for 25 s, in which no call is answered.
_NO_DOWNLOADS = {"HF_HUB_OFFLINE": "1"}

Notify = Callable[[Progress], None]


class PracticeStack:
    """PostgreSQL, Redis, simulated providers, gateways and their load balancer, on free ports and with fresh data.

    It shares nothing with another stack, and ends with this program, however that ends. Its gateways are copies of a
    process that has imported LiteLLM once and stays for the gateways of restarts: the one that GATEWAY_FORK_SERVER
    names, else one of its own.

    Args:
        config: LiteLLM's configuration.
        environ: Variables for the gateways.
    """

    def __init__(self, config: Path, environ: Mapping[str, str] | None = None) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="practice-"))
        self._config = config
        self._offset = free_offset((*BASE_PORTS.values(), *_PORTS_OF_REPLICAS))
        given = {**minimal_env(), **_NO_DOWNLOADS, **(environ or {})}
        named = os.environ.get(FORK_SERVER)
        self._socket = Path(named) if named else self.home / "gateways.sock"
        log = self.home / "fork-server.log"
        self._fork_server = None if named else start_fork_server(self._socket, given, log)
        self._stack = Stack({**given, "GATEWAY_HOME": str(self.home), FORK_SERVER: str(self._socket)})
        keeper = (f"{__package__}.practice_keeper", str(self.home), "--end-with", str(os.getpid()))
        self._keeper = subprocess.Popen(
            [sys.executable, "-P", "-m", *keeper],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=minimal_env(),
            start_new_session=True,
        )

    def up(self, replicas: int, notify: Notify = lambda _: None) -> None:
        """Bring the stack up with so many gateways; what runs and is healthy stays. Raises StackError."""
        if (server := self._fork_server) is not None:
            poll_until(lambda: self._socket.exists() or server.poll() is not None, timeout_s=_IMPORT_S)
        options = Options(
            port_offset=self._offset,
            tracing="off",
            config=str(self._config),
            workers=1,
            without=_NOT_NEEDED,
            replicas=replicas,
        )
        self._stack.up(options, notify)

    def restart_gateways(self, notify: Notify = lambda _: None) -> None:
        """Replace one gateway after the other, as `gateway-kit restart gateway` does."""
        self._stack.restart("gateway", notify)

    def kill(self, name: str) -> None:
        """End a service and all that it started at once, as a crash would. Raises StackError if it does not run."""
        entry = self._stack.record().services.get(name)
        process = None if entry is None else alive(entry.process)
        if process is None:
            raise StackError(f"The practice stack has no {name} that runs")
        members = process.children(recursive=True)
        for member in (process, *members):
            try:
                member.send_signal(signal.SIGKILL)
            except psutil.NoSuchProcess:
                continue

    def stop(self, name: str) -> None:
        """Stop a service; the others go on without it."""
        self._stack.stop(name)

    def start(self, name: str) -> None:
        """Start a service that was stopped or killed, and wait until it answers."""
        self._stack.start_service(name)

    @property
    def replicas(self) -> dict[str, str]:
        """The gateways' names and addresses."""
        services = self._stack.record().services
        return {name: services[name].url for name in sorted(services) if is_gateway(name)}

    @property
    def endpoints(self) -> Endpoints:
        """The addresses of all services; the gateway's is the load balancer's."""
        return self._stack.endpoints()

    @property
    def master_key(self) -> str:
        """For administration."""
        return self._stack.credentials().litellm_master_key

    @property
    def api_key(self) -> str:
        """The virtual key that each stack is born with."""
        return self._stack.credentials().gateway_api_key

    def export_compose(self, folder: Path) -> None:
        """Write the folder of `gateway-kit export compose`. Raises StackError."""
        write_target(folder, compose_files(production_config(self._stack)), self._stack)

    def memory_mb(self) -> dict[str, float]:
        """MB that each service that runs holds, with the processes that it started."""
        running = {name: alive(entry.process) for name, entry in self._stack.record().services.items()}
        return {name: resident_mb(process) for name, process in running.items() if process is not None}

    def end(self) -> None:
        """End all of it and delete its data. Does nothing the second time."""
        if self._fork_server is not None:
            self._fork_server.terminate()
        self._keeper.terminate()
        self._keeper.wait()
        if self._fork_server is not None:
            self._fork_server.wait(_ENDED_S)
        shutil.rmtree(self.home, ignore_errors=True)


__all__ = ["PracticeStack"]
