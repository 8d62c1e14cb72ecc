"""Columns of `observations` that link a span to an experiment.

An experiment is a run over the items of a dataset, or over data of a program's own. It has no table: spans with the
same `experiment_id` are one. The span of an item's task, whose id every span of its trace names in
`experiment_root_id`, stands for the item. For spans of no experiment all columns are null.
"""

from __future__ import annotations

from typing import LiteralString

from gateway_kit.stack.servers.tracestore.store.tables.observations import START_MS

# `experiment` has what is only answered: description, metadata, itemVersion, itemMetadata, expectedOutput, and the
# span's own metadata as text, of the span that stands for the item.
_COLUMNS: LiteralString = """
alter table observations
    add column if not exists experiment_id         text,
    add column if not exists experiment_name       text,
    add column if not exists experiment_dataset_id text,
    add column if not exists experiment_item_id    text,
    add column if not exists experiment_root_id    text,
    add column if not exists experiment            jsonb;
"""

IS_ITEM = "(experiment_item_id is not null and experiment_root_id = id)"

# The ids of all experiments, from one to the next in the index: `known`, which other expressions may follow.
KNOWN: LiteralString = """
with recursive known as (
    (select experiment_id from observations where experiment_id is not null order by experiment_id limit 1)
    union all
    select (
        select experiment_id from observations where experiment_id > known.experiment_id order by experiment_id limit 1
    ) from known where known.experiment_id is not null
)"""

# Answers the list of experiments without the rows, whose texts may be long.
_INDEXES: LiteralString = f"""
create index if not exists observations_experiments on observations (experiment_id, {START_MS} desc, id desc)
    include (start_time, end_time, experiment_root_id) where experiment_id is not null;
"""

STATEMENTS = (_COLUMNS, _INDEXES)
