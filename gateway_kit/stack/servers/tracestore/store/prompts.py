"""Reading and changing versions of prompts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from psycopg import AsyncConnection
from psycopg.rows import class_row

LATEST = "latest"  # always on the newest version
PRODUCTION = "production"  # on the version that is read unless another is asked for
LABEL_PATTERN = r"^[a-z0-9_\-.]+$"
MAX_LABEL_CHARS = 36

LOCK = 7262002  # changes come one after the other, so that no version and no label is lost
_MAX_VERSION = 2**31 - 1  # of PostgreSQL's integer

_COLUMNS = "id, name, version, type, prompt::text, config::text, labels, tags, commit_message, created_at, updated_at"
_REFERENCES = """
(select coalesce(json_agg(json_build_array(child_name, child_version, child_label) order by position), '[]')
    from prompt_references where parent_id = prompts.id)::text as sent_references
"""
_SELECT = f"select {_COLUMNS}, {_REFERENCES} from prompts where name = %s"
_NOW = "date_trunc('milliseconds', now())"


class Reference(NamedTuple):
    """A place in a prompt's text where another prompt belongs; of version and label one is None."""

    name: str
    version: int | float | None
    label: str | None


@dataclass(frozen=True, slots=True)
class Prompt:
    """A version of a prompt; `prompt` and `config` as JSON."""

    id: str
    name: str
    version: int
    type: str
    prompt: str
    config: str
    labels: list[str]
    tags: list[str]
    commit_message: str | None
    created_at: datetime
    updated_at: datetime
    sent_references: str = "[]"

    @property
    def references(self) -> list[Reference]:
        """The references in its text, in their order."""
        return [Reference(*parts) for parts in orjson.loads(self.sent_references)]


async def _prompts(connection: AsyncConnection, query: str, values: Sequence[Any]) -> list[Prompt]:
    async with connection.cursor(row_factory=class_row(Prompt)) as cursor:
        await cursor.execute(query.encode(), values)
        return await cursor.fetchall()


async def find(
    connection: AsyncConnection, name: str, version: float | None = None, label: str | None = None
) -> Prompt | None:
    """One version of a prompt, by its number or by a label on it."""
    if version is not None:
        if version != int(version) or not 0 < version <= _MAX_VERSION:
            return None
        found = await _prompts(connection, f"{_SELECT} and version = %s", (name, int(version)))
    else:
        found = await _prompts(connection, f"{_SELECT} and labels @> %s", (name, [label]))
    return found[0] if found else None


async def versions(connection: AsyncConnection, name: str) -> list[Prompt]:
    """All versions, the newest first."""
    return await _prompts(connection, f"{_SELECT} order by version desc", (name,))


async def newest(connection: AsyncConnection, name: str) -> Prompt | None:
    """The version with the highest number."""
    found = await _prompts(connection, f"{_SELECT} order by version desc limit 1", (name,))
    return found[0] if found else None


async def insert(connection: AsyncConnection, new: Prompt, references: Iterable[Reference]) -> Prompt:
    """The new version as it is stored."""
    stored = await _prompts(
        connection,
        "insert into prompts (id, name, version, type, prompt, config, labels, tags, commit_message)"
        f" values (%s, %s, %s, %s, %s::jsonb, %s::json, %s, %s, %s) returning {_COLUMNS}",
        (
            new.id, new.name, new.version, new.type, new.prompt, new.config, new.labels, new.tags, new.commit_message,
        ),
    )  # fmt: skip
    async with connection.cursor() as cursor:
        await cursor.executemany(
            "insert into prompt_references (parent_id, position, child_name, child_version, child_label)"
            " values (%s, %s, %s, %s, %s)",
            [(new.id, place, *reference) for place, reference in enumerate(references)],
        )
    return stored[0]


async def take_labels(
    connection: AsyncConnection, name: str, labels: Sequence[str], but_from: str = ""
) -> None:
    """Take the labels from all versions, but from the one with the id `but_from`."""
    await connection.execute(
        "update prompts set labels = array(select label from unnest(labels) with ordinality as given (label, place)"
        f" where label <> all(%s) order by place), updated_at = {_NOW}"
        " where name = %s and id <> %s and labels && %s".encode(),
        (list(labels), name, but_from, list(labels)),
    )


async def set_labels(connection: AsyncConnection, prompt_id: str, labels: Sequence[str]) -> Prompt:
    """The version with these labels instead of its own."""
    changed = await _prompts(
        connection,
        f"update prompts set labels = %s, updated_at = {_NOW} where id = %s returning {_COLUMNS}",
        (list(labels), prompt_id),
    )
    return changed[0]


async def add_labels(connection: AsyncConnection, prompt: Prompt, labels: Sequence[str]) -> Prompt:
    """The version with these labels before its own; no other version of the name has them any more."""
    await take_labels(connection, prompt.name, labels, but_from=prompt.id)
    return await set_labels(connection, prompt.id, list(dict.fromkeys([*labels, *prompt.labels])))


async def set_tags(connection: AsyncConnection, name: str, tags: Sequence[str]) -> None:
    """Give all versions these tags."""
    await connection.execute(
        f"update prompts set tags = %s, updated_at = {_NOW} where name = %s".encode(), (list(tags), name)
    )


async def delete(connection: AsyncConnection, ids: Iterable[str]) -> None:
    """Delete versions, with their references to others."""
    await connection.execute("delete from prompts where id = any(%s)", (list(ids),))


class Dependent(NamedTuple):
    """A version that refers to another prompt, by version or label."""

    name: str
    version: int
    child_version: int | None
    child_label: str | None


async def dependents(connection: AsyncConnection, name: str) -> list[Dependent]:
    """Which versions refer to the prompt, in the order in which they were made."""
    cursor = await connection.execute(
        "select p.name, p.version, r.child_version, r.child_label from prompt_references r"
        " join prompts p on p.id = r.parent_id where r.child_name = %s order by p.created_at, p.id, r.position",
        (name,),
    )
    return [Dependent(*row) for row in await cursor.fetchall()]
