"""The stack's folder and ports: one frozen `Settings`, built from the environment. Internal.

| variable        | meaning                                                   | default                    |
|-----------------|-----------------------------------------------------------|----------------------------|
| GATEWAY_HOME    | state folder: logs, data, secrets, effective configuration | `.gateway` in the working copy |
| GATEWAY_URL     | a gateway somebody else runs                              | started by the kit         |
| REDIS_URL       | a Redis somebody else runs                                | started by the kit         |
| DATABASE_URL    | a PostgreSQL database somebody else runs                  | started by the kit         |
| LANGFUSE_HOST   | a Langfuse somebody else runs                             | started by the kit         |
| PROVIDERS_URL   | a provider simulator somebody else runs                   | started by the kit         |
| CHAT_MODEL_URL  | the API, with its /v1, of a chat model somebody else runs | started by the kit         |
| EMBEDDINGS_URL  | likewise of an embedding model                            | started by the kit         |
| GATEWAY_REPORTS | `off`: nothing is reported to a workshop that was joined  | reported                   |
| GATEWAY_REDIS_SEARCH | `off`: a new stack's Redis starts without the search module | with it, where a package has it |
| GATEWAY_WORKSHOP | folder of the workshop that this machine gives           | `workshop` in the state folder |
| GATEWAY_PATIENCE | how many times as long as usual everything is waited for, on a slow machine: 1 to 100 | 1 |

The credentials' variables are listed in `gateway_kit.stack.services.credentials`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from gateway_kit.errors import SettingsError

HOST = "127.0.0.1"
REDIS_SEARCH = "GATEWAY_REDIS_SEARCH"

# The ports that the product's users know; `--port-offset` is added to each.
BASE_PORTS: Mapping[str, int] = {
    "gateway": 4000,
    "redis": 6379,
    "postgres": 5432,
    "tracing": 3001,
    "providers": 4010,
    "chat-model": 8090,
    "embeddings": 8091,
    "lab": 8888,
}

# Every service, in the order of `gateway-kit status`. The second gateway, `semantic`, gets a free port; with replicas
# there are others than `gateway` (stack/replicas.py).
SERVICES = (
    "gateway", "redis", "postgres", "tracing", "providers", "chat-model", "embeddings", "semantic", "lab",
)  # fmt: skip

MAX_PORT_OFFSET = 65535 - max(BASE_PORTS.values())

MOST_PATIENCE = 100.0

_URL_SCHEMES = {
    "GATEWAY_URL": ("gateway", ("http", "https")),
    "REDIS_URL": ("redis", ("redis", "rediss")),
    "DATABASE_URL": ("postgres", ("postgresql", "postgres")),
    "LANGFUSE_HOST": ("tracing", ("http", "https")),
    "PROVIDERS_URL": ("providers", ("http", "https")),
    "CHAT_MODEL_URL": ("chat-model", ("http", "https")),
    "EMBEDDINGS_URL": ("embeddings", ("http", "https")),
}


@dataclass(frozen=True)
class Settings:
    """One stack's folder, ports and file of answers for the simulated providers.

    `external_urls` (service → URL) may carry passwords, so `repr` leaves it out. Without `redis_search` the kit's Redis
    starts without the search module, also where there is one.
    """

    home: Path
    port_offset: int = 0
    external_urls: Mapping[str, str] = field(default_factory=dict, repr=False)
    answers: Path | None = None
    redis_search: bool = True

    def port(self, service: str) -> int:
        """TCP port of a service on 127.0.0.1."""
        return BASE_PORTS[service] + self.port_offset

    @property
    def logs(self) -> Path:
        """Folder of the log files, one per service."""
        return self.home / "logs"

    def log_path(self, service: str) -> Path:
        """Log file of a service; the gateway's keeps the name its users know."""
        return self.logs / ("llm-gateway.log" if service == "gateway" else f"{service}.log")


def default_home() -> Path:
    """`.gateway` beside the package's pyproject.toml (a working copy), else in the current folder."""
    work_copy = Path(__file__).resolve().parent.parent
    base = work_copy if (work_copy / "pyproject.toml").is_file() else Path.cwd()
    return base / ".gateway"


def load_settings(
    environ: Mapping[str, str] | None = None, *, port_offset: int = 0, answers: str | None = None
) -> Settings:
    """The settings of an environment; raises SettingsError for an invalid value.

    `environ` defaults to the process's own. The port offset and the file of answers are no variables:
    `gateway_kit.stack.supervisor.record` remembers those that the running stack was started with.
    """
    env = os.environ if environ is None else environ
    if not 0 <= port_offset <= MAX_PORT_OFFSET:
        raise SettingsError("--port-offset", str(port_offset), f"must lie between 0 and {MAX_PORT_OFFSET}")
    patience(env)  # a mistake in it is told before anything is begun
    home = _home(env["GATEWAY_HOME"]) if env.get("GATEWAY_HOME") else default_home()
    external: dict[str, str] = {}
    for name, (service, schemes) in _URL_SCHEMES.items():
        if value := env.get(name, "").strip():
            external[service] = _checked_url(name, value, schemes)
    return Settings(
        home=_absolute(home),
        port_offset=port_offset,
        external_urls=external,
        answers=None if answers is None else Path(answers),
        redis_search=env.get(REDIS_SEARCH, "").strip().lower() != "off",
    )


def patience(environ: Mapping[str, str] | None = None) -> float:
    """How many times as long as usual to wait; raises SettingsError for an invalid GATEWAY_PATIENCE.

    Timeouts are made for a machine of two cores. One that is emulated, or shared by many, takes longer for everything.
    """
    value = (os.environ if environ is None else environ).get("GATEWAY_PATIENCE", "").strip() or "1"
    try:
        times = float(value)
    except ValueError:
        times = 0.0
    if not 1 <= times <= MOST_PATIENCE:
        raise SettingsError("GATEWAY_PATIENCE", value, f"must be a number from 1 to {MOST_PATIENCE:.0f}")
    return times


def _home(value: str) -> Path:
    """The state folder that a variable names; raises SettingsError for an impossible name."""
    # Configuration files have it on one line, in quotes.
    if not value.isprintable() or '"' in value or "\\" in value:
        raise SettingsError("GATEWAY_HOME", value, "must be printable, without quotes and backslashes")
    try:
        return Path(value).expanduser()
    except RuntimeError as exc:
        raise SettingsError("GATEWAY_HOME", value, f"names no folder: {exc}") from exc


def _absolute(path: Path) -> Path:
    try:
        return path.absolute()
    except FileNotFoundError as exc:
        why = (
            "is below the current folder, which is gone. Change to one that exists, or give an absolute path"
        )
        raise SettingsError("GATEWAY_HOME", str(path), why) from exc


def _checked_url(name: str, value: str, schemes: tuple[str, ...]) -> str:
    shown = value.split("@")[-1]  # never the user:password part
    if not value.isprintable():
        raise SettingsError(name, shown, "has characters that no URL has")
    try:
        parts = urlsplit(value)
        _ = parts.port  # raises on a port that is no number
    except ValueError as exc:
        raise SettingsError(name, shown, f"is not a URL ({exc})") from exc
    if parts.scheme not in schemes or not parts.hostname:
        raise SettingsError(name, shown, f"must look like {schemes[0]}://host:port")
    return value.rstrip("/") if schemes[0] == "http" else value
