"""Write the bundle: one archive for `make lab` on a machine without a network.

make bundle                                          for this machine's version of Python
make bundle BUNDLE_ARGS="--python 3.11 --python 3.13"  for machines that have one or the other
make bundle BUNDLE_ARGS=--workshop                   also what `make workshop` installs, for facilitators
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

from filelock import FileLock, Timeout

from gateway_kit.workshop.bundle import checksum
from tools.bundle import archive, npm, pins, repository, wheels
from tools.bundle.archive import Bundle
from tools.bundle.errors import BundleError

ROOT = Path(__file__).resolve().parents[2]
PYTHONS = ("3.11", "3.12", "3.13")
LOCKS = {
    "lab": ["requirements.lock", "requirements-models.lock", "requirements-uv.lock"],
    "workshop": ["requirements-workshop.lock"],
}
NODE = "gateway_kit/stack/node/"  # its own lock is what the stack needs, those in folders below a workshop's
TARGET_MB = 900


def main(argv: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """Collect and write; exit with 1 and one sentence if that cannot be done."""
    options = arguments(argv)
    contents = ["lab", "workshop"] if options.workshop else ["lab"]
    try:
        options.out.mkdir(parents=True, exist_ok=True)
        with FileLock(options.out / ".bundle.lock", timeout=0):
            make(root, options.python, contents, options.out)
    except Timeout:
        print(f"bundle: another make bundle writes to {options.out}. Wait for it to end", file=sys.stderr)
        return 1
    except BundleError as exc:
        print(f"bundle: {exc}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(
            "bundle: interrupted. What was downloaded is kept; to go on, type again: make bundle",
            file=sys.stderr,
        )
        return 130
    except OSError as exc:
        print(f"bundle: {exc.filename or options.out} cannot be used: {exc.strerror or exc}", file=sys.stderr)
        return 1
    return 0


def arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="make bundle", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    own = f"{sys.version_info.major}.{sys.version_info.minor}"
    parser.add_argument(
        "--python", action="append", choices=PYTHONS, help=f"a version of Python to pack for (default: {own})"
    )
    parser.add_argument("--workshop", action="store_true", help="also pack what `make workshop` installs")
    parser.add_argument("--out", type=Path, default=ROOT / "out", help="the archive's folder (default: out)")
    options = parser.parse_args(argv)
    options.python = sorted(set(options.python or [own]), key=PYTHONS.index)
    return options


def make(root: Path, pythons: Sequence[str], contents: Sequence[str], out: Path) -> Path:
    """The archive's path, after writing it and printing what is in it. Raises BundleError."""
    repo = repository.read(root)
    if repo.uncommitted:
        names = ", ".join(repo.uncommitted[:3]) + (", …" if len(repo.uncommitted) > 3 else "")
        _tell(f"not in the archive, since not committed: {names}")
    cache = out / "bundle"
    texts = [repo.text(lock) for kind in contents for lock in LOCKS[kind]]
    every_node = [repo.text(name) for name in repo.named("/package-lock.json") if name.startswith(NODE)]
    nodes = every_node if "workshop" in contents else [repo.text(f"{NODE}package-lock.json")]
    every_lock = "".join(repo.text(name) for name in repo.named(".lock"))
    packed = wheels.collect(texts, pythons, cache / "wheels", _tell, keep=every_lock)
    bundle = Bundle(
        version=tomllib.loads(repo.text("pyproject.toml"))["project"]["version"],
        pythons=pythons,
        contents=contents,
        glibc=f"2.{pins.needed_glibc(packed)}",
        repository=repo,
        wheels=packed,
        npm=npm.collect(nodes, cache / "npm", _tell, keep=every_node),
    )
    needed_mb, free_mb = archive.size_mb(bundle, cache), shutil.disk_usage(out).free // 1_000_000
    if free_mb < needed_mb:
        raise BundleError(
            f"{out} has {free_mb} MB left on its disk; the archive needs {needed_mb} MB. Free some disk space, or "
            "choose another folder: make bundle BUNDLE_ARGS='--out FOLDER'"
        )
    path = archive.write(bundle, cache, out)
    _report(path, bundle, cache)
    return path


def _report(path: Path, bundle: Bundle, cache: Path) -> None:
    size_mb = path.stat().st_size // 1_000_000
    _tell(f"{path}: {size_mb} MB, commit {bundle.repository.commit[:12]}")
    _tell(
        f"{len(bundle.wheels)} Python packages, {len(bundle.npm)} npm packages, for Python {' '.join(bundle.pythons)}"
    )
    _tell("largest: " + ", ".join(f"{name} {mb} MB" for name, mb in archive.largest(bundle, cache)))
    if size_mb > TARGET_MB:
        _tell(
            f"that is more than {TARGET_MB} MB, which take long on a room's network: pack for fewer versions of Python"
        )
    _tell(f"SHA-256 {checksum(path)}")
    _tell(f"hand it out on a USB stick, or over the room's network: gateway-kit workshop serve-bundle {path}")


def _tell(line: str) -> None:
    print(f"bundle: {line}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
