"""The handlers of the pages of annotation queues."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from gateway_kit.stack.servers.tracestore.config import Config
from gateway_kit.stack.servers.tracestore.pages.choices import (
    FIELD_KEY,
    MAX_TEXT_CHARS,
    SKIP_KEY,
    UNDO_KEY,
    UnfitValueError,
    choices,
    limits,
    read_value,
    shown_value,
)
from gateway_kit.stack.servers.tracestore.pages.formatting import plain, shorten
from gateway_kit.stack.servers.tracestore.pages.html import HEADERS, POLICY, error_page, html
from gateway_kit.stack.servers.tracestore.pages.parameters import cleaned, read_offset
from gateway_kit.stack.servers.tracestore.pages.queue_list import (
    PAGE_SIZE,
    configs_of,
    item_to_judge,
    list_items,
    list_queues,
    one_queue,
    subject_of,
)
from gateway_kit.stack.servers.tracestore.store import judging
from gateway_kit.stack.servers.tracestore.store.queues import UnknownConfigError, UnknownItemError
from gateway_kit.stack.servers.tracestore.store.reader import PAGE_TIMEOUT_MS, Reader, reading

STATUSES = {"": "all", "PENDING": "waiting", "COMPLETED": "judged"}


def _reading(request: Request) -> AbstractAsyncContextManager[Reader]:
    return reading(request.app.state.pool, PAGE_TIMEOUT_MS)


def _no_queue(request: Request, queue_id: str) -> Response:
    advice = "The page Queues lists all queues."
    return error_page(request, 404, f"There is no queue {shorten(plain(queue_id), 40)}", advice)


def _no_item(request: Request) -> Response:
    advice = "It was taken off the queue. Open the queue to see its items."
    return error_page(request, 404, "There is no such item in this queue", advice)


async def queues_page(request: Request) -> Response:
    """The list of queues."""
    offset = read_offset(request.query_params)
    async with _reading(request) as reader:
        queues = await list_queues(reader, offset)
    return html(request, "queues.html", queues=queues[:PAGE_SIZE], offset=offset,
                following=offset + PAGE_SIZE if len(queues) > PAGE_SIZE else 0)  # fmt: skip


async def queue_page(request: Request) -> Response:
    """A queue with its items."""
    queue_id, offset = cleaned(request.path_params["queue_id"]), read_offset(request.query_params)
    status = cleaned(request.query_params.get("status", "")).upper()
    status = status if status in STATUSES else ""
    async with _reading(request) as reader:
        queue = await one_queue(reader, queue_id)
        if queue is None:
            return _no_queue(request, queue_id)
        configs = await configs_of(reader, queue["score_config_ids"])
        items = await list_items(reader, queue_id, status, offset, configs)
    return html(
        request, "queue.html", queue=queue, configs=configs, items=items[:PAGE_SIZE], offset=offset, chosen=status,
        statuses=STATUSES, following=offset + PAGE_SIZE if len(items) > PAGE_SIZE else 0, shown_value=shown_value,
    )  # fmt: skip


async def judge_page(request: Request) -> Response:
    """The item to judge, with a key for each choice."""
    return await _judge_page(request)


async def _judge_page(request: Request, status: int = 200, error: str = "", item_id: str = "") -> Response:
    config: Config = request.app.state.config
    queue_id = cleaned(request.path_params["queue_id"])
    wanted, after = (cleaned(request.query_params.get(name, "")) for name in ("item", "after"))
    async with _reading(request) as reader:
        queue = await one_queue(reader, queue_id)
        if queue is None:
            return _no_queue(request, queue_id)
        item = await item_to_judge(reader, queue_id, item_id or wanted, after)
        if item is None and (item_id or wanted):
            return _no_item(request)
        configs = [
            row for row in await configs_of(reader, queue["score_config_ids"]) if not row["is_archived"]
        ]
        given = await judging.judgements(reader, item["id"], [row["id"] for row in configs]) if item else {}
        subject = await subject_of(reader, item) if item else None
        last = await judging.last_judgement(reader, queue_id, config.user_id)
    has_keys = request.query_params.get("keys") != "off"
    # Keys belong to the first config that has no score yet, else to the first.
    active = next(
        (row["id"] for row in configs if row["id"] not in given), configs[0]["id"] if configs else ""
    )
    response = html(
        request, "judge.html", status, queue=queue, item=item, subject=subject, configs=configs, given=given, last=last,
        active=active, has_keys=has_keys, error=error, choices=choices, limits=limits, shown_value=shown_value,
        max_text_chars=MAX_TEXT_CHARS, keys={"undo": UNDO_KEY, "skip": SKIP_KEY, "field": FIELD_KEY},
        here=f"/queues/{quote(queue_id, safe='')}/judge", kept={} if has_keys else {"keys": "off"},
    )  # fmt: skip
    response.headers["Content-Security-Policy"] = f"{POLICY}; script-src 'self'"
    return response


async def change_judgement(request: Request, form: Mapping[str, str]) -> Response:
    """Judge an item, take a judgement back, or complete an item as it is; then the next item."""
    pool, config = request.app.state.pool, request.app.state.config
    queue_id = cleaned(request.path_params["queue_id"])
    item_id, config_id = cleaned(form.get("item", "")), cleaned(form.get("config", ""))
    following: dict[str, str] = {"after": item_id}
    try:
        if form.get("action") == "undo":
            await judging.take_back(pool, queue_id, item_id, config_id)
            following = {"item": item_id}
        elif form.get("action") == "complete":
            await judging.complete(pool, queue_id, item_id)
        else:
            sent = form.get("value", "").replace("\0", "").encode("utf-8", "replace").decode()
            is_done = await judging.judge(
                pool, queue_id, item_id, config_id, lambda row: read_value(row, sent), config.user_id
            )
            following = following if is_done else {"item": item_id}
    except UnknownItemError:
        return _no_item(request)
    except UnknownConfigError:
        advice = "Open the queue to see what it judges by."
        return error_page(request, 404, "The queue has no such score config", advice)
    except UnfitValueError as exc:
        return await _judge_page(request, 400, str(exc), item_id)
    if request.query_params.get("keys") == "off":
        following["keys"] = "off"
    return RedirectResponse(f"/queues/{quote(queue_id, safe='')}/judge?{urlencode(following)}", 303, HEADERS)


PAGES = {
    "/queues": queues_page,
    "/queues/{queue_id}": queue_page,
    "/queues/{queue_id}/judge": judge_page,
}
ACTIONS = {"/queues/{queue_id}/judge": change_judgement}
