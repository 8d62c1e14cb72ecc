"""The two cookies of the pages, signed with the project's secrets. Nothing is stored on the server.

A browser shares cookies between the ports of a host, so the name of a cookie carries the port.
"""

from __future__ import annotations

import hashlib
import secrets

from itsdangerous import BadSignature, TimestampSigner
from starlette.requests import Request
from starlette.responses import Response

from gateway_kit.stack.servers.tracestore.config import Config

SESSION, FORM = "session", "form"
ACTION = "action"  # the purpose of the tokens in forms that change something
SESSION_S = 12 * 3600


def cookie_name(config: Config, kind: str) -> str:
    """The name of the session's or the sign-in form's cookie."""
    return f"tracestore_{kind}_{config.port}"


def set_cookie(request: Request, response: Response, kind: str, value: str, max_age_s: int) -> None:
    """Add a cookie that no script reads and no other site sends; only for https if the browser came by https."""
    https = "https" in (
        request.url.scheme,
        request.headers.get("x-forwarded-proto", "").split(",")[0].strip(),
    )
    response.set_cookie(
        cookie_name(request.app.state.config, kind),
        value,
        max_age=max_age_s,
        path="/",
        httponly=True,
        samesite="lax",
        secure=https,
    )


def new_nonce() -> str:
    """A random value for a cookie."""
    return secrets.token_urlsafe(18)


def new_session(config: Config) -> str:
    """The value of a session cookie that is valid from now on for SESSION_S seconds."""
    return _signer(config, SESSION).sign(new_nonce()).decode()


def is_session(config: Config, cookie: str) -> bool:
    """Whether the cookie is a session of this store that has not ended."""
    try:
        _signer(config, SESSION).unsign(cookie, max_age=SESSION_S)
    except BadSignature:
        return False
    return True


def token(config: Config, form: str, cookie: str) -> str:
    """The token that the form must send with this cookie, so that other sites cannot forge it."""
    return _signer(config, form).get_signature(cookie).decode()


def is_token(config: Config, form: str, cookie: str, given: str) -> bool:
    """Whether `given` is the form's token; compared in constant time."""
    return _signer(config, form).verify_signature(cookie, given)


def _signer(config: Config, purpose: str) -> TimestampSigner:
    """A new password or secret key changes the signing key and so ends all sessions."""
    key = "\0".join((config.secret_key, config.user_email, config.user_password))
    return TimestampSigner(key, salt=purpose, key_derivation="hmac", digest_method=hashlib.sha256)
