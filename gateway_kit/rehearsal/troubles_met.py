"""What the story did, and how the calls fared meanwhile. Pure functions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from gateway_kit.rehearsal.joining import beginning, seconds_in
from gateway_kit.rehearsal.tables import TROUBLES, records

# What begins a trouble → what ends it.
_ENDS = {"fault_on": "fault_off", "service_stopped": "service_started"}


def trouble_rows(calls: pd.DataFrame, events: pd.DataFrame, speed: float | None) -> pd.DataFrame:
    """The columns of `TROUBLES`, in the order in which they began."""
    at_s = seconds_in(events["happened"], beginning(calls), speed).fillna(events["at_s"])
    ordered = events.assign(at_s=at_s, subject=events["subject"].fillna("")).sort_values(
        "at_s", kind="stable"
    )
    troubles: list[dict[str, Any]] = []
    for event in records(ordered):
        if event["kind"] in _ENDS:
            troubles.append({**event, "begin_s": event["at_s"], "end_s": np.nan})
            continue
        # A trouble ends with the first event that ends its kind.
        ended = next(
            (
                trouble
                for trouble in troubles
                if _ENDS[trouble["kind"]] == event["kind"]
                and trouble["subject"] == event["subject"]
                and np.isnan(trouble["end_s"])
            ),
            None,
        )
        if ended is not None:
            ended["end_s"] = event["at_s"]
    began = calls["at_s"].to_numpy()
    failed = calls["failed"].to_numpy()
    rescued = (calls["fell_back"] | calls["retried"]).to_numpy() & ~failed
    for trouble in troubles:
        end_s = np.inf if np.isnan(trouble["end_s"]) else trouble["end_s"]
        inside = (began >= trouble["begin_s"]) & (began < end_s)
        trouble["calls"], trouble["failed"] = int(inside.sum()), int((inside & failed).sum())
        trouble["rescued"] = int((inside & rescued).sum())
    return TROUBLES.frame([{name: trouble[name] for name in TROUBLES.columns} for trouble in troubles])
