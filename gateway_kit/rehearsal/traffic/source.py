"""A traffic file as plain UTF-8 bytes, whatever it was packed and encoded in."""

from __future__ import annotations

import bz2
import codecs
import contextlib
import gzip
import io
import lzma
import os
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from gateway_kit.rehearsal.errors import RehearsalError
from gateway_kit.rehearsal.traffic.at_hand import at_hand

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_BLOCK = 1 << 20
_PACKED: Mapping[bytes, Callable[[IO[bytes]], Any]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\x00": lzma.open,
}
_FOREIGN = {
    b"\x28\xb5\x2f\xfd": "packed with zstd. Unpack it: zstd -d {}",
    b"PK\x03\x04": "a zip archive (or a spreadsheet). Unpack it, or save the sheet as CSV: unzip {}",
    b"PAR1": "a Parquet file. Write it as JSONL: pandas.read_parquet({!r}).to_json('calls.jsonl', "
    "orient='records', lines=True)",
    b"SQLite format 3": "an SQLite database. Export its table: sqlite3 -json {} 'select * from …' > calls.json",
    b"%PDF": "a PDF",
    b"PGDMP": "a PostgreSQL dump. Export the table: psql -c '\\copy \"LiteLLM_SpendLogs\" to calls.csv csv header'",
    b"7z\xbc\xaf": "a 7-Zip archive. Unpack it: 7z x {}",
}
# What unpacking a damaged or cut-off file raises.
DAMAGED = (EOFError, gzip.BadGzipFile, zlib.error, lzma.LZMAError, OSError)


class Source:
    """A file that can be read several times, until `close`; what else may be named, `at_hand` says."""

    def __init__(self, log: str | os.PathLike[str]) -> None:
        self._kept = contextlib.ExitStack()
        self.path = self._kept.enter_context(at_hand(log))
        try:
            if self.path.is_dir():
                raise RehearsalError(_a_folder(self.path))
            self._check_start()
        except BaseException as error:
            self._kept.close()
            if isinstance(error, OSError):
                raise RehearsalError(_unreadable(self.path, error)) from error
            raise

    def close(self) -> None:
        """Remove what was kept."""
        self._kept.close()

    @contextlib.contextmanager
    def open(self) -> Iterator[io.BufferedReader]:
        """The text as UTF-8 without a byte order mark, from the beginning."""
        with contextlib.ExitStack() as stack:
            raw = stack.enter_context(self._raw())
            start = raw.peek(6)[:6]
            for magic, opener in _PACKED.items():
                if start.startswith(magic):
                    unpacked = stack.enter_context(opener(raw))
                    raw = io.BufferedReader(_Unpacked(unpacked), _BLOCK)
                    break
            yield _as_utf8(raw)

    def _raw(self) -> io.BufferedReader:
        return io.BufferedReader(io.FileIO(self.path), _BLOCK)

    def _check_start(self) -> None:
        with self._raw() as raw:
            start = raw.peek(16)[:16]
        if not start:
            raise RehearsalError(f"{self.path} is empty: there are no calls to rehearse in it.")
        for magic, what in _FOREIGN.items():
            if start.startswith(magic):
                raise RehearsalError(f"{self.path} is {what.format(str(self.path))}")


def _a_folder(path: Path) -> str:
    files = sorted(entry.name for entry in path.iterdir() if entry.is_file())[:5]
    inside = f"It holds {', '.join(files)}. " if files else ""
    return f"{path} is a folder. {inside}Name one file; several can be joined: cat {path}/* > calls.jsonl"


def _unreadable(path: Path, error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return f"There is no file {path}. Name the log that holds the calls."
    if isinstance(error, PermissionError):
        return f"{path} may not be read by this user. Try: ls -l {path}"
    return f"{path} cannot be read: {error.strerror or error}"


def _as_utf8(raw: io.BufferedReader) -> io.BufferedReader:
    start = raw.peek(4)[:4]
    if start.startswith(codecs.BOM_UTF8):
        raw.read(3)
        return raw
    encoding = _wide_encoding(start)
    return raw if encoding is None else io.BufferedReader(_Transcoded(raw, encoding), _BLOCK)


def _wide_encoding(start: bytes) -> str | None:
    """UTF-16 or UTF-32, with or without a byte order mark; None for all else."""
    if start in (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE):
        return "utf-32"
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if len(start) == 4 and start[0] and start[2] and not start[1] and not start[3]:
        return "utf-16-le"
    if len(start) == 4 and start[1] and start[3] and not start[0] and not start[2]:
        return "utf-16-be"
    return None


class _Unpacked(io.RawIOBase):
    """What a packed file holds, given out as it comes, so that nothing before a damaged place is lost."""

    def __init__(self, unpacked: gzip.GzipFile | bz2.BZ2File | lzma.LZMAFile) -> None:
        self._unpacked = unpacked

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        block = self._unpacked.read1(len(view))
        view[: len(block)] = block
        return len(block)


class _Transcoded(io.RawIOBase):
    """A stream in another encoding as UTF-8."""

    def __init__(self, raw: io.BufferedReader, encoding: str) -> None:
        self._raw = raw
        self._decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
        self._ready = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        while not self._ready:
            block = self._raw.read(_BLOCK)
            self._ready = self._decoder.decode(block, final=not block).encode("utf-8", "replace")
            if not block:
                break
        taken = min(len(view), len(self._ready))
        view[:taken] = self._ready[:taken]
        self._ready = self._ready[taken:]
        return taken
