"""Request bodies, limited in size and decompressed."""

from __future__ import annotations

import zlib
from typing import Any

import orjson
from starlette.requests import Request

from gateway_kit.stack.servers.tracestore.api.errors import Refusal, invalid_request
from gateway_kit.stack.servers.tracestore.config import Config

_DRAINED = 4  # times the limit is read and dropped: a client that is still sending would not read its answer


async def read_body(request: Request, *, error_key: str = "message") -> bytes:
    """The decompressed body. Raises Refusal 413 if it is too large, compressed or not, and 400 if it is no gzip."""
    config: Config = request.app.state.config
    limit = config.max_body_bytes
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size <= limit:
            parts.append(part)
        else:
            parts.clear()
            if size > limit * _DRAINED:
                break
    if size > limit:
        raise _too_large(limit, error_key)
    body = b"".join(parts)
    if "gzip" in request.headers.get("content-encoding", "").lower():
        return _unzip(body, limit, error_key)
    return body


async def read_json(request: Request) -> Any:
    """The JSON value of the body. Raises Refusal 400, in plain text as Langfuse does."""
    body = await read_body(request)
    if not body:
        return {}  # as Langfuse reads it
    try:
        return orjson.loads(body)
    except (ValueError, RecursionError) as exc:
        raise Refusal(400, "Invalid JSON") from exc


def json_text(value: Any) -> str:
    """JSON text of a part of a body. Raises Refusal 400 for more levels than an answer with it could have."""
    try:
        # In four lists: an answer has the value in an object in a list in an object, and the encoder ends at 254.
        return orjson.dumps([[[[value]]]])[4:-4].decode()
    except TypeError:
        raise too_deep() from None


def too_deep() -> Refusal:
    """400, as the store answers a value that it cannot encode again."""
    return invalid_request("A value is nested more than 250 levels deep")


def _unzip(body: bytes, limit: int, error_key: str) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:  # a gzip stream may have several members
        member = zlib.decompressobj(wbits=31)
        try:
            part = member.decompress(body, limit + 1 - size)
        except zlib.error as exc:
            raise Refusal(400, {"error": "Failed to decompress request body"}) from exc
        parts.append(part)
        size += len(part)
        if size > limit:
            raise _too_large(limit, error_key)
        if not member.eof:
            raise Refusal(400, {"error": "Failed to decompress request body"})
        body = member.unused_data
        if not body:
            return b"".join(parts)


def _too_large(limit: int, error_key: str) -> Refusal:
    return Refusal(
        413,
        {error_key: f"The request body is larger than {limit // 2**20} MiB. Send smaller batches."},
    )
