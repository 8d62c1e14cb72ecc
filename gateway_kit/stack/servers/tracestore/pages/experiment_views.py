"""The handlers of the pages of experiments."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from gateway_kit.stack.servers.tracestore.pages import result_lists
from gateway_kit.stack.servers.tracestore.pages.comparison import (
    ALL,
    ScoreRow,
    by_experiment,
    compared_items,
    group_keys,
    rows_of,
    score_names,
    totals,
)
from gateway_kit.stack.servers.tracestore.pages.experiment_items import (
    MAX_ITEMS,
    Item,
    read_items,
    read_texts,
)
from gateway_kit.stack.servers.tracestore.pages.experiments import (
    FILTERS,
    list_experiments,
    read_experiments,
)
from gateway_kit.stack.servers.tracestore.pages.html import HEADERS, error_page, html
from gateway_kit.stack.servers.tracestore.pages.parameters import (
    Parameters,
    cleaned,
    option,
    read_parameters,
)
from gateway_kit.stack.servers.tracestore.store.reader import PAGE_TIMEOUT_MS, Reader, Row, reading

MAX_COMPARED = 5
ITEMS_SHOWN = 20
RESULTS = "/experiments/results"
_PARAMETERS = ("base", "score", "direction", "key", "value", "show", "order", "page")


def _reading(request: Request) -> AbstractAsyncContextManager[Reader]:
    return reading(request.app.state.pool, PAGE_TIMEOUT_MS)


async def experiments_page(request: Request) -> Response:
    """The list of experiments."""
    parameters = read_parameters(request.query_params, FILTERS)
    async with _reading(request) as database:
        page = await list_experiments(database, parameters)
        datasets = await database.rows("select id, name from datasets order by created_at desc limit 200", {})
    return html(
        request, "experiments.html", parameters=parameters, page=page, datasets=datasets, compared=MAX_COMPARED
    )  # fmt: skip


async def results_page(request: Request) -> Response:
    """One experiment's items, or several experiments side by side."""
    parameters = read_parameters(request.query_params, _PARAMETERS, "id")
    asked = [value for _, value in parameters.many]
    errors = []
    if len(asked) > MAX_COMPARED:
        errors.append(f"At most {MAX_COMPARED} experiments are compared; the first ones are shown.")
    async with _reading(request) as database:
        experiments = await read_experiments(database, asked[:MAX_COMPARED])
        if not experiments:
            advice = "The page Experiments lists all of them; choose one there, or several to compare them."
            title = "No experiment is chosen" if not asked else "There is no such experiment"
            return error_page(request, 404, title, advice)
        items = await read_items(database, [row["experiment_id"] for row in experiments])
        experiments = _in_order(experiments, items, parameters.get("base"))
        ids = [row["experiment_id"] for row in experiments]
        errors += [f"There is no experiment {one[:40]}." for one in asked[:MAX_COMPARED] if one not in ids]
        if len(items) == MAX_ITEMS:
            errors.append(f"Only the latest {MAX_ITEMS:,} items are read.")
        known = by_experiment(items)
        choice, wrong = _choice(parameters, len(ids) > 1, score_names(items), group_keys(items))
        listed = result_lists.chosen_items(
            compared_items(known, ids, choice["score"]),
            **{name: choice[name] for name in ("key", "value", "shown", "order", "score", "direction")},
        )
        offset = min(choice["page"] - 1, max(0, len(listed) - 1) // ITEMS_SHOWN) * ITEMS_SHOWN
        shown = listed[offset : offset + ITEMS_SHOWN]
        sides = [side for item in shown for side in item.sides if side is not None]
        texts = await read_texts(database, sides)
    overall = [row for name in choice["scores"] for row in rows_of(known, ids, name)]
    groups = [
        row
        for group in choice["groups"]
        for row in rows_of(known, ids, choice["score"], group, choice["key"])
    ]
    return html(
        request, "experiment_results.html", parameters=parameters, experiments=experiments, items=shown, texts=texts,
        count=len(listed), offset=offset, page_size=ITEMS_SHOWN, errors=[*errors, *wrong], address=RESULTS,
        names={row["experiment_id"]: row["name"] for row in experiments}, choice=choice,
        overall=overall, groups=groups, reach=_reach([*overall, *groups]), is_comparison=len(ids) > 1,
        repeated=len(items) - sum(map(len, known.values())), lists=result_lists,
        order_names=result_lists.ORDERS if len(ids) > 1 else result_lists.ORDERS_OF_ONE,
        shown_names=result_lists.SHOWN if len(ids) > 1 else result_lists.SHOWN_OF_ONE,
    )  # fmt: skip


def _in_order(experiments: list[Row], items: list[Item], base: str) -> list[Row]:
    """With their totals; the baseline first, which is the chosen one, else the earliest."""
    rows = [
        {**row, **totals([item for item in items if item.experiment_id == row["experiment_id"]])._asdict()}
        for row in experiments
    ]

    def place(row: Row) -> tuple[Any, ...]:
        time = row["start_time"]
        return row["experiment_id"] != base, time is None, time and time.timestamp(), row["experiment_id"]

    return sorted(rows, key=place)


def _choice(
    parameters: Parameters, is_comparison: bool, scores: Sequence[str], keys: dict[str, list[str]]
) -> tuple[dict[str, Any], list[str]]:
    """What is shown of the experiments, and sentences on what was asked for and is not there."""
    lists = result_lists
    shown, wrong_shown = option(parameters, "show", lists.SHOWN if is_comparison else lists.SHOWN_OF_ONE)
    order, wrong_order = option(parameters, "order", lists.ORDERS if is_comparison else lists.ORDERS_OF_ONE)
    direction, wrong_direction = option(parameters, "direction", lists.DIRECTIONS)
    errors = [wrong_shown, wrong_order, wrong_direction]
    score = parameters.get("score")
    if score not in scores:
        errors.append(f"There is no score {score[:40]} here." if score else "")
        score = scores[0] if scores else ""
    key = parameters.get("key") or next(iter(keys), "")
    value = parameters.get("value")
    page = parameters.get("page")
    return {
        "scores": scores, "score": score, "direction": direction, "shown": shown, "order": order,
        "keys": keys, "key": key, "value": value, "groups": keys.get(key, []),
        "page": int(page) if page.isdecimal() and page.isascii() and len(page) < 7 and int(page) else 1,
        "all": ALL,
    }, [error for error in errors if error]  # fmt: skip


def _reach(rows: Sequence[ScoreRow]) -> float:
    """The largest end of the intervals, for their common scale."""
    ends = [abs(end) for row in rows if row.difference for end in row.difference[3:6] if end is not None]
    return max(ends, default=0.0) or 1.0


async def langfuse_run_page(request: Request) -> Response:
    """Redirects the URL that the SDK's `run_experiment` returns as `dataset_run_url`."""
    experiment_id = cleaned(request.path_params["experiment_id"])
    return RedirectResponse(Parameters({"id": experiment_id}).url(RESULTS), 303, HEADERS)


async def langfuse_results_page(request: Request) -> Response:
    """Redirects the `experiment_url` of the SDK's version 5, which names a baseline and what is compared with it."""
    query = request.query_params
    given = [("id", cleaned(value)) for name in ("baseline", "c") for value in query.getlist(name)]
    target = Parameters({"base": cleaned(query.get("baseline", ""))} if len(given) > 1 else {}, tuple(given))
    return RedirectResponse(target.url(RESULTS), 303, HEADERS)


PAGES = {
    "/experiments": experiments_page,
    RESULTS: results_page,
    "/project/{project}/datasets/{dataset_id}/runs/{experiment_id}": langfuse_run_page,
    f"/project/{{project}}{RESULTS}": langfuse_results_page,
}
