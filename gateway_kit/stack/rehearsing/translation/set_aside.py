"""Deployments that call no simulated provider: routers, made-up answers, and models that no rehearsed call asks for."""

from __future__ import annotations

from gateway_kit.stack.rehearsing.translation.draft import Draft
from gateway_kit.stack.rehearsing.translation.entries import Entry
from gateway_kit.stack.rehearsing.translation.providers import spoken

_ROUTER = "auto_router/"
# These choose a model by rules of their own; the router for which the prefix is named compares embeddings.
_RULED = ("auto_router/complexity_router", "auto_router/adaptive_router", "auto_router/quality_router")


def without_set_aside(draft: Draft, entries: list[Entry]) -> list[Entry]:
    """The deployments to be simulated; the others stay as they are or go, each with a line in the list."""
    rest = []
    for entry in entries:
        if entry.model.startswith(_ROUTER):
            _keep_or_replace_router(draft, entry)
        elif "mock_response" in draft.keys(*entry.params) and spoken(entry.provider, entry.name) is None:
            draft.say("kept", (*entry.params, "mock_response"), "LiteLLM answers by itself")
        elif not entry.is_rehearsed and spoken(entry.provider, entry.name, entry.mode) is None:
            why = (
                f"no rehearsed call asks for {entry.mode.replace('_', ' ')}, and the simulator has none of it"
            )
            draft.drop(entry.way, why, what="not_rehearsed", was=f"{entry.model_name}: {entry.model}")
        else:
            rest.append(entry)
    return rest


def _keep_or_replace_router(draft: Draft, entry: Entry) -> None:
    told = f"{entry.model_name}: {entry.model}"
    if entry.model.startswith(_RULED):
        draft.say("kept", entry.way, "it chooses among the models of the list", was=told, now=told)
        return
    default = draft.get(*entry.params, "auto_router_default_model")
    why = "choosing by meaning needs the package semantic-router"
    if isinstance(default, str) and default:
        draft.drop(entry.way, f"{why}; its calls go to its default", what="not_rehearsed", was=told)
        draft.put(("router_settings", "model_group_alias", entry.model_name), default)
    else:
        draft.drop(entry.way, why, what="not_rehearsed", was=told)
