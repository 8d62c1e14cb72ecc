"""Print the path of the uv version that requirements-uv.lock pins, after fetching its wheel if necessary.

Needs only Python's standard library and one of: a bundle, any uv, pip, the venv module, or a package index that pip or
uv is configured to use. The wheel is kept in the user's cache folder; its SHA-256 is checked against the lock at every
use.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

from wheel_index import configured_index, fetch_wheel

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements-uv.lock"
BUNDLED = ROOT / "bundle" / "wheels"  # see tools/bundle/


class NoUvError(Exception):
    """uv is not available; the message says why and what to do."""


def main() -> int:
    """Print the path; exit with 1 and the reason if uv is not available."""
    try:
        print(get())
    except NoUvError as exc:
        print(exc, file=sys.stderr)
        return 1
    return 0


def get() -> Path:
    """The program, from the search path, the cache, or a package index; raises NoUvError."""
    version, hashes = pinned(LOCK.read_text())
    program = available(version, hashes)
    if program:
        return program
    folder = cache_folder(version)
    tried: list[str] = []
    for fetch in fetchers():
        try:
            wheel = fetch(version, hashes)
        except (OSError, subprocess.SubprocessError, NoUvError, ValueError) as exc:
            tried.append(str(getattr(exc, "stderr", "") or exc).strip())
            continue
        try:
            folder.mkdir(parents=True, exist_ok=True)
            replace(folder / "uv.whl", wheel, 0o644)
            return unpack(folder)
        except OSError as exc:
            raise NoUvError(
                f"uv cannot be stored in {folder}: {exc.strerror or exc}. Choose a folder that you can write to: "
                f"XDG_CACHE_HOME=/a/folder make setup"
            ) from exc
    raise NoUvError("\n".join([*tried, f"uv {version} could not be downloaded. Is this machine online?"]))


def available(version: str, hashes: frozenset[str]) -> Path | None:
    """The program, if it is installed or its wheel is in the cache."""
    installed = shutil.which("uv")
    if installed and version_of(installed) == version:
        return Path(installed)
    folder = cache_folder(version)
    wheel = folder / "uv.whl"
    return unpack(folder) if wheel.is_file() and sha256(wheel.read_bytes()) in hashes else None


def unpack(folder: Path) -> Path:
    """Extract the program from the wheel into the same folder."""
    program = folder / "uv"
    with zipfile.ZipFile(folder / "uv.whl") as archive:
        inside = next(name for name in archive.namelist() if name.endswith("/scripts/uv"))
        content = archive.read(inside)
    # Compare the content: an interrupted set-up may have left an incomplete file.
    if not (program.is_file() and program.read_bytes() == content):
        replace(program, content, 0o755)
    return program


def pinned(lock: str) -> tuple[str, frozenset[str]]:
    """Version and SHA-256 sums of uv in a lock file."""
    version = re.search(r"^uv==(\S+)", lock, re.MULTILINE)
    if version is None:
        raise NoUvError(f"{LOCK} pins no uv; type: git checkout {LOCK.name}")
    return version[1], frozenset(re.findall(r"--hash=sha256:([0-9a-f]{64})", lock))


def cache_folder(version: str, environ: Mapping[str, str] = os.environ) -> Path:
    """The folder that keeps the wheel; all clones share it."""
    return Path(environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "gateway-kit", f"uv-{version}")


def fetchers() -> list[Callable[[str, frozenset[str]], bytes]]:
    """How this machine can fetch a wheel, best first: pip knows its indexes, proxies and certificates."""
    result: list[Callable[[str, frozenset[str]], bytes]] = []
    if BUNDLED.is_dir():
        return [from_bundle]
    if has("pip"):
        result.append(lambda _, hashes: by_pip(sys.executable, hashes))
    elif has("ensurepip"):
        result.append(lambda _, hashes: by_new_environment(hashes, sys.executable, "-m", "venv"))
    other = shutil.which("uv")
    if other:
        result.append(
            lambda _, hashes: by_new_environment(hashes, other, "venv", "--seed", "--python", sys.executable)
        )
    index = configured_index(os.environ)
    if index:
        result.append(lambda version, hashes: fetch_wheel(index, "uv", version, hashes))
    return result


def from_bundle(version: str, hashes: frozenset[str]) -> bytes:
    """The wheel that lies in the bundle."""
    for path in BUNDLED.glob(f"uv-{version}-*.whl"):
        wheel = path.read_bytes()
        if sha256(wheel) in hashes:
            return wheel
    raise NoUvError(
        f"{BUNDLED} has no wheel of uv {version} whose hash is in the lock file; unpack the archive again"
    )


def has(module: str) -> bool:
    """Whether this Python can import a module; Debian packages some standard modules separately."""
    return subprocess.run([sys.executable, "-c", f"import {module}"], capture_output=True).returncode == 0


def by_pip(python: str, hashes: frozenset[str]) -> bytes:
    """The wheel, downloaded by this Python's pip."""
    with tempfile.TemporaryDirectory(prefix="gateway-kit-") as folder:
        command = [python, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
        subprocess.run(
            [*command, "--require-hashes", "--requirement", str(LOCK), "--dest", folder],
            check=True, capture_output=True, text=True,
        )  # fmt: skip
        wheel = next(Path(folder).glob("uv-*.whl")).read_bytes()
    if sha256(wheel) not in hashes:
        raise NoUvError("pip downloaded a wheel of uv whose hash is not in the lock file")
    return wheel


def by_new_environment(hashes: frozenset[str], *command: str) -> bytes:
    """The wheel, downloaded by the pip of a temporary environment, which the command creates."""
    with tempfile.TemporaryDirectory(prefix="gateway-kit-") as scratch:
        folder = Path(scratch, "environment")
        subprocess.run([*command, str(folder)], check=True, capture_output=True, text=True)
        return by_pip(str(folder / "bin" / "python"), hashes)


def version_of(program: str) -> str:
    """The version that `uv --version` prints; empty if it does not run."""
    try:
        output = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=30).stdout
    except (OSError, subprocess.SubprocessError):
        return ""
    return output.split()[1] if output.startswith("uv ") else ""


def replace(path: Path, content: bytes, mode: int) -> None:
    """Write a file atomically."""
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(content)
    Path(file.name).chmod(mode)
    Path(file.name).replace(path)


def sha256(content: bytes) -> str:
    """The SHA-256 sum in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
