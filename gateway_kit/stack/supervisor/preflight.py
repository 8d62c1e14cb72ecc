"""Checks before anything starts; each failure is one sentence."""

from __future__ import annotations

import errno
import os
import platform
import resource
import shlex
import shutil
import stat
from collections.abc import Mapping
from pathlib import Path

import psutil

from gateway_kit.common.private_files import how_to_own, user_name
from gateway_kit.errors import PlatformError, StateFolderError

# Measured: the whole stack stays under 1.6 GB; a start needs little more for a moment.
MEMORY_NEEDED_MB = 1500
DISK_NEEDED_MB = 300
# llama.cpp, Node's WebAssembly and Redis' modules reserve far more address space than they use.
ADDRESS_SPACE_NEEDED_MB = 64_000

# Every program of the stack is in a wheel for these; of Redis' search module there is none for ARM.
SUPPORTED = (("Linux", "x86_64"), ("Linux", "aarch64"))


def check_platform(system: str | None = None, machine: str | None = None) -> None:
    """Raise PlatformError if there are no programs for this system."""
    current = (system or platform.system(), machine or platform.machine())
    if current not in SUPPORTED:
        raise PlatformError(
            f"The embedded stack runs on Linux, on x86_64 and aarch64 (64-bit ARM); this is {' '.join(current)}. Open "
            f"the devcontainer (or a Codespace), or point GATEWAY_URL at a gateway that runs elsewhere."
        )


def available_memory_mb() -> int:
    """Memory that new processes can have, in MB: the machine's, or this container's share if that is less."""
    machine = int(psutil.virtual_memory().available)
    container = container_memory_left()
    return (machine if container is None else min(machine, container)) // 1_000_000


def container_memory_left(cgroup: Path = Path("/sys/fs/cgroup")) -> int | None:
    """Bytes of a container's share that are not in use; None if it has no limit of its own."""
    try:
        limit = (cgroup / "memory.max").read_text().strip()
        if limit == "max":
            return None
        used = int((cgroup / "memory.current").read_text())
        # Cached files count as used and are given up at once when memory is asked for.
        stat = dict(line.split() for line in (cgroup / "memory.stat").read_text().splitlines())
        return int(limit) - used + int(stat.get("inactive_file", 0))
    except (OSError, ValueError):
        return None


def check_memory(available_mb: int | None = None, *, needed_mb: int = MEMORY_NEEDED_MB) -> None:
    """Raise PlatformError if the stack, or a part that needs `needed_mb`, would not fit."""
    free_mb = available_memory_mb() if available_mb is None else available_mb
    what = "stack" if needed_mb == MEMORY_NEEDED_MB else "second gateway"
    if free_mb < needed_mb:
        raise PlatformError(
            f"The {what} needs {needed_mb} MB of free memory; {free_mb} MB are free. End other programs, or "
            f"choose a larger machine (a Codespace with 4 GB or more)."
        )
    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    if soft != resource.RLIM_INFINITY and soft // 1_000_000 < ADDRESS_SPACE_NEEDED_MB:
        raise PlatformError(
            f"This shell limits a process to {soft // 1_000_000} MB of address space (ulimit -v); the stack's "
            f"programs reserve more than that. Run: ulimit -v unlimited"
        )


def check_home(home: Path) -> None:
    """Create the state folder, and raise StateFolderError if it cannot be written."""
    try:
        for folder in (home, home / "logs", home / "config"):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            probe = folder / f".probe-{os.getpid()}"
            try:
                probe.write_bytes(b"0" * 4096)
            finally:
                probe.unlink(missing_ok=True)
    except PermissionError as exc:
        raise StateFolderError(
            f"The state folder {home} cannot be used: {exc.strerror}. {how_to_own(home)}; or choose another: "
            f"GATEWAY_HOME=/a/folder gateway-kit up"
        ) from exc
    except OSError as exc:
        if exc.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise StateFolderError(
                f"The state folder {home} cannot be used: {exc.strerror}. Choose another: "
                f"GATEWAY_HOME=/a/folder gateway-kit up"
            ) from exc
        raise _too_little_disk(home, 0) from exc
    free_mb = shutil.disk_usage(home).free // 1_000_000
    if free_mb < DISK_NEEDED_MB:
        raise _too_little_disk(home, free_mb)


def _too_little_disk(home: Path, free_mb: int) -> StateFolderError:
    return StateFolderError(
        f"The state folder {home} has {free_mb} MB left on its disk; {DISK_NEEDED_MB} MB are needed. "
        f"Free some, or choose another: GATEWAY_HOME=/a/folder gateway-kit up"
    )


def locked_out(home: Path, environ: Mapping[str, str] | None = None, *, uid: int | None = None) -> str:
    """What root's start in somebody else's folder means to them, and the command that undoes it; empty elsewhere.

    Raises StateFolderError if a user typed `sudo` in a folder of their own: nothing here needs root.
    """
    env = os.environ if environ is None else environ
    if (os.geteuid() if uid is None else uid) != 0:
        return ""
    above = next(folder for folder in home.parents if folder.exists())
    # A shared folder, such as /tmp, is nobody's own.
    owned = [
        f for f in (home, above) if f.exists() and f.stat().st_uid and not f.stat().st_mode & stat.S_ISVTX
    ]
    if not owned:
        return ""
    place, owner = owned[0], owned[0].stat().st_uid
    name = user_name(owner)
    if env.get("SUDO_UID") == str(owner):
        raise StateFolderError(
            f"{place} belongs to you ({name}); a stack that root starts there locks you out of {home}. Run it without "
            f"sudo. If sudo was used before: sudo chown -R {name} {shlex.quote(str(home))}"
        )
    return (
        f"{place} belongs to {name}, and this is root: {name} cannot use this stack. To hand it over: "
        f"gateway-kit down && chown -R {name} {shlex.quote(str(home))}"
    )
