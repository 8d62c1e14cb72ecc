"""Imports point one way; the servers import nothing from the kit."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "gateway_kit"

# From bottom to top: a module may import from its own level and those below.
LEVELS = (
    {"errors", "settings", "import_path", "short_traceback"},
    {"common"},
    {"workshop"},
    {"stack.configuration", "stack.supervisor", "stack.replicas"},
    {"stack.services"},
    {"stack"},
    {"litellm_api"},
    {"tracing", "caching", "keys"},
    {"gateway"},
    {"charts", "metrics", "load"},
    {"rehearsal"},
    {"widgets"},
    {"lessons"},
    {"cli"},
)
SERVERS = "stack.servers"
ROOMS = set().union(*LEVELS) | {SERVERS}
# The helper: it works without the stack, which a wheel without extras cannot boot.
HELPER = (
    "litellm_api",
    "gateway",
    "tracing",
    "caching",
    "keys",
    "charts",
    "metrics",
    "load",
    "rehearsal",
    "widgets",
    "lessons",
    "common",
    "workshop",
    "cli",
)

MODULES = sorted(
    path for path in PACKAGE.rglob("*.py") if "node_modules" not in path.parts and "solved" not in path.parts
)


def imported(path: Path) -> Iterator[str]:
    """The modules that a file imports anywhere, including inside functions."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            if node.module == "gateway_kit":
                yield from (f"gateway_kit.{alias.name}" for alias in node.names)
            else:
                yield node.module or ""


def imported_at_once(body: list[ast.stmt]) -> Iterator[str]:
    """Modules that are imported with the file: not inside functions, not for type checkers alone."""
    for node in body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for part in ("body", "orelse", "finalbody"):
                yield from imported_at_once(getattr(node, part, []))


def room(name: str) -> str | None:
    """The room of a module: the longest prefix of its name that has a level."""
    words = name.split(".")
    if words[0] != "gateway_kit" or len(words) == 1:
        return None
    inner = ".".join(words[1:3])
    return inner if inner in ROOMS else words[1]


def level(name: str) -> int:
    found = [number for number, names in enumerate(LEVELS) if name in names]
    assert found, f"gateway_kit.{name} has no level; say in this test where it belongs"
    return found[0]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_from_its_level_or_below(path: Path):
    words = path.relative_to(PACKAGE).with_suffix("").parts
    own = room(".".join(("gateway_kit", *words)))
    assert own is not None
    if own == "__init__":
        return  # the package itself, see test_public_names.py
    used = {name for module in imported(path) if (name := room(module))}
    if own == SERVERS:
        program = ".".join(("gateway_kit", *words[:3]))
        own_code = (program, "gateway_kit.stack.servers.serving", "gateway_kit.stack.servers.quiet_server")
        others = {module for module in imported(path) if room(module) and not module.startswith(own_code)}
        assert not others, f"{path.name} is part of a program that stands alone"
        return
    assert SERVERS not in used
    above = {name for name in used if level(name) > level(own)}
    assert not above, f"{own} must not import {above}"


@pytest.mark.parametrize("name", HELPER)
def test_the_helper_imports_the_stack_only_to_boot_or_inspect_it(name: str):
    files = [path for path in MODULES if path.relative_to(PACKAGE).parts[0] == name]
    assert files
    for path in files:
        found = {
            m for m in imported_at_once(ast.parse(path.read_text()).body) if m.startswith("gateway_kit.stack")
        }
        assert not found, f"{path} imports {found} at module level"


def test_every_level_has_modules():
    assert {
        room(".".join(("gateway_kit", *path.relative_to(PACKAGE).parts))) for path in MODULES
    } >= ROOMS - {
        "errors",
        "settings",
        "import_path",
        "short_traceback",
    }


def test_a_process_that_draws_imports_no_client():
    clients = ("openai", "httpx", "redis", "psycopg")
    code = f"import sys, gateway_kit.widgets.dashboard.renderer as _; print([n for n in {clients} if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_importing_the_command_line_imports_no_client_and_nothing_slow():
    heavy = (
        "litellm", "pandas", "matplotlib", "openai", "httpx", "redis", "psycopg", "cryptography",
        "opentelemetry", "rich",
    )  # fmt: skip
    code = f"import sys, gateway_kit.cli; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_serving_and_stopping_a_workshop_imports_nothing_of_the_hub():
    heavy = ("jupyterhub", "sqlalchemy", "tornado", "aiohttp")
    code = f"import sys, gateway_kit.stack.seats.serving; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_no_test_file_imports_litellm_before_a_test_needs_it():
    """Every test process imports every file, and LiteLLM takes longer than all else together."""
    root = PACKAGE.parent / "tests"
    # The SDKs' tests run in processes of their own; a gateway loads what is beside a configuration.
    others = (root / "sdks", root / "rehearsal_configurations")
    for path in root.rglob("*.py"):
        if any(path.is_relative_to(folder) for folder in others):
            continue
        for node in ast.parse(path.read_text()).body:
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not [name for name in names if name.partition(".")[0] == "litellm"], path
