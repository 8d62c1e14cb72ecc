"""`up --tracing langfuse` against a fake docker: the commands it gets, and the messages when it fails."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
import redis
import yaml

from gateway_kit.errors import PlatformError, PortTakenError, ServiceError, StackError
from gateway_kit.settings import BASE_PORTS, HOST, Settings
from gateway_kit.stack.services import langfuse
from gateway_kit.stack.services.credentials import read_env_file, resolve
from gateway_kit.stack.services.langfuse_env import FROM_STACK, SECRETS, secrets_file
from gateway_kit.stack.services.redis import redis_service
from gateway_kit.stack.supervisor.launch import Progress

FAKE = Path(__file__).with_name("fake_docker.py")
GOOD = {"compose": "v2.40.3", "memory": 16_000_000_000, "volumes": []}
KEYS = resolve({"LANGFUSE_INIT_USER_PASSWORD": "unlikely-elsewhere"}, {})


class Docker:
    """The program on the search path, a stack's settings, and the calls so far."""

    def __init__(self, folder: Path, port_offset: int) -> None:
        self.folder = folder / "bin"
        self.folder.mkdir()
        program = self.folder / "docker"
        program.write_text(f"#!{sys.executable} -SE\n{FAKE.read_text()}")
        program.chmod(0o755)
        self.play()
        self.settings = Settings(home=folder / "home", port_offset=port_offset)
        self.settings.logs.mkdir(parents=True)
        self.environ = {"PATH": str(self.folder), "HOME": str(folder), "LANGFUSE_PUBLIC_KEY": "pk-lf-foreign"}
        self.seen: list[str] = []

    def play(self, **changes: object) -> None:
        (self.folder / "play.json").write_text(json.dumps(GOOD | changes))

    def calls(self) -> list[dict[str, Any]]:
        path = self.folder / "calls.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def commands(self) -> list[str]:
        """The Compose commands that were run on the project."""
        argvs = [call["argv"] for call in self.calls()]
        return [argv[argv.index("--file") + 2] for argv in argvs if "--file" in argv]

    def start(self, deadline_s: float = 120) -> None:
        def notify(step: Progress) -> None:
            self.seen.append(step.state)

        langfuse.start(self.settings, KEYS, notify, self.environ, deadline_s=deadline_s)

    def end(self) -> None:
        pid = self.folder / "server.pid"
        if pid.exists():
            psutil.Process(int(pid.read_text())).kill()


def unused_port() -> int:
    """A port chosen by the system, so that two runs at the same time do not use the same one."""
    with socket.create_server((HOST, 0)) as probe:
        return int(probe.getsockname()[1])


@pytest.fixture
def docker(tmp_path: Path) -> Iterator[Docker]:
    made = Docker(tmp_path, unused_port() - BASE_PORTS["tracing"])
    yield made
    made.end()


def test_langfuse_starts_is_adopted_and_stops_keeping_its_data(docker: Docker) -> None:
    assert langfuse.state(docker.settings, docker.environ).state == "stopped"
    assert langfuse.stop(docker.settings, docker.environ) is False
    assert docker.calls() == [], "where Langfuse was never started nobody asks Docker"

    docker.start()
    assert docker.seen == ["downloading", "starting", "ready"]
    now = langfuse.state(docker.settings, docker.environ)
    image = yaml.safe_load(langfuse.COMPOSE_FILE.read_text())["services"]["langfuse-web"]["image"]
    assert (now.state, now.version) == ("running", image.split(":")[1])
    assert httpx.get(f"{now.url}/api/public/health", trust_env=False).status_code == 200
    kept = secrets_file(docker.settings).read_text()
    assert read_env_file(secrets_file(docker.settings))["LANGFUSE_PUBLIC_KEY"] == KEYS.langfuse_public_key

    docker.seen.clear()
    docker.start()
    assert docker.seen == ["adopted"]
    assert secrets_file(docker.settings).read_text() == kept

    docker.play(ill="redis")
    ill = langfuse.state(docker.settings, docker.environ)
    assert (ill.state, ill.detail) == ("unhealthy", "redis: unhealthy")
    assert "not enough space" in langfuse.logs(docker.settings, 5, docker.environ)

    assert langfuse.stop(docker.settings, docker.environ) is True
    assert langfuse.state(docker.settings, docker.environ).state == "stopped"
    assert langfuse.stop(docker.settings, docker.environ) is False
    assert secrets_file(docker.settings).read_text() == kept
    assert docker.commands().count("down") == 2

    secret = [value for name, value in read_env_file(secrets_file(docker.settings)).items()
              if name in (*SECRETS, *FROM_STACK)]  # fmt: skip
    assert len(secret) == len(SECRETS) + len(FROM_STACK)
    for call in docker.calls():
        assert not any(value in word for value in secret for word in call["argv"])
        assert not {"-v", "--volumes"} & set(call["argv"])
        # The caller's environment would override the file.
        assert not any(name.startswith("LANGFUSE") for name in call["env"])
        assert not any(value in text for value in secret for text in call["env"].values())
    log = docker.settings.log_path("tracing").read_text()
    assert not any(value in log for value in secret)

    langfuse.stop(docker.settings, docker.environ, delete_data=True)  # as `gateway-kit reset` does
    assert "--volumes" in docker.calls()[-1]["argv"]


@pytest.mark.parametrize(
    ("play", "message"),
    [
        ({"compose": None}, r"unknown command: docker compose\)\. Install the package docker-compose-plugin"),
        ({"compose": "v2.12.2"}, r"Compose 2\.22 or later; this is 2\.12\.2"),
        ({"daemon": False}, r"daemon does not answer \(Cannot connect to the Docker daemon"),
        ({"memory": 2_000_000_000}, r"about 3800 MB .* Docker has 2000 MB"),
    ],
    ids=["no plugin", "old plugin", "no daemon", "little memory"],
)
def test_missing_requirements_are_reported_before_anything_happens(
    docker: Docker, play: dict[str, object], message: str
) -> None:
    docker.play(**play)
    with pytest.raises(PlatformError, match=message) as caught:
        docker.start()
    assert "gateway-kit up --tracing embedded" in str(caught.value)
    assert docker.commands() == []
    assert docker.seen == []
    assert not secrets_file(docker.settings).exists()


def test_without_docker_the_error_says_so(docker: Docker) -> None:
    docker.environ["PATH"] = str(docker.settings.home)
    with pytest.raises(PlatformError, match=r"no `docker` on the search path.*--tracing embedded"):
        langfuse.check(docker.settings, docker.environ)
    # Without docker a Langfuse started earlier counts as stopped, so that switching to the embedded store works.
    secrets_file(docker.settings).write_text("LANGFUSE_SALT=x\n")
    now = langfuse.state(docker.settings, docker.environ)
    assert now.state == "stopped"
    assert "docker" in now.detail
    assert langfuse.stop(docker.settings, docker.environ) is False


@pytest.mark.parametrize(
    ("play", "message"),
    [
        ({"fails": "pull"}, "did not download: docker compose pull ended with 17"),
        ({"fails": "up"}, "did not start: docker compose up ended with 17"),
        (
            {"refuses_keys": True},
            "was not ready after 1 s: .*/api/public/projects answers 401 to the stack's keys",
        ),
    ],
    ids=["download", "containers", "keys"],
)
def test_a_failed_start_shows_the_containers_last_lines(
    docker: Docker, play: dict[str, object], message: str
) -> None:
    docker.play(**play)
    with pytest.raises(ServiceError, match=message) as caught:
        docker.start(deadline_s=1.0)
    text = str(caught.value)
    assert "clickhouse-1  | not enough space on the disk" in text
    assert "gateway-kit logs tracing" in text
    assert "10 GB of disk" in text
    assert "ready" not in docker.seen
    values = read_env_file(secrets_file(docker.settings))
    assert not any(values[name] in text for name in (*SECRETS, "LANGFUSE_SECRET_KEY"))
    # The next start continues from here.
    docker.play()
    docker.end()
    (docker.folder / "server.pid").unlink(missing_ok=True)
    docker.start()
    assert docker.seen[-1] == "ready"


@pytest.mark.parametrize("play", [{"daemon": False}, {"fails": "down"}], ids=["no daemon", "refused"])
def test_stopping_without_the_daemon_succeeds_and_a_docker_error_fails(
    docker: Docker, play: dict[str, object]
) -> None:
    secrets_file(docker.settings).write_text("LANGFUSE_SALT=x\n")
    docker.play(**play)
    if "daemon" in play:
        assert langfuse.stop(docker.settings, docker.environ) is False
    else:
        with pytest.raises(ServiceError, match="did not stop: docker compose down ended with 17"):
            langfuse.stop(docker.settings, docker.environ)


def test_a_hanging_docker_command_is_stopped(docker: Docker, monkeypatch: pytest.MonkeyPatch) -> None:
    docker.play(hangs="pull")
    monkeypatch.setattr(langfuse, "DOWNLOAD_DEADLINE_S", 0.5)
    with pytest.raises(ServiceError, match="did not download within"):
        docker.start()
    program = str(docker.folder / "docker")
    assert not [
        found for found in psutil.process_iter(["cmdline"]) if program in (found.info["cmdline"] or [])
    ]


def test_a_port_that_another_program_holds_is_named(docker: Docker) -> None:
    address = (HOST, docker.settings.port("tracing"))
    with socket.create_server(address), pytest.raises(PortTakenError, match=f"pid {os.getpid()}"):
        docker.start()
    assert docker.commands() == []


def test_existing_data_is_not_started_with_new_secrets(docker: Docker) -> None:
    docker.play(volumes=["kit_postgres", "kit_minio"])
    with pytest.raises(StackError, match="docker volume rm kit_postgres kit_minio"):
        docker.start()
    assert not secrets_file(docker.settings).exists()
    [asked] = [call["argv"] for call in docker.calls() if call["argv"][0] == "volume"]
    assert asked[-1] == f"label=com.docker.compose.project={langfuse.project_name(docker.settings)}"


def test_redis_gets_its_password_on_standard_input(tmp_path: Path) -> None:
    """The compose file's own command, with the kit's Redis instead of the image's."""
    service = yaml.safe_load(langfuse.COMPOSE_FILE.read_text())["services"]["redis"]
    port = unused_port()
    shell, flag, script = service["command"]
    script = script.replace("$$", "$").replace("dir /data", f"dir {tmp_path}\nport {port}\nbind {HOST}")
    server = Path(redis_service(Settings(home=tmp_path), KEYS).argv[0])
    environ = {"PATH": f"{server.parent}:/usr/bin:/bin", "REDISCLI_AUTH": "the-password"}
    child = subprocess.Popen([shell, flag, script], env=environ, stdout=subprocess.DEVNULL)
    try:
        client = redis.Redis(host=HOST, port=port, password="the-password", protocol=2)
        end = time.monotonic() + 120
        while True:
            try:
                policy = client.config_get("maxmemory-policy")
                break
            except redis.ConnectionError:
                assert child.poll() is None, "Redis ended"
                assert time.monotonic() < end, "Redis did not start"
        assert policy == {"maxmemory-policy": "noeviction"}
        assert client.config_get("appendonly") == {"appendonly": "yes"}
        with pytest.raises(redis.AuthenticationError):
            redis.Redis(host=HOST, port=port, protocol=2).ping()
        assert "the-password" not in " ".join(psutil.Process(child.pid).cmdline())
        client.close()
    finally:
        child.kill()
        child.wait()
        shutil.rmtree(tmp_path, ignore_errors=True)
