"""Authorization of API calls: `Basic base64(public key:secret key)`, as every Langfuse client sends it."""

from __future__ import annotations

import base64
import binascii
import hmac

from starlette.requests import Request

from gateway_kit.stack.servers.tracestore.api.errors import Refusal
from gateway_kit.stack.servers.tracestore.config import Config

_HOST = "Confirm that you've configured the correct host."
# Langfuse's messages.
NO_HEADER = "No authorization header"
WRONG = f"Invalid credentials. {_HOST}"
NOT_TWO_KEYS = f"Invalid authorization header. {_HOST}"
UNKNOWN_PUBLIC_KEY = f"Invalid public key. {_HOST}"
NEITHER_SCHEME = "Invalid authorization header"
PUBLIC_KEY_ALONE = "Access denied - insufficient permissions for this endpoint"


def authorize(request: Request, public_key_alone: str = PUBLIC_KEY_ALONE) -> None:
    """Raise Refusal 401 or 403 unless the request carries the project's keys."""
    header = request.headers.get("authorization")
    if not header:
        raise Refusal(401, {"message": NO_HEADER})
    config: Config = request.app.state.config
    scheme, _, credentials = header.partition(" ")
    credentials = credentials.strip()
    match scheme.lower() if credentials else "":
        case "basic":
            keys = _two_keys(credentials)
            if keys is None:
                raise Refusal(401, {"message": NOT_TWO_KEYS})
            # Compare both keys always, in constant time.
            if not _equal(keys[0], config.public_key) & _equal(keys[1], config.secret_key):
                raise Refusal(401, {"message": WRONG})
        case "bearer":
            # In Langfuse a public key alone may write scores from a browser; the store does not offer that.
            if _equal(credentials, config.public_key):
                raise Refusal(403, {"message": public_key_alone})
            raise Refusal(401, {"message": UNKNOWN_PUBLIC_KEY})
        case _:
            raise Refusal(401, {"message": NEITHER_SCHEME})


def authorize_by_name(request: Request, public_key_alone: str) -> None:
    """The same; the refusal also has the error's name, as in those parts of Langfuse that are older."""
    try:
        authorize(request, public_key_alone)
    except Refusal as exc:
        name = "UnauthorizedError" if exc.status == 401 else "ForbiddenError"
        body = exc.body if isinstance(exc.body, dict) else {"message": exc.body}
        raise Refusal(exc.status, {**body, "error": name}) from None


def _two_keys(credentials: str) -> tuple[str, str] | None:
    """The public and the secret key; None if the text does not contain both."""
    try:
        decoded = base64.b64decode(credentials, validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    public_key, _, secret_key = decoded.partition(":")
    return (public_key, secret_key) if public_key and secret_key else None


def _equal(sent: str, expected: str) -> bool:
    return hmac.compare_digest(sent.encode("utf-8", "surrogateescape"), expected.encode())
