"""LiteLLM's Langfuse callback in a configuration: whether it is there, findings about it, and leaving it out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import yaml

from gateway_kit.configuration.document import Entry, entries, items, kind_of, lookup, read_document, text_of
from gateway_kit.configuration.findings import Finding, closest, finding_at, shown

# `langfuse` goes through Langfuse's SDK; `langfuse_otel` sends OpenTelemetry's own spans to the same server.
LANGFUSE_CALLBACKS = ("langfuse", "langfuse_otel")

# LiteLLM's lists of callbacks, all in litellm_settings.
_LISTS = ("success_callback", "failure_callback", "callbacks")

_VARIABLES = ("LANGFUSE_HOST", "LANGFUSE_PUBLIC_KEY", "LANGFUSE_SECRET_KEY")

# Facts of a call that become tags of its trace, `cache_hit:True` for instance.
_DEFAULT_TAGS = "langfuse_default_tags"


def check_callbacks(root: yaml.Node, env: Mapping[str, str]) -> Iterator[Finding]:
    """Findings about lists of callbacks, the Langfuse callback's variables and its default tags."""
    declared = lookup(root, "environment_variables")
    given = {entry.key for entry in entries(declared.value if declared else None)}
    missing = [name for name in _VARIABLES if name not in given and not env.get(name, "").strip()]
    warned = False
    for name in _LISTS:
        found = lookup(root, "litellm_settings", name)
        if found is None:
            continue
        # LiteLLM takes `callbacks: name` for a list of one; of the other two it reads a word's letters.
        if not isinstance(found.value, yaml.SequenceNode) and not (
            name == "callbacks" and text_of(found.value)
        ):
            what = f"`{name}` must be a list, and is {kind_of(found.value)}."
            yield finding_at(found.key_node, "error", "shape", what, f"Write `{name}: [langfuse]`.")
            continue
        for node in _callback_nodes(found):
            callback = text_of(node) or ""
            if callback in LANGFUSE_CALLBACKS:
                if missing and not warned:
                    warned = True
                    yield _without_variables(node, callback, missing)
            elif closest(callback, LANGFUSE_CALLBACKS, cutoff=0.8):
                what = f"LiteLLM has no callback `{shown(callback)}`."
                yield finding_at(node, "error", "unknown-callback", what, "Did you mean `langfuse`?")
    tags = lookup(root, "litellm_settings", _DEFAULT_TAGS)
    if tags is None:
        return
    if not isinstance(tags.value, yaml.SequenceNode):
        what = f"`{_DEFAULT_TAGS}` must be a list, and is {kind_of(tags.value)}; LiteLLM ignores it."
        mend = f"Write `{_DEFAULT_TAGS}: [cache_hit]`."
        yield finding_at(tags.key_node, "error", "shape", what, mend)
    elif not uses_langfuse(root):
        what = f"`{_DEFAULT_TAGS}` has no effect without the `langfuse` callback."
        mend = "Add `success_callback: [langfuse]` to `litellm_settings:`."
        yield finding_at(tags.key_node, "warning", "callback-off", what, mend)


def uses_langfuse(root: yaml.Node | None) -> bool:
    """Whether the configuration sends traces to Langfuse."""
    found = (lookup(root, "litellm_settings", name) for name in _LISTS)
    return any(
        text_of(node) in LANGFUSE_CALLBACKS
        for entry in found
        if entry is not None
        for node in _callback_nodes(entry)
    )


def text_uses_langfuse(text: str) -> bool:
    """`uses_langfuse` of a configuration's text; False for a broken one."""
    return uses_langfuse(read_document(text)[0])


def without_tracing(text: str) -> str:
    """A sound configuration's text without the Langfuse callback and its tags; all else stays as it is.

    Where tracing is off the callback would send prompts to LiteLLM's default host, which is not on this machine.
    """
    root, _ = read_document(text)
    found = [entry for name in _LISTS if (entry := lookup(root, "litellm_settings", name)) is not None]
    tags = lookup(root, "litellm_settings", _DEFAULT_TAGS)
    concerned = [
        entry for entry in found if any(text_of(n) in LANGFUSE_CALLBACKS for n in _callback_nodes(entry))
    ]
    if tags is not None and concerned:
        concerned.append(tags)
    # From the last to the first, so that earlier places stay true.
    for entry in sorted(concerned, key=lambda e: e.key_node.start_mark.index, reverse=True):
        rest = (
            []
            if entry is tags
            else [t for n in _callback_nodes(entry) if (t := text_of(n)) not in LANGFUSE_CALLBACKS]
        )
        text = _with_value(text, entry, [name for name in rest if name])
    return text


def _with_value(text: str, entry: Entry, names: list[str]) -> str:
    """The text with a list's items replaced; without its lines where nothing is left and nothing else is on them."""
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


def _callback_nodes(entry: Entry) -> list[yaml.Node]:
    return [entry.value] if isinstance(entry.value, yaml.ScalarNode) else items(entry.value)


def _without_variables(node: yaml.Node, callback: str, missing: list[str]) -> Finding:
    names = f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'}"
    what = f"the callback `{callback}` is configured, and {names} not set."
    mend = "Run: gateway-kit up --tracing embedded, which sets them; or delete the callback."
    return finding_at(node, "warning", "callback-variables", what, mend)
