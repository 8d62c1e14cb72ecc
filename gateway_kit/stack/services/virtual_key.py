"""The pre-configured virtual key: created in the gateway's database if it is missing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from gateway_kit.common.certificates import certificates_for
from gateway_kit.common.environment import digest
from gateway_kit.common.polling import poll_until
from gateway_kit.errors import GatewayError
from gateway_kit.settings import patience

if TYPE_CHECKING:
    import httpx

_ASK_S = 20.0
# A gateway whose database was restarted a moment ago finds it again in some seconds.
_PATIENCE_S, _AGAIN_S = 60.0, 0.5


def ensure_virtual_key(
    gateway_url: str, master_key: str, key: str, waiting: Callable[[], None] = lambda: None
) -> bool:
    """Make `key` a valid virtual key for all models; True if it was created now. Raises GatewayError.

    `waiting` is called once if the gateway does not reach its database yet.
    """
    import httpx

    headers = {"Authorization": f"Bearer {master_key}"}
    try:
        with httpx.Client(
            base_url=gateway_url,
            headers=headers,
            timeout=_ASK_S * patience(),
            trust_env=False,
            verify=certificates_for(gateway_url),
        ) as client:
            made = _make(client, key)
            if made is not None and made.is_server_error:
                waiting()
                made, _ = poll_until(
                    lambda: _make(client, key),
                    lambda answer: answer is None or not answer.is_server_error,
                    timeout_s=_PATIENCE_S,
                    pause_s=_AGAIN_S,
                )
    except httpx.HTTPError as exc:
        raise GatewayError(f"{gateway_url} does not answer ({exc!r}). Run: gateway-kit logs gateway") from exc
    if made is None:
        return False
    if made.status_code != 200:
        raise GatewayError(
            f"The gateway at {gateway_url} did not create the pre-configured key: HTTP {made.status_code} "
            f"{made.text[:300]}. If it is somebody else's gateway, set LITELLM_MASTER_KEY or GATEWAY_API_KEY."
        )
    return True


def _make(client: httpx.Client, key: str) -> httpx.Response | None:
    """The gateway's answer to the request to create the key; None if it exists."""
    # The listing of this alias, not /key/info?key=…: a key in a URL ends up in access logs.
    alias = f"lessons-{digest(key)[:6]}"
    listed = client.get("/key/list", params={"key_alias": alias, "size": 1})
    if listed.status_code == 200 and listed.json().get("keys"):
        return None
    if listed.is_server_error:
        return listed
    body = {"key": key, "key_alias": alias, "models": [], "metadata": {"made_by": "gateway-kit up"}}
    made = client.post("/key/generate", json=body)
    # The key was created by a request whose answer got lost, or the list is older than it.
    return None if made.status_code == 400 and f"'{alias}' already exists" in made.text else made


def key_answers(gateway_url: str, key: str) -> bool:
    """Whether the gateway accepts a key: it may list its models."""
    import httpx

    try:
        headers = {"Authorization": f"Bearer {key}"}
        answer = httpx.get(
            f"{gateway_url}/v1/models",
            headers=headers,
            timeout=_ASK_S * patience(),
            trust_env=False,
            verify=certificates_for(gateway_url),
        )
    except httpx.HTTPError:
        return False
    return answer.status_code == 200
