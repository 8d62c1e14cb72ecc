"""Say what keeps this machine from being set up from the bundle that lies in `bundle/`: one sentence, and exit code 1.

    python3 tools/check_bundle.py lab|workshop|dev

Uses only the standard library; see `tools/bundle/` for how a bundle is made.
"""

from __future__ import annotations

import hashlib
import json
import platform
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FORMAT = 1
AGAIN = "Unpack the archive again: tar xf gateway-kit-….tar"


def main() -> int:
    """Print the first fault."""
    fault = next(faults(ROOT, sys.argv[1]), "")
    if fault:
        print(fault, file=sys.stderr)
    return 1 if fault else 0


def faults(root: Path, kind: str) -> Iterator[str]:
    """The faults that an unpacked bundle has for a kind of set-up, one at a time."""
    try:
        made = json.loads((root / "bundle" / "manifest.json").read_text())
        sums = (root / "bundle" / "SHA256SUMS").read_text()
        sha256 = {name: digest for digest, _, name in (line.partition("  ") for line in sums.splitlines())}
        if made["format"] != FORMAT:
            yield f"This bundle has the format {made['format']}; this version of the kit reads {FORMAT}. {AGAIN}"
            return
        yield from unfit(made)
        if kind not in made["contents"].split():
            yield lacking(kind)
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        yield f"{root / 'bundle'} is incomplete: it does not say what it holds. {AGAIN}"
        return
    yield from damage(root, sha256)


def unfit(made: Mapping[str, str]) -> Iterator[str]:
    """Why a bundle cannot be used on this machine, by what it was made for."""
    system = f"{platform.system()} {platform.machine()}"
    if system != made["platform"]:
        yield f"This bundle was made for {made['platform']}; this is {system}. Use a machine of that kind."
    python = "{}.{}".format(*sys.version_info[:2])
    if python not in made["pythons"].split():
        yield (
            f"This bundle was made for Python {' or '.join(made['pythons'].split())}; this is Python {python}. Name "
            "another Python: make lab PYTHON=/path/to/python3; or make a bundle for this one: make bundle "
            f"BUNDLE_ARGS='--python {python}'"
        )
    name, version = platform.libc_ver()
    if name == "glibc" and numbers(version) < numbers(made["glibc"]):
        yield (
            f"This bundle was made for the GNU C library {made['glibc']} or newer (Debian 11, Ubuntu 20.04); this "
            f"system has {version}. Use a newer system."
        )


def numbers(version: str) -> tuple[int, ...]:
    """A version as numbers, to compare."""
    return tuple(int(part) for part in version.split(".")[:2] if part.isdigit())


def lacking(kind: str) -> str:
    """That a bundle does not hold what a kind of set-up installs."""
    if kind == "workshop":
        return (
            "This bundle lacks what a workshop's facilitator installs. Make one that has it: make bundle "
            "BUNDLE_ARGS=--workshop; or, with a network, rename bundle/ and type again: make workshop"
        )
    return (
        "This bundle has no development tools. To repair what attendees need: rm -f .venv/.set-up && make lab. With a "
        "network, for all the rest, rename bundle/ and type again: make setup"
    )


def damage(root: Path, sha256: Mapping[str, str]) -> Iterator[str]:
    """Which files are missing or damaged. The repository's own may have been edited since, so they need only exist."""
    missing = [name for name in sha256 if not (root / name).is_file()]
    if missing:
        many = f" and {len(missing) - 1} more files are" if len(missing) > 1 else " is"
        yield f"The bundle in {root} is incomplete: {missing[0]}{many} missing. {AGAIN}"
    for name, expected in sha256.items():
        if name.startswith("bundle/") and (root / name).is_file():
            with (root / name).open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            if digest != expected:
                yield (
                    f"{name} is damaged: its SHA-256 is not the one in bundle/SHA256SUMS. Compare the archive's "
                    f"checksum with the one on your card, and fetch it again if they differ. {AGAIN}"
                )


if __name__ == "__main__":
    sys.exit(main())
