"""Name everything that the set-up needs, that this system lacks and that no package brings, before anything starts.

Standard library alone; exit code 1 where something is lacking.
"""

from __future__ import annotations

import ctypes
import os
import platform
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import get_uv

GLIBC = (2, 28)  # what the wheels are built for (manylinux_2_28)
DISK_MB = 3000


@dataclass(frozen=True)
class Lack:
    """Something that is not there: in words, and its package for each package manager that has one."""

    what: str
    packages: dict[str, str]


MANAGERS = {
    "apt-get": "apt-get update && apt-get install -y",
    "dnf": "dnf install -y",
    "microdnf": "microdnf install -y",
    "zypper": "zypper install -y",
    "pacman": "pacman -S --noconfirm",
}

# The C++ run time and zlib, which the wheels of llama.cpp, Node and PostgreSQL leave to the system.
LIBRARIES = {
    "libstdc++.so.6": {
        "apt-get": "libstdc++6",
        "dnf": "libstdc++",
        "zypper": "libstdc++6",
        "pacman": "gcc-libs",
    },
    "libgcc_s.so.1": {"apt-get": "libgcc-s1", "dnf": "libgcc", "zypper": "libgcc_s1", "pacman": "gcc-libs"},
    "libz.so.1": {"apt-get": "zlib1g", "dnf": "zlib-ng-compat", "zypper": "libz1", "pacman": "zlib"},
}
# Debian and Ubuntu split the module venv, which brings pip, off Python.
PIP = {"apt-get": "python3-venv", "dnf": "python3-pip", "zypper": "python3-pip", "pacman": "python-pip"}


def main() -> int:
    """Print what is lacking, all of it at once."""
    lacks = [*missing_libraries(), *missing_way_to_packages()]
    said = [*other_system(), *too_little_disk(Path(__file__).resolve().parent.parent), *told(lacks)]
    print("\n".join(said), end="\n" if said else "", file=sys.stderr)
    return 1 if said else 0


def other_system(libc: tuple[str, str] | None = None) -> list[str]:
    """A sentence where the wheels have no programs for this system's C library."""
    name, version = libc or platform.libc_ver()
    numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    if name == "glibc" and numbers >= GLIBC:
        return []
    found = f"{name} {version}".strip() or "another one (musl?)"
    return [
        f"gateway-kit's programs need the GNU C library 2.28 or newer (Debian 10, Ubuntu 20.04, Fedora 29); this "
        f"system has {found}. Open the devcontainer or a Codespace."
    ]


def too_little_disk(folder: Path) -> list[str]:
    """A sentence where the packages would not fit."""
    if (folder / ".venv" / ".set-up").exists():
        return []
    free_mb = shutil.disk_usage(folder).free // 1_000_000
    if free_mb >= DISK_MB:
        return []
    return [f"{folder} has {free_mb} MB left on its disk; the set-up needs {DISK_MB} MB. Free some."]


def missing_libraries(load: Callable[[str], object] = ctypes.CDLL) -> list[Lack]:
    """The shared libraries that programs of the stack need and do not bring."""
    found = []
    for name, packages in LIBRARIES.items():
        try:
            load(name)
        except OSError:
            found.append(Lack(f"the library {name}", packages))
    return found


def missing_way_to_packages() -> list[Lack]:
    """What is lacking where uv is neither at hand nor to be fetched."""
    if get_uv.ways() or get_uv.at_hand(*get_uv.pinned(get_uv.LOCK.read_text())):
        return []
    return [
        Lack("pip, the module venv or uv to fetch packages with (or PIP_INDEX_URL, a package index)", PIP)
    ]


def told(lacks: list[Lack], which: Callable[[str], str | None] = shutil.which) -> list[str]:
    """Everything that is lacking, and the one command that brings it on this system."""
    if not lacks:
        return []
    manager = next((name for name in MANAGERS if which(name)), None)
    names = [lack.packages.get("dnf" if manager == "microdnf" else manager or "") for lack in lacks]
    lines = ["This system lacks:", *(f"  - {lack.what}" for lack in lacks)]
    if manager and all(names):
        root = "" if os.geteuid() == 0 else " (as root)"
        return [*lines, f"Install it{root}: {MANAGERS[manager]} {' '.join(dict.fromkeys(map(str, names)))}"]
    return [*lines, "Install it with this system's package manager, and run the command again."]


if __name__ == "__main__":
    sys.exit(main())
