"""What a set-up must do again, and when."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway_kit.errors import NotSetUpError
from gateway_kit.stack import toolchain


def marks() -> dict[str, str]:
    return {name: mark for name, mark, _ in toolchain._steps()}


def test_bytecode_is_due_when_any_package_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(toolchain.sysconfig, "get_path", lambda _: str(tmp_path))
    (tmp_path / "one-1.0.dist-info").mkdir()
    before = marks()
    assert marks() == before
    (tmp_path / "other-2.0.dist-info").mkdir()
    added = marks()
    (tmp_path / "one-1.0.dist-info").rename(tmp_path / "one-1.1.dist-info")
    updated = marks()
    assert len({before["bytecode"], added["bytecode"], updated["bytecode"]}) == 3
    assert before["node packages"] == updated["node packages"]


def test_a_package_added_by_the_user_does_not_keep_the_stack_from_starting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(toolchain, "_stamp", lambda step: tmp_path / step)
    for name, mark in marks().items():
        (tmp_path / name).write_text(mark if name != "bytecode" else "what was installed before")
    toolchain.require_ready()
    (tmp_path / "database client").write_text("of an older schema")
    with pytest.raises(NotSetUpError, match="database client"):
        toolchain.require_ready()
    (tmp_path / "database client").write_text(marks()["database client"])
    (tmp_path / "bytecode").unlink()
    with pytest.raises(NotSetUpError, match="bytecode"):
        toolchain.require_ready()
