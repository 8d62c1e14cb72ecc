"""Which steps a repeated set-up runs again, and when."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway_kit.errors import NotSetUpError
from gateway_kit.stack import toolchain
from gateway_kit.stack.node_packages import npm_variables


def marks() -> dict[str, str]:
    return toolchain._marks()


def test_bytecode_is_recompiled_when_any_package_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
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
    (tmp_path / "rest of the bytecode").unlink()  # made while the stack runs already
    (tmp_path / "workshop's proxy").unlink()  # for seats alone
    toolchain.require_ready()
    (tmp_path / "database client").write_text("of an older schema")
    with pytest.raises(NotSetUpError, match="database client"):
        toolchain.require_ready()
    (tmp_path / "database client").write_text(marks()["database client"])
    (tmp_path / "bytecode").unlink()
    with pytest.raises(NotSetUpError, match="bytecode"):
        toolchain.require_ready()


def test_an_interrupted_step_is_repeated_and_a_finished_one_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(toolchain, "_stamp", lambda step: tmp_path / step)
    output: list[str] = []
    calls: list[str] = []

    def interrupted() -> None:
        calls.append("begun")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        toolchain._step("node packages", interrupted, output.append)
    for _ in range(2):
        toolchain._step("node packages", lambda: calls.append("done"), output.append)
    assert calls == ["begun", "done"]
    assert output[-1] == "node packages: done before"


def test_npm_gets_registry_and_proxy_settings_but_no_install_location():
    told = {"npm_config_registry": "r", "NPM_CONFIG_USERCONFIG": "u", "HTTPS_PROXY": "p", "no_proxy": "n"}
    others = {
        "npm_config_prefix": "/usr",
        "npm_config_global": "true",
        "NODE_ENV": "production",
        "OPENAI_API_KEY": "k",
    }
    assert npm_variables(told | others) == told
