"""What a client says of a medium before and after its upload."""

from __future__ import annotations

import re

from gateway_kit.stack.servers.tracestore.api import rules, shapes

CONTENT_TYPES = (
    *("image/png", "image/jpeg", "image/jpg", "image/webp", "image/gif", "image/svg+xml", "image/tiff"),
    *("image/bmp", "image/avif", "image/heic"),
    *(
        "audio/mpeg",
        "audio/mp3",
        "audio/wav",
        "audio/ogg",
        "audio/oga",
        "audio/aac",
        "audio/mp4",
        "audio/flac",
    ),
    *("audio/opus", "audio/webm"),
    *("video/mp4", "video/webm", "video/ogg", "video/mpeg", "video/quicktime", "video/x-msvideo"),
    "video/x-matroska",
    *("text/plain", "text/html", "text/css", "text/csv", "text/markdown", "text/x-python"),
    *("application/javascript", "text/x-typescript", "application/x-yaml", "application/pdf"),
    *("application/msword", "application/vnd.ms-excel"),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    *("application/zip", "application/json", "application/xml", "application/octet-stream"),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    *("application/rtf", "application/x-ndjson", "application/vnd.apache.parquet", "application/gzip"),
    *("application/x-tar", "application/x-7z-compressed"),
)
_UNKNOWN_TYPE = f"Invalid content type. Only supporting {', '.join(CONTENT_TYPES)}"
_HASH = "^[A-Za-z0-9+/=]{44}$"
_NO_HASH = "Must be a 44 character base64 encoded SHA-256 hash"
_ONE_PLACE = (
    "Provide either traceId with field input/output/metadata, or datasetId + datasetItemId with field "
    "input/expectedOutput/metadata."
)
_COMMON = {
    "contentType": shapes.choice(CONTENT_TYPES, _UNKNOWN_TYPE),
    "contentLength": shapes.number(rules.above(0), rules.whole()),
    "sha256Hash": shapes.text(
        rules=[rules.matching(_HASH, "", lambda sent: re.fullmatch(r"[A-Za-z0-9+/=]{44}", sent), _NO_HASH)]
    ),
}
_NULL = shapes.optional(shapes.nothing("null"))

DECLARATION = shapes.any_of(
    shapes.fields(
        {
            **_COMMON,
            "traceId": shapes.text(),
            "observationId": shapes.nullish(shapes.text()),
            "field": shapes.choice(("input", "output", "metadata")),
            "datasetId": _NULL,
            "datasetItemId": _NULL,
        }
    ),
    shapes.fields(
        {
            **_COMMON,
            "datasetId": shapes.text(),
            "datasetItemId": shapes.text(),
            "field": shapes.choice(("input", "expectedOutput", "metadata")),
            "traceId": _NULL,
            "observationId": _NULL,
        }
    ),
    message=_ONE_PLACE,
)
RESULT = shapes.fields(
    {
        "uploadedAt": shapes.date,
        "uploadHttpStatus": shapes.number(rules.above(0), rules.whole()),
        "uploadHttpError": shapes.nullish(shapes.text()),
        "uploadTimeMs": shapes.nullish(shapes.number()),
    }
)
