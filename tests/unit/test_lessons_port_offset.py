"""The ports of the stack that executed a lesson, kept in the executed lesson."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from gateway_kit.common.local_stack import LocalStack, write_local_stack
from gateway_kit.lessons.port_offset import keep_port_offset, port_offset


@pytest.fixture
def executed(tmp_path: Path) -> Path:
    path = tmp_path / "lesson.ipynb"
    nbformat.write(nbformat.v4.new_notebook(), path)
    return path


def kept(executed: Path) -> int:
    return port_offset(nbformat.read(executed, as_version=4))


def test_the_local_stacks_offset_is_kept(executed: Path, tmp_path: Path) -> None:
    write_local_stack(tmp_path, LocalStack({"GATEWAY_URL": "http://127.0.0.1:22000"}))
    keep_port_offset(executed, {"GATEWAY_HOME": str(tmp_path)})
    assert kept(executed) == 18000
    nbformat.validate(nbformat.read(executed, as_version=4))


def test_a_gateway_elsewhere_has_none(executed: Path, tmp_path: Path) -> None:
    environ = {"GATEWAY_HOME": str(tmp_path)}
    before = executed.read_bytes()
    keep_port_offset(executed, environ)  # no stack runs
    write_local_stack(tmp_path, LocalStack({"GATEWAY_URL": "http://10.0.0.1:8080"}, own_gateway=False))
    keep_port_offset(executed, environ)
    write_local_stack(tmp_path, LocalStack({"GATEWAY_URL": "http://127.0.0.1:22000"}))
    keep_port_offset(executed, environ | {"GATEWAY_URL": "http://10.0.0.1:8080"})
    assert executed.read_bytes() == before
    assert kept(executed) == 0
