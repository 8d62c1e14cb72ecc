"""The wheels that lock files pin: what is there already, and the rest from the package index that pip uses."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from tools.bundle.errors import BundleError
from tools.bundle.pins import LATE_PATCH, PLATFORMS, Pin, pins, tags

# What one call of pip downloads: what an earlier call has downloaded stays if a later one fails.
BATCH = 40
_SCRATCH = "downloading-"


def collect(
    locks: Sequence[str],
    pythons: Sequence[str],
    folder: Path,
    notify: Callable[[str], None],
    *,
    keep: str = "",
) -> dict[str, str]:
    """A wheel for each pin and Python in a folder, as SHA-256 by file name. Raises BundleError.

    Other files in the folder are deleted, unless their hash is in the text `keep`: they are wheels of earlier locks.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob(f"{_SCRATCH}*"):
        shutil.rmtree(left)  # of a download that was killed
    here = _hashed(folder)
    for python in pythons:
        wanted = pins(locks, python)
        missing = [pin for pin in wanted if not _found(pin, here, python)]
        if missing:
            notify(f"{len(missing)} of {len(wanted)} Python packages to download, for Python {python}")
        for number, batch in enumerate(batches := list(_batches(missing))):
            reason = _download(batch, python, folder)
            here |= _hashed(folder, known=here)
            if lacking := [pin for pin in batch if not _found(pin, here, python)]:
                later = [pin for following in batches[number + 1 :] for pin in following]
                raise BundleError(_cannot(lacking, later, reason, folder))
    used = {name for python in pythons for pin in pins(locks, python) for name in _found(pin, here, python)}
    for name in here.keys() - used:
        if here[name] not in keep:
            (folder / name).unlink()
    return {name: here[name] for name in sorted(used)}


def _hashed(folder: Path, known: Iterable[str] = ()) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.glob("*.whl")
        if path.name not in known
    }


def _found(pin: Pin, here: dict[str, str], python: str) -> list[str]:
    fitting = tags(python)
    return [name for name, sha256 in here.items() if pin.fits(name, sha256, fitting)]


def _batches(missing: Iterable[Pin]) -> Iterable[list[Pin]]:
    """Some pins at a time, and each package once: a lock has two versions for two patch releases of Python."""
    batch: list[Pin] = []
    for pin in missing:
        if len(batch) == BATCH or any(pin.name == other.name for other in batch):
            yield batch
            batch = []
        batch.append(pin)
    if batch:
        yield batch


def _download(batch: Sequence[Pin], python: str, folder: Path) -> str:
    """Let pip download wheels into a folder; the last line of what it says if it cannot."""
    with tempfile.TemporaryDirectory(dir=folder, prefix=_SCRATCH) as scratch:
        lock = Path(scratch, "requirements.txt")
        lock.write_text("".join(f"{pin.line}\n" for pin in batch))
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
        command += ["--require-hashes", "--requirement", str(lock), "--dest", scratch, "--retries", "2"]
        command += ["--implementation", "cp", "--python-version", f"{python}.{LATE_PATCH}"]
        command += [word for name in PLATFORMS for word in ("--platform", name)]
        done = subprocess.run(command, capture_output=True, text=True)
        for wheel in Path(scratch).glob("*.whl"):
            wheel.replace(folder / wheel.name)
    lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR:")]
    return (
        (lines[-1].removeprefix("ERROR: ") if lines else done.stderr.strip()[-300:])
        if done.returncode
        else ""
    )


def _cannot(lacking: Sequence[Pin], later: Sequence[Pin], reason: str, folder: Path) -> str:
    first = lacking[0]
    others = len(lacking) + len(later) - 1
    more = f" (and {others} more files)" if others else ""
    return (
        f"The wheel of {first.name} {first.version} is missing{more}: {reason or 'pip did not download it'}. "
        f"What was downloaded is kept in {folder}; with a network, type again: make bundle"
    )
