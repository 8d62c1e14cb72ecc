"""Which reader knows a record, by its fields alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gateway_kit.rehearsal.traffic.problems import BadLine, shortened
from gateway_kit.rehearsal.traffic.readers.envelope import read_envelope
from gateway_kit.rehearsal.traffic.reading import Fields, Reading

Reader = Callable[[Mapping[str, Any], Reading], Fields | None]

# The first whose test holds reads the record.
READERS: tuple[tuple[str, Callable[[Mapping[str, Any]], bool], Reader], ...] = (
    ("openai", lambda _: True, read_envelope),
)
FORMATS = tuple(name for name, _, _ in READERS)


def reader_of(record: Any, only: str | None = None) -> tuple[str, Reader]:
    """The format's name and its reader."""
    if not isinstance(record, Mapping):
        raise BadLine("no object", f"not an object: {shortened(repr(record))}")
    for name, knows, read in READERS:
        if name == only or (only is None and knows(record)):
            return name, read
    raise BadLine("no request", f"no known record: {shortened(', '.join(map(str, record)), 100)}")
