"""Prompts.

Steps that are added, what is answered otherwise than by Langfuse, and what is not answered yet.
"""

from __future__ import annotations

from .steps import Step

# In place of calls that are not in this part of the recording: they come before the call with their number.
ADDED: dict[int, list[Step]] = {}

# Call -> status of the store's answer, and why it is another than the recorded one.
OTHERWISE: dict[str, tuple[int, str]] = {
    "240-prompts-get-folder-unencoded-slash": (404, "JSON in place of a page"),
    "236-sdk4-api-prompts-get": (404, "JSON in place of a page"),
    "279-sdk5-api-prompts-get": (404, "JSON in place of a page"),
    "279-prompts-patch-version-abc": (404, "Langfuse fails with 500"),
    "623-unknown-v2-path": (404, "JSON in place of a page"),
}

# Families (the path's first name) and single calls that the store does not answer yet; they are not made.
PENDING: tuple[str, ...] = (
    "prompts",
    "248-sdk4-api-observations",
    "290-sdk5-api-observations",
    "510-observations-v2-prompt-linked",
    "511-observations-v2-prompt-group-only",
    "512-observations-v2-filter-promptName",
    "513-metrics-v2-by-promptName",
    "548-metrics-v2-time-orderBy-count-not-filled",
    "549-metrics-v2-time-orderBy-time",
    "550-metrics-v2-time-orderBy-time-desc",
    "551-metrics-v2-time-by-model-no-orderBy",
)
