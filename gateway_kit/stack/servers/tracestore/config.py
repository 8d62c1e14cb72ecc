"""The configuration of the program: secrets come from the environment, the rest from the command line."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any


class ConfigError(Exception):
    """The environment lacks a variable; the message names it."""


def _variable(name: str, **options: Any) -> Any:
    """A field that is read from an environment variable."""
    return field(metadata={"variable": name}, **options)


@dataclass(frozen=True, kw_only=True)
class Config:
    """One project's trace store. `repr` shows no secret."""

    database_url: str = _variable("TRACESTORE_DATABASE_URL", repr=False)  # may carry a password
    public_key: str = _variable("LANGFUSE_PUBLIC_KEY")
    secret_key: str = _variable("LANGFUSE_SECRET_KEY", repr=False)
    user_email: str = _variable("LANGFUSE_INIT_USER_EMAIL", default="admin@dep.com")  # of the web page
    user_password: str = _variable("LANGFUSE_INIT_USER_PASSWORD", default="password", repr=False)
    project_id: str = _variable("LANGFUSE_INIT_PROJECT_ID", default="kit")
    project_name: str = _variable("LANGFUSE_INIT_PROJECT_NAME", default="kit")
    organization_id: str = _variable("LANGFUSE_INIT_ORG_ID", default="kit-org")
    organization_name: str = _variable("LANGFUSE_INIT_ORG_NAME", default="Kit")
    host: str = "127.0.0.1"
    port: int = 3001
    retain_days: int | None = None  # None: traces are kept forever
    media_dir: Path | None = None  # None: media are not kept
    max_media_bytes: int = 2 * 1024**3  # of all media together
    max_body_bytes: int = 16 * 1024 * 1024  # of a request, also when decompressed

    @property
    def user_id(self) -> str:
        """The id of the one user, the same at every start."""
        digest = int(hashlib.sha256(self.user_email.encode()).hexdigest(), 16)
        letters = []
        for _ in range(24):
            digest, digit = divmod(digest, 36)
            letters.append("0123456789abcdefghijklmnopqrstuvwxyz"[digit])
        return "c" + "".join(letters)


def read_config(environ: Mapping[str, str], **options: Any) -> Config:
    """The configuration. An empty variable counts as not set. Raises ConfigError if a required one is missing."""
    variables = {item.name: item.metadata["variable"] for item in fields(Config) if item.metadata}
    texts: dict[str, Any] = {
        name: environ[variable] for name, variable in variables.items() if environ.get(variable)
    }
    required = ("database_url", "public_key", "secret_key")
    if missing := [variables[name] for name in required if name not in texts]:
        raise ConfigError(
            f"{', '.join(missing)} must be set in the environment; 'gateway-kit env' prints them"
        )
    return Config(**texts, **options)
