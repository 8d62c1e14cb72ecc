"""Virtual keys and what hangs on them: `Keys` administers keys, teams, users, budgets, and reports spend."""

from gateway_kit.keys.administration import Keys
from gateway_kit.keys.secret import Secret, VirtualKey
from gateway_kit.keys.spend import SPEND_COLUMNS
from gateway_kit.keys.tables import (
    BUDGET_COLUMNS,
    END_USER_COLUMNS,
    KEY_COLUMNS,
    MEMBER_COLUMNS,
    TEAM_COLUMNS,
    USER_COLUMNS,
)

__all__ = [
    "BUDGET_COLUMNS",
    "END_USER_COLUMNS",
    "KEY_COLUMNS",
    "MEMBER_COLUMNS",
    "SPEND_COLUMNS",
    "TEAM_COLUMNS",
    "USER_COLUMNS",
    "Keys",
    "Secret",
    "VirtualKey",
]
