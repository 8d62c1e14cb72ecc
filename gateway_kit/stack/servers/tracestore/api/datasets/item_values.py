"""Input, expected output and metadata of a dataset item, as Langfuse stores them."""

from __future__ import annotations

import json
import re
from typing import Any

import orjson

from gateway_kit.stack.servers.tracestore.api.bodies import json_text, too_deep
from gateway_kit.stack.servers.tracestore.api.errors import Refusal

# Numbers that JavaScript may round; then each number of the text is looked at.
_PERHAPS_UNSAFE = re.compile(r"[\d.]{13}|\d[eE]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]")
_MAX_SAFE = 2**53


def stored_value(sent: Any) -> Any:
    """The value that is stored: of a text that is JSON what it says, so '4' becomes a number; of '' null.

    Control characters are dropped from texts. Raises Refusal 400 for a value nested too deeply.
    """
    if sent == "":
        return None
    try:
        return _cleaned(_parsed(sent) if isinstance(sent, str) else sent)
    except RecursionError:
        raise too_deep() from None


def as_json(value: Any) -> str | None:
    """JSON text for the database; null as none. Raises Refusal 400 for a value nested too deeply."""
    return None if value is None else json_text(value)


def from_json(text: str | None) -> Any:
    """The value of a column."""
    return None if text is None else orjson.loads(text)


def _parsed(text: str) -> Any:
    try:
        if _PERHAPS_UNSAFE.search(text):
            value = json.loads(text, parse_int=_exact, parse_float=_exact, parse_constant=_no_json)
        else:
            value = orjson.loads(text)
        json_text(value)  # fails for a value that is nested too deeply to be stored: it stays a text
    except (ValueError, RecursionError, Refusal):
        return text
    return value


def _no_json(constant: str) -> None:
    raise ValueError(f"{constant} is Python's, not JSON")


def _exact(literal: str) -> int | float | str:
    """The number; its text if JavaScript would round it, as Langfuse keeps such numbers."""
    number = float(literal)
    if _digits(literal) != _digits(repr(number)):
        return literal
    return int(number) if number.is_integer() and abs(number) < _MAX_SAFE else number


def _digits(literal: str) -> str:
    """The significant digits."""
    return re.sub(r"[eE].*$|\D", "", literal).strip("0")


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return _CONTROL.sub("", value)
    if isinstance(value, list):
        return [_cleaned(item) for item in value]
    if isinstance(value, dict):
        return {key: _cleaned(item) for key, item in value.items()}
    return value
