"""The stack as lessons show it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway_kit.stack.stack import Stack
from gateway_kit.stack.status import credentials_rows, status_rows

if TYPE_CHECKING:
    import pandas as pd


def stack_state() -> pd.DataFrame:
    """One row per service, indexed by its name.

    column     dtype    meaning
    state      string   running, unhealthy, dead, stopped, external or off
    url        string   where it listens
    uptime_s   float64  seconds since its start; missing unless the kit runs it
    rss_mb     float64  resident memory in MB (10⁶ bytes), children included
    """
    import pandas as pd

    frame = pd.DataFrame(status_rows(Stack()))
    dtypes = {"state": "string", "url": "string", "uptime_s": "float64", "rss_mb": "float64"}
    return frame.set_index("service")[list(dtypes)].astype(dtypes)


def where_to_look() -> pd.DataFrame:
    """One row per thing to look at, indexed by its name: `where` (string), `credentials` (string)."""
    import pandas as pd

    frame = pd.DataFrame(credentials_rows(Stack()), columns=["what", "where", "credentials"], dtype="string")
    return frame.set_index("what")
