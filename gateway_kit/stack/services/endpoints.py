"""The URL of every part, whether the kit runs it or somebody else does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from gateway_kit.settings import HOST, Settings
from gateway_kit.stack.services.credentials import Credentials
from gateway_kit.stack.services.models import own_model_url
from gateway_kit.stack.services.postgres import own_database_url
from gateway_kit.stack.services.providers import own_providers_url
from gateway_kit.stack.services.redis import own_redis_url
from gateway_kit.stack.services.tracing import own_tracing_url


@dataclass(frozen=True, repr=False)
class Endpoints:
    """URLs of the stack's parts, passwords included; `external` names the services the kit does not run.

    `langfuse_host` is empty if there is no tracing.
    """

    gateway_url: str
    redis_url: str
    database_url: str
    providers_url: str
    chat_model_url: str
    embeddings_url: str
    langfuse_host: str
    external: frozenset[str]

    def __repr__(self) -> str:
        return f"Endpoints(gateway_url={self.gateway_url!r}, external={sorted(self.external)})"


def resolve_endpoints(
    settings: Settings,
    credentials: Credentials,
    *,
    tracing: bool = True,
    is_external: Callable[[str], bool] = lambda _: False,
) -> Endpoints:
    """The endpoints in force: somebody else's if the environment names one, else the kit's own.

    A URL that is the kit's own address counts as the kit's own (it comes from `gateway-kit env`), unless
    `is_external(service)` says that a process the kit did not start holds that port. Without `tracing` there is no
    Langfuse, somebody else's neither; behind somebody else's gateway the kit runs none.
    """
    own = {
        "gateway": f"http://{HOST}:{settings.port('gateway')}",
        "redis": own_redis_url(settings, credentials),
        "postgres": own_database_url(settings, credentials),
        "providers": own_providers_url(settings),
        "chat-model": own_model_url(settings, "chat-model"),
        "embeddings": own_model_url(settings, "embeddings"),
        "tracing": own_tracing_url(settings),
    }
    external = {
        service: url
        for service, url in settings.external_urls.items()
        if (service != "tracing" or tracing) and (not same_address(url, own[service]) or is_external(service))
    }
    if not tracing or ("gateway" in external and "tracing" not in external):
        own["tracing"] = ""
    urls = {**own, **external}
    return Endpoints(
        gateway_url=urls["gateway"],
        redis_url=urls["redis"],
        database_url=urls["postgres"],
        providers_url=urls["providers"],
        chat_model_url=urls["chat-model"],
        embeddings_url=urls["embeddings"],
        langfuse_host=urls["tracing"],
        external=frozenset(external),
    )


def same_address(first: str, second: str) -> bool:
    """Whether two URLs lead to the same host, port and path; `localhost` is 127.0.0.1."""
    return _address(first) == _address(second)


def _address(url: str) -> tuple[str, int | None, str]:
    parts = urlsplit(url)
    host = parts.hostname or ""
    return ("127.0.0.1" if host == "localhost" else host, parts.port, parts.path.rstrip("/"))


def without_password(url: str) -> str:
    """A URL that may be shown: user and password left out."""
    parts = urlsplit(url)
    netloc = parts.netloc.rsplit("@", 1)[-1]
    return parts._replace(netloc=netloc).geturl()
