"""Docker and its Compose plugin: whether they are there, and running one command of theirs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from gateway_kit.common.environment import child_path, minimal_env
from gateway_kit.errors import PlatformError

# `compose pull --policy missing`, which asks no registry for an image that is there, came with 2.22.
COMPOSE_NEEDED = (2, 22)
_ASK_S = 30.0

# How Docker's command line finds its daemon, besides the files in HOME.
_FOR_DOCKER = ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "DOCKER_CERT_PATH", "DOCKER_TLS_VERIFY",
               "XDG_RUNTIME_DIR", "SSH_AUTH_SOCK")  # fmt: skip

_INSTEAD = (
    "Use the trace store that needs no Docker: gateway-kit up --tracing embedded. Or open the devcontainer "
    '"LLM gateway with Langfuse", which has Docker'
)


def docker_env(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment of a docker command.

    No variable of the caller's beyond the ones Docker needs: Compose would let it win over the file of secrets.
    """
    return minimal_env(environ, **{name: environ[name] for name in _FOR_DOCKER if environ.get(name)})


def check_docker(environ: Mapping[str, str], *, memory_needed_mb: int) -> None:
    """Raise PlatformError that says what is missing: docker, its Compose plugin, its daemon, or memory."""
    if shutil.which("docker", path=child_path(environ)) is None:
        raise PlatformError(f"Langfuse needs Docker, and there is no `docker` on the search path. {_INSTEAD}")
    compose = run_docker(("compose", "version"), environ)
    if compose.returncode != 0:
        raise PlatformError(
            f"Langfuse needs Docker's Compose plugin, and `docker compose` does not work here "
            f"({complaint(compose)}). Install the package docker-compose-plugin. {_INSTEAD}"
        )
    match = re.search(r"(\d+)\.(\d+)\S*", compose.stdout)
    if match is None or (int(match[1]), int(match[2])) < COMPOSE_NEEDED:
        needed = ".".join(map(str, COMPOSE_NEEDED))
        installed = match[0] if match else "unknown"
        raise PlatformError(
            f"Langfuse needs Docker Compose {needed} or later; this is {installed}. "
            f"Update the package docker-compose-plugin. {_INSTEAD}"
        )
    daemon = run_docker(("info", "--format", "{{.MemTotal}}"), environ)
    if daemon.returncode != 0 or not daemon.stdout.strip().isdigit():
        raise PlatformError(
            f"Langfuse needs Docker, whose daemon does not answer ({complaint(daemon)}). Start it, and check "
            f"with: docker info. {_INSTEAD}"
        )
    memory_mb = int(daemon.stdout) // 1_000_000
    if memory_mb < memory_needed_mb:
        raise PlatformError(
            f"Langfuse needs about {memory_needed_mb} MB of memory for its six services; Docker has {memory_mb} MB "
            f"in all. Choose a larger machine. {_INSTEAD}"
        )


def daemon_answers(environ: Mapping[str, str]) -> bool:
    """Whether Docker's daemon answers; if not, no container runs either."""
    try:
        return run_docker(("info", "--format", "{{.ServerVersion}}"), environ).returncode == 0
    except PlatformError:
        return False


def run_docker(
    words: Sequence[str], environ: Mapping[str, str], *, timeout_s: float = _ASK_S
) -> subprocess.CompletedProcess[str]:
    """The finished command `docker WORDS`, output captured; raises PlatformError without docker or an answer."""
    try:
        return subprocess.run(
            ["docker", *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            env=docker_env(environ),
            timeout=timeout_s,
            check=False,
        )
    except OSError as exc:
        raise PlatformError(f"`docker` could not be executed: {exc.strerror}. {_INSTEAD}") from exc
    except subprocess.TimeoutExpired as exc:
        raise PlatformError(
            f"Docker did not answer `docker {words[0]}` within {timeout_s:.0f} s. Check with: docker info"
        ) from exc


def run_logged(words: Sequence[str], environ: Mapping[str, str], log_path: Path, *, timeout_s: float) -> int:
    """The exit code of `docker WORDS`, whose output goes to the end of a log file.

    Raises subprocess.TimeoutExpired once the command has been ended after `timeout_s`.
    """
    with open(os.open(log_path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600), "ab") as log:
        return subprocess.run(
            ["docker", *words],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=docker_env(environ),
            timeout=timeout_s,
            check=False,
        ).returncode


def complaint(done: subprocess.CompletedProcess[str]) -> str:
    """The first line of a failed command's output, for a message: the lines after it are usually advice."""
    lines = [line.strip() for line in f"{done.stderr}\n{done.stdout}".splitlines()]
    output = [line for line in lines if line and not line.startswith("WARNING")]
    return output[0].rstrip(".") if output else f"exit code {done.returncode}"
