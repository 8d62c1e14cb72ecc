"""Which items a request asks for, as conditions in SQL."""

from __future__ import annotations

from datetime import datetime

from gateway_kit.stack.servers.tracestore.api.filter_sql import Binder
from gateway_kit.stack.servers.tracestore.store.dataset_items import ITEM_COLUMNS

_JOINED = "from dataset_items i join datasets d on d.id = i.dataset_id"
SELECT = f"select {ITEM_COLUMNS} {_JOINED}"
IN_ORDER = "order by i.valid_from desc, i.id"
ACTIVE = "i.status = 'ACTIVE'"


def count_of(where: str) -> str:
    """The statement that counts versions."""
    return f"select count(*) as total from dataset_items i where {where}"


def page_of(where: str, part: str) -> str:
    """The statement that reads a page of versions, whose place is found before the rows are read."""
    page = f"select i.id, i.valid_from from dataset_items i where {where} {IN_ORDER} {part}"
    return f"{SELECT} join ({page}) as page on page.id = i.id and page.valid_from = i.valid_from {IN_ORDER}"


def at_version(version: datetime | None, binder: Binder) -> str:
    """The versions that held at a time; the current ones for None. Deleted items are left out."""
    if version is None:
        return "i.valid_to is null and not i.is_deleted"
    time = binder.bind(version)
    return f"i.valid_from <= {time} and (i.valid_to is null or i.valid_to > {time}) and not i.is_deleted"
