"""Administration of the gateway that the lessons use: deployments, the router's settings, the spend log."""

from __future__ import annotations

import hashlib
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx

from gateway_kit.errors import GatewayError, KeyRefusedError, RequestRefusedError
from gateway_kit.gateway.connection import Connection, unreachable
from gateway_kit.gateway.failures import from_response, sendable
from gateway_kit.gateway.models import models_frame, refuse_header_fault, refuse_header_faults, without_models
from gateway_kit.gateway.spend import call_id, spend_frame

if TYPE_CHECKING:
    import pandas as pd

_POLL_S = 0.2


class Administration:
    """Calls of LiteLLM's management API. They need the master key (LITELLM_MASTER_KEY) and are not recorded.

    Every method raises a subclass of GatewayError with LiteLLM's own message where the gateway refuses.
    """

    def __init__(
        self,
        connection: Connection,
        transport: httpx.BaseTransport,
        *,
        timeout_s: float,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.connection = connection
        self._http = httpx.Client(
            base_url=connection.url, transport=transport, timeout=timeout_s, trust_env=False
        )
        self._sleep = sleep

    def models(self) -> pd.DataFrame:
        """The deployments, one a row; an alias of a model has rows of its own, with the same deployments.

        column                  dtype    meaning
        model_name              string   what callers ask for; several deployments may share it
        provider                string   openai, azure, anthropic, …
        model                   string   the provider's name of the model
        api_base                string   where requests go; missing for the provider's own address
        input_usd_per_million   float64  US dollars per million prompt tokens
        output_usd_per_million  float64  US dollars per million completion tokens
        weight                  float64  its share in simple-shuffle, against the others'; missing where none is set
        simulated               boolean  answered by the provider simulator; missing where not known
        added                   bool     added at run time, not by the configuration file
        deployment              string   its id, as in the call record

        From `/model/info`; without the master key the rows that the key may use.
        """
        body = self._get("/model/info", needs_master=False)
        return models_frame(body["data"], self.connection.providers_url)

    def add_model(
        self,
        model_name: str,
        litellm_params: Mapping[str, Any],
        model_info: Mapping[str, Any] | None = None,
        *,
        timeout_s: float = 30.0,
    ) -> str:
        """The id of a new deployment, added at run time (`/model/new`) and ready to be asked.

        gateway.add_model("my-model", {"model": "openai/gpt-4o-mini", "api_base": …, "api_key": …})

        It is kept in LiteLLM's database and survives a restart; `delete_model(id)` removes it. A price of its
        own (`input_cost_per_token`, `output_cost_per_token`) belongs into `litellm_params`: in `model_info` LiteLLM
        ignores it here. What cannot be routed (an unknown provider, say) is taken out before the error is raised.
        Names that no response header can hold, outside Latin-1 for instance, are refused: see `header_fault`.
        With several workers, the others learn of it within half a minute.
        """
        refuse_header_faults(
            {"model_name": model_name, "litellm_params": litellm_params, "model_info": model_info or {}}
        )
        deployment = str((model_info or {}).get("id") or uuid.uuid4())
        info = {**(model_info or {}), "id": deployment}
        body = {"model_name": model_name, "litellm_params": dict(litellm_params), "model_info": info}
        try:
            self._post("/model/new", body)
            self._wait_for(
                lambda: deployment in set(self.models()["deployment"]), f"deployment {deployment}", timeout_s
            )
        except GatewayError:
            # LiteLLM stores a deployment before it finds out that it cannot route it.
            try:
                self._post("/model/delete", {"id": deployment})
            except GatewayError:
                pass
            raise
        return deployment

    def delete_model(self, deployment: str, *, timeout_s: float = 30.0) -> None:
        """Removes a deployment that was added at run time (`/model/delete`), and waits until it is gone."""
        self._post("/model/delete", {"id": deployment})
        self._wait_for(
            lambda: deployment not in set(self.models()["deployment"]), f"the end of {deployment}", timeout_s
        )

    def router_settings(self) -> dict[str, Any]:
        """The router's settings in force, by LiteLLM's names: routing_strategy, num_retries, fallbacks and more."""
        settings: dict[str, Any] = self._get("/router/settings")["current_values"]
        return settings

    def set_router_settings(self, **settings: Any) -> dict[str, Any]:
        """Changes router settings at run time (`/config/update`) and returns the settings then in force.

        They are kept in LiteLLM's database and hold until they are changed again, after a restart too. LiteLLM
        refuses what the configuration file sets: there the file decides. With several workers, the others follow
        within half a minute. An alias that no response header can hold is refused, as in `add_model`.
        """
        for alias in settings.get("model_group_alias") or {}:
            refuse_header_fault("the alias", alias)
        self._post("/config/update", {"router_settings": settings})
        return self.router_settings()

    def routing_strategies(self) -> list[str]:
        """The load-balancing strategies that this gateway offers."""
        found = self._get("/router/settings")["fields"]
        return [
            str(o) for field in found if field["field_name"] == "routing_strategy" for o in field["options"]
        ]

    def set_routing_strategy(self, strategy: str | None, models: str | Sequence[str], **args: Any) -> None:
        """Sets how requests for `models` (model names) are spread over their deployments, from now on.

        None goes back to what the configuration file says. `args` are the strategy's own (LiteLLM's
        `routing_strategy_args`). LiteLLM's `routing_groups` hold it, which unlike `routing_strategy` can be set
        beside a configuration file that names a strategy. See `routing_strategy` for a temporary change.

        `cost-based-routing` looks for a deployment's price under its `base_model` and then its `model`, each as it is
        written: it finds `azure/gpt-4o-mini` and not `openai/gpt-4o-mini`. What has no price there, nor both halves
        of its own in `litellm_params`, above 0, counts as the dearest, and among equals the first is taken.
        """
        names = [models] if isinstance(models, str) else list(models)
        if strategy is not None and strategy not in (offered := self.routing_strategies()):
            # LiteLLM itself takes any word, and then keeps what it had.
            raise RequestRefusedError(
                f"There is no routing strategy {strategy!r}. Choose from: {', '.join(offered)}"
            )
        groups = without_models(self.router_settings().get("routing_groups") or [], names)
        if strategy is not None:
            group = {"group_name": "+".join(names), "models": names, "routing_strategy": strategy}
            groups.append({**group, "routing_strategy_args": args} if args else group)
        self.set_router_settings(routing_groups=groups)

    @contextmanager
    def routing_strategy(self, strategy: str, models: str | Sequence[str], **args: Any) -> Iterator[None]:
        """Another load-balancing strategy for the length of a `with` block; as `set_routing_strategy`.

        with gateway.routing_strategy("latency-based-routing", "smart"):
            gateway.ask_many(prompts, "smart")
        """
        before = self.router_settings().get("routing_groups") or []
        self.set_routing_strategy(strategy, models, **args)
        try:
            yield
        finally:
            self.set_router_settings(routing_groups=before)

    def spend_logs(
        self,
        request_ids: Iterable[str] | None = None,
        *,
        key: str | None = None,
        since: datetime | None = None,
        limit: int = 1000,
    ) -> pd.DataFrame:
        """LiteLLM's spend log, one request a row, oldest first, as far as it is written (see `wait_for_spend`).

        column             dtype                 meaning
        started            datetime64[ns, UTC]   when the gateway began
        kind               string                chat, embeddings, …
        model              string                the name that was asked for
        model_group        string                the name that answered
        provider, provider_model, deployment     string, as in the call record
        status             string                success or failure
        latency_s          float64               seconds in the gateway, to the last byte; about 0 on a cache hit
        ttft_s             float64               streams: seconds until the first piece
        prompt_tokens      Int64                 on a cache hit it repeats the first answer's tokens
        completion_tokens  Int64
        total_tokens       Int64
        cost_usd           float64               what was charged, in US dollars
        cache_hit          bool
        key_hash           string                the key as LiteLLM stores it
        key_alias          string                the key's name
        team               string                the key's team; missing without one
        end_user           string                the request's `user`; missing where it names none
        tags               object                list of str: the request's tags
        request_id         string                as in the call record
        response_id        string                the answer's id, as in the providers' journal; missing where
                                                 there was no answer, or one without an id

        By `request_ids` (of the call record), else by `key` (a virtual key), else all; `since` defaults to a
        day ago; at most the newest `limit` rows.
        """
        if request_ids is not None:
            return spend_frame(e for i in _known(request_ids) for e in self._entries_of(i))
        begin = since or datetime.now(UTC) - timedelta(days=1)
        query: dict[str, Any] = {
            "start_date": begin.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S"),
            "end_date": (datetime.now(UTC) + timedelta(minutes=5)).strftime("%Y-%m-%d %H:%M:%S"),
            "page_size": 100,
        }
        if key is not None:
            query["api_key"] = (
                hashlib.sha256(key.encode(errors="replace")).hexdigest() if key.startswith("sk-") else key
            )
        found: list[Mapping[str, Any]] = []
        page, pages = 1, 1
        while page <= pages and len(found) < limit:
            body = self._get("/spend/logs/v2", {**query, "page": page})
            found += body["data"]
            pages, page = body["total_pages"], page + 1
        return spend_frame(found[:limit])

    def wait_for_spend(self, request_ids: Iterable[str], *, timeout_s: float = 45.0) -> pd.DataFrame:
        """`spend_logs(request_ids)` once LiteLLM has written them all.

        LiteLLM collects spend and writes it every `general_settings.proxy_batch_write_at` seconds (10 to 15 by
        default). Raises GatewayError where some are still missing after `timeout_s`.
        """
        missing = _known(request_ids)
        found: list[Mapping[str, Any]] = []

        def all_written() -> bool:
            while missing and (entries := self._entries_of(missing[0])):
                found.extend(entries)
                del missing[0]
            return not missing

        self._wait_for(all_written, "the spend log", timeout_s)
        return spend_frame(found)

    def _entries_of(self, request_id: str) -> list[Mapping[str, Any]]:
        """The log's entries of one call. A failed call has one entry per attempt, the last one counts."""
        entries = self._get("/spend/logs", {"request_id": request_id})
        return [
            e for e in entries if isinstance(e, dict) and e.get("request_id") and call_id(e) == request_id
        ]

    def _wait_for(self, happened: Callable[[], bool], what: str, timeout_s: float) -> None:
        end = time.monotonic() + timeout_s
        while not happened():
            if time.monotonic() > end:
                raise GatewayError(
                    f"Waited {timeout_s:.0f} s for {what} at {self.connection.url}. "
                    "Look at: gateway-kit logs gateway"
                )
            self._sleep(_POLL_S)

    def _get(self, path: str, params: Mapping[str, Any] | None = None, *, needs_master: bool = True) -> Any:
        return self._send("GET", path, params=params, needs_master=needs_master)

    def _post(self, path: str, body: Mapping[str, Any]) -> Any:
        return self._send("POST", path, body=body)

    def _send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        needs_master: bool = True,
    ) -> Any:
        key = self.connection.master_key
        if key is None:
            if needs_master:
                raise KeyRefusedError(
                    f"{path} needs the gateway's master key. Set LITELLM_MASTER_KEY; gateway-kit env prints the "
                    "local stack's."
                )
            key = self.connection.api_key
        try:
            with sendable():
                response = self._http.request(
                    method, path, params=params, json=body, headers={"Authorization": f"Bearer {key}"}
                )
        except httpx.TransportError as exc:
            raise unreachable(self.connection.url, f"{type(exc).__name__}: {exc}".rstrip(": ")) from exc
        if response.is_error:
            raise from_response(response)
        return response.json()


def _known(request_ids: Iterable[Any]) -> list[str]:
    """Each id once; calls that got no answer have none."""
    return list(dict.fromkeys(i for i in request_ids if isinstance(i, str)))
