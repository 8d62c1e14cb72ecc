"""The public names of `gateway_kit`, and what importing it loads."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import gateway_kit


def loaded_after(code: str, *names: str) -> list[str]:
    """Which of these modules a fresh Python has loaded after running `code`."""
    program = f"{code}\nimport sys; print(*[name for name in {names} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_importing_the_package_loads_nothing_heavy():
    heavy = ("pandas", "numpy", "matplotlib", "openai", "httpx", "langfuse", "redis", "ipywidgets", "IPython")
    assert loaded_after("import gateway_kit", *heavy, "gateway_kit.gateway", "gateway_kit.stack") == []


def test_importing_connect_loads_neither_an_sdk_nor_a_table_library():
    code = "from gateway_kit import connect"
    assert loaded_after(code, "httpx", "openai", "pandas", "matplotlib", "langfuse", "redis") == ["httpx"]


@pytest.mark.parametrize("name", gateway_kit.__all__)
def test_every_public_name_exists(name: str):
    assert getattr(gateway_kit, name).__name__.endswith(name)


def test_an_unknown_name_raises_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = gateway_kit.nothing
    with pytest.raises(ImportError):
        from gateway_kit import nothing  # noqa: F401


def test_type_checkers_and_completion_see_the_same_names():
    assert dir(gateway_kit) == sorted(gateway_kit.__all__)
    tree = ast.parse(Path(gateway_kit.__file__).read_text())
    imported = {
        alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    assert imported - {"import_module", "TYPE_CHECKING", "check_import_path"} == set(gateway_kit.__all__)
