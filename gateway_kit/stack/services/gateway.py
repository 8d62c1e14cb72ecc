"""LiteLLM's proxy as a service of the stack."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from gateway_kit.common.environment import digest, full_env
from gateway_kit.common.private_files import write_private
from gateway_kit.settings import HOST, Settings
from gateway_kit.stack.services.credentials import Credentials
from gateway_kit.stack.services.endpoints import Endpoints
from gateway_kit.stack.services.fork_server import FORK_SERVER, code_of_fork_server, import_env
from gateway_kit.stack.services.programs import NODE_FOLDER, SERVERS, code_digest, node
from gateway_kit.stack.supervisor.fork_server import ForkServer
from gateway_kit.stack.supervisor.probes import http_ok
from gateway_kit.stack.supervisor.process import LOG_CAP_BYTES, Service

# Connections of each worker's query engine, and how long a query waits for one: LiteLLM's own numbers.
_POOL = {"connection_limit": "10", "pool_timeout": "60"}

# What opens the traces' web page and database: the gateway only sends to them.
_NOT_THE_GATEWAYS = ("LANGFUSE_INIT_USER_EMAIL", "LANGFUSE_INIT_USER_PASSWORD", "TRACESTORE_PASSWORD")

# LiteLLM's exporter of traces sends from a thread of its own, so no call waits for the trace store; it holds up to
# 100,000 spans and gives a batch up after its last retry. Three retries (LiteLLM's default) are 7 s, less than a
# restart of the store may take; ten, after 1, 2, 4, … and at most 64 s, are five minutes.
TRACING_ENV = {"LANGFUSE_MAX_RETRIES": "10"}

_ASK_REDIS_AGAIN = "REDIS_CIRCUIT_BREAKER_RECOVERY_TIMEOUT"

PROGRAM = "gateway_kit.stack.servers.gateway"

_REFERENCE = re.compile(r"os\.environ/(\w+)")


def gateway_service(
    settings: Settings,
    credentials: Credentials,
    endpoints: Endpoints,
    *,
    config_path: Path,
    config_text: str,
    config_env: Mapping[str, str],
    workers: int,
    environ: Mapping[str, str],
    config_code: str = "",
    stage: Callable[[], None] | None = None,
    sole: bool = False,
    name: str = "gateway",
    port: int | None = None,
) -> Service:
    """The proxy as a service, reading the effective configuration at `config_path`, which `stage` writes.

    `config_code` stands for the code of the modules that the configuration names: other code is another service.
    A `sole` gateway is the only process that changes models and settings in its database. `name` and `port` are a
    replica's, or the gateway's own.
    """
    port = port or settings.port("gateway")
    argv = (
        sys.executable,
        "-P",
        "-m",
        PROGRAM,
        "--host",
        HOST,
        "--port",
        str(port),
        "--workers",
        str(workers),
    )
    engine = settings.home / "bin" / "query-engine"
    given = {
        **{name: value for name, value in credentials.as_env().items() if name not in _NOT_THE_GATEWAYS},
        **config_env,
        **(TRACING_ENV if endpoints.langfuse_host else {}),
        "CONFIG_FILE_PATH": str(config_path),
        "DATABASE_URL": pooled(endpoints.database_url),
        **redis_env(endpoints.redis_url),
        "PROVIDERS_URL": endpoints.providers_url,
        "STORE_MODEL_IN_DB": "True",
        # The kit has applied the migrations; the schema engine that LiteLLM would call is not there.
        "DISABLE_SCHEMA_UPDATE": "true",
        "PRISMA_QUERY_ENGINE_BINARY": str(engine),
        # After its database was gone LiteLLM starts its engine anew. It gives it 2 s, which a busy machine exceeds, and
        # tries again after 15 to 30 s, in which every request fails.
        "PRISMA_AUTH_RECONNECT_TIMEOUT_SECONDS": "15",
        "PRISMA_RECONNECT_COOLDOWN_SECONDS": "2",
        "PRISMA_HEALTH_WATCHDOG_INTERVAL_SECONDS": "5",
        # LiteLLM asks a Redis that was gone again after 60 s: until then nothing comes from the cache, and each process
        # counts limits for itself.
        _ASK_REDIS_AGAIN: environ.get(_ASK_REDIS_AGAIN) or "5",
        # LiteLLM reads all of its configuration again every 30 s, with forty queries, for changes that others made.
        **({"PROXY_CONFIG_RELOAD_INTERVAL_SECONDS": "120"} if sole else {}),
        # Should compiled code crash, the log says where.
        "PYTHONFAULTHANDLER": "1",
        **import_env(environ),
        "LOG_FOLDER": str(settings.logs),
        "LOG_CAP_BYTES": environ.get("LOG_CAP_BYTES") or str(LOG_CAP_BYTES),
    }

    referred = sorted(set(_REFERENCE.findall(config_text)) - set(given))

    def prepare() -> None:
        if stage is not None:
            stage()
        engine.parent.mkdir(mode=0o700, exist_ok=True)
        command = shlex.join((str(node()), str(NODE_FOLDER / "query_engine.mjs")))
        write_private(engine, f'#!/bin/sh\nexec {command} "$@"\n', mode=0o755)

    return Service(
        name=name,
        argv=argv,
        env=full_env(environ, **given),
        port=port,
        url=f"http://{HOST}:{port}",
        log_path=settings.log_path(name),
        ready=lambda: http_ok(
            f"http://{HOST}:{port}/health/readiness", contains='"db":"connected"', within_s=10.0
        ),
        # The others answer meanwhile; one that is only busy must not be ended with the requests that it has.
        adopt_within_s=5.0 if name == "gateway" else 30.0,
        requires=("postgres", "redis"),
        prepare=prepare,
        # With the values of the variables that the configuration refers to: a new provider key is a change.
        identity=digest(
            *argv,
            config_text,
            version("litellm"),
            code_digest(SERVERS / "gateway", SERVERS / "quiet_server.py"),
            config_code,
            code_digest(NODE_FOLDER / "query_engine.mjs", NODE_FOLDER / "query_engine"),
            *(f"{name}={value}" for name, value in sorted(given.items())),
            *(f"{name}={environ.get(name)}" for name in referred),
        ),
        version=version("litellm"),
        deadline_s=150.0,
        fork=_fork_server(environ, arguments_from=argv.index(PROGRAM) + 1),
    )


def as_copy(gateway: Service, socket: Path) -> Service:
    """The gateway, started as a copy by the fork server at `socket`, should that be there."""
    server = ForkServer(socket, code_of_fork_server(), gateway.argv.index(PROGRAM) + 1)
    return replace(gateway, fork=server)


def _fork_server(environ: Mapping[str, str], *, arguments_from: int) -> ForkServer | None:
    named = environ.get(FORK_SERVER)
    return ForkServer(Path(named), code_of_fork_server(), arguments_from) if named else None


def pooled(database_url: str) -> str:
    """A database URL with the pool's parameters, those already in it kept."""
    parts = urlsplit(database_url)
    query = {**_POOL, **dict(parse_qsl(parts.query))}
    return urlunsplit(parts._replace(query=urlencode(query)))


def redis_env(redis_url: str) -> dict[str, str]:
    """A Redis URL as the variables that LiteLLM's cache reads."""
    parts = urlsplit(redis_url)
    return {
        "REDIS_URL": redis_url,
        "REDIS_HOST": parts.hostname or HOST,
        "REDIS_PORT": str(parts.port or 6379),
        "REDIS_PASSWORD": parts.password or "",
    }
