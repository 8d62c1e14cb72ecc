"""References to media in the fields of a dataset's items: `@@@langfuseMedia:type=…|id=…|source=…@@@`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from starlette.requests import Request

from gateway_kit.stack.servers.tracestore.api.media.addresses import download_json
from gateway_kit.stack.servers.tracestore.store.media import UPLOADED, media_by_id
from gateway_kit.stack.servers.tracestore.store.reader import reading

_REFERENCE = re.compile(r"@@@langfuseMedia:type=[^|@]+\|id=([A-Za-z0-9_-]+)\|source=[^|@]+@@@")
_FIELDS = ("expectedOutput", "input", "metadata")  # in the order of the answers


async def with_references(request: Request, items: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The items, each with its `mediaReferences` to what was uploaded."""
    found = [
        [(field, *one) for field in _FIELDS for one in sorted(_references(item[field], "$"))]
        for item in items
    ]
    ids = {media_id for references in found for _, _, _, media_id in references}
    if not ids:
        return [{**item, "mediaReferences": []} for item in items]
    async with reading(request.app.state.pool) as reader:
        known = await media_by_id(reader, sorted(ids))
    media = {
        media_id: download_json(request, row)
        for media_id, row in known.items()
        if row["upload_status"] in UPLOADED
    }
    return [
        {
            **item,
            "mediaReferences": [
                {"field": field, "referenceString": text, "jsonPath": path, "media": media[media_id]}
                for field, path, text, media_id in references
                if media_id in media
            ],
        }
        for item, references in zip(items, found, strict=True)
    ]


def media_of(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Field and media id of each reference in these fields."""
    return [(field, one[2]) for field, value in values.items() for one in _references(value, "$")]


def _references(value: Any, path: str) -> Iterator[tuple[str, str, str]]:
    """JSON path, text and media id of each text that is a reference and nothing else."""
    stack = [(value, path)]
    while stack:
        one, place = stack.pop()
        if isinstance(one, dict):
            stack += ((item, f"{place}['{name}']") for name, item in reversed(one.items()))
        elif isinstance(one, list):
            stack += ((item, f"{place}[{index}]") for index, item in reversed([*enumerate(one)]))
        elif isinstance(one, str) and (match := _REFERENCE.fullmatch(one)):
            yield place, one, match[1]
