"""The secrets that stand in LiteLLM's configuration as text, and what takes each out."""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

from gateway_kit.stack.configuration.document import items, lookup, text_of
from gateway_kit.stack.configuration.models import REFERENCE
from gateway_kit.stack.configuration.production.mends import Path, Step
from gateway_kit.stack.configuration.production.subject import Subject, WrittenSecret
from gateway_kit.stack.configuration.references import looks_secret

# The rule `master-key` is about it.
_MASTER_KEY = ("general_settings", "master_key")
_DECLARED = "environment_variables"


def literal_secrets(subject: Subject) -> Iterator[WrittenSecret]:
    """Each secret in the configuration, with the variable that it belongs in."""
    for path, node in _texts(subject.root):
        key = next((key for key in reversed(path) if isinstance(key, str)), "")
        text = text_of(node) or ""
        if path == _MASTER_KEY or text.startswith(REFERENCE) or not looks_secret(key, text):
            continue
        name = _variable(subject, path, key)
        out: Step = subject.write(*path, value=f"{REFERENCE}{name}")
        if path[0] == _DECLARED:  # the gateway gets the variable itself
            out = subject.delete(*path)
        yield WrittenSecret(name, node, (out, subject.set_secret(name)))


def _texts(root: yaml.Node) -> Iterator[tuple[Path, yaml.Node]]:
    waiting: list[tuple[Path, yaml.Node]] = [((), root)]
    seen: set[int] = set()
    while waiting:
        path, node = waiting.pop()
        if id(node) in seen:  # an alias, which may also lead to itself
            continue
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            pairs = [(key.value, value) for key, value in node.value if isinstance(key, yaml.ScalarNode)]
            waiting += [((*path, key), value) for key, value in pairs]
        elif isinstance(node, yaml.SequenceNode):
            waiting += [((*path, number), item) for number, item in enumerate(items(node))]
        elif path and text_of(node):
            yield path, node


def _variable(subject: Subject, path: Path, key: str) -> str:
    """A name for the variable: OPENAI_API_KEY for the `api_key` of a model of OpenAI's."""
    before: tuple[object, ...] = path[:-1]
    if path[0] == "model_list" and len(path) > 1 and isinstance(path[1], int):
        listed = subject.given("model_list")
        deployment = items(listed.value if listed else None)[path[1]]
        model = lookup(deployment, "litellm_params", "model")
        before = ((text_of(model.value) or "").partition("/")[0],) if model else ()
    elif path[0] == _DECLARED:
        before = ()
    words = [str(word) for word in (*before[-1:], key) if isinstance(word, str)]
    return re.sub(r"\W+", "_", "_".join(words)).strip("_").upper() or "SECRET"
