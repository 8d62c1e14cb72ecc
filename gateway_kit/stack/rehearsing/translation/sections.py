"""The sections beside models and settings, and the keys and addresses in `litellm_settings` and `router_settings`."""

from __future__ import annotations

import re

from gateway_kit.stack.rehearsing.translation.draft import Draft
from gateway_kit.stack.rehearsing.translation.secrets import is_secret_name

_NO_CALL = "no rehearsed call asks for it"
_SECTIONS = {
    "mcp_servers": "tools' servers are elsewhere", "mcp_tools": _NO_CALL, "mcp_aliases": "tools' servers are elsewhere",
    "search_tools": "they ask a search service", "sandbox_tools": "they need a sandbox",
    "vector_store_registry": "vector stores are elsewhere", "assistant_settings": _NO_CALL, "files_settings": _NO_CALL,
    "finetune_settings": _NO_CALL, "agent_list": _NO_CALL, "agents": _NO_CALL, "worker_registry": "it needs a licence",
    "pass_through_endpoints": "no rehearsed call goes past the models",
    "default_vertex_config": "no rehearsed call goes past the models",
    "plugins": _NO_CALL,
}  # fmt: skip

# Keys, addresses and ways on the network for all calls; each deployment has the simulator's own.
_LITELLM = re.compile(
    r"(api_base|api_key|organization|project|headers|proxy_auth|ssl_.*|force_ipv4|client_session|aclient_session"
    r"|secret_manager_client|use_litellm_proxy|.*_api_base|vertex_project|vertex_location|model_cost_map_url|.*_url"
    r"|network_mock|user_url_.*|provider_url_.*|aiohttp_trust_env|token|sap_service_key"
    r"|(?!cache|prompt).*_key)"
)
_NETWORK = (
    "ssl_",
    "force_ipv4",
    "aiohttp",
    "client_session",
    "aclient_session",
    "user_url",
    "provider_url",
    "network",
)
_NO_KEY = frozenset({"max_end_user_budget_id"})
_ELSEWHERE = ("vector_store_registry", "vector_store_index_registry", "agent_search_embedding_model",
               "skill_search_embedding_model", "require_managed_files", "custom_provider_map")  # fmt: skip
# What decides about new keys and teams; those of the rehearsal are made as its lists say.
_AT_CREATION = ("upperbound_key_generate_params", "default_key_generate_params", "key_generation_settings",
                "default_team_params", "key_alias_pattern", "enable_key_alias_format_validation")  # fmt: skip
_TEAM_CALLBACKS = re.compile(
    r"(success|failure)_callback|callback.*|langfuse_.*|langsmith_.*|gcs_.*|.*_callback"
)


def translate_sections(draft: Draft) -> None:
    """Drop the sections that lead elsewhere, and the keys and addresses of the others."""
    for name, why in _SECTIONS.items():
        if draft.get(name) is not None:
            draft.drop((name,), why, what="not_rehearsed")
    for key in draft.keys("litellm_settings"):
        way = ("litellm_settings", key)
        if key in _ELSEWHERE:
            draft.drop(way, "what it leads to is elsewhere", what="not_rehearsed")
        elif key in _AT_CREATION:
            draft.drop(
                way, "it decides about new keys, and the rehearsal makes its own", what="not_rehearsed"
            )
        elif key == "tag_budget_config":
            draft.drop(way, "LiteLLM wants a licence for it, which the rehearsal lacks", what="not_rehearsed")
        elif key not in _NO_KEY and _LITELLM.fullmatch(str(key)):
            network = str(key).startswith(_NETWORK)
            draft.drop(
                way,
                "no connection leaves the machine" if network else "each deployment has the simulator's own",
            )
    _teams(draft)
    _prompts(draft)
    defaults = ("router_settings", "default_litellm_params")
    for key in draft.keys(*defaults):
        if key in ("api_base", "base_url") or is_secret_name(key):
            draft.drop((*defaults, key), "each deployment has the simulator's own")
    for key in ("alerting_config", "search_tools", "assistants_config"):
        if draft.get("router_settings", key) is not None:
            draft.drop(("router_settings", key), "nothing leaves the machine", what="not_rehearsed")
    if draft.get("router_settings", "set_verbose"):
        draft.replace(("router_settings", "set_verbose"), False, "its log would slow the rehearsal")
    for key in ("set_verbose", "log_raw_request_response"):
        if draft.get("litellm_settings", key):
            draft.replace(("litellm_settings", key), False, "its log would slow the rehearsal")


def _teams(draft: Draft) -> None:
    """Where a team's calls are reported goes; its budgets and limits stay."""
    way = ("litellm_settings", "default_team_settings")
    for number, _ in draft.items(*way):
        for key in draft.keys(*way, number):
            if _TEAM_CALLBACKS.fullmatch(str(key)) or is_secret_name(key):
                draft.drop((*way, number, key), "it only reports calls elsewhere")


def _prompts(draft: Draft) -> None:
    """Prompts that are kept elsewhere go; those in files beside the configuration stay."""
    for number, item in draft.items("prompts"):
        kept_by = draft.get("prompts", number, "litellm_params", "prompt_integration")
        if kept_by != "dotprompt":
            was = str(item.get("prompt_id", "")) if isinstance(item, dict) else ""
            draft.drop(("prompts", number), f"it is kept by {kept_by}", what="not_rehearsed", was=was)
