"""A virtual key's secret, which is shown masked, or as LiteLLM's hash."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

_HASH = re.compile(r"[0-9a-f]{64}")


class Secret(str):
    """A full key: a str to send, masked in its `repr`.

    >>> Secret("sk-0123456789abcdef")
    Secret('sk-...cdef')
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return f"Secret({mask(self)!r})"


@dataclass(frozen=True)
class VirtualKey:
    """A virtual key as the gateway knows it: `alias`, `hash`, and, on a key just made, its `secret`.

    LiteLLM stores the hash only and tells the secret once, when the key is made. So `keys.create` and `keys.rotate`
    return it, and nothing else does: if you lose it, rotate the key.
    """

    alias: str | None
    hash: str
    masked: str
    secret: Secret | None = None

    def __repr__(self) -> str:
        return f"<VirtualKey {self.alias or 'without a name'}: {self.masked}, hash {self.hash[:8]}…>"


def mask(key: str) -> str:
    """`sk-...abcd`, as LiteLLM's own tables show a key; and nothing of a key too short to mask."""
    return f"sk-...{key[-4:]}" if key.startswith("sk-") and len(key) >= 16 else "sk-..."


def key_hash(key: str) -> str:
    """The SHA-256 by which LiteLLM knows a key, as hexadecimal digits; a hash is returned as it is."""
    return key if is_hash(key) else hashlib.sha256(key.encode(errors="replace")).hexdigest()


def is_hash(text: str) -> bool:
    """Whether a text is a key's hash."""
    return _HASH.fullmatch(text) is not None
