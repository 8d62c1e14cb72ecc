"""LLM connections, one a provider. The secret key is not kept, only its last four letters."""

from __future__ import annotations

from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from gateway_kit.stack.servers.tracestore.api import shapes
from gateway_kit.stack.servers.tracestore.api.answers import JSON, time_text
from gateway_kit.stack.servers.tracestore.api.auth import authorize
from gateway_kit.stack.servers.tracestore.api.bodies import read_json
from gateway_kit.stack.servers.tracestore.api.connections.base_url import check_base_url
from gateway_kit.stack.servers.tracestore.api.connections.connection_shapes import (
    AWS_DEFAULT,
    BODY,
    GCP_DEFAULT,
)
from gateway_kit.stack.servers.tracestore.api.errors import invalid_request, not_found
from gateway_kit.stack.servers.tracestore.api.listing import read_page
from gateway_kit.stack.servers.tracestore.api.parameters import Parameters
from gateway_kit.stack.servers.tracestore.store.connections import (
    base_url_of,
    connection_page,
    delete_connection,
    put_connection,
)
from gateway_kit.stack.servers.tracestore.store.reader import Row, reading

_AWS_ONLY = "Default AWS credentials are only allowed for Bedrock in self-hosted deployments."
_SHOWN_DEFAULTS = {AWS_DEFAULT: "Default AWS credentials", GCP_DEFAULT: "Default GCP credentials (ADC)"}


async def put(request: Request) -> Response:
    """201 with the new connection of a provider, or 200 with the one that took its place."""
    authorize(request)
    sent = shapes.read(BODY, await read_json(request))
    pool, provider, base_url = request.app.state.pool, sent["provider"], sent.get("baseURL") or None
    if base_url is not None:
        async with reading(pool) as reader:
            known = await base_url_of(reader, provider)
        if base_url != known:
            await check_base_url(base_url)
    if sent["secretKey"] == AWS_DEFAULT and sent["adapter"] != "bedrock":
        raise invalid_request(_AWS_ONLY)
    config = sent.get("config")
    row, is_new = await put_connection(
        pool,
        {
            "provider": provider,
            "adapter": sent["adapter"],
            "display_secret_key": _shown(sent["secretKey"]),
            "base_url": base_url,
            "custom_models": sent.get("customModels") or [],
            "with_default_models": sent["withDefaultModels"],
            "extra_header_keys": list(sent.get("extraHeaders") or {}),
            "config": None if config is None else orjson.dumps(config).decode(),
        },
    )
    return JSON(_to_json(row), 201 if is_new else 200)


async def list_connections(request: Request) -> Response:
    """A page of the connections, newest first."""
    authorize(request)
    parameters = Parameters(request.query_params.multi_items())
    page = read_page(parameters)
    parameters.allow_only(["page", "limit"])
    parameters.finish()
    async with reading(request.app.state.pool) as reader:
        rows, total = await connection_page(reader, page.limit, page.offset)
    return JSON({"data": [_to_json(row) for row in rows], "meta": page.meta(total)})


async def remove(request: Request) -> Response:
    """Delete a connection."""
    authorize(request)
    if not await delete_connection(request.app.state.pool, request.path_params["id"]):
        raise not_found("LLM connection not found")
    return JSON({"message": "LLM connection successfully deleted"})


def _shown(secret: str) -> str:
    """A secret as it is shown: its last letters, without the end of a JSON object."""
    default = _SHOWN_DEFAULTS.get(secret)
    return default or "..." + (secret[-6:-2] if secret.endswith('"}') else secret[-4:])


def _to_json(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "provider": row["provider"],
        "adapter": row["adapter"],
        "displaySecretKey": row["display_secret_key"],
        "baseURL": row["base_url"],
        "customModels": row["custom_models"],
        "withDefaultModels": row["with_default_models"],
        "extraHeaderKeys": row["extra_header_keys"],
        "config": row["config"],
        "createdAt": time_text(row["created_at"]),
        "updatedAt": time_text(row["updated_at"]),
    }
