"""Settings that LiteLLM declares but reads nowhere, and what does what their names promise."""

from __future__ import annotations

from collections.abc import Mapping

_AT_ONCE = (
    "Write `default_max_parallel_requests` in `router_settings:` for each deployment, or "
    "`max_in_flight_requests_per_worker` in `general_settings:` for the gateway; keys have a limit of their own."
)
_OF_MODELS = "Write it as `api_key` under the model's `litellm_params`."

# Section → setting → how to get what it promises; "" if nothing does that. A test compares this with LiteLLM's source.
UNREAD: Mapping[str, Mapping[str, str]] = {
    "general_settings": {
        "database_args": "",
        "database_type": "",
        "enable_public_model_hub": "",
        # Read by the limiter of LEGACY_MULTI_INSTANCE_RATE_LIMITING only.
        "global_max_parallel_requests": _AT_ONCE,
        "max_parallel_requests": _AT_ONCE,
        "otel": "For OpenTelemetry write `callbacks: [otel]` in `litellm_settings:`.",
    },
    "litellm_settings": {
        "ai21_key": _OF_MODELS,
        "banned_keywords_list": "",
        "baseten_key": _OF_MODELS,
        "clarifai_key": _OF_MODELS,
        "datarobot_key": _OF_MODELS,
        "default_soft_budget": "A key, a team or a user has a `soft_budget` of its own.",
        "disable_add_transform_inline_image_block": "",
        "disable_end_user_cost_tracking_prometheus_only": (
            "Delete it: Prometheus learns of end users only with `enable_end_user_cost_tracking_prometheus_only`."
        ),
        "email": "",
        "error_logs": "",
        "filter_invalid_headers": "",
        "google_moderation_confidence_threshold": "",
        "gradient_ai_api_key": _OF_MODELS,
        "heroku_key": _OF_MODELS,
        "litellm_mode": "",
        "llama_api_key": _OF_MODELS,
        "logging": "",
        "longer_context_model_fallback_dict": "Write `context_window_fallbacks`.",
        "max_user_budget": "Write `max_internal_user_budget`.",
        "nebius_key": _OF_MODELS,
        "novita_api_key": _OF_MODELS,
        "openai_moderations_model_name": "",
        "presidio_ad_hoc_recognizers": "Write it under `litellm_params` of the guardrail.",
        "prompt_name_config_map": "",
        "snowflake_key": _OF_MODELS,
        "use_client": "",
        "vercel_ai_gateway_key": _OF_MODELS,
        "wandb_key": _OF_MODELS,
    },
}


# Settings that LiteLLM has elsewhere: as a variable, under another setting, or only together with another.
_ELSEWHERE: Mapping[str, str] = {
    **{
        name: f"Delete it, and set the variable {name.upper()}."
        for name in (
            "langfuse_host", "langfuse_public_key", "langfuse_secret_key", "litellm_salt_key", "proxy_base_url",
            "slack_webhook_url", "ui_password", "ui_username",
        )
    },
    "max_budget": "Write it in `litellm_settings:`, with `budget_duration: 30d` beside it.",
    "cache_type": "Write it as `type` under `cache_params:`.",
    "redis_host": "Write it as `host` under `cache_params:`.",
    "redis_password": "Write it as `password` under `cache_params:`.",
    "redis_port": "Write it as `port` under `cache_params:`.",
    "redis_url": "Write it as `url` under `cache_params:`.",
    # Once read from `litellm_settings`, where many files still have it; it does no harm there.
    "telemetry": "Delete it.",
}  # fmt: skip


def instead_of(name: str) -> str:
    """How to get what an unread setting promises; empty if nothing does that, or if the setting is not one of these."""
    tables = (*UNREAD.values(), _ELSEWHERE)
    return next((settings[name] for settings in tables if name in settings), "")
