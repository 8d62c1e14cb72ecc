"""Which gateway to talk to, and with which keys. Internal."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx

from gateway_kit.common.certificates import certificates_for
from gateway_kit.common.local_stack import read_local_stack
from gateway_kit.errors import GatewayUnreachableError, KitError, SettingsError
from gateway_kit.settings import patience

# A LiteLLM proxy closes a connection that was idle for 5 s. httpx would keep it just as long, and a request at that
# moment would meet a reset.
POOL = httpx.Limits(max_connections=256, max_keepalive_connections=64, keepalive_expiry=2.0)

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
# The variables of the services beside the gateway.
_SERVICES = (
    "PROVIDERS_URL", "REDIS_URL",
    "LANGFUSE_HOST", "LANGFUSE_BASE_URL", "LANGFUSE_PUBLIC_KEY", "LANGFUSE_SECRET_KEY",
)  # fmt: skip


@dataclass(frozen=True)
class Connection:
    """A gateway's address and keys, and where the services beside it are.

    `master_key` is None for callers without admin rights. `services` holds the variables of the services beside the
    gateway (PROVIDERS_URL, REDIS_URL, LANGFUSE_HOST and its keys), as far as they are known. `missing` has a sentence
    for each service of the local stack that should run and does not. `local` says that this is the local stack.
    """

    url: str
    api_key: str = field(repr=False)
    master_key: str | None = field(default=None, repr=False)
    services: Mapping[str, str] = field(default_factory=dict, repr=False)
    missing: tuple[str, ...] = ()
    local: bool = False

    def __post_init__(self) -> None:
        """Raise SettingsError for an address or a key that no request can carry."""
        try:
            httpx.URL(self.url)
            if not self.url.isprintable() or " " in self.url or urlsplit(self.url).port == 0:
                raise ValueError("it holds what no address has")
        except (httpx.InvalidURL, ValueError) as exc:  # urlsplit's, for an invalid port
            raise SettingsError("GATEWAY_URL", self.url.rsplit("@", 1)[-1], f"is no address: {exc}") from exc
        check_key("GATEWAY_API_KEY", self.api_key)
        if self.master_key is not None:
            check_key("LITELLM_MASTER_KEY", self.master_key)

    @property
    def providers_url(self) -> str | None:
        """The provider simulator's address; None if no simulator is known."""
        return self.services.get("PROVIDERS_URL")

    def label(self, key: str) -> str:
        """How a key is shown: `master`, or its last four characters."""
        return "master" if key == self.master_key else f"…{key[-4:]}"


def resolve_connection(
    api_key: str | None = None, url: str | None = None, environ: Mapping[str, str] | None = None
) -> Connection:
    """The connection by the arguments, else the environment, else the local stack's state folder.

    | variable           | meaning                                                            |
    |--------------------|--------------------------------------------------------------------|
    | GATEWAY_URL        | the gateway's address, without /v1                                 |
    | GATEWAY_API_KEY    | the virtual key that calls are made with                           |
    | LITELLM_MASTER_KEY | for `gateway.keys`, `gateway.spend` and other administration       |
    | PROVIDERS_URL      | the provider simulator, for `gateway.providers`                    |
    | REDIS_URL          | the gateway's Redis, for `gateway.cache`                           |
    | LANGFUSE_HOST, LANGFUSE_PUBLIC_KEY, LANGFUSE_SECRET_KEY | for `gateway.tracing`         |

    If an address is given, the local stack's keys are not used: they would go to a stranger; nor are its services,
    unless the address is its own. Raises SettingsError if an address is known and no key.
    """
    env = os.environ if environ is None else environ
    given_url = (url or env.get("GATEWAY_URL", "")).strip()
    given_key = api_key or env.get("GATEWAY_API_KEY") or None
    master_key = env.get("LITELLM_MASTER_KEY") or None
    if not given_url:
        stack = read_local_stack(env)
        return Connection(
            stack.variables["GATEWAY_URL"],
            given_key or stack.variables["GATEWAY_API_KEY"],
            stack.variables["LITELLM_MASTER_KEY"],
            _services({**stack.variables, **_services(env)}),
            stack.missing,
            local=stack.own_gateway,
        )
    key = given_key or master_key
    if key is None:
        raise SettingsError(
            "GATEWAY_API_KEY", "", f"is needed for {given_url}: pass connect(api_key=…), or set the variable"
        )
    address = given_url.rstrip("/").removesuffix("/v1")
    local = _stack_at(address, env)
    return Connection(address, key, master_key, _services({**local, **_services(env)}), local=bool(local))


def _services(env: Mapping[str, str]) -> dict[str, str]:
    return {name: env[name].strip() for name in _SERVICES if env.get(name, "").strip()}


def check_key(name: str, key: str) -> None:
    """Raise SettingsError for a key that no header can carry; the key itself is not shown."""
    if not (key.isascii() and key.isprintable() and " " not in key):
        raise SettingsError(name, "***", "a key has letters, digits and signs of ASCII only, and no space")


def check_reachable(url: str) -> None:
    """Raise GatewayUnreachableError unless something answers at a gateway's address (`/health/liveliness`)."""
    try:
        httpx.get(
            f"{url}/health/liveliness",
            timeout=5.0 * patience(),
            trust_env=False,
            verify=certificates_for(url),
        )
    except httpx.HTTPError as exc:
        raise unreachable(url, f"{type(exc).__name__}: {exc}".rstrip(": ")) from exc


def unreachable(url: str, why: str) -> GatewayUnreachableError:
    """The error for a gateway that does not answer."""
    return GatewayUnreachableError(
        f"No gateway answers at {url} ({why}). Start it with: gateway-kit up. "
        "For a gateway elsewhere, set GATEWAY_URL and GATEWAY_API_KEY."
    )


def _stack_at(url: str, env: Mapping[str, str]) -> Mapping[str, str]:
    """The variables of the local stack's clients if `url` is its gateway's address, else none."""
    try:
        host, port = urlsplit(url).hostname, urlsplit(url).port
        if host not in _LOOPBACK:
            return {}
        local = read_local_stack({name: value for name, value in env.items() if name != "GATEWAY_URL"})
        own = local.own_gateway and urlsplit(local.variables["GATEWAY_URL"]).port == port
        return local.variables if own else {}
    except (KitError, ValueError):
        return {}  # no stack that could be it; an invalid address is refused elsewhere
