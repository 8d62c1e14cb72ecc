"""A second gateway with the semantic cache, beside the first: on a free port, with the same database.

A LiteLLM proxy has one cache, so the semantic cache needs a proxy of its own. It is supervised like the stack's
services, and needs about 450 MB. There are two ways to get one:

- `gateway-kit up --semantic` makes it a service of the stack, called `semantic`;
- a program starts one for itself, with settings of its own (`gateway_kit.gateway.semantic_gateway`). It is recorded
  as `semantic-1` and so on, ends with that program, and `gateway-kit down` ends it too.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

from gateway_kit.common.environment import digest
from gateway_kit.common.private_files import write_private
from gateway_kit.errors import StackError
from gateway_kit.settings import BASE_PORTS, HOST, Settings
from gateway_kit.stack.configuration.semantic import SemanticConfig, render_semantic
from gateway_kit.stack.replicas import api_port
from gateway_kit.stack.services.credentials import Credentials
from gateway_kit.stack.services.effective_config import config_environment
from gateway_kit.stack.services.endpoints import Endpoints
from gateway_kit.stack.services.gateway import gateway_service
from gateway_kit.stack.supervisor import ports, process
from gateway_kit.stack.supervisor.probes import http_ok
from gateway_kit.stack.supervisor.process import Service
from gateway_kit.stack.supervisor.record import StackRecord, owner

NAME = "semantic"

# Measured: 420 to 460 MB of resident memory, its query engine included.
MEMORY_NEEDED_MB = 500


def semantic_service(
    settings: Settings,
    credentials: Credentials,
    endpoints: Endpoints,
    config: SemanticConfig,
    *,
    port: int,
    environ: Mapping[str, str],
    name: str = NAME,
    end_with: int | None = None,
) -> Service:
    """The second gateway as a service: the first one's program with another configuration, port and log.

    With `end_with`, the id of the process that starts it, it ends once that one has ended.
    """
    path = config_path(settings, name)
    first = gateway_service(
        settings,
        credentials,
        endpoints,
        config_path=path,
        config_text=config.text,
        config_env=config_environment(settings, endpoints),
        workers=1,
        environ=environ,
    )
    begin = first.argv.index("--port")
    more = ("--end-with", str(end_with)) if end_with is not None else ()
    argv = (*first.argv[:begin], "--port", str(port), *first.argv[begin + 2 :], *more)

    def prepare() -> None:
        if first.prepare is not None:
            first.prepare()
        write_private(path, config.text)

    return replace(
        first,
        name=NAME,
        argv=argv,
        port=port,
        url=f"http://{HOST}:{port}",
        log_path=settings.log_path(NAME),
        ready=lambda: http_ok(f"http://{HOST}:{port}/health/readiness", contains='"db":"connected"'),
        # Its cache asks the embedding model for the first time at the first request, but a lookup that fails
        # then would be a silent miss.
        requires=("postgres", "redis", "embeddings"),
        prepare=prepare,
        identity=digest(first.identity, *argv),
    )


def stack_service(
    settings: Settings,
    credentials: Credentials,
    endpoints: Endpoints,
    record: StackRecord,
    environ: Mapping[str, str],
) -> Service:
    """The second gateway as a service of the stack, as the template has it; on the port it had last, or a free one."""
    config = render_semantic(
        {**environ, **config_environment(settings, endpoints)}, tracing=bool(endpoints.langfuse_host)
    )
    kept = record.services.get(NAME)
    port = kept.port if kept is not None else free_port(settings, record)
    return semantic_service(settings, credentials, endpoints, config, port=port, environ=environ)


def config_path(settings: Settings, name: str) -> Path:
    """Where a second gateway's configuration lies."""
    return settings.home / "config" / f"{name}.yaml"


def free_port(settings: Settings, record: StackRecord, *, besides: Collection[int] = ()) -> int:
    """A free port for a second gateway: the first one after the replicas' that nobody has or is about to have.

    `besides` are ports of services that are about to be started.
    """
    used_ports = {port + settings.port_offset for port in BASE_PORTS.values()} | set(besides)
    used_ports |= {entry.port for entry in record.services.values()}
    begin = api_port(settings) + 1  # those before it are for replicas and their balancer
    for port in range(begin, min(begin + 1000, 65536)):
        if port not in used_ports and ports.is_free(port):
            return port
    raise StackError(f"No port from {begin} on is free for a second gateway. To see who uses them: ss -ltnp")


def without_the_dead(record: StackRecord) -> StackRecord:
    """The record without second gateways that ended with the program that had started them."""
    kept = {
        name: entry
        for name, entry in record.services.items()
        if owner(name) != "program" or process.alive(entry.process) is not None
    }
    return replace(record, services=kept)
