"""Names of models that were left out are taken from fallbacks and aliases: LiteLLM would fail at the first use."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

from gateway_kit.stack.exporting.draft import Draft

_FALLBACKS = ("fallbacks", "context_window_fallbacks", "content_policy_fallbacks")


def forget_missing_models(draft: Draft) -> None:
    """Take models that the draft no longer has from its fallbacks and aliases, with a note for each setting."""
    names = {each["model_name"] for each in draft.data.get("model_list") or [] if "model_name" in each}
    for section in ("litellm_settings", "router_settings"):
        settings = draft.data.get(section)
        if not isinstance(settings, dict):
            continue
        known = names | _aliases(settings)
        for key in (*_FALLBACKS, "default_fallbacks", "model_group_alias"):
            if key not in settings:
                continue
            kept = _kept(settings[key], known)
            if kept != settings[key]:
                draft.note(f"`{section}.{key}` named models that are left out: they are taken from it.")
                settings[key] = kept
                if not kept:
                    del settings[key]


def _aliases(settings: dict[str, Any]) -> set[str]:
    aliases = settings.get("model_group_alias")
    return set(aliases) if isinstance(aliases, dict) else set()


def _kept(value: Any, known: set[str]) -> Any:
    """A setting without names that are not known; what becomes empty goes."""
    if isinstance(value, list):
        return [kept for item in value if (kept := _kept(item, known))]
    if isinstance(value, dict):
        if "model" in value:
            return value if _is_known(value["model"], known) else {}
        return {
            name: kept
            for name, inner in value.items()
            if (isinstance(inner, str | dict) or _is_known(name, known)) and (kept := _kept(inner, known))
        }
    return value if not isinstance(value, str) or _is_known(value, known) else None


def _is_known(name: Any, known: set[str]) -> bool:
    return name == "*" or any(fnmatchcase(str(name), pattern) for pattern in known)
