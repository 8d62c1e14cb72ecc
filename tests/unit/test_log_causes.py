"""The line of a log that says why a service exited, and the fix."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway_kit.stack.supervisor.log_causes import advice, cause

BEGIN = "--- 2030-01-02 03:04:05 redis starts\n"
TRACEBACK = """Traceback (most recent call last):
  File "/a/chat_model.py", line 9, in <module>
    import xllamacpp
ImportError: libgomp.so.1: cannot open shared object file: No such file or directory
"""
UVICORN = "INFO:     Waiting\nERROR:    [Errno 98] address already in use\nINFO:     Shut down.\n"
REDIS = "1:M 02 # Bad file format reading the append only file appendonly.aof.1\n1:M 02 * bye\n"
# What Redis 8.2.3 ends with, started without the module with which it wrote its data.
NO_MODULE = "1:M 02 # The RDB file contains AUX module data I can't load: no matching module 'scdtype00'"

# It was killed, or could not begin: that a gateway does not answer is neither.
BALANCER = """2030-01-02T03:04:05Z ERR Command error error="bind: address already in use"
2030-01-02T03:04:06Z WRN Health check failed. error="HTTP request failed: connection refused" targetURL=http://a
"""


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (TRACEBACK, "ImportError: libgomp.so.1: cannot open shared object file: No such file or directory"),
        (UVICORN, "ERROR:    [Errno 98] address already in use"),
        (REDIS, "1:M 02 # Bad file format reading the append only file appendonly.aof.1"),
        (f"1:M 02 * RDB is base AOF\n{NO_MODULE}\n", NO_MODULE),
        ("just words\n\n", "just words"),
        (BALANCER, '2030-01-02T03:04:05Z ERR Command error error="bind: address already in use"'),
        ("".join(BALANCER.splitlines(keepends=True)[1:]), ""),
        ("", ""),
    ],
)
def test_the_cause_is_the_line_that_explains_the_failure(tmp_path: Path, line: str, expected: str):
    log = tmp_path / "a.log"
    log.write_text(f"ValueError: of an earlier start\n{BEGIN}{line}")
    assert cause(log) == expected


def test_a_log_that_cannot_be_read_has_no_cause(tmp_path: Path):
    assert cause(tmp_path / "none.log") == ""
    (tmp_path / "folder.log").mkdir()
    assert cause(tmp_path / "folder.log") == ""
    (tmp_path / "binary.log").write_bytes(b"\xff\xfe\x00\n")
    assert cause(tmp_path / "binary.log")


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ("apt-get", "apt-get install libgomp1, then: gateway-kit up"),
        ("dnf", "dnf install libgomp, then: gateway-kit up"),
        ("apk", "apk add libgomp, then: gateway-kit up"),
        ("none", "install the system's package that has libgomp.so.1, then: gateway-kit up"),
    ],
)
def test_the_fix_for_a_missing_library_uses_the_systems_package_manager(program: str, expected: str):
    line = TRACEBACK.splitlines()[-1]
    assert advice(line, which=lambda name: name if name == program else None) == expected


def test_an_unknown_cause_has_no_fix_and_a_full_disk_has_one():
    assert advice("it ended") == ""
    assert advice("OSError: [Errno 28] No space left on device").startswith("free space")
    assert advice("ModuleNotFoundError: No module named 'numpy'").startswith("make setup")
    assert advice(NO_MODULE).startswith("unset GATEWAY_REDIS_SEARCH, then: gateway-kit up")
