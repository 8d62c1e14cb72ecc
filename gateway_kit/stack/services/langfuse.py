"""Langfuse itself, six containers of Docker Compose: started, watched and stopped as one service, `tracing`."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from gateway_kit.common.certificates import certificates_for
from gateway_kit.common.environment import digest
from gateway_kit.common.polling import patient_s, poll_until
from gateway_kit.errors import NotSetUpError, PortTakenError, ServiceError, StackError
from gateway_kit.settings import Settings
from gateway_kit.stack.services.credentials import Credentials
from gateway_kit.stack.services.docker import check_docker, complaint, daemon_answers, run_docker, run_logged
from gateway_kit.stack.services.endpoints import Endpoints
from gateway_kit.stack.services.langfuse_env import (
    browser_url,
    lost_secrets,
    own_langfuse_url,
    secrets_file,
    write_secrets,
)
from gateway_kit.stack.supervisor import ports, process
from gateway_kit.stack.supervisor.launch import Progress

# Measured: web 0.9 to 1.8 GB, worker 0.75 to 1.1 GB, the four stores on top. A 4 GiB machine has 4,000 MB or less.
MEMORY_NEEDED_MB = 3800
# The first start downloads several GB, and then applies all migrations.
DOWNLOAD_DEADLINE_S = 1800.0
START_DEADLINE_S = 420.0
POLL_S = 0.25

COMPOSE_FILE = Path(__file__).resolve().parents[3] / ".devcontainer" / "langfuse.compose.yaml"
PROJECT_ID = "kit"


@dataclass(frozen=True)
class State:
    """Langfuse's state: `state` is running, unhealthy or stopped; `detail` says which container is not well."""

    state: str
    url: str
    version: str = ""
    detail: str = ""


def is_own(tracing: str, endpoints: Endpoints) -> bool:
    """Whether the kit runs Langfuse itself: `up --tracing langfuse` asked for it, and LANGFUSE_HOST names no other."""
    return tracing == "langfuse" and bool(endpoints.langfuse_host) and "tracing" not in endpoints.external


def project_name(settings: Settings) -> str:
    """The Compose project of this state folder: two folders never share containers or volumes."""
    return f"gateway-kit-{digest(str(settings.home))}"


def check(settings: Settings, environ: Mapping[str, str] | None = None) -> None:
    """Raise StackError for what is missing, before anything is started or stopped; SettingsError for a wrong URL."""
    env = os.environ if environ is None else environ
    if not COMPOSE_FILE.is_file():
        raise NotSetUpError(str(COMPOSE_FILE))
    browser_url(settings, env)
    check_docker(env, memory_needed_mb=MEMORY_NEEDED_MB)


def start(
    settings: Settings,
    credentials: Credentials,
    notify: Callable[[Progress], None] = lambda _: None,
    environ: Mapping[str, str] | None = None,
    *,
    deadline_s: float = START_DEADLINE_S,
) -> None:
    """Bring Langfuse up; returns once it answers and accepts the stack's keys. One that runs unchanged is adopted.

    `deadline_s` holds for the containers and, anew, for the keys; downloading has a longer one of its own.
    Raises PlatformError, PortTakenError, StackError or ServiceError; the containers' last lines are in the log.
    """
    env = os.environ if environ is None else environ
    begin = time.monotonic()
    check(settings, env)
    log_path = settings.log_path("tracing")
    process.cap_log(log_path, cap_bytes=process.LOG_CAP_BYTES)
    before = state(settings, env).state
    port = settings.port("tracing")
    if before == "stopped" and not ports.is_free(port):
        raise PortTakenError([("tracing", port, ports.owner(port))])
    _refuse_orphaned_volumes(settings, env)
    changed = write_secrets(settings, credentials, env)
    if before != "running":
        notify(Progress("tracing", "downloading"))
    _compose(settings, env, "pull", "--policy", "missing", deadline_s=DOWNLOAD_DEADLINE_S, doing="download")
    if before != "running" or changed:
        notify(Progress("tracing", "starting"))
    _compose(
        settings, env, "up", "--detach", "--remove-orphans",
        "--wait", "--wait-timeout", str(max(1, int(deadline_s))),
        deadline_s=deadline_s + 60, doing="start",
    )  # fmt: skip
    _wait_for_keys(settings, credentials, env, deadline_s=deadline_s)
    adopted = before == "running" and not changed
    took = 0.0 if adopted else time.monotonic() - begin
    notify(Progress("tracing", "adopted" if adopted else "ready", took))


def stop(settings: Settings, environ: Mapping[str, str] | None = None, *, delete_data: bool = False) -> bool:
    """Stop and remove the containers; True if any ran. Their volumes (but for `delete_data`) and secrets stay.

    Also False if Docker is gone or its daemon does not answer: then nothing runs, and nothing restarts by itself.
    Raises ServiceError if Docker refuses.
    """
    env = os.environ if environ is None else environ
    if not secrets_file(settings).exists() or not daemon_answers(env):
        return False
    ran = any(row.get("State") == "running" for row in _containers(settings, env) or [])
    more = ("--volumes",) if delete_data else ()
    _compose(
        settings, env, "down", "--remove-orphans", *more, "--timeout", "20", deadline_s=120, doing="stop"
    )
    return ran


def state(settings: Settings, environ: Mapping[str, str] | None = None) -> State:
    """Langfuse's state now. Asks Docker only if Langfuse was once started from this state folder."""
    env = os.environ if environ is None else environ
    url = own_langfuse_url(settings)
    if not secrets_file(settings).exists():
        return State("stopped", url)
    try:
        rows = _containers(settings, env)
    except StackError as exc:
        return State("stopped", url, detail=str(exc))
    if rows is None or not any(row.get("State") == "running" for row in rows):
        return State("stopped", url)
    health = {row.get("Service", ""): row.get("Health") or row.get("State", "") for row in rows}
    ill = {name: health.get(name, "missing") for name in _services() if health.get(name) != "healthy"}
    version = _version(url)
    if ill or not version:
        ill = ill or {"langfuse-web": "does not answer"}
        return State("unhealthy", url, version, ", ".join(f"{name}: {how}" for name, how in ill.items()))
    return State("running", url, version)


def logs(settings: Settings, lines: int, environ: Mapping[str, str] | None = None) -> str:
    """The last lines of each container's own log; empty if Langfuse was never started. Raises PlatformError."""
    env = os.environ if environ is None else environ
    if not secrets_file(settings).exists():
        return ""
    return run_docker((*_words(settings), "logs", "--no-color", "--tail", str(lines)), env).stdout


def _words(settings: Settings) -> tuple[str, ...]:
    """The beginning of each Compose command; the secrets' file is named, never a secret."""
    return (
        "compose", "--ansi", "never", "--progress", "plain", "--project-name", project_name(settings),
        "--env-file", str(secrets_file(settings)), "--file", str(COMPOSE_FILE),
    )  # fmt: skip


def _compose(settings: Settings, env: Mapping[str, str], *words: str, deadline_s: float, doing: str) -> None:
    """Run a Compose command, its output into the log; raises ServiceError if it fails or takes too long."""
    log_path = settings.log_path("tracing")
    with open(log_path, "ab") as log:
        log.write(f"--- {time.strftime('%Y-%m-%d %H:%M:%S')} docker compose {words[0]}\n".encode())
    try:
        code = run_logged((*_words(settings), *words), env, log_path, timeout_s=deadline_s)
    except subprocess.TimeoutExpired:
        raise _failure(settings, env, f"did not {doing} within {deadline_s:.0f} s") from None
    if code != 0:
        raise _failure(settings, env, f"did not {doing}: docker compose {words[0]} ended with {code}")


def _failure(settings: Settings, env: Mapping[str, str], what: str) -> ServiceError:
    """The error to raise, once the containers' states and last lines are in the log."""
    log_path = settings.log_path("tracing")
    try:
        for words in (("ps", "--all"), ("logs", "--no-color", "--tail", "8")):
            run_logged((*_words(settings), *words), env, log_path, timeout_s=30)
    except subprocess.TimeoutExpired:
        pass  # a daemon that hangs: the first error is the one to show
    return ServiceError(
        "tracing",
        f"{what}. Langfuse needs about 4 GB of free memory and 10 GB of disk; to go on without it: "
        f"gateway-kit up --tracing embedded",
        log_path=log_path,
        log_tail=process.log_tail(log_path, lines=40),
    )


def _wait_for_keys(
    settings: Settings, credentials: Credentials, env: Mapping[str, str], *, deadline_s: float
) -> None:
    """Return once the stack's keys open the stack's project; raises ServiceError after `deadline_s`."""
    import httpx

    url = f"{own_langfuse_url(settings)}/api/public/projects"
    keys = (credentials.langfuse_public_key, credentials.langfuse_secret_key)
    with httpx.Client(trust_env=False, timeout=5.0, verify=certificates_for(url)) as client:

        def trouble() -> str:
            try:
                answer = client.get(url, auth=keys)
                if answer.status_code != 200:
                    return f"answers {answer.status_code} to the stack's keys"
                projects = [project.get("id") for project in answer.json().get("data", [])]
            except (httpx.HTTPError, ValueError, AttributeError) as exc:
                return f"does not answer as Langfuse does ({type(exc).__name__})"
            return "" if PROJECT_ID in projects else f"has other projects for the stack's keys: {projects}"

        seen, ready = poll_until(trouble, lambda seen: not seen, timeout_s=deadline_s, pause_s=POLL_S)
    if not ready:
        raise _failure(settings, env, f"was not ready after {patient_s(deadline_s):.0f} s: {url} {seen}")


def _version(url: str) -> str:
    """The version that a healthy Langfuse names; empty if none answers."""
    import httpx

    try:
        with httpx.Client(trust_env=False, timeout=2.0, verify=certificates_for(url)) as client:
            answer = client.get(f"{url}/api/public/health")
            return str(answer.json()["version"]) if answer.status_code == 200 else ""
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        return ""


def _containers(settings: Settings, env: Mapping[str, str]) -> list[dict[str, str]] | None:
    """Docker's rows (Service, State, Health …) of this project's containers; None if Docker refuses."""
    done = run_docker((*_words(settings), "ps", "--all", "--format", "json"), env)
    if done.returncode != 0:
        return None
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def _services() -> list[str]:
    return list(yaml.safe_load(COMPOSE_FILE.read_text())["services"])


def _refuse_orphaned_volumes(settings: Settings, env: Mapping[str, str]) -> None:
    """Raise StackError if Langfuse's data exists but the secrets it was created with do not."""
    if not lost_secrets(settings):
        return
    label = f"label=com.docker.compose.project={project_name(settings)}"
    volumes = run_docker(("volume", "ls", "--quiet", "--filter", label), env)
    if volumes.returncode != 0:
        raise StackError(f"Docker does not list its volumes ({complaint(volumes)}). Check with: docker info")
    if names := volumes.stdout.split():
        raise StackError(
            f"Langfuse's data from an earlier start exists, but the secrets it was created with are gone "
            f"({secrets_file(settings)}). "
            f"Restore that file, or delete the data: docker volume rm {' '.join(names)}"
        )


__all__ = [
    "State", "browser_url", "check", "logs", "own_langfuse_url", "project_name", "secrets_file", "start", "state",
    "stop",
]  # fmt: skip
