"""A second gateway for the length of a program: started, recorded, ended."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import redis

from gateway_kit.common.redis_search import how_to_get_it
from gateway_kit.errors import SettingsError, StackError
from gateway_kit.stack.configuration.semantic import SemanticCacheSettings, SemanticConfig, render_semantic
from gateway_kit.stack.services.effective_config import config_environment
from gateway_kit.stack.services.endpoints import Endpoints, without_password
from gateway_kit.stack.services.external import how_to_replace
from gateway_kit.stack.services.models import model_trouble
from gateway_kit.stack.services.postgres import psycopg_url
from gateway_kit.stack.services.semantic import (
    MEMORY_NEEDED_MB,
    NAME,
    config_path,
    free_port,
    semantic_service,
    without_the_dead,
)
from gateway_kit.stack.stack import Stack
from gateway_kit.stack.supervisor import preflight, process
from gateway_kit.stack.supervisor.probes import NO_SEARCH, postgres_ok, redis_trouble
from gateway_kit.stack.supervisor.record import ServiceRecord, stack_lock, write_record


@dataclass(frozen=True)
class SemanticProcess:
    """A second gateway that runs for this program; `name` is its entry in the stack's record."""

    name: str
    url: str
    config: SemanticConfig
    entry: ServiceRecord
    log_path: Path


def configuration_of(stack: Stack, wanted: SemanticCacheSettings) -> SemanticConfig:
    """The configuration of a second gateway beside this stack.

    Raises StackError if the stack it stands on is not up, SettingsError for settings that cannot be.
    """
    endpoints = stack.endpoints()
    settings = stack.settings()
    check_foundation(endpoints, stack.environ)
    values = {**stack.environ, **config_environment(settings, endpoints)}
    return render_semantic(values, wanted, tracing=bool(endpoints.langfuse_host))


def start_semantic(stack: Stack, config: SemanticConfig) -> SemanticProcess:
    """Start a second gateway for this program, and wait until it is ready. It ends with this program at the latest.

    Raises PlatformError if memory is short, SettingsError for an index that cannot be, ServiceError if it does
    not start.
    """
    endpoints = stack.endpoints()
    preflight.check_memory(needed_mb=MEMORY_NEEDED_MB)
    with stack_lock(stack.home):
        record = without_the_dead(stack.record())
        settings, credentials = stack.settings(record), stack.credentials()
        check_index(endpoints.redis_url, config.index)
        number = next(n for n in range(1, 1000) if f"{NAME}-{n}" not in record.services)
        name = f"{NAME}-{number}"
        service = semantic_service(
            settings,
            credentials,
            endpoints,
            config,
            port=free_port(settings, record),
            environ=stack.environ,
            name=name,
            end_with=os.getpid(),
        )
        if service.prepare is not None:
            service.prepare()
        started = process.start(service)
        entry = ServiceRecord(started, service.port, service.url, service.version, service.identity)
        write_record(stack.home, record.with_service(name, entry))
    running = SemanticProcess(name, service.url, config, entry, service.log_path)
    try:
        process.wait_ready(service, started, deadline_s=service.deadline_s)
    except BaseException:
        stop_semantic(stack, running)
        raise
    return running


def is_running(stack: Stack, running: SemanticProcess) -> bool:
    """Whether its process runs and is the stack's: after `down` and `up` it is not."""
    return (
        stack.record().services.get(running.name) == running.entry
        and process.alive(running.entry.process) is not None
    )


def stop_semantic(stack: Stack, running: SemanticProcess) -> bool:
    """End a second gateway and take it out of the record; True if it still ran."""
    stopped = process.stop(running.entry.process)
    if stack.home.is_dir():
        with stack_lock(stack.home):
            record = stack.record()
            if record.services.get(running.name) == running.entry:
                write_record(stack.home, record.with_service(running.name, None))
                config_path(stack.settings(record), running.name).unlink(missing_ok=True)
    return stopped


def check_foundation(endpoints: Endpoints, environ: Mapping[str, str]) -> None:
    """Raise StackError naming what a second gateway needs and is missing."""
    if "gateway" in endpoints.external:
        raise StackError(
            "GATEWAY_URL names somebody else's gateway, and the kit starts none beside it. "
            "Unset it, then run: gateway-kit up"
        )
    if not postgres_ok(psycopg_url(endpoints.database_url)):
        raise StackError(
            "The second gateway needs the stack's database, which does not answer. Run: gateway-kit up"
        )
    if trouble := redis_trouble(endpoints.redis_url, needs_search=True):
        if trouble == NO_SEARCH:
            fix = how_to_get_it(environ)
        elif "redis" in endpoints.external:
            fix = "Unset REDIS_URL, then run: gateway-kit up, which starts one that works"
        else:
            fix = "Run: gateway-kit up"
        raise StackError(
            f"The semantic cache cannot use the Redis at {without_password(endpoints.redis_url)}: {trouble}. {fix}"
        )
    if trouble := model_trouble("embeddings", endpoints.embeddings_url):
        is_external = "embeddings" in endpoints.external
        fix = f"To fix it: {how_to_replace('embeddings')}" if is_external else "Run: gateway-kit up"
        raise StackError(f"The embedding model, which the cache needs, {trouble}. {fix}")


def check_index(redis_url: str, index: str) -> None:
    """Raise SettingsError if one index's name begins with another's: see `gateway_kit.caching.SemanticIndex`.

    LiteLLM's own `<index>_isolated`, for vectors of another length, is allowed: vectors of different lengths are
    never compared.
    """
    with redis.Redis.from_url(redis_url, decode_responses=True) as client:
        known = client.execute_command("FT._LIST")
    for other in known:
        shorter, longer = sorted((index, other), key=len)
        if longer.startswith(shorter) and longer not in (shorter, f"{shorter}_isolated"):
            raise SettingsError(
                "index",
                index,
                f"Redis has an index {other!r}. If one name begins with the other, {shorter!r} also returns the "
                f"answers of {longer!r}. Choose another name",
            )
