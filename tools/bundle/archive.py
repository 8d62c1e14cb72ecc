"""The archive's files in order, and writing them: the same commit and locks give the same bytes."""

from __future__ import annotations

import errno
import hashlib
import io
import json
import tarfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.bundle.errors import BundleError
from tools.bundle.repository import Repository

FORMAT = 1
# What the set-up needs before it can say that the rest was not unpacked.
_FIRST = ("bundle/", "Makefile", "tools/", "requirements", "pyproject.toml", "gateway_kit/stack/node/package")


@dataclass(frozen=True)
class Bundle:
    """What an archive is made of; `wheels` and `npm` are SHA-256 by file name."""

    version: str
    pythons: Sequence[str]
    contents: Sequence[str]
    glibc: str
    repository: Repository
    wheels: Mapping[str, str]
    npm: Mapping[str, str]

    @property
    def folder(self) -> str:
        """What the archive unpacks into."""
        return f"gateway-kit-{self.version}"

    @property
    def file(self) -> str:
        """The archive's name."""
        pythons = "-".join(f"py{python.replace('.', '')}" for python in self.pythons)
        kinds = "".join(f"-{kind}" for kind in self.contents[1:])
        return f"{self.folder}-linux-x86_64-{pythons}{kinds}.tar"

    def described(self) -> dict[str, bytes]:
        """The files that say what the bundle is, by name."""
        manifest = {
            "format": FORMAT,
            "version": self.version,
            "commit": self.repository.commit,
            "platform": "Linux x86_64",
            "glibc": self.glibc,
            "pythons": " ".join(self.pythons),
            "contents": " ".join(self.contents),
        }
        described = {
            "bundle/README.txt": _README.format(
                version=self.version, glibc=self.glibc, pythons=" or ".join(self.pythons)
            ).encode(),
            "bundle/manifest.json": (json.dumps(manifest, indent=1) + "\n").encode(),
        }
        sums = {
            **{name: hashlib.sha256(content).hexdigest() for name, content in described.items()},
            **{f"bundle/wheels/{name}": sha256 for name, sha256 in self.wheels.items()},
            **{f"bundle/npm/{name}": sha256 for name, sha256 in self.npm.items()},
            **{
                info.name: hashlib.sha256(content).hexdigest()
                for info, content in self.repository.files
                if info.isreg()
            },
        }
        listed = "".join(f"{sums[name]}  {name}\n" for name in sorted(sums))
        return {"bundle/SHA256SUMS": listed.encode(), **described}


def write(bundle: Bundle, cache: Path, out: Path) -> Path:
    """Write the archive into a folder, in one step, and return its path. Raises BundleError.

    It is not compressed: wheels and tarballs are already.
    """
    out.mkdir(parents=True, exist_ok=True)
    target, temporary = out / bundle.file, out / f".{bundle.file}.part"
    try:
        with tarfile.open(temporary, "w", format=tarfile.GNU_FORMAT) as archive:
            for name, content in bundle.described().items():
                _add(archive, bundle, name, content)
            for info, content in sorted(bundle.repository.files, key=lambda file: _order(file[0].name)):
                _add(archive, bundle, info.name, content, mode=info.mode & 0o111, link=info.linkname)
            for kind in ("npm", "wheels"):
                for name in sorted(getattr(bundle, kind)):
                    _add(archive, bundle, f"bundle/{kind}/{name}", cache / kind / name)
        return temporary.replace(target)
    except OSError as exc:
        if exc.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise BundleError(
            f"{out} has no space left on its disk for the archive. Free {size_mb(bundle, cache)} MB, or choose another "
            "folder: make bundle BUNDLE_ARGS='--out FOLDER'"
        ) from exc
    finally:
        temporary.unlink(missing_ok=True)


def size_mb(bundle: Bundle, cache: Path) -> int:
    """About how large the archive will be, in millions of bytes."""
    packed = [cache / kind / name for kind in ("npm", "wheels") for name in getattr(bundle, kind)]
    own = sum(len(content) + 512 for _, content in bundle.repository.files)
    return 1 + (own + sum(path.stat().st_size for path in packed)) // 1_000_000


def largest(bundle: Bundle, cache: Path, count: int = 6) -> list[tuple[str, int]]:
    """The largest wheels: name of the package and millions of bytes."""
    sizes = {name.partition("-")[0]: (cache / "wheels" / name).stat().st_size for name in bundle.wheels}
    return [(name, sizes[name] // 1_000_000) for name in sorted(sizes, key=lambda n: -sizes[n])[:count]]


def _order(name: str) -> tuple[bool, str]:
    return not name.startswith(_FIRST), name


def _add(
    archive: tarfile.TarFile, bundle: Bundle, name: str, content: bytes | Path, mode: int = 0, link: str = ""
) -> None:
    info = tarfile.TarInfo(f"{bundle.folder}/{name}")
    info.mtime, info.mode = bundle.repository.time, 0o644 | mode
    if link:
        info.type, info.linkname = tarfile.SYMTYPE, link
        archive.addfile(info)
    elif isinstance(content, bytes):
        info.size = len(content)
        archive.addfile(info, io.BytesIO(content))
    else:
        info.size = content.stat().st_size
        with content.open("rb") as file:
            archive.addfile(info, file)


def listing(path: Path) -> Iterable[str]:
    """The names in an archive."""
    with tarfile.open(path) as archive:
        return archive.getnames()


_README = """gateway-kit {version}, with everything that it installs, for a machine without a network
=======================================================================================

Made for Linux on x86_64 with the GNU C library {glibc} or newer and Python {pythons}.
The machine needs Python, make, 4 GB of memory and 4 GB of disk. Type in this folder's parent:

    make lab

It checks these files against SHA256SUMS, installs them into .venv, boots the stack and opens JupyterLab.
To check all files yourself, also those of the repository: sha256sum -c --quiet bundle/SHA256SUMS

wheels/ and npm/ hold packages as their authors published them, each under its own licence, which is in it.
With a network and this folder renamed, the set-up downloads instead what it needs.
"""
