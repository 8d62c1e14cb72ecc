from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import HAS_SEARCH, Cli


def findings(text: str) -> dict[str, str]:
    """Subject → level."""
    lines = [line for line in text.splitlines() if line and not line.startswith(" ")]
    return {line[8:23].strip(): line.split()[0] for line in lines}


def test_a_healthy_stack_has_nothing_broken(cli: Cli):
    done = cli("doctor")
    levels = findings(done.stdout)
    assert "error" not in levels.values()
    for subject in (
        "platform",
        "set-up",
        "credentials",
        "gateway",
        "redis",
        "database",
        "master key",
        "virtual key",
        "trace store",
        "tracing keys",
        "callback",
    ):
        fine = "ok" if subject != "redis" or HAS_SEARCH else "note"
        assert levels[subject] == fine, done.stdout
    assert ("with the search module" in done.stdout) is HAS_SEARCH
    assert "migrations" in done.stdout


def test_credentials_that_others_may_read_are_reported_and_the_fix_works(cli: Cli):
    path = cli.home / ".env"
    path.chmod(0o644)
    try:
        done = cli("doctor", check=False)
        assert done.returncode == 1
        assert findings(done.stdout)["credentials"] == "error"
        assert f"fix: chmod 600 {path}" in done.stdout
    finally:
        path.chmod(0o600)
    assert cli("doctor").returncode == 0


def test_a_key_that_the_gateway_does_not_know_is_reported(cli: Cli):
    done = cli("doctor", check=False, GATEWAY_API_KEY="sk-unknown")
    assert done.returncode == 1
    assert findings(done.stdout)["virtual key"] == "error"
    assert findings(done.stdout)["master key"] == "ok"


def test_before_the_first_start_there_are_notes_and_no_traceback(tmp_path: Path):
    done = Cli(tmp_path / "home")("doctor", check=False)
    levels = findings(done.stdout)
    assert levels["credentials"] == "note"
    assert levels["configuration"] == "note"
    assert "gateway-kit up" in done.stdout
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("name", ["state.json"])
def test_a_broken_record_is_reported(tmp_path: Path, name: str):
    home = tmp_path / "home"
    home.mkdir()
    (home / name).write_text("{")
    done = Cli(home)("doctor", check=False)
    assert done.returncode == 1
    assert "is not a record of this version" in done.stdout
    assert "Traceback" not in done.stderr
