"""Which modules are compiled before a start."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gateway_kit.stack.bytecode import compile_imported, located

SOURCES = {
    "program.py": "import pack.sub.deep\nfrom pack import named, constant\nimport missing\n"
    "try:\n    import optional\nexcept ImportError: pass\n",
    "optional.py": "",
    "pack/__init__.py": "import typing\nfrom typing import TYPE_CHECKING\nfrom .relative import thing\nconstant = 1\n"
    "if TYPE_CHECKING:\n    from . import checked\n    import checked_too\nimport after\n"
    "if typing.TYPE_CHECKING:\n    import checked_three\n"
    "if not TYPE_CHECKING:\n    import at_run_time\n"
    "def call():\n    import inside\n",
    "pack/relative.py": "from ..pack.upward import x\nfrom . import sibling\nthing = 1\n",
    "pack/upward.py": "x = 1\n",
    "pack/sibling.py": "",
    "pack/named.py": "",
    "pack/checked.py": "",
    "pack/sub/__init__.py": "",
    "pack/sub/deep.py": "this is no Python",
    "checked_too.py": "",
    "checked_three.py": "",
    "at_run_time.py": "",
    "after.py": "",
    "inside.py": "",
    "unused.py": "",
    "tests/__init__.py": "",
}
IMPORTED = set(SOURCES) - {
    "pack/checked.py", "checked_too.py", "checked_three.py", "inside.py", "unused.py", "tests/__init__.py",
}  # fmt: skip


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in SOURCES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def compiled(folder: Path) -> set[str]:
    return {
        str(path.relative_to(folder))
        for path in folder.rglob("*.py")
        if Path(importlib.util.cache_from_source(str(path))).exists()
    }


def test_only_the_modules_that_a_start_imports_are_compiled(project: Path):
    paths = compile_imported([project / "program.py"], [project])
    assert {str(path.relative_to(project)) for path in paths} == IMPORTED
    assert compiled(project) == IMPORTED - {"pack/sub/deep.py"}


def test_python_uses_the_compiled_files_unchanged(project: Path):
    (project / "pack/sub/deep.py").write_text("")
    (project / "program.py").write_text("import pack.sub.deep\n")
    (project / "pack/__init__.py").write_text("from . import named\n")
    compile_imported([project / "program.py"], [project])
    before = {path: path.stat().st_mtime_ns for path in project.rglob("*.pyc")}
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run([sys.executable, "program.py"], cwd=project, env=env, check=True)
    assert {path: path.stat().st_mtime_ns for path in project.rglob("*.pyc")} == before


def test_a_changed_or_damaged_file_is_recompiled(project: Path):
    program, pack = project / "program.py", project / "pack" / "__init__.py"
    compile_imported([program], [project])
    program.write_text("import unused\n")
    cached = Path(importlib.util.cache_from_source(str(pack)))
    whole = cached.read_bytes()
    for length in (7, len(whole) - 9):
        cached.write_bytes(whole[:length])
        compile_imported([program, pack], [project])
        assert cached.read_bytes() == whole
    assert "unused.py" in compiled(project)


def test_a_module_outside_the_folders_has_no_files(project: Path):
    assert list(located("json.decoder", [project])) == []
    assert [path.name for path, _ in located("pack.constant", [project])] == ["__init__.py"]
