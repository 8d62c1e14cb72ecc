"""Signing in and out, and what keeps the other pages behind it."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from functools import wraps
from urllib.parse import parse_qsl, quote, urlsplit

import psycopg
from psycopg_pool import PoolClosed, PoolTimeout, TooManyRequests
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from gateway_kit.stack.servers.tracestore.config import Config
from gateway_kit.stack.servers.tracestore.pages.cookies import FORM, SESSION, cookie_name, set_cookie
from gateway_kit.stack.servers.tracestore.pages.guesses import Guesses
from gateway_kit.stack.servers.tracestore.pages.html import HEADERS, html, problem_page
from gateway_kit.stack.servers.tracestore.pages.tickets import (
    SESSION_S,
    is_the_user,
    new_nonce,
    new_session,
    session_is_valid,
    sign,
    signed_right,
)

Page = Callable[[Request], Awaitable[Response]]
MAX_FORM_BYTES = 16 * 1024


def local_target(text: str) -> str:
    """`text` where it is a path on this server, else `/`: a link must not lead a signed-in person elsewhere."""
    if not re.fullmatch(r"/[^\\\x00-\x20\x7f]*", text) or text.startswith("//") or len(text) > 4096:
        return "/"
    parts = urlsplit(text)
    return "/" if parts.scheme or parts.netloc or parts.path == "/sign-in" else text


def signed_in(request: Request) -> bool:
    """Whether the request carries a valid session."""
    config: Config = request.app.state.config
    return session_is_valid(config, request.cookies.get(cookie_name(config, SESSION), ""))


def behind_sign_in(page: Page) -> Page:
    """`page` for who is signed in; anybody else is sent to the sign-in page and back.

    Where the database fails, a page says so.
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
            return problem_page(request, 503, "The query took too long and was stopped", advice)
        except (psycopg.OperationalError, PoolTimeout, PoolClosed, TooManyRequests):
            advice = "Type gateway-kit status in a terminal to see PostgreSQL, then load this page again."
            return problem_page(request, 503, "The trace store's database does not answer", advice)

    return guarded


def _redirect(target: str) -> RedirectResponse:
    return RedirectResponse(target, 303, HEADERS)


async def sign_in_form(
    request: Request, status: int = 200, problem: str = "", email: str = "", target: str = ""
) -> Response:
    """The form. Its token is the signature of a cookie's value, which another site can neither read nor set."""
    config: Config = request.app.state.config
    target = local_target(target or request.query_params.get("next", "/"))
    if signed_in(request) and not problem:
        return _redirect(target)
    nonce = request.cookies.get(cookie_name(config, FORM)) or new_nonce()
    token = sign(config, "sign-in", nonce)
    response = html(
        request, "sign_in.html", status, token=token, target=target, problem=problem, email=email[:200]
    )
    set_cookie(request, response, FORM, nonce, SESSION_S)
    return response


async def _form(request: Request) -> dict[str, str]:
    """The posted fields; nothing where the body is too long or no form."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_FORM_BYTES:
            return {}
    try:
        return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=20))
    except ValueError:
        return {}


def sign_in_with(guesses: Guesses) -> Page:
    """The handler of the posted form; it counts wrong guesses."""

    async def sign_in(request: Request) -> Response:
        config: Config = request.app.state.config
        form = await _form(request)
        nonce = request.cookies.get(cookie_name(config, FORM), "")
        email, target = form.get("email", ""), form.get("next", "/")
        if not nonce or not signed_right(config, "sign-in", nonce, form.get("token", "")):
            return await sign_in_form(
                request, 403, "This form has expired. Sign in once more.", email, target
            )
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
    """End the session, if the form is this session's own."""
    config: Config = request.app.state.config
    form = await _form(request)
    session = request.cookies.get(cookie_name(config, SESSION), "")
    if not signed_right(config, "sign-out", session, form.get("token", "")):
        return problem_page(
            request, 403, "This form has expired", "Go back, load the page again, and sign out."
        )
    response = _redirect("/sign-in")
    set_cookie(request, response, SESSION, "", 0)
    return response
