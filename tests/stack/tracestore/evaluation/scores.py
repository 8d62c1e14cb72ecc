"""Scores, score configs, comments, media, annotation queues, models and the rest.

Steps that are added, what is answered otherwise than by Langfuse, and what is not answered yet.
"""

from __future__ import annotations

from .steps import Step, added

_QUALITY, _REMARK = "2903a8a6-c9da-4d09-a853-fcc06e484bb8", "57dbd26d-16f5-4e8b-ba89-b8806b4b3fd6"
RECORDED_USER = "cmx2e7x8f0001jd7dys3h4l5q"  # the server's only one
_KIT_MODEL = "cmx2eb13q002mjd7dvofyblvx"
_TRACE = "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee"

# In place of calls that are not in this part of the recording: they come before the call with their number.
ADDED: dict[int, list[Step]] = {
    361: [
        added(
            "POST",
            "score-configs",
            {"name": "open", "dataType": "NUMERIC"},
            id="fbc79779-049c-45fd-98aa-e8967d75f4e3",
        )
    ],
    375: [added("PATCH", f"score-configs/{_REMARK}", {"isArchived": True})],
    403: [
        added(
            "POST",
            "scores",
            {"traceId": _TRACE, "name": "quality", "value": 1, "source": "ANNOTATION", "configId": _QUALITY},
            id="ea8c2a65-ccc0-48c9-a0f6-0cd3242440ff",
        )
    ],
    465: [
        added(
            "POST",
            "annotation-queues/cmx2eb0ux0028jd7djwmbloqi/items",
            {"objectId": "b27dbd13c350f1de35277b70ec936145", "objectType": "TRACE"},
            id="cmx2eb0yi002djd7dqhxkan3h",
        )
    ],
    481: [
        added(
            "POST",
            "models",
            {
                "modelName": "kit-model",
                "matchPattern": "(?i)^kit-model$",
                "unit": "TOKENS",
                "inputPrice": 1e-6,
                "outputPrice": 2e-6,
            },
            id=_KIT_MODEL,
        )
    ],
    490: [added("DELETE", f"models/{_KIT_MODEL}")],
}

# Call -> status of the store's answer, and why it is another than the recorded one.
OTHERWISE: dict[str, tuple[int, str]] = {
    "444-media-create-dataset-item-unknown-dataset": (404, "Langfuse fails with 500"),
    **dict.fromkeys(
        (
            "243-sdk4-api-models-list",
            "286-sdk5-api-models-list",
            "487-models-list-limit2",
            "632-models-list-unknown-param",
        ),
        (200, "LiteLLM's price map has other models"),
    ),
}

_ARRAY = "scores in an array: Langfuse 4.16 loses them, and later answers would show them here"
# Calls that are not made, and why.
NOT_MADE: dict[str, str] = {
    "406-scores-post-array": _ARRAY,
    "264-sdk5-linked-generation-flush": _ARRAY,
    "265-sdk5-scores-flush": _ARRAY,
    "274-sdk5-run-experiment-dataset": _ARRAY,
    "276-sdk5-run-experiment-local": _ARRAY,
    "329-sdk5-score-with-config": _ARRAY,
    "330-sdk5-score-bad-config": _ARRAY,
    "494-llm-connections-put-unresolvable-baseurl": "another answer where the machine can look names up",
    "611-metrics-v2-scores-by-configId": "counts scores of other clients of the recorded server",
}

# Families (the path's first name) and single calls that the store does not answer yet; they are not made.
PENDING: tuple[str, ...] = ()
