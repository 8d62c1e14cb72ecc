"""`Gateway`: an OpenAI client, a record of its calls, and the parts beside it."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, Self

import httpx

from gateway_kit.common.certificates import certificates_for
from gateway_kit.errors import GatewayError
from gateway_kit.gateway import parts
from gateway_kit.gateway.answer import Answer, TextStream
from gateway_kit.gateway.embeddings import embed
from gateway_kit.gateway.leftovers import clear_leftovers
from gateway_kit.gateway.record import CallRecord
from gateway_kit.gateway.transport import CALL_EXTENSION, RecordingTransport
from gateway_kit.litellm_api.connection import POOL, Connection, check_key
from gateway_kit.litellm_api.errors import from_openai, sendable
from gateway_kit.litellm_api.management import ManagementApi
from gateway_kit.litellm_api.models import Models
from gateway_kit.litellm_api.router import Router
from gateway_kit.litellm_api.spend import Spend
from gateway_kit.settings import patience

if TYPE_CHECKING:
    import numpy as np
    import openai
    from numpy.typing import NDArray

    from gateway_kit.caching.cache import Cache
    from gateway_kit.gateway.providers import Providers
    from gateway_kit.gateway.stack import StackClient
    from gateway_kit.keys import Keys
    from gateway_kit.tracing.client import Tracing

DEFAULT_MODEL = "gpt-4o-mini"
DEFAULT_TIMEOUT_S = 60.0

Prompt = str | Sequence[Mapping[str, Any]]


class Gateway:
    """One gateway, as `connect()` finds it.

    `client` is an `openai.OpenAI`, `calls` the record of all that goes through it. The parts are made when first
    touched. A part that is not there raises an error that says why: KeyRefusedError without a master key, TracingError
    without a trace store, ProvidersError without a simulator. Without the gateway's Redis `cache` has only `controls`.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        timeout_s: float = DEFAULT_TIMEOUT_S,
        transport: httpx.BaseTransport | None = None,
        model: str = DEFAULT_MODEL,
    ) -> None:
        # One pool of connections for all keys. `trust_env=False`: a proxy of the environment is not the gateway.
        self._transport = transport or httpx.HTTPTransport(
            trust_env=False, limits=POOL, verify=certificates_for(connection.url)
        )
        self.timeout_s = timeout_s * patience()
        self._management = ManagementApi(connection, self._transport, timeout_s=self.timeout_s)
        self.connection = connection
        self.url = connection.url
        self.calls = CallRecord()
        self.model = model
        self._clients: dict[str, openai.OpenAI] = {}
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"Gateway({self.url!r}, key={self.connection.label(self.connection.api_key)!r})"

    @cached_property
    def models(self) -> Models:
        """The deployments; adding and deleting them needs the master key."""
        return Models(self._management)

    @cached_property
    def router(self) -> Router:
        """The router's settings and load-balancing strategies; needs the master key."""
        self._management.require_master_key("gateway.router")
        return Router(self._management)

    @cached_property
    def spend(self) -> Spend:
        """LiteLLM's spend log; needs the master key."""
        self._management.require_master_key("gateway.spend")
        return Spend(self._management)

    @cached_property
    def keys(self) -> Keys:
        """Virtual keys, teams, users, end users, budgets and reports; needs the master key."""
        from gateway_kit.keys import Keys

        self._management.require_master_key("gateway.keys")
        return Keys(self._management)

    @cached_property
    def cache(self) -> Cache:
        """The cached answers, which needs the gateway's Redis, and the cache controls of a request."""
        return parts.open_cache(self)

    @cached_property
    def tracing(self) -> Tracing:
        """The traces of the calls; needs Langfuse, or the embedded trace store."""
        return parts.open_tracing(self.connection)

    @cached_property
    def providers(self) -> Providers:
        """The simulated providers, with their journal, faults and profiles."""
        return parts.open_providers(self)

    @cached_property
    def stack(self) -> StackClient:
        """The services around the gateway, their credentials, and a second gateway with the semantic cache."""
        return parts.open_stack(self.connection)

    @property
    def client(self) -> openai.OpenAI:
        """An `openai.OpenAI` with the connection's key. It never retries, so what you see is what the gateway did."""
        return self.client_for(self.connection.api_key)

    def client_for(self, api_key: str) -> openai.OpenAI:
        """`client` with another key, writing into the same record. Raises SettingsError for an invalid key."""
        import openai  # here, since its import takes long, and many who use a client make no calls

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

    def ask(
        self, prompt: Prompt, model: str | None = None, *, api_key: str | None = None, **params: Any
    ) -> Answer:
        """Ask a model, and wait for its answer.

        Args:
            prompt: a text, or a list of messages.
            model: a name in `gateway.models.list()`; by default the one of `connect(model=…)`.
            api_key: another virtual key than the connection's.
            **params: the OpenAI API's; LiteLLM's own go into `extra_body`.

        Raises:
            GatewayError: a subclass of it says what happened.

        Example:
            >>> gateway.ask("What is a gateway?", temperature=0)
            >>> gateway.ask("Again, freshly.", extra_body={"cache": {"no-cache": True}})
        """
        import openai

        client = self.client if api_key is None else self.client_for(api_key)
        try:
            with sendable():
                raw = client.chat.completions.with_raw_response.create(
                    model=model or self.model, messages=_messages(prompt), **params
                )
        except openai.APIError as exc:
            raise from_openai(exc, self.url) from exc
        completion = raw.parse()
        text = (completion.choices[0].message.content or "") if completion.choices else ""
        return Answer(text, raw.http_response.request.extensions[CALL_EXTENSION], completion)

    def stream(
        self, prompt: Prompt, model: str | None = None, *, api_key: str | None = None, **params: Any
    ) -> TextStream:
        """Ask a model, and read its answer piece by piece; the request is sent now. Takes what `ask` takes.

        Example:
            >>> for piece in gateway.stream("What is a gateway?"):
            ...     print(piece, end="")
        """
        import openai

        client = self.client if api_key is None else self.client_for(api_key)
        try:
            with sendable():
                chunks = client.chat.completions.create(
                    model=model or self.model, messages=_messages(prompt), stream=True, **params
                )
        except openai.APIError as exc:
            raise from_openai(exc, self.url) from exc
        return TextStream(chunks, self.url)

    def ask_many(
        self,
        prompts: Iterable[Prompt],
        model: str | None = None,
        *,
        concurrency: int = 8,
        errors: Literal["return", "raise"] = "return",
        api_key: str | None = None,
        **params: Any,
    ) -> list[Answer | GatewayError]:
        """Ask many prompts at once.

        Args:
            prompts: as `ask` takes them, and likewise `model`, `api_key` and `params`.
            model: the model that all are asked of.
            concurrency: calls under way at a time.
            errors: "return" puts a failed call's GatewayError in its place; "raise" raises the first one and drops the
                calls not yet begun.
            api_key: another virtual key than the connection's.
            **params: the OpenAI API's.

        Returns:
            One result per prompt, in their order.
        """
        if concurrency < 1:
            raise ValueError(f"concurrency={concurrency}: at least one call must be under way")

        def ask_one(prompt: Prompt) -> Answer | GatewayError:
            try:
                return self.ask(prompt, model, api_key=api_key, **params)
            except GatewayError as exc:
                if errors == "raise":
                    raise
                return exc

        pool = ThreadPoolExecutor(max_workers=concurrency)
        try:
            return list(pool.map(ask_one, list(prompts)))
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
        """The texts as vectors: an array of shape (number of texts, dimensions). Raises a subclass of GatewayError."""
        client = self.client if api_key is None else self.client_for(api_key)
        return embed(client, self.url, texts, model, params)

    def clear_leftovers(self, models: Iterable[str] = ()) -> None:
        """Remove what earlier runs left, and print a line about it if there was something. Each lesson begins with it.

        That is the faults, changed profiles and added answers of this process and of those that have ended, and for
        `models` the added deployments and the routing strategy. What another running process set stays, and so does
        what was set with `keep=True`; a second line names that. Without a simulator nothing is cleared there.
        """
        clear_leftovers(self, models)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
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
