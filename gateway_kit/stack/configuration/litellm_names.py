"""The names that the installed LiteLLM knows: providers, parameters, settings, cache types, priced models.

They are read from its source files, not from a hand-kept list, so that they match the installed version.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from gateway_kit.stack.configuration.litellm_source import (
    argument_annotations,
    arguments_of_constructors,
    classes_of,
    enum_values,
    field_names,
    folder_of,
    json_of,
    listed_strings,
    read_source,
    string_list,
)

_Fact = TypeVar("_Fact")


@dataclass(frozen=True)
class LiteLLMNames:
    """A set is empty if LiteLLM's source no longer has the expected shape; its checks then report nothing.

    `model_modes` (`chat`, `embedding` and so on), `vector_sizes` (numbers in a vector), `output_tokens` (of the longest
    answer) and `output_prices` (USD per token) come from the price list.
    `bare_models` and `bare_patterns` (regular expressions) are the models that need no provider. LiteLLM does not
    start with a setting of `not_for_router` in `router_settings`, or of `with_licence` if no licence is set.
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
    sections: frozenset[str] = field(default=frozenset(), kw_only=True)
    model_info: frozenset[str] = field(default=frozenset(), kw_only=True)
    bare_models: frozenset[str] = field(default=frozenset(), kw_only=True)
    bare_patterns: tuple[str, ...] = field(default=(), kw_only=True)
    not_for_router: frozenset[str] = field(default=frozenset(), kw_only=True)
    output_tokens: Mapping[str, int] = field(default_factory=dict, kw_only=True)
    output_prices: Mapping[str, float] = field(default_factory=dict, kw_only=True)
    with_licence: frozenset[str] = field(default=frozenset(), kw_only=True)


# Top-level keys of a configuration file, from ConfigYAML and the proxy's loader (litellm 1.106).
TOP_LEVEL = frozenset(
    {
        "model_list", "litellm_settings", "router_settings", "general_settings", "environment_variables",
        "include", "callback_settings", "credential_list", "guardrails", "mcp_servers", "mcp_tools",
        "mcp_aliases", "policies", "policy_attachments", "prompts", "search_tools", "sandbox_tools",
        "vector_store_registry", "worker_registry", "assistant_settings", "files_settings",
        "finetune_settings", "agent_list", "default_vertex_config", "plugins", "classifier_plugin",
        "pass_through_endpoints",
    }
)  # fmt: skip

# Keys of a deployment in model_list. LiteLLM moves `rpm` and `tpm` into litellm_params itself.
DEPLOYMENT_KEYS = frozenset({"model_name", "litellm_params", "model_info", "blocked", "rpm", "tpm"})


@functools.cache
def litellm_names() -> LiteLLMNames:
    """The names, read once. All empty if LiteLLM is not installed."""
    folder = folder_of("litellm")
    if folder is None:
        empty: frozenset[str] = frozenset()
        return LiteLLMNames(*[empty] * 8)
    utils = classes_of(folder / "types" / "utils.py")
    router = classes_of(folder / "types" / "router.py")
    proxy = classes_of(folder / "proxy" / "_types.py")
    proxy_server = read_source(folder / "proxy" / "proxy_server.py")
    chosen = read_source(folder / "proxy" / "common_utils" / "http_parsing_utils.py")
    listed = frozenset(json_of(folder / "llms" / "openai_like" / "providers.json"))
    priced = json_of(folder / "model_prices_and_context_window_backup.json")
    params = field_names(router, "GenericLiteLLMParams", "CredentialLiteLLMParams", "LiteLLM_Params")
    params |= field_names(router, "LiteLLMParamsTypedDict") | field_names(
        utils, "MirroredPricingParams", "CustomPricingLiteLLMParams"
    )
    params |= string_list(folder / "constants.py", "OPENAI_CHAT_COMPLETION_PARAMS")
    params |= string_list(folder / "constants.py", "OPENAI_EMBEDDING_PARAMS")
    options = classes_of(folder / "types" / "litellm_params.py")
    options.pop("LiteLLMOptions", None)  # its fields are instances of the other classes
    params |= field_names(options, *(name for name in options if name.endswith(("Options", "Connection"))))
    # Parameters whose name is not a Python identifier, such as `no-log`.
    params |= frozenset(
        re.findall(r'wire\("([a-z][\w-]*)"\)', read_source(folder / "types" / "litellm_params.py"))
    )
    params |= {"extra_body", "encoding_format", "dimensions", "custom_llm_provider", "model", "num_ctx"}
    refused = re.search(r"elif k in \{([^}]*)\}:\s+raise ValueError", proxy_server)
    return LiteLLMNames(
        providers=frozenset(enum_values(utils, "LlmProviders")) | listed,
        priced_models=frozenset(priced),
        cache_types=frozenset(enum_values(classes_of(folder / "types" / "caching.py"), "LiteLLMCacheType")),
        routing_strategies=_literal(folder / "types" / "litellm_params.py", "RoutingStrategyName")
        | frozenset(enum_values(router, "RoutingStrategy")),
        litellm_params=frozenset(params),
        litellm_settings=_module_names(folder / "__init__.py")
        | frozenset(re.findall(r'(?:if|elif) key == "([a-z_]+)"', proxy_server))
        | {"telemetry", "set_verbose"},
        router_settings=field_names(router, "UpdateRouterConfig")
        | frozenset(argument_annotations(folder / "router.py", "__init__", "Router")),
        general_settings=field_names(proxy, "ConfigGeneralSettings")
        | frozenset(re.findall(r'general_settings\.get\(\s*"([a-z_]+)"', proxy_server))
        | frozenset(re.findall(r'settings\.get\("(\w+_model)"\)', chosen)),
        model_modes=_facts(priced, "mode", str),
        vector_sizes=_facts(priced, "output_vector_size", int),
        sections=TOP_LEVEL | frozenset(re.findall(r'\bconfig\.get\(\s*"([a-z_]+)"', proxy_server)),
        model_info=field_names(utils, "ModelInfoBase", "ProviderSpecificModelInfo"),
        bare_models=frozenset(priced)
        | listed_strings(folder / "constants.py")
        | listed_strings(folder / "__init__.py"),
        bare_patterns=tuple(_routing_patterns(priced)),
        output_tokens=_facts(priced, "max_output_tokens", int),
        output_prices=_facts(priced, "output_cost_per_token", float),
        with_licence=frozenset(
            re.findall(
                r'raise ValueError\(\s*"(?:Trying to use `)?(\w+)(?:`" \+ \S*premium| is an Enterprise)',
                proxy_server,
            )
        ),
        not_for_router=frozenset(re.findall(r'"([a-z_]+)"', refused.group(1) if refused else "")),
    )


@functools.cache
def cache_parameters() -> frozenset[str]:
    """The keys `cache_params` accepts: the arguments of LiteLLM's caches and of the Redis clients behind them."""
    folder, redis = folder_of("litellm"), folder_of("redis")
    if folder is None or redis is None:
        return frozenset()
    files = [*sorted((folder / "caching").glob("*.py")), folder / "_redis.py"]
    clients = ("client.py", "cluster.py", "connection.py", "sentinel.py")
    files += [redis / part / name for part in (".", "asyncio") for name in clients]
    return frozenset().union(*(arguments_of_constructors(path) for path in files))


def _literal(path: Path, name: str) -> frozenset[str]:
    match = re.search(rf"^{name}: TypeAlias = Literal\[([^\]]*)\]", read_source(path), re.MULTILINE)
    return frozenset(re.findall(r'"([^"]+)"', match.group(1))) if match else frozenset()


def _module_names(path: Path) -> frozenset[str]:
    names = re.findall(r"^([a-z][a-z_0-9]*)\s*(?::[^=\n]+)?=", read_source(path), re.MULTILINE)
    return frozenset(names)


def _routing_patterns(value: object) -> Iterator[str]:
    """The regular expressions with which the price list assigns unlisted model names to a provider."""
    if isinstance(value, dict):
        info = value.get("model_info")
        if isinstance(value.get("pattern"), str) and isinstance(info, dict) and "litellm_provider" in info:
            yield value["pattern"]
        for inner in value.values():
            yield from _routing_patterns(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _routing_patterns(inner)


def _facts(listed: Mapping[str, Any], fact: str, kind: type[_Fact]) -> dict[str, _Fact]:
    """Name → one fact, for the entries that have it."""
    values = {name: entry.get(fact) for name, entry in listed.items() if isinstance(entry, dict)}
    return {name: value for name, value in values.items() if isinstance(value, kind)}
