"""The tables of prompts: a row of `prompts` is a version, a row of `prompt_references` a reference in its text.

Times are stored to the millisecond, since lists are filtered by the times that were answered.
"""

from __future__ import annotations

from typing import LiteralString

_TABLES: LiteralString = """
create table if not exists prompts (
    id             text        primary key,
    name           text        not null,
    version        integer     not null,
    type           text        not null,           -- text or chat
    prompt         jsonb       not null,           -- a text, or a list of messages
    config         json        not null,           -- as it was sent
    labels         text[]      not null,           -- each label stands on one version of a name
    tags           text[]      not null,           -- the same on all versions of a name
    commit_message text,
    created_at     timestamptz not null default date_trunc('milliseconds', now()),
    updated_at     timestamptz not null default date_trunc('milliseconds', now()),
    unique (name, version)
);

create table if not exists prompt_references (
    parent_id     text    not null references prompts (id) on delete cascade,
    position      integer not null,                -- in the order of the parent's text
    child_name    text    not null,
    child_version integer,                         -- of these two one is null
    child_label   text,
    primary key (parent_id, position)
);
"""

_INDEXES: LiteralString = """
create index if not exists prompt_references_child on prompt_references (child_name);
"""

STATEMENTS = (_TABLES, _INDEXES)
