"""Calls with a learner's keys, and what the gateway knows of these keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from gateway_kit.errors import GatewayError, KeyRefusedError, RateLimitedError, RequestRefusedError
from gateway_kit.gateway import Gateway
from gateway_kit.keys import Keys, VirtualKey
from gateway_kit.keys.limits import seconds_of

if TYPE_CHECKING:
    import pandas as pd

DAY_S: Final = 86_400
_PROMPT = "What is an LLM gateway?"
_CALL: Mapping[str, Any] = {"max_tokens": 20, "extra_body": {"cache": {"no-cache": True}}}


def row_of(keys: Keys, key: VirtualKey) -> tuple[pd.Series[Any] | None, str]:
    """(the key's row, or why there is none)."""
    try:
        return keys.info(key), ""
    except RequestRefusedError as exc:
        return None, str(exc)


def refusal(
    gateway: Gateway, key: VirtualKey | str, model: str, *, answered: set[str] | None = None, **more: Any
) -> GatewayError | None:
    """The error of a call with a key; None if it was answered: then `answered` gets its request id."""
    secret = key if isinstance(key, str) else key.secret
    if secret is None:
        return KeyRefusedError(
            "this VirtualKey has no secret: use the one that keys.create or keys.rotate returned"
        )
    try:
        call = gateway.ask(_PROMPT, model, api_key=secret, **_CALL, **more).call
    except GatewayError as exc:
        return exc
    if answered is not None and call.request_id:
        answered.add(call.request_id)
    return None


def said(error: GatewayError | None, otherwise: str = "it answered") -> str:
    """What an error says, in one line."""
    if isinstance(error, RateLimitedError):
        return f"{error.whose or 'a limit'} is reached, wait a minute: {error.gateway_message}"
    return otherwise if error is None else " ".join(str(error).split())


def known(value: Any) -> Any:
    """A table's value, None if it is missing: pandas' NA cannot be compared."""
    import pandas as pd

    return None if pd.isna(value) else value


def has_daily(row: pd.Series[Any], usd: float) -> bool:
    """Whether a row's budget is `usd` US dollars a day."""
    return is_usd(row["max_budget_usd"], usd) and seconds_of(known(row["budget_duration"])) == DAY_S


def is_usd(usd: float, expected: float) -> bool:
    """Whether two amounts are the same."""
    return abs(float(usd) - expected) < 1e-9


def budget_in(row: pd.Series[Any]) -> str:
    """A row's budget in words."""
    usd = known(row["max_budget_usd"])
    if usd is None:
        return "no budget"
    duration = known(row["budget_duration"])
    return f"{usd:.5f} USD, {f'reset after {duration}' if duration else 'never reset'}"
