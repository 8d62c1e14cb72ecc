"""The processes that own what outlives them."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace

import pytest

from gateway_kit.common.owners import Owner


def test_this_process_runs_and_is_itself() -> None:
    own = Owner.this_process()
    assert own.is_this_process
    assert not own.has_ended
    assert own.program in ("pytest", "python")  # "python" in one of several test processes
    assert str(own) == "this process"
    assert Owner.read(vars(own)) == own


def test_another_process_is_named_and_has_ended_once_it_is_gone() -> None:
    code = "import json; from gateway_kit.common.owners import Owner; print(json.dumps(vars(Owner.this_process())))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    other = Owner.read(json.loads(shown))
    assert other is not None
    assert other.has_ended
    assert str(other) == f"process {other.pid} (python), which has ended"
    elsewhere = replace(other, host="another-machine")
    assert not elsewhere.has_ended
    assert str(elsewhere) == f"process {other.pid} (python)"


def test_a_number_that_is_used_again_is_another_process() -> None:
    own = Owner.this_process()
    earlier = replace(own, birth=f"{own.birth.split('/')[0]}/1")
    assert not earlier.is_this_process
    assert earlier.has_ended


@pytest.mark.parametrize("program", ["/x/ipykernel_launcher.py", "/x/jobs/nightly.py", "/x/tool/__main__.py"])
def test_the_program_is_named_in_a_word(program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", [program])
    named = {"ipykernel_launcher.py": "a notebook", "nightly.py": "nightly.py", "__main__.py": "tool"}
    assert Owner.this_process().program == named[program.rpartition("/")[2]]


@pytest.mark.parametrize("data", [None, "7", {}, {"pid": "x", "birth": "b", "host": "h", "program": "p"}])
def test_what_is_no_owner_is_none(data: object) -> None:
    assert Owner.read(data) is None
