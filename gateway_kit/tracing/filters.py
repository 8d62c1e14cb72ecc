"""Filters, as parameters of `v2/observations` and as filters of `v2/metrics`. Pure functions. Internal."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

# All that the tables need; each group costs the server a column or a few.
ALL_FIELDS = "core,basic,time,io,metadata,model,usage,metrics,trace_context,prompt"


@dataclass(frozen=True)
class Wanted:
    """Which observations to find; None matches any. `type` and `level` may be in small letters."""

    trace_id: str | None = None
    request_id: str | None = None
    name: str | None = None
    type: str | None = None
    level: str | None = None
    user: str | None = None
    session: str | None = None
    tag: str | None = None
    model: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    prompt: str | None = None  # of metrics alone

    def parameters(self) -> dict[str, Any]:
        """The parameters of the SDK's `api.observations.get_many`.

        A tag, a model and LiteLLM's call id have no parameter of their own and need a `filter`. The server ignores the
        parameters beside a `filter`, so then everything goes into it.
        """
        if self.tag is None and self.model is None and self.request_id is None:
            given = {
                "trace_id": self.trace_id,
                "name": self.name,
                "type": _upper(self.type),
                "level": _upper(self.level),
                "user_id": self.user,
                "session_id": self.session,
                "from_start_time": self.since,
                "to_start_time": self.until,
            }
            return {name: value for name, value in given.items() if value is not None}
        return {"filter": json.dumps([*self.conditions(), *self._times()])}

    def conditions(self) -> list[dict[str, Any]]:
        """The same as filter conditions, without the times: the metrics query has its own."""
        conditions: list[dict[str, Any]] = []
        for column, value in (
            ("traceId", self.trace_id),
            ("name", self.name),
            ("userId", self.user),
            ("sessionId", self.session),
            ("providedModelName", self.model),
            ("promptName", self.prompt),
        ):
            if value is not None:
                conditions.append({"type": "string", "column": column, "operator": "=", "value": value})
        for column, value in (("type", _upper(self.type)), ("level", _upper(self.level))):
            if value is not None:
                conditions.append(_options("stringOptions", column, value))
        if self.tag is not None:
            conditions.append(_options("arrayOptions", "tags", self.tag))
        if self.request_id is not None:
            conditions.append(
                {
                    "type": "stringObject",
                    "column": "metadata",
                    "key": "litellm_call_id",
                    "operator": "=",
                    "value": self.request_id,
                }
            )
        return conditions

    def _times(self) -> list[dict[str, Any]]:
        return [
            {"type": "datetime", "column": "startTime", "operator": operator, "value": value.isoformat()}
            for operator, value in ((">=", self.since), ("<", self.until))
            if value is not None
        ]


def _options(kind: str, column: str, value: str) -> dict[str, Any]:
    return {"type": kind, "column": column, "operator": "any of", "value": [value]}


def _upper(word: str | None) -> str | None:
    return None if word is None else word.upper()


def described(wanted: Mapping[str, Any]) -> str:
    """The conditions in words, for an error: `session='s-1'`."""
    return ", ".join(f"{name}={value!r}" for name, value in wanted.items() if value is not None)
