"""HTML answers, with headers that keep traced texts from running as scripts or styles."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import Response

from gateway_kit.stack.servers.tracestore.config import Config
from gateway_kit.stack.servers.tracestore.pages import formatting
from gateway_kit.stack.servers.tracestore.pages.cookies import ACTION, SESSION, cookie_name, token

FOLDER = Path(__file__).parent

# No scripts and no inline styles; everything else from this server only. The page for judging allows its one script.
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(formatting.FILTERS)
    environment.tests["cache_tag"] = formatting.is_cache_tag
    return environment


TEMPLATES = _environment()


def html(request: Request, template: str, status: int = 200, **values: Any) -> Response:
    """The rendered page. Every template gets `project`, `path`, `now`, `sign_out_token` and `action_token`."""
    config: Config = request.app.state.config
    session = request.cookies.get(cookie_name(config, SESSION), "")
    text = TEMPLATES.get_template(template).render(
        project=config.project_name,
        path=request.url.path,
        now=datetime.now(UTC),
        sign_out_token=token(config, "sign-out", session),
        action_token=token(config, ACTION, session),
        **values,
    )
    return Response(text.encode("utf-8", "replace"), status, HEADERS, "text/html; charset=utf-8")


def error_page(request: Request, status: int, title: str, advice: str) -> Response:
    """A page that says what happened and what to do."""
    return html(request, "error.html", status, title=title, advice=advice)
