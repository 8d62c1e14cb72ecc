"""Media: what was declared and uploaded, and where it belongs. The bytes lie in a folder, under their ids."""

from __future__ import annotations

from typing import LiteralString

_TABLES: LiteralString = """
create table if not exists media (
    id             text        primary key,       -- the first 22 letters of the hash, safe in a URL
    sha256         text        not null,          -- base64
    content_type   text        not null,
    content_length bigint      not null,
    is_stored      boolean     not null default false,  -- its bytes are in the folder
    uploaded_at    timestamptz,                   -- these three are what the client says
    upload_status  integer,
    upload_error   text,
    created_at     timestamptz not null,
    updated_at     timestamptz not null           -- the last declaration
);

create table if not exists media_links (
    media_id        text not null references media (id) on delete cascade,
    trace_id        text not null default '',     -- of a trace or an observation
    observation_id  text not null default '',
    dataset_id      text not null default '',     -- or of an item, which may come later
    dataset_item_id text not null default '',
    field           text not null,                -- input, output, expectedOutput, metadata
    primary key (media_id, trace_id, observation_id, dataset_id, dataset_item_id, field)
);
create index if not exists media_links_trace on media_links (trace_id) where trace_id <> '';
"""

STATEMENTS = (_TABLES,)
