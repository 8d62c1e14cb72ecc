"""POST otel/v1/traces: spans in OTLP, as protobuf or JSON."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable

from starlette.requests import Request
from starlette.responses import Response

from gateway_kit.stack.servers.tracestore.api.answers import JSON
from gateway_kit.stack.servers.tracestore.api.auth import authorize
from gateway_kit.stack.servers.tracestore.api.bodies import read_body
from gateway_kit.stack.servers.tracestore.api.errors import Refusal
from gateway_kit.stack.servers.tracestore.ingest.otlp_json import decode_json
from gateway_kit.stack.servers.tracestore.ingest.otlp_protobuf import decode_protobuf
from gateway_kit.stack.servers.tracestore.ingest.own_prices import Prices
from gateway_kit.stack.servers.tracestore.ingest.prices import PriceTable
from gateway_kit.stack.servers.tracestore.ingest.span import ExportError, Span
from gateway_kit.stack.servers.tracestore.ingest.span_to_row import rows_of_spans
from gateway_kit.stack.servers.tracestore.store.rows import ObservationRow
from gateway_kit.stack.servers.tracestore.store.writer import NOT_STORABLE

NEWEST_INGESTION_VERSION = 4
_SPANS_AT_ONCE = 50  # before other requests get a turn


async def post_traces(request: Request) -> Response:
    """200 `{}` once all spans of the batch are committed; a refused batch leaves nothing behind."""
    authorize(request)
    body = await read_body(request, error_key="error")
    content_type = request.headers.get("content-type", "").lower()
    if "application/x-protobuf" in content_type:
        spans: Iterable[Span] = decode_protobuf(body)
    elif "application/json" in content_type:
        spans = decode_json(body)
    else:
        raise Refusal(400, {"error": "Invalid content type"})
    del body
    state = request.app.state
    rows: list[ObservationRow] = []
    try:
        async with (
            state.decoding
        ):  # one request at a time: decoding is bound by the processor, and memory stays small
            prices: Prices | PriceTable = state.prices
            if await state.own_models.are_there():
                spans = await _collected(spans)
                prices = await state.own_models.prices_of(spans)
            for row in rows_of_spans(spans, prices, time.time_ns()):
                rows.append(row)
                if len(rows) % _SPANS_AT_ONCE == 0:
                    await asyncio.sleep(0)
    except ExportError as exc:
        raise Refusal(exc.status, {"error": str(exc)}) from exc
    if rows:
        _check_ingestion_version(request.headers.get("x-langfuse-ingestion-version", ""))
        try:
            await state.writer.write(rows)
        except NOT_STORABLE as exc:
            raise Refusal(400, {"error": f"The batch cannot be stored: {str(exc).splitlines()[0]}"}) from exc
    return JSON({})


async def _collected(spans: Iterable[Span]) -> list[Span]:
    """All spans at once: the models that they name are looked up together."""
    found = []
    for span in spans:
        found.append(span)
        if len(found) % _SPANS_AT_ONCE == 0:
            await asyncio.sleep(0)
    return found


def _check_ingestion_version(sent: str) -> None:
    digits = sent.strip()
    if sent and (not digits.isdecimal() or len(digits) > 9 or int(digits) > NEWEST_INGESTION_VERSION):
        message = f'Unsupported x-langfuse-ingestion-version: "{sent}". Maximum supported: '
        raise Refusal(400, {"error": f'{message}"{NEWEST_INGESTION_VERSION}".'})
