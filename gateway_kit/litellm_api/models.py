"""`gateway.models`: the deployments that LiteLLM can send a request to."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from gateway_kit.common.header_names import DEPLOYMENT_NAMES, header_fault
from gateway_kit.common.owners import Owner
from gateway_kit.common.run_time_changes import ADDED_BY, RunTimeChange, added_models, model_changes
from gateway_kit.common.tables import Column, Table
from gateway_kit.errors import GatewayError, RequestRefusedError
from gateway_kit.litellm_api.facts import split_model
from gateway_kit.litellm_api.management import ManagementApi

if TYPE_CHECKING:
    import pandas as pd

MODELS = Table(
    Column("model", "string", "what callers ask for; several deployments may share it"),
    Column("provider", "string", "openai, azure, anthropic, …"),
    Column("provider_model", "string", "the provider's name of the model"),
    Column("api_base", "string", "where requests go; missing for the provider's own address"),
    Column("input_usd_per_million", "float64", "US dollars per million prompt tokens"),
    Column("output_usd_per_million", "float64", "US dollars per million completion tokens"),
    Column(
        "weight",
        "float64",
        "its share in simple-shuffle, relative to the others'; missing if no number is set",
    ),
    Column(
        "rpm",
        "float64",
        "requests a minute it may take; without weights its share; missing if no number is set",
    ),
    Column("tpm", "float64", "tokens a minute it may take; without weights and rpm its share; likewise"),
    Column("simulated", "boolean", "answered by the provider simulator; missing if not known"),
    Column("added", "bool", "added at run time, not by the configuration file"),
    Column("deployment", "string", "its id, as in the call record"),
)

# The parameters of LiteLLM that can hold the address of a provider.
_ADDRESSES = ("api_base", "base_url", "aws_bedrock_runtime_endpoint")


class Models:
    """The gateway's deployments: listed with any key, added and deleted with the master key."""

    def __init__(self, api: ManagementApi) -> None:
        self._api = api

    def list(self) -> pd.DataFrame:
        """The deployments (`/model/info`).

        Returns:
            One row per deployment; an alias of a model has rows of its own, with the same deployments. Without the
                master key only the models that the key may use.

                - `model` (string): what callers ask for; several deployments may share it
                - `provider` (string): openai, azure, anthropic, …
                - `provider_model` (string): the provider's name of the model
                - `api_base` (string): where requests go; missing for the provider's own address
                - `input_usd_per_million` (float64): US dollars per million prompt tokens
                - `output_usd_per_million` (float64): US dollars per million completion tokens
                - `weight` (float64): its share in simple-shuffle, relative to the others'; missing if no number is set
                - `rpm` (float64): requests a minute it may take; without weights its share; missing if no number is set
                - `tpm` (float64): tokens a minute it may take; without weights and rpm its share; likewise
                - `simulated` (boolean): answered by the provider simulator; missing if not known
                - `added` (bool): added at run time, not by the configuration file
                - `deployment` (string): its id, as in the call record

        Raises:
            GatewayError: LiteLLM refuses the request, or does not answer.
        """
        entries = self._api.get_with_any_key("/model/info")["data"]
        return models_frame(entries, self._api.connection.providers_url)

    def add(
        self,
        model_name: str,
        litellm_params: Mapping[str, Any],
        model_info: Mapping[str, Any] | None = None,
        *,
        timeout_s: float = 30.0,
    ) -> str:
        """Add a deployment while the gateway runs (`/model/new`), and wait until it can be asked.

        LiteLLM keeps it in its database, also after a restart, until `delete`. A price of its own
        (`input_cost_per_token`, `output_cost_per_token`) belongs into `litellm_params`: in `model_info` LiteLLM
        ignores it here. Other workers, and other replicas of the gateway, know the deployment within 16 seconds, or
        half a minute if the configuration has no Redis cache.

        Args:
            model_name: what callers ask for; a second deployment of the same name shares its requests.
            litellm_params: LiteLLM's parameters, such as `model`, `api_base`, `api_key`, `weight`.
            model_info: what else LiteLLM should know, such as an `id` of your own.
            timeout_s: how long to wait for it.

        Returns:
            The deployment's id, for `delete`.

        Raises:
            RequestRefusedError: a name is outside Latin-1, say, so that no response header can hold it.
            GatewayError: LiteLLM cannot route it, for an unknown provider for instance; nothing is left behind.

        Example:
            >>> gateway.models.add("my-model", {"model": "openai/gpt-4o-mini", "api_base": url, "api_key": key})
        """
        refuse_header_faults(
            {"model_name": model_name, "litellm_params": litellm_params, "model_info": model_info or {}}
        )
        deployment = str((model_info or {}).get("id") or uuid.uuid4())
        # By it `gateway-kit status` and the next run know whether the program that added it still runs.
        info = {ADDED_BY: vars(Owner.this_process()), **(model_info or {}), "id": deployment}
        body = {"model_name": model_name, "litellm_params": dict(litellm_params), "model_info": info}
        try:
            self._api.post("/model/new", body)
            self._api.wait_for(lambda: self._knows(deployment), f"deployment {deployment}", timeout_s)
        except GatewayError:
            # LiteLLM stores a deployment before it finds out that it cannot route it.
            try:
                self._api.post("/model/delete", {"id": deployment})
            except GatewayError:
                pass
            raise
        return deployment

    def delete(self, deployment: str, *, timeout_s: float = 30.0) -> None:
        """Delete a deployment that was added at run time (`/model/delete`), and wait until it is gone."""
        self._api.post("/model/delete", {"id": deployment})
        self._api.wait_for(lambda: not self._knows(deployment), f"the end of {deployment}", timeout_s)

    def delete_leftovers(self, names: Collection[str]) -> tuple[Sequence[RunTimeChange], ...]:
        """Delete the added deployments of these models, but for those of another program that still runs.

        Returns (what was deleted, what stays).
        """
        entries = self._api.get_with_any_key("/model/info")["data"]
        added = model_changes(row for row in added_models(entries) if row["model_name"] in names)
        deleted = [change for change in added if change.owner is None or change.is_leftover]
        for change in deleted:
            self.delete(change.id)
        return deleted, [change for change in added if change not in deleted]

    def _knows(self, deployment: str) -> bool:
        entries = self._api.get_with_any_key("/model/info")["data"]
        return any((entry.get("model_info") or {}).get("id") == deployment for entry in entries)


# LiteLLM's own words in place of a model's name.
_MODEL_WORDS = frozenset({"all-team-models", "all-proxy-models", "no-default-models"})


def known_models(api: ManagementApi, models: str | Sequence[str]) -> Sequence[str]:
    """The names as a list. Raises RequestRefusedError for one that is no model or access group of the gateway's."""
    names = [models] if isinstance(models, str) else [*models]
    if not names:
        return []
    data = api.get_with_any_key("/model/info")["data"]
    known = {str(entry["model_name"]) for entry in data}
    groups = {str(g) for e in data for g in (e.get("model_info") or {}).get("access_groups") or []}
    unknown = [n for n in names if n not in known | groups | _MODEL_WORDS and "*" not in str(n)]
    if unknown:
        raise RequestRefusedError(
            f"The gateway has no model {', '.join(map(repr, unknown))}. Choose from: {', '.join(sorted(known))}."
        )
    return names


def models_frame(entries: Iterable[Mapping[str, Any]], providers_url: str | None) -> pd.DataFrame:
    """LiteLLM's entries as MODELS; `simulated` is missing if the simulator's address is not known."""
    return MODELS.frame(_row(entry, providers_url) for entry in entries)


def refuse_header_faults(deployment: Mapping[str, Any]) -> None:
    """Raise RequestRefusedError for a deployment with a name that no response header can hold."""
    for path in DEPLOYMENT_NAMES:
        value: Any = deployment
        for key in path:
            value = value.get(key) if isinstance(value, Mapping) else None
        refuse_header_fault(path[-1], value)


def refuse_header_fault(what: str, name: Any) -> None:
    """Raise RequestRefusedError for a name that no response header can hold; LiteLLM itself takes it."""
    if isinstance(name, str) and (fault := header_fault(name)) is not None:
        raise RequestRefusedError(
            f"The request was not sent: {what} {name!r} {fault}. LiteLLM writes it into a response header, so each "
            "call would be paid for and then fail. Choose a name of ASCII letters, digits and signs"
        )


def _row(entry: Mapping[str, Any], providers_url: str | None) -> dict[str, Any]:
    params, info = entry["litellm_params"], entry.get("model_info") or {}
    provider, model = split_model(params.get("model"))
    address = next((params[name] for name in _ADDRESSES if params.get(name)), None)
    return {
        "model": entry["model_name"],
        "provider": provider or params.get("custom_llm_provider"),
        "provider_model": model,
        "api_base": address,
        "input_usd_per_million": _per_million(info.get("input_cost_per_token")),
        "output_usd_per_million": _per_million(info.get("output_cost_per_token")),
        "weight": _number(params.get("weight")),
        "rpm": _number(params.get("rpm")),
        "tpm": _number(params.get("tpm")),
        "simulated": _same_host(address, providers_url),
        "added": bool(info.get("db_model")),
        "deployment": info.get("id"),
    }


def _number(value: Any) -> float | None:
    # LiteLLM takes any value for a weight, and fails at the first call.
    try:
        return None if value is None else float(value)
    except (TypeError, ValueError):
        return None


def _per_million(price: float | None) -> float | None:
    # Rounded to what a price list prints: 1.5e-07 times a million is 0.15, not 0.15000000000000002.
    return None if price is None else round(price * 1e6, 9)


def _same_host(address: str | None, providers_url: str | None) -> bool | None:
    if not address or not providers_url:
        return None
    here, there = urlsplit(address), urlsplit(providers_url)
    return here.port == there.port and _one_name(here.hostname) == _one_name(there.hostname)


def _one_name(host: str | None) -> str | None:
    return "127.0.0.1" if host in ("localhost", "::1") else host
