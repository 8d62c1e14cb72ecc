"""Datasets and experiments.

Steps that are added, what is answered otherwise than by Langfuse, and what is not answered yet.
"""

from __future__ import annotations

from .steps import Step, added

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
PENDING: tuple[str, ...] = (
    "321-sdk4-dataset-item-media",
    "351-sdk5-dataset-item-media",
    "601-dataset-items-get-with-media",
    "629-dataset-items-list-unknown-param",
    "experiment-items",
    "experiments",
    "531-observations-v2-experiment-trace-expanded",
    "604-observations-v2-filter-experimentId",
    "605-observations-v2-filter-experimentName",
    "607-observations-v2-filter-experimentItemId",
    "608-metrics-v2-by-experimentName",
    "609-metrics-v2-by-experimentId",
    "610-metrics-v2-by-datasetId",
)
