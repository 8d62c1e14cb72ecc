"""The stack's credentials: created at the first start, kept in the state folder's `.env` (mode 600).

| variable                    | what it opens                                     | at first start         |
|-----------------------------|---------------------------------------------------|------------------------|
| LITELLM_MASTER_KEY          | the gateway's administration                      | `sk-password` (demo)   |
| UI_USERNAME                 | the Admin UI's user                               | `admin` (demo)         |
| UI_PASSWORD                 | the Admin UI's password                           | the master key         |
| GATEWAY_API_KEY             | the pre-configured virtual key, which lessons use | generated              |
| LITELLM_SALT_KEY            | what the gateway encrypts stored secrets with     | generated              |
| POSTGRES_PASSWORD           | PostgreSQL's user `gateway`                       | generated              |
| REDIS_PASSWORD              | Redis                                             | generated              |
| LANGFUSE_PUBLIC_KEY         | the traces, public half                           | generated              |
| LANGFUSE_SECRET_KEY         | the traces, secret half                           | generated              |
| LANGFUSE_INIT_USER_EMAIL    | the traces' web page, user                        | `admin@dep.com` (demo) |
| LANGFUSE_INIT_USER_PASSWORD | the traces' web page, password                    | `password` (demo)      |
| TRACESTORE_PASSWORD         | PostgreSQL's user `langfuse`                      | generated              |

A value in the environment wins over the file and is written to it; the salt key and PostgreSQL's password can be
set for the first start only.
"""

from __future__ import annotations

import re
import secrets
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from gateway_kit.common.private_files import how_to_own, read_private, write_private
from gateway_kit.errors import SettingsError, StateFolderError

DEMO_MASTER_KEY = "sk-password"
DEMO_UI_USERNAME = "admin"
DEMO_TRACING_EMAIL = "admin@dep.com"
DEMO_TRACING_PASSWORD = "password"  # noqa: S105  # a demonstration default, in the README for everybody

# What can stand in a URL, a shell export and a Redis configuration without any quoting.
_PLAIN = re.compile(r"[A-Za-z0-9._~-]+")
_EMAIL = re.compile(r"[A-Za-z0-9._~-]+@[A-Za-z0-9.-]+")


@dataclass(frozen=True, repr=False)
class Credentials:
    """All the secrets of one stack. `repr` shows none of them."""

    litellm_master_key: str
    ui_username: str
    ui_password: str
    gateway_api_key: str
    litellm_salt_key: str
    postgres_password: str
    redis_password: str
    langfuse_public_key: str
    langfuse_secret_key: str
    langfuse_init_user_email: str
    langfuse_init_user_password: str
    tracestore_password: str

    def __repr__(self) -> str:
        return f"Credentials({', '.join(f'{f.name}=***' for f in fields(self))})"

    def as_env(self) -> dict[str, str]:
        """The variables of the table above and their values."""
        return {f.name.upper(): getattr(self, f.name) for f in fields(self)}


_MAKERS: Mapping[str, Callable[[], str]] = {
    "LITELLM_MASTER_KEY": lambda: DEMO_MASTER_KEY,
    "UI_USERNAME": lambda: DEMO_UI_USERNAME,
    "UI_PASSWORD": lambda: "",
    "GATEWAY_API_KEY": lambda: f"sk-{secrets.token_urlsafe(24)}",
    "LITELLM_SALT_KEY": lambda: f"sk-salt-{secrets.token_urlsafe(24)}",
    "POSTGRES_PASSWORD": lambda: secrets.token_urlsafe(24),
    "REDIS_PASSWORD": lambda: secrets.token_urlsafe(24),
    "LANGFUSE_PUBLIC_KEY": lambda: f"pk-lf-{secrets.token_urlsafe(18)}",
    "LANGFUSE_SECRET_KEY": lambda: f"sk-lf-{secrets.token_urlsafe(24)}",
    "LANGFUSE_INIT_USER_EMAIL": lambda: DEMO_TRACING_EMAIL,
    "LANGFUSE_INIT_USER_PASSWORD": lambda: DEMO_TRACING_PASSWORD,
    "TRACESTORE_PASSWORD": lambda: secrets.token_urlsafe(24),
}


# What stored data depends on: to be set before the first start, or not at all.
_FOR_LIFE = {
    "LITELLM_SALT_KEY": "that the gateway's stored secrets are encrypted with",
    "POSTGRES_PASSWORD": "that the database was created with",
}


def env_file(home: Path) -> Path:
    """Where the credentials of the stack in `home` are kept."""
    return home / ".env"


def read_env_file(path: Path) -> dict[str, str]:
    """The variables of a `.env` file as the kit writes it (NAME=value, no quoting); {} where there is none.

    Raises StateFolderError if it cannot be read, or is not such a file.
    """
    text = read_private(path, _lost(path)) or ""
    if not text.replace("\n", "").replace("\t", "").replace("\r", "").isprintable():
        raise StateFolderError(f"{path} is damaged: it is not text. {_lost(path)}")
    lines = text.splitlines()
    pairs = (line.split("=", 1) for line in lines if "=" in line and not line.lstrip().startswith("#"))
    return {name.strip(): value.strip() for name, value in pairs}


def _lost(path: Path) -> str:
    """What helps if the credentials that the data was created with are gone."""
    home = path.parent
    return (
        f"Restore it from a copy. Without a copy, start over: gateway-kit down && mv {shlex.quote(str(home))} "
        f"{shlex.quote(f'{home}.old')} && gateway-kit up"
    )


def check_complete(home: Path, kept: Mapping[str, str], environ: Mapping[str, str]) -> None:
    """Raise StateFolderError if the database exists but the password it was created with is gone.

    A new one would be refused by the database, after a start of a minute and a half.
    """
    name = "POSTGRES_PASSWORD"
    if not kept.get(name) and not environ.get(name) and (home / "postgres").is_dir():
        path = env_file(home)
        what = f"has no {name}" if path.exists() else "is gone"
        raise StateFolderError(f"{path} {what}, {_FOR_LIFE[name]}. {_lost(path)}")


def resolve(environ: Mapping[str, str], kept: Mapping[str, str]) -> Credentials:
    """Credentials from the environment, else as stored, else generated now. Raises SettingsError."""
    values: dict[str, str] = {}
    for name, make in _MAKERS.items():
        value = environ.get(name) or kept.get(name) or make()
        if name == "LANGFUSE_INIT_USER_EMAIL":
            if not _EMAIL.fullmatch(value):
                raise SettingsError(
                    name, "***", "must look like name@host; letters, digits and . _ ~ - around the @"
                )
        elif value and not _PLAIN.fullmatch(value):
            raise SettingsError(name, "***", "may contain only letters, digits and . _ ~ -")
        values[name] = value
    values["UI_PASSWORD"] = environ.get("UI_PASSWORD") or _own_password(kept) or values["LITELLM_MASTER_KEY"]
    if not values["LITELLM_MASTER_KEY"].startswith("sk-"):
        raise SettingsError("LITELLM_MASTER_KEY", "***", "must begin with sk- (LiteLLM refuses others)")
    if not values["GATEWAY_API_KEY"].startswith("sk-"):
        raise SettingsError("GATEWAY_API_KEY", "***", "must begin with sk- (LiteLLM refuses others)")
    for name, what in _FOR_LIFE.items():
        if kept.get(name, values[name]) != values[name]:
            raise SettingsError(
                name, "***", f"differs from the one {what}. Unset it: gateway-kit keeps its own"
            )
    return Credentials(**{name.lower(): value for name, value in values.items()})


def _own_password(kept: Mapping[str, str]) -> str | None:
    """The kept UI password, unless it merely repeated the master key of its time."""
    password = kept.get("UI_PASSWORD")
    return None if password == kept.get("LITELLM_MASTER_KEY") else password


def save(home: Path, credentials: Credentials) -> None:
    """Write the credentials to the state folder, readable by their owner alone."""
    path = env_file(home)
    text = "# Credentials of this stack. Keep private.\n" + "".join(
        f"{name}={value}\n" for name, value in credentials.as_env().items()
    )
    same = path.is_file() and path.read_bytes() == text.encode() and path.stat().st_mode & 0o777 == 0o600
    if same:
        return
    try:
        write_private(path, text)
    except OSError as exc:
        raise StateFolderError(f"{path} cannot be written: {exc.strerror}. {how_to_own(home)}") from exc
