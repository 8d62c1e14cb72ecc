"""`gateway.keys`: virtual keys, and through its parts the teams, users, end users, budgets and reports."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gateway_kit.errors import RequestRefusedError
from gateway_kit.keys.budgets import Budgets, EndUsers
from gateway_kit.keys.entries import KeyEntries, KeyLike
from gateway_kit.keys.limits import changes_body, checked_secret, limits_body, name_of
from gateway_kit.keys.reports import Reports
from gateway_kit.keys.secret import VirtualKey, key_hash, mask
from gateway_kit.keys.tables import keys_frame
from gateway_kit.keys.teams import Teams
from gateway_kit.keys.users import Users
from gateway_kit.litellm_api.management import ManagementApi
from gateway_kit.litellm_api.models import known_models

if TYPE_CHECKING:
    import pandas as pd


class Keys:
    """Virtual keys. A key is named by its alias, its hash, its secret, or the VirtualKey that `create` returned.

    `keys.teams`, `keys.users`, `keys.end_users` and `keys.budgets` administer what keys belong to and are limited by;
    `keys.reports` adds up what was spent. Every method raises a subclass of GatewayError whose text says what to do:
    RequestRefusedError for invalid input, KeyRefusedError for a wrong master key, GatewayUnreachableError if nothing
    answers.

    Example:
        >>> key = gateway.keys.create("search-team", models="gpt-4o-mini", max_budget_usd=5)
        >>> gateway.ask("Hello", api_key=key.secret)
        >>> gateway.keys.list()                             # all keys, masked
    """

    def __init__(self, api: ManagementApi) -> None:
        self._api = api
        self._entries = KeyEntries(api)
        self.users = Users(api)
        self.teams = Teams(api, self.users)
        self.budgets = Budgets(api)
        self.end_users = EndUsers(api, self.budgets)
        self.reports = Reports(api)

    def __repr__(self) -> str:
        return f"Keys({self._api.connection.url!r})"

    def create(
        self,
        alias: str,
        *,
        models: str | Sequence[str] = (),
        team: str | None = None,
        user: str | None = None,
        max_budget_usd: float | None = None,
        budget_duration: str | None = None,
        rpm_limit: int | None = None,
        tpm_limit: int | None = None,
        max_parallel_requests: int | None = None,
        expires_in: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        secret: str | None = None,
    ) -> VirtualKey:
        """Make a key (`/key/generate`). A limit that is None does not limit.

        A budget can be passed by some calls. LiteLLM sets aside in Redis what a request can cost at most before it goes
        out, and settles after the answer. A request that comes when less is left takes what is there; and each call
        under way that settles for less than was set aside leaves room for one more. So a single caller passes it by
        0.4 or 1.4 calls of which 3.6 fit in, and no number of callers by more than as many calls as fit in, and one.
        Measured with 64 clients on one budget: 0.5 to 1.8 calls too much, with 1 worker and with 2; with 16 clients on
        a busy machine up to 2.8. The other side is that calls are refused while others hold the rest of a budget:
        `max_tokens` keeps what they hold small.

        Rate limits are exact under concurrency: of 64 requests at once a limit of N lets N pass, with any number of
        workers, since they count in Redis. The minute begins with the first request and is not sliding, so twice
        the limit can pass around its end. `Retry-After` always says the whole minute. Tokens are set aside by an
        estimate, a quarter of the prompt's characters and `max_tokens`, and counted after the answer: a token limit
        can be missed by as much as that is wrong for the calls under way.

        Args:
            alias: the key's name.
            models: names of `gateway.models.list()`; none means all.
            team: the team that it belongs to, which must exist.
            user: the user that it belongs to, who must exist.
            max_budget_usd: US dollars, 0 or more; 0 refuses every call.
            budget_duration: after which the budget's spend begins at 0 again: 30s, 5m, 1h, 7d, 2w, 1mo.
            rpm_limit: requests a minute.
            tpm_limit: tokens a minute.
            max_parallel_requests: requests under way at a time.
            expires_in: after which the key is refused, as `budget_duration`.
            metadata: kept with the key.
            secret: a key of your own choice, for a key that has to move.

        Returns:
            The key with its secret, which LiteLLM tells now and never again.

        Raises:
            RequestRefusedError: the name or key is there already; the team, user or model is not; a limit is invalid.

        Example:
            >>> key = gateway.keys.create("search-team", max_budget_usd=5, budget_duration="30d")
            >>> gateway.ask("Hello", api_key=key.secret)
        """
        body = limits_body(
            {
                "max_budget_usd": max_budget_usd,
                "budget_duration": budget_duration,
                "rpm_limit": rpm_limit,
                "tpm_limit": tpm_limit,
                "max_parallel_requests": max_parallel_requests,
                "expires_in": expires_in,
            },
            needs_budget=True,
        )
        body |= {"key_alias": name_of("A key", alias), "models": known_models(self._api, models)}
        if metadata:
            body["metadata"] = dict(metadata)
        if secret is not None:
            # LiteLLM takes a known key a second time, and then overwrites what the first was limited to.
            body["key"] = checked_secret(secret)
            if (there := self._entries.by_hash(key_hash(secret))) is not None:
                raise RequestRefusedError(
                    f"The key {mask(secret)} exists already, with the name {there.get('key_alias')!r}. "
                    "keys.update changes it; leave `secret` out for a new one."
                )
        if self._entries.by_alias(alias) is not None:
            raise RequestRefusedError(
                f"There is a key with the name {alias!r} already. Choose another name, change it with keys.update, "
                "or delete it with keys.delete."
            )
        if team is not None:
            body["team_id"] = self.teams.id_of(team)
        if user is not None:
            body["user_id"] = self.users.known(user)
        return self._entries.generate(body)

    def list(self, *, team: str | None = None, user: str | None = None) -> pd.DataFrame:
        """The keys: all of them, or a team's, or a user's. From `/key/list`, page by page.

        Returns:
            One row per key, newest first.

                - `key_alias` (string): its name
                - `key` (string): masked: sk-...abcd
                - `state` (string): active, blocked or expired
                - `team` (string): the team that it belongs to
                - `user` (string): the user that it belongs to
                - `models` (object): list of the model names that it opens; empty: all
                - `spend_usd` (float64): since the budget last began anew, as far as it is booked
                - `lifetime_spend_usd` (float64): since it was made: no reset touches it
                - `max_budget_usd` (float64): US dollars; missing without a budget
                - `budget_duration` (string): after which the budget's spend begins at 0 again
                - `budget_reset_at` (datetime64[us, UTC]): when it next does
                - `rpm_limit` (Int64): requests a minute
                - `tpm_limit` (Int64): tokens a minute
                - `max_parallel_requests` (Int64): requests under way at a time
                - `expires` (datetime64[us, UTC]): when it ends; missing: never
                - `last_used` (datetime64[us, UTC]): its last request
                - `created` (datetime64[us, UTC]): when it was made
                - `key_hash` (string): the SHA-256 by which LiteLLM and its spend log know the key
        """
        entries = self._api.pages(
            "/key/list",
            "keys",
            "size",
            return_full_object="true",
            team_id=None if team is None else self.teams.id_of(team),
            user_id=None if user is None else self.users.known(user),
        )
        return keys_frame(entries, self.teams.names())

    def info(self, key: KeyLike) -> pd.Series[Any]:
        """One key's row of `list()`. Whose is a secret that turned up somewhere? `keys.info(secret)`."""
        return keys_frame([self._entries.get(key)], self.teams.names()).iloc[0]

    def find(self, key: KeyLike) -> VirtualKey:
        """The key's name, hash and mask."""
        entry = self._entries.get(key)
        return VirtualKey(entry.get("key_alias"), entry["token"], entry.get("key_name") or "sk-...")

    def update(self, key: KeyLike, **limits: Any) -> pd.Series[Any]:
        """Change limits and leave the others (`/key/update`).

        Holds from the next request; on other workers of the gateway within a minute.

        Args:
            key: the key.
            **limits: by the names of `create`; None takes a limit away.

        Returns:
            The key's row of `list()`.

        Example:
            >>> gateway.keys.update("search-team", rpm_limit=10, max_budget_usd=None)
            >>> gateway.keys.update("search-team", expires_in="1s")
        """
        body = {"models": known_models(self._api, limits.pop("models") or ())} if "models" in limits else {}
        body |= changes_body(limits)
        if not body:
            raise RequestRefusedError("keys.update was given nothing to change, such as rpm_limit=10.")
        token = self._entries.get(key)["token"]
        self._api.post("/key/update", {"key": token, **body})
        return self.info(token)

    def block(self, key: KeyLike) -> None:
        """Refuse the key's requests with status 401 until `unblock` (`/key/block`)."""
        self._api.post("/key/block", {"key": self._entries.get(key)["token"]})

    def unblock(self, key: KeyLike) -> None:
        """Let a blocked key pass again (`/key/unblock`)."""
        self._api.post("/key/unblock", {"key": self._entries.get(key)["token"]})

    def rotate(self, key: KeyLike, switch: Callable[[VirtualKey], object] | None = None) -> VirtualKey:
        """Put a new key in place of one: same name, owner, limits and spent budget, another secret.

        Three steps, since LiteLLM's own regenerate needs a licence: the new key is made, `switch` is called, the old
        key is blocked and deleted. A key that expires does so at the same time; a blocked key's successor is not
        blocked. Of the old key's budget counts as spent what LiteLLM has booked.

        Args:
            key: the old key.
            switch: called with the new key while both work. If it raises, the new key is deleted and the old one stays.

        Returns:
            The new key with its secret.

        Example:
            >>> gateway.keys.rotate("search-team", lambda new: settings.update(api_key=new.secret))
        """
        return self._entries.replace(key, switch)

    def delete(self, *keys: KeyLike) -> None:
        """Delete keys for good (`/key/delete`); what they spent stays in the reports.

        Where several replicas run, the others accept a deleted key for up to a minute, unless it is blocked before.
        """
        hashes = [self._entries.get(key)["token"] for key in keys]
        if hashes:
            self._api.post("/key/delete", {"keys": hashes})

    def wait_for_spend(self, key: KeyLike, cost_usd: float, *, timeout_s: float = 80.0) -> float:
        """Wait until `cost_usd` are booked for a key; LiteLLM collects spend, and writes it later.

        With the kit's own gateway after 1 to 6 seconds; in production usually once a minute (`proxy_batch_write_at`).

        Returns:
            What the key has spent since it was made, in US dollars. This and `cost_usd` are sums of the same doubles
                in another order: compare them to 12 decimals, a millionth of a millionth of a dollar.

        Raises:
            GatewayError: less is booked after `timeout_s`.

        Example:
            >>> gateway.keys.wait_for_spend(key, gateway.calls.frame()["cost_usd"].sum())
        """
        token = self._entries.get(key)["token"]
        spent = 0.0

        def booked() -> bool:
            nonlocal spent
            spent = float(self._entries.get(token).get("total_spend") or 0.0)
            return round(spent - float(cost_usd), 12) >= 0

        self._api.wait_for(booked, f"a spend of {cost_usd} USD", timeout_s)
        return spent

    def clean_up(self, prefix: str) -> None:
        """Delete the keys, teams, users, end users and budgets whose names begin with `prefix`.

        For lessons and tests, whose names begin alike; what was spent stays in the reports.

        Raises:
            RequestRefusedError: the prefix has less than 3 characters, which could be the beginning of any name.
        """
        if len(prefix) < 3:
            raise RequestRefusedError(
                f"clean_up({prefix!r}) would delete too much. Give 3 characters or more."
            )

        def named(table: pd.DataFrame, name: str, column: str) -> Sequence[str]:
            return [str(i) for i in table.loc[table[name].str.startswith(prefix, na=False), column]]

        # Keys before their owners, end users before their budgets.
        for path, field, ids in (
            ("/key/delete", "keys", named(self.list(), "key_alias", "key_hash")),
            ("/team/delete", "team_ids", named(self.teams.list(), "team", "team_id")),
            ("/user/delete", "user_ids", named(self.users.list(), "user", "user")),
            ("/customer/delete", "user_ids", named(self.end_users.list(), "end_user", "end_user")),
        ):
            if ids:
                self._api.post(path, {field: ids})
        for budget in named(self.budgets.list(), "budget", "budget"):
            self.budgets.delete(budget)
