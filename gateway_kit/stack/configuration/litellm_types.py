"""The types of LiteLLM's parameters and settings, from its own annotations: number, text, list, and so on.

They are read from its pydantic models and signatures. A name whose annotation is not made of plain types has no entry
and is not checked.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway_kit.stack.configuration.litellm_source import (
    annotations_of,
    argument_annotations,
    classes_of,
    field_annotations,
    folder_of,
    read_source,
)

_PLAIN = {
    "str": "text",
    "int": "whole",
    "float": "number",
    "bool": "switch",
    "dict": "mapping",
    "Dict": "mapping",
}
_LISTS = {"list", "List", "Sequence", "set", "Set", "tuple", "frozenset"}
_MAPPINGS = {"dict", "Dict", "Mapping", "MutableMapping"}
_TRANSPARENT = {"Optional", "Annotated", "ReadOnly", "Required", "NotRequired", "Final"}


@dataclass(frozen=True)
class Expected:
    """The kinds of value that fit: text, whole, number, switch, list, mapping; and the words, if only those fit."""

    kinds: frozenset[str]
    words: frozenset[str] = frozenset()


@dataclass(frozen=True)
class LiteLLMTypes:
    """Name → what fits. `validated` come from pydantic models, which reject a deployment that does not fit.

    `numbers_at_start` are settings that LiteLLM converts to a number when it starts; those in `never_empty` must have
    a value.
    """

    validated: Mapping[str, Expected] = field(default_factory=dict)
    model_info: Mapping[str, Expected] = field(default_factory=dict)
    parameters: Mapping[str, Expected] = field(default_factory=dict)
    litellm_settings: Mapping[str, Expected] = field(default_factory=dict)
    router_settings: Mapping[str, Expected] = field(default_factory=dict)
    general_settings: Mapping[str, Expected] = field(default_factory=dict)
    cache_params: Mapping[str, Expected] = field(default_factory=dict)
    numbers_at_start: frozenset[str] = frozenset()
    never_empty: frozenset[str] = frozenset()


@functools.cache
def litellm_types() -> LiteLLMTypes:
    """The types, read once. Empty if LiteLLM is not installed."""
    folder = folder_of("litellm")
    if folder is None:
        return LiteLLMTypes()
    utils = classes_of(folder / "types" / "utils.py")
    router = classes_of(folder / "types" / "router.py")
    options = classes_of(folder / "types" / "litellm_params.py")
    proxy = classes_of(folder / "proxy" / "_types.py")
    prices = field_annotations(utils, "MirroredPricingParams", "CustomPricingLiteLLMParams")
    validated = prices | field_annotations(
        router, "CredentialLiteLLMParams", "GenericLiteLLMParams", "LiteLLM_Params"
    )
    called = argument_annotations(folder / "main.py", "embedding")
    called |= argument_annotations(folder / "main.py", "completion")
    named = field_annotations(options, *options) | field_annotations(router, "LiteLLMParamsTypedDict")
    init = ast.parse(read_source(folder / "__init__.py")).body
    caching = folder / "caching" / "caching.py"
    started = read_source(folder / "proxy" / "proxy_server.py")
    return LiteLLMTypes(
        validated=_expected(validated),
        model_info=_expected(prices | field_annotations(router, "ModelInfo")),
        parameters=_expected(named | called),
        litellm_settings=_expected(annotations_of(init)) | _switches(init),
        router_settings=_expected(argument_annotations(folder / "router.py", "__init__", "Router")),
        general_settings=_expected(field_annotations(proxy, "ConfigGeneralSettings")),
        cache_params=_expected(argument_annotations(caching, "__init__", "Cache")),
        never_empty=frozenset(re.findall(r'key == "([a-z_]+)":\s+litellm\.\1 = float\(value\)\n', started)),
        numbers_at_start=frozenset(
            re.findall(r'key == "([a-z_]+)":\s+litellm\.\1 = float\(value\)', started)
        ),
    )


@functools.cache
def duration_words() -> frozenset[str]:
    """Words that LiteLLM accepts as a duration, such as `monthly`; it reads any other text as number and unit."""
    folder = folder_of("litellm")
    if folder is None:
        return frozenset()
    for node in ast.parse(read_source(folder / "litellm_core_utils" / "duration_parser.py")).body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Dict):
            keys = [key.value for key in node.value.keys if isinstance(key, ast.Constant)]
            return frozenset(key for key in keys if isinstance(key, str))
    return frozenset()


def _expected(annotations: Mapping[str, ast.expr | None]) -> dict[str, Expected]:
    by_name = {name: _read(node) for name, node in annotations.items() if node is not None}
    return {name: expected for name, expected in by_name.items() if expected is not None and expected.kinds}


def _switches(body: list[ast.stmt]) -> dict[str, Expected]:
    """Names without an annotation that a module sets to true or false, or to an environment flag."""
    switch = Expected(frozenset({"switch"}))
    return {
        target.id: switch
        for node in body
        if isinstance(node, ast.Assign)
        and (
            (isinstance(node.value, ast.Constant) and isinstance(node.value.value, bool))
            or (isinstance(node.value, ast.Call) and ast.unparse(node.value.func).endswith(("bool", "_flag")))
        )
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _read(node: ast.expr) -> Expected | None:
    """The values an annotation allows; None if it has anything but plain types."""
    if isinstance(node, ast.Constant):
        return _read_constant(node.value)
    if isinstance(node, ast.Name):
        kind = _PLAIN.get(node.id) or (
            "list" if node.id in _LISTS else "mapping" if node.id in _MAPPINGS else None
        )
        return Expected(frozenset({kind})) if kind else None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return _any_of([node.left, node.right])
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
        inner = list(node.slice.elts) if isinstance(node.slice, ast.Tuple) else [node.slice]
        outer = node.value.id
        if outer in _LISTS or outer in _MAPPINGS:
            return Expected(frozenset({"list" if outer in _LISTS else "mapping"}))
        if outer in _TRANSPARENT:
            return _read(inner[0])
        if outer == "Union":
            return _any_of(inner)
        if outer == "Literal":
            words = [item.value for item in inner if isinstance(item, ast.Constant)]
            if len(words) == len(inner) and all(isinstance(word, str) for word in words):
                return Expected(frozenset({"text"}), frozenset(str(word) for word in words))
    return None


def _read_constant(value: object) -> Expected | None:
    if value is None:
        return Expected(frozenset())
    if not isinstance(value, str):
        return None
    try:
        return _read(ast.parse(value, mode="eval").body)
    except SyntaxError:
        return None


def _any_of(nodes: list[ast.expr]) -> Expected | None:
    # A configuration file cannot hold a Python object such as httpx.Timeout.
    read = [_read(node) for node in nodes if not isinstance(node, ast.Attribute)]
    known = [expected for expected in read if expected is not None]
    if len(known) < len(read):
        return None
    kinds = frozenset().union(*(expected.kinds for expected in known))
    words = frozenset().union(*(expected.words for expected in known))
    # If one alternative allows any text, the words of the others do not restrict it.
    free = any("text" in expected.kinds and not expected.words for expected in known)
    return Expected(kinds, frozenset() if free else words)
