"""Which environment variables some code reads."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

# What goes through all variables looks for these: HTTP clients for proxies, the MCP SDK for settings of its own.
_PROXY, _MCP = "_proxy", "FASTMCP_"
# In these frames somebody goes through all variables.
_GOING_THROUGH = ("__iter__", "copy")


@contextmanager
def reading() -> Iterator[dict[str, str | None]]:
    """Collects the variables that the block reads, by name, with their values; None for one that is not set.

    What goes through all variables counts as reading those that such code looks for.
    """
    read: dict[str, str | None] = {name: value for name, value in os.environ.items() if looked_for(name)}
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        read.setdefault(name, os.environ.get(name))
        read.setdefault(name.upper(), os.environ.get(name.upper()))
    kind: Any = type(os.environ)
    get_item = kind.__getitem__

    def noting(environ: Any, name: str) -> str:
        asked_by_name = sys._getframe(1).f_code.co_name not in _GOING_THROUGH
        try:
            value: str = get_item(environ, name)
        except KeyError:
            if asked_by_name:
                read[name] = None
            raise
        if asked_by_name:
            read[name] = value
        return value

    kind.__getitem__ = noting
    try:
        yield read
    finally:
        kind.__getitem__ = get_item


def looked_for(name: str) -> bool:
    """Whether code that goes through all variables would look at this one."""
    return name.lower().endswith(_PROXY) or name.startswith(_MCP)
