"""`read_traffic`: a log's calls, in order of time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from gateway_kit.rehearsal.call import LoggedCall
from gateway_kit.rehearsal.errors import RehearsalError
from gateway_kit.rehearsal.traffic.attempts import last_attempts
from gateway_kit.rehearsal.traffic.masking.calls import write_masked
from gateway_kit.rehearsal.traffic.notes import notes
from gateway_kit.rehearsal.traffic.order import SortedRuns
from gateway_kit.rehearsal.traffic.problems import BadLine, Problem
from gateway_kit.rehearsal.traffic.readers.as_litellm import key_hash
from gateway_kit.rehearsal.traffic.reading import Fields, Reading
from gateway_kit.rehearsal.traffic.recognise import FORMATS, reader_of
from gateway_kit.rehearsal.traffic.records import layout_of, records
from gateway_kit.rehearsal.traffic.source import Source
from gateway_kit.rehearsal.traffic.summary import Counts

_TEXTS = ("model", "key", "team", "user", "error", "provider_model", "deployment")
BadLines = Literal["skip", "fail"]


def read_traffic(
    path: str | Path,
    *,
    format: str | None = None,  # noqa: A002 - the word of the command's option
    bad_lines: BadLines = "skip",
    mapped: Mapping[str, str] | None = None,
    limit: int | None = None,
) -> Traffic:
    """The calls of a log; the whole file has been read once when this returns.

    Args:
        path: the log; how it is packed, encoded and laid out is found from its content, never from its name. `running`,
            where no file has that name, is the traffic of the gateway that `connect()` finds; `-` is standard input.
        format: read all records as this format; by default each is recognised by its fields.
        bad_lines: `skip` leaves out lines without a readable call and counts them; `fail` refuses a file that has one.
        mapped: names of models to replace, as logged → as asked for in the rehearsal. The empty name stands for calls
            whose log names no model.
        limit: at most so many calls, the first of the file.

    Raises:
        RehearsalError: the file cannot be read, has no call, or has a bad line and `bad_lines` is `fail`.
    """
    if format is not None and format not in FORMATS:
        raise RehearsalError(f"There is no format {format!r} of traffic; it is one of {', '.join(FORMATS)}")
    if bad_lines not in ("skip", "fail"):
        raise RehearsalError(f"bad_lines is skip or fail, not {bad_lines!r}")
    if limit is not None and limit < 1:
        raise RehearsalError(f"limit is a number of calls from 1 on, not {limit}")
    traffic = Traffic(Source(path), only=format, mapped=dict(mapped or {}), limit=limit)
    try:
        traffic.scan(fail=bad_lines == "fail")
    except BaseException:
        traffic.close()
        raise
    return traffic


class Traffic:
    """The calls of one log; made by `read_traffic`. Close it, or use it as a context, to remove temporary files."""

    def __init__(
        self, source: Source, *, only: str | None, mapped: Mapping[str, str], limit: int | None
    ) -> None:
        self.path = source.path
        self._source = source
        self._only = only
        self._mapped = mapped
        self._limit = limit
        self._layout = layout_of(source)
        self._counts = Counts()
        self._reading = Reading()
        self._sorted: SortedRuns | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Remove temporary files."""
        if self._sorted is not None:
            self._sorted.close()
            self._sorted = None
        self._source.close()

    def calls(self) -> Iterator[LoggedCall]:
        """The calls in order of time; a call without a time stays behind the one before it in the file.

        Each iteration reads the log anew, so that no more than a part of it is held in memory.
        """
        for number, fields in enumerate(self._in_order()):
            yield LoggedCall(number=number, **fields)

    def summary(self) -> dict[str, Any]:
        """What the log holds, under names that a report knows; all of it can be written as JSON."""
        summary = self._counts.summary(self.path.name, self._reading)
        summary["layout"] = self._layout
        return summary | {"notes": notes(self._counts, self._reading, self._mapped)}

    def mask(self, out: str | Path) -> int:
        """Write the calls with other texts of the same length and likeness, to share; returns their number.

        Keys, teams, users and tags become pseudonyms, texts other words, tools and the names in their schemas other
        names, each the same throughout the file: equal texts stay equal, so that caches behave the same. Models,
        deployments, parameters, times, tokens and money stay. `read_traffic` reads what is written.

        Raises:
            RehearsalError: the file cannot be written, or it is the log itself.
        """
        path = Path(out)
        if path.exists() and path.samefile(self.path):
            raise RehearsalError(f"{path} is the log itself. Name another file for the masked calls.")
        return write_masked(self.calls(), path)

    def scan(self, *, fail: bool) -> None:
        """Read the whole log once, for the summary."""
        reading = self._reading
        reading.fail = fail
        for shape, fields in self._read(reading):
            self._counts.add(fields, shape)
        if not self._counts.calls:
            raise RehearsalError(_no_calls(self.path, reading))

    def _in_order(self) -> Iterable[Fields]:
        if self._counts.in_order:
            return self._again()
        if self._sorted is None:
            self._sorted = SortedRuns(self._again())
        return self._sorted

    def _again(self) -> Iterator[Fields]:
        reading = Reading()
        reading.settle(self._reading)
        return (fields for _, fields in self._read(reading))

    def _read(self, reading: Reading) -> Iterator[tuple[str, Fields]]:
        return islice(last_attempts(self._read_all(reading), reading), self._limit)

    def _read_all(self, reading: Reading) -> Iterator[tuple[str, Fields]]:
        mapped = self._mapped
        for line, record in records(self._source, self._layout):
            reading.line = line
            try:
                if isinstance(record, BadLine):
                    raise record
                shape, read = reader_of(record, self._only)
                fields = read(record, reading)
            except BadLine as bad:
                reading.problems.add(Problem(line, bad.kind, bad.why, skipped=True))
                fields = None
            if reading.fail and reading.problems.counts:
                raise RehearsalError(_first_problem(self.path, reading))
            if fields is None:
                continue
            for name in _TEXTS:
                if (value := fields.get(name)) is not None and not isinstance(value, str):
                    fields[name] = None
            if (converted := fields.pop("converted", None)) is not None:
                reading.converted[converted] += 1
            if (key := fields.get("key")) is not None and key.startswith("sk-"):
                fields["key"] = key_hash(key)
            model = fields.get("model") or ""
            if model in mapped:
                reading.replaced.add(model)
                model = mapped[model]
            fields["model"] = model
            fields["line"] = line
            fields.setdefault("at", None)
            fields.setdefault("stream", False)
            yield shape, fields


def _first_problem(path: Path, reading: Reading) -> str:
    return f"{path}, {reading.problems.shown[0]}. Mend it, or leave such lines out: --bad-lines skip"


def _no_calls(path: Path, reading: Reading) -> str:
    lines = "".join(f"\n  {problem}" for problem in reading.problems.shown)
    left_out = ", ".join(f"{count} {what}" for what, count in reading.left_out.items())
    return f"{path} holds no call that can be made again.{' It holds ' + left_out + '.' if left_out else ''}{lines}"
