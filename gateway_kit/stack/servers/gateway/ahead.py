"""What each gateway would do in its start and its first calls, done once before a process is copied.

LiteLLM imports a thousand modules only when its start or a call needs them, and FastAPI works out the routes at the
first request: together more than the rest of a copy's start and first calls.
"""

from __future__ import annotations

import importlib
from typing import Any

# What LiteLLM 1.106.12 imports with the kit's configuration: in a start, at the first request, and at the first calls
# to each provider. What these import counts as well. None of them depends on a stack's own variables.
MODULES = (
    "anyio._backends._asyncio",
    "boto3",
    "google.auth.transport.requests",
    "google.oauth2.service_account",
    "litellm.integrations.langfuse.langfuse_sdk",
    "litellm.integrations.otel.logger",
    "litellm.integrations.otel.presets.destinations",
    "litellm.integrations.shadow_eval_logger",
    "litellm.llms.bedrock.chat.chat_completions.transformation",
    "litellm.llms.bedrock.chat.invoke_transformations.amazon_llama_transformation",
    "litellm.llms.vertex_ai.context_caching.vertex_ai_context_caching",
    "litellm.proxy.guardrails.guardrail_registry",
    "litellm.proxy.management_endpoints.config_override_endpoints",
    "litellm.proxy.management_endpoints.mcp_management_endpoints",
    "litellm.proxy.pass_through_endpoints.llm_passthrough_endpoints",
    "litellm.proxy.prompts.prompt_registry",
    "litellm.proxy.spend_tracking.cloudzero_endpoints",
    "litellm.proxy.spend_tracking.vantage_endpoints",
    "openai.resources",
    "prometheus_client",
    "uvloop",
)


def do_ahead(app: Any) -> list[str]:
    """Import MODULES and work out the app's routes; returns why modules could not be imported."""
    failed = []
    for name in MODULES:
        try:
            importlib.import_module(name)
        except ImportError as exc:
            failed.append(f"{name}: {exc}")
    from litellm.llms import load_guardrail_translation_mappings

    load_guardrail_translation_mappings()
    nowhere = {
        "type": "http",
        "method": "GET",
        "path": "/no/route/has/this/path",
        "root_path": "",
        "headers": [],
    }
    for route in app.router.routes:
        route.matches(dict(nowhere))
    return failed
