"""Lists in pages: the parameters `page` and `limit`, and what the answer says of them."""

from __future__ import annotations

import math
from typing import NamedTuple

from gateway_kit.stack.servers.tracestore.api.parameters import Parameters

DEFAULT_LIMIT, MAX_LIMIT = 50, 100


class Page(NamedTuple):
    """Which part of a list was asked for."""

    number: int
    limit: int

    @property
    def offset(self) -> int:
        """How many items come before it; no more than PostgreSQL accepts."""
        return min((self.number - 1) * self.limit, 2**62)

    def meta(self, total: int) -> dict[str, int]:
        """The answer's `meta` for a list of `total` items."""
        pages = math.ceil(total / self.limit)
        return {"page": self.number, "limit": self.limit, "totalItems": total, "totalPages": pages}


def read_page(parameters: Parameters, default_limit: int = DEFAULT_LIMIT) -> Page:
    """The page that was asked for; adds issues."""
    number = 1 if parameters.text("page") == "" else parameters.whole("page", 1, above=0)
    return Page(number, read_limit(parameters, default_limit))


def read_limit(parameters: Parameters, default_limit: int = DEFAULT_LIMIT) -> int:
    """How many items a page has; adds issues."""
    if parameters.text("limit") == "":
        return default_limit
    return parameters.whole("limit", default_limit, least=1, maximum=MAX_LIMIT)
