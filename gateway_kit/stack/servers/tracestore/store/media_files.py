"""The folder with the bytes of media. A file is there as a whole or not at all."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import os
import uuid
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import BinaryIO


class WrongContentError(Exception):
    """What arrives is not what was declared; the message says how they differ."""


class MediaFiles:
    """Files under their media ids, in a folder that is made when the first one is written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, media_id: str) -> Path:
        """Where the bytes are, if they are there. An id has only letters, digits, - and _."""
        if not media_id.replace("-", "").replace("_", "").isalnum() or not media_id.isascii():
            raise ValueError(f"{media_id!r} is no id of a medium")
        return self.folder / media_id

    async def write(self, media_id: str, parts: AsyncIterator[bytes], length: int, sha256: str) -> None:
        """Keep the bytes. Raises WrongContentError, and keeps nothing, unless they have this length and hash."""
        path = self.path(media_id)
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        unfinished = self.folder / f".{uuid.uuid4().hex}"
        digest, size = hashlib.sha256(), 0
        try:
            with _new_file(unfinished) as file:
                async for part in parts:
                    size += len(part)
                    if size > length:
                        raise WrongContentError(f"more than the {length} bytes that were declared")
                    digest.update(part)
                    file.write(part)
                if size < length:
                    raise WrongContentError(f"{size} bytes instead of the {length} that were declared")
                if base64.b64encode(digest.digest()).decode() != sha256:
                    raise WrongContentError("bytes whose SHA-256 is not the one that was declared")
                file.flush()
                await asyncio.to_thread(os.fsync, file.fileno())
            unfinished.replace(path)
        finally:
            with contextlib.suppress(FileNotFoundError):
                unfinished.unlink()

    def total_bytes(self) -> int:
        """How many bytes are in the folder."""
        total = 0
        for path in self.folder.glob("*"):
            with contextlib.suppress(FileNotFoundError):
                total += path.stat().st_size
        return total

    def delete_unfinished(self) -> None:
        """Delete what a process that was killed had begun to write."""
        for path in self.folder.glob(".*"):
            path.unlink(missing_ok=True)

    def delete(self, media_ids: Iterable[str]) -> None:
        """Delete the files of these media."""
        for media_id in media_ids:
            self.path(media_id).unlink(missing_ok=True)


def _new_file(path: Path) -> BinaryIO:
    """A new file that only the owner may read."""
    return open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
