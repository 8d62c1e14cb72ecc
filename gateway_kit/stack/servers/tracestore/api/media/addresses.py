"""Signed addresses to upload and download media with, without keys and for an hour."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

from starlette.requests import Request

from gateway_kit.stack.servers.tracestore.api.answers import time_text
from gateway_kit.stack.servers.tracestore.api.errors import Refusal
from gateway_kit.stack.servers.tracestore.config import Config

VALID_S = 3600


def upload_address(request: Request, media_id: str) -> str:
    """Where the client puts the bytes."""
    return _address(request, "PUT", media_id, int(time.time()) + VALID_S)


def download_json(request: Request, media: Mapping[str, Any]) -> dict[str, Any]:
    """A medium with the address of its bytes."""
    until = int(time.time()) + VALID_S
    return {
        "mediaId": media["id"],
        "contentType": media["content_type"],
        "contentLength": media["content_length"],
        "url": _address(request, "GET", media["id"], until),
        "urlExpiry": time_text(datetime.fromtimestamp(until, UTC)),
    }


def _address(request: Request, method: str, media_id: str, until: int) -> str:
    query = urlencode({"until": until, "signature": _signature(request, method, media_id, str(until))})
    return f"{str(request.base_url).rstrip('/')}/api/public/media/{quote(media_id)}/content?{query}"


def check_address(request: Request, method: str) -> None:
    """Raise Refusal 403 unless the request's address was made here for this method, less than an hour ago."""
    query = request.query_params
    until, sent = query.get("until", ""), query.get("signature", "")
    expected = _signature(request, method, request.path_params["media_id"], until)
    if not hmac.compare_digest(sent.encode(), expected.encode()):
        raise _denied("The address is not one that this store has given out for this.")
    if int(until) < time.time():
        raise _denied("The address was valid for an hour. Ask for another one.")


def _denied(message: str) -> Refusal:
    return Refusal(403, {"message": message, "error": "ForbiddenError"})


def _signature(request: Request, method: str, media_id: str, until: str) -> str:
    config: Config = request.app.state.config
    text = f"{method}\n{media_id}\n{until}".encode("utf-8", "surrogatepass")
    key = hmac.digest(config.secret_key.encode(), b"addresses of media", "sha256")
    return hmac.new(key, text, hashlib.sha256).hexdigest()
