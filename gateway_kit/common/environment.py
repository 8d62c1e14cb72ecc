"""What a child process is given of the environment, and how a service is told from a changed one."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Mapping
from pathlib import Path

# What programs need to find files, speak a language and trust certificates; never a key.
_HARMLESS = (
    "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "TZ",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS",
)  # fmt: skip

# Settings of an interpreter that slow or bend another program: PYTHONPATH, PYTHONINSPECT, NODE_OPTIONS and the like.
_INTERPRETERS = ("PYTHON", "NODE_")


def minimal_env(environ: Mapping[str, str] | None = None, /, **extra: str) -> dict[str, str]:
    """The environment of a service that needs no secret: search path, locale, certificates, and `extra`."""
    env = os.environ if environ is None else environ
    return {
        **{name: env[name] for name in _HARMLESS if name in env},
        "PATH": child_path(env),
        "PYTHONUNBUFFERED": "1",
        **extra,
    }


def full_env(environ: Mapping[str, str], /, **extra: str) -> dict[str, str]:
    """The whole environment for the gateway, whose configuration may refer to any variable, and `extra`.

    Without what bends interpreters: PYTHONDONTWRITEBYTECODE makes LiteLLM compile itself anew at each start, and
    PYTHONPATH may hold another LiteLLM.
    """
    kept = unbent(direct_localhost(environ))
    return {**kept, "PATH": child_path(environ), "PYTHONUNBUFFERED": "1", **extra}


def unbent(environ: Mapping[str, str]) -> dict[str, str]:
    """An environment without the variables that bend Python and Node."""
    return {
        name: value
        for name, value in environ.items()
        if not name.startswith(_INTERPRETERS) or name in _HARMLESS
    }


def direct_localhost(environ: Mapping[str, str]) -> dict[str, str]:
    """An environment in which a company's HTTP proxy does not stand between this machine and itself."""
    env = dict(environ)
    for name in ("NO_PROXY", "no_proxy"):
        named = [host for host in environ.get(name, "").split(",") if host]
        env[name] = ",".join(dict.fromkeys([*named, "127.0.0.1", "localhost"]))
    return env


def child_path(environ: Mapping[str, str]) -> str:
    """The search path with this interpreter's own folder first, where the wheels' programs lie."""
    return os.pathsep.join((str(Path(sys.executable).parent), environ.get("PATH", os.defpath)))


def digest(*parts: str) -> str:
    """A short fingerprint; parts that are secret cannot be read back from it."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def digest_of_file(path: Path) -> str:
    """The fingerprint of a file's content; empty if it cannot be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    except OSError:
        return ""
