"""Whom keys belong to: teams with their members, and users."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from gateway_kit.errors import RequestRefusedError
from gateway_kit.gateway.management import ManagementApi
from gateway_kit.keys.limits import changes_body, limits_body, name_of
from gateway_kit.keys.tables import members_frame, teams_frame, users_frame

if TYPE_CHECKING:
    import pandas as pd

_TEAM_LIMITS = ("max_budget_usd", "budget_duration", "rpm_limit", "tpm_limit")


class Owners:
    """Teams and users. A team is named by its name or its id, a user by the id that it was made with."""

    api: ManagementApi

    def create_team(self, team: str, *, models: str | Sequence[str] = (), **limits: Any) -> str:
        """The id of a new team (`/team/new`). `limits` are max_budget_usd, budget_duration, rpm_limit and tpm_limit.

        A team's limits hold for all its keys together, beside their own. Raises RequestRefusedError where there
        is a team of that name: LiteLLM itself would make a second one.
        """
        name = name_of("A team", team)
        body = limits_body(_only(limits, *_TEAM_LIMITS), needs_budget=True)
        if any(name in (e.get("team_alias"), e["team_id"]) for e in self._teams(name)):
            raise RequestRefusedError(
                f"There is a team {name!r} already. Choose another name, or change it with keys.limit_team."
            )
        made = self.api.post("/team/new", {"team_alias": name, "models": self._models(models), **body})
        return str(made["team_id"])

    def teams(self) -> pd.DataFrame:
        """The teams, one a row. From `/v2/team/list`, page by page.

        column           dtype     meaning
        team, team_id    string    its name; LiteLLM's id
        models           object    list of the names that it may use; empty: all
        members, keys    Int64     how many; LiteLLM counts the administrator who made it as a member
        blocked          bool
        spend_usd        float64   since its budget last began anew, as far as it is booked
        and the limits as in `frame()`
        """
        return teams_frame(self._teams())

    def limit_team(self, team: str, **limits: Any) -> None:
        """Changes a team's limits and leaves the others (`/team/update`); None takes one away."""
        _only(limits, *_TEAM_LIMITS)
        self.api.post("/team/update", {"team_id": self.team_id(team), **changes_body(limits)})

    def delete_team(self, team: str) -> None:
        """Ends a team and its keys (`/team/delete`); what they spent stays in the reports."""
        self.api.post("/team/delete", {"team_ids": [self.team_id(team)]})

    def add_member(self, team: str, user: str, *, max_budget_usd: float | None = None) -> None:
        """Puts a user into a team, with a budget of their own within it where one is given (`/team/member_add`)."""
        body = limits_body({"max_budget_usd": max_budget_usd})
        budget = {"max_budget_in_team": body["max_budget"]} if body else {}
        member = {"role": "user", "user_id": self.known_user(user)}
        if user in set(self.members(team)["user"]):
            raise RequestRefusedError(
                f"The user {user!r} is in the team {team!r} already. keys.members(team) lists them."
            )
        self.api.post("/team/member_add", {"team_id": self.team_id(team), "member": member, **budget})

    def remove_member(self, team: str, user: str) -> None:
        """Takes a user out of a team (`/team/member_delete`); their keys of that team are deleted too."""
        if user not in set(self.members(team)["user"]):
            raise RequestRefusedError(
                f"The user {user!r} is not in the team {team!r}. keys.members(team) lists them."
            )
        self.api.post("/team/member_delete", {"team_id": self.team_id(team), "user_id": user})

    def members(self, team: str) -> pd.DataFrame:
        """A team's members, one a row (`/team/info`).

        column          dtype     meaning
        user            string    default_user_id is the administrator
        role            string    admin or user
        spend_usd       float64   spent with keys of this team that are theirs, as far as it is booked
        max_budget_usd  float64   within the team; missing: only the team's
        """
        return members_frame(self.api.get("/team/info", team_id=self.team_id(team)))

    def create_user(self, user: str, *, email: str | None = None, **limits: Any) -> str:
        """The id of a new user, which is `user` (`/user/new`). Limits as `create_team`.

        A user's budget holds for their own keys. In a team the team's budget holds, and the member's within it.
        """
        name = name_of("A user", user)
        body = limits_body(_only(limits, *_TEAM_LIMITS), needs_budget=True)
        if self._user(name) is not None:
            raise RequestRefusedError(f"There is a user {name!r} already. keys.users() lists them.")
        self.api.post("/user/new", {"user_id": name, "user_email": email, "auto_create_key": False, **body})
        return name

    def users(self) -> pd.DataFrame:
        """The users, one a row: user, email (string), keys (Int64), spend_usd (float64), limits as in `frame()`.

        From `/user/list`, page by page. `default_user_id` is the administrator.
        """
        return users_frame(self.api.pages("/user/list", "users"))

    def delete_user(self, user: str) -> None:
        """Ends a user and their keys (`/user/delete`); what they spent stays in the reports."""
        self.api.post("/user/delete", {"user_ids": [self.known_user(user)]})

    def team_id(self, team: str) -> str:
        """LiteLLM's id of a team; raises RequestRefusedError where there is none, or two of that name."""
        name = name_of("A team", team)
        found = {e["team_id"] for e in self._teams(name) if name == e.get("team_alias")}
        if not found and self.api.get_or_none("/team/info", team_id=name) is not None:
            found = {name}
        if len(found) != 1:
            many = (
                f"{len(found)} teams have the name {name!r}: use the id"
                if found
                else f"There is no team {name!r}"
            )
            raise RequestRefusedError(f"{many}. keys.teams() lists them; keys.create_team makes one.")
        return str(found.pop())

    def team_names(self) -> dict[str, str]:
        """LiteLLM's id → name, of all teams."""
        return {e["team_id"]: e.get("team_alias") or e["team_id"] for e in self._teams()}

    def known_user(self, user: str) -> str:
        """`user`, where there is one; LiteLLM itself would take any word. Raises RequestRefusedError."""
        if self._user(name_of("A user", user)) is None:
            raise RequestRefusedError(
                f"There is no user {user!r}. keys.users() lists them; keys.create_user makes one."
            )
        return user

    def _user(self, user: str) -> Any | None:
        return self.api.get_or_none("/v2/user/info", user_id=user)

    def _teams(self, alias: str | None = None) -> list[Any]:
        # LiteLLM looks for the alias anywhere in a name.
        return list(self.api.pages("/v2/team/list", "teams", team_alias=alias))

    def _models(self, models: str | Iterable[str]) -> list[str]:
        raise NotImplementedError


def _only(limits: dict[str, Any], *allowed: str) -> dict[str, Any]:
    if wrong := [name for name in limits if name not in allowed]:
        raise RequestRefusedError(
            f"There is no limit {', '.join(wrong)} here. Choose from: {', '.join(allowed)}."
        )
    return limits
