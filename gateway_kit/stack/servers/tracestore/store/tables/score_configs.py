"""The table `score_configs`: which values scores of a name may have; and the scores that did not keep to it."""

from __future__ import annotations

from typing import LiteralString

_CONFIGS: LiteralString = """
create table if not exists score_configs (
    id          text        primary key,
    name        text        not null,             -- not unique
    description text,
    data_type   text        not null,             -- NUMERIC, CATEGORICAL, BOOLEAN, TEXT
    min_value   double precision,                 -- of NUMERIC
    max_value   double precision,
    categories  jsonb,                            -- of CATEGORICAL and BOOLEAN: [{"label": …, "value": …}]
    is_archived boolean     not null default false,
    created_at  timestamptz not null,
    updated_at  timestamptz not null
);
create index if not exists score_configs_in_order on score_configs (created_at desc, id);
"""

# Accepted with 200 and then dropped, as Langfuse does; kept here so that somebody can find out.
_DROPPED: LiteralString = """
create table if not exists dropped_scores (
    number     bigint      generated always as identity primary key,
    score_id   text        not null,
    name       text        not null,
    config_id  text,
    reason     text        not null,
    body       jsonb       not null,              -- the score as it was sent
    created_at timestamptz not null default now()
);
create index if not exists dropped_scores_time on dropped_scores (created_at);
"""

STATEMENTS = (_CONFIGS, _DROPPED)
