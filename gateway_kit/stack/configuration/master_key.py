"""Findings about `master_key`: keys with which LiteLLM refuses to start, and keys that are not the kit's."""

from __future__ import annotations

import ast
import functools
import hashlib
from collections.abc import Iterator, Mapping

import yaml

from gateway_kit.stack.configuration.document import is_null, kind_of, lookup, text_of
from gateway_kit.stack.configuration.findings import Finding, finding_at
from gateway_kit.stack.configuration.litellm_source import folder_of, read_source
from gateway_kit.stack.configuration.models import REFERENCE
from gateway_kit.stack.configuration.references import is_near_reference

_KITS = "LITELLM_MASTER_KEY"
_FIX = f"Write `master_key: {REFERENCE}{_KITS}`."


def check_master_key(root: yaml.Node, env: Mapping[str, str]) -> Iterator[Finding]:
    """Findings about a `master_key` that keeps the gateway from starting or the kit from administering it."""
    setting = lookup(root, "general_settings", "master_key")
    if setting is None:  # LiteLLM then uses the kit's key from the environment
        return
    node, key = setting.value, text_of(setting.value)
    kits = env.get(_KITS, "")
    if key is not None and key.startswith(REFERENCE):
        name = key.removeprefix(REFERENCE)
        if name == _KITS or name not in env:  # another check reports variables that are not set
            return
        given = env[name].strip()
        if given and given == kits:
            return
        state = "is empty" if not given else f"is not {_KITS}"
        message = f"the variable {name} {state}, and the gateway's master key must be the kit's."
        yield finding_at(node, "error", "master-key", message, _FIX)
    elif is_null(node) or (key is not None and not key.strip()):
        message = "`master_key` is empty: LiteLLM refuses to start."
        yield finding_at(setting.key_node if is_null(node) else node, "error", "master-key", message, _FIX)
    elif key is None:
        message = f"`master_key` must be a text, and is {_kind(node)}: LiteLLM does not start."
        yield finding_at(node, "error", "master-key", message, _FIX)
    elif hashlib.sha256(key.strip().encode()).hexdigest() in _known_to_all():
        message = "`master_key` is a key that everybody knows: LiteLLM refuses to start with it."
        yield finding_at(node, "error", "master-key", message, _FIX)
    elif key != kits and not is_near_reference(key):  # check_references reports those
        message = "`master_key` is not the kit's, with which it makes keys and looks at the gateway."
        fix = f"{_FIX[:-1]}; to choose another key set {_KITS} before the first start."
        yield finding_at(node, "error", "master-key", message, fix)


def _kind(node: yaml.Node) -> str:
    # Do not repeat a number: it may be the key itself.
    return kind_of(node) if not isinstance(node, yaml.ScalarNode) else "a number or true or false"


@functools.cache
def _known_to_all() -> frozenset[str]:
    """The SHA-256 digests of the publicly known master keys that the installed LiteLLM rejects."""
    folder = folder_of("litellm")
    if folder is None:
        return frozenset()
    source = read_source(folder / "proxy" / "auth" / "master_key_boot_check.py")
    return frozenset(
        node.value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) == 64
    )
