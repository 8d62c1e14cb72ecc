"""The table `observations`: a row is a span. There is no table of traces: rows with the same trace_id are a trace.

A string that is not set is '' if Langfuse answers "", and null if it answers null. Times are stored to the microsecond
and answered to the millisecond; a latency is the difference of the two answered times. Money is in US dollars with 12
decimal places, as in Langfuse.
"""

from __future__ import annotations

from typing import LiteralString

TYPES = (
    "GENERATION", "SPAN", "EVENT", "AGENT", "TOOL", "CHAIN", "RETRIEVER", "EVALUATOR", "EMBEDDING", "GUARDRAIL",
)  # fmt: skip
LEVELS = ("DEBUG", "DEFAULT", "WARNING", "ERROR")

_TABLE: LiteralString = """
create table if not exists observations (
    trace_id              text        not null,   -- 32 hexadecimal digits
    id                    text        not null,   -- 16 hexadecimal digits
    parent_id             text,                   -- null: the root of its trace
    start_time            timestamptz not null,
    end_time              timestamptz,
    completion_start_time timestamptz,            -- of the first token
    latency_ms            bigint,                 -- null without an end_time
    ttft_ms               bigint,                 -- time to the first token; null without one
    type                  text        not null,   -- one of TYPES
    name                  text        not null default '',
    level                 text        not null default 'DEFAULT',  -- one of LEVELS
    status_message        text        not null default '',
    version               text        not null default '',
    release               text        not null default '',
    environment           text        not null default 'default',
    user_id               text        not null default '',
    session_id            text        not null default '',
    trace_name            text,
    tags                  text[]      not null default '{}',
    is_app_root           boolean     not null default false,  -- an application's first span, parent or not
    bookmarked            boolean     not null default false,
    public                boolean     not null default false,
    input                 text,                   -- as it was sent
    output                text,
    metadata              jsonb       not null default '{}',  -- flat, with dotted keys
    model                 text        not null default '',    -- as it was sent
    model_id              text        not null default '',    -- id of the model's price; '' without one
    model_parameters      jsonb       not null default '{}',
    usage_details         jsonb       not null default '{}',  -- name -> tokens
    cost_details          jsonb       not null default '{}',  -- name -> USD
    input_usage           bigint      not null default 0,
    output_usage          bigint      not null default 0,
    total_usage           bigint      not null default 0,
    input_cost            numeric(24,12),
    output_cost           numeric(24,12),
    total_cost            numeric(24,12) not null default 0,
    input_price           numeric(24,18),         -- USD per token
    output_price          numeric(24,18),
    prompt_name           text        not null default '',
    prompt_version        integer,
    created_at            timestamptz not null default now(),
    updated_at            timestamptz not null default now(),
    primary key (trace_id, id)
);
"""

_LATER: LiteralString = """
alter table observations
    add column if not exists total_price numeric(24,18),  -- of a model of one's own
    add column if not exists pricing_tier_id text,        -- null: the only tier of a model of the price map
    add column if not exists pricing_tier_name text;
alter table observations add column if not exists prompt_id text not null default '';  -- '': of no prompt that was here
"""

# An item of an annotation queue, and a comment, name an observation by its id alone.
_BY_ID: LiteralString = """
create index if not exists observations_id on observations using hash (id);
"""

# For the pages of prompts. Of the id, since a name may be too long for an index.
_OF_PROMPT: LiteralString = """
create index if not exists observations_of_prompt on observations (prompt_id, start_time desc)
    include (latency_ms, total_cost, level) where prompt_id <> '';
"""

# The time as it is answered, to the millisecond. v2/observations is ordered by it, since a cursor has nothing finer.
START_MS: LiteralString = "(date_trunc('milliseconds', start_time at time zone 'UTC') at time zone 'UTC')"

IS_ROOT: LiteralString = "(parent_id is null or is_app_root)"

# A root gives its trace its own name if nobody gave the trace one.
TRACE_NAME: LiteralString = f"coalesce(nullif(trace_name, ''), case when {IS_ROOT} then nullif(name, '') end)"

# LiteLLM marks a cache hit with a tag, else in the metadata. Queries of the pages use the same expression, so that
# PostgreSQL can use the index on it.
CACHE_HIT: LiteralString = """(case when tags && '{cache_hit:True,cache_hit:False}' then tags @> '{cache_hit:True}'
    else coalesce(metadata->>'cache_hit' in ('true', 'True'), false) end)"""

# For the pages: failures, warnings and cache hits are rare and often asked for; these indexes answer without the rows.
_PAGE_INDEXES: LiteralString = (
    """
create index if not exists observations_level on observations (level, start_time desc)
    include (type, model) where level <> 'DEFAULT';
create index if not exists observations_cache_hits on observations (start_time)
    include (type, model, total_usage) where """
    + CACHE_HIT
    + ";\n"
)

# Chosen by EXPLAIN on a million observations. The first serves any page of v2/observations; observations_metrics alone
# answers a metrics query by model, and finds the newest traces.
_INDEXES: LiteralString = f"""
create index if not exists observations_in_order on observations ({START_MS} desc, trace_id desc, id desc);
create index if not exists observations_of_user on observations (user_id, start_time desc)
    include (trace_id) where user_id <> '';
create index if not exists observations_of_session on observations (session_id, start_time desc)
    include (trace_id) where session_id <> '';
drop index if exists observations_user, observations_session;  -- of earlier versions
create index if not exists observations_metrics on observations (start_time)
    include (type, model, latency_ms, total_cost, total_usage);
{_PAGE_INDEXES}"""

# An index-only scan needs pages that were vacuumed, so vacuum after 2 % of new rows instead of 20 %, and analyze as
# often for good plans.
_UPKEEP: LiteralString = """
alter table observations set
    (autovacuum_vacuum_insert_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
"""

STATEMENTS = (_TABLE, _LATER, _INDEXES, _BY_ID, _OF_PROMPT, _UPKEEP)
