"""Where more users stop helping: the knee of a saturation curve."""

from __future__ import annotations

import pandas as pd

from gateway_kit.common.tables import Column, Table

# The knee's throughput as a part of the highest one. Beyond it, more users mostly wait for each other.
NEARLY_ALL = 0.9

KNEES = Table(
    Column("replicas", "Int64", "as in the curve"),
    Column("users", "int64", "the fewest that reach 90 % of the highest throughput: the knee"),
    Column("requests_per_s", "float64", "at the knee, answered calls per second"),
    Column("latency_p50_s", "float64", "at the knee, seconds"),
    Column("latency_p95_s", "float64", "at the knee, seconds"),
    Column("most_requests_per_s", "float64", "the highest throughput of any step"),
    Column(
        "beyond", "bool", "whether a step with more users was measured: without one the knee may lie further"
    ),
)


def saturation_knees(curve: pd.DataFrame) -> pd.DataFrame:
    """The knee of each curve, one row per number of replicas: more users than there add waiting and little throughput.

    `curve` is what `load.saturation` returns, or several of these together.

    Returns:
        - `replicas` (Int64): as in the curve
        - `users` (int64): the fewest that reach 90 % of the highest throughput: the knee
        - `requests_per_s` (float64): at the knee, answered calls per second
        - `latency_p50_s` (float64): at the knee, seconds
        - `latency_p95_s` (float64): at the knee, seconds
        - `most_requests_per_s` (float64): the highest throughput of any step
        - `beyond` (bool): whether a step with more users was measured: without one the knee may lie further
    """
    rows = []
    for replicas, steps in curve.groupby("replicas", dropna=False, sort=True):
        steps = steps.sort_values("users")
        most = steps["requests_per_s"].max()
        if not most > 0:  # no call was answered
            continue
        knee = steps[steps["requests_per_s"] >= NEARLY_ALL * most].iloc[0]
        rows.append(
            {
                "replicas": replicas,
                **{name: knee[name] for name in ("requests_per_s", "latency_p50_s", "latency_p95_s")},
                "users": int(knee["users"]),
                "most_requests_per_s": most,
                "beyond": bool(steps["users"].iloc[-1] > knee["users"]),
            }
        )
    return KNEES.frame(rows)
