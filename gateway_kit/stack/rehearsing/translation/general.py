"""`general_settings`: master key, database, sign-in, alerting and upkeep are the rehearsal's own, or gone."""

from __future__ import annotations

import re

from gateway_kit.stack.configuration.litellm_names import litellm_names
from gateway_kit.stack.configuration.models import REFERENCE
from gateway_kit.stack.rehearsing.translation.draft import Draft
from gateway_kit.stack.rehearsing.translation.result import What

SECTION = "general_settings"

# What goes, and why; the first pattern that fits a setting's name counts.
_GONE: tuple[tuple[str, What, str], ...] = (
    (
        r"database_(url|type|args|socket_timeout|connect_timeout|extra_.*|disable_.*|max_idle.*)|use_iam.*",
        "replaced",
        "the rehearsal has a database of its own",
    ),
    (r"coordination_redis", "replaced", "the rehearsal has a Redis of its own"),
    (
        r"(spend_report_frequency|slack_.*|.*_webhook.*|alert.*)",
        "not_rehearsed",
        "nobody is alerted by a rehearsal",
    ),
    (
        r"key_management_.*|use_google_kms|use_azure_key_vault|use_aws_.*",
        "replaced",
        "the rehearsal needs no secret, so no secret manager",
    ),
    (
        r"custom_auth.*|custom_sso|custom_ui_sso.*|enable_jwt_auth|litellm_jwtauth|enable_oauth2.*|oauth2_.*"
        r"|role_permissions|disable_password_login.*|ui_access_mode|control_plane_url|allow_cli_sso.*",
        "not_rehearsed",
        "calls come with the rehearsal's own keys",
    ),
    (
        r"custom_key_.*|custom_team_.*|team_metadata_schema|enable_.*_validation",
        "not_rehearsed",
        "the rehearsal makes its own keys and teams",
    ),
    (
        r"allowed_routes|admin_only_routes|public_routes",
        "not_rehearsed",
        "the rehearsal makes its keys by routes that this may close",
    ),
    (r"litellm_key_header_name", "replaced", "the rehearsal's calls sign in by the usual header"),
    (r"pass_through_.*", "not_rehearsed", "no rehearsed call goes past the models"),
    (
        r"maximum_.*_(retention_period|retention_interval)|maximum_spend_logs_.*|use_spend_logs_partitioning",
        "replaced",
        "the rehearsal keeps all its records until its end",
    ),
    (
        r"allowed_ips|trusted_proxy_ranges|use_x_forwarded_for|mcp_.*|search_tools|plugins|otel|tracing"
        r"|enable_claude_code_gateway|claude_code_.*|user_url_.*|provider_url_.*",
        "not_rehearsed",
        "all calls come from this machine, and go to its simulator",
    ),
    (
        r"supported_db_objects|proxy_config_reload_interval_seconds",
        "replaced",
        "the rehearsal's database begins empty",
    ),
)


def translate_general(draft: Draft) -> None:
    """Replace what belongs to production in `general_settings`."""
    licensed = litellm_names().with_licence
    for key in draft.keys(SECTION):
        way = (SECTION, key)
        if key in licensed:
            draft.drop(way, "LiteLLM wants a licence for it, which the rehearsal lacks", what="not_rehearsed")
            continue
        gone = next((rule for rule in _GONE if re.fullmatch(rule[0], str(key))), None)
        if gone is not None:
            draft.drop(way, gone[2], what=gone[1])
    draft.replace((SECTION, "master_key"), f"{REFERENCE}LITELLM_MASTER_KEY", "the rehearsal's own key")
    if draft.get(SECTION, "disable_spend_logs"):
        draft.replace((SECTION, "disable_spend_logs"), False, "the report reads costs from the spend log")
    if draft.get(SECTION, "store_model_in_db"):
        draft.notes.append(
            f"{draft.place((SECTION, 'store_model_in_db'))}: models, keys and settings that are only in production's "
            "database are not rehearsed."
        )
    draft.replace(
        (SECTION, "forward_client_headers_to_llm_api"),
        True,
        "so that the simulator learns which logged call it answers",
    )
