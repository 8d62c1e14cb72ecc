"""Which settings hold secrets, and how a value is told without one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from gateway_kit.stack.configuration.findings import SECRET_VALUE, shown
from gateway_kit.stack.configuration.models import REFERENCE

_SECRET_NAME = re.compile(
    r"(^|[_.-])(api[_-]?key|key|master_key|salt_key|password|passwd|pwd|secret|token|credentials?|authorization|auth"
    r"|secret_access_key|access_key_id|private_key|webhook_url|dsn|connection_string|auth_value|cookie)([_-]?\d*)$",
    re.IGNORECASE,
)
# What a header signs in with.
_SIGNED = re.compile(r"(basic|bearer|token|apikey)\s+\S{6,}", re.IGNORECASE)
# Words that end as secrets do and are none.
_NO_SECRET = re.compile(
    r"(cost_per_token|per_token|_token_cost|prompt_cache_key|litellm_key_header_name|name_key|custom_auth|max_tokens?)$"
)
# Names of models and deployments, which may look like anything.
_NAMES = frozenset({"model", "model_name", "id", "base_model"})
_LONGEST = 80


def is_secret_name(name: object) -> bool:
    """Whether a setting of this name holds a secret."""
    return isinstance(name, str) and bool(_SECRET_NAME.search(name)) and not _NO_SECRET.search(name)


def is_secret(name: object, value: object) -> bool:
    """Whether this value is a secret written in the file. A reference to a variable is none."""
    if not isinstance(value, str) or value.startswith(REFERENCE) or not value.strip():
        return False
    if is_secret_name(name) or _SIGNED.match(value) or _has_password(value):
        return True
    return name not in _NAMES and bool(SECRET_VALUE.search(value))


def secrets_of(value: Any, name: object = "") -> Iterator[str]:
    """Every secret in a value, whatever it is nested in; one beside a key `Authorization` as well."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from secrets_of(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from secrets_of(inner, name)
    elif is_secret(name, value):
        yield value


def told(name: object, value: object) -> str:
    """A value of the file for a list of changes: short, in one line, without a secret."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return shown(", ".join(str(key) for key in value) or "nothing", _LONGEST)
    if isinstance(value, list):
        names = [told(name, item) for item in value]
        return shown(", ".join(names) or "nothing", _LONGEST)
    text = str(value)
    if is_secret(name, text) or (is_secret_name(name) and not text.startswith(REFERENCE)):
        return "***"
    return shown(_without_query(text), _LONGEST)


def _has_password(value: str) -> bool:
    if "://" not in value:
        return False
    try:
        return bool(urlsplit(value).password)
    except ValueError:
        return True


def _without_query(text: str) -> str:
    """An address without what may hold a key: its query."""
    return text.partition("?")[0] if "://" in text else text
