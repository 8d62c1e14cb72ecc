"""The names that the installed LiteLLM knows: providers, parameters, settings, cache types, priced models.

They are read from LiteLLM's source files. Importing LiteLLM takes seconds; this takes a quarter of one.
"""

from __future__ import annotations

import ast
import functools
import importlib.util
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

_Fact = TypeVar("_Fact")


@dataclass(frozen=True)
class LiteLLMNames:
    """Every set is empty where LiteLLM's source no longer has the expected shape; checks then stay silent.

    `model_modes` and `vector_sizes` are what the price list says of some models: `chat`, `embedding` and so on, and
    how many numbers a vector has.
    """

    providers: frozenset[str]
    priced_models: frozenset[str]
    cache_types: frozenset[str]
    routing_strategies: frozenset[str]
    litellm_params: frozenset[str]
    litellm_settings: frozenset[str]
    router_settings: frozenset[str]
    general_settings: frozenset[str]
    model_modes: Mapping[str, str] = field(default_factory=dict, kw_only=True)
    vector_sizes: Mapping[str, int] = field(default_factory=dict, kw_only=True)


# Top-level keys of a configuration file, from ConfigYAML and the proxy's loader (litellm 1.106).
TOP_LEVEL = frozenset(
    {
        "model_list", "litellm_settings", "router_settings", "general_settings", "environment_variables",
        "include", "callback_settings", "credential_list", "guardrails", "mcp_servers", "mcp_tools",
        "mcp_aliases", "policies", "policy_attachments", "prompts", "search_tools", "sandbox_tools",
        "vector_store_registry", "worker_registry", "assistant_settings", "files_settings",
        "finetune_settings", "agent_list", "default_vertex_config", "plugins", "classifier_plugin",
        "pass_through_endpoints", "model_group_alias",
    }
)  # fmt: skip

# What a deployment of model_list may hold beside litellm_params.
DEPLOYMENT_KEYS = frozenset({"model_name", "litellm_params", "model_info", "blocked"})


@functools.cache
def litellm_names() -> LiteLLMNames:
    """The names, read once. All empty where LiteLLM is not installed."""
    spec = importlib.util.find_spec("litellm")
    if spec is None or not spec.submodule_search_locations:
        empty: frozenset[str] = frozenset()
        return LiteLLMNames(*[empty] * 8)
    folder = Path(next(iter(spec.submodule_search_locations)))
    utils = _classes(folder / "types" / "utils.py")
    router = _classes(folder / "types" / "router.py")
    proxy = _classes(folder / "proxy" / "_types.py")
    proxy_server = _read(folder / "proxy" / "proxy_server.py")
    listed = frozenset(_json(folder / "llms" / "openai_like" / "providers.json"))
    priced = _json(folder / "model_prices_and_context_window_backup.json")
    params = _fields(router, "GenericLiteLLMParams", "CredentialLiteLLMParams", "LiteLLM_Params")
    params |= _fields(router, "LiteLLMParamsTypedDict") | _fields(utils, "CustomPricingLiteLLMParams")
    params |= _string_list(folder / "constants.py", "OPENAI_CHAT_COMPLETION_PARAMS")
    params |= _string_list(folder / "constants.py", "OPENAI_EMBEDDING_PARAMS")
    options = _classes(folder / "types" / "litellm_params.py")
    options.pop("LiteLLMOptions", None)  # its fields are the other classes
    params |= _fields(options, *(name for name in options if name.endswith(("Options", "Connection"))))
    # `no-log` and the like: parameters whose name is no word of Python's.
    params |= frozenset(re.findall(r'wire\("([a-z][\w-]*)"\)', _read(folder / "types" / "litellm_params.py")))
    params |= {"extra_body", "encoding_format", "dimensions", "custom_llm_provider", "model", "num_ctx"}
    return LiteLLMNames(
        providers=frozenset(_enum_values(utils, "LlmProviders")) | listed,
        priced_models=frozenset(priced),
        cache_types=frozenset(_enum_values(_classes(folder / "types" / "caching.py"), "LiteLLMCacheType")),
        routing_strategies=_literal(folder / "types" / "litellm_params.py", "RoutingStrategyName")
        | frozenset(_enum_values(router, "RoutingStrategy")),
        litellm_params=frozenset(params),
        litellm_settings=_module_names(folder / "__init__.py")
        | frozenset(re.findall(r'(?:if|elif) key == "([a-z_]+)"', proxy_server))
        | {"telemetry", "set_verbose"},
        router_settings=_fields(router, "UpdateRouterConfig") | _router_arguments(folder / "router.py"),
        general_settings=_fields(proxy, "ConfigGeneralSettings")
        | frozenset(re.findall(r'general_settings\.get\(\s*"([a-z_]+)"', proxy_server)),
        model_modes=_facts(priced, "mode", str),
        vector_sizes=_facts(priced, "output_vector_size", int),
    )


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""


def _classes(path: Path) -> dict[str, ast.ClassDef]:
    return {node.name: node for node in ast.parse(_read(path)).body if isinstance(node, ast.ClassDef)}


def _fields(classes: dict[str, ast.ClassDef], *names: str) -> frozenset[str]:
    return frozenset(
        node.target.id
        for name in names
        if name in classes
        for node in classes[name].body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    )


def _enum_values(classes: dict[str, ast.ClassDef], name: str) -> list[str]:
    body = classes[name].body if name in classes else []
    return [
        node.value.value
        for node in body
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    ]


def _string_list(path: Path, name: str) -> frozenset[str]:
    for node in ast.parse(_read(path)).body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == name:
            elements = node.value.elts if isinstance(node.value, ast.List) else []
            return frozenset(
                e.value for e in elements if isinstance(e, ast.Constant) and isinstance(e.value, str)
            )
    return frozenset()


def _literal(path: Path, name: str) -> frozenset[str]:
    found = re.search(rf"^{name}: TypeAlias = Literal\[([^\]]*)\]", _read(path), re.MULTILINE)
    return frozenset(re.findall(r'"([^"]+)"', found.group(1))) if found else frozenset()


def _module_names(path: Path) -> frozenset[str]:
    names = re.findall(r"^([a-z][a-z_0-9]*)\s*(?::[^=\n]+)?=", _read(path), re.MULTILINE)
    return frozenset(names)


def _router_arguments(path: Path) -> frozenset[str]:
    # Only the signature is parsed: the whole file has 15,000 lines.
    source = _read(path)
    found = re.search(
        r"^class Router\b.*?(?<=\n)    (def __init__\(.*?\n    \)[^\n]*:)\n", source, re.DOTALL | re.MULTILINE
    )
    if found is None:
        return frozenset()
    function = ast.parse(found.group(1) + " pass").body[0]
    if not isinstance(function, ast.FunctionDef):
        return frozenset()
    arguments = function.args.args + function.args.kwonlyargs
    return frozenset(argument.arg for argument in arguments if argument.arg != "self")


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(_read(path) or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _facts(listed: Mapping[str, Any], fact: str, kind: type[_Fact]) -> dict[str, _Fact]:
    """Name → one fact, of those entries that tell it."""
    told = {name: entry.get(fact) for name, entry in listed.items() if isinstance(entry, dict)}
    return {name: value for name, value in told.items() if isinstance(value, kind)}
