"""Which values of a Compose file or of values are secrets, by their name and by what they look like."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from gateway_kit.stack.configuration.findings import SECRET_VALUE

_NAME = re.compile(
    r"(^|_)(KEY|PASSWORD|PASSWD|SECRET|TOKEN|SALT|CREDENTIALS|AUTH|MASTERKEY|SECRET_ACCESS_KEY)$",
    re.IGNORECASE,
)
_PUBLIC = re.compile(r"PUBLIC", re.IGNORECASE)

# Values that name where a secret is, or say yes or no.
_NO_SECRET = re.compile(r"(/|\./|~|os\.environ/|true$|false$|\d+$)", re.IGNORECASE)


def is_secret(name: str, value: str) -> bool:
    """Whether a value that stands in a file is a secret."""
    if not value.strip() or "${" in value.replace("$${", ""):
        return False
    if SECRET_VALUE.match(value):
        return not _PUBLIC.search(name)
    if "://" in value:
        try:
            return bool(urlsplit(value).password)
        except ValueError:
            return False
    return bool(_NAME.search(name)) and not _PUBLIC.search(name) and not _NO_SECRET.match(value)
