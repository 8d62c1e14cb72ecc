"""What programs leave at the simulator and the gateway is shown, and cleared, on a real stack."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest

from gateway_kit.gateway import Gateway, connect
from gateway_kit.gateway.providers import Providers
from gateway_kit.lessons.lesson_files import find_lessons
from tests.conftest import ROOT, Cli
from tests.forked_python import ForkedPython, forked_python

LESSONS = find_lessons(ROOT / "notebooks")
BEGIN = (
    "gateway_kit.charts",
    "gateway_kit.gateway.connecting",
    "gateway_kit.widgets",
    "gateway_kit.lessons.api",
)
CODE = """
import os, signal, sys
from gateway_kit import connect
from gateway_kit.gateway.providers import Providers
gateway = connect()
url = gateway.providers.url
providers = Providers(url, lease_s=3600)  # so that a slow test still finds what a killed program left
providers.fault("openai", model="gpt-5", kind="slow", probability=0.5, count=3)
providers.profile("gpt-5", ttft_s=0.5)
gateway.models.add(sys.argv[1], {"model": "openai/gpt-5-nano", "api_base": f"{url}/v1", "api_key": "sim-x"})
gateway.router.set_strategy("latency-based-routing", sys.argv[1])
print("ready", flush=True)
if sys.argv[2] == "killed":
    os.kill(os.getpid(), signal.SIGKILL)
input()
"""
FAULT = "slow at provider=openai model=gpt-5, 50% of the requests, 3 more"
PROFILE = "ttft_s 0.5 at openai/gpt-5"


@pytest.fixture(scope="module")
def python(stack_env: dict[str, str]) -> Iterator[ForkedPython]:
    """Has imported what the lessons begin with."""
    with forked_python(*BEGIN, env=stack_env) as running:
        yield running


@pytest.fixture
def leave(
    stack_env: dict[str, str], gateway: Gateway, providers: Providers, python: ForkedPython, tmp_path: Path
) -> Iterator[Callable[..., int]]:
    """Runs a program that leaves a fault, a profile and a model named as given; returns its process id."""
    running: list[subprocess.Popen[str]] = []
    names: list[str] = []

    def start(model: str, *, killed: bool) -> int:
        names.append(model)
        if killed:
            ended = python.run(CODE, model, "killed", env=stack_env, folder=tmp_path)
            assert ended.returncode == -signal.SIGKILL, ended.stderr
            return ended.pid
        command = [sys.executable, "-P", "-c", CODE, model, "lives"]
        process = subprocess.Popen(
            command, env=stack_env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        running.append(process)
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        return process.pid

    yield start
    for process in running:
        process.communicate("\n")
    providers.clear_faults()
    providers.reset_profiles()
    gateway.models.delete_leftovers(names)
    gateway.router.set_strategy(None, names)


def added(gateway: Gateway, model: str) -> list[str]:
    models = gateway.models.list()
    return list(models[models["added"] & (models["model"] == model)]["deployment"])


def test_status_doctor_and_up_show_what_a_killed_program_left_and_faults_clears_it(
    cli: Cli, gateway: Gateway, leave: Callable[..., int], unique: str
) -> None:
    model = f"test-{unique[:8]}"
    pid = leave(model, killed=True)
    left = f"set by process {pid} (python), which has ended"
    [deployment] = added(gateway, model)

    shown = cli("status").stdout
    assert "Changed while it runs" in shown
    for what, text, fix in (
        ("fault", FAULT, "gateway-kit faults --clear"),
        ("profile", PROFILE, "gateway-kit faults --clear"),
        ("model", f"{model}: openai/gpt-5-nano", f"gateway.models.delete('{deployment}')"),
    ):
        [line] = [line for line in shown.splitlines() if text in line]
        assert line.split()[0] == what
        assert f"process {pid} (python), which has ended" in line
        assert line.endswith(fix)
    [line] = [line for line in shown.splitlines() if line.split()[:1] == ["strategy"]]
    reset = f"gateway.router.set_strategy(None, ['{model}'])"
    assert line.endswith(reset)
    assert f"latency-based-routing for {model}" in line
    assert model in str(cli.row("gateway")["routing_groups"])
    assert cli.row("providers")["faults"][0]["lease"]["owner"]["pid"] == pid
    [profile] = cli.row("providers")["changed_profiles"]
    assert (profile["values"], profile["initial"]) == ({"ttft_s": 0.5}, {"ttft_s": 0.35})
    [row] = [row for row in cli.row("gateway")["added_models"] if row["deployment"] == deployment]
    assert (row["model_name"], row["model"], row["added_by"]["pid"]) == (model, "openai/gpt-5-nano", pid)

    examined = cli("doctor", check=False).stdout
    assert f"note    fault          {FAULT}; {left}\n{'':<23}fix: gateway-kit faults --clear" in examined
    assert f"note    model          {model}: openai/gpt-5-nano; {left}" in examined
    assert f"fix: {reset}" in examined
    note = cli("up").stderr
    assert (
        f"note: the simulated providers are changed: fault {FAULT}; {left}; profile {PROFILE}; {left}."
        in note
    )

    assert cli("faults").stdout.splitlines() == [
        f"fault    {FAULT}; {left}",
        f"profile  {PROFILE}; {left}",
        "To clear them: gateway-kit faults --clear",
    ]
    assert f"cleared: fault {FAULT}; {left}" in cli("faults", "--clear").stdout
    assert cli("faults", "--clear").stdout == "Nothing was changed.\n"
    assert cli("faults").stdout == "Nothing is changed.\n"
    assert cli.json("faults") == {"faults": [], "changed_profiles": [], "answers": [], "latencies": []}
    gateway.models.delete(deployment)
    gateway.router.set_strategy(None, [model])
    assert FAULT not in cli("status").stdout
    assert model not in cli("doctor", check=False).stdout
    assert "simulated providers" not in cli("up").stderr


def test_a_lesson_clears_what_a_killed_kernel_and_its_own_left_and_nothing_else(
    gateway: Gateway,
    providers: Providers,
    leave: Callable[..., int],
    unique: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    gone, lives = f"test-{unique[:8]}", f"test-{unique[8:16]}"
    leave(gone, killed=True)
    pid = leave(lives, killed=False)
    kept = providers.fault("azure", model="gpt-4o", kind="slow", keep=True)
    own = gateway.providers.fault("azure", model="gpt-4o", kind="rate_limit")
    gateway.router.set_strategy(None, lives)
    gateway.clear_leftovers([gone, lives])
    told = capsys.readouterr().out.splitlines()
    assert told == [
        f"Removed what an earlier run left: fault {FAULT}; fault rate_limit at provider=azure model=gpt-4o; "
        f"profile {PROFILE}; model {gone}: openai/gpt-5-nano; strategy latency-based-routing for {gone}.",
        f"Still there: fault {FAULT}; set by process {pid} (python); "
        "fault slow at provider=azure model=gpt-4o; kept until it is cleared; "
        f"profile {PROFILE}; set by process {pid} (python); "
        f"model {lives}: openai/gpt-5-nano; set by process {pid} (python). "
        "To clear it: gateway-kit faults --clear.",
    ]
    own.off()  # cleared on purpose: no warning
    kept.off()
    assert providers.faults()["set_by"].tolist() == [f"process {pid} (python)"]
    assert providers.profiles().query("provider_model == 'gpt-5'")["ttft_s"].tolist() == [0.5]
    assert added(gateway, gone) == []
    assert len(added(gateway, lives)) == 1


def beginning(lesson: Path) -> str:
    """A lesson's code to the line that clears: what follows, as the gateways of lesson 08, has tests of its own."""
    cells = nbformat.read(lesson, as_version=4).cells
    lines = "\n".join(cell.source for cell in cells if cell.cell_type == "code").splitlines()
    return "\n".join(lines[: 1 + next(n for n, line in enumerate(lines) if "clear_leftovers(" in line)])


@pytest.mark.parametrize(
    ("lesson", "model"),
    [(path, {"01": "assistant", "06": "06-no-price"}.get(path.stem[:2], "")) for path in LESSONS],
    ids=lambda value: getattr(value, "stem", value),
)
def test_each_lesson_begins_by_clearing_what_a_killed_kernel_left(
    lesson: Path,
    model: str,
    gateway: Gateway,
    providers: Providers,
    leave: Callable[..., int],
    stack_env: dict[str, str],
    python: ForkedPython,
    tmp_path: Path,
    unique: str,
) -> None:
    leave(model or f"test-{unique[:8]}", killed=True)
    kept = providers.fault("azure", model="gpt-4o", kind="slow", keep=True)
    ran = python.run(beginning(lesson), env=stack_env, folder=tmp_path)
    kept.off()
    assert ran.returncode == 0, ran.stderr
    removed = f"fault {FAULT}; profile {PROFILE}"
    if model:
        removed += f"; model {model}: openai/gpt-5-nano; strategy latency-based-routing for {model}"
    assert f"Removed what an earlier run left: {removed}.\n" in ran.stdout
    assert "Still there: fault slow at provider=azure model=gpt-4o; kept until it is cleared." in ran.stdout
    assert providers.faults().empty


def test_clearing_says_nothing_if_nothing_was_left(
    gateway: Gateway, capsys: pytest.CaptureFixture[str]
) -> None:
    gateway.clear_leftovers(["no-such-model"])
    assert capsys.readouterr().out == ""


def test_clearing_does_without_a_simulator(
    stack_env: dict[str, str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROVIDERS_URL", "http://127.0.0.1:9")
    with connect(stack_env["GATEWAY_API_KEY"], stack_env["GATEWAY_URL"]) as gateway:
        gateway.clear_leftovers(["no-such-model"])
    assert capsys.readouterr().out == ""
