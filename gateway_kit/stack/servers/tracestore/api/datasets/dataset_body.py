"""The body of a dataset as clients send it: checked, with the fields that are to change."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import orjson

from gateway_kit.stack.servers.tracestore.api import checks, issues
from gateway_kit.stack.servers.tracestore.api.datasets.item_values import as_json
from gateway_kit.stack.servers.tracestore.api.errors import invalid_data, invalid_request
from gateway_kit.stack.servers.tracestore.api.folder_names import check_folder_name

SCHEMAS = {"inputSchema": "input_schema", "expectedOutputSchema": "expected_output_schema"}
_NOT_A_SCHEMA = "Must be a valid JSON Schema"

MAX_NAME_BYTES = 2600  # of PostgreSQL's index; Langfuse fails where its own ends


class DatasetBody(NamedTuple):
    """What was sent; `changes` has the columns that were, with schemas as JSON values."""

    name: str
    changes: dict[str, Any]


async def read_dataset(body: Any, is_schema: Callable[[dict[str, Any]], Awaitable[bool]]) -> DatasetBody:
    """The dataset. Raises Refusal 400."""
    wrong: checks.Issues = []
    fields = checks.fields(body, [], wrong)
    if fields is None:
        raise invalid_data(wrong)
    name = checks.text(fields.get("name", ...), ["name"], wrong)
    description = checks.optional_text(fields, "description", wrong)
    for field in SCHEMAS:
        schema = fields.get(field)
        if schema is not None and not isinstance(schema, dict):
            wrong.append(issues.wrong_type([field], "record", schema))
        elif schema is not None and not await is_schema(schema):
            wrong.append(issues.custom([field], _NOT_A_SCHEMA))
    if wrong or name is None:
        raise invalid_data(wrong)
    _check_name(name)
    changes: dict[str, Any] = {}
    if description is not None:
        changes["description"] = description
    if fields.get("metadata") is not None:
        changes["metadata"] = as_json(fields["metadata"])
    changes |= {column: fields[field] for field, column in SCHEMAS.items() if field in fields}
    return DatasetBody(name, changes)


def _check_name(name: str) -> None:
    wrong: checks.Issues = []
    check_folder_name(name, [], wrong)
    if len(name.encode()) > MAX_NAME_BYTES:
        wrong.append(issues.too_big([], MAX_NAME_BYTES, "string"))
    if wrong:
        listed = orjson.dumps(wrong, option=orjson.OPT_INDENT_2).decode()
        raise invalid_request(f"Dataset name not valid. {listed}")
