"""Prompts.

Steps that are added, what is answered otherwise than by Langfuse, and what is not answered yet.
"""

from __future__ import annotations

from .steps import Step, added


def _created(name: str, **fields: object) -> Step:
    return added("POST", "v2/prompts", {"name": name, "prompt": "x", "labels": ["production"], **fields})


_CHAT = [{"role": "system", "content": "@@@langfusePrompt:name=support-answer|label=production@@@"}]

# In place of calls that are not in this part of the recording: they come before the call with their number.
ADDED: dict[int, list[Step]] = {
    224: [_created("x" * 256)],
    230: [
        _created("labelled-latest", labels=["latest", "production"]),
        _created("dup-labels", labels=["production", "production"]),
    ],
    235: [_created("empty", prompt="")],
    254: [_created("composed-in-chat", type="chat", prompt=_CHAT)],
    270: [added("PATCH", "v2/prompts/support-answer/versions/1", {"newLabels": ["canary"]})],
    # The SDK made prompts in the server's other mode too.
    627: [_created(name) for name in ("sdk4dual-text", "sdk4dual-chat", "sdk4dual-more")],
}

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
