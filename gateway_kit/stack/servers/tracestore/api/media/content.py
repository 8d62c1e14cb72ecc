"""The bytes of media: put to and read from a signed address."""

from __future__ import annotations

import asyncio
import sys

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from gateway_kit.stack.servers.tracestore.api.errors import Refusal, invalid_request, not_found
from gateway_kit.stack.servers.tracestore.api.media.addresses import check_address
from gateway_kit.stack.servers.tracestore.config import Config
from gateway_kit.stack.servers.tracestore.store.media import media_by_id, note_stored, stored_bytes
from gateway_kit.stack.servers.tracestore.store.media_files import MediaFiles, WrongContentError
from gateway_kit.stack.servers.tracestore.store.reader import Row, reading

# Whatever a file holds, it runs no script and is nothing but what it was declared as.
_HEADERS = {
    "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, max-age=3600",
}
_SHOWN = ("image/", "audio/", "video/", "text/plain", "application/pdf")


async def put_content(request: Request) -> Response:
    """200 once the bytes are on the disk. Raises Refusal if they are not what was declared, or the folder is full."""
    check_address(request, "PUT")
    media, files, config = await _known(request)
    length: int = media["content_length"]
    sent_length = request.headers.get("content-length")
    if sent_length is not None and sent_length != str(length):
        raise invalid_request(
            f"The upload has {sent_length} bytes instead of the {length} that were declared"
        )
    if request.headers.get("content-type") != media["content_type"]:
        raise invalid_request(f"The upload's Content-Type has to be {media['content_type']}")
    if not files.path(media["id"]).is_file():
        async with reading(request.app.state.pool) as reader:
            total = await stored_bytes(reader)
        if total + length > config.max_media_bytes:
            total = await asyncio.to_thread(files.total_bytes)  # someone may have deleted some
        if total + length > config.max_media_bytes:
            raise Refusal(
                413,
                {
                    "message": f"The media folder {files.folder} holds {total} bytes, and with this file it would be "
                    f"more than its limit of {config.max_media_bytes}. Delete files there (clients upload them again), "
                    "or start the store with a larger --max-media-mb",
                    "error": "PayloadTooLargeError",
                },
            )
    try:
        await files.write(media["id"], request.stream(), length, media["sha256"])
    except WrongContentError as exc:
        raise invalid_request(f"The upload has {exc}") from exc
    except OSError as exc:
        raise _no_room(files, exc) from exc
    await note_stored(request.app.state.pool, media["id"])
    return Response(status_code=200)


def _no_room(files: MediaFiles, exc: OSError) -> Refusal:
    print(f"tracestore: writing to the media folder: {exc}", file=sys.stderr, flush=True)
    message = (
        f"The media folder {files.folder} cannot be written: {exc.strerror}. "
        "Make room for it on its disk, then upload the file again"
    )
    return Refusal(507, {"message": message, "error": "InsufficientStorageError"})


async def get_content(request: Request) -> Response:
    """The bytes."""
    check_address(request, "GET")
    media, files, _ = await _known(request)
    path = files.path(media["id"])
    if not path.is_file():
        raise not_found("The bytes of this medium were never uploaded, or were deleted.")
    kind: str = media["content_type"]
    is_shown = kind.startswith(_SHOWN) and kind != "image/svg+xml"
    return FileResponse(
        path,
        media_type=kind,
        headers=_HEADERS,
        filename=None if is_shown else media["id"],
        content_disposition_type="inline" if is_shown else "attachment",
    )


async def _known(request: Request) -> tuple[Row, MediaFiles, Config]:
    media_id, config = request.path_params["media_id"], request.app.state.config
    async with reading(request.app.state.pool) as reader:
        media = (await media_by_id(reader, [media_id])).get(media_id)
    if media is None or config.media_dir is None:
        raise not_found("Media asset not found")
    return media, MediaFiles(config.media_dir), config
