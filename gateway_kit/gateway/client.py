"""The gateway as lessons use it: an OpenAI client, a record of its calls, and a few shortcuts."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

import httpx
import openai

from gateway_kit.errors import GatewayError, IncompleteStackWarning
from gateway_kit.gateway.admin import Administration
from gateway_kit.gateway.answer import Answer, TextStream
from gateway_kit.gateway.connection import POOL, Connection, check_key, resolve_connection, unreachable
from gateway_kit.gateway.failures import from_openai, sendable
from gateway_kit.gateway.record import Calls
from gateway_kit.gateway.transport import CALL_EXTENSION, RecordingTransport

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DEFAULT_MODEL = "gpt-4o-mini"
DEFAULT_TIMEOUT_S = 60.0

Prompt = str | Sequence[Mapping[str, Any]]


def connect(
    api_key: str | None = None, url: str | None = None, *, timeout_s: float = DEFAULT_TIMEOUT_S
) -> Gateway:
    """A Gateway that answers, found by the arguments, the environment, or the local stack (in this order).

    gateway = connect()                                        # the stack that `gateway-kit up` started
    gateway = connect("sk-…", "https://gateway.example.com")   # any other LiteLLM proxy

    `timeout_s` is how long a call may take until the next bytes arrive. Raises GatewayUnreachableError where
    nothing answers, SettingsError where the address is known and no key. Warns (IncompleteStackWarning) of each
    service that the local stack lacks.
    """
    gateway = Gateway(resolve_connection(api_key, url), timeout_s=timeout_s)
    gateway.check_reachable()
    for lack in gateway.connection.lacks:
        warnings.warn(lack, IncompleteStackWarning, stacklevel=2)
    return gateway


class Gateway(Administration):
    """One gateway: `client` is a real `openai.OpenAI`, `calls` the record of all that goes through it."""

    def __init__(
        self,
        connection: Connection,
        *,
        timeout_s: float = DEFAULT_TIMEOUT_S,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        # One pool of connections for all keys. `trust_env=False`: a proxy of the environment is not the gateway.
        self._transport = transport or httpx.HTTPTransport(trust_env=False, limits=POOL)
        super().__init__(connection, self._transport, timeout_s=timeout_s)
        self.url = connection.url
        self.calls = Calls()
        self.timeout_s = timeout_s
        self._clients: dict[str, openai.OpenAI] = {}
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"Gateway({self.url!r}, key={self.connection.label(self.connection.api_key)!r})"

    @property
    def client(self) -> openai.OpenAI:
        """An `openai.OpenAI` with the connection's key. It never retries: what you see is what the gateway did."""
        return self.client_for(self.connection.api_key)

    def client_for(self, api_key: str) -> openai.OpenAI:
        """The same with another key, writing into the same record. Raises SettingsError for what can be no key."""
        check_key("api_key", api_key)
        with self._lock:
            if api_key not in self._clients:
                recorder = RecordingTransport(self.calls, self.connection.label(api_key), self._transport)
                self._clients[api_key] = openai.OpenAI(
                    api_key=api_key,
                    base_url=f"{self.url}/v1",
                    max_retries=0,
                    timeout=self.timeout_s,
                    http_client=httpx.Client(transport=recorder, trust_env=False, timeout=self.timeout_s),
                )
            return self._clients[api_key]

    def check_reachable(self) -> None:
        """Raises GatewayUnreachableError unless something answers at the address (`/health/liveliness`)."""
        try:
            httpx.get(f"{self.url}/health/liveliness", timeout=5.0, trust_env=False)
        except httpx.HTTPError as exc:
            raise unreachable(self.url, f"{type(exc).__name__}: {exc}".rstrip(": ")) from exc

    def ask(
        self, prompt: Prompt, model: str = DEFAULT_MODEL, *, api_key: str | None = None, **params: Any
    ) -> Answer:
        """The model's answer to a prompt, or to a list of messages; `params` are those of the OpenAI API.

        gateway.ask("What is a gateway?", temperature=0)
        gateway.ask("Again, freshly.", extra_body={"cache": {"no-cache": True}})   # LiteLLM's own parameters

        Raises a subclass of GatewayError.
        """
        client = self.client if api_key is None else self.client_for(api_key)
        try:
            with sendable():
                raw = client.chat.completions.with_raw_response.create(
                    model=model, messages=_messages(prompt), **params
                )
        except openai.APIError as exc:
            raise from_openai(exc, self.url) from exc
        completion = raw.parse()
        text = (completion.choices[0].message.content or "") if completion.choices else ""
        return Answer(text, raw.http_response.request.extensions[CALL_EXTENSION], completion)

    def stream(
        self, prompt: Prompt, model: str = DEFAULT_MODEL, *, api_key: str | None = None, **params: Any
    ) -> TextStream:
        """The answer's text piece by piece; the request is sent now. Raises a subclass of GatewayError."""
        client = self.client if api_key is None else self.client_for(api_key)
        try:
            with sendable():
                chunks = client.chat.completions.create(
                    model=model, messages=_messages(prompt), stream=True, **params
                )
        except openai.APIError as exc:
            raise from_openai(exc, self.url) from exc
        return TextStream(chunks, self.url)

    def ask_many(
        self,
        prompts: Iterable[Prompt],
        model: str = DEFAULT_MODEL,
        *,
        concurrency: int = 8,
        errors: Literal["return", "raise"] = "return",
        api_key: str | None = None,
        **params: Any,
    ) -> list[Answer | GatewayError]:
        """One result per prompt, in their order, `concurrency` of them under way at a time.

        With errors="return" a failed call's GatewayError stands in its place; with "raise" the first one is
        raised and the calls not yet begun are dropped.
        """
        if concurrency < 1:
            raise ValueError(f"concurrency={concurrency}: at least one call must be under way")

        def one(prompt: Prompt) -> Answer | GatewayError:
            try:
                return self.ask(prompt, model, api_key=api_key, **params)
            except GatewayError as exc:
                if errors == "raise":
                    raise
                return exc

        pool = ThreadPoolExecutor(max_workers=concurrency)
        try:
            return list(pool.map(one, list(prompts)))
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def embed(
        self,
        texts: str | Sequence[str],
        model: str = "text-embedding-3-small",
        *,
        api_key: str | None = None,
        **params: Any,
    ) -> NDArray[np.float64]:
        """Vectors as an array of shape (number of texts, dimensions). Raises a subclass of GatewayError."""
        import numpy as np

        listed = [texts] if isinstance(texts, str) else list(texts)
        client = self.client if api_key is None else self.client_for(api_key)
        try:
            # "float", since some providers refuse the base64 that the OpenAI client asks for by default.
            with sendable():
                answer = client.embeddings.create(
                    model=model, input=listed, encoding_format="float", **params
                )
        except openai.APIError as exc:
            raise from_openai(exc, self.url) from exc
        return np.array([item.embedding for item in sorted(answer.data, key=lambda item: item.index)])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        for client in self._clients.values():
            client.close()
        self._transport.close()


def _messages(prompt: Prompt) -> list[Any]:
    return [{"role": "user", "content": prompt}] if isinstance(prompt, str) else [dict(m) for m in prompt]
