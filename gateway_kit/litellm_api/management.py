"""LiteLLM's management API by HTTP, with the master key; its error answers as the kit's exceptions. Internal."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import httpx

from gateway_kit.common.certificates import certificates_for
from gateway_kit.common.polling import patient_s, poll_until
from gateway_kit.errors import GatewayError, KeyRefusedError, RequestRefusedError
from gateway_kit.litellm_api.connection import POOL, Connection, unreachable
from gateway_kit.litellm_api.errors import from_response, sendable

_PAGE_SIZE = 100  # the most that LiteLLM's lists give at once


class ManagementApi:
    """Requests with the master key, which are not recorded. Keys travel in bodies and headers, never in an address."""

    def __init__(
        self, connection: Connection, transport: httpx.BaseTransport | None = None, *, timeout_s: float
    ) -> None:
        self.connection = connection
        self._http = httpx.Client(
            base_url=connection.url,
            transport=transport,
            timeout=timeout_s,
            trust_env=False,
            limits=POOL,
            verify=certificates_for(connection.url),
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def require_master_key(self, what: str) -> None:
        """Raise KeyRefusedError if the connection has no master key; `what` needs it."""
        if self.connection.master_key is None:
            raise KeyRefusedError(
                f"{what} needs the master key of {self.connection.url}: set LITELLM_MASTER_KEY "
                "(gateway-kit env prints the local stack's)."
            )

    def get(self, path: str, **params: Any) -> Any:
        """The JSON answer; parameters that are None are left out."""
        self.require_master_key(path)
        given = {name: value for name, value in params.items() if value is not None}
        return self._send("GET", path, params=given)

    def get_with_any_key(self, path: str) -> Any:
        """The JSON answer to the master key, or without one to the connection's virtual key."""
        return self._send("GET", path)

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """The JSON answer."""
        self.require_master_key(path)
        return self._send("POST", path, json=body)

    def get_or_none(self, path: str, **params: Any) -> Any | None:
        """The JSON answer, None if LiteLLM knows no such thing (404)."""
        try:
            return self.get(path, **params)
        except GatewayError as exc:
            if exc.status == 404:
                return None
            raise

    def pages(
        self, path: str, rows: str, size: str = "page_size", **params: Any
    ) -> Iterator[Mapping[str, Any]]:
        """All entries of a paged list; `rows` and `size` are LiteLLM's names of the list and of the page's length."""
        page, pages = 1, 1
        while page <= pages:
            body = self.get(path, page=page, **{size: _PAGE_SIZE}, **params)
            yield from body[rows]
            pages, page = int(body.get("total_pages") or 1), page + 1

    def wait_for(self, happened: Callable[[], bool], what: str, timeout_s: float) -> None:
        """Poll until `happened()`; raise GatewayError after `timeout_s`."""
        if not poll_until(happened, timeout_s=timeout_s)[1]:
            raise GatewayError(
                f"Waited {patient_s(timeout_s):.0f} s for {what} at {self.connection.url}. "
                "Look at: gateway-kit logs gateway"
            )

    def _send(self, method: str, path: str, **sent: Any) -> Any:
        key = self.connection.master_key or self.connection.api_key
        try:
            with sendable():
                response = self._http.request(
                    method, path, headers={"Authorization": f"Bearer {key}"}, **sent
                )
        except httpx.TransportError as exc:
            raise unreachable(self.connection.url, f"{type(exc).__name__}: {exc}".rstrip(": ")) from exc
        if response.is_error:
            raise refusal(response, path)
        try:
            return response.json()
        except ValueError as exc:
            raise GatewayError(
                f"{self.connection.url}{path} answered with something that is not JSON. Is a LiteLLM proxy there? "
                "gateway-kit status"
            ) from exc


def refusal(response: httpx.Response, path: str) -> GatewayError:
    """The exception for an error answer of the management API: LiteLLM's message, unpacked, and the next step."""
    error = from_response(response)
    message = plain(error.gateway_message)
    facts: dict[str, Any] = {
        "status": error.status,
        "gateway_message": message,
        "request_id": error.request_id,
    }
    if "LiteLLM Enterprise" in message or "Enterprise feature" in message:
        return RequestRefusedError(
            f"LiteLLM answered {error.status}: {path} needs a licence for this. "
            "The free edition does without: see the docstrings of gateway_kit.keys.",
            **facts,
        )
    if error.status in (401, 403):
        return KeyRefusedError(
            f"The gateway refuses the key that this administers it with ({path}, {error.status}): {message}\n"
            "Set LITELLM_MASTER_KEY to the gateway's own master key; gateway-kit env prints the local stack's. "
            "A virtual key, or an expired one, is not enough.",
            **facts,
        )
    return type(error)(
        f"LiteLLM answered {error.status} to {path}: {message}\n{str(error).splitlines()[-1]}", **facts
    )


def plain(message: str) -> str:
    """LiteLLM's message without the Python dict that often wraps it: {'error': '…'}."""
    if not message.startswith("{"):
        return message
    try:
        inner = ast.literal_eval(message)
    except (ValueError, SyntaxError):
        return message
    text = (inner.get("error") or inner.get("message")) if isinstance(inner, dict) else None
    return str(text) if text else message
