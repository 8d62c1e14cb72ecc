"""What a run printed, without what belongs to the machine it ran on."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from gateway_kit.settings import BASE_PORTS

ADDRESS = re.compile(r"\b127\.0\.0\.1:(\d{4,5})\b")
# A project's public key is no secret, but each stack has its own.
_PUBLIC_KEY = re.compile(r"\bpk-lf-[\w-]{8,}")
_LINK_TO_STACK = re.compile(r'<a\s[^>]*href="http://127\.0\.0\.1[^"]*"[^>]*>(.*?)</a>', re.DOTALL)


def neutral(text: str, offset: int, folders: Iterable[Path]) -> str:
    """The text as a stack on the usual ports would have written it, without the names of this machine's folders.

    A link to the stack becomes its text: the trace that it opens is on this machine alone.
    """
    usual = BASE_PORTS.values()

    def port(match: re.Match[str]) -> str:
        number = int(match[1]) - offset
        return f"127.0.0.1:{number}" if number in usual else match[0]

    text = _LINK_TO_STACK.sub(r"\1", text)
    text = _PUBLIC_KEY.sub("pk-lf-…", ADDRESS.sub(port, text))
    for folder in folders:
        text = text.replace(str(folder), folder.name)
    return text
