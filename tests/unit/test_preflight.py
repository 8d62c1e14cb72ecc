from __future__ import annotations

import resource
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import pytest

from gateway_kit.errors import PlatformError, StateFolderError
from gateway_kit.stack.supervisor import preflight


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_linux_on_both_processors_is_supported(machine: str):
    preflight.check_platform("Linux", machine)


@pytest.mark.parametrize(
    ("system", "machine"), [("Darwin", "arm64"), ("Linux", "armv7l"), ("Windows", "AMD64")]
)
def test_another_platform_is_named_with_an_alternative(system: str, machine: str):
    with pytest.raises(PlatformError, match=rf"this is {system} {machine}.*devcontainer.*GATEWAY_URL"):
        preflight.check_platform(system, machine)


def test_the_error_for_too_little_memory_has_numbers():
    with pytest.raises(PlatformError, match="needs 1500 MB of free memory; 1499 MB are free"):
        preflight.check_memory(1499)
    preflight.check_memory(1500)
    assert preflight.available_memory_mb() > 0


def test_the_error_for_a_shells_limit_names_the_command_that_raises_it():
    code = (
        "from gateway_kit.stack.supervisor.preflight import check_memory\n"
        "from gateway_kit.errors import PlatformError\n"
        "try: check_memory(9999)\nexcept PlatformError as exc: print(exc)"
    )
    limit = 8_000_000_000
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),
    )  # fmt: skip
    assert "8000 MB of address space (ulimit -v)" in done.stdout
    assert "ulimit -v unlimited" in done.stdout


def cgroup(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"memory.{name}").write_text(text)
    return folder


def test_a_containers_memory_limit_counts_and_its_cached_files_do_not(tmp_path: Path):
    cgroup(tmp_path, max="2000000000\n", current="1500000000\n", stat="anon 1\ninactive_file 900000000\n")
    assert preflight.container_memory_left(tmp_path) == 1_400_000_000


def test_a_container_without_a_limit_has_the_machines_memory(tmp_path: Path):
    assert preflight.container_memory_left(tmp_path) is None
    assert preflight.container_memory_left(cgroup(tmp_path, max="max\n", current="5", stat="")) is None


def test_a_second_gateway_needs_less_and_is_named():
    preflight.check_memory(600, needed_mb=500)
    with pytest.raises(PlatformError, match=r"second gateway needs 500 MB of free memory; 400 MB are free"):
        preflight.check_memory(400, needed_mb=500)


def test_the_state_folder_is_created_and_private(tmp_path: Path):
    home = tmp_path / "a folder" / "home"
    preflight.check_home(home)
    preflight.check_home(home)
    assert home.stat().st_mode & 0o777 == 0o700
    assert sorted(path.name for path in home.iterdir()) == ["config", "logs"]


@pytest.mark.parametrize("place", ["file", "file/below", "/proc/gateway"])
def test_an_impossible_folder_gives_one_sentence(tmp_path: Path, place: str):
    (tmp_path / "file").write_text("")
    home = tmp_path / place
    with pytest.raises(StateFolderError, match=r"cannot be used: .*GATEWAY_HOME=") as raised:
        preflight.check_home(home)
    assert str(home) in str(raised.value)
    assert "\n" not in str(raised.value)


def test_the_error_for_a_full_disk_has_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(preflight.shutil, "disk_usage", lambda _: usage(10**9, 9 * 10**8, 10**8))
    with pytest.raises(StateFolderError, match="has 100 MB left on its disk; 300 MB are needed"):
        preflight.check_home(tmp_path)
