"""POST, PATCH and GET media: what is uploaded, how that went, and where it is to be had."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from gateway_kit.stack.servers.tracestore.api import shapes
from gateway_kit.stack.servers.tracestore.api.answers import JSON, time_text
from gateway_kit.stack.servers.tracestore.api.auth import authorize
from gateway_kit.stack.servers.tracestore.api.bodies import read_json
from gateway_kit.stack.servers.tracestore.api.errors import invalid_request, not_found
from gateway_kit.stack.servers.tracestore.api.media.addresses import download_json, upload_address
from gateway_kit.stack.servers.tracestore.api.media.media_shapes import DECLARATION, RESULT
from gateway_kit.stack.servers.tracestore.config import Config
from gateway_kit.stack.servers.tracestore.store.media import (
    UPLOADED,
    OtherHashError,
    UnknownDatasetError,
    declare_media,
    media_by_id,
    note_upload,
)
from gateway_kit.stack.servers.tracestore.store.media_files import MediaFiles
from gateway_kit.stack.servers.tracestore.store.reader import reading

MAX_BYTES = 1_000_000_000  # of one file, as in Langfuse
_ID_CHARS = 22
_MAX_STATUS = 2**31 - 1  # of the column


async def declare(request: Request) -> Response:
    """201 with the id, and the address to put the bytes to; null if they are here already."""
    authorize(request)
    sent = shapes.read(DECLARATION, await read_json(request))
    if sent["contentLength"] > MAX_BYTES:
        raise invalid_request(f"File size must be less than {MAX_BYTES} bytes")
    config: Config = request.app.state.config
    if config.media_dir is None:
        raise not_found("This trace store keeps no media. Start it with --media-dir DIR")
    media_id = sent["sha256Hash"].replace("+", "-").replace("/", "_")[:_ID_CHARS]
    if "=" in media_id:
        raise invalid_request("sha256Hash is not the hash of anything")
    media = {
        "id": media_id,
        "sha256": sent["sha256Hash"],
        "content_type": sent["contentType"],
        "content_length": int(sent["contentLength"]),
    }
    link = {
        "trace_id": sent.get("traceId") or "",
        "observation_id": sent.get("observationId") or "",
        "dataset_id": sent.get("datasetId") or "",
        "dataset_item_id": sent.get("datasetItemId") or "",
        "field": sent["field"],
    }
    if any(len(text) > 500 for text in link.values()):
        raise invalid_request("An id has at most 500 characters")
    try:
        known = await declare_media(request.app.state.pool, media, link)
    except UnknownDatasetError:
        raise not_found(f"Dataset {link['dataset_id']} not found") from None
    except OtherHashError:
        message = f"Another file has the media ID {media_id}: its hash begins with the same letters."
        raise invalid_request(message) from None
    # Someone may have emptied the folder. Bytes that never came here were uploaded elsewhere, as the client says.
    is_lost = known.is_stored and not MediaFiles(config.media_dir).path(media_id).is_file()
    url = None if known.is_uploaded and not is_lost else upload_address(request, media_id)
    return JSON({"uploadUrl": url, "mediaId": media_id}, 201)


async def note_result(request: Request) -> Response:
    """Keep what the client says of its upload."""
    authorize(request)
    sent = shapes.read(RESULT, await read_json(request))
    status = min(int(sent["uploadHttpStatus"]), _MAX_STATUS)
    error = None if status == UPLOADED[0] else sent.get("uploadHttpError")
    media_id = request.path_params["media_id"]
    if not await note_upload(request.app.state.pool, media_id, sent["uploadedAt"], status, error):
        config: Config = request.app.state.config
        raise not_found(f"Media asset {media_id} not found in project {config.project_id}")
    return JSON({"message": "OK"})


async def get_media(request: Request) -> Response:
    """The medium with the address of its bytes. Raises Refusal 404 until the client has said that it uploaded them."""
    authorize(request)
    media_id = request.path_params["media_id"]
    async with reading(request.app.state.pool) as reader:
        media = (await media_by_id(reader, [media_id])).get(media_id)
    if media is None:
        raise not_found("Media asset not found")
    status = media["upload_status"]
    if not status:
        raise not_found("Media not yet uploaded")
    if status not in UPLOADED:
        raise not_found(f"Media upload failed with status {status}: \n {media['upload_error']}")
    return JSON({**download_json(request, media), "uploadedAt": time_text(media["uploaded_at"])})
