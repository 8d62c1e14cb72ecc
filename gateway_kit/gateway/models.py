"""`/model/info` as a table of deployments. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from gateway_kit.errors import RequestRefusedError
from gateway_kit.gateway.facts import split_model
from gateway_kit.stack.configuration.header_names import DEPLOYMENT_NAMES, header_fault

if TYPE_CHECKING:
    import pandas as pd

MODEL_COLUMNS: Mapping[str, str] = {
    "model_name": "string",
    "provider": "string",
    "model": "string",
    "api_base": "string",
    "input_usd_per_million": "float64",
    "output_usd_per_million": "float64",
    "weight": "float64",
    "simulated": "boolean",
    "added": "bool",
    "deployment": "string",
}

# The parameters of LiteLLM that can hold the address of a provider.
_ADDRESSES = ("api_base", "base_url", "aws_bedrock_runtime_endpoint")


def models_frame(entries: Iterable[Mapping[str, Any]], providers_url: str | None) -> pd.DataFrame:
    """One row per deployment: MODEL_COLUMNS; `simulated` is missing where the address is not known."""
    import pandas as pd

    rows = [_row(entry, providers_url) for entry in entries]
    return pd.DataFrame(rows, columns=list(MODEL_COLUMNS)).astype(dict(MODEL_COLUMNS))


def without_models(groups: Iterable[Mapping[str, Any]], names: Iterable[str]) -> list[dict[str, Any]]:
    """LiteLLM's routing groups without these models; a group that has no other models goes."""
    left = set(names)
    kept = [{**group, "models": [m for m in group["models"] if m not in left]} for group in groups]
    return [group for group in kept if group["models"]]


def refuse_header_faults(deployment: Mapping[str, Any]) -> None:
    """Raises RequestRefusedError for a deployment with a name that no response header can hold."""
    for path in DEPLOYMENT_NAMES:
        value: Any = deployment
        for key in path:
            value = value.get(key) if isinstance(value, Mapping) else None
        refuse_header_fault(path[-1], value)


def refuse_header_fault(what: str, name: Any) -> None:
    """Raises RequestRefusedError for a name that no response header can hold; LiteLLM itself takes it."""
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
        "model_name": entry["model_name"],
        "provider": provider or params.get("custom_llm_provider"),
        "model": model,
        "api_base": address,
        "input_usd_per_million": _per_million(info.get("input_cost_per_token")),
        "output_usd_per_million": _per_million(info.get("output_cost_per_token")),
        "weight": params.get("weight"),
        "simulated": _same_host(address, providers_url),
        "added": bool(info.get("db_model")),
        "deployment": info.get("id"),
    }


def _per_million(price: float | None) -> float | None:
    # Rounded to what a price list prints: 1.5e-07 times a million is 0.15, not 0.15000000000000002.
    return None if price is None else round(price * 1e6, 9)


def _same_host(address: str | None, providers_url: str | None) -> bool | None:
    if not address or not providers_url:
        return None
    return urlsplit(address).netloc == urlsplit(providers_url).netloc
