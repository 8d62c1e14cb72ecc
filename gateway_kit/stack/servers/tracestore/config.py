"""What the program is told: one frozen `Config`, from the environment (secrets) and the command line (the rest)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


class ConfigError(Exception):
    """The environment lacks something; the message names it."""


@dataclass(frozen=True)
class Config:
    """One project's trace store. `repr` shows no secret."""

    database_url: str = field(repr=False)  # TRACESTORE_DATABASE_URL; may carry a password
    public_key: str  # LANGFUSE_PUBLIC_KEY
    secret_key: str = field(repr=False)  # LANGFUSE_SECRET_KEY
    user_email: str = "admin@dep.com"  # LANGFUSE_INIT_USER_EMAIL, of the web page
    user_password: str = field(repr=False, default="password")  # LANGFUSE_INIT_USER_PASSWORD
    project_id: str = "kit"  # LANGFUSE_INIT_PROJECT_ID
    project_name: str = "kit"  # LANGFUSE_INIT_PROJECT_NAME
    organization_id: str = "kit-org"  # LANGFUSE_INIT_ORG_ID
    organization_name: str = "Kit"  # LANGFUSE_INIT_ORG_NAME
    host: str = "127.0.0.1"
    port: int = 3001
    retain_days: int | None = None  # None: traces are kept for ever
    max_body_bytes: int = 16 * 1024 * 1024  # of a request, after decompression too


_REQUIRED = {
    "database_url": "TRACESTORE_DATABASE_URL",
    "public_key": "LANGFUSE_PUBLIC_KEY",
    "secret_key": "LANGFUSE_SECRET_KEY",
}
_OPTIONAL = {
    "user_email": "LANGFUSE_INIT_USER_EMAIL",
    "user_password": "LANGFUSE_INIT_USER_PASSWORD",
    "project_id": "LANGFUSE_INIT_PROJECT_ID",
    "project_name": "LANGFUSE_INIT_PROJECT_NAME",
    "organization_id": "LANGFUSE_INIT_ORG_ID",
    "organization_name": "LANGFUSE_INIT_ORG_NAME",
}


def read_config(
    environ: Mapping[str, str],
    *,
    host: str = "127.0.0.1",
    port: int = 3001,
    retain_days: int | None = None,
    max_body_bytes: int = 16 * 1024 * 1024,
) -> Config:
    """The configuration from the environment. An empty variable counts as not set. Raises ConfigError."""
    missing = [name for name in _REQUIRED.values() if not environ.get(name)]
    if missing:
        raise ConfigError(
            f"{', '.join(missing)} must be set in the environment; 'gateway-kit env' prints them"
        )
    texts = {key: environ[name] for key, name in (_REQUIRED | _OPTIONAL).items() if environ.get(name)}
    return Config(**texts, host=host, port=port, retain_days=retain_days, max_body_bytes=max_body_bytes)
