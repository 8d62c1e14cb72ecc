"""Random observations, written directly to the database, and the same as a DataFrame to compute with."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import psycopg

START = datetime(2026, 11, 2, 0, 0, tzinfo=UTC)  # a Monday
COLUMNS = (
    "trace_id, id, parent_id, start_time, end_time, completion_start_time, latency_ms, ttft_ms, type, name, level,"
    " status_message, version, release, environment, user_id, session_id, trace_name, tags, input, output, metadata,"
    " model, input_usage, output_usage, total_usage, input_cost, output_cost, total_cost, cost_details"
)


def random_rows(count: int, seed: int, *, hours: float = 60) -> pd.DataFrame:
    """One row per observation, with the columns of the table. Many times are equal."""
    chance = np.random.default_rng(seed)
    moments = chance.integers(0, int(hours * 3600 * 4), count)  # quarters of a second
    rows = pd.DataFrame({"id": [f"{index:016x}" for index in chance.permutation(count)]})
    rows["trace_id"] = [f"{number:032x}" for number in chance.integers(0, max(count // 3, 1), count)]
    rows["parent_id"] = [
        f"{number:016x}" if number % 3 else None for number in chance.integers(0, count, count)
    ]
    micros = chance.integers(0, 900, count)  # below the millisecond, which no answer shows
    rows["start_time"] = [
        START + timedelta(milliseconds=int(quarter) * 250, microseconds=int(micro))
        for quarter, micro in zip(moments, micros, strict=True)
    ]
    latency = chance.lognormal(5, 1.2, count).astype(int)
    open_ended = chance.random(count) < 0.1
    rows["latency_ms"] = pd.array(np.where(open_ended, -1, latency), dtype="Int64")
    rows.loc[open_ended, "latency_ms"] = pd.NA
    rows["ttft_ms"] = pd.array(latency // 3, dtype="Int64")
    rows.loc[open_ended | (chance.random(count) < 0.5), "ttft_ms"] = pd.NA
    rows["type"] = chance.choice(["GENERATION", "SPAN", "TOOL", "EVENT"], count, p=[0.5, 0.3, 0.1, 0.1])
    rows["name"] = chance.choice(["chat", "chat completion", "Embed", "späte Antwort", "100%"], count)
    rows["level"] = chance.choice(["DEFAULT", "ERROR", "WARNING"], count, p=[0.8, 0.1, 0.1])
    rows["version"] = chance.choice(["", "v1", "v2"], count)
    rows["environment"] = chance.choice(["default", "production"], count)
    rows["user_id"] = chance.choice(["", "ann", "bob", "carl", "dora"], count)
    rows["session_id"] = chance.choice(["", "s1", "s2"], count)
    rows["tags"] = [
        sorted(chance.choice(["a", "b", "c"], chance.integers(0, 3), replace=False)) for _ in range(count)
    ]
    rows["model"] = np.where(
        rows["type"] == "GENERATION", chance.choice(["gpt-4o", "phi3", "claude", ""], count), ""
    )
    rows["input_usage"], rows["output_usage"] = (
        chance.integers(0, 2000, count),
        chance.integers(0, 900, count),
    )
    rows["total_usage"] = rows["input_usage"] + rows["output_usage"]
    rows["total_cost"] = chance.integers(0, 10**6, count) / 10**9
    rows["metadata"] = [
        {"team": str(team), "n": int(number), "deep.key": [int(number)]}
        for team, number in zip(
            chance.choice(["red", "blue"], count), chance.integers(0, 9, count), strict=True
        )
    ]
    return rows


def insert(connection: psycopg.Connection, rows: pd.DataFrame) -> None:
    """Write the rows."""
    with connection.cursor() as cursor, cursor.copy(f"copy observations ({COLUMNS}) from stdin") as copy:
        for row in rows.to_dict("records"):
            latency = None if pd.isna(row["latency_ms"]) else int(row["latency_ms"])
            ttft = None if pd.isna(row["ttft_ms"]) else int(row["ttft_ms"])
            start = row["start_time"].to_pydatetime()
            copy.write_row(
                (
                    row["trace_id"],
                    row["id"],
                    None if pd.isna(row["parent_id"]) else row["parent_id"],
                    start,
                    None if latency is None else start + timedelta(milliseconds=latency),
                    None if ttft is None else start + timedelta(milliseconds=ttft),
                    latency,
                    ttft,
                    row["type"],
                    row["name"],
                    row["level"],
                    "",
                    row["version"],
                    "",
                    row["environment"],
                    row["user_id"],
                    row["session_id"],
                    None,
                    list(row["tags"]),
                    f"Question of {row['user_id']}",
                    None,
                    json.dumps(row["metadata"]),
                    row["model"],
                    int(row["input_usage"]),
                    int(row["output_usage"]),
                    int(row["total_usage"]),
                    None,
                    None,
                    row["total_cost"],
                    json.dumps({"total": row["total_cost"]}),
                )
            )
