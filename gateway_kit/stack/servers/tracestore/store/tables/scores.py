"""The table `scores`: a row is a score of a trace, an observation, a session or an experiment."""

from __future__ import annotations

from typing import LiteralString

# The time as it is answered, to the millisecond.
SCORE_MS: LiteralString = "(date_trunc('milliseconds', \"timestamp\" at time zone 'UTC') at time zone 'UTC')"

_TABLE: LiteralString = """
create table if not exists scores (
    id              text        primary key,
    trace_id        text,
    observation_id  text,
    session_id      text,
    name            text        not null,
    data_type       text        not null,         -- NUMERIC, BOOLEAN, CATEGORICAL, TEXT, CORRECTION
    value           double precision,             -- of NUMERIC and BOOLEAN (1 or 0)
    string_value    text,                         -- of CATEGORICAL, TEXT, CORRECTION, and of BOOLEAN 'True' or 'False'
    source          text        not null default 'API',
    comment         text,
    config_id       text,
    metadata        jsonb       not null default '{}',
    environment     text        not null default 'default',
    "timestamp"     timestamptz not null,
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now()
);
"""

_INDEXES: LiteralString = f"""
create index if not exists scores_in_order on scores ({SCORE_MS} desc, id desc);
create index if not exists scores_trace on scores (trace_id) where trace_id is not null;
create index if not exists scores_session on scores (session_id) where session_id is not null;
"""

# Of later versions.
_COLUMNS: LiteralString = """
alter table scores add column if not exists dataset_run_id text;  -- an experiment
alter table scores add column if not exists queue_id text;        -- the annotation queue it was given in
alter table scores add column if not exists author_user_id text;  -- who judged
create index if not exists scores_queue on scores (queue_id, updated_at desc) where queue_id is not null;
create index if not exists scores_config on scores (config_id) where config_id is not null;
create index if not exists scores_experiment on scores (dataset_run_id) where dataset_run_id is not null;
"""

STATEMENTS = (_TABLE, _INDEXES, _COLUMNS)
