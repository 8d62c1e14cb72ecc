"""`gateway.keys.users`: the people whom keys belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gateway_kit.errors import RequestRefusedError
from gateway_kit.keys.limits import GROUP_LIMITS, limits_body, name_of, only
from gateway_kit.keys.tables import users_frame
from gateway_kit.litellm_api.management import ManagementApi

if TYPE_CHECKING:
    import pandas as pd


class Users:
    """Users, named by the id that they were made with.

    A user's budget holds for their own keys. In a team the team's budget holds, and the member's within it.
    """

    def __init__(self, api: ManagementApi) -> None:
        self._api = api

    def create(self, user: str, *, email: str | None = None, **limits: Any) -> str:
        """Make a user (`/user/new`).

        Args:
            user: the id.
            email: shown in LiteLLM's Admin UI.
            **limits: max_budget_usd, budget_duration, rpm_limit, tpm_limit; see `gateway.keys.create`.

        Returns:
            The id, which is `user`.

        Raises:
            RequestRefusedError: there is a user of that id, or a limit is invalid.
        """
        name = name_of("A user", user)
        body = limits_body(only(limits, *GROUP_LIMITS), needs_budget=True)
        if self._exists(name):
            raise RequestRefusedError(f"There is a user {name!r} already. keys.users.list() shows them.")
        self._api.post("/user/new", {"user_id": name, "user_email": email, "auto_create_key": False, **body})
        return name

    def list(self) -> pd.DataFrame:
        """The users. From `/user/list`, page by page.

        Returns:
            One row per user, with these columns and the limits of `gateway.keys.list`.

                - `user` (string): default_user_id is the administrator
                - `email` (string): missing if none was given
                - `keys` (Int64): how many
                - `spend_usd` (float64): since the budget last began anew, as far as it is booked
        """
        return users_frame(self._api.pages("/user/list", "users"))

    def delete(self, user: str) -> None:
        """Delete a user and their keys (`/user/delete`); what they spent stays in the reports."""
        self._api.post("/user/delete", {"user_ids": [self.known(user)]})

    def known(self, user: str) -> str:
        """`user`, if there is one; LiteLLM itself would take any word. Raises RequestRefusedError."""
        if not self._exists(name_of("A user", user)):
            raise RequestRefusedError(
                f"There is no user {user!r}. keys.users.list() shows them; keys.users.create makes one."
            )
        return user

    def _exists(self, user: str) -> bool:
        return self._api.get_or_none("/v2/user/info", user_id=user) is not None
