"""What a lock file pins for a version of Python on Linux x86_64, and which wheels fit it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from packaging.markers import Marker
from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import canonicalize_name, parse_wheel_filename

# The newest GNU C library that a wheel of the locks asks for in every version of it: Debian 11, Ubuntu 20.04.
GLIBC = 31
_ALIASES = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}
PLATFORMS = tuple(
    f"{name}_x86_64"
    for minor in range(GLIBC, 4, -1)
    for name in (f"manylinux_2_{minor}", _ALIASES.get(minor, ""))
    if name
)
# A lock may pin another version for a Python's early patch releases; 3.11 to 3.13 have fewer than this.
LATE_PATCH = 30
_ENTRY = re.compile(
    r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>\S+)(?: ; (?P<marker>[^\\\n]+?))? *\\\n"
    r"(?P<hashes>(?:    --hash=sha256:[0-9a-f]{64}.*\n?)+)",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Pin:
    """A package in one version, with the SHA-256 sums of its files."""

    name: str
    version: str
    hashes: frozenset[str]

    @property
    def line(self) -> str:
        """The pin as pip reads it."""
        return " ".join(
            [f"{self.name}=={self.version}", *(f"--hash=sha256:{h}" for h in sorted(self.hashes))]
        )

    def fits(self, wheel: str, sha256: str, tags: frozenset[Tag]) -> bool:
        """Whether a file is a wheel of this pin with one of these tags."""
        if sha256 not in self.hashes:
            return False
        name, version, _, own = parse_wheel_filename(wheel)
        return (name, str(version)) == (canonicalize_name(self.name), self.version) and not own.isdisjoint(
            tags
        )


def pins(locks: Iterable[str], python: str) -> list[Pin]:
    """What the texts of lock files pin for any patch release of a Python such as `3.11`."""
    found = {}
    for lock in locks:
        for entry in _ENTRY.finditer(lock):
            marker = entry["marker"]
            if marker is None or any(Marker(marker).evaluate(env) for env in _environments(python)):
                hashes = frozenset(re.findall(r"sha256:([0-9a-f]{64})", entry["hashes"]))
                found[entry["name"], entry["version"]] = Pin(entry["name"], entry["version"], hashes)
    return sorted(found.values(), key=lambda pin: (pin.name, pin.version))


def _environments(python: str) -> Iterator[dict[str, str]]:
    fixed = {
        "os_name": "posix",
        "sys_platform": "linux",
        "platform_system": "Linux",
        "platform_machine": "x86_64",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "python_version": python,
    }
    for patch in range(LATE_PATCH + 1):
        yield {**fixed, "python_full_version": f"{python}.{patch}"}


@lru_cache
def tags(python: str) -> frozenset[Tag]:
    """The tags of wheels that a Python such as `3.11` can install."""
    major, minor = map(int, python.split("."))
    own = cpython_tags((major, minor), [f"cp{major}{minor}"], PLATFORMS)
    return frozenset([*own, *compatible_tags((major, minor), f"cp{major}{minor}", PLATFORMS)])


def needed_glibc(wheels: Iterable[str]) -> int:
    """The minor version of the oldest GNU C library 2 on which every one of these wheels runs."""
    numbers = {alias: minor for minor, alias in _ALIASES.items()}

    def oldest(wheel: str) -> int:
        platforms = [tag.platform.removesuffix("_x86_64") for tag in parse_wheel_filename(wheel)[3]]
        return min(
            0 if name == "any" else numbers.get(name) or int(name.removeprefix("manylinux_2_"))
            for name in platforms
        )

    return max(map(oldest, wheels), default=0)
