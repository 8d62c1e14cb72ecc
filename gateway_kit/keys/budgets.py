"""`gateway.keys.budgets` and `.end_users`: budgets that several share, and customers without a key of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gateway_kit.errors import GatewayError, RequestRefusedError
from gateway_kit.keys.limits import limits_body, name_of
from gateway_kit.keys.tables import budgets_frame, end_users_frame
from gateway_kit.litellm_api.management import ManagementApi

if TYPE_CHECKING:
    import pandas as pd


class Budgets:
    """Budgets with a name. Each end user of a budget may spend all of it."""

    def __init__(self, api: ManagementApi) -> None:
        self._api = api

    def create(
        self,
        budget: str,
        *,
        max_budget_usd: float,
        budget_duration: str | None = None,
        rpm_limit: int | None = None,
        tpm_limit: int | None = None,
    ) -> str:
        """Make a budget (`/budget/new`); for the limits see `gateway.keys.create`.

        Returns:
            Its name, which is `budget`.

        Raises:
            RequestRefusedError: there is a budget of that name, or a limit is invalid.
        """
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
        if self.exists(name):
            raise RequestRefusedError(f"There is a budget {name!r} already. keys.budgets.list() shows them.")
        self._api.post("/budget/new", {"budget_id": name, **body})
        return name

    def list(self) -> pd.DataFrame:
        """The budgets (`/budget/list`). LiteLLM keeps a team member's budget here too, under an id of its own.

        Returns:
            One row per budget, with this column and the limits of `gateway.keys.list`.

                - `budget` (string): its name
        """
        return budgets_frame(self._api.get("/budget/list"))

    def delete(self, budget: str) -> None:
        """Delete a budget (`/budget/delete`); its end users have none then."""
        if not self.exists(budget):
            raise RequestRefusedError(f"There is no budget {budget!r}. keys.budgets.list() shows them.")
        self._api.post("/budget/delete", {"id": budget})

    def exists(self, budget: str) -> bool:
        """Whether there is a budget of that name."""
        return bool(self._api.post("/budget/info", {"budgets": [name_of("A budget", budget)]}))


class EndUsers:
    """End users: customers, named by the `user` of a request, whichever key it came with."""

    def __init__(self, api: ManagementApi, budgets: Budgets) -> None:
        self._api = api
        self._budgets = budgets

    def create(self, end_user: str, *, budget: str | None = None) -> str:
        """Make an end user (`/customer/new`), or limit one whom LiteLLM only counts so far (`/customer/update`).

        LiteLLM makes an end user of every id that comes with a request, counts its spend, and does not limit it. One
        who is only counted stays so without a budget.

        Args:
            end_user: the `user` of their requests.
            budget: the name of the budget that limits them; None for no limit.

        Returns:
            The id, which is `end_user`.

        Raises:
            RequestRefusedError: the end user has a budget already, or there is no such budget.

        Example:
            >>> gateway.keys.end_users.create("customer-17", budget="free")
            >>> gateway.ask("Hello", api_key=key.secret, user="customer-17")
        """
        name = name_of("An end user", end_user)
        if budget is not None and not self._budgets.exists(budget):
            raise RequestRefusedError(
                f"There is no budget {budget!r}. keys.budgets.list() shows them; keys.budgets.create makes one."
            )
        there = self._entry(name)
        if there is not None and there.get("litellm_budget_table"):
            raise RequestRefusedError(
                f"There is an end user {name!r} already. keys.end_users.list() shows them."
            )
        body = {"user_id": name, "budget_id": budget}
        if there is None:
            try:
                self._api.post("/customer/new", body)
            except RequestRefusedError as exc:
                # A request of theirs was booked in this moment.
                if "already exists" not in str(exc):
                    raise
            else:
                return name
        if budget is not None:
            self._api.post("/customer/update", body)
        return name

    def list(self) -> pd.DataFrame:
        """The end users (`/customer/list`).

        Returns:
            One row per end user, with these columns and the limits of `gateway.keys.list`.

                - `end_user` (string): the `user` of their requests
                - `spend_usd` (float64): since the budget last began anew, as far as it is booked
                - `budget` (string): its name; missing without one
        """
        return end_users_frame(self._api.get("/customer/list"))

    def delete(self, end_user: str) -> None:
        """Delete an end user (`/customer/delete`); what they spent stays in the reports."""
        if self._entry(name_of("An end user", end_user)) is None:
            raise RequestRefusedError(f"There is no end user {end_user!r}. keys.end_users.list() shows them.")
        self._api.post("/customer/delete", {"user_ids": [end_user]})

    def _entry(self, end_user: str) -> Mapping[str, Any] | None:
        try:
            entry: Mapping[str, Any] | None = self._api.get("/customer/info", end_user_id=end_user)
        except GatewayError as exc:
            if exc.status in (400, 404):  # by release
                return None
            raise
        return entry
