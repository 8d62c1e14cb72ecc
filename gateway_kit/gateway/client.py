"""The gateway as lessons use it: an OpenAI client, a record of its calls, and a few shortcuts."""

from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

import httpx
import openai

from gateway_kit.errors import (
    CacheError,
    GatewayError,
    IncompleteStackWarning,
    KitError,
    ProvidersError,
    TracingError,
)
from gateway_kit.gateway.answer import Answer, TextStream
from gateway_kit.gateway.connection import POOL, Connection, check_key, resolve_connection, unreachable
from gateway_kit.gateway.errors import from_openai, sendable
from gateway_kit.gateway.management import ManagementApi
from gateway_kit.gateway.models import Models
from gateway_kit.gateway.record import CallRecord
from gateway_kit.gateway.router import Router
from gateway_kit.gateway.spend import Spend
from gateway_kit.gateway.stack import StackClient
from gateway_kit.gateway.transport import CALL_EXTENSION, RecordingTransport

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from gateway_kit.caching import Cache
    from gateway_kit.gateway.providers import Providers
    from gateway_kit.keys import Keys
    from gateway_kit.tracing import Tracing

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


class Gateway:
    """One gateway: `client` is a real `openai.OpenAI`, `calls` the record of all that goes through it.

    The parts beside it are made when first touched; touching one that is not there raises the error that says why:

        gateway.models      the deployments; adding and deleting them needs the master key
        gateway.router      the router's settings and strategies; needs the master key
        gateway.spend       LiteLLM's spend log; needs the master key
        gateway.keys        virtual keys, teams, users, budgets, reports; needs the master key
        gateway.cache       the cached answers; needs the gateway's Redis
        gateway.tracing     traces of the calls; needs Langfuse or the embedded trace store
        gateway.providers   the simulated providers: journal, faults, profiles
        gateway.stack       the services around it: state, credentials, a second gateway with the semantic cache
    """

    def __init__(
        self,
        connection: Connection,
        *,
        timeout_s: float = DEFAULT_TIMEOUT_S,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        # One pool of connections for all keys. `trust_env=False`: a proxy of the environment is not the gateway.
        self._transport = transport or httpx.HTTPTransport(trust_env=False, limits=POOL)
        self.connection = connection
        self._management = ManagementApi(connection, self._transport, timeout_s=timeout_s)
        self.url = connection.url
        self.calls = CallRecord()
        self.timeout_s = timeout_s
        self._clients: dict[str, openai.OpenAI] = {}
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"Gateway({self.url!r}, key={self.connection.label(self.connection.api_key)!r})"

    @cached_property
    def models(self) -> Models:
        """The deployments that requests can go to."""
        return Models(self._management)

    @cached_property
    def router(self) -> Router:
        """The router's settings and load-balancing strategies. Raises KeyRefusedError without a master key."""
        self._management.require_master_key("gateway.router")
        return Router(self._management)

    @cached_property
    def spend(self) -> Spend:
        """LiteLLM's spend log. Raises KeyRefusedError without a master key."""
        self._management.require_master_key("gateway.spend")
        return Spend(self._management)

    @cached_property
    def keys(self) -> Keys:
        """Virtual keys and what belongs to them. Raises KeyRefusedError without a master key."""
        from gateway_kit.keys import Keys

        self._management.require_master_key("gateway.keys")
        return Keys(self._management)

    @cached_property
    def cache(self) -> Cache:
        """The cached answers. Raises CacheError if the gateway's Redis is not known, or does not answer."""
        from gateway_kit.caching import connect_cache

        return connect_cache(self._service("REDIS_URL", "gateway.cache", "the gateway's Redis", CacheError))

    @cached_property
    def tracing(self) -> Tracing:
        """The traces. Raises TracingError if the trace store is not known, does not answer, or refuses its keys."""
        from gateway_kit.tracing import connect_tracing

        services = dict(self.connection.services)
        services.setdefault("LANGFUSE_HOST", services.get("LANGFUSE_BASE_URL", ""))
        if not services["LANGFUSE_HOST"]:
            if self.connection.local:
                raise TracingError(
                    "gateway.tracing is not there: the local stack runs without tracing. "
                    "Start it with: gateway-kit up --tracing embedded"
                )
            self._service(
                "LANGFUSE_HOST", "gateway.tracing", "its Langfuse, and that project's keys", TracingError
            )
        return connect_tracing(services)

    @cached_property
    def providers(self) -> Providers:
        """The simulated providers. Raises ProvidersError if no simulator is known."""
        from gateway_kit.gateway.providers import Providers

        return Providers(
            self._service("PROVIDERS_URL", "gateway.providers", "the provider simulator", ProvidersError)
        )

    @cached_property
    def stack(self) -> StackClient:
        """The stack around the gateway. Raises StackError if what it needs is not installed."""
        known = {} if self.connection.local else {"GATEWAY_URL": self.url}
        return StackClient({**os.environ, **known})

    def _service(self, variable: str, part: str, what: str, error: type[KitError]) -> str:
        """The value of a service's variable; raises `error` if it is not known."""
        if value := self.connection.services.get(variable):
            return value
        raise error(
            f"{part} is not there: {self.url} is not the local stack's, and {variable} is not set. "
            f"Set it to the address of {what}."
        )

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
        """Close the connections, those of the parts too."""
        for part in ("cache", "tracing", "providers"):
            if (made := self.__dict__.pop(part, None)) is not None:
                made.close()
        for client in self._clients.values():
            client.close()
        self._transport.close()


def _messages(prompt: Prompt) -> list[Any]:
    return [{"role": "user", "content": prompt}] if isinstance(prompt, str) else [dict(m) for m in prompt]
