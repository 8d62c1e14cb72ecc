"""The name of an environment as Langfuse stores it."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

DEFAULT_ENVIRONMENT = "default"
MAX_CHARS = 40
# Langfuse keeps names that begin so for its own traces.
_RESERVED = re.compile(r"(?:langfuse[-_]?)+")
_ALLOWED = re.compile(r"[a-z0-9_-]+")


def environment_name(sent: Any) -> str:
    """In lower case, without the reserved prefix, at most 40 characters; 'default' for what is no name."""
    return _normalised(sent) if isinstance(sent, str) else DEFAULT_ENVIRONMENT


@lru_cache(maxsize=1000)
def _normalised(sent: str) -> str:
    name = sent.lower()
    if reserved := _RESERVED.match(name):
        name = name[reserved.end() :]
    name = name[:MAX_CHARS]
    return name if _ALLOWED.fullmatch(name) else DEFAULT_ENVIRONMENT
