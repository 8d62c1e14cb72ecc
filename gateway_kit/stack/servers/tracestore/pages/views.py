"""The handlers of the pages."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from gateway_kit.stack.servers.tracestore.pages.charts import dashboard_charts
from gateway_kit.stack.servers.tracestore.pages.dashboard_data import read_dashboard
from gateway_kit.stack.servers.tracestore.pages.filters import COMPARISONS, LABELS, read_filters
from gateway_kit.stack.servers.tracestore.pages.formatting import percent, plain, shorten
from gateway_kit.stack.servers.tracestore.pages.html import HEADERS, error_page, html
from gateway_kit.stack.servers.tracestore.pages.observation_detail import (
    contents,
    parameters,
    read_observation,
    read_scores,
    read_text,
)
from gateway_kit.stack.servers.tracestore.pages.outcomes import OUTCOMES
from gateway_kit.stack.servers.tracestore.pages.parameters import read_offset
from gateway_kit.stack.servers.tracestore.pages.sessions import FILTERS as SESSION_FILTERS
from gateway_kit.stack.servers.tracestore.pages.sessions import list_sessions, session_traces
from gateway_kit.stack.servers.tracestore.pages.trace_filters import known_values
from gateway_kit.stack.servers.tracestore.pages.trace_list import COUNT_LIMIT, SEARCH_LIMIT, list_traces
from gateway_kit.stack.servers.tracestore.pages.trace_summaries import summaries
from gateway_kit.stack.servers.tracestore.pages.trace_tree import (
    PAGE_SIZE,
    axis_ticks,
    build_tree,
    trace_observations,
)
from gateway_kit.stack.servers.tracestore.pages.users import FILTERS as USER_FILTERS
from gateway_kit.stack.servers.tracestore.pages.users import list_users
from gateway_kit.stack.servers.tracestore.pages.windows import CHOICES
from gateway_kit.stack.servers.tracestore.store.reader import PAGE_TIMEOUT_MS, Reader, reading
from gateway_kit.stack.servers.tracestore.store.tables.observations import LEVELS

# A parent that runs longer than this after its child is rare.
STILL_RUNNING = timedelta(minutes=10)


def _reading(request: Request) -> AbstractAsyncContextManager[Reader]:
    return reading(request.app.state.pool, PAGE_TIMEOUT_MS)


def _id(text: str) -> str:
    """An id from the URL, safe for a query."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()[:200]


async def traces_page(request: Request) -> Response:
    """The list of traces with its filters."""
    filters = read_filters(request.query_params, datetime.now(UTC), "all")
    async with _reading(request) as database:
        page = await list_traces(database, filters)
        known = await known_values(database)
        newest = await database.rows("select from observations limit 1", {})
    return html(
        request, "traces.html", filters=filters, page=page, known=known, labels=LABELS, levels=LEVELS[::-1],
        outcomes=OUTCOMES, comparisons=COMPARISONS,
        windows=CHOICES, store_is_empty=not newest, count_limit=COUNT_LIMIT, search_limit=SEARCH_LIMIT,
    )  # fmt: skip


async def trace_page(request: Request) -> Response:
    """A trace: its tree, and the chosen observation, else the first."""
    trace_id = _id(request.path_params["trace_id"])
    offset = read_offset(request.query_params)
    async with _reading(request) as database:
        traces = await summaries(database, [trace_id])
        if not traces:
            advice = (
                "If it has not arrived yet, load the page again in a second. Retention may have deleted it."
            )
            return error_page(request, 404, f"There is no trace {shorten(plain(trace_id), 40)}", advice)
        rows = await trace_observations(database, trace_id, offset)
        summary = traces[0]
        nodes = build_tree(rows, summary["start_time"], summary["end_time"])
        wanted = _id(request.query_params.get("observation", ""))
        chosen = wanted or (nodes[0].row["id"] if nodes else "")
        row = await read_observation(database, trace_id, chosen)
        scores = await read_scores(database, trace_id)
    return html(
        request, "trace.html", 200 if row or not wanted else 404, trace=summary, nodes=nodes, chosen=chosen,
        observation=row, contents=contents(row) if row else {}, parameters=parameters(row) if row else [],
        scores=scores, recent=datetime.now(UTC) - summary["end_time"] < STILL_RUNNING,
        ticks=axis_ticks(summary["latency_ms"]), offset=offset, page_size=PAGE_SIZE,
    )  # fmt: skip


async def langfuse_trace_page(request: Request) -> Response:
    """Redirects Langfuse's URL of a trace, as returned by the SDK's `get_trace_url`, to the page here."""
    trace_id = quote(_id(request.path_params["trace_id"]), safe="")
    return RedirectResponse(f"/traces/{trace_id}", 303, HEADERS)


async def text_page(request: Request) -> Response:
    """A whole input or output as plain text."""
    column = request.path_params["column"]
    if column not in ("input", "output"):
        return error_page(
            request, 404, "There is no such text", "Open the trace: it links its inputs and outputs."
        )
    async with _reading(request) as database:
        text = await read_text(
            database, _id(request.path_params["trace_id"]), _id(request.path_params["observation_id"]), column
        )
    if text is None:
        return error_page(
            request, 404, f"There is no {column} here", "Open the trace to see its observations."
        )
    headers = {**HEADERS, "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'"}
    return Response(text.encode("utf-8", "replace"), 200, headers, "text/plain; charset=utf-8")


async def sessions_page(request: Request) -> Response:
    """The list of sessions."""
    filters = read_filters(request.query_params, datetime.now(UTC), "all").only(SESSION_FILTERS)
    async with _reading(request) as database:
        sessions, following = await list_sessions(database, filters)
        known = await known_values(database)
    return html(
        request, "sessions.html", filters=filters, sessions=sessions, following=following, known=known, windows=CHOICES
    )  # fmt: skip


async def session_page(request: Request) -> Response:
    """One session's traces in order."""
    session_id = _id(request.query_params.get("id", ""))
    async with _reading(request) as database:
        traces, count, failed = await session_traces(database, session_id)
    if not traces:
        return error_page(
            request,
            404,
            f"There is no session {shorten(plain(session_id), 40)}",
            "The page Sessions lists all sessions.",
        )
    return html(request, "session.html", session_id=session_id, traces=traces, count=count, failed=failed)


async def users_page(request: Request) -> Response:
    """The list of users."""
    filters = read_filters(request.query_params, datetime.now(UTC), "all").only(USER_FILTERS)
    async with _reading(request) as database:
        page = await list_users(database, filters)
    return html(request, "users.html", filters=filters, page=page, windows=CHOICES)


async def dashboard_page(request: Request) -> Response:
    """Requests, cost, latency, errors, tokens and cache hits."""
    now = datetime.now(UTC)
    filters = read_filters(request.query_params, now, "24h")
    model = _id(request.query_params.get("model", ""))
    async with _reading(request) as database:
        data = await read_dashboard(database, filters.window, model, now)
    where = filters.window.title + (f", {shorten(plain(model), 40)}" if model else "")
    return html(
        request, "dashboard.html", filters=filters, data=data, model=model, windows=CHOICES, where=where,
        charts=dashboard_charts(data, where) if data.total["requests"] else [], percent=percent,
        top={
            "requests": max((row["requests"] for row in data.models), default=0),
            "cost": max((row["cost_usd"] for row in data.models), default=0),
            "latency": max((row["p95_ms"] or 0 for row in data.models), default=0),
        },
    )  # fmt: skip
