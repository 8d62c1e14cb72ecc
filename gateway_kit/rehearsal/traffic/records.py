"""A source's records, whatever its layout."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator

from gateway_kit.rehearsal.traffic.lines import Numbered, read_lines
from gateway_kit.rehearsal.traffic.problems import BadLine
from gateway_kit.rehearsal.traffic.source import DAMAGED, Source


def records(source: Source) -> Iterator[Numbered]:
    """Each record with its number: of its line, or of its place in an array."""
    number = 0
    try:
        with source.open() as stream:
            for number, value in layout_of(stream)(stream):
                yield number, value
    except DAMAGED as error:
        yield number + 1, BadLine("cut off", f"the file is damaged or cut off here: {error}")


def layout_of(_stream: io.BufferedReader) -> Callable[[io.BufferedReader], Iterator[Numbered]]:
    """How the stream is laid out."""
    return read_lines
