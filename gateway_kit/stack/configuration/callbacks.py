"""Detect LiteLLM's Langfuse callback in a configuration, and remove it."""

from __future__ import annotations

import yaml

from gateway_kit.stack.configuration.document import Entry, items, lookup, read_document, text_of

# `langfuse` goes through Langfuse's SDK; `langfuse_otel` sends OpenTelemetry's own spans to the same server.
LANGFUSE_CALLBACKS = ("langfuse", "langfuse_otel")

# LiteLLM's lists of callbacks, all in litellm_settings.
CALLBACK_LISTS = ("success_callback", "failure_callback", "callbacks")

# Facts of a call that become tags of its trace, `cache_hit:True` for instance.
DEFAULT_TAGS = "langfuse_default_tags"


def uses_langfuse(root: yaml.Node | None) -> bool:
    """Whether the configuration sends traces to Langfuse."""
    lists = (lookup(root, "litellm_settings", name) for name in CALLBACK_LISTS)
    return any(
        text_of(node) in LANGFUSE_CALLBACKS
        for entry in lists
        if entry is not None
        for node in callback_nodes(entry)
    )


def text_uses_langfuse(text: str) -> bool:
    """`uses_langfuse` of a configuration's text; False for a broken one."""
    return uses_langfuse(read_document(text)[0])


def without_tracing(text: str) -> str:
    """A valid configuration's text without the Langfuse callback and its tags; the rest is unchanged.

    If tracing is off, the callback would send prompts to LiteLLM's default host, which is not on this machine.
    """
    root, _ = read_document(text)
    lists = [
        entry for name in CALLBACK_LISTS if (entry := lookup(root, "litellm_settings", name)) is not None
    ]
    tags = lookup(root, "litellm_settings", DEFAULT_TAGS)
    concerned = [
        entry for entry in lists if any(text_of(n) in LANGFUSE_CALLBACKS for n in callback_nodes(entry))
    ]
    if tags is not None and concerned:
        concerned.append(tags)
    # From last to first, so that earlier positions stay valid.
    for entry in sorted(concerned, key=lambda e: e.key_node.start_mark.index, reverse=True):
        rest = (
            []
            if entry is tags
            else [t for n in callback_nodes(entry) if (t := text_of(n)) not in LANGFUSE_CALLBACKS]
        )
        text = _with_value(text, entry, [name for name in rest if name])
    return text


def _with_value(text: str, entry: Entry, names: list[str]) -> str:
    """The text with a list's items replaced; without its lines if nothing is left and nothing else is on them."""
    begin, end = entry.value.start_mark.index, entry.value.end_mark.index
    while text[end - 1].isspace():  # a block list ends where the next key begins
        end -= 1
    if names:
        return f"{text[:begin].rstrip()} [{', '.join(names)}]{text[end:]}"
    line_begin = text.rfind("\n", 0, entry.key_node.start_mark.index) + 1
    line_end = text.find("\n", end)
    line_end = len(text) if line_end < 0 else line_end + 1
    after = text[end:line_end].strip()
    alone = not text[line_begin : entry.key_node.start_mark.index].strip() and (
        not after or after.startswith("#")
    )
    return text[:line_begin] + text[line_end:] if alone else text[:begin] + "[]" + text[end:]


def callback_nodes(entry: Entry) -> list[yaml.Node]:
    """The nodes of a list of callbacks, or the node of a single name."""
    return [entry.value] if isinstance(entry.value, yaml.ScalarNode) else items(entry.value)
