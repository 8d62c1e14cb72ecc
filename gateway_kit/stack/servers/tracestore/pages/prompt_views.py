"""The handlers of the pages of prompts."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import urlencode

from psycopg import AsyncConnection
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from gateway_kit.stack.servers.tracestore.pages.differences import difference
from gateway_kit.stack.servers.tracestore.pages.filters import Cursor, read_cursor
from gateway_kit.stack.servers.tracestore.pages.formatting import plain, shorten
from gateway_kit.stack.servers.tracestore.pages.html import HEADERS, error_page, html
from gateway_kit.stack.servers.tracestore.pages.prompt_list import list_prompts
from gateway_kit.stack.servers.tracestore.pages.prompt_text import (
    config_text,
    content_of,
    text_of,
    tree_of,
    variables_of,
)
from gateway_kit.stack.servers.tracestore.pages.prompt_versions import (
    SCORES_SHOWN,
    count_versions,
    generations,
    labels_of,
    some_versions,
    version_rows,
    with_usage,
)
from gateway_kit.stack.servers.tracestore.pages.windows import CHOICES, read_window
from gateway_kit.stack.servers.tracestore.store import prompts
from gateway_kit.stack.servers.tracestore.store.prompt_resolution import Resolution, UnresolvedError, finder
from gateway_kit.stack.servers.tracestore.store.prompts import (
    LABEL_PATTERN,
    LATEST,
    MAX_LABEL_CHARS,
    PRODUCTION,
)
from gateway_kit.stack.servers.tracestore.store.reader import PAGE_TIMEOUT_MS, Reader, snapshot
from gateway_kit.stack.servers.tracestore.store.writing import writing

MAX_NAME_CHARS = 1000
BAD_CURSOR = "The link's place in the list is not valid; this is the first page."


class Databases(NamedTuple):
    """One snapshot, for queries of the pages and for those of the store."""

    reader: Reader
    connection: AsyncConnection


@asynccontextmanager
async def _reading(request: Request) -> AsyncIterator[Databases]:
    async with snapshot(request.app.state.pool, PAGE_TIMEOUT_MS) as connection:
        yield Databases(Reader(connection), connection)


def _text(values: Mapping[str, str], name: str) -> str:
    """A parameter, without what PostgreSQL cannot store."""
    return values.get(name, "").replace("\0", "").encode("utf-8", "replace").decode()[:MAX_NAME_CHARS]


def _version(values: Mapping[str, str], name: str = "version") -> int | None:
    """A version's number; None if there is none, or it cannot be one."""
    text = values.get(name, "")
    return int(text) if text.isdecimal() and text.isascii() and len(text) < 10 else None


def _cursor(request: Request) -> tuple[Cursor | None, list[str]]:
    """The place in a list, and a sentence if it is not valid."""
    if "cursor" not in request.query_params:
        return None, []
    cursor = read_cursor(request.query_params["cursor"])
    return cursor, [] if cursor else [BAD_CURSOR]


def _no_prompt(request: Request, name: str, version: int | None = None) -> Response:
    which = f"There is no prompt {shorten(plain(name), 60)}"
    if version is not None:
        which += f" with version {version}"
    advice = "It was deleted, or never made. The page Prompts lists all prompts."
    return error_page(request, 404, which, advice)


async def prompts_page(request: Request) -> Response:
    """The list of prompts."""
    chosen = {name: _text(request.query_params, name).strip() for name in ("q", "label", "tag")}
    cursor, errors = _cursor(request)
    async with _reading(request) as (reader, _):
        page = await list_prompts(reader, chosen["q"], chosen["label"], chosen["tag"], cursor)
    kept = {name: text for name, text in chosen.items() if text}
    return html(request, "prompts.html", page=page, kept=kept, cursor=cursor, errors=errors)


async def prompt_page(request: Request) -> Response:
    """A prompt with its versions, and the chosen one: else that in production, else the newest."""
    query = request.query_params
    name, wanted, before = _text(query, "name"), _version(query), _version(query, "before")
    window = read_window({"window": query.get("window", "")}, datetime.now(UTC), "all")
    cursor, errors = _cursor(request)
    async with _reading(request) as (reader, connection):
        count = await count_versions(reader, name)
        if not count or ("version" in query and wanted is None):
            return _no_prompt(request, name)
        labels = await labels_of(reader, name)
        number = wanted or labels.get(PRODUCTION) or labels.get(LATEST)
        prompt = await (
            prompts.find(connection, name, number) if number else prompts.newest(connection, name)
        )
        if prompt is None:
            return _no_prompt(request, name, wanted)
        rows = await version_rows(reader, name, before)
        versions, scores = await with_usage(reader, rows, window)
        uses, following = await generations(reader, prompt.id, window, cursor)
        dependents = [
            one
            for one in await prompts.dependents(connection, name)
            if one.child_version == prompt.version or one.child_label in prompt.labels
        ]
        resolution, fault = Resolution(prompt, finder(connection)), ""
        resolved = prompt.prompt
        try:
            resolved = await resolution.prompt_json()
        except UnresolvedError as exc:
            fault = str(exc)
    errors += [window.error] if window.error else []
    moved = _text(query, "moved")
    return html(
        request, "prompt.html", name=name, count=count, prompt=prompt, labels=labels, versions=versions,
        scores=scores[:SCORES_SHOWN], more_scores=len(scores[SCORES_SHOWN:]), window=window, windows=CHOICES,
        generations=uses, following=following, cursor=cursor, errors=errors, before=before, latest=LATEST,
        production=PRODUCTION, dependents=dependents, content=content_of(prompt.prompt),
        resolved=content_of(resolved) if prompt.references else None, tree=tree_of(resolution.graph()), fault=fault,
        variables=variables_of(prompt.prompt), config=config_text(prompt.config),
        moved=moved if labels.get(moved) == prompt.version else "", was_on=_version(query, "from"),
        kept={"name": name, "version": prompt.version, **({} if window.choice == "all" else {"window": window.choice})},
    )  # fmt: skip


async def compare_page(request: Request) -> Response:
    """Two versions side by side: else the newest, and that in production or the one before."""
    query = request.query_params
    name = _text(query, "name")
    async with _reading(request) as (reader, connection):
        numbers = [row["version"] for row in await version_rows(reader, name)]
        if not numbers:
            return _no_prompt(request, name)
        labels = await labels_of(reader, name)
        right = _version(query, "right") or numbers[0]
        left = _version(query, "left") or labels.get(PRODUCTION, right)
        if left == right and "left" not in query:
            left = max((number for number in numbers if number < right), default=right)
        pair = [await prompts.find(connection, name, number) for number in (left, right)]
        if pair[0] is None or pair[1] is None:
            return _no_prompt(request, name, left if pair[0] is None else right)
        rows = await some_versions(reader, name, {left, right})
        versions, scores = await with_usage(reader, rows, read_window({}, datetime.now(UTC), "all"))
    texts = [(text_of(one.prompt), config_text(one.config)) for one in pair if one]
    compared = [
        await run_in_threadpool(difference, old, new) for old, new in zip(texts[0], texts[1], strict=True)
    ]
    return html(
        request, "prompt_compare.html", name=name, left=pair[0], right=pair[1], text=compared[0], config=compared[1],
        has_config=any(config for _, config in texts), numbers=sorted({*numbers, left, right}, reverse=True),
        versions=versions, scores=scores[:SCORES_SHOWN], more_scores=len(scores[SCORES_SHOWN:]), labels=labels,
    )  # fmt: skip


async def prompt_text_page(request: Request) -> Response:
    """A version's whole text."""
    name, version = _text(request.query_params, "name"), _version(request.query_params)
    async with _reading(request) as (_, connection):
        prompt = await prompts.find(connection, name, version) if version else None
    if prompt is None:
        return _no_prompt(request, name, version)
    headers = {**HEADERS, "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'"}
    text = text_of(prompt.prompt).encode("utf-8", "replace")
    return Response(text, 200, headers, "text/plain; charset=utf-8")


async def put_label(request: Request, form: Mapping[str, str]) -> Response:
    """Move a label to a version; it is taken from the version that had it."""
    name, version = _text(request.query_params, "name"), _version(form)
    label = _text(form, "label").strip()
    if not re.fullmatch(LABEL_PATTERN, label) or len(label) > MAX_LABEL_CHARS:
        advice = (
            f"A label has 1 to {MAX_LABEL_CHARS} characters: a to z, 0 to 9, _, - and full stops. Go back."
        )
        return error_page(request, 400, f"{shorten(plain(label), 60)} cannot be a label", advice)
    if label == LATEST:
        advice = "It moves when a new version is made. Go back and choose another label."
        return error_page(request, 400, "The label latest is always on the newest version", advice)
    async with writing(request.app.state.pool, prompts.LOCK) as connection:
        prompt = await prompts.find(connection, name, version) if version else None
        if prompt is None:
            return _no_prompt(request, name, version)
        earlier = await prompts.find(connection, name, label=label)
        if label not in prompt.labels:
            await prompts.add_labels(connection, prompt, [label])
    where = {"name": name, "version": str(prompt.version), "moved": label}
    if earlier is not None and earlier.version != prompt.version:
        where["from"] = str(earlier.version)
    return RedirectResponse(f"/prompt?{urlencode(where)}", 303, HEADERS)


PAGES = {
    "/prompts": prompts_page,
    "/prompt": prompt_page,
    "/prompt/compare": compare_page,
    "/prompt/text": prompt_text_page,
}
ACTIONS = {"/prompt": put_label}
