"""What `gateway-kit doctor` says of the trace store's media."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from gateway_kit.stack.doctor_findings import Finding
from gateway_kit.stack.services.tracing import MAX_MEDIA_MB, media_dir
from gateway_kit.stack.stack import Stack

FULL, LITTLE_MB = 0.95, 50  # of the limit of media; free on their disk


def media(stack: Stack) -> Iterator[Finding]:
    """Room for media, whose uploads a client's log mentions at most."""
    folder = media_dir(stack.settings())
    if stack.record().tracing != "embedded" or not folder.exists():  # made by the first upload
        return
    if not (folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)):
        yield Finding(
            "error", "media", f"{folder} is no folder that you may write", f"mv {folder} {folder}.old"
        )
        return
    used_mb = _bytes_in(folder) // 2**20
    free_mb = shutil.disk_usage(folder).free // 2**20
    text = f"{used_mb} of at most {MAX_MEDIA_MB} MB in {folder}"
    if used_mb > MAX_MEDIA_MB * FULL:
        text += ": the trace store refuses more"
        yield Finding("note", "media", text, f"delete files in {folder}: clients upload them again")
    elif free_mb < LITTLE_MB:
        yield Finding(
            "error", "media", f"{text}, and {free_mb} MB free on its disk", "free space on its disk"
        )
    else:
        yield Finding("ok", "media", text)


def _bytes_in(folder: Path) -> int:
    total = 0
    for path in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):  # an upload that was not finished
            total += path.stat().st_size
    return total
