"""Findings about callbacks: names that LiteLLM does not know, their variables, and traces that go nowhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import yaml

from gateway_kit.stack.configuration.callbacks import (
    CALLBACK_LISTS,
    DEFAULT_TAGS,
    LANGFUSE_CALLBACKS,
    callback_nodes,
    uses_langfuse,
)
from gateway_kit.stack.configuration.document import entries, kind_of, lookup, text_of
from gateway_kit.stack.configuration.findings import Finding, closest, finding_at, shown
from gateway_kit.stack.configuration.litellm_callbacks import LiteLLMCallbacks, litellm_callbacks

_VARIABLES = ("LANGFUSE_HOST", "LANGFUSE_PUBLIC_KEY", "LANGFUSE_SECRET_KEY")
_TWO_LINES = "`success_callback: [langfuse]` and `failure_callback: [langfuse]`"


def check_callbacks(root: yaml.Node, env: Mapping[str, str]) -> Iterator[Finding]:
    """Findings about lists of callbacks, the Langfuse callback's variables, its default tags, and missing traces."""
    findings = [*_check_lists(root, env), *_check_tags(root)]
    yield from findings
    if not findings:  # a misspelt `langfuse` is one mistake, not two
        yield from _check_tracing(root, env)


def _check_lists(root: yaml.Node, env: Mapping[str, str]) -> Iterator[Finding]:
    declared = lookup(root, "environment_variables")
    given = {entry.key for entry in entries(declared.value if declared else None)}
    missing = [name for name in _VARIABLES if name not in given and not env.get(name, "").strip()]
    warned = False
    for name in CALLBACK_LISTS:
        setting = lookup(root, "litellm_settings", name)
        if setting is None:
            continue
        # LiteLLM reads `callbacks: module.name` as a list of one; in the other two each letter is a name.
        word = text_of(setting.value)
        if not isinstance(setting.value, yaml.SequenceNode) and not (
            name == "callbacks" and word and "." in word
        ):
            message = f"`{name}` must be a list, not {kind_of(setting.value)}."
            fix = f"Write `{name}: [{shown(word or 'langfuse', 40)}]`."
            yield finding_at(setting.key_node, "error", "shape", message, fix)
            continue
        for node in callback_nodes(setting):
            callback = text_of(node) or ""
            if not callback:
                message = f"an item of `{name}` must be a name, not {kind_of(node)}."
                yield finding_at(node, "error", "shape", message, f"Write `{name}: [langfuse]`.")
            if callback in LANGFUSE_CALLBACKS and missing and not warned:
                warned = True
                yield _without_variables(node, callback, missing)
            yield from _check_name(node, name, callback, root, env)


def _check_name(
    node: yaml.Node, listed_in: str, callback: str, root: yaml.Node, env: Mapping[str, str]
) -> Iterator[Finding]:
    known = litellm_callbacks()
    # A dotted name is the user's module; an entry in `callback_settings` defines a callback.
    if not callback or "." in callback or "/" in callback or not known.in_callbacks:
        return
    if lookup(root, "callback_settings", callback, "callback_type") is not None:
        return
    fits, others = _by_list(listed_in, known)
    name = shown(callback, 40)
    if callback in fits:
        if listed_in == "callbacks" and callback in known.with_licence and not env.get("LITELLM_LICENSE", ""):
            message = f"LiteLLM does not start with the callback `{name}` without a licence for it."
            yield finding_at(node, "error", "licence", message, "Delete it, or set LITELLM_LICENSE.")
        return
    outcome = "the gateway does not start" if listed_in == "callbacks" else "it does nothing"
    if callback in others:
        to = "`success_callback` and `failure_callback`" if listed_in == "callbacks" else "`callbacks`"
        message = f"`{listed_in}` does not take the callback `{name}`: {outcome}."
        yield finding_at(node, "error", "wrong-list", message, f"Move it to {to}.")
        return
    meant = closest(callback, fits, cutoff=0.7)
    fix = (
        f"Did you mean `{meant}`?"
        if meant
        else f"Delete it; for a module of your own write `{name}.NAME`, which is MODULE.OBJECT."
    )
    message = f"LiteLLM has no callback `{name}`: {outcome}."
    yield finding_at(node, "error", "unknown-callback", message, fix)


def _by_list(listed_in: str, known: LiteLLMCallbacks) -> tuple[frozenset[str], frozenset[str]]:
    """The names that this list accepts, and the names that the other lists accept."""
    if listed_in == "callbacks":
        return known.in_callbacks, known.in_others
    return known.in_others, known.in_callbacks


def _check_tags(root: yaml.Node) -> Iterator[Finding]:
    tags = lookup(root, "litellm_settings", DEFAULT_TAGS)
    if tags is None:
        return
    if not isinstance(tags.value, yaml.SequenceNode):
        message = f"`{DEFAULT_TAGS}` must be a list, not {kind_of(tags.value)}; LiteLLM ignores it."
        fix = f"Write `{DEFAULT_TAGS}: [cache_hit]`."
        yield finding_at(tags.key_node, "error", "shape", message, fix)
    elif not uses_langfuse(root):
        message = f"`{DEFAULT_TAGS}` has no effect without the `langfuse` callback."
        fix = "Add `success_callback: [langfuse]` to `litellm_settings:`."
        yield finding_at(tags.key_node, "warning", "callback-off", message, fix)


def _check_tracing(root: yaml.Node, env: Mapping[str, str]) -> Iterator[Finding]:
    """A finding if there is a trace store and no callback sends to it; an included file may have the callback."""
    if not env.get("LANGFUSE_HOST", "").strip() or uses_langfuse(root) or lookup(root, "include"):
        return
    section = lookup(root, "litellm_settings")
    message = "no callback sends traces to the trace store, so its pages stay empty."
    fix = f"Add {_TWO_LINES} to `litellm_settings:`; without traces: gateway-kit up --tracing off"
    yield finding_at(section.key_node if section else root, "warning", "no-tracing", message, fix)


def _without_variables(node: yaml.Node, callback: str, missing: list[str]) -> Finding:
    names = f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'}"
    message = f"the callback `{callback}` is configured, but {names} not set."
    fix = "Run: gateway-kit up --tracing embedded, which sets them; or delete the callback."
    return finding_at(node, "warning", "callback-variables", message, fix)
