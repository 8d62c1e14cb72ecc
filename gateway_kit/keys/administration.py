"""`Keys`: the gateway's keys, owners, budgets and spend, behind one object."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway_kit.errors import RequestRefusedError
from gateway_kit.gateway.management import ManagementApi
from gateway_kit.keys.budgets import Budgets
from gateway_kit.keys.spend import SpendReports
from gateway_kit.keys.virtual_keys import VirtualKeys

if TYPE_CHECKING:
    import pandas as pd


class Keys(VirtualKeys, Budgets, SpendReports):
    """Virtual keys, teams, users, end users, budgets and spend reports of one gateway; needs its master key.

    keys = gateway.keys
    key = keys.create("search-team", models="gpt-4o-mini", max_budget_usd=5)
    gateway.ask("Hello", api_key=key.secret)
    keys.frame()                            # all keys, masked

    Every method raises a subclass of GatewayError whose text says what to do: RequestRefusedError for what cannot
    be meant, KeyRefusedError for a wrong or missing master key, GatewayUnreachableError where nothing answers.
    """

    def __init__(self, api: ManagementApi) -> None:
        self.api = api

    def __repr__(self) -> str:
        return f"Keys({self.api.connection.url!r})"

    def clean_up(self, prefix: str) -> None:
        """Deletes the keys, teams, users, end users and budgets whose names begin with `prefix`.

        For lessons and tests that name what they make alike; what it spent stays in the reports. Raises
        RequestRefusedError for a prefix of less than 3 characters, which could mean anybody's.
        """
        if len(prefix) < 3:
            raise RequestRefusedError(
                f"clean_up({prefix!r}) would delete too much. Give 3 characters or more."
            )

        def named(table: pd.DataFrame, name: str, column: str) -> list[str]:
            return [str(i) for i in table.loc[table[name].str.startswith(prefix, na=False), column]]

        # Keys before their owners, end users before their budgets.
        for path, field, found in (
            ("/key/delete", "keys", named(self.frame(), "alias", "key_hash")),
            ("/team/delete", "team_ids", named(self.teams(), "team", "team_id")),
            ("/user/delete", "user_ids", named(self.users(), "user", "user")),
            ("/customer/delete", "user_ids", named(self.end_users(), "end_user", "end_user")),
        ):
            if found:
                self.api.post(path, {field: found})
        for budget in named(self.budgets(), "budget", "budget"):
            self.api.post("/budget/delete", {"id": budget})
