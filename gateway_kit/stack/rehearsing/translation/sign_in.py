"""Put the simulator's address and keys in the place of a deployment's own, each with a line in the list."""

from __future__ import annotations

import re
from collections.abc import Mapping

from gateway_kit.stack.rehearsing.translation.draft import Draft
from gateway_kit.stack.rehearsing.translation.secrets import is_secret, is_secret_name
from gateway_kit.stack.rehearsing.translation.source import Way

ADDRESSES = ("api_base", "base_url", "aws_bedrock_runtime_endpoint", "aws_sts_endpoint")
_CREDENTIALS = frozenset(
    {
        "api_key", "azure_ad_token", "azure_ad_token_provider", "tenant_id", "client_id", "client_secret",
        "azure_username", "azure_password", "azure_scope", "aws_access_key_id", "aws_secret_access_key",
        "aws_session_token", "aws_role_name", "aws_session_name", "aws_profile_name", "aws_web_identity_token",
        "aws_external_id", "aws_session_tags", "aws_batch_role_arn", "vertex_credentials", "vertex_ai_credentials",
        "use_xai_oauth", "chatgpt_auth_file",
    }
)  # fmt: skip
_IDENTITIES = (
    "anthropic_federation", "anthropic_identity", "anthropic_issuer", "anthropic_keycloak", "anthropic_organization_id",
    "anthropic_service_account", "openai_identity", "openai_service_account",
)  # fmt: skip
_NETWORK = frozenset({"ssl_verify", "use_litellm_proxy", "shared_session", "client"})
_OF_SIGNING = re.compile(r"auth|key|token|secret|cookie|credential", re.IGNORECASE)
_HEADERS = ("extra_headers", "default_headers", "headers")

# What the simulator takes any value of, but LiteLLM wants to be told.
_PLACES = {
    "aws": {"aws_region_name": "us-east-1"},
    "google": {"vertex_project": "simulated-project", "vertex_location": "us-central1"},
    "key": {},
}  # fmt: skip
# Parameters of the clouds' own APIs, for a model that is rehearsed in another one.
_OTHERS = {"aws": ("vertex_",), "google": ("aws_",), "key": ("aws_", "vertex_")}


def is_replaced(key: object) -> bool:
    """Whether a parameter says where a call goes or who signs in."""
    return key in ADDRESSES or key in _CREDENTIALS or str(key).startswith(_IDENTITIES)


def sign_in(draft: Draft, params: Way, given: Mapping[str, str], kind: str) -> None:
    """Write `given` into a deployment's parameters, and take away whatever else leads or signs in elsewhere."""
    for key in draft.keys(*params):
        if key in given:
            continue
        if key in ADDRESSES:
            draft.drop((*params, key), "the rehearsal leads to the simulator")
        elif key in _CREDENTIALS or str(key).startswith(_IDENTITIES):
            draft.drop((*params, key), "the simulator takes its own key")
        elif str(key).startswith(_OTHERS[kind]):
            draft.drop((*params, key), "of an API that is not the rehearsed one")
        elif key in _NETWORK:
            draft.drop((*params, key), "no connection leaves the machine")
        elif key == "configurable_clientside_auth_params":
            draft.drop((*params, key), "callers cannot choose where calls go", what="not_rehearsed")
        elif key in _HEADERS:
            _mask_headers(draft, (*params, key))
    for key, value in given.items():
        told = "a service account of the simulator's" if key == "vertex_credentials" else None
        draft.replace((*params, key), value, _why(key), now=told)
    for key, value in _PLACES[kind].items():
        if not draft.resolved(draft.get(*params, key)):
            draft.replace((*params, key), value, "not set here; the simulator takes any")


def _why(key: str) -> str:
    if key in ADDRESSES:
        return "the deployment's address at the simulator"
    if key == "aws_secret_access_key":
        return "the simulator looks only at the access key"
    return "the simulator's key, which names the deployment"


def _mask_headers(draft: Draft, way: Way) -> None:
    """Replace headers that sign in; the others stay."""
    for name in draft.keys(*way):
        value = draft.get(*way, name)
        if _OF_SIGNING.search(str(name)) or is_secret_name(name) or is_secret(name, value):
            draft.replace((*way, name), "simulated", "the simulator needs no such header", was="***")
