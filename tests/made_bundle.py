"""A bundle's archive for tests: as large as wanted, with nothing in it that could be set up."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path


def made_bundle(path: Path, size: int = 1000) -> Path:
    """Write an archive for made-up machines, with a file of `size` bytes."""
    manifest = {"platform": "Linux x86_64", "pythons": "3.11 3.13", "glibc": "2.31"}
    files = {
        "bundle/SHA256SUMS": b"",
        "bundle/manifest.json": json.dumps(manifest).encode(),
        "Makefile": b"lab:\n\t@echo the lab\n",
        "bundle/wheels/a.whl": (bytes(range(256)) * (size // 256 + 1))[:size],
    }
    with tarfile.open(path, "w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(f"gateway-kit-1.0/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path
