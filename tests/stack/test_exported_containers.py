"""What the exported Compose file runs in containers, run here without them: its balancer and its Redis."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import psutil
import pytest
import redis
import yaml

from gateway_kit.common.polling import poll_until
from gateway_kit.settings import Settings
from gateway_kit.stack.exporting.compose import compose_files
from gateway_kit.stack.exporting.production_config import production_config
from gateway_kit.stack.services.credentials import resolve
from gateway_kit.stack.services.redis import redis_service
from gateway_kit.stack.stack import Stack
from gateway_kit.stack.supervisor.ports import free_offset


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    made = production_config(Stack({"GATEWAY_HOME": str(tmp_path_factory.mktemp("none"))}))
    return compose_files(replace(made, replicas=2))


@pytest.fixture
def services(files: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(files["compose.yaml"])["services"]
    return found


@contextmanager
def gateway(name: str) -> Iterator[str]:
    """A server that says its name, and that it is ready."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(name.encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@contextmanager
def program(words: list[str], log: Path, **env: str) -> Iterator[subprocess.Popen[bytes]]:
    with (
        log.open("wb") as out,
        subprocess.Popen(words, stdout=out, stderr=out, env={**os.environ, **env}) as process,
    ):
        try:
            yield process
        finally:
            process.terminate()


def test_the_balancer_sends_to_both_gateways_and_takes_over_what_its_file_says(
    files: dict[str, str], services: dict[str, Any], tmp_path: Path
) -> None:
    port, ping = 4000 + free_offset(), 8090 + free_offset()
    traefik = str(Path(sys.executable).parent / "traefik")

    def here(words: list[str]) -> list[str]:
        told = [word.replace("127.0.0.1:8082", f"127.0.0.1:{ping}") for word in words]
        told = [word.replace("web.address=:4000", f"web.address=127.0.0.1:{port}") for word in told]
        return [traefik, *(word.replace("/etc/balancer", str(tmp_path)) for word in told)]

    with ExitStack() as running:
        urls = {name: running.enter_context(gateway(name)) for name in ("gateway-1", "gateway-2")}
        text = files["balancer/routing.yml"]
        for name, url in urls.items():
            text = text.replace(f"http://{name}:4000", url)
        (tmp_path / "routing.yml").write_text(text)
        log = tmp_path / "log"
        process = running.enter_context(program(here(services["balancer"]["command"]), log))
        answers = running.enter_context(httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False))

        def asked() -> set[str]:
            try:
                return {answers.get("/v1/models").text for _ in range(12)}
            except httpx.TransportError:
                assert process.poll() is None, log.read_text()
                return set()

        assert poll_until(lambda: asked() == {"gateway-1", "gateway-2"}, timeout_s=120)[1], log.read_text()
        [_, *words] = here(services["balancer"]["healthcheck"]["test"][2:])
        assert subprocess.run([traefik, *words], check=False, capture_output=True).returncode == 0
        # As rolling-update.sh takes a gateway out.
        left = "".join(f"{line}\n" for line in text.splitlines() if urls["gateway-1"] not in line)
        (tmp_path / "next").write_text(left)
        (tmp_path / "next").rename(tmp_path / "routing.yml")
        assert poll_until(lambda: asked() == {"gateway-2"}, timeout_s=120)[1], log.read_text()
    assert subprocess.run([traefik, *words], check=False, capture_output=True).returncode != 0


def test_redis_has_its_search_module_and_its_password_is_on_no_command_line(
    services: dict[str, Any], tmp_path: Path
) -> None:
    own = redis_service(Settings(home=tmp_path), resolve({}, {}))
    assert own.prepare is not None
    own.prepare()
    server, conf = own.argv
    modules = re.findall(r'^loadmodule "(.+)"$', Path(conf).read_text(), re.M)
    # What the image's entry point does: it adds the modules to the words it is given.
    loads = " ".join(f"--loadmodule {module}" for module in modules)
    (tmp_path / "docker-entrypoint.sh").write_text(f'#!/bin/sh\nshift\nexec {server} "$@" {loads}\n')
    (tmp_path / "docker-entrypoint.sh").chmod(0o755)
    port, password = 6379 + free_offset(), "no-secret-but-a-word"
    [shell, option, script] = services["redis"]["command"]
    script = script.replace("$$", "$").replace("dir /data", f"dir {tmp_path}\nport {port}\nbind 127.0.0.1")
    log = tmp_path / "log"
    env = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "REDISCLI_AUTH": password}
    with program([shell, option, script], log, **env) as process:
        client = redis.Redis(port=port, password=password)

        def answers() -> bool:
            try:
                return bool(client.ping())
            except redis.ConnectionError:
                assert process.poll() is None, log.read_text()
                return False

        assert poll_until(answers, timeout_s=120)[1], log.read_text()
        assert "search" in json.dumps([str(module) for module in client.module_list()])
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "volatile-lru"}
        assert client.config_get("appendonly") == {"appendonly": "yes"}
        assert password not in " ".join(psutil.Process(process.pid).cmdline())
        with pytest.raises(redis.AuthenticationError):
            redis.Redis(port=port).ping()
        client.close()
