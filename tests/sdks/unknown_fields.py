"""Fields of an answer that the SDK's types do not know."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel


def unknown_fields(value: Any, place: str = "") -> Iterator[str]:
    """The path of each field that no model declares, such as `choices[0].message.colour`."""
    if isinstance(value, BaseModel):
        for name in value.model_extra or {}:
            yield f"{place}.{name}".lstrip(".")
        for name in type(value).model_fields:
            yield from unknown_fields(getattr(value, name, None), f"{place}.{name}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from unknown_fields(item, f"{place}[{index}]")
