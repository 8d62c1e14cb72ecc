"""Callbacks: what only sends elsewhere goes; what decides about a call stays."""

from __future__ import annotations

from typing import Any

from gateway_kit.stack.rehearsing.translation.draft import Draft

_SECTION = "litellm_settings"
_LISTS = (
    "callbacks",
    "success_callback",
    "failure_callback",
    "audit_log_callbacks",
    "input_callback",
    "service_callback",
)
# Built-in callbacks that change or refuse calls, and need nothing beyond this machine.
DECIDE = frozenset(
    {
        "dynamic_rate_limiter", "dynamic_rate_limiter_v3", "detect_prompt_injection", "anthropic_cache_control_hook",
        "compression_interception", "dotprompt", "batch_redis_requests",
    }
)  # fmt: skip
# Built-in callbacks that would change calls, and cannot here.
CANNOT = {
    "banned_keywords": "needs a licence", "blocked_user_check": "needs a licence", "hide_secrets": "needs a licence",
    "google_text_moderation": "needs Google", "llamaguard_moderations": "needs a licence",
    "openai_moderations": "needs a licence", "llmguard_moderations": "needs a server of its own",
    "lakera_prompt_injection": "needs Lakera", "aporia_prompt_injection": "needs Aporia",
    "azure_content_safety": "needs Azure", "presidio": "needs Presidio's servers",
    "websearch_interception": "needs a search service", "code_interpreter_interception": "needs a sandbox",
    "vector_store_pre_call_hook": "needs a vector store", "humanloop": "needs Humanloop", "gitlab": "needs GitLab",
    "bitbucket": "needs Bitbucket", "litellm_agent": "needs an agent's server", "qualifire_eval": "needs Qualifire",
}  # fmt: skip
_SENT = "it only reports calls elsewhere; the rehearsal has its own records"
# Settings of callbacks that go.
_OF_CALLBACKS = (
    "langfuse_", "langsmith_", "argilla_", "datadog_", "s3_callback_params", "s3_audit_callback_params", "gcs_",
    "aws_sqs_callback_params", "newrelic_params", "pointfive_params", "prometheus_", "custom_prometheus_", "generic_",
    "otel_", "zerobus_params", "dynamodb_table_name", "cold_storage_custom_logger", "require_auth_for_metrics_endpoint",
    "enable_end_user_cost_tracking_prometheus_only", "email", "global_bitbucket_config", "global_gitlab_config",
)  # fmt: skip


def translate_callbacks(draft: Draft) -> None:
    """Take away callbacks that report elsewhere, and their settings."""
    for name in _LISTS:
        way = (_SECTION, name)
        value = draft.get(*way)
        if value is None:
            continue
        if isinstance(value, list):
            for number, item in draft.items(*way):
                _translate(draft, (*way, number), name, item)
            if not draft.items(*way):
                draft.remove(way)
        else:
            _translate(draft, way, name, value)
    for key in draft.keys(_SECTION):
        if str(key).startswith(_OF_CALLBACKS):
            draft.drop((_SECTION, key), "a setting of callbacks, which report elsewhere")
    if draft.get("callback_settings") is not None:
        draft.drop(("callback_settings",), _SENT)


def _translate(draft: Draft, way: tuple[Any, ...], listed_in: str, callback: object) -> None:
    name = str(callback)
    if name in CANNOT:
        draft.drop(way, f"it {CANNOT[name]}", what="not_rehearsed")
    elif name.startswith(("s3://", "gcs://")):
        draft.drop(way, "its code is in a bucket", what="not_rehearsed")
    elif name in DECIDE:
        draft.say("kept", way, "it decides about calls on this machine", now=name)
    elif "." in name and (why := draft.absent_code(way)) and listed_in == "callbacks":
        draft.drop(way, f"your code is not rehearsed: {why}", what="not_rehearsed")
    elif "." in name and listed_in == "callbacks":
        draft.say("kept", way, "your code runs in the rehearsal's gateway, without a network", now=name)
    else:
        draft.drop(way, _SENT)
