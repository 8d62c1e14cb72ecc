"""Who may call the API: `Basic base64(public key:secret key)`, as every Langfuse client sends it."""

from __future__ import annotations

import base64
import binascii
import hmac

from starlette.requests import Request

from gateway_kit.servers.tracestore.config import Config
from gateway_kit.servers.tracestore.problems import Refusal

WRONG = "Invalid credentials. Confirm that you've configured the correct host."


def authorize(request: Request) -> None:
    """Return where the request carries the project's keys. Raises Refusal 401 or 403 with the recorded body."""
    header = request.headers.get("authorization")
    if header is None:
        raise Refusal(401, {"message": "No authorization header"})
    config: Config = request.app.state.config
    scheme, _, credentials = header.partition(" ")
    if scheme.lower() == "basic" and _matches(credentials.strip(), config):
        return
    # A public key alone may only write scores from a browser, which the store does not offer.
    if scheme == "Bearer" and _equal(credentials.strip(), config.public_key):
        raise Refusal(403, {"message": "Access denied - insufficient permissions for this endpoint"})
    raise Refusal(401, {"message": WRONG})


def _matches(credentials: str, config: Config) -> bool:
    try:
        decoded = base64.b64decode(credentials, validate=True).decode()
    except (binascii.Error, ValueError):
        return False
    public_key, _, secret_key = decoded.partition(":")
    # Both are always compared, and in constant time.
    return _equal(public_key, config.public_key) & _equal(secret_key, config.secret_key)


def _equal(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "surrogateescape"), other.encode())
