"""Which model names a configuration answers to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from gateway_kit.rehearsal.errors import RehearsalError

_SHOWN = 20


def known_names(config: Mapping[str, Any]) -> set[str]:
    """Names and patterns (`openai/*`) that a gateway with this configuration takes."""
    entries = config.get("model_list") or []
    names = {
        str(entry["model_name"]) for entry in entries if isinstance(entry, dict) and "model_name" in entry
    }
    # LiteLLM takes a deployment's id in the place of a name.
    ids = {str(info["id"]) for entry in entries if (info := entry.get("model_info") or {}).get("id")}
    return names | ids | set(aliases_of(config))


def aliases_of(config: Mapping[str, Any]) -> dict[str, str]:
    """The model name that each alias of the configuration stands for."""
    settings, litellm = config.get("router_settings") or {}, config.get("litellm_settings") or {}
    return {
        str(alias): str(target.get("model") if isinstance(target, dict) else target)
        for table in (litellm.get("model_alias_map"), settings.get("model_group_alias"))
        for alias, target in (table or {}).items()
    }


def unknown_models(models: Mapping[str, int], names: set[str]) -> dict[str, int]:
    """The log's models that none of `names` answers, with their calls."""
    return {model: count for model, count in models.items() if not _known(model, names)}


def _known(model: str, names: set[str]) -> bool:
    return model in names or any("*" in name and fnmatchcase(model, name) for name in names)


def refuse_unknown(unknown: Mapping[str, int], names: set[str], config: str) -> RehearsalError:
    """The error that lists them, and what to do."""
    listed = "\n".join(f"  {model or '(no model)'}: {count:,} calls" for model, count in _most(unknown))
    more = f"\n  and {len(unknown) - _SHOWN} more" if len(unknown) > _SHOWN else ""
    has = ", ".join(sorted(names)[:_SHOWN]) or "none"
    first = next(iter(unknown))
    return RehearsalError(
        f"The log has models that {config} does not have:\n{listed}{more}\n"
        f"It has: {has}\n"
        f"Say which of them stands for which: --map '{first}={sorted(names)[0] if names else 'NAME'}'. "
        "To see how the gateway refuses them: --unknown-models keep"
    )


def _most(counts: Mapping[str, int]) -> Sequence[tuple[str, int]]:
    return sorted(counts.items(), key=lambda pair: -pair[1])[:_SHOWN]
