"""What people say of traces: comments, and queues of what is to be judged."""

from __future__ import annotations

from typing import LiteralString

_COMMENTS: LiteralString = """
create table if not exists comments (
    id             text        primary key,
    object_type    text        not null,          -- TRACE, OBSERVATION, SESSION, PROMPT
    object_id      text        not null,
    content        text        not null,
    author_user_id text,
    created_at     timestamptz not null,
    updated_at     timestamptz not null
);
create index if not exists comments_in_order on comments (created_at desc, id);
create index if not exists comments_of_object on comments (object_type, object_id);
"""

_QUEUES: LiteralString = """
create table if not exists annotation_queues (
    id               text        primary key,
    name             text        not null,
    description      text,
    score_config_ids text[]      not null,
    created_at       timestamptz not null,
    updated_at       timestamptz not null
);
create unique index if not exists annotation_queues_name on annotation_queues (md5(name));  -- of any length

create table if not exists annotation_queue_items (
    id           text        primary key,
    queue_id     text        not null references annotation_queues (id) on delete cascade,
    object_id    text        not null,            -- is not checked, and may repeat
    object_type  text        not null,            -- TRACE, OBSERVATION, SESSION
    status       text        not null,            -- PENDING, COMPLETED
    completed_at timestamptz,                     -- the last time; stays when the item is pending again
    created_at   timestamptz not null,
    updated_at   timestamptz not null
);
create index if not exists annotation_queue_items_in_order
    on annotation_queue_items (queue_id, created_at desc, id desc);

create table if not exists annotation_queue_assignments (
    queue_id text not null references annotation_queues (id) on delete cascade,
    user_id  text not null,
    primary key (queue_id, user_id)
);
"""

STATEMENTS = (_COMMENTS, _QUEUES)
