"""The page's two cookies. A browser shares cookies between ports of a host, so each name carries the port."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from gateway_kit.stack.servers.tracestore.config import Config

SESSION, FORM = "session", "form"


def cookie_name(config: Config, kind: str) -> str:
    """The name of the session's or the sign-in form's cookie."""
    return f"tracestore_{kind}_{config.port}"


def set_cookie(request: Request, response: Response, kind: str, value: str, max_age_s: int) -> None:
    """Add a cookie that no script reads and no other site sends; https only where the browser came by https."""
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
