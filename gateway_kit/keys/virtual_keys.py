"""The life of a virtual key: create, look at, limit, block, expire, rotate, delete."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from gateway_kit.errors import GatewayError, RequestRefusedError
from gateway_kit.keys.limits import changes_body, checked_secret, duration, limits_body, name_of
from gateway_kit.keys.owners import Owners
from gateway_kit.keys.secret import Secret, VirtualKey, is_hash, key_hash, mask
from gateway_kit.keys.tables import keys_frame

if TYPE_CHECKING:
    import pandas as pd

KeyLike = VirtualKey | str

# LiteLLM's own words in place of a model's name.
_MODEL_WORDS = frozenset({"all-team-models", "all-proxy-models", "no-default-models"})
# What a rotated key keeps. Its spend is among them, so that a rotation does not fill a budget up again.
_KEPT = (
    "models", "team_id", "user_id", "max_budget", "budget_duration", "rpm_limit", "tpm_limit",
    "max_parallel_requests", "metadata", "aliases", "budget_id",
)  # fmt: skip


class VirtualKeys(Owners):
    """Virtual keys. A key is named by its alias, its hash, its secret, or the VirtualKey that `create` returned."""

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
        """A new key, with its secret: LiteLLM tells that now and never again (`/key/generate`).

        key = keys.create("search-team", models="gpt-4o-mini", max_budget_usd=5, budget_duration="30d")
        gateway.ask("Hello", api_key=key.secret)

        `models` are names of `gateway.models.list()`, none means all. `team` and `user` must exist. What is None is not
        limited; see `limits_body` for units. `secret` is a key of your own choice, for a key that has to move.

        A budget can be passed by less than one call for each that was under way when it ran out. LiteLLM sets aside
        in Redis what a request can cost at most before it goes out, and settles after the answer; a request that
        comes when less is left takes what is there. Measured with 64 clients on one budget: 0.5 to 1.8 calls too much,
        with 1 worker and with 2; with 16 clients on a busy machine up to 2.8.
        The other side is that calls are refused while others hold the rest of a budget: `max_tokens` keeps what
        they hold small.

        Rate limits are exact under concurrency: of 64 requests at once a limit of N lets N pass, with any number of
        workers, since they count in Redis. The minute begins with the first request and is not sliding, so twice
        the limit can pass around its end. `Retry-After` always says the whole minute. Tokens are set aside by an
        estimate, a quarter of the prompt's characters and `max_tokens`, and counted after the answer: a token limit
        can be missed by as much as that is wrong for the calls under way.

        Raises RequestRefusedError for what cannot be meant, for a name or key that is there already, for an unknown
        team, user or model; KeyRefusedError where the master key is wrong.
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
        body |= {"key_alias": name_of("A key", alias), "models": self._models(models)}
        if metadata:
            body["metadata"] = dict(metadata)
        if secret is not None:
            # LiteLLM takes a known key a second time, and then overwrites what the first was limited to.
            body["key"] = checked_secret(secret)
            if (there := self._entry_by_hash(key_hash(secret))) is not None:
                raise RequestRefusedError(
                    f"The key {mask(secret)} exists already, with the name {there.get('key_alias')!r}. "
                    "keys.limit changes it; leave `secret` out for a new one."
                )
        if self._entry_by_alias(alias) is not None:
            raise RequestRefusedError(
                f"There is a key with the name {alias!r} already. Choose another name, change it with keys.limit, "
                "or delete it with keys.delete."
            )
        if team is not None:
            body["team_id"] = self.team_id(team)
        if user is not None:
            body["user_id"] = self.known_user(user)
        return self._generate(body)

    def frame(self, *, team: str | None = None, user: str | None = None) -> pd.DataFrame:
        """The keys, one a row, newest first; all of them, or a team's or user's. From `/key/list`, page by page.

        column                 dtype                 meaning
        alias                  string                its name
        key                    string                masked: sk-...abcd
        state                  string                active, blocked or expired
        team, user             string                whose it is
        models                 object                list of the names that it opens; empty: all
        spend_usd              float64               since its budget last began anew, as far as it is booked
        lifetime_spend_usd     float64               since it was made: no reset touches it
        max_budget_usd         float64               missing: no budget
        budget_duration        string                after which its spend begins at 0 again
        budget_reset_at        datetime64[us, UTC]   when it next does
        rpm_limit, tpm_limit   Int64                 requests, tokens a minute
        max_parallel_requests  Int64                 requests under way at a time
        expires, last_used, created   datetime64[us, UTC]
        key_hash               string                the SHA-256 by which LiteLLM and its spend log know the key
        """
        found = self.api.pages(
            "/key/list",
            "keys",
            "size",
            return_full_object="true",
            team_id=None if team is None else self.team_id(team),
            user_id=None if user is None else self.known_user(user),
        )
        return keys_frame(found, self.team_names())

    def info(self, key: KeyLike) -> pd.Series[Any]:
        """One key's row of `frame()` (`/key/list`)."""
        return keys_frame([self._entry(key)], self.team_names()).iloc[0]

    def find(self, key: KeyLike) -> VirtualKey:
        """The key's name, hash and mask. Whose is a secret that turned up somewhere? `keys.info(secret)`."""
        entry = self._entry(key)
        return VirtualKey(entry.get("key_alias"), entry["token"], entry.get("key_name") or "sk-...")

    def limit(self, key: KeyLike, **limits: Any) -> pd.Series[Any]:
        """Changes limits (the names of `create`), leaves the others, and returns the key's row (`/key/update`).

        keys.limit("search-team", rpm_limit=10, max_budget_usd=None)      # None takes a limit away

        Holds from the next request; on other workers of the gateway within a minute.
        """
        models = {"models": self._models(limits.pop("models") or ())} if "models" in limits else {}
        body = changes_body(limits)
        if not body and not models:
            raise RequestRefusedError("keys.limit was given nothing to change, such as rpm_limit=10.")
        entry = self._entry(key)
        self.api.post("/key/update", {"key": entry["token"], **body, **models})
        return self.info(entry["token"])

    def block(self, key: KeyLike) -> None:
        """Refuses the key's requests with status 401 until `unblock` (`/key/block`)."""
        self.api.post("/key/block", {"key": self._entry(key)["token"]})

    def unblock(self, key: KeyLike) -> None:
        """Lets a blocked key pass again (`/key/unblock`)."""
        self.api.post("/key/unblock", {"key": self._entry(key)["token"]})

    def expire(self, key: KeyLike, after: str = "1s") -> datetime:
        """The moment at which the key ends from now on, `after` a duration: 1s, 5m, 7d (`/key/update`)."""
        entry = self._entry(key)
        self.api.post("/key/update", {"key": entry["token"], "duration": duration("after", after)})
        return datetime.fromisoformat(str(self._entry(entry["token"])["expires"])).astimezone(UTC)

    def rotate(self, key: KeyLike, switch: Callable[[VirtualKey], object] | None = None) -> VirtualKey:
        """A new key in place of one: same name, owner, limits and spent budget, another secret; the old one is gone.

        def hand_over(new):                       # runs while both work
            settings["api_key"] = new.secret

        new = keys.rotate("search-team", hand_over)

        Three steps, since LiteLLM's own regenerate wants a licence: the new key is made, `switch` is called with
        it, the old key is deleted. Where `switch` raises, the new key is deleted and the old one stays. A key that
        expires does so at the same time; a blocked key's successor is not blocked. Of the old key's budget counts
        as spent what LiteLLM has booked.
        """
        old = self._entry(key)
        alias, token = old.get("key_alias"), old["token"]
        body = {name: old[name] for name in _KEPT if old.get(name)}
        if old.get("max_budget") is not None:
            body |= {"max_budget": old["max_budget"], "spend": old.get("spend") or 0.0}
        if old.get("expires"):
            left_s = math.ceil(
                (datetime.fromisoformat(str(old["expires"])) - datetime.now(UTC)).total_seconds()
            )
            if left_s < 1:
                raise RequestRefusedError(
                    f"The key {alias!r} has expired, so there is nothing to rotate. "
                    "Make a new one with keys.create, or give it time with keys.limit(…, expires_in='7d')."
                )
            body["duration"] = f"{left_s}s"
        retired = f"{alias}--until-switched-{token[:8]}"
        if alias is not None:  # no two keys may have a name
            self.api.post("/key/update", {"key": token, "key_alias": retired})
            body["key_alias"] = alias
        new: VirtualKey | None = None
        try:
            new = self._generate(body)
            if switch is not None:
                switch(new)
        except BaseException:
            if new is not None:
                self.api.post("/key/delete", {"keys": [new.hash]})
            if alias is not None:
                self.api.post("/key/update", {"key": token, "key_alias": alias})
            raise
        self.api.post("/key/delete", {"keys": [token]})
        return new

    def delete(self, *keys: KeyLike) -> None:
        """Ends keys for good (`/key/delete`); what they spent stays in the reports."""
        hashes = [self._entry(key)["token"] for key in keys]
        if hashes:
            self.api.post("/key/delete", {"keys": hashes})

    def wait_for_spend(self, key: KeyLike, cost_usd: float, *, timeout_s: float = 45.0) -> float:
        """LiteLLM's spend for the key since it was made, in US dollars, once `cost_usd` are booked.

        keys.wait_for_spend(key, gateway.calls.frame()["cost_usd"].sum())

        LiteLLM collects spend and writes it some seconds later. Both are sums of the same doubles in another
        order: compare them to 12 decimals, which is a millionth of a millionth of a dollar. Raises GatewayError
        where less is booked after `timeout_s`.
        """
        token = self._entry(key)["token"]
        spent = 0.0

        def booked() -> bool:
            nonlocal spent
            spent = float(self._entry(token).get("total_spend") or 0.0)
            return round(spent - float(cost_usd), 12) >= 0

        self.api.wait_for(booked, f"a spend of {cost_usd} USD", timeout_s)
        return spent

    def _generate(self, body: Mapping[str, Any]) -> VirtualKey:
        try:
            made = self.api.post("/key/generate", body)
        except GatewayError as exc:
            raise _without(exc, body.get("key")) from None
        secret = Secret(made["key"])
        return VirtualKey(made.get("key_alias"), key_hash(secret), mask(secret), secret)

    def _models(self, models: str | Iterable[str]) -> list[str]:
        names = [models] if isinstance(models, str) else list(models)
        if not names:
            return []
        data = self.api.get("/model/info")["data"]
        known = {str(entry["model_name"]) for entry in data}
        groups = {str(g) for e in data for g in (e.get("model_info") or {}).get("access_groups") or []}
        unknown = [n for n in names if n not in known | groups | _MODEL_WORDS and "*" not in str(n)]
        if unknown:
            raise RequestRefusedError(
                f"The gateway has no model {', '.join(map(repr, unknown))}. Choose from: {', '.join(sorted(known))}."
            )
        return names

    def _entry(self, key: KeyLike) -> dict[str, Any]:
        """LiteLLM's entry of a key, its hash under `token`. Raises RequestRefusedError where there is none."""
        if isinstance(key, VirtualKey):
            found, shown = self._entry_by_hash(key.hash), repr(key)
        elif not isinstance(key, str) or not key:
            raise RequestRefusedError("A key is named by its alias, its hash, or what keys.create returned.")
        elif key.startswith("sk-") or is_hash(key):
            found, shown = self._entry_by_hash(key_hash(key)), mask(key) if key.startswith("sk-") else key
        else:
            found, shown = self._entry_by_alias(key), repr(key)
        if found is None:
            raise RequestRefusedError(f"The gateway knows no key {shown}. keys.frame() lists them.")
        return found

    # Both from the list: /key/info knows deleted keys too.
    def _entry_by_hash(self, token: str) -> dict[str, Any] | None:
        return self._listed(key_hash=token)

    def _entry_by_alias(self, alias: str) -> dict[str, Any] | None:
        return self._listed(key_alias=alias)

    def _listed(self, **what: str) -> dict[str, Any] | None:
        listed = self.api.get("/key/list", return_full_object="true", size=2, **what)["keys"]
        return dict(listed[0]) if listed else None


def _without(exc: GatewayError, secret: object) -> GatewayError:
    """The error, without the key of one's own choice where LiteLLM repeats it."""
    if isinstance(secret, str) and secret in str(exc):
        return type(exc)(str(exc).replace(secret, mask(secret)), status=exc.status)
    return exc
