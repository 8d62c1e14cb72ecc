"""The variables of Langfuse's compose file: `langfuse.env` in the state folder, mode 600.

They are the stack's own keys and demonstration user, and these secrets, which exist for Langfuse alone and are
generated at its first start:

| variable                     | what it protects                                   |
|------------------------------|----------------------------------------------------|
| LANGFUSE_NEXTAUTH_SECRET     | the browser's sessions                             |
| LANGFUSE_SALT                | the stored keys' hashes                            |
| LANGFUSE_ENCRYPTION_KEY      | secrets stored in its database; 64 hex digits      |
| LANGFUSE_POSTGRES_PASSWORD   | PostgreSQL                                         |
| LANGFUSE_CLICKHOUSE_PASSWORD | ClickHouse                                         |
| LANGFUSE_REDIS_PASSWORD      | Redis                                              |
| LANGFUSE_S3_PASSWORD         | the S3 store                                       |
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from pathlib import Path

from gateway_kit.common.private_files import write_private
from gateway_kit.errors import SettingsError, StackError
from gateway_kit.settings import HOST, Settings
from gateway_kit.stack.services.credentials import Credentials, read_env_file

SECRETS = (
    "LANGFUSE_NEXTAUTH_SECRET",
    "LANGFUSE_SALT",
    "LANGFUSE_ENCRYPTION_KEY",
    "LANGFUSE_POSTGRES_PASSWORD",
    "LANGFUSE_CLICKHOUSE_PASSWORD",
    "LANGFUSE_REDIS_PASSWORD",
    "LANGFUSE_S3_PASSWORD",
)
FROM_STACK = (
    "LANGFUSE_PUBLIC_KEY",
    "LANGFUSE_SECRET_KEY",
    "LANGFUSE_INIT_USER_EMAIL",
    "LANGFUSE_INIT_USER_PASSWORD",
)


def own_langfuse_url(settings: Settings) -> str:
    """Where clients on this machine reach Langfuse."""
    return f"http://{HOST}:{settings.port('tracing')}"


def browser_url(settings: Settings, environ: Mapping[str, str]) -> str:
    """Where a browser reaches Langfuse, which lets nobody log in at another address.

    In a Codespace the forwarded address; NEXTAUTH_URL in the environment wins (an editor on a desktop forwards a
    Codespace's port to its own machine). Raises SettingsError for what is no URL.
    """
    if given := environ.get("NEXTAUTH_URL", "").strip():
        if not re.fullmatch(r"https?://[A-Za-z0-9.-]+(:\d+)?(/[A-Za-z0-9._~/-]*)?", given):
            raise SettingsError("NEXTAUTH_URL", given, "must look like https://host:port")
        return given.rstrip("/")
    if codespace := environ.get("CODESPACE_NAME", ""):
        domain = environ.get("GITHUB_CODESPACES_PORT_FORWARDING_DOMAIN") or "app.github.dev"
        return f"https://{codespace}-{settings.port('tracing')}.{domain}"
    return own_langfuse_url(settings)


def secrets_file(settings: Settings) -> Path:
    """The file with the variables of the compose file; it exists once Langfuse was started from here."""
    return settings.home / "langfuse.env"


def lost_secrets(settings: Settings) -> list[str]:
    """Names of the generated secrets that the file does not have: all of them before the first start."""
    kept = read_env_file(secrets_file(settings))
    return [name for name in SECRETS if not kept.get(name)]


def write_secrets(settings: Settings, credentials: Credentials, environ: Mapping[str, str]) -> bool:
    """Write the compose file's variables, secrets that are not there yet made now; True if any value changed.

    Raises StackError if the file cannot be written.
    """
    path = secrets_file(settings)
    kept = read_env_file(path)
    stack = credentials.as_env()
    values = {
        "LANGFUSE_WEB_PORT": str(settings.port("tracing")),
        "LANGFUSE_WEB_URL": browser_url(settings, environ),
        **{name: stack[name] for name in FROM_STACK},
        **{name: kept.get(name) or secrets.token_hex(32) for name in SECRETS},
    }
    text = "# Variables of Langfuse's compose file. Keep private.\n" + "".join(
        f"{name}={value}\n" for name, value in values.items()
    )
    if path.exists() and path.read_text() == text and path.stat().st_mode & 0o777 == 0o600:
        return False
    try:
        write_private(path, text)
    except OSError as exc:
        raise StackError(f"{path} cannot be written: {exc.strerror}") from exc
    return True
