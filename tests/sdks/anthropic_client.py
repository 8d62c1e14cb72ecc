"""Anthropic's SDK in strict mode, and a check of what it parsed."""

from __future__ import annotations

import base64
import struct
import zlib
from typing import Any

from anthropic import Anthropic, AsyncAnthropic
from unknown_fields import unknown_fields

MODEL = "claude-haiku-4-5"
CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER: dict[str, Any] = {
    "name": "get_weather",
    "description": "The weather in a city",
    "input_schema": CITY,
}


def strict(base: str, key: str = "sim-sdk", **options: Any) -> Anthropic:
    """A client that refuses an answer which is not of the declared type."""
    return Anthropic(base_url=base, api_key=key, _strict_response_validation=True, **options)


def strict_async(base: str, **options: Any) -> AsyncAnthropic:
    return AsyncAnthropic(base_url=base, api_key="sim-sdk", _strict_response_validation=True, **options)


def known(answer: Any) -> Any:
    """The answer, which must have no field that its type does not declare."""
    assert list(unknown_fields(answer)) == []
    return answer


def user(content: Any) -> list[Any]:
    return [{"role": "user", "content": content}]


def png(width: int, height: int) -> str:
    """A black image as base64."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress((b"\0" + b"\0" * width) * height)
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    file = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    return base64.b64encode(file).decode()


def image(width: int, height: int, media_type: str = "image/png") -> dict[str, Any]:
    return {
        "type": "image",
        "source": {"type": "base64", "media_type": media_type, "data": png(width, height)},
    }
