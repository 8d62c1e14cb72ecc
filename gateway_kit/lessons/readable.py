"""Whether an e-mail address can be read in a text, also in a form that anybody can turn back."""

from __future__ import annotations

import base64
import codecs
import re
from collections.abc import Iterator
from urllib.parse import quote

PLAIN = "plain"


def read_in(text: str, address: str) -> str:
    """How the address can be read in the text: "plain", "in base64" and so on; empty if it cannot.

    The name before the @ counts as the address: it is mostly a person's.
    """
    here, squeezed = text.casefold(), _squeeze(text)
    for what in (address, address.partition("@")[0]):
        if what.casefold() in here or _squeeze(what) in squeezed:
            return PLAIN
    for what in (address, address.partition("@")[0]):
        for how, form in _reversible(what):
            if form.casefold() in here:
                return how
    return ""


def _reversible(text: str) -> Iterator[tuple[str, str]]:
    """The text in forms that need no secret to be turned back."""
    raw = text.encode()
    yield "in base64", base64.b64encode(raw).decode().rstrip("=")
    yield "in base64", base64.urlsafe_b64encode(raw).decode().rstrip("=")
    yield "in base32", base64.b32encode(raw).decode().rstrip("=")
    yield "in base85", base64.b85encode(raw).decode()
    yield "in hexadecimal", raw.hex()
    yield "backwards", text[::-1]
    yield "in rot13", codecs.encode(text, "rot13")
    yield "with % for its characters", quote(text, safe="")


def _squeeze(text: str) -> str:
    """Letters and digits alone, so that `ann.lee at example.com` is `ann.lee@example.com`."""
    return re.sub(r"[^a-z0-9]|\bat\b", "", text.casefold())
