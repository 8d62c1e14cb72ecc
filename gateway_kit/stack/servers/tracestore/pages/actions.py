"""Forms of the pages that change something: for signed-in people, and never on behalf of another site."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import wraps

from starlette.requests import Request
from starlette.responses import Response

from gateway_kit.stack.servers.tracestore.pages.cookies import ACTION, SESSION, cookie_name, is_token
from gateway_kit.stack.servers.tracestore.pages.forms import read_form
from gateway_kit.stack.servers.tracestore.pages.html import error_page
from gateway_kit.stack.servers.tracestore.pages.sign_in import Page, behind_sign_in

Action = Callable[[Request, Mapping[str, str]], Awaitable[Response]]


def protected(action: Action) -> Page:
    """The action, if the form carries `action_token` of the reader's session as `token`.

    Its path must also be that of a page: a reader whose session has ended is sent there after signing in.
    """

    @wraps(action)
    async def checked(request: Request) -> Response:
        form = await read_form(request)
        config = request.app.state.config
        session = request.cookies.get(cookie_name(config, SESSION), "")
        if not is_token(config, ACTION, session, form.get("token", "")):
            advice = "Go back, load the page again, and send the form again. Nothing was changed."
            return error_page(request, 403, "This form has expired", advice)
        return await action(request, form)

    return behind_sign_in(checked)
