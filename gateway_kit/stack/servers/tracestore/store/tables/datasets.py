"""The tables `datasets` and `dataset_items`.

A row of `dataset_items` is a version of an item: it holds from `valid_from` until `valid_to`, and the current one has
no end. A deleted item ends with a version that says so, thus its earlier versions can still be listed. Values are JSON
as text, so that the order of their keys stays; null is none. Times are to the millisecond, as they are answered and
asked for.
"""

from __future__ import annotations

from typing import LiteralString

STATUSES = ("ACTIVE", "ARCHIVED")

_TABLES: LiteralString = """
create table if not exists datasets (
    id                      text           primary key,
    name                    text           not null unique,
    description             text,
    metadata                text,
    input_schema            text,
    expected_output_schema  text,
    created_at              timestamptz(3) not null,
    updated_at              timestamptz(3) not null
);

create table if not exists dataset_items (
    id                      text           not null,   -- unique over all datasets
    dataset_id              text           not null references datasets (id) on delete cascade,
    valid_from              timestamptz(3) not null,
    valid_to                timestamptz(3),
    is_deleted              boolean        not null default false,
    status                  text           not null default 'ACTIVE',  -- one of STATUSES
    input                   text,
    expected_output         text,
    metadata                text,
    source_trace_id         text,
    source_observation_id   text,
    updated_at              timestamptz(3) not null,
    primary key (id, valid_from)
);
"""

# The first keeps an item from having two current versions. The others serve the lists, newest first: their counts and
# pages are found without the rows, whose texts may be long.
_INDEXES: LiteralString = """
create unique index if not exists dataset_items_current on dataset_items (id) where valid_to is null;
create index if not exists dataset_items_of_one on dataset_items (dataset_id, valid_from desc, id)
    include (status) where valid_to is null and not is_deleted;
create index if not exists dataset_items_of_all on dataset_items (valid_from desc, id)
    include (status) where valid_to is null and not is_deleted;
create index if not exists dataset_items_versions on dataset_items (dataset_id, valid_from desc, id)
    include (status, valid_to, is_deleted);
"""

STATEMENTS = (_TABLES, _INDEXES)
