"""LiteLLM's entry of one key: found by name, hash or secret, made, and replaced. Internal."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from gateway_kit.errors import GatewayError, RequestRefusedError
from gateway_kit.keys.secret import Secret, VirtualKey, is_hash, key_hash, mask
from gateway_kit.litellm_api.management import ManagementApi

KeyLike = VirtualKey | str

# What a rotated key keeps. Its spend is among them, so that a rotation does not fill a budget up again.
_KEPT = (
    "models", "team_id", "user_id", "max_budget", "budget_duration", "rpm_limit", "tpm_limit",
    "max_parallel_requests", "metadata", "aliases", "budget_id",
)  # fmt: skip


class KeyEntries:
    """The entries of `/key/list`, which unlike `/key/info` does not know deleted keys."""

    def __init__(self, api: ManagementApi) -> None:
        self._api = api

    def get(self, key: KeyLike) -> dict[str, Any]:
        """The entry of a key, its hash under `token`. Raises RequestRefusedError if there is none."""
        if isinstance(key, VirtualKey):
            entry, shown = self.by_hash(key.hash), repr(key)
        elif not isinstance(key, str) or not key:
            raise RequestRefusedError("A key is named by its alias, its hash, or what keys.create returned.")
        elif key.startswith("sk-") or is_hash(key):
            entry, shown = self.by_hash(key_hash(key)), mask(key) if key.startswith("sk-") else key
        else:
            entry, shown = self.by_alias(key), repr(key)
        if entry is None:
            raise RequestRefusedError(f"The gateway knows no key {shown}. keys.list() shows them.")
        return entry

    def by_hash(self, token: str) -> dict[str, Any] | None:
        """The entry of a hash, None if there is none."""
        return self._first(key_hash=token)

    def by_alias(self, alias: str) -> dict[str, Any] | None:
        """The entry of a name, None if there is none."""
        return self._first(key_alias=alias)

    def _first(self, **what: str) -> dict[str, Any] | None:
        entries = self._api.get("/key/list", return_full_object="true", size=2, **what)["keys"]
        return dict(entries[0]) if entries else None

    def generate(self, body: Mapping[str, Any]) -> VirtualKey:
        """A new key (`/key/generate`), with its secret."""
        try:
            answer = self._api.post("/key/generate", body)
        except GatewayError as exc:
            raise _without(exc, body.get("key")) from None
        secret = Secret(answer["key"])
        return VirtualKey(answer.get("key_alias"), key_hash(secret), mask(secret), secret)

    def replace(self, key: KeyLike, switch: Callable[[VirtualKey], object] | None) -> VirtualKey:
        """A new key in place of one: see `Keys.rotate`."""
        old = self.get(key)
        alias, token = old.get("key_alias"), old["token"]
        body = _successor(old)
        if alias is not None:  # no two keys may have a name
            retired = f"{alias}--until-switched-{token[:8]}"
            self._api.post("/key/update", {"key": token, "key_alias": retired})
            body["key_alias"] = alias
        new: VirtualKey | None = None
        try:
            new = self.generate(body)
            if switch is not None:
                switch(new)
        except BaseException:
            if new is not None:
                self._api.post("/key/delete", {"keys": [new.hash]})
            if alias is not None:
                self._api.post("/key/update", {"key": token, "key_alias": alias})
            raise
        # LiteLLM tells other replicas that a key is blocked. That it is deleted they find out a minute later.
        self._api.post("/key/block", {"key": token})
        self._api.post("/key/delete", {"keys": [token]})
        return new


def _successor(old: Mapping[str, Any]) -> dict[str, Any]:
    """The request that makes a key's successor, without its name. Raises RequestRefusedError for an expired key."""
    body = {name: old[name] for name in _KEPT if old.get(name)}
    if old.get("max_budget") is not None:
        body |= {"max_budget": old["max_budget"], "spend": old.get("spend") or 0.0}
    if old.get("expires"):
        left = datetime.fromisoformat(str(old["expires"])) - datetime.now(UTC)
        left_s = math.ceil(left.total_seconds())
        if left_s < 1:
            raise RequestRefusedError(
                f"The key {old.get('key_alias')!r} has expired, so there is nothing to rotate. "
                "Make a new one with keys.create, or give it time with keys.update(…, expires_in='7d')."
            )
        body["duration"] = f"{left_s}s"
    return body


def _without(exc: GatewayError, secret: object) -> GatewayError:
    """The error, without the caller's own choice of key if LiteLLM repeats it."""
    if isinstance(secret, str) and secret in str(exc):
        return type(exc)(str(exc).replace(secret, mask(secret)), status=exc.status)
    return exc
