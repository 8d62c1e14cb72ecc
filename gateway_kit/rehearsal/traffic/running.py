"""The calls of the kit that runs, or of any LiteLLM gateway with a trace store, as a log: `--traffic running`."""

from __future__ import annotations

import os
import pickle
import tempfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any

import orjson

from gateway_kit.errors import KitError, TracingError
from gateway_kit.litellm_api.connection import Connection, check_reachable, resolve_connection
from gateway_kit.litellm_api.management import ManagementApi
from gateway_kit.rehearsal.call import LoggedCall
from gateway_kit.rehearsal.errors import RehearsalError
from gateway_kit.rehearsal.traffic.attempts import last_attempts
from gateway_kit.rehearsal.traffic.problems import BadLine
from gateway_kit.rehearsal.traffic.readers.langfuse import read_observation
from gateway_kit.rehearsal.traffic.readers.own import written
from gateway_kit.rehearsal.traffic.readers.spend_log import read_spend_log
from gateway_kit.rehearsal.traffic.reading import Fields, Reading
from gateway_kit.tracing.api import TraceApi
from gateway_kit.tracing.connection import resolve_tracing
from gateway_kit.tracing.filters import ALL_FIELDS
from gateway_kit.tracing.langfuse_sdk import http_client

_TIMEOUT_S = 30
_MOST = 1_000_000


def write_running(out: Path, *, days: float = 30, environ: Mapping[str, str] | None = None) -> int:
    """Write the gateway's calls of the last days to a private file, which `read_traffic` reads; returns their number.

    What was charged, when, by whom is LiteLLM's spend log's; the texts are the traces', where the two belong together.
    Without a trace store the calls have no texts. The gateway is the one that `connect()` finds.

    Raises:
        RehearsalError: no gateway answers, its master key is not known, or it has no calls.
    """
    try:
        connection = resolve_connection(environ=environ)
        check_reachable(connection.url)
        with tempfile.TemporaryFile(prefix="gateway-kit-traffic-") as kept:
            texts = _texts(connection, kept, days)
            count = _write(out, _calls(connection, texts, kept, days))
    except RehearsalError:
        raise
    except KitError as error:
        raise RehearsalError(f"The traffic of the gateway that runs cannot be read: {error}") from error
    if not count:
        out.unlink(missing_ok=True)
        raise RehearsalError(
            f"The gateway at {connection.url} has no calls of the last {days:g} days. Make some, and wait until its "
            f"spend log has them (about 20 s)."
        )
    return count


def _texts(connection: Connection, kept: IO[bytes], days: float) -> dict[str, int]:
    """Where in the file the trace of each call lies, by LiteLLM's id of the call; {} without a trace store."""
    if not connection.services.get("LANGFUSE_SECRET_KEY"):
        return {}
    tracing = resolve_tracing(connection.services)
    reading = Reading()
    places: dict[str, int] = {}
    query = {"fields": ALL_FIELDS, "from_start_time": datetime.now(UTC) - timedelta(days=days)}
    with http_client(tracing, _TIMEOUT_S) as http:
        try:
            for observation in TraceApi(tracing, http).observations(query, _MOST):
                fields = read_observation(observation.model_dump(), reading)
                call_id = None if fields is None else fields.pop("call_id", None)
                if fields is not None and call_id is not None and fields.get("body") is not None:
                    places[call_id] = kept.tell()
                    pickle.dump(fields, kept, pickle.HIGHEST_PROTOCOL)
        except TracingError as error:
            raise RehearsalError(f"The traces cannot be read: {error}") from error
    return places


def _calls(
    connection: Connection, texts: Mapping[str, int], kept: IO[bytes], days: float
) -> Iterator[Fields]:
    api = ManagementApi(connection, timeout_s=_TIMEOUT_S)
    now = datetime.now(UTC)
    try:
        rows = api.pages(
            "/spend/logs/v2",
            "data",
            start_date=_moment(now - timedelta(days=days)),
            end_date=_moment(now + timedelta(minutes=5)),
        )
        reading = Reading()
        for _, fields in last_attempts(_joined(rows, texts, kept, reading), reading):
            yield fields
    finally:
        api.close()


def _joined(
    rows: Iterator[Mapping[str, Any]], texts: Mapping[str, int], kept: IO[bytes], reading: Reading
) -> Iterator[tuple[str, Fields]]:
    for row in rows:
        try:
            fields = read_spend_log(dict(row), reading)
        except BadLine:
            continue  # images, audio and the like
        if fields is None:
            continue
        place = texts.get(fields.get("call_id") or "")
        if place is not None and fields["body"] is None:
            kept.seek(place)
            traced: Fields = pickle.load(kept)  # noqa: S301 - written above, in a file that has no name
            fields |= {"body": traced["body"], "stream": traced["stream"] or fields["stream"]}
        yield "litellm-spend", fields


def _write(out: Path, calls: Iterator[Fields]) -> int:
    count = 0
    try:
        descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            for fields in calls:
                fields["model"] = fields.get("model") or ""
                fields.pop("converted", None)
                call = LoggedCall(number=0, line=0, **{"at": None, **fields})
                file.write(orjson.dumps(written(call), option=orjson.OPT_APPEND_NEWLINE))
                count += 1
    except OSError as error:
        raise RehearsalError(f"{out} could not be written: {error.strerror or error}") from error
    return count


def _moment(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S")
