"""Guardrails: those that need only this machine stay; those that ask a service cannot be rehearsed."""

from __future__ import annotations

from typing import Any

from gateway_kit.stack.rehearsing.translation.callbacks import CANNOT, DECIDE
from gateway_kit.stack.rehearsing.translation.draft import Draft

_OFFLINE = frozenset(
    {
        "litellm_content_filter", "tool_permission", "custom_code", "block_code_execution", "mcp_security",
        "mcp_end_user_permission",
    }
)  # fmt: skip
_WHY = {
    "hide-secrets": "it needs a licence and the package detect-secrets",
    "semantic_guard": "it needs the package semantic-router",
    "llm_as_a_judge": "a simulated model's judgement means nothing",
    "decision_model": "a simulated model's judgement means nothing",
    "presidio": "it asks Presidio's servers",
}


def translate_guardrails(draft: Draft) -> None:
    """Keep the guardrails that run offline; take the others away, and with them what names them."""
    gone = set()
    for number, item in draft.items("guardrails"):
        if not isinstance(item, dict):
            continue
        name, kind = (
            item.get("guardrail_name"),
            draft.resolved(draft.get("guardrails", number, "litellm_params", "guardrail")),
        )
        kind = kind if isinstance(kind, str) else ""
        absent = draft.absent_code(("guardrails", number, "litellm_params", "guardrail"))
        if absent is None and (kind in _OFFLINE or _is_code(kind)):
            draft.say(
                "kept", ("guardrails", number), f"{kind} runs on this machine", was=str(name), now=str(name)
            )
        else:
            gone.add(name)
            why = absent or _WHY.get(kind, f"it asks a service, {kind or 'which the file does not name'}")
            draft.drop(("guardrails", number), why, what="not_rehearsed", was=f"{name}: {kind}")
    if isinstance(draft.get("guardrails"), list) and not draft.items("guardrails"):
        draft.remove(("guardrails",))
    _first_format(draft)
    if gone:
        _forget(draft, gone)


def _is_code(kind: str) -> bool:
    return "." in kind and "/" not in kind and not kind.startswith(("s3://", "gcs://"))


def _first_format(draft: Draft) -> None:
    """`litellm_settings.guardrails`, where each guardrail is a list of callbacks."""
    way = ("litellm_settings", "guardrails")
    for number, item in draft.items(*way):
        for name, settings in item.items() if isinstance(item, dict) else ():
            listed = settings.get("callbacks") if isinstance(settings, dict) else None
            callbacks = [str(each) for each in listed] if isinstance(listed, list) else []
            cannot = [each for each in callbacks if each not in DECIDE and not _is_code(each)]
            if cannot:
                why = f"{cannot[0]} {CANNOT.get(cannot[0], 'asks a service')}"
                draft.drop((*way, number), why, what="not_rehearsed", was=str(name))
            else:
                draft.say("kept", (*way, number), "it runs on this machine", was=str(name), now=str(name))
    if isinstance(draft.get(*way), list) and not draft.items(*way):
        draft.remove(way)


def _forget(draft: Draft, gone: set[Any]) -> None:
    """Take the names of guardrails that went out of deployments and policies."""
    for number, _ in draft.items("model_list"):
        for section in ("litellm_params", "model_info"):
            way = ("model_list", number, section, "guardrails")
            for place, name in draft.items(*way):
                if name in gone:
                    draft.remove((*way, place))
    policies = set()
    for name in draft.keys("policies"):
        if _names_one(draft.get("policies", name), gone):
            draft.drop(
                ("policies", name), "it names a guardrail that cannot be rehearsed", what="not_rehearsed"
            )
            policies.add(name)
    for number, item in draft.items("policy_attachments"):
        if isinstance(item, dict) and item.get("policy") in policies:
            why = "its policy names a guardrail that cannot be rehearsed"
            was = str(item.get("policy"))
            draft.drop(("policy_attachments", number), why, what="not_rehearsed", was=was)


def _names_one(value: Any, names: set[Any]) -> bool:
    if isinstance(value, dict):
        return any(_names_one(inner, names) for inner in value.values())
    if isinstance(value, list):
        return any(_names_one(inner, names) for inner in value)
    return isinstance(value, str) and value in names
