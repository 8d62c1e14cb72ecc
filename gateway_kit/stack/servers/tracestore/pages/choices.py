"""What may be chosen for a score config, and the key of each choice."""

from __future__ import annotations

import math
from dataclasses import dataclass

from gateway_kit.stack.servers.tracestore.pages.filters import as_number
from gateway_kit.stack.servers.tracestore.store.reader import Row

MAX_TEXT_CHARS = 500  # of a score of a text, as in Langfuse
UNDO_KEY, SKIP_KEY, FIELD_KEY = "u", "s", "v"
# Without the keys above.
_KEYS = "1234567890abcdefghijklmnopqrtwxyz"


class UnfitValueError(Exception):
    """A value that does not fit its config; the message says why."""


@dataclass(frozen=True)
class Choice:
    """A button: `value` is sent, `key` presses it ('' for none)."""

    label: str
    value: str
    key: str


def choices(config: Row) -> list[Choice]:
    """The choices of a config; none for texts, and for numbers that are more than a key each."""
    kind = config["data_type"]
    if kind == "BOOLEAN":
        return [Choice("True", "1", "y"), Choice("False", "0", "n")]
    if kind == "CATEGORICAL":
        labels = [one["label"] for one in config["categories"] or []]
        return [
            Choice(label, str(place), _KEYS[place] if place < len(_KEYS) else "")
            for place, label in enumerate(labels)
        ]
    least, most = config["min_value"], config["max_value"]
    if kind != "NUMERIC" or least is None or most is None:
        return []
    # From 0 to 1 is a share, of which there is more than nothing and all.
    if not (least >= 0 and least + 2 <= most <= 9 and least == int(least) and most == int(most)):
        return []
    return [Choice(str(one), str(one), str(one)) for one in range(int(least), int(most) + 1)]


def read_value(config: Row, sent: str) -> tuple[float | None, str | None]:
    """The columns value and string_value of a score. Raises UnfitValueError."""
    if config["is_archived"]:
        raise UnfitValueError("The score config is archived, so nothing more is judged by it.")
    kind, text = config["data_type"], sent.strip()
    if kind == "TEXT":
        if not 1 <= len(text) <= MAX_TEXT_CHARS:
            raise UnfitValueError(f"A text has 1 to {MAX_TEXT_CHARS} characters.")
        return None, text
    if kind == "NUMERIC":
        return _number(config, text), None
    labels = {choice.value: choice.label for choice in choices(config)}
    if text not in labels:
        raise UnfitValueError("There is no such choice.")
    return (None, labels[text]) if kind == "CATEGORICAL" else (float(text), labels[text])


def _number(config: Row, text: str) -> float:
    number = as_number(text)
    least, most = config["min_value"], config["max_value"]
    if number is None:
        raise UnfitValueError("The value must be a number.")
    if (least is not None and number < least) or (most is not None and number > most):
        raise UnfitValueError(f"The number must be {limits(config)}.")
    return number


def limits(config: Row) -> str:
    """In words: from 0 to 1, at least 0, at most 1; '' without limits."""
    least, most = (
        None if config[name] is None else f"{config[name]:g}" for name in ("min_value", "max_value")
    )
    if least is not None and most is not None:
        return f"from {least} to {most}"
    return f"at least {least}" if least is not None else f"at most {most}" if most is not None else ""


def shown_value(row: Row) -> str:
    """A score's value as text."""
    if row["string_value"] is not None:
        return str(row["string_value"])
    return f"{row['value']:g}" if row["value"] is not None and math.isfinite(row["value"]) else ""
