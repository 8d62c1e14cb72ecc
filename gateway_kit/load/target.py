"""Which gateway a load may go to."""

from __future__ import annotations

import os
from collections.abc import Mapping
from urllib.parse import urlsplit

import httpx

from gateway_kit.common.certificates import certificates_for
from gateway_kit.errors import SettingsError
from gateway_kit.litellm_api.connection import Connection, unreachable
from gateway_kit.litellm_api.errors import from_response

_ASK_S = 10.0
_LOCAL = ("127.0.0.1", "localhost", "::1")


def check_target(url: str, *, allow_remote: bool, environ: Mapping[str, str] | None = None) -> None:
    """Raise SettingsError for a gateway elsewhere unless GATEWAY_URL names it and the caller allows it.

    Load slows the other users of a gateway and may cost its owner money, so it must not go there by mistake.
    """
    env = os.environ if environ is None else environ
    host = urlsplit(url).hostname
    if host in _LOCAL:
        return
    named = urlsplit(env.get("GATEWAY_URL", "")).hostname
    if not allow_remote or named != host:
        raise SettingsError(
            "gateway",
            url,
            "is not on this machine. Load slows its other users, and may cost money. If you may load it, set "
            "GATEWAY_URL to it and allow it: allow_remote=True, or gateway-kit load --allow-remote",
        )


def check_key(connection: Connection, api_key: str) -> None:
    """Raise KeyRefusedError if the gateway does not know the key, GatewayUnreachableError if nothing answers."""
    headers = {"Authorization": f"Bearer {api_key}"}
    try:
        answer = httpx.get(
            f"{connection.url}/v1/models",
            headers=headers,
            timeout=_ASK_S,
            trust_env=False,
            verify=certificates_for(connection.url),
        )
    except httpx.HTTPError as exc:
        raise unreachable(connection.url, f"{type(exc).__name__}: {exc}".rstrip(": ")) from exc
    if answer.status_code == 401:
        raise from_response(answer)
