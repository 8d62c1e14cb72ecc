"""The level of an observation, from the words that loggers of other tools use."""

from __future__ import annotations

from typing import Any

_WORDS = {
    "DEBUG": ("DEBUG", "TRACE", "VERBOSE"),
    "DEFAULT": ("DEFAULT", "INFO", "LOG", "NOTICE", "OK", "SUCCESS"),
    "WARNING": ("WARNING", "WARN"),
    "ERROR": ("ERROR", "FATAL", "CRITICAL"),
}
_LEVEL_OF = {word: level for level, words in _WORDS.items() for word in words}
LEVELS = tuple(_WORDS)


def level_of(sent: Any) -> str | None:
    """The level that a word means, in any case; None for a word that is not known."""
    return _LEVEL_OF.get(sent.strip().upper()) if isinstance(sent, str) else None
