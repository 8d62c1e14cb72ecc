"""The table `llm_connections`. Secrets are not kept: nothing here would use them."""

from __future__ import annotations

from typing import LiteralString

_TABLE: LiteralString = """
create table if not exists llm_connections (
    id                  text        primary key,
    provider            text        not null,     -- a name, one connection each
    adapter             text        not null,     -- anthropic, openai, …
    display_secret_key  text        not null,     -- the last four letters
    base_url            text,
    custom_models       text[]      not null,
    with_default_models boolean     not null,
    extra_header_keys   text[]      not null,     -- names without values
    config              jsonb,
    created_at          timestamptz not null,
    updated_at          timestamptz not null
);
create unique index if not exists llm_connections_provider on llm_connections (md5(provider));  -- of any length
"""

STATEMENTS = (_TABLE,)
