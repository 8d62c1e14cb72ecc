"""Budgets that several can share, and the end users whom they limit: customers without a key of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gateway_kit.errors import GatewayError, RequestRefusedError
from gateway_kit.gateway.management import ManagementApi
from gateway_kit.keys.limits import limits_body, name_of
from gateway_kit.keys.tables import budgets_frame, end_users_frame

if TYPE_CHECKING:
    import pandas as pd


class Budgets:
    """Budgets and end users. An end user is the `user` of a request, whichever key it came with."""

    api: ManagementApi

    def create_budget(
        self,
        budget: str,
        *,
        max_budget_usd: float,
        budget_duration: str | None = None,
        rpm_limit: int | None = None,
        tpm_limit: int | None = None,
    ) -> str:
        """The name of a new budget, which is `budget` (`/budget/new`)."""
        name = name_of("A budget", budget)
        limits = {
            "max_budget_usd": max_budget_usd,
            "budget_duration": budget_duration,
            "rpm_limit": rpm_limit,
            "tpm_limit": tpm_limit,
        }
        body = limits_body(limits, needs_budget=True)
        if "max_budget" not in body:
            raise RequestRefusedError(f"The budget {name!r} needs max_budget_usd, US dollars, such as 0.50.")
        if self._budget(name):
            raise RequestRefusedError(f"There is a budget {name!r} already. keys.budgets() lists them.")
        self.api.post("/budget/new", {"budget_id": name, **body})
        return name

    def budgets(self) -> pd.DataFrame:
        """The budgets, one a row: budget (string), and the limits as in `frame()`. From `/budget/list`.

        LiteLLM keeps a team member's budget here too, under an id of its own.
        """
        return budgets_frame(self.api.get("/budget/list"))

    def delete_budget(self, budget: str) -> None:
        """Ends a budget (`/budget/delete`); whom it limited has none then."""
        if not self._budget(budget):
            raise RequestRefusedError(f"There is no budget {budget!r}. keys.budgets() lists them.")
        self.api.post("/budget/delete", {"id": budget})

    def create_end_user(self, end_user: str, *, budget: str | None = None) -> str:
        """The id of a new end user, which is `end_user` (`/customer/new`), limited by a budget where one is given.

        gateway.ask("Hello", api_key=key.secret, user="customer-17")      # this is how they are told apart

        An id that nobody created is counted too, and not limited.
        """
        name = name_of("An end user", end_user)
        if budget is not None and not self._budget(budget):
            raise RequestRefusedError(
                f"There is no budget {budget!r}. keys.budgets() lists them; keys.create_budget makes one."
            )
        if self._end_user(name) is not None:
            raise RequestRefusedError(f"There is an end user {name!r} already. keys.end_users() lists them.")
        self.api.post("/customer/new", {"user_id": name, "budget_id": budget})
        return name

    def end_users(self) -> pd.DataFrame:
        """The end users, one a row (`/customer/list`).

        column      dtype     meaning
        end_user    string    the `user` of their requests
        spend_usd   float64   since their budget last began anew, as far as it is booked
        budget      string    its name
        and the limits as in `frame()`
        """
        return end_users_frame(self.api.get("/customer/list"))

    def delete_end_user(self, end_user: str) -> None:
        """Ends an end user (`/customer/delete`); what they spent stays in the reports."""
        if self._end_user(name_of("An end user", end_user)) is None:
            raise RequestRefusedError(f"There is no end user {end_user!r}. keys.end_users() lists them.")
        self.api.post("/customer/delete", {"user_ids": [end_user]})

    def _budget(self, budget: str) -> bool:
        found = self.api.post("/budget/info", {"budgets": [name_of("A budget", budget)]})
        return bool(found)

    def _end_user(self, end_user: str) -> Any | None:
        try:
            return self.api.get("/customer/info", end_user_id=end_user)
        except GatewayError as exc:
            if exc.status in (400, 404):  # by release
                return None
            raise
