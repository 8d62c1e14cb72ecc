"""The npm packages that lock files pin, as tarballs: from npm's cache, and the rest from the registry that npm uses."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from gateway_kit.common.environment import minimal_env
from gateway_kit.stack.node_packages import npm_variables, tarball_name
from tools.bundle.errors import BundleError

NPM = Path(sys.executable).parent / "npm"
# Without a network npm would try for more than a minute.
_SOON = ("--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=2000")


@dataclass(frozen=True)
class Package:
    """A package of a lock, with the SHA-512 of its tarball in hexadecimal digits."""

    name: str
    version: str
    sha512: str

    @property
    def file(self) -> str:
        """What its tarball is called in a bundle."""
        return tarball_name(self.name, self.version)


def packages(locks: Iterable[str]) -> list[Package]:
    """What the texts of npm's lock files pin for Linux on x86_64."""
    found = set()
    for lock in locks:
        for place, entry in json.loads(lock)["packages"].items():
            if place and "linux" in entry.get("os", ["linux"]) and "x64" in entry.get("cpu", ["x64"]):
                algorithm, _, digest = entry["integrity"].partition("-")
                if algorithm != "sha512":
                    raise BundleError(
                        f"{place} is pinned by {algorithm} in its lock, not by sha512; type: make locks"
                    )
                name = entry.get("name") or place.rpartition("node_modules/")[2]
                found.add(Package(name, entry["version"], base64.b64decode(digest).hex()))
    return sorted(found, key=lambda package: package.file)


def collect(
    locks: Iterable[str], folder: Path, notify: Callable[[str], None], *, keep: Iterable[str] = ()
) -> dict[str, str]:
    """The tarballs of all packages in a folder, as SHA-256 by file name. Raises BundleError.

    Other files in the folder are deleted, unless the locks `keep` name them: they are packages of earlier locks.
    """
    folder.mkdir(parents=True, exist_ok=True)
    wanted = packages(locks)
    missing = [package for package in wanted if not _is_there(package, folder)]
    if missing:
        cache = Path(_npm("config", "get", "cache", "--location=project").stdout.strip())
        missing = [package for package in missing if not _copied(package, cache, folder)]
    if missing:
        notify(f"{len(missing)} of {len(wanted)} npm packages to download")
        done = _npm("cache", "add", *_SOON, *(f"{package.name}@{package.version}" for package in missing))
        missing = [package for package in missing if not _copied(package, cache, folder)]
        if missing:
            raise BundleError(_cannot(missing, done.stderr, folder))
    used = {package.file for package in wanted}
    kept = used | {package.file for package in packages(keep)}
    for path in folder.iterdir():
        if path.name not in kept:
            path.unlink()
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in sorted(used)}


def _is_there(package: Package, folder: Path) -> bool:
    path = folder / package.file
    return path.is_file() and hashlib.sha512(path.read_bytes()).hexdigest() == package.sha512


def _copied(package: Package, cache: Path, folder: Path) -> bool:
    """Copy a tarball out of npm's cache, which names files by their content; whether it is there and undamaged."""
    digest = package.sha512
    cached = cache / "_cacache" / "content-v2" / "sha512" / digest[:2] / digest[2:4] / digest[4:]
    if not cached.is_file() or hashlib.sha512(content := cached.read_bytes()).hexdigest() != digest:
        return False
    temporary = folder / f".{package.file}"
    temporary.write_bytes(content)
    temporary.replace(folder / package.file)
    return True


def _npm(*words: str) -> subprocess.CompletedProcess[str]:
    env = minimal_env(NODE_USE_SYSTEM_CA="1", **npm_variables(os.environ))
    return subprocess.run([str(NPM), *words, "--loglevel=error"], env=env, capture_output=True, text=True)


def _cannot(missing: list[Package], said: str, folder: Path) -> str:
    more = f" (and {len(missing) - 1} more packages)" if len(missing) > 1 else ""
    reasons = [line.removeprefix("npm error ") for line in said.splitlines() if line.startswith("npm error")]
    reason = next(
        (line for line in reasons if not line.startswith(("code ", "A complete log"))), "npm has not got it"
    )
    return (
        f"The npm package {missing[0].name} {missing[0].version} is missing{more}: {reason}. What was downloaded is "
        f"kept in {folder}; with a network, type again: make bundle"
    )
