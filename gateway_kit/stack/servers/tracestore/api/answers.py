"""Answers: JSON with numbers and times as Langfuse writes them, and the answer to each exception."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, cast

import orjson
import psycopg
from psycopg_pool import PoolClosed, PoolTimeout, TooManyRequests
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from gateway_kit.stack.servers.tracestore.api.errors import Refusal

NOT_FOUND_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>404: not found</title></head>
<body><h1>404</h1><p>There is no such page. <a href="/">Go to the traces</a>.</p></body></html>
"""
NO_SUCH_PATH = (
    "The trace store has no {method} {path}. If Langfuse has it, run Langfuse itself: "
    "gateway-kit up --tracing langfuse"
)
UNAVAILABLE = (
    "The trace store's database does not answer. Send the request again; 'gateway-kit status' shows it."
)

# Of psycopg itself, which finds NUL in a text; of PostgreSQL, which finds it in JSON, or in bytes that are no UTF-8.
_NOT_A_CHARACTER = (None, "22P05", "22021")

Handler = Callable[[Request, Exception], Awaitable[Response]]


class JSON(Response):
    """A JSON answer, encoded by orjson, with the content type that Langfuse sends."""

    media_type = "application/json"

    def __init__(
        self, content: Any, status_code: int = 200, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(content, status_code, headers, "application/json; charset=utf-8")

    def render(self, content: Any) -> bytes:
        """The body."""
        return orjson.dumps(content)


def number(value: Decimal | float | None) -> int | float | None:
    """The number for JSON, without a fraction of zero, as JavaScript writes it."""
    if value is None or isinstance(value, int):
        return value
    as_float = float(value)
    return int(as_float) if as_float.is_integer() and abs(as_float) < 1e21 else as_float


def price_text(price: Decimal | None) -> str | None:
    """A price as decimal.js writes it: 1.5e-7, but 0.0000015."""
    if price is None:
        return None
    if not price:
        return "0"
    price = price.normalize()
    if price.adjusted() > -7:
        return format(price, "f")
    digits = "".join(map(str, price.as_tuple().digits))
    mantissa = digits[0] + ("." + digits[1:] if len(digits) > 1 else "")
    return f"{mantissa}e{price.adjusted()}"


def time_text(time: datetime | None) -> str | None:
    """2026-11-23T07:52:01.929Z."""
    if time is None:
        return None
    return time.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def refusal_answer(refusal: Refusal) -> Response:
    """The answer to a refused request: an object as JSON, a string as plain text."""
    if isinstance(refusal.body, str):
        return PlainTextResponse(refusal.body, refusal.status)
    return JSON(refusal.body, refusal.status)


async def _on_refusal(_: Request, exc: Exception) -> Response:
    return refusal_answer(cast(Refusal, exc))


async def _on_http_exception(request: Request, exc: Exception) -> Response:
    error = cast(HTTPException, exc)
    if error.status_code == 405 and request.method == "OPTIONS" and request.url.path.startswith("/api/"):
        return Response(status_code=204)  # without the headers that would let a browser's page go on
    if error.status_code == 405:
        return JSON({"message": "Method not allowed", "error": "MethodNotAllowedError"}, 405, error.headers)
    if error.status_code == 404 and f"{request.url.path}/".startswith("/api/"):
        # Langfuse answers with an HTML page, which its SDKs print in full; JSON is shorter to read.
        message = NO_SUCH_PATH.format(method=request.method, path=request.url.path[:200])
        return JSON({"message": message, "error": "LangfuseNotFoundError"}, 404)
    if error.status_code == 404:
        return HTMLResponse(NOT_FOUND_PAGE, 404)
    return JSON({"message": error.detail}, error.status_code, error.headers)


async def _on_database(_: Request, exc: Exception) -> Response:
    print(f"tracestore: database: {str(exc).strip() or type(exc).__name__}", file=sys.stderr, flush=True)
    return JSON({"message": UNAVAILABLE, "error": "ServiceUnavailable"}, 503, {"Retry-After": "1"})


async def _on_data(request: Request, exc: Exception) -> Response:
    if cast(psycopg.DataError, exc).sqlstate in _NOT_A_CHARACTER:
        message = "A text must not contain the character NUL"
        return JSON({"message": message, "error": "InvalidRequestError"}, 400)
    return await _on_defect(request, exc)


async def _on_timeout(*_: object) -> Response:
    message = "The query took too long and was stopped. Narrow its time window or its filters."
    return JSON({"message": message, "error": "InvalidRequestError"}, 422)


async def _on_disconnect(*_: object) -> Response:
    return Response(status_code=499)  # nobody reads it, but without it the log would have a traceback


async def _on_defect(request: Request, exc: Exception) -> Response:
    traceback.print_exception(exc, file=sys.stderr)
    print(f"tracestore: {request.method} {request.url.path} failed", file=sys.stderr, flush=True)
    return JSON({"message": "Internal Server Error", "error": "The trace store's log has the reason."}, 500)


def exception_handlers() -> dict[Any, Handler]:
    """Starlette's table of handlers by exception."""
    return {
        Refusal: _on_refusal,
        HTTPException: _on_http_exception,
        psycopg.errors.QueryCanceled: _on_timeout,
        psycopg.OperationalError: _on_database,
        PoolTimeout: _on_database,
        PoolClosed: _on_database,
        TooManyRequests: _on_database,
        ClientDisconnect: _on_disconnect,
        psycopg.DataError: _on_data,
        psycopg.Error: _on_defect,
        ValueError: _on_defect,
        TypeError: _on_defect,
        LookupError: _on_defect,
    }
