"""Which rows of the providers' journal belong to which call. Pure functions. Internal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

# The journal's clock and the client's are the same machine's, to the millisecond.
_SLACK = timedelta(milliseconds=5)

# The journal keeps this much of a prompt.
_PROMPT_CHARACTERS = 200


@dataclass(frozen=True)
class Attempts:
    """The journal rows of each call, by the call's position, and how many rows could belong to several calls."""

    of_call: list[list[dict[Any, Any]]]
    unmatched: int


def attempts_of_calls(calls: pd.DataFrame, journal: pd.DataFrame, observations: pd.DataFrame) -> Attempts:
    """Journal rows by the answer's id, else by time and prompt.

    The provider gives an answer its id; the trace has it as `response_id`. The answer of an embedding has none, and
    neither has an attempt that failed.
    """
    with_id = observations[observations["request_id"].notna()]
    traced = {row["request_id"]: row for row in with_id.to_dict("records")}
    listed = calls.to_dict("records")
    by_response = {
        traced[call["request_id"]]["response_id"]: index
        for index, call in enumerate(listed)
        if call["request_id"] in traced and not call["cache_hit"]
    }
    of_call: list[list[dict[Any, Any]]] = [[] for _ in listed]
    unmatched = 0
    for row in journal.to_dict("records"):
        index = by_response.get(row["response_id"])
        if index is None:
            running = [i for i, call in enumerate(listed) if _was_running(call, row["started"])]
            same = [i for i in running if _asked(traced.get(listed[i]["request_id"]), row["prompt"])]
            if len(same) != 1:
                unmatched += bool(same)
                continue
            index = same[0]
        of_call[index].append(row)
    return Attempts(of_call, unmatched)


def _was_running(call: dict[Any, Any], moment: Any) -> bool:
    import pandas as pd

    if call["cache_hit"] and call["kind"] != "embeddings":  # several texts may be a hit in part
        return False
    latency = timedelta(seconds=0 if pd.isna(call["latency_s"]) else float(call["latency_s"]))
    return bool(call["started"] - _SLACK <= moment <= call["started"] + latency + _SLACK)


def _asked(trace: dict[Any, Any] | None, prompt: str) -> bool:
    """Whether the trace's last message is the journal's prompt; True if the trace does not show it."""
    messages = trace["input"].get("messages") if trace and isinstance(trace["input"], dict) else None
    if not isinstance(messages, list) or not messages or not isinstance(messages[-1], dict):
        return True
    content = messages[-1].get("content")
    if not isinstance(content, str) or "redacted" in content:
        return True
    return content[:_PROMPT_CHARACTERS].strip() == prompt[:_PROMPT_CHARACTERS].strip("… ")
