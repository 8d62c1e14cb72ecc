"""The wheel alone, in an empty environment without extras, works with a gateway that somebody else runs."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import requires

import pytest
from packaging.requirements import Requirement

from tests.conftest import FOREIGN, ROOT

Run = Callable[..., "subprocess.CompletedProcess[str]"]

PROGRAM = """
import sys
import gateway_kit
assert not {"pandas", "matplotlib", "openai"} & set(sys.modules)

from gateway_kit import charts, check, connect, hint, load, metrics, widgets
gateway = connect()
assert gateway.ask("What is an LLM gateway?", model="gpt-4o-mini").text
assert gateway.models.list().index.size
calls = gateway.calls.frame()
assert list(calls["status"]) == [200]
figure = charts.latency_ecdf(calls)
figure.savefig("latency.png")
assert open("latency.png", "rb").read().startswith(b"\\x89PNG")
panel = widgets.WhatIfCalculator(gateway.models.list(), calls)
assert "<" in panel._repr_html_()
panel.close()
gateway.close()
booting = [name for name in sys.modules if name.startswith("gateway_kit.stack")]
assert not booting, booting
print("all of it")
"""


@pytest.fixture(scope="module")
def uv() -> str:
    """The uv of the set-up."""
    done = subprocess.run(
        [sys.executable, "-B", str(ROOT / "tools" / "get_uv.py")], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.fixture(scope="module")
def alone(uv: str, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Runs a program of an environment that holds the wheel and what it asks for, in an empty folder."""
    folder = tmp_path_factory.mktemp("alone")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(build, cwd=ROOT, capture_output=True, check=True)
    (wheel,) = folder.glob("gateway_kit-*.whl")
    environment = folder / "environment"
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, str(environment)], check=True)
    install = [uv, "pip", "install", "--quiet", "--python", str(environment), str(wheel)]
    # In the versions of the set-up, which are in uv's cache.
    # As in the set-up, with the system's certificates if there are any.
    looks = [sys.executable, "-c", "import sys, wheel_index; sys.exit(not wheel_index.has_certificates())"]
    certificates = subprocess.run(looks, cwd=ROOT / "tools", check=False).returncode == 0
    env = {**os.environ, "UV_SYSTEM_CERTS": "1"} if certificates else None
    subprocess.run([*install, "--constraints", str(ROOT / "requirements.lock")], env=env, check=True)
    (folder / "work").mkdir()

    def run(program: str, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
        clean = {name: value for name, value in os.environ.items() if name not in FOREIGN}
        return subprocess.run(
            [str(environment / "bin" / program), *words],
            cwd=folder / "work",
            env={**clean, "GATEWAY_HOME": str(folder / "no-stack"), **env},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    return run


def test_it_asks_for_a_dozen_packages_and_the_rest_is_extras():
    wanted = [Requirement(line) for line in requires("gateway-kit") or []]
    names = {one.name for one in wanted if one.marker is None}
    assert {"httpx", "openai", "langfuse", "redis", "pandas", "matplotlib", "ipywidgets"} <= names
    assert len(names) <= 12
    assert not names & {"litellm", "psycopg", "prisma", "jupyterlab", "locust", "onnxruntime"}


def test_it_connects_records_draws_and_shows_a_panel(alone: Run, stack_env: dict[str, str]):
    remote = {name: stack_env[name] for name in ("GATEWAY_URL", "GATEWAY_API_KEY", "LITELLM_MASTER_KEY")}
    done = alone("python", "-c", PROGRAM, **remote)
    assert done.stdout.strip() == "all of it", done.stderr


@pytest.mark.parametrize(
    ("words", "extra"),
    [
        (["up"], "stack"), (["status"], "stack"), (["doctor"], "stack"), (["config", "show"], "stack"),
        (["lab"], "stack,lab"), (["notebooks"], "stack,lab"),
    ],
)  # fmt: skip
def test_a_command_that_needs_an_extra_says_which_in_one_sentence(alone: Run, words: list[str], extra: str):
    done = alone("gateway-kit", *words)
    assert done.returncode == 1
    (sentence,) = done.stderr.splitlines()
    assert sentence.startswith(f"gateway-kit: gateway-kit {words[0]} needs the package ")
    assert sentence.endswith(f"Run: pip install 'gateway-kit[{extra}]'")


def test_booting_and_load_from_python_say_which_extra(alone: Run, stack_env: dict[str, str]):
    remote = {name: stack_env[name] for name in ("GATEWAY_URL", "GATEWAY_API_KEY")}
    for code, extra in (
        ("gateway.stack", "stack"),
        (
            "gateway_kit.load.run_load(gateway_kit.load.LoadPlan(requests=1), gateway=gateway, allow_remote=True)",
            "load",
        ),
    ):
        program = f"import gateway_kit; gateway = gateway_kit.connect(); {code}"
        done = alone("python", "-c", program, **remote)
        assert f"pip install 'gateway-kit[{extra}]'" in done.stderr.splitlines()[-1], done.stderr


def test_the_command_line_helps_without_extras(alone: Run):
    assert "Commands:" in alone("gateway-kit", "--help").stdout
    assert "--port-offset" in alone("gateway-kit", "up", "--help").stdout
