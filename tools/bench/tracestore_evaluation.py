"""Datasets and experiments in the trace store's benchmark: their rows, and the answers whose time is taken."""

from __future__ import annotations

import psycopg

ITEMS = 10_000  # of one dataset
EXPERIMENTS, EXPERIMENT_ITEMS, SPANS_OF_ITEM = 10, 1_000, 7

_DATASET = """
insert into datasets (id, name, created_at, updated_at) values ('d', 'bench', now(), now());
insert into dataset_items (id, dataset_id, valid_from, updated_at, input, expected_output, metadata)
select 'item-' || n, 'd', now() + make_interval(secs => n / 1000.0), now(),
    json_build_object('question', repeat('why ', 50), 'n', n)::text, to_json(repeat('so ', 50))::text,
    json_build_object('kind', n %% 7)::text
from generate_series(1, %(items)s) as n
"""
# Span 0 of an item stands for it.
_SPANS = """
insert into observations (trace_id, id, start_time, end_time, latency_ms, type, name, environment, input, output,
    experiment_id, experiment_name, experiment_dataset_id, experiment_item_id, experiment_root_id, experiment)
select md5(e || '/' || i), lpad(to_hex((e * 1000000 + i) * 10 + k), 16, '0'),
    now() + make_interval(mins => e, secs => i / 1000.0), now() + make_interval(mins => e, secs => i / 1000.0 + 0.02),
    20, 'SPAN', 'span ' || k, 'sdk-experiment', repeat('in ', 100), repeat('out ', 100),
    'experiment-' || e, 'prompt version ' || e, 'd', 'item-' || i,
    lpad(to_hex((e * 1000000 + i) * 10), 16, '0'),
    '{"description": "", "metadata": {"prompt": "v1"}, "itemMetadata": {"kind": "1"}, "expectedOutput": "so"}'
from generate_series(1, %(experiments)s) as e, generate_series(1, %(experiment_items)s) as i,
    generate_series(0, %(spans)s - 1) as k
"""
_SCORES = """
insert into scores (id, trace_id, observation_id, name, data_type, value, "timestamp")
select o.id || score, o.trace_id, o.id, score, 'NUMERIC', 1, now()
from observations o, unnest(array['exact', 'kind', 'judge']) as score where o.experiment_root_id = o.id
"""

_SINCE = {"fromStartTime": "2020-01-01T00:00:00Z"}
_ALL = "core,dataset,io,metadata,itemMetadata,experimentMetadata,scores"
# What is asked for -> path and parameters.
ANSWERS: dict[str, tuple[str, dict[str, str]]] = {
    "items_first_page": ("dataset-items", {"datasetName": "bench", "limit": "100"}),
    "items_last_page": ("dataset-items", {"datasetName": "bench", "limit": "100", "page": str(ITEMS // 100)}),
    "items_of_a_time": (
        "dataset-items",
        {"datasetName": "bench", "limit": "100", "version": "2100-01-01T00:00:00Z"},
    ),
    "experiments": ("experiments", {**_SINCE, "fields": "core,metadata,scores"}),
    "experiment_items": (
        "experiment-items",
        {**_SINCE, "experimentId": "experiment-3", "fields": _ALL, "limit": "100"},
    ),
}
EVALUATION_PAGES = (
    "/datasets",
    "/datasets/d",
    "/datasets/d?q=9999",
    "/datasets/d?key=kind&value=3",
    "/datasets/d/item?id=item-77",
    "/experiments",
    "/experiments/results?id=experiment-3",
    "/experiments/results?id=experiment-3&id=experiment-4",
)


def fill_evaluation(url: str) -> None:
    """Write a dataset, and experiments over a part of it with their scores."""
    counts = {
        "items": ITEMS,
        "experiments": EXPERIMENTS,
        "experiment_items": EXPERIMENT_ITEMS,
        "spans": SPANS_OF_ITEM,
    }
    with psycopg.connect(url, autocommit=True) as connection, psycopg.ClientCursor(connection) as cursor:
        for statement in (_DATASET, _SPANS, _SCORES):
            cursor.execute(statement, counts)
        cursor.execute("vacuum analyze")
