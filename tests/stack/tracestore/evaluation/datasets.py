"""Datasets and experiments.

Steps that are added, what is answered otherwise than by Langfuse, and what is not answered yet.
"""

from __future__ import annotations

from typing import Any

from .steps import Step, added


def _item_of_the_other_mode(trace_id: str, span_id: str, milliseconds: int) -> dict[str, Any]:
    """The span that stands for an item of an experiment over local data."""
    start = 1795991583_635_000_000  # 2026-11-29T22:33:03.635Z
    attributes = {
        "id": "03850e7df49a6b3f",
        "name": "local sdk4dual - 2026-11-29T22:33:03.634549Z",
        "item.id": span_id,
        "item.root_observation_id": span_id,
    }
    return {
        "traceId": trace_id,
        "spanId": span_id,
        "name": "experiment-item-task",
        "startTimeUnixNano": str(start + milliseconds * 1_000_000),
        "endTimeUnixNano": str(start + 2_000_000),
        "attributes": [
            {"key": f"langfuse.experiment.{name}", "value": {"stringValue": value}}
            for name, value in attributes.items()
        ],
    }


# In place of calls that are not in this part of the recording: they come before the call with their number.
ADDED: dict[int, list[Step]] = {
    294: [
        added(
            "POST",
            "v2/datasets",
            {"name": "qa", "description": "questions", "metadata": {"team": "support"}},
            id="cmx2e8jo8000zjd7dzw93f878",
        )
    ],
    311: [
        added(
            "POST",
            "dataset-items",
            {
                "datasetName": "qa",
                "input": {"q": "2+2?"},
                "expectedOutput": 4,
                "metadata": {"level": "easy"},
            },
            id="7903cc67-6b32-45c5-bb45-cfacfd17e847",
        ),
        added(
            "POST",
            "dataset-items",
            {
                "datasetName": "qa",
                "id": "item-1",
                "input": "plain text",
                "expectedOutput": {"a": 1},
                "sourceTraceId": "a" * 32,
                "sourceObservationId": "b" * 16,
            },
            createdAt="2026-11-29T22:11:15.297Z",
        ),
    ],
    331: [
        added("POST", "dataset-items", {"datasetName": "qa", "id": "item-null", "status": "ARCHIVED"}),
    ],
    # Left by calls in the server's other mode, which are not here.
    628: [
        added("POST", "v2/datasets", {"name": "of the other mode"}),
        *(
            added("POST", "dataset-items", {"datasetName": "of the other mode", "input": number})
            for number in range(6)
        ),
        added(
            "POST",
            "v2/datasets",
            {"name": "sdk4dual/set 1", "description": "from SDK", "metadata": {"a": 1}},
            id="cmx2f0kla0005p77dnfqi9kcm",
        ),
        *(
            added(
                "POST",
                "dataset-items",
                {
                    "datasetName": "sdk4dual/set 1",
                    "id": f"sdk4dual-item-{number}",
                    "input": {"q": question},
                    "expectedOutput": answer,
                    "metadata": {"n": number},
                    "sourceTraceId": "d22a94e1c535d80fad511a3a7563befa",
                },
            )
            for number, (question, answer) in enumerate([("2+2", 4), ("3+3", 6), ("1+1", 3)])
        ),
        added(
            "POST",
            "otel/v1/traces",
            {
                "resourceSpans": [
                    {
                        "scopeSpans": [
                            {
                                "spans": [
                                    _item_of_the_other_mode(
                                        "28541cdd00f08578fae86417e5ddc4d1", "f7e3133372407897", 2
                                    ),
                                    _item_of_the_other_mode("1" * 32, "2" * 16, 0),
                                ]
                            }
                        ]
                    }
                ]
            },
        ),
    ],
}

# The id of an experiment is computed from its dataset's, which is this store's own.
# Recorded id -> recorded id of the dataset, name of the run.
RUNS = {
    "ae188adf9d91b0c9": ("cmx2e8jo8000zjd7dzw93f878", "run 1"),
    "2ed54c63481b90af": ("cmx2ea64c001sjd7dycc7hv4x", "exp run sdk4"),
    "d7746f0d3cbd1788": ("cmx2eaqgz0020jd7dqz55wwwh", "exp run sdk5"),
}

# Call -> status of the store's answer, and why it is another than the recorded one.
OTHERWISE: dict[str, tuple[int, str]] = {
    "238-sdk4-api-datasets-get": (404, "JSON in place of a page"),
    "281-sdk5-api-datasets-get": (404, "JSON in place of a page"),
}

# Families (the path's first name) and single calls that the store does not answer yet; they are not made.
PENDING: tuple[str, ...] = ()
