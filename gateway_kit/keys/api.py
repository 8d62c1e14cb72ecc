"""LiteLLM's management API by HTTP, with the master key; its refusals as the kit's exceptions."""

from __future__ import annotations

import ast
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import httpx

from gateway_kit.errors import GatewayError, KeyRefusedError, RequestRefusedError
from gateway_kit.gateway.connection import POOL, Connection, unreachable
from gateway_kit.gateway.failures import from_response, sendable

POLL_S = 0.2
_PAGE_SIZE = 100  # the most that LiteLLM's lists give at once


class ManagementApi:
    """Requests with the master key. Keys travel in bodies and headers or as hashes, never in an address."""

    def __init__(
        self,
        connection: Connection,
        transport: httpx.BaseTransport | None,
        *,
        timeout_s: float,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.connection = connection
        self._sleep = sleep
        self._http = httpx.Client(
            base_url=connection.url, transport=transport, timeout=timeout_s, trust_env=False, limits=POOL
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def get(self, path: str, **params: Any) -> Any:
        """The JSON answer; parameters that are None are left out."""
        return self._send("GET", path, params={k: v for k, v in params.items() if v is not None})

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """The JSON answer."""
        return self._send("POST", path, json=body)

    def found(self, path: str, **params: Any) -> Any | None:
        """The JSON answer, None where LiteLLM knows no such thing (404)."""
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
        """Polls until `happened()`; raises GatewayError after `timeout_s`."""
        end = time.monotonic() + timeout_s
        while not happened():
            if time.monotonic() > end:
                raise GatewayError(
                    f"Waited {timeout_s:.0f} s for {what} at {self.connection.url}. "
                    "Look at: gateway-kit logs gateway"
                )
            self._sleep(POLL_S)

    def _send(self, method: str, path: str, **sent: Any) -> Any:
        if self.connection.master_key is None:
            raise KeyRefusedError(
                f"{path} needs the gateway's master key. Set LITELLM_MASTER_KEY; gateway-kit env prints the local "
                "stack's."
            )
        headers = {"Authorization": f"Bearer {self.connection.master_key}"}
        try:
            with sendable():
                response = self._http.request(method, path, headers=headers, **sent)
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
    found = from_response(response)
    message = plain(found.gateway_message)
    facts: dict[str, Any] = {
        "status": found.status,
        "gateway_message": message,
        "request_id": found.request_id,
    }
    if "LiteLLM Enterprise" in message or "Enterprise feature" in message:
        return RequestRefusedError(
            f"LiteLLM answered {found.status}: {path} wants a licence for this. "
            "The free edition does without: see the docstrings of gateway_kit.keys.",
            **facts,
        )
    if found.status in (401, 403):
        return KeyRefusedError(
            f"The gateway refuses the key that this administers it with ({path}, {found.status}): {message}\n"
            "Set LITELLM_MASTER_KEY to the gateway's own master key; gateway-kit env prints the local stack's. "
            "A virtual key, or one that has expired, does not do.",
            **facts,
        )
    return type(found)(
        f"LiteLLM answered {found.status} to {path}: {message}\n{str(found).splitlines()[-1]}", **facts
    )


def plain(message: str) -> str:
    """LiteLLM's message without the Python dict that it often stands in: {'error': '…'}."""
    if not message.startswith("{"):
        return message
    try:
        inner = ast.literal_eval(message)
    except (ValueError, SyntaxError):
        return message
    told = (inner.get("error") or inner.get("message")) if isinstance(inner, dict) else None
    return str(told) if told else message
