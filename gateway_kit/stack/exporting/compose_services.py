"""The services of the exported Compose file: gateways, balancer, migration, PostgreSQL and Redis."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from gateway_kit.common.redis_search import REDIS_IMAGE
from gateway_kit.stack.exporting.images import (
    LITELLM,
    POSTGRES_IMAGE,
    balancer_image,
    gateway_image,
    pinned,
    required,
)
from gateway_kit.stack.exporting.production_config import CONFIG_FILE, SEMANTIC_FILE, ProductionConfig
from gateway_kit.stack.exporting.yaml_text import yaml_text
from gateway_kit.stack.replicas import BALANCER, replica_names
from gateway_kit.stack.services.balancer import WAY_THROUGH, routing

Service = dict[str, Any]

ROUTING_FILE = "balancer/routing.yml"
SEMANTIC = "semantic"

PORT = 4000
# The longest answer that a restart waits for; LiteLLM finishes what it has begun, and then writes what was spent.
STOP_GRACE = "120s"
_FOLDER = "/etc/litellm"
# PostgreSQL's image begins as root to own its folder, and goes on as postgres.
OF_POSTGRES: Service = {
    "cap_drop": ["ALL"],
    "cap_add": ["CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"],
}
# LiteLLM's sizing: a CPU and 4 GiB for each worker.
_MEMORY_MB, _MEMORY_RESERVED_MB = 4096, 1024


def published_port(variable: str, default: int, target: int) -> Service:
    """A port of this machine that leads to a service's: on 127.0.0.1, unless GATEWAY_ADDRESS says otherwise."""
    return {
        "host_ip": "${GATEWAY_ADDRESS:-127.0.0.1}",
        "published": f"${{{variable}:-{default}}}",
        "target": target,
    }


def gateway_names(made: ProductionConfig) -> tuple[str, ...]:
    """The gateways' services."""
    return replica_names(made.replicas)


def stack_services(made: ProductionConfig) -> dict[str, Service]:
    """All services but Langfuse's, the one that clients open first."""
    names = gateway_names(made)
    alone = len(names) == 1
    published = [published_port("GATEWAY_PORT", 4000, PORT)]
    services = {} if alone else {BALANCER: _balancer(names, published)}
    for name in names:
        services[name] = _gateway(made, CONFIG_FILE, ports=published if alone else [])
    if made.semantic_text:
        ports = [published_port("SEMANTIC_PORT", 4001, PORT)]
        services[SEMANTIC] = _gateway(made, SEMANTIC_FILE, ports=ports, workers=1)
    return {**services, "migrate": _migrate(), "postgres": _postgres(), "redis": _redis()}


def routing_text(made: ProductionConfig) -> str:
    """Which gateways the balancer sends requests to: the file that it watches."""
    urls = [f"http://{name}:{PORT}" for name in gateway_names(made)]
    return "# Read by the balancer, which takes over changes at once.\n" + yaml_text(
        json.loads(routing(urls))
    )


def gateway_environment(made: ProductionConfig) -> dict[str, str]:
    """The variables of a gateway's process."""
    given = {
        **made.environment,
        "DATABASE_URL": _database_url(),
        "REDIS_HOST": "redis",
        "REDIS_PORT": "6379",
        **({"LANGFUSE_HOST": "http://langfuse-web:3000"} if made.tracing == "langfuse" else {}),
        # What LiteLLM and its parts write besides goes to the file system in memory.
        "XDG_CACHE_HOME": "/tmp/cache",  # noqa: S108  # in the container
    }
    for variable in made.variables:
        if variable.name not in given:
            needed = required(variable.name)
            given[variable.name] = needed if variable.needed else f"${{{variable.name}:-{variable.default}}}"
    return given


def _gateway(
    made: ProductionConfig, config: str, *, ports: list[Service], workers: int | None = None
) -> Service:
    workers = workers or made.workers
    mounted = {config: "config.yaml", **{name: name for name in made.files}}
    return {
        "image": f"{gateway_image()}@{required(LITELLM)}",
        "command": ["--config", f"{_FOLDER}/config.yaml", "--port", str(PORT), "--num_workers", str(workers)],
        "environment": gateway_environment(made),
        "volumes": [f"./{name}:{_FOLDER}/{inside}:ro" for name, inside in mounted.items()],
        **({"ports": ports} if ports else {}),
        "networks": ["front", "data"],
        "depends_on": {
            "migrate": {"condition": "service_completed_successfully"},
            "redis": {"condition": "service_healthy"},
        },
        "healthcheck": {
            "test": ["CMD", "python3", "-c", _asks("/health/readiness")],
            "interval": "10s",
            "timeout": "6s",
            "retries": 6,
            "start_period": "180s",
        },
        "stop_grace_period": STOP_GRACE,
        "read_only": True,
        "tmpfs": ["/tmp:size=256m,mode=1777"],  # noqa: S108  # in the container
        "cap_drop": ["ALL"],
        "deploy": _resources(
            _MEMORY_MB * workers, _MEMORY_RESERVED_MB * workers, cpus=workers, pids=256 * workers
        ),
    }


def _asks(path: str) -> str:
    """Python that ends with an error unless the gateway answers 200; the image has no curl."""
    return f"import urllib.request as u; u.urlopen('http://127.0.0.1:{PORT}{path}', timeout=5)"


def _balancer(names: tuple[str, ...], ports: list[Service]) -> Service:
    # A restart of the balancer itself lets answers under way end; the kit's own has nothing to wait for.
    through = [flag for flag in WAY_THROUGH if "gracetimeout" not in flag]
    return {
        "image": pinned(balancer_image(), BALANCER),
        "user": "65532:65532",
        "command": [
            f"--entrypoints.web.address=:{PORT}",
            *through,
            f"--entrypoints.web.transport.lifecycle.gracetimeout={STOP_GRACE}",
            "--entrypoints.ping.address=127.0.0.1:8082",
            "--ping.entrypoint=ping",
            "--providers.file.directory=/etc/balancer",
            "--providers.file.watch=true",
            "--global.checknewversion=false",
            "--global.sendanonymoususage=false",
            "--log.level=WARN",
            "--log.format=json",
        ],
        "volumes": ["./balancer:/etc/balancer:ro"],
        "ports": ports,
        "networks": ["front"],
        "depends_on": {name: {"condition": "service_healthy"} for name in names},
        "healthcheck": {
            "test": ["CMD", "traefik", "healthcheck", "--ping", "--entrypoints.ping.address=127.0.0.1:8082",
                     "--ping.entrypoint=ping"],
            "interval": "5s",
            "timeout": "3s",
            "retries": 6,
        },
        "stop_grace_period": STOP_GRACE,
        "read_only": True,
        "cap_drop": ["ALL"],
        "deploy": _resources(512, 64, cpus=1, pids=256),
    }  # fmt: skip


def _migrate() -> Service:
    return {
        "image": f"{gateway_image()}@{required(LITELLM)}",
        "working_dir": "/app",
        "entrypoint": ["python3", "litellm/proxy/prisma_migration.py"],
        "environment": {
            "DATABASE_URL": _database_url(),
            "DISABLE_SCHEMA_UPDATE": "false",
            "LITELLM_MODE": "PRODUCTION",
            "LITELLM_MIGRATION_DIR": "/tmp/migrations",  # noqa: S108  # in the container
        },
        "networks": ["data"],
        "depends_on": {"postgres": {"condition": "service_healthy"}},
        # Whether it went well decides whether a gateway starts. Its file system is writable: Prisma may want it.
        "restart": "no",
        "cap_drop": ["ALL"],
        "deploy": _resources(2048, 256, cpus=1, pids=256),
    }


def _postgres() -> Service:
    return {
        "image": pinned(POSTGRES_IMAGE, "postgres"),
        "environment": {
            "POSTGRES_USER": "litellm",
            "POSTGRES_PASSWORD": required("POSTGRES_PASSWORD"),
            "POSTGRES_DB": "litellm",
        },
        "volumes": ["postgres:/var/lib/postgresql"],
        "networks": ["data"],
        # Over TCP: while PostgreSQL creates its database, it answers only on the Unix socket.
        "healthcheck": _checks(["CMD", "pg_isready", "-h", "127.0.0.1", "-U", "litellm", "-d", "litellm"]),
        "stop_grace_period": "60s",
        "shm_size": "256m",
        "read_only": True,
        "tmpfs": ["/tmp:size=64m,mode=1777", "/var/run/postgresql:size=1m"],  # noqa: S108  # in the container
        **OF_POSTGRES,
        "deploy": _resources(2048, 256, cpus=2, pids=512),
    }


def _redis() -> Service:
    # The configuration comes from standard input, so that the password is on no command line. The entry point loads
    # the search module. What has an end may be dropped when memory is short; counters of spend have none.
    script = (
        "exec docker-entrypoint.sh redis-server - <<END\n"
        "requirepass $$REDISCLI_AUTH\n"
        "maxmemory 1gb\n"
        "maxmemory-policy volatile-lru\n"
        "appendonly yes\n"
        "dir /data\n"
        "END\n"
    )
    return {
        "image": pinned(REDIS_IMAGE, "redis"),
        "user": "redis",
        "command": ["sh", "-c", script],
        "environment": {"REDISCLI_AUTH": required("REDIS_PASSWORD")},
        "volumes": ["redis:/data"],
        "networks": ["data"],
        "healthcheck": _checks(["CMD-SHELL", "redis-cli ping | grep -q PONG"]),
        "stop_grace_period": "30s",
        "read_only": True,
        "tmpfs": ["/tmp:size=16m,mode=1777"],  # noqa: S108  # in the container
        "cap_drop": ["ALL"],
        "deploy": _resources(1536, 128, cpus=1, pids=128),
    }


def _database_url() -> str:
    return f"postgresql://litellm:{required('POSTGRES_PASSWORD')}@postgres:5432/litellm"


def _checks(test: list[str]) -> dict[str, Any]:
    return {"test": test, "interval": "5s", "timeout": "5s", "retries": 20, "start_period": "30s"}


def _resources(memory_mb: int, reserved_mb: int, *, cpus: int, pids: int) -> Mapping[str, Any]:
    return {
        "resources": {
            "limits": {"cpus": str(cpus), "memory": f"{memory_mb}M", "pids": pids},
            "reservations": {"memory": f"{reserved_mb}M"},
        }
    }
