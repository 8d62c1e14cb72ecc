"""The table `own_models`: models with prices of one's own, which come before those of the price map."""

from __future__ import annotations

from typing import LiteralString

_TABLE: LiteralString = """
create table if not exists own_models (
    id               text        primary key,
    name             text        not null,
    match_pattern    text        not null,        -- a regular expression of PostgreSQL
    start_date       timestamptz,
    unit             text        not null,        -- TOKENS, CHARACTERS, …
    tokenizer_id     text,
    tokenizer_config json,
    tiers            json        not null,        -- [{id, name, isDefault, priority, conditions, prices}]
    created_at       timestamptz not null
);
create unique index if not exists own_models_name on own_models (md5(name));  -- of any length
"""

STATEMENTS = (_TABLE,)
