"""The devcontainer for ARM: the default one, and beside it a Redis that has the search module."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from gateway_kit.common.redis_search import REDIS_IMAGE
from gateway_kit.settings import load_settings

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".devcontainer"


def read(path: str) -> dict[str, Any]:
    container: dict[str, Any] = json.loads((FOLDER / path).read_text())
    return container


def composed() -> dict[str, Any]:
    """The compose file as Compose itself reads it, which needs no engine for that."""
    client = Path(sys.executable).parent / "docker-compose"
    file = (FOLDER / "arm" / read("arm/devcontainer.json")["dockerComposeFile"]).resolve()
    env = {"PATH": os.environ["PATH"], "HOME": "/nowhere"}
    words = [client, "--file", file, "config", "--format", "json"]
    done = subprocess.run(words, env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    services: dict[str, Any] = json.loads(done.stdout)["services"]
    return services


def test_it_is_the_default_one_with_two_containers() -> None:
    plain, own = read("devcontainer.json"), read("arm/devcontainer.json")
    stack = composed()[own.pop("service")]
    assert stack["image"] == plain.pop("image")
    given = plain.pop("containerEnv")
    assert given.items() <= stack["environment"].items()
    [folder] = stack["volumes"]
    assert (Path(folder["source"]), folder["target"]) == (ROOT, own.pop("workspaceFolder"))
    assert stack["command"] == ["sleep", "infinity"]
    assert own.pop("name") == "LLM gateway for ARM"
    assert plain.pop("name") != "LLM gateway for ARM"
    own.pop("dockerComposeFile")
    assert own == plain


def test_its_redis_listens_on_loopback_in_the_stacks_network_and_keeps_its_data() -> None:
    services = composed()
    redis, stack = services["redis"], services["stack"]
    assert redis["image"] == REDIS_IMAGE
    # The image loads its modules if the command begins with the server's name.
    assert redis["command"][:3] == ["redis-server", "--bind", "127.0.0.1"]
    assert not any("ports" in service for service in services.values())
    assert stack["network_mode"] == "service:redis"
    assert load_settings(stack["environment"]).external_urls == {"redis": "redis://127.0.0.1:6379"}
    assert [volume["target"] for volume in redis["volumes"]] == ["/data"]
    assert "--appendonly" in redis["command"]


def test_it_is_the_configuration_that_the_readme_names() -> None:
    assert f"*{read('arm/devcontainer.json')['name']}*" in (ROOT / "README.md").read_text()
