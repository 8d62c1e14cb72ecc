"""The stack for its clients: the variables that they need, and a sentence for each service that may end."""

from __future__ import annotations

from gateway_kit.common.local_stack import LocalStack, RunningService
from gateway_kit.common.processes import runs
from gateway_kit.settings import Settings
from gateway_kit.stack.lacks import Lack, lacks
from gateway_kit.stack.services.credentials import Credentials
from gateway_kit.stack.services.endpoints import Endpoints
from gateway_kit.stack.supervisor.record import StackRecord, owner


def client_variables(endpoints: Endpoints, credentials: Credentials, record: StackRecord) -> dict[str, str]:
    """Name → value, secrets included; without Langfuse's variables if there is no tracing.

    Of somebody else's gateway only those services are known that the environment names.
    """
    semantic = record.services.get("semantic")
    traces = {
        "LANGFUSE_HOST": endpoints.langfuse_host,
        "LANGFUSE_PUBLIC_KEY": credentials.langfuse_public_key,
        "LANGFUSE_SECRET_KEY": credentials.langfuse_secret_key,
    }
    services = {
        "redis": ("REDIS_URL", endpoints.redis_url),
        "postgres": ("DATABASE_URL", endpoints.database_url),
        "providers": ("PROVIDERS_URL", endpoints.providers_url),
        "chat-model": ("CHAT_MODEL_URL", endpoints.chat_model_url),
        "embeddings": ("EMBEDDINGS_URL", endpoints.embeddings_url),
    }
    known = endpoints.external if "gateway" in endpoints.external else services
    return {
        "GATEWAY_URL": endpoints.gateway_url,
        **({"SEMANTIC_GATEWAY_URL": semantic.url} if semantic is not None else {}),
        "LITELLM_MASTER_KEY": credentials.litellm_master_key,
        "GATEWAY_API_KEY": credentials.gateway_api_key,
        **(traces if endpoints.langfuse_host else {}),
        **dict(variable for service, variable in services.items() if service in known),
    }


def as_clients_see_it(
    settings: Settings, endpoints: Endpoints, credentials: Credentials, record: StackRecord
) -> LocalStack:
    """The stack as `common.local_stack` keeps it for clients."""
    running = tuple(
        RunningService(
            entry.process.pid, entry.process.birth, str(Lack(name, "has ended since it was started", ""))
        )
        for name, entry in sorted(record.services.items())
        if owner(name) == "stack" and runs(entry.process.pid, entry.process.birth)
    )
    failed = tuple(str(lack) for lack in lacks(record, settings))
    variables = client_variables(endpoints, credentials, record)
    return LocalStack(
        variables,
        running,
        failed,
        own_gateway="gateway" not in endpoints.external,
        own_tracing="tracing" not in endpoints.external,
    )
