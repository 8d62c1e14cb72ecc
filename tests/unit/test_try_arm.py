"""What `tools/try_arm.py` decides without an emulator: which programs it takes, and which steps it runs."""

from __future__ import annotations

import os
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

TOOLS = Path(__file__).resolve().parents[2] / "tools"
X86_64, AARCH64 = 62, 183


@pytest.fixture
def try_arm(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    monkeypatch.syspath_prepend(str(TOOLS))
    import try_arm

    yield try_arm
    for name in ("try_arm", "arm_emulator", "fresh_system"):
        sys.modules.pop(name, None)


def header(machine: int, *, kind: int, system: int = 0) -> bytes:
    """The first 20 bytes of a program, as the ELF specification lays them out."""
    return struct.pack("<4sBBBB8xHH", b"\x7fELF", 2, 1, 1, system, kind, machine)


def takes(try_arm: ModuleType, content: bytes) -> bool:
    """Whether the kernel would run a program by the emulator that the line registers."""
    import arm_emulator

    _, name, kind, offset, magic, mask, _, flags = arm_emulator.registration("/qemu").decode().split(":")
    assert (name, kind, offset, flags) == (arm_emulator.ENTRY, "M", "", "PF")
    bits, wanted = (bytes.fromhex(text.replace("\\x", "")) for text in (mask, magic))
    return all(byte & bit == want for byte, bit, want in zip(content, bits, wanted, strict=True))


def test_programs_and_libraries_for_arm_are_emulated_and_no_others(try_arm: ModuleType):
    executable, shared = 2, 3
    gnu = 3  # of programs that use an extension of GNU's
    for kind in (executable, shared):
        assert takes(try_arm, header(AARCH64, kind=kind))
        assert takes(try_arm, header(AARCH64, kind=kind, system=gnu))
        assert not takes(try_arm, header(X86_64, kind=kind))


def test_a_first_run_takes_all_steps_and_a_later_one_what_is_left(try_arm: ModuleType):
    done = try_arm.Outcome(0, 9.0, "abc")
    assert try_arm.to_run([], {}) == list(try_arm.STEPS)
    rest = {name: done for name in try_arm.STEPS if name not in ("keys", "cache")}
    assert try_arm.to_run([], rest) == ["up", "keys", "cache"]  # the stack ended with the run before
    assert try_arm.to_run([], dict.fromkeys(try_arm.STEPS, done)) == []


def test_a_named_step_runs_with_what_it_stands_on(try_arm: ModuleType):
    done, failed = try_arm.Outcome(0, 9.0, "abc"), try_arm.Outcome(2, 9.0, "abc")
    assert try_arm.to_run(["lesson-00"], {}) == ["set-up", "up", "lesson-00"]
    assert try_arm.to_run(["lesson-00"], {"set-up": failed}) == ["set-up", "up", "lesson-00"]
    assert try_arm.to_run(["lesson-00"], {"set-up": done}) == ["up", "lesson-00"]
    assert try_arm.to_run(["development"], {"set-up": done}) == ["development"]
    assert try_arm.to_run(["set-up"], {"set-up": done}) == ["set-up"]


def test_outcomes_are_kept_between_runs(try_arm: ModuleType, tmp_path: Path):
    assert try_arm.outcomes(tmp_path) == {}
    try_arm.keep(tmp_path, "up", try_arm.Outcome(1, 60.0, "abc"))
    try_arm.keep(tmp_path, "keys", try_arm.Outcome(0, 7.0, "abc"))
    try_arm.keep(tmp_path, "up", try_arm.Outcome(0, 50.0, "def"))
    assert try_arm.outcomes(tmp_path) == {
        "up": try_arm.Outcome(0, 50.0, "def"), "keys": try_arm.Outcome(0, 7.0, "abc"),
    }  # fmt: skip
    lines = {line.split()[0]: line for line in try_arm.table(try_arm.outcomes(tmp_path)).splitlines()}
    assert lines.keys() == try_arm.STEPS.keys()
    assert "exit 0" in lines["up"]
    assert "50.0 s" in lines["up"]
    assert "not run" in lines["doctor"]


def test_only_processes_whose_root_is_the_system_are_its_own(try_arm: ModuleType, tmp_path: Path):
    assert os.getpid() in try_arm.processes_in(Path("/"))
    assert try_arm.processes_in(tmp_path) == []
