"""A mask for what an application records: e-mail addresses, phone numbers, keys and card numbers.

The SDK calls it with every input, output and metadata before anything leaves the process:
`gateway.tracing.mask = mask_personal_data`. It does not see what the gateway itself records. Internal.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic_core import to_jsonable_python

_EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}")
# sk-… of OpenAI, Anthropic, LiteLLM and Langfuse (pk-lf-… too), Google's AIza…, Amazon's AKIA…
_KEY = re.compile(r"\b(?:sk|pk)-[A-Za-z0-9_-]{8,}|\bAIza[A-Za-z0-9_-]{30,}|\bAKIA[A-Z0-9]{16}\b")
_CARD = re.compile(r"(?<![\w-])\d(?:[ -]?\d){12,18}(?![\w-])")
# An international number, or groups with brackets, spaces, dots or hyphens between them: 9 to 15 digits.
_PHONE = re.compile(r"(?<![\w.+-])(?:\+|\(?0)\d?[\d\s().\/-]{6,20}\d(?![\w-])")


def mask_personal_data(*, data: Any, **_: Any) -> Any:
    """Replace personal data by <email>, <phone>, <key> and <card>, at any depth.

    It recognizes them by their form alone: a phone number begins with + or 0, a card number passes the Luhn check.
    Data in another form passes, so this does not make traces anonymous. Names of fields are not changed.

    Args:
        data: what an application records: text, numbers, lists, mappings, or objects.

    Returns:
        The same as text, numbers, lists and dicts, with the replacements.

    Example:
        >>> gateway.tracing.mask = mask_personal_data
    """
    if isinstance(data, str):
        return mask_text(data)
    if isinstance(data, Mapping):
        return {name: mask_personal_data(data=value) for name, value in data.items()}
    if isinstance(data, list | tuple | set | frozenset):
        return [mask_personal_data(data=value) for value in data]
    if data is None or isinstance(data, bool | int | float):
        return data
    # The SDK would serialize an object after the mask, and what is in it would not be masked.
    return mask_personal_data(data=to_jsonable_python(data, fallback=str))


def mask_text(text: str) -> str:
    """`mask_personal_data` for one text."""
    text = _KEY.sub("<key>", text)
    text = _EMAIL.sub("<email>", text)
    text = _CARD.sub(lambda found: "<card>" if _luhn(found[0]) else found[0], text)
    return _PHONE.sub(lambda found: "<phone>" if 9 <= len(_digits(found[0])) <= 15 else found[0], text)


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def _luhn(text: str) -> bool:
    """The check digit of card numbers (ISO/IEC 7812): every second digit doubled, the sum a multiple of ten."""
    total = 0
    for position, digit in enumerate(reversed(_digits(text))):
        value = int(digit) * (1 + position % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0
