"""A custom configuration: its modules and includes, and the old gateway that runs until the new one answers."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
import psutil
import pytest

from gateway_kit.errors import GatewayNotStartedError
from gateway_kit.stack.options import Options
from gateway_kit.stack.stack import Stack
from gateway_kit.stack.supervisor import preflight
from gateway_kit.stack.supervisor.fork_server import started_with
from gateway_kit.stack.supervisor.launch import Progress
from tests.conftest import Cli

HOOK = """\
import sys
from pathlib import Path

import words
from litellm.integrations.custom_logger import CustomLogger


class Hook(CustomLogger):
    async def async_log_success_event(self, kwargs, response_obj, start_time, end_time):
        with open(Path(__file__).with_name("hook.out"), "a") as out:
            out.write(words.WORD + "\\n")


handler = Hook()
"""
# The check accepts this module; it fails only inside the proxy.
BROKEN_IN_THE_PROXY = (
    HOOK
    + """
if "litellm.proxy.proxy_server" in sys.modules:
    raise RuntimeError("the audit service is away")
"""
)
GENERAL = "general_settings:\n  master_key: os.environ/LITELLM_MASTER_KEY\n  store_model_in_db: true\n"
MODELS = """\
model_list:
  - model_name: mine
    litellm_params: {model: openai/gpt-4o-mini, api_base: "${PROVIDERS_URL}/v1", api_key: none}
"""
TRACING = "  success_callback: [langfuse]\n  failure_callback: [langfuse]\n"
ROOT = f"include: [models.yaml]\nlitellm_settings:\n  callbacks: my_hooks.handler\n{TRACING}{GENERAL}"


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A configuration with a module, the module's import, and an include."""
    (tmp_path / "my_hooks.py").write_text(HOOK)
    (tmp_path / "words.py").write_text("WORD = 'one'\n")
    (tmp_path / "models.yaml").write_text(MODELS)
    path = tmp_path / "mine.yaml"
    path.write_text(ROOT)
    return path


def put_the_kits_own_in_force(cli: Cli) -> None:
    cli("up", "--config", "default", "--workers", "1", "--tracing", "embedded", "--no-semantic")


@pytest.fixture
def kits_own(cli: Cli) -> None:
    """Return to the kit's own configuration, if an earlier test has replaced it."""
    if record(cli)["config"] is not None or cli.row("gateway")["state"] != "running":
        put_the_kits_own_in_force(cli)


@pytest.fixture(scope="module", autouse=True)
def kits_own_afterwards(cli: Cli) -> Iterator[None]:
    """Leave the shared stack as the other files' tests expect it."""
    yield
    put_the_kits_own_in_force(cli)


class Polling:
    """Sends a gateway request after request, each on a new connection; `failed` lists those without an answer.

    Every fifth needs a key. The others, and a pause between them, leave the processor to the other gateway's start.

    `closed` lists those of them that found the port closed, or got an error: when a gateway closes its socket,
    connections that have no request yet are dropped, which nothing here can prevent.
    """

    def __init__(self, url: str, key: str) -> None:
        self._urls = itertools.cycle([f"{url}/v1/models", *[f"{url}/health/liveliness"] * 4])
        self._headers = {"Authorization": f"Bearer {key}"}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.asked = 0
        self.failed: list[str] = []

    def _run(self) -> None:
        while not self._ended.wait(0.02):
            try:
                answer = httpx.get(next(self._urls), headers=self._headers, timeout=60, trust_env=False)
                if answer.status_code != 200:
                    self.failed.append(f"{answer.status_code} {answer.text[:200]}")
            except httpx.HTTPError as exc:
                self.failed.append(repr(exc))
            self.asked += 1

    @property
    def closed(self) -> list[str]:
        dropped = ("reset", "disconnected")
        return [failure for failure in self.failed if not any(word in failure.lower() for word in dropped)]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()


@pytest.fixture
def polling(stack_env: dict[str, str]) -> Callable[[], Polling]:
    return lambda: Polling(stack_env["GATEWAY_URL"], stack_env["GATEWAY_API_KEY"])


def ask(stack_env: dict[str, str], text: str, model: str = "mine") -> httpx.Response:
    return httpx.post(
        f"{stack_env['GATEWAY_URL']}/v1/chat/completions", timeout=60, trust_env=False,
        headers={"Authorization": f"Bearer {stack_env['GATEWAY_API_KEY']}"},
        json={"model": model, "messages": [{"role": "user", "content": text}]},
    )  # fmt: skip


def hits(folder: Path, at_least: int) -> list[str]:
    """The lines that the hook has written, once there are at least this many."""
    out = folder / "hook.out"
    for _ in range(200):
        found = out.read_text().split() if out.exists() else []
        if len(found) >= at_least:
            return found
        threading.Event().wait(0.1)
    return found


def record(cli: Cli) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((cli.home / "state.json").read_text())
    return found


def files(folder: Path) -> dict[str, str]:
    return {str(p.relative_to(folder)): p.read_text() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture
def unique(tmp_path: Path) -> str:
    return tmp_path.parent.parent.name + tmp_path.name


@pytest.mark.usefixtures("kits_own")
def test_if_the_new_gateway_fails_the_old_one_keeps_running(
    cli: Cli, stack_env: dict[str, str], mine: Path, polling: Callable[[], Polling]
) -> None:
    (mine.parent / "my_hooks.py").write_text(BROKEN_IN_THE_PROXY)
    assert ": fine" in cli("config", "check", str(mine)).stdout
    shown, was, pid = cli("config", "show").stdout, record(cli), cli.row("gateway")["pid"]
    with polling() as polled:
        failed = cli("up", "--config", str(mine), "--workers", "2", check=False)
    assert failed.returncode == 1
    assert "RuntimeError: the audit service is away" in failed.stderr
    line = BROKEN_IN_THE_PROXY.splitlines().index('    raise RuntimeError("the audit service is away")') + 1
    assert f"my_hooks.py line {line}: " in failed.stderr
    assert "goes on with the kit's own configuration" in failed.stderr
    assert "gateway-kit up --config default" in failed.stderr
    assert "Traceback (most recent call last)\n  File" not in failed.stderr.split("Last lines")[0]
    assert polled.asked > 3
    assert polled.failed == []
    assert cli.row("gateway")["pid"] == pid
    assert record(cli) == was
    assert cli("config", "show").stdout == shown
    assert ask(stack_env, "Hello", "gpt-4o-mini").status_code == 200
    assert " adopted" in cli("up").stdout  # nothing is left to be done


@pytest.mark.usefixtures("kits_own")
def test_a_gateway_that_rejects_the_kits_key_counts_as_failed(
    cli: Cli, mine: Path, stack_env: dict[str, str]
) -> None:
    pid = cli.row("gateway")["pid"]
    mine.write_text(ROOT.replace("os.environ/LITELLM_MASTER_KEY", "sk-somebody-elses-secret"))
    failed = cli("up", "--config", str(mine), check=False)
    assert failed.returncode == 1
    assert cli.row("gateway")["pid"] == pid
    assert record(cli)["config"] is None


@pytest.mark.usefixtures("kits_own")
def test_a_failed_first_start_is_not_retried(cli: Cli, mine: Path) -> None:
    (mine.parent / "my_hooks.py").write_text(BROKEN_IN_THE_PROXY)
    Stack(cli.env).stop("gateway")
    failed = cli("up", "--config", str(mine), check=False)
    assert failed.returncode == 1
    assert "the audit service is away" in failed.stderr
    assert "No gateway runs now." in failed.stderr
    assert "gateway-kit up --config default" in failed.stderr
    assert record(cli)["config"] is None
    cli("up")
    assert cli.row("gateway")["state"] == "running"


def command_of(gateway: psutil.Process) -> tuple[list[str], dict[str, str]]:
    return started_with(gateway) or (gateway.cmdline(), gateway.environ())


@pytest.mark.usefixtures("kits_own")
def test_without_memory_for_two_gateways_the_old_one_is_restarted_unchanged(
    cli: Cli, mine: Path, stack_env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    old = psutil.Process(int(str(cli.row("gateway")["pid"])))
    argv, environ = command_of(old)
    shown = cli("config", "show").stdout
    monkeypatch.setattr(preflight, "available_memory_mb", lambda: 600)
    steps: list[Progress] = []
    (mine.parent / "my_hooks.py").write_text(BROKEN_IN_THE_PROXY)
    with pytest.raises(GatewayNotStartedError, match="the audit service is away"):
        Stack(cli.env).up(Options(config=str(mine)), steps.append)
    assert any("600 MB are free" in step.state for step in steps)
    again = psutil.Process(int(str(cli.row("gateway")["pid"])))
    assert again.pid != old.pid
    argv_again, environ_again = command_of(again)
    assert [word for word in argv_again if "go-" not in word][:4] == argv[:4]
    assert environ_again == environ
    assert record(cli)["config"] is None
    assert cli("config", "show").stdout == shown
    assert ask(stack_env, "Hello", "gpt-4o-mini").status_code == 200
    (mine.parent / "my_hooks.py").write_text(HOOK)
    Stack(cli.env).up(Options(config=str(mine)), steps.append)
    assert ask(stack_env, "Hello").status_code == 200


def test_modules_and_includes_are_found_in_the_folder_of_the_unchanged_file(
    cli: Cli, stack_env: dict[str, str], mine: Path, polling: Callable[[], Polling], unique: str
) -> None:
    before = files(mine.parent)
    assert cli("config", "check", str(mine)).stdout.endswith(": fine\n")
    with polling() as polled:
        cli("up", "--config", str(mine), "--workers", "2", "--semantic")
        for number in range(4):
            assert ask(stack_env, f"{unique} {number}").status_code == 200
        assert hits(mine.parent, 4) == ["one"] * 4
        pid = cli.row("gateway")["pid"]
        cli("up")
        assert cli.row("gateway")["pid"] == pid
        # What the modules import, and what is included, is part of the configuration.
        (mine.parent / "words.py").write_text("WORD = 'two'\n")
        (mine.parent / "models.yaml").write_text(MODELS.replace("mine", "other"))
        cli("up", "--workers", "1", "--no-semantic")
        assert cli.row("gateway")["pid"] != pid
        assert ask(stack_env, f"{unique} other", "other").status_code == 200
        assert hits(mine.parent, 5)[-1] == "two"
    assert polled.asked > 3
    assert polled.closed == []
    assert "model_name: other" in cli("config", "show").stdout
    assert ": fine" in cli("config", "check").stdout
    assert record(cli)["config"] == str(mine)
    after = files(mine.parent)
    assert set(after) - set(before) == {"hook.out"}
    assert after["mine.yaml"] == ROOT


def test_a_restart_with_a_meanwhile_broken_file_keeps_the_old_gateway(
    cli: Cli, stack_env: dict[str, str], mine: Path, polling: Callable[[], Polling]
) -> None:
    cli("up", "--config", str(mine))
    pid, was = cli.row("gateway")["pid"], record(cli)
    (mine.parent / "my_hooks.py").write_text(BROKEN_IN_THE_PROXY)
    with polling() as polled:
        for words in (("restart", "gateway"), ("up", "--tracing", "off")):
            failed = cli(*words, check=False)
            assert failed.returncode == 1
            assert "the audit service is away" in failed.stderr
            assert f"goes on with {mine}" in failed.stderr
        (mine.parent / "my_hooks.py").write_text("handler = (\n")
        refused = cli("restart", "gateway", check=False)
        assert refused.returncode == 1
        assert "my_hooks.py cannot be loaded: line 1" in refused.stderr
    assert polled.failed == []
    assert cli.row("gateway")["pid"] == pid
    assert record(cli) == was
    assert ask(stack_env, "Hello").status_code == 200
    (mine.parent / "my_hooks.py").write_text(HOOK)
    with polling() as polled:
        cli("restart", "gateway")
    assert polled.closed == []
    assert cli.row("gateway")["pid"] != pid


def test_a_custom_file_runs_on_the_simulator_without_a_key(
    cli: Cli, mine: Path, stack_env: dict[str, str], unique: str
) -> None:
    path = mine.with_name("simulated.yaml")
    cli("config", "init", "--simulated", str(path))
    assert "${PROVIDERS_URL}" in path.read_text()  # as it is at any offset
    both = cli("config", "init", "--simulated", "--template", "cloud", str(path), "--force", check=False)
    assert both.returncode == 2
    assert cli("config", "check", str(path)).stdout == f"{path}: fine\n"
    cli("up", "--config", str(path))
    listed: Any = cli.row("gateway")["models"]
    models = {row["model_name"]: row for row in listed}
    assert all(row["simulated"] for row in models.values())
    assert {row["provider"] for row in models.values()} == {
        "openai", "azure", "anthropic", "bedrock", "vertex_ai", "gemini", "ollama_chat", "ollama",
    }  # fmt: skip
    headers = {"Authorization": f"Bearer {stack_env['GATEWAY_API_KEY']}"}
    with httpx.Client(
        base_url=stack_env["GATEWAY_URL"], headers=headers, timeout=60, trust_env=False
    ) as http:
        for name in models:
            if "embed" in name or name.startswith("titan"):
                answer = http.post("/v1/embeddings", json={"model": name, "input": [unique]})
                assert answer.status_code == 200, answer.text
                assert len(answer.json()["data"][0]["embedding"]) >= 384
            else:
                asked = [{"role": "user", "content": "What is the capital of France?"}]
                answer = http.post("/v1/chat/completions", json={"model": name, "messages": asked})
                assert answer.status_code == 200, answer.text
                assert "Paris" in answer.json()["choices"][0]["message"]["content"]


AUTH = """\
from litellm.proxy._types import UserAPIKeyAuth


async def user_api_key_auth(request, api_key):
    if api_key != "my-own-token":
        raise ValueError("not for you")
    return UserAPIKeyAuth(api_key=api_key)
"""


def test_a_custom_auth_decides_who_may_call(cli: Cli, mine: Path, stack_env: dict[str, str]) -> None:
    (mine.parent / "my_auth.py").write_text(AUTH)
    mine.write_text(f"include: [models.yaml]\n{GENERAL}  custom_auth: my_auth.user_api_key_auth\n")
    done = cli("up", "--config", str(mine))
    assert "custom_auth decides" in done.stdout
    assert ask({**stack_env, "GATEWAY_API_KEY": "my-own-token"}, "Hello").status_code == 200
    assert ask(stack_env, "Hello").status_code == 401
