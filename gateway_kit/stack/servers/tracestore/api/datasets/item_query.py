"""Which items a request asks for, as conditions in SQL."""

from __future__ import annotations

from datetime import datetime

from gateway_kit.stack.servers.tracestore.api.filter_sql import Binder
from gateway_kit.stack.servers.tracestore.store.dataset_items import ITEM_COLUMNS

FROM = "from dataset_items i join datasets d on d.id = i.dataset_id"
SELECT = f"select {ITEM_COLUMNS} {FROM}"
IN_ORDER = "order by i.valid_from desc, i.id"
ACTIVE = "i.status = 'ACTIVE'"


def at_version(version: datetime | None, binder: Binder) -> str:
    """The versions that held at a time; the current ones for None. Deleted items are left out."""
    if version is None:
        return "i.valid_to is null and not i.is_deleted"
    time = binder.bind(version)
    return f"i.valid_from <= {time} and (i.valid_to is null or i.valid_to > {time}) and not i.is_deleted"
