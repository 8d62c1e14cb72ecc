"""The deployments of `model_list`, with what decides how each is simulated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gateway_kit.errors import ConfigError
from gateway_kit.stack.configuration.models import REFERENCE
from gateway_kit.stack.rehearsing.translation.draft import Draft
from gateway_kit.stack.rehearsing.translation.models import facts_of, listed_as, split_model
from gateway_kit.stack.rehearsing.translation.source import Way

# Empty where nobody says what a model is for.
_REHEARSED = frozenset({"chat", "completion", "embedding", "responses", ""})


@dataclass(frozen=True)
class Entry:
    """One deployment: its number in `model_list`, whose model it is, and what the model is for (`chat` …)."""

    number: int
    model_name: str
    model: str
    provider: str
    name: str
    given_id: str
    mode: str

    @property
    def is_rehearsed(self) -> bool:
        """Whether a log of chat, completions, embeddings and Responses asks for such a model."""
        return self.mode in _REHEARSED

    @property
    def way(self) -> Way:
        """The way to the deployment."""
        return ("model_list", self.number)

    @property
    def params(self) -> Way:
        """The way to its parameters."""
        return (*self.way, "litellm_params")


def read_entries(draft: Draft) -> list[Entry]:
    """The deployments in the file's order; raises ConfigError if a variable that names a model is not set."""
    entries, unset = [], []
    for number, deployment in draft.items("model_list"):
        if not isinstance(deployment, dict) or not isinstance(deployment.get("litellm_params"), dict):
            continue
        written = deployment["litellm_params"].get("model")
        model = draft.resolved(written)
        if isinstance(model, str) and model.strip():
            entries.append(_entry(draft, number, deployment, model.strip()))
        else:
            name = str(written).removeprefix(REFERENCE)
            place = draft.source.place(("model_list", number, "litellm_params", "model"))
            fix = f"Run: export {name}=PROVIDER/MODEL"
            unset.append(f"{place}: the variable {name}, which names the model, is not set. {fix}")
    if unset:
        raise ConfigError(draft.source.path, unset)
    return entries


def _entry(draft: Draft, number: int, deployment: dict[str, Any], model: str) -> Entry:
    custom = draft.resolved(deployment["litellm_params"].get("custom_llm_provider"))
    provider, name = split_model(model, custom if isinstance(custom, str) else None)
    info = deployment.get("model_info")
    info = info if isinstance(info, dict) else {}
    given_id = draft.resolved(info.get("id"))
    base = draft.resolved(info.get("base_model"))
    facts = facts_of(listed_as(provider, name)) or facts_of(base if isinstance(base, str) else None)
    return Entry(
        number=number,
        model_name=str(deployment.get("model_name", "")),
        model=model,
        provider=provider,
        name=name,
        given_id="" if given_id is None else str(given_id),
        mode=str(info.get("mode") or facts.get("mode") or ""),
    )
