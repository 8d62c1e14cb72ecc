"""The list of prompts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, LiteralString

from gateway_kit.stack.servers.tracestore.pages.filters import Cursor
from gateway_kit.stack.servers.tracestore.store.reader import Reader, Row

PAGE_SIZE = 50

_PROMPTS: LiteralString = """
    with listed as (
        select name, count(*) as versions, max(version) as newest, max(updated_at) as changed_at
        from prompts{where} group by name{having})
    select *, (select count(*) from listed) as n from listed{after}
    order by changed_at desc, name desc limit {limit}
"""
# Of the newest version, which has the tags of all, and of those with a label.
_NAMED: LiteralString = """
    select name, version, type, labels, tags from prompts p
    where name = any(%(names)s) and (labels <> '{}' or version = (
        select max(version) from prompts l where l.name = p.name))
    order by name, version desc
"""
_USED: LiteralString = """
    select p.name, count(*) as generations, count(*) filter (where o.level = 'ERROR') as failed
    from prompts p join observations o on o.prompt_id = p.id and o.prompt_id <> ''
    where p.name = any(%(names)s) group by p.name
"""


@dataclass(frozen=True)
class PromptPage:
    """One page of the list; `count` is of all pages.

    A row: name, type, versions, labels (pairs of a label and its version), tags, changed_at, generations, failed.
    """

    prompts: list[Row]
    count: int
    next: Cursor | None


async def list_prompts(reader: Reader, text: str, label: str, tag: str, cursor: Cursor | None) -> PromptPage:
    """Prompts with the text in their name, the label on a version and the tag; the last changed first."""
    conditions: list[LiteralString] = []
    having: LiteralString = ""
    after: LiteralString = ""
    values: dict[str, Any] = {"text": text, "label": [label], "tag": [tag]}
    if text:
        conditions.append("position(lower(%(text)s) in lower(name)) > 0")
    if tag:
        conditions.append("tags @> %(tag)s")
    if label:
        having = " having bool_or(labels @> %(label)s)"
    if cursor:
        after = " where (changed_at, name) < (%(after_time)s, %(after_name)s)"
        values |= {"after_time": cursor.start_time, "after_name": cursor.trace_id}
    where: LiteralString = " where " + " and ".join(conditions) if conditions else ""
    query = _PROMPTS.format(where=where, having=having, after=after, limit=PAGE_SIZE + 1)
    rows = await reader.rows(query, values)
    page = rows[:PAGE_SIZE]
    names = {"names": [row["name"] for row in page]}
    used = {row["name"]: row for row in await reader.rows(_USED, names)}
    for row in page:
        row["labels"] = []
        row["generations"] = used.get(row["name"], {}).get("generations", 0)
        row["failed"] = used.get(row["name"], {}).get("failed", 0)
    of_name = {row["name"]: row for row in page}
    for version in await reader.rows(_NAMED, names):
        row = of_name[version["name"]]
        row["labels"] += [(label, version["version"]) for label in version["labels"]]
        row["type"], row["tags"] = version["type"], version["tags"]
    following = Cursor(page[-1]["changed_at"], page[-1]["name"]) if len(rows) > PAGE_SIZE else None
    return PromptPage(page, rows[0]["n"] if rows else 0, following)
