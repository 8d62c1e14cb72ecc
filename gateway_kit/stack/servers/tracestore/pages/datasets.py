"""Datasets, their items, and the versions of an item."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, LiteralString

from gateway_kit.stack.servers.tracestore.pages.content import READ_LIMIT, read_content
from gateway_kit.stack.servers.tracestore.pages.experiments import NEWEST
from gateway_kit.stack.servers.tracestore.pages.filters import Cursor
from gateway_kit.stack.servers.tracestore.pages.parameters import Page, Parameters
from gateway_kit.stack.servers.tracestore.store.reader import Reader, Row

PAGE_SIZE = 50
MAX_VERSIONS = 200
STATUSES = {"active": "active", "archived": "archived", "all": "active and archived"}
FILTERS = ("q", "status", "key", "value", "at")
TEXTS = ("input", "expected_output", "metadata")
_KEYS_FROM = 500  # items whose metadata are read to suggest keys

_CURRENT: LiteralString = "i.valid_to is null and not i.is_deleted"
_AT: LiteralString = (
    "i.valid_from <= %(at)s and (i.valid_to is null or i.valid_to > %(at)s) and not i.is_deleted"
)
_COUNTS: LiteralString = (
    "select dataset_id, count(*) filter (where status = 'ACTIVE') as active,"
    " count(*) filter (where status = 'ARCHIVED') as archived from dataset_items i"
    " where dataset_id = any(%(ids)s) and " + _CURRENT + " group by dataset_id"
)
# The keys of an object; no rows for any other value.
_OBJECT: LiteralString = "(case when left(i.metadata, 1) = '{' then i.metadata::json else '{}'::json end)"


async def list_datasets(reader: Reader, parameters: Parameters) -> Page:
    """A page of datasets, the newest first, each with its active and archived items and its experiments."""
    values: dict[str, Any] = {"q": parameters.get("q")}
    after: LiteralString = ""
    if parameters.cursor:
        after = " where (created_at, id) < (%(after_time)s, %(after_id)s)"
        values |= {"after_time": parameters.cursor.start_time, "after_id": parameters.cursor.trace_id}
    rows = await reader.rows(
        "with matching as (select * from datasets where position(lower(%(q)s) in lower(name)) > 0)"
        " select id, name, left(description, 1000) as description, created_at, updated_at,"
        f" (select count(*) from matching) as n from matching{after}"
        f" order by created_at desc, id desc limit {PAGE_SIZE + 1}",
        values,
    )
    page = rows[:PAGE_SIZE]
    following = Cursor(page[-1]["created_at"], page[-1]["id"]) if len(rows) > PAGE_SIZE else None
    return Page(await _with_counts(reader, page), rows[0]["n"] if rows else 0, following)


async def read_dataset(reader: Reader, dataset_id: str) -> Row | None:
    """The dataset with its counts, metadata and schemas as Content; None if there is none."""
    rows = await reader.rows("select * from datasets where id = %(id)s", {"id": dataset_id})
    if not rows:
        return None
    (row,) = await _with_counts(reader, rows)
    for name in ("metadata", "input_schema", "expected_output_schema"):
        row[name] = _content(row[name])
    return row


async def _with_counts(reader: Reader, rows: list[Row]) -> list[Row]:
    values = {"ids": [row["id"] for row in rows]}
    counts = {row["dataset_id"]: row for row in await reader.rows(_COUNTS, values)}
    used = await reader.rows(
        NEWEST
        + "select dataset_id, count(*) as n from newest where dataset_id = any(%(ids)s) group by dataset_id",
        values,
    )
    experiments = {row["dataset_id"]: row["n"] for row in used}
    nothing = {"active": 0, "archived": 0}
    return [
        {**row, **counts.get(row["id"], nothing), "experiments": experiments.get(row["id"], 0)}
        for row in rows
    ]


async def list_items(
    reader: Reader, dataset_id: str, parameters: Parameters, status: str, at: datetime | None
) -> Page:
    """A page of items as of a time, the latest change first; None is now."""
    values: dict[str, Any] = {"id": dataset_id, "status": status.upper(), "at": at}
    where: LiteralString = "i.dataset_id = %(id)s and " + (_CURRENT if at is None else _AT)
    if status != "all":
        where += " and i.status = %(status)s"
    if parameters.get("q"):
        values["q"] = parameters.get("q")
        where += (
            " and position(lower(%(q)s)"
            " in lower(concat_ws(' ', i.id, i.input, i.expected_output, i.metadata))) > 0"
        )
    if parameters.get("key"):
        values |= {"key": parameters.get("key"), "value": parameters.get("value")}
        text = _OBJECT + " ->> %(key)s"
        where += " and " + (text + " = %(value)s" if values["value"] else "(" + text + ") is not null")
    after: LiteralString = ""
    if parameters.cursor:
        values |= {"after_time": parameters.cursor.start_time, "after_id": parameters.cursor.trace_id}
        after = (
            " and i.valid_from <= %(after_time)s and (i.valid_from < %(after_time)s or i.id > %(after_id)s)"
        )
    (count,) = await reader.rows("select count(*) as n from dataset_items i where " + where, values)
    # The page's place is found before its rows are read, whose texts may be long.
    rows = await reader.rows(
        "with page as (select i.id, i.valid_from from dataset_items i where " + where + after +
        f" order by i.valid_from desc, i.id limit {PAGE_SIZE + 1})"
        " select i.id, i.valid_from, i.status, i.source_trace_id, i.source_observation_id,"
        + _text_columns(2_000) +
        " from page join dataset_items i using (id, valid_from) order by i.valid_from desc, i.id",
        values,
    )  # fmt: skip
    page = rows[:PAGE_SIZE]
    following = Cursor(page[-1]["valid_from"], page[-1]["id"]) if len(rows) > PAGE_SIZE else None
    return Page([_with_contents(row) for row in page], count["n"], following)


async def metadata_keys(reader: Reader, dataset_id: str) -> list[str]:
    """Keys of the metadata of some of the items, to suggest them."""
    rows = await reader.rows(
        "select distinct left(key, 200) as key from (select metadata from dataset_items i where dataset_id = %(id)s"
        f" and {_CURRENT} order by valid_from desc, id limit {_KEYS_FROM}) as i, json_object_keys({_OBJECT}) as key"
        " order by 1 limit 100",
        {"id": dataset_id},
    )
    return [row["key"] for row in rows]


async def item_versions(reader: Reader, dataset_id: str, item_id: str) -> list[Row]:
    """The versions of an item, the latest first, with the names of what changed from the version before."""
    rows = await reader.rows(
        "select id, valid_from, valid_to, is_deleted, status, source_trace_id, source_observation_id,"
        " array_remove(array["
        "case when input is distinct from lead(input) over w then 'input' end,"
        "case when expected_output is distinct from lead(expected_output) over w then 'expected output' end,"
        "case when metadata is distinct from lead(metadata) over w then 'metadata' end,"
        "case when status is distinct from lead(status) over w then 'status' end], null) as changes"
        " from dataset_items where dataset_id = %(dataset)s and id = %(id)s"
        f" window w as (order by valid_from desc) order by valid_from desc limit {MAX_VERSIONS}",
        {"dataset": dataset_id, "id": item_id},
    )
    return rows


async def read_version(reader: Reader, item_id: str, valid_from: datetime) -> Row:
    """The texts of a version as Content."""
    (row,) = await reader.rows(
        f"select {_text_columns(READ_LIMIT)} from dataset_items i where id = %(id)s and valid_from = %(time)s",
        {"id": item_id, "time": valid_from},
    )
    return _with_contents(row)


def _text_columns(length: int) -> str:
    return ", ".join(
        f"left(i.{name}, {length}) as {name}, length(i.{name}) as {name}_length" for name in TEXTS
    )


def _with_contents(row: Row) -> Row:
    """The row with its texts as Content, and the pairs of metadata that are an object."""
    return {
        **row,
        "pairs": _pairs(row["metadata"]),
        **{name: read_content(row[name], row[f"{name}_length"]) for name in TEXTS},
    }


def _pairs(metadata: str | None) -> list[tuple[str, str]]:
    try:
        value = json.loads(metadata or "null")
    except (ValueError, RecursionError):  # it was cut, or is nested too deeply
        return []
    if not isinstance(value, dict):
        return []
    return [
        (key, one if isinstance(one, str) else json.dumps(one, ensure_ascii=False))
        for key, one in value.items()
    ]


def _content(text: str | None) -> Any:
    return read_content(text and text[:READ_LIMIT], None if text is None else len(text))
