"""Which gateway to talk to, and with which keys."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx

from gateway_kit.errors import GatewayUnreachableError, SettingsError

# A LiteLLM proxy closes a connection that was idle for 5 s, and that is how long httpx would keep it: who asks at that
# very moment meets a reset.
POOL = httpx.Limits(max_connections=256, max_keepalive_connections=64, keepalive_expiry=2.0)


@dataclass(frozen=True)
class Connection:
    """A gateway's address and keys.

    `master_key` is None for who does not administer the gateway, `providers_url` where no simulator is known. `lacks`
    has a sentence for each service that the local stack should have and has not.
    """

    url: str
    api_key: str = field(repr=False)
    master_key: str | None = field(default=None, repr=False)
    providers_url: str | None = None
    lacks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raises SettingsError for an address or a key that no request can carry."""
        try:
            httpx.URL(self.url)
            if not self.url.isprintable() or " " in self.url or urlsplit(self.url).port == 0:
                raise ValueError("it holds what no address has")
        except (httpx.InvalidURL, ValueError) as exc:  # urlsplit's for a port that cannot be
            raise SettingsError("GATEWAY_URL", self.url.rsplit("@", 1)[-1], f"is no address: {exc}") from exc
        check_key("GATEWAY_API_KEY", self.api_key)
        if self.master_key is not None:
            check_key("LITELLM_MASTER_KEY", self.master_key)

    def label(self, key: str) -> str:
        """How a key is shown: `master`, or its last four characters."""
        return "master" if key == self.master_key else f"…{key[-4:]}"


def resolve_connection(
    api_key: str | None = None, url: str | None = None, environ: Mapping[str, str] | None = None
) -> Connection:
    """The connection by the arguments, else the environment, else the local stack's state folder.

    | variable           | meaning                                            |
    |--------------------|----------------------------------------------------|
    | GATEWAY_URL        | the gateway's address, without /v1                 |
    | GATEWAY_API_KEY    | the virtual key that calls are made with           |
    | LITELLM_MASTER_KEY | for `spend_logs`, `add_model` and other administration |
    | PROVIDERS_URL      | the simulator, to tell which models are simulated  |

    Where an address is given, the local stack's keys are not used: they would go to a stranger. Raises
    SettingsError where an address is known and no key.
    """
    env = os.environ if environ is None else environ
    given_url = (url or env.get("GATEWAY_URL", "")).strip()
    given_key = api_key or env.get("GATEWAY_API_KEY") or None
    master_key = env.get("LITELLM_MASTER_KEY") or None
    if not given_url:
        local, lacks = _local_stack(env)
        return Connection(
            local["GATEWAY_URL"],
            given_key or local["GATEWAY_API_KEY"],
            local["LITELLM_MASTER_KEY"],
            local["PROVIDERS_URL"],
            lacks,
        )
    key = given_key or master_key
    if key is None:
        raise SettingsError(
            "GATEWAY_API_KEY", "", f"is needed for {given_url}: pass connect(api_key=…), or set the variable"
        )
    return Connection(
        given_url.rstrip("/").removesuffix("/v1"), key, master_key, env.get("PROVIDERS_URL") or None
    )


def check_key(name: str, key: str) -> None:
    """Raise SettingsError for a key that no header can carry; the key itself is not shown."""
    if not (key.isascii() and key.isprintable() and " " not in key):
        raise SettingsError(name, "***", "a key has letters, digits and signs of ASCII only, and no space")


def unreachable(url: str, why: str) -> GatewayUnreachableError:
    """The error for a gateway that does not answer."""
    return GatewayUnreachableError(
        f"No gateway answers at {url} ({why}). Start it with: gateway-kit up. "
        "For a gateway elsewhere, set GATEWAY_URL and GATEWAY_API_KEY."
    )


def _local_stack(env: Mapping[str, str]) -> tuple[Mapping[str, str], tuple[str, ...]]:
    """The variables of the local stack's clients, and a sentence for each service that it lacks."""
    # Here, since who uses a remote gateway needs nothing of the stack.
    from gateway_kit.stack.stack import Stack
    from gateway_kit.stack.status import client_env

    stack = Stack(env)
    return client_env(stack), tuple(str(lack) for lack in stack.lacks())
