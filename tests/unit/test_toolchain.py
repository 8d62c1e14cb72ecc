"""What a set-up must do again, and when."""

from __future__ import annotations

from pathlib import Path

import pytest

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
