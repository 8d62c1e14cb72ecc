"""The file that tells clients about the local stack."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gateway_kit.common.local_stack import (
    LocalStack,
    RunningService,
    read_local_stack,
    remove_local_stack,
    write_local_stack,
)
from gateway_kit.common.processes import birth
from gateway_kit.errors import StackError, StateFolderError

VARIABLES = {"GATEWAY_URL": "http://127.0.0.1:4000", "GATEWAY_API_KEY": "sk-secret-1234"}


def environ(home: Path, **more: str) -> dict[str, str]:
    return {"GATEWAY_HOME": str(home), **more}


def test_clients_read_what_the_stack_wrote_and_nobody_else_can(tmp_path: Path):
    write_local_stack(tmp_path, LocalStack(VARIABLES))
    stack = read_local_stack(environ(tmp_path))
    assert stack == LocalStack(VARIABLES)
    assert "sk-secret" not in repr(stack)
    (file,) = tmp_path.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600


def test_the_environment_takes_precedence(tmp_path: Path):
    write_local_stack(tmp_path, LocalStack(VARIABLES))
    stack = read_local_stack(environ(tmp_path, GATEWAY_API_KEY="sk-mine", OTHER="not the stack's"))
    assert stack.variables == {**VARIABLES, "GATEWAY_API_KEY": "sk-mine"}


def test_a_service_is_missing_if_it_did_not_start_or_has_ended(tmp_path: Path):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    born = birth(ended.pid)
    stack = LocalStack(
        {},
        running=(
            RunningService(os.getpid(), birth(os.getpid()), "postgres has ended"),
            RunningService(os.getpid(), "an earlier process with this id", "tracing has ended"),
            RunningService(ended.pid, born, "redis has ended"),
        ),
        failed=("chat-model did not start",),
    )
    write_local_stack(tmp_path, stack)
    ended.wait()
    missing = read_local_stack(environ(tmp_path)).missing
    assert missing == ("chat-model did not start", "redis has ended", "tracing has ended")


def test_without_a_stack_the_error_names_the_command(tmp_path: Path):
    with pytest.raises(StackError, match=r"Start it: gateway-kit up$"):
        read_local_stack(environ(tmp_path))
    write_local_stack(tmp_path, LocalStack(VARIABLES))
    remove_local_stack(tmp_path)
    remove_local_stack(tmp_path)
    with pytest.raises(StackError, match="No local stack runs"):
        read_local_stack(environ(tmp_path))


@pytest.mark.parametrize(
    "text",
    ["", "null", "[]", '{"variables": 1}', '{"variables": {}, "running": [{}], "failed": []}',
     '{"variables": {}, "running": [{"pid": "x", "birth": 1, "if_ended": 2}], "failed": 3}'],
)  # fmt: skip
def test_a_damaged_file_names_the_command(text: str, tmp_path: Path):
    write_local_stack(tmp_path, LocalStack(VARIABLES))
    (file,) = tmp_path.iterdir()
    file.write_text(text)
    with pytest.raises(StateFolderError, match=r"is damaged\. Run: gateway-kit up"):
        read_local_stack(environ(tmp_path))


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StateFolderError, match=r"clients\.json cannot be written"):
        write_local_stack(tmp_path / "file", LocalStack(VARIABLES))


def test_reading_imports_nothing_of_the_stack(tmp_path: Path):
    write_local_stack(
        tmp_path, LocalStack({**VARIABLES, "LITELLM_MASTER_KEY": "sk-m", "PROVIDERS_URL": "http://p"})
    )
    code = (
        "import json, sys\n"
        "from gateway_kit.common.local_stack import read_local_stack\n"
        "url = read_local_stack().variables['GATEWAY_URL']\n"
        "print(json.dumps([url, [m for m in sys.modules if m.startswith('gateway_kit.stack.')]]))"
    )
    env = {name: value for name, value in os.environ.items() if not name.startswith(("GATEWAY_", "LITELLM_"))}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**env, **environ(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    url, imported = json.loads(done.stdout)
    assert url == VARIABLES["GATEWAY_URL"]
    assert imported == []
