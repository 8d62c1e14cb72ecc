"""Rules for values of the right type, with the issues of zod 4; see `shapes`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from gateway_kit.stack.servers.tracestore.api import checks, issues

_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*")
_WITH_HOST = ("http", "https", "ftp", "ws", "wss")

Rule = Callable[[Any, issues.Path, checks.Issues], None]


def whole(message: str = "") -> Rule:
    """Without a fraction."""

    def rule(value: Any, path: issues.Path, wrong: checks.Issues) -> None:
        if value != int(value):
            issue = issues.not_whole(path)
            wrong.append({**issue, "message": message} if message else issue)
        elif value > checks.MAX_SAFE_INTEGER:
            wrong.append(issues.not_safe(path, checks.MAX_SAFE_INTEGER))

    return rule


def at_least(least: int, message: str = "") -> Rule:
    """Not below `least`."""
    return _limit(lambda value: value >= least, lambda path: issues.too_small(path, least), message)


def above(limit: int) -> Rule:
    """Greater than `limit`."""
    return _limit(
        lambda value: value > limit, lambda path: issues.too_small(path, limit, inclusive=False), ""
    )


def at_most(most: int, message: str) -> Rule:
    """Not above `most`."""
    return _limit(lambda value: value <= most, lambda path: issues.too_big(path, most), message)


def _limit(
    is_right: Callable[[Any], bool], issue: Callable[[issues.Path], issues.Issue], message: str
) -> Rule:
    def rule(value: Any, path: issues.Path, wrong: checks.Issues) -> None:
        if not is_right(value):
            wrong.append({**issue(path), **({"message": message} if message else {})})

    return rule


def matching(pattern: str, flags: str, is_right: Callable[[str], Any], message: str) -> Rule:
    """A string for which `is_right` holds; `pattern` and `flags` are how JavaScript writes it."""

    def rule(value: Any, path: issues.Path, wrong: checks.Issues) -> None:
        if not is_right(value):
            wrong.append(issues.not_like(path, pattern, message, flags))

    return rule


def holds(is_right: Callable[[Any], Any], message: str, *field: str) -> Rule:
    """Any other rule; its issue names `field`."""

    def rule(value: Any, path: issues.Path, wrong: checks.Issues) -> None:
        if not is_right(value):
            wrong.append(issues.custom([*path, *field], message))

    return rule


def is_url(value: Any, path: issues.Path, wrong: checks.Issues) -> None:
    """An absolute URL."""
    try:
        parts = urlsplit(value.strip())
        is_right = bool(_SCHEME.fullmatch(parts.scheme)) and (parts.port is None or parts.port > 0)
        has_place = bool(parts.hostname) if parts.scheme in _WITH_HOST else bool(parts.netloc or parts.path)
    except ValueError:
        is_right = has_place = False
    if not (is_right and has_place) or any(sign.isspace() for sign in value.strip()):
        wrong.append(issues.not_a_url(path))
