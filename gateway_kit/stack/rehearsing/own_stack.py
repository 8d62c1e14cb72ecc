"""A stack that a rehearsal has for itself, on free ports and in a folder that is removed with it."""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path

from gateway_kit.common.environment import minimal_env
from gateway_kit.common.polling import poll_until
from gateway_kit.common.private_files import write_private
from gateway_kit.errors import StackError
from gateway_kit.stack.options import Options
from gateway_kit.stack.rehearsing import isolation
from gateway_kit.stack.services.fork_server import FORK_SERVER, can_listen, start_fork_server
from gateway_kit.stack.services.providers import own_providers_url
from gateway_kit.stack.stack import Stack
from gateway_kit.stack.supervisor import process
from gateway_kit.stack.supervisor.launch import Progress
from gateway_kit.stack.supervisor.ports import free_offset
from gateway_kit.stack.supervisor.record import StackRecord

# Of the services that a story may stop and start.
SERVICES = ("gateway", "redis", "postgres", "providers", "embeddings")

_NOT_NEEDED = ("chat-model", "tracing")
# What a service has to end by itself: nothing that it would still write is kept.
_GRACE_S = 1.0
_IMPORT_S = 90.0
_FILE = "config.yaml"
# Else LiteLLM, to count tokens of a Llama model, would ask for its tokenizer for 25 s, in which no call is answered.
_NO_DOWNLOADS = {"HF_HUB_OFFLINE": "1"}
# Has the gateway write its cooldowns down (servers/gateway/cooldowns.py).
_COOLDOWN_LOG = "GATEWAY_COOLDOWNS"


@dataclass(frozen=True)
class Configuration:
    """What the gateway of a rehearsal reads: LiteLLM's YAML, what lies beside it, and the variables it refers to."""

    text: str
    files: Mapping[str, Path] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    needs_embeddings: bool = False


class OwnStack:
    """PostgreSQL, Redis, the simulator and a gateway, and the embedding model if the configuration needs it.

    Nothing is shared with another stack. `folder` may be removed once `end` has returned.
    """

    def __init__(self, folder: Path, notify: Callable[[Progress], None] = lambda _: None) -> None:
        self.folder = folder
        given = isolation.port_offset()
        self.port_offset = free_offset() if given is None else given
        self._notify = notify
        self._number = 0
        self._stack: Stack | None = None
        self._without: tuple[str, ...] = ()
        self._fork_server: subprocess.Popen[bytes] | None = None
        self._stopped: set[str] = set()

    def prepare(self) -> None:
        """Import LiteLLM in the background: the gateways of all runs, and of a story's restarts, are copies of that."""
        socket = self.folder / "gateways.sock"
        if can_listen(socket):
            log = self.folder / "fork-server.log"
            self._fork_server = start_fork_server(socket, self._environ(_NO_DOWNLOADS), log)

    @property
    def simulator_url(self) -> str:
        """Where the simulated providers answer, now or once the stack has started."""
        home = self._environ({})["GATEWAY_HOME"]
        settings = Stack({"GATEWAY_HOME": home}).settings(StackRecord(port_offset=self.port_offset))
        return own_providers_url(settings)

    def start(self, configuration: Configuration) -> float:
        """Start with fresh data, whatever ran before; the seconds that it took.

        Raises StackError, among them ConfigError and GatewayNotStartedError.
        """
        begin = time.monotonic()
        self.end()
        self._stopped.clear()
        self._number += 1
        home = Path(self._environ({})["GATEWAY_HOME"])
        home.mkdir(mode=0o700, parents=True)
        file = self._write(configuration)
        given = {
            **configuration.env,
            **isolation.gateway_env(),
            **_NO_DOWNLOADS,
            _COOLDOWN_LOG: str(home / "cooldowns.jsonl"),
        }
        self._stack = Stack(self._environ({**given, **self._copies()}))
        self._without = (*_NOT_NEEDED, *(() if configuration.needs_embeddings else ("embeddings",)))
        options = Options(
            port_offset=self.port_offset,
            tracing="off",
            config=str(file),
            workers=1,
            without=self._without,
            rehearsal=True,
        )
        self._stack.up(options, self._notify)
        return time.monotonic() - begin

    def stop_service(self, name: str) -> None:
        """Stop one service; the others go on without it. Nothing happens if it is stopped already."""
        self._stopped.add(name)
        if name in self._running().record().services:
            self._running().stop(name, self._notify)

    def start_service(self, name: str) -> None:
        """Start a stopped service, and wait until it answers."""
        if name in self._without:
            raise StackError(f"The rehearsal has no {name}: its configuration does not need it")
        self._running().start_service(name, self._notify)
        self._stopped.discard(name)

    def gateway_failure(self) -> str | None:
        """The last lines of the gateway's log if it has ended though nobody stopped it; None while all is well."""
        entry = self._running().record().services.get("gateway")
        if entry is None or "gateway" in self._stopped or process.alive(entry.process) is not None:
            return None
        return process.log_tail(self._running().settings().log_path("gateway"))

    @property
    def gateway_url(self) -> str:
        """Where the gateway answers."""
        return self._running().endpoints().gateway_url

    @property
    def redis_url(self) -> str:
        """Redis, with its password."""
        return self._running().endpoints().redis_url

    @property
    def master_key(self) -> str:
        """The gateway's master key, for administration."""
        return self._running().credentials().litellm_master_key

    @property
    def logs(self) -> Path:
        """The folder with the services' logs."""
        return self._running().settings().logs

    @property
    def cooldown_log(self) -> Path:
        """Where the gateway writes each cooldown of a deployment, a JSON object a line."""
        return Path(self._running().environ[_COOLDOWN_LOG])

    def versions(self) -> dict[str, str]:
        """Name and version of what is rehearsed with."""
        services = self._running().record().services
        return {
            "gateway_kit": version("gateway-kit"),
            "litellm": version("litellm"),
            **{name: entry.version for name, entry in services.items() if name in ("postgres", "redis")},
        }

    def end(self) -> None:
        """End all services and delete their data. Does nothing if there are none."""
        if self._stack is None:
            return
        stack, self._stack = self._stack, None
        try:
            stack.end_services(_at_once(stack.record()), lambda _: None, grace_s=_GRACE_S)
        finally:
            shutil.rmtree(stack.home, ignore_errors=True)

    def _running(self) -> Stack:
        if self._stack is None:
            raise StackError("The rehearsal's stack does not run")
        return self._stack

    def _copies(self) -> dict[str, str]:
        """Where the gateway's program comes from, once that has imported LiteLLM; empty if it cannot."""
        socket = self.folder / "gateways.sock"
        server = self._fork_server
        if server is None:
            return {}
        _, there = poll_until(lambda: socket.exists() or server.poll() is not None, timeout_s=_IMPORT_S)
        return {FORK_SERVER: str(socket)} if there else {}

    def _environ(self, given: Mapping[str, str]) -> dict[str, str]:
        """What the stack's processes see: no key, no address of the user's own services."""
        return {**minimal_env(), **given, "GATEWAY_HOME": str(self.folder / f"stack-{self._number}")}

    def _write(self, configuration: Configuration) -> Path:
        """Write what the gateway reads; the file."""
        folder = self.folder / f"config-{self._number}"
        folder.mkdir(mode=0o700, parents=True)
        for name, source in configuration.files.items():
            target = folder / name
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target)
            else:
                shutil.copyfile(source, target)
        write_private(folder / _FILE, configuration.text)
        return folder / _FILE


def _at_once(record: StackRecord) -> StackRecord:
    """The record, with a PostgreSQL that ends without writing out what is to be deleted."""
    entry = record.services.get("postgres")
    if entry is None:
        return record
    quick = replace(entry.process, stop_signal=int(signal.SIGQUIT))
    return record.with_service("postgres", replace(entry, process=quick))
