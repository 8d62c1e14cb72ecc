"""`gateway.keys.teams`: teams and their members."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gateway_kit.errors import RequestRefusedError
from gateway_kit.keys.limits import GROUP_LIMITS, changes_body, limits_body, name_of, only
from gateway_kit.keys.tables import members_frame, teams_frame
from gateway_kit.keys.users import Users
from gateway_kit.litellm_api.management import ManagementApi
from gateway_kit.litellm_api.models import known_models

if TYPE_CHECKING:
    import pandas as pd


class Teams:
    """Teams, named by their name or by LiteLLM's id. A team's limits hold for all its keys together."""

    def __init__(self, api: ManagementApi, users: Users) -> None:
        self._api = api
        self._users = users

    def create(self, team: str, *, models: str | Sequence[str] = (), **limits: Any) -> str:
        """Make a team (`/team/new`).

        Args:
            team: its name.
            models: the model names that its keys may use; none means all.
            **limits: max_budget_usd, budget_duration, rpm_limit, tpm_limit; see `gateway.keys.create`.

        Returns:
            LiteLLM's id of the team.

        Raises:
            RequestRefusedError: there is a team of that name (LiteLLM itself would make a second one), an unknown
                model, or an invalid limit.
        """
        name = name_of("A team", team)
        body = limits_body(only(limits, *GROUP_LIMITS), needs_budget=True)
        if any(name in (e.get("team_alias"), e["team_id"]) for e in self._entries(name)):
            raise RequestRefusedError(
                f"There is a team {name!r} already. Choose another name, or change it with keys.teams.update."
            )
        models = known_models(self._api, models)
        return str(self._api.post("/team/new", {"team_alias": name, "models": models, **body})["team_id"])

    def list(self) -> pd.DataFrame:
        """The teams. From `/v2/team/list`, page by page.

        Returns:
            One row per team, with these columns and the limits of `gateway.keys.list`.

                - `team` (string): its name
                - `team_id` (string): LiteLLM's id
                - `models` (object): list of the model names that it may use; empty: all
                - `members` (Int64): how many; LiteLLM counts the administrator who made it
                - `keys` (Int64): how many
                - `blocked` (bool): its keys are refused
                - `spend_usd` (float64): since the budget last began anew, as far as it is booked
        """
        return teams_frame(self._entries())

    def update(self, team: str, **limits: Any) -> None:
        """Change a team's limits and leave the others (`/team/update`); None takes one away."""
        body = changes_body(only(limits, *GROUP_LIMITS))
        self._api.post("/team/update", {"team_id": self.id_of(team), **body})

    def delete(self, team: str) -> None:
        """Delete a team and its keys (`/team/delete`); what they spent stays in the reports."""
        self._api.post("/team/delete", {"team_ids": [self.id_of(team)]})

    def members(self, team: str) -> pd.DataFrame:
        """A team's members (`/team/info`).

        Returns:
            One row per member.

                - `user` (string): default_user_id is the administrator
                - `role` (string): admin or user
                - `spend_usd` (float64): spent with keys of this team that are theirs, as far as it is booked
                - `max_budget_usd` (float64): within the team; missing: only the team's
        """
        return members_frame(self._api.get("/team/info", team_id=self.id_of(team)))

    def add_member(self, team: str, user: str, *, max_budget_usd: float | None = None) -> None:
        """Put a user into a team (`/team/member_add`), with a budget of their own within it if one is given."""
        body = limits_body({"max_budget_usd": max_budget_usd})
        budget = {"max_budget_in_team": body["max_budget"]} if body else {}
        member = {"role": "user", "user_id": self._users.known(user)}
        if user in set(self.members(team)["user"]):
            raise RequestRefusedError(
                f"The user {user!r} is in the team {team!r} already. keys.teams.members(team) lists them."
            )
        self._api.post("/team/member_add", {"team_id": self.id_of(team), "member": member, **budget})

    def remove_member(self, team: str, user: str) -> None:
        """Take a user out of a team (`/team/member_delete`); their keys of that team are deleted too."""
        if user not in set(self.members(team)["user"]):
            raise RequestRefusedError(
                f"The user {user!r} is not in the team {team!r}. keys.teams.members(team) lists them."
            )
        self._api.post("/team/member_delete", {"team_id": self.id_of(team), "user_id": user})

    def id_of(self, team: str) -> str:
        """LiteLLM's id of a team; raises RequestRefusedError if there is none, or two of that name."""
        name = name_of("A team", team)
        ids = {e["team_id"] for e in self._entries(name) if name == e.get("team_alias")}
        if not ids and self._api.get_or_none("/team/info", team_id=name) is not None:
            ids = {name}
        if len(ids) != 1:
            why = (
                f"{len(ids)} teams have the name {name!r}: use the id"
                if ids
                else f"There is no team {name!r}"
            )
            raise RequestRefusedError(f"{why}. keys.teams.list() shows them; keys.teams.create makes one.")
        return str(ids.pop())

    def names(self) -> dict[str, str]:
        """LiteLLM's id → name, of all teams."""
        return {e["team_id"]: e.get("team_alias") or e["team_id"] for e in self._entries()}

    def _entries(self, alias: str | None = None) -> Sequence[Any]:
        # LiteLLM looks for the alias anywhere in a name.
        return [*self._api.pages("/v2/team/list", "teams", team_alias=alias)]
