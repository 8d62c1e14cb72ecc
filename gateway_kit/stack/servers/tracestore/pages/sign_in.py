"""Signing in and out, and the guard of all other pages."""

from __future__ import annotations

import hashlib
import hmac
import math
import re
import time
from collections import deque
from collections.abc import Awaitable, Callable
from functools import wraps
from urllib.parse import quote, urlsplit

import psycopg
from psycopg_pool import PoolClosed, PoolTimeout, TooManyRequests
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from gateway_kit.stack.servers.tracestore.config import Config
from gateway_kit.stack.servers.tracestore.pages.cookies import (
    FORM,
    SESSION,
    SESSION_S,
    cookie_name,
    is_session,
    is_token,
    new_nonce,
    new_session,
    set_cookie,
    token,
)
from gateway_kit.stack.servers.tracestore.pages.forms import read_form
from gateway_kit.stack.servers.tracestore.pages.html import HEADERS, error_page, html

Page = Callable[[Request], Awaitable[Response]]


class Guesses:
    """Limits wrong passwords to `limit` in `window_s` seconds, from all clients together.

    Together, because behind a port forward every client has the address 127.0.0.1.
    """

    def __init__(
        self, limit: int = 10, window_s: float = 60.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.limit, self.window_s, self._clock = limit, window_s, clock
        self._wrong: deque[float] = deque(maxlen=limit)

    def wait_s(self) -> int:
        """Whole seconds until the next guess is accepted; 0: now."""
        if len(self._wrong) < self.limit:
            return 0
        return max(0, math.ceil(self._wrong[0] + self.window_s - self._clock()))

    def was_wrong(self) -> None:
        """Count a wrong guess."""
        self._wrong.append(self._clock())

    def was_right(self) -> None:
        """Forget the wrong ones."""
        self._wrong.clear()


def local_target(text: str) -> str:
    """`text` if it is a path on this server, else `/`: a link must not lead a signed-in person elsewhere."""
    if not re.fullmatch(r"/[^\\\x00-\x20\x7f]*", text) or text.startswith("//") or len(text) > 4096:
        return "/"
    parts = urlsplit(text)
    return "/" if parts.scheme or parts.netloc or parts.path == "/sign-in" else text


def signed_in(request: Request) -> bool:
    """Whether the request carries a valid session."""
    config: Config = request.app.state.config
    return is_session(config, request.cookies.get(cookie_name(config, SESSION), ""))


def behind_sign_in(page: Page) -> Page:
    """The page for signed-in readers; redirects others to the sign-in page and back.

    If the database fails, a page says so.
    """

    @wraps(page)
    async def guarded(request: Request) -> Response:
        if not signed_in(request):
            target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            return _redirect(f"/sign-in?next={quote(target, safe='')}")
        try:
            return await page(request)
        except psycopg.errors.QueryCanceled:
            advice = "Choose a shorter time window, or fewer filters, and load the page again."
            return error_page(request, 503, "The query took too long and was stopped", advice)
        except (psycopg.OperationalError, PoolTimeout, PoolClosed, TooManyRequests):
            advice = "Type gateway-kit status in a terminal to see PostgreSQL, then load this page again."
            return error_page(request, 503, "The trace store's database does not answer", advice)

    return guarded


def _redirect(target: str) -> RedirectResponse:
    return RedirectResponse(target, 303, HEADERS)


async def sign_in_form(
    request: Request, status: int = 200, error: str = "", email: str = "", target: str = ""
) -> Response:
    """The form. Its token signs the value of a cookie, which other sites can neither read nor set."""
    config: Config = request.app.state.config
    target = local_target(target or request.query_params.get("next", "/"))
    if signed_in(request) and not error:
        return _redirect(target)
    nonce = request.cookies.get(cookie_name(config, FORM)) or new_nonce()
    response = html(
        request, "sign_in.html", status,
        token=token(config, "sign-in", nonce), target=target, error=error, email=email[:200],
    )  # fmt: skip
    set_cookie(request, response, FORM, nonce, SESSION_S)
    return response


def sign_in_with(guesses: Guesses) -> Page:
    """The handler of the posted form; it counts wrong guesses."""

    async def sign_in(request: Request) -> Response:
        config: Config = request.app.state.config
        form = await read_form(request)
        nonce = request.cookies.get(cookie_name(config, FORM), "")
        email, target = form.get("email", ""), form.get("next", "/")
        if not nonce or not is_token(config, "sign-in", nonce, form.get("token", "")):
            return await sign_in_form(request, 403, "This form has expired. Sign in again.", email, target)
        if wait_s := guesses.wait_s():
            text = f"Too many wrong attempts. Try again in {wait_s} seconds."
            response = await sign_in_form(request, 429, text, email, target)
            response.headers["Retry-After"] = str(wait_s)
            return response
        if not is_the_user(config, email, form.get("password", "")):
            guesses.was_wrong()
            return await sign_in_form(request, 401, "E-mail or password is wrong.", email, target)
        guesses.was_right()
        response = _redirect(local_target(target))
        set_cookie(request, response, SESSION, new_session(config), SESSION_S)
        set_cookie(request, response, FORM, "", 0)
        return response

    return sign_in


async def sign_out(request: Request) -> Response:
    """End the session, if the form belongs to it."""
    config: Config = request.app.state.config
    form = await read_form(request)
    session = request.cookies.get(cookie_name(config, SESSION), "")
    if not is_token(config, "sign-out", session, form.get("token", "")):
        return error_page(
            request, 403, "This form has expired", "Go back, load the page again, and sign out."
        )
    response = _redirect("/sign-in")
    set_cookie(request, response, SESSION, "", 0)
    return response


def is_the_user(config: Config, email: str, password: str) -> bool:
    """Whether e-mail (in any case) and password are right; takes the same time whichever is wrong."""

    def same(given: str, expected: str) -> bool:
        # Digests have the same length, so that the time does not depend on the length of the texts.
        digests = [hashlib.sha256(text.encode("utf-8", "replace")).digest() for text in (given, expected)]
        return hmac.compare_digest(*digests)

    email_right = same(email.strip().lower(), config.user_email.lower())
    password_right = same(password, config.user_password)
    return email_right and password_right
