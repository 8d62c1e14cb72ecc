"""Checks of services that somebody else runs, before the stack relies on them."""

from __future__ import annotations

from gateway_kit.errors import StackError
from gateway_kit.stack.services.credentials import Credentials
from gateway_kit.stack.services.endpoints import Endpoints
from gateway_kit.stack.services.migrations import migrate
from gateway_kit.stack.services.models import VARIABLES, model_trouble
from gateway_kit.stack.services.postgres import check_database, psycopg_url
from gateway_kit.stack.services.redis import check_redis
from gateway_kit.stack.services.tracing import check_langfuse, ensure_external_database


def check_external(endpoints: Endpoints, credentials: Credentials, *, own_traces: bool) -> None:
    """Raise StackError if somebody else's database, Redis or Langfuse cannot be used.

    Migrates that database, and creates one for `own_traces` beside it.
    """
    if "redis" in endpoints.external:
        check_redis(endpoints.redis_url)
    if "postgres" in endpoints.external:
        check_database(endpoints.database_url)
        if own_traces:
            ensure_external_database(endpoints.database_url)
        migrate(psycopg_url(endpoints.database_url))
    if "tracing" in endpoints.external:
        check_langfuse(endpoints.langfuse_host, credentials)


class ExternalModelError(StackError):
    """Somebody else's model cannot be used; `why` is the end of a sentence. The gateway serves without it."""

    def __init__(self, service: str, why: str) -> None:
        self.why = f"{why} ({VARIABLES[service]})"
        self.fix = how_to_replace(service)
        super().__init__(f"{service} {self.why}. To fix it: {self.fix}")


def check_models(endpoints: Endpoints) -> dict[str, ExternalModelError]:
    """The models of somebody else's that cannot be used, each with the error that says why."""
    urls = {"chat-model": endpoints.chat_model_url, "embeddings": endpoints.embeddings_url}
    asked = {name: model_trouble(name, url) for name, url in urls.items() if name in endpoints.external}
    return {name: ExternalModelError(name, why) for name, why in asked.items() if why}


def advice(service: str, failure: str) -> str:
    """What helps against a recorded failure, if it is that of somebody else's model; else empty."""
    is_external = service in VARIABLES and failure.endswith(f"({VARIABLES[service]})")
    return how_to_replace(service) if is_external else ""


def how_to_replace(service: str) -> str:
    """What fixes a model of somebody else's that cannot be used."""
    return f"set {VARIABLES[service]} to one that answers, or unset it, then run: gateway-kit up"
