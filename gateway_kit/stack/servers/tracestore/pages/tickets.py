"""Signed values: the session cookie and the tokens against forged posts. Nothing is stored on the server."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time

from gateway_kit.stack.servers.tracestore.config import Config

SESSION_S = 12 * 3600


def _key(config: Config) -> bytes:
    """A key of its own. Another password or secret key makes another one, which ends all sessions."""
    secret = f"{config.user_email}\0{config.user_password}".encode()
    return hmac.new(config.secret_key.encode(), b"page sessions\0" + secret, hashlib.sha256).digest()


def sign(config: Config, purpose: str, value: str) -> str:
    """The signature of a value for one purpose, as URL-safe text."""
    digest = hmac.new(_key(config), f"{purpose}\0{value}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def signed_right(config: Config, purpose: str, value: str, signature: str) -> bool:
    """Whether `signature` is ours; compared in constant time."""
    return hmac.compare_digest(sign(config, purpose, value).encode(), signature.encode("utf-8", "replace"))


def new_nonce() -> str:
    """A random value that a cookie carries."""
    return secrets.token_urlsafe(18)


def new_session(config: Config, now_s: float | None = None) -> str:
    """The session cookie's value: end, nonce and signature."""
    value = f"{int((time.time() if now_s is None else now_s) + SESSION_S)}.{new_nonce()}"
    return f"{value}.{sign(config, 'session', value)}"


def session_is_valid(config: Config, cookie: str, now_s: float | None = None) -> bool:
    """Whether the cookie is ours and its end not yet reached."""
    value, _, signature = cookie.rpartition(".")
    if not signed_right(config, "session", value, signature):
        return False
    end_s = value.partition(".")[0]
    return end_s.isdecimal() and int(end_s) > (time.time() if now_s is None else now_s)


def is_the_user(config: Config, email: str, password: str) -> bool:
    """Whether e-mail (any case) and password are the configured ones; takes the same time whichever is wrong."""

    def same(given: str, wanted: str) -> bool:
        # Digests have one length, so that the comparison does not tell the length either.
        digests = [hashlib.sha256(text.encode("utf-8", "replace")).digest() for text in (given, wanted)]
        return hmac.compare_digest(*digests)

    email_right = same(email.strip().lower(), config.user_email.lower())
    password_right = same(password, config.user_password)
    return email_right and password_right
