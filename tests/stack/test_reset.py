"""`gateway-kit reset` on a running stack: killed in the middle, with a service down, and what is there afterwards."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path
from typing import Any

import httpx
import psutil

from gateway_kit.stack.supervisor.ports import free_offset
from tests.conftest import CLI, OWN, Cli


class Users:
    """What users of a stack have, and what they find: each fact by its name."""

    def __init__(self, env: dict[str, str]) -> None:
        self._env = env
        self._keys = (env["LANGFUSE_PUBLIC_KEY"], env["LANGFUSE_SECRET_KEY"])
        self.made = ""

    def _ask(self, method: str, path: str, *, key: str | None = None, **body: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {key or self._env['LITELLM_MASTER_KEY']}"}
        return httpx.request(
            method, f"{self._env['GATEWAY_URL']}{path}", headers=headers, json=body or None, timeout=60
        )

    def call(self) -> httpx.Response:
        """An answer that the cache keeps; the lessons' key asks."""
        question = {"messages": [{"role": "user", "content": "What is a reset?"}], "model": "gpt-4o-mini"}
        return self._ask("POST", "/v1/chat/completions", key=self._env["GATEWAY_API_KEY"], **question)

    def leave_traces(self) -> None:
        """A key, an added model, a cached call, a prompt, a medium, a fault and an answer."""
        self.made = self._ask("POST", "/key/generate", key_alias="mine").json()["key"]
        params = {"model": "openai/gpt-4o-mini", "api_key": "x", "api_base": self._env["PROVIDERS_URL"]}
        self._ask("POST", "/model/new", model_name="mine", litellm_params=params).raise_for_status()
        self.call().raise_for_status()
        self.call().raise_for_status()
        httpx.post(
            f"{self._env['LANGFUSE_HOST']}/api/public/v2/prompts", auth=self._keys, timeout=60,
            json={"name": "mine", "type": "text", "prompt": "Hello", "labels": ["production"]},
        ).raise_for_status()  # fmt: skip
        httpx.post(
            f"{self._env['PROVIDERS_URL']}/_sim/answers",
            json={"pattern": "hours", "text": "9 to 5"},
            timeout=60,
        ).raise_for_status()

    def found(self, home: Path) -> dict[str, object]:
        models = [model["model_name"] for model in self._ask("GET", "/model/info").json()["data"]]
        keys = self._ask("GET", "/key/list?return_full_object=true").json()["keys"]
        prompt = httpx.get(
            f"{self._env['LANGFUSE_HOST']}/api/public/v2/prompts/mine", auth=self._keys, timeout=60
        )
        return {
            "their key": self._ask("GET", "/v1/models", key=self.made).status_code,
            "keys": sorted(str(key["key_alias"]).split("-")[0] for key in keys),
            "added models": models.count("mine"),
            "prompt": prompt.status_code,
            "answers": len(httpx.get(f"{self._env['PROVIDERS_URL']}/_sim/answers").json()["answers"]),
            "media": (home / "media" / "a medium").exists(),
        }


def test_a_reset_that_was_killed_is_finished_by_the_next_and_clients_go_on(tmp_path: Path):
    cli = Cli(tmp_path / "home")
    try:
        cli("up", "--port-offset", str(free_offset()))
        env = cli.variables()
        users = Users(env)
        users.leave_traces()
        (cli.home / "media").mkdir(exist_ok=True)
        (cli.home / "media" / "a medium").write_bytes(b"1")
        before = {
            "their key": 200, "keys": ["lessons", "mine"], "added models": 1, "prompt": 200, "answers": 1,
            "media": True,
        }  # fmt: skip
        assert users.found(cli.home) == before
        pids = {row["service"]: row["pid"] for row in cli.rows()}
        psutil.Process(pids["postgres"]).send_signal(signal.SIGKILL)

        killed = subprocess.Popen(
            [str(CLI), "reset", "--yes"], env=cli.env, stdout=subprocess.PIPE, text=True
        )
        assert killed.stdout is not None
        for line in killed.stdout:
            if "data" in line.split()[:1]:  # deleted, and nothing started yet
                break
        killed.kill()
        killed.communicate()

        done = cli("reset", "--yes")
        assert "The stack is as on its first day." in done.stdout
        rows = {row["service"]: row for row in cli.rows()}
        assert {rows[name]["state"] for name in OWN} == {"running"}
        assert {name for name in OWN if rows[name]["pid"] == pids[name]} == {"chat-model", "embeddings"}
        assert cli.variables() == env
        after = {
            "their key": 401, "keys": ["lessons"], "added models": 0, "prompt": 404, "answers": 0, "media": False,
        }  # fmt: skip
        assert users.found(cli.home) == after
        first = users.call()
        assert first.status_code == 200
        assert first.headers["x-litellm-key-spend"] == first.headers["x-litellm-response-cost"]  # its first
        assert "x-litellm-cache-key" not in first.headers
        assert "x-litellm-cache-key" in users.call().headers
        assert not list(cli.home.glob("*.reset"))
    finally:
        cli("down")
