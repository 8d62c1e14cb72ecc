"""All data of one observation."""

from __future__ import annotations

from typing import Any

from gateway_kit.stack.servers.tracestore.pages.content import READ_LIMIT, Content, pretty, read_content
from gateway_kit.stack.servers.tracestore.store.reader import Reader, Row
from gateway_kit.stack.servers.tracestore.store.tables.observations import CACHE_HIT


async def read_observation(reader: Reader, trace_id: str, observation_id: str) -> Row | None:
    """The row, with `input` and `output` cut to READ_LIMIT characters; None if there is none."""
    rows = await reader.rows(
        "select id, trace_id, parent_id, start_time, end_time, latency_ms, ttft_ms, type, name, level,"
        " status_message, version, release, environment, user_id, session_id, trace_name, tags, model,"
        " model_parameters, usage_details, cost_details, input_usage, output_usage, total_usage, total_cost,"
        " prompt_name, prompt_version, "
        + CACHE_HIT
        + " as cache_hit, left(metadata::text, 200001) as metadata,"
        f" left(input, {READ_LIMIT}) as input, length(input) as input_length,"
        f" left(output, {READ_LIMIT}) as output, length(output) as output_length"
        " from observations where trace_id = %(trace_id)s and id = %(id)s",
        {"trace_id": trace_id, "id": observation_id},
    )
    return rows[0] if rows else None


async def read_text(reader: Reader, trace_id: str, observation_id: str, column: str) -> str | None:
    """The whole input or output; None if there is none."""
    rows = await reader.rows(
        "select case when %(column)s = 'input' then input else output end as text from observations"
        " where trace_id = %(trace_id)s and id = %(id)s",
        {"trace_id": trace_id, "id": observation_id, "column": column},
    )
    return rows[0]["text"] if rows else None


async def read_scores(reader: Reader, trace_id: str) -> list[Row]:
    """The scores of a trace and its observations, newest first."""
    return await reader.rows(
        'select observation_id, name, data_type, value, string_value, source, comment, "timestamp" from scores'
        ' where trace_id = %(id)s order by "timestamp" desc limit 200',
        {"id": trace_id},
    )


def contents(row: Row) -> dict[str, Content]:
    """Input, output and metadata as Content."""
    metadata = row["metadata"]
    return {
        "input": read_content(row["input"], row["input_length"]),
        "output": read_content(row["output"], row["output_length"]),
        "metadata": read_content(None if metadata == "{}" else metadata, len(metadata)),
    }


def parameters(row: Row) -> list[tuple[str, str]]:
    """Model parameters by name, values as text; empty ones are left out."""

    def text(value: Any) -> str:
        return value if isinstance(value, str) else pretty(value)

    given = row["model_parameters"] if isinstance(row["model_parameters"], dict) else {}
    return [
        (name, text(value)[:500])
        for name, value in sorted(given.items())
        if value not in ("{}", {}, None, "")
    ]
