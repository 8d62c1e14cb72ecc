"""`gateway-kit export helm` and `terraform`: what is written, what is refused, and that no secret leaves."""

from __future__ import annotations

import secrets
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway_kit.cli import main
from gateway_kit.stack.services.credentials import env_file, read_env_file
from tests.conftest import FOREIGN
from tests.unit.exported import stack_with

KINDS = {
    "helm": {"README.md", "litellm-values.yaml", "litellm-production.yaml", "langfuse-values.yaml", "kubernetes"},
    "terraform": {
        "README.md", "main.tf", "variables.tf", "outputs.tf", "versions.tf", "values", "terraform.tfvars.example",
        ".gitignore",
    },
}  # fmt: skip


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state folder of the test's own, and no key of anybody's."""
    for name in FOREIGN:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GATEWAY_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.mark.parametrize("kind", KINDS)
def test_the_command_writes_the_folder_once(home: Path, tmp_path: Path, kind: str) -> None:
    stack_with(home)
    out = tmp_path / "out"
    done = CliRunner().invoke(main, ["export", kind, str(out)])
    assert done.exit_code == 0, done.output
    assert {path.name for path in out.iterdir()} == KINDS[kind]
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o644 for path in out.rglob("*") if path.is_file())
    assert "note: `smollm2` ran on your machine" in done.output
    assert done.output.rstrip().endswith(f"Next: read {out / 'README.md'}")
    again = CliRunner().invoke(main, ["export", kind, str(out)])
    assert again.exit_code == 1
    assert f"{out} is not empty" in again.stderr
    (out / "mine.txt").write_text("kept")
    assert CliRunner().invoke(main, ["export", kind, str(out), "--force"]).exit_code == 0
    assert (out / "mine.txt").read_text() == "kept"


def test_the_check_that_the_readme_names_finds_nothing(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack_with(home)
    assert CliRunner().invoke(main, ["export", "helm", str(tmp_path / "out")]).exit_code == 0
    readme = (tmp_path / "out" / "README.md").read_text()
    command = readme.partition("`gateway-kit config check ")[2].partition("`")[0]
    monkeypatch.chdir(tmp_path / "out")
    done = CliRunner().invoke(main, ["config", "check", *command.split()])
    assert done.exit_code == 0, done.output
    assert done.output.rstrip().endswith("fine"), done.output


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("where", ["configuration", "environment", "state folder", "module"])
def test_no_secret_leaves_by_the_command(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str, kind: str
) -> None:
    canary = secrets.token_hex(20)
    key = f"sk-{canary}" if where == "configuration" else "os.environ/OPENAI_API_KEY"
    config = f"""
model_list:
- model_name: a
  litellm_params: {{model: openai/gpt-4o-mini, api_key: {key}}}
litellm_settings: {{callbacks: hooks.handler}}
environment_variables: {{MY_TOKEN: {canary if where == "configuration" else "none"}}}
"""
    (tmp_path / "mine").mkdir()
    said = canary if where == "module" else ""
    (tmp_path / "mine" / "hooks.py").write_text(f"class Hook:\n    word = {said!r}\n\nhandler = Hook()\n")
    env = {"OPENAI_API_KEY": canary if where in ("environment", "module") else "sk-" + secrets.token_hex(9)}
    env |= {"LITELLM_SALT_KEY": canary} if where == "state folder" else {}
    stack = stack_with(home, config, env)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    done = CliRunner().invoke(main, ["export", kind, str(tmp_path / "out")])
    assert canary not in done.output + done.stderr
    assert (done.exit_code == 1) == (where == "module"), done.output
    written = "".join(path.read_text() for path in (tmp_path / "out").rglob("*") if path.is_file())
    assert canary not in written
    if where != "module":
        assert "MY_TOKEN" in written
        for value in read_env_file(env_file(stack.home)).values():
            assert len(value) < 12 or value not in written


@pytest.mark.parametrize("kind", KINDS)
def test_providers_that_are_simulations_alone_are_refused(home: Path, tmp_path: Path, kind: str) -> None:
    stack_with(
        home,
        """
model_list:
- model_name: dream
  litellm_params: {model: openai/gpt-dream, api_base: "${PROVIDERS_URL}/v1", api_key: sim-openai}
""",
    )
    done = CliRunner().invoke(main, ["export", kind, str(tmp_path / "out")])
    assert done.exit_code == 1
    assert "No model of the configuration exists outside the simulation" in done.stderr
    assert not (tmp_path / "out").exists()
