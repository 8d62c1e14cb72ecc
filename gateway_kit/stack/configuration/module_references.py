"""The user's Python code that a configuration names, and the file of each name.

LiteLLM's rule (`get_instance_fn`): for `hooks.audit.handler` it takes `handler` from the file hooks/audit.py beside the
configuration, or from the installed module `hooks.audit` if that file is missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from gateway_kit.stack.configuration.document import entries, items, lookup, text_of
from gateway_kit.stack.configuration.models import REFERENCE

_CALLBACK_LISTS = ("callbacks", "success_callback", "failure_callback", "audit_log_callbacks")
# Settings of `general_settings` that name a function.
CODE_SETTINGS = (
    "custom_auth", "custom_key_generate", "custom_key_update", "custom_key_policy", "custom_team_metadata_validate",
    "custom_sso", "custom_ui_sso_sign_in_handler",
)  # fmt: skip
# LiteLLM fetches modules in a bucket itself.
_REMOTE = ("s3://", "gcs://")


@dataclass(frozen=True)
class ModuleReference:
    """`module.attribute` as a setting names it; `path` is the file beside the configuration, None if there is none.

    `beside_only` if LiteLLM looks only in the folder of the configuration.
    """

    setting: str
    node: yaml.Node
    module: str
    attribute: str
    path: Path | None
    beside_only: bool = False


def module_references(root: yaml.Node, folder: Path, env: Mapping[str, str]) -> list[ModuleReference]:
    """Every reference to Python code in a configuration in `folder`."""
    references = []
    for setting, node in _settings(root):
        value = text_of(node) or ""
        if value.startswith(REFERENCE):
            value = env.get(value.removeprefix(REFERENCE), "")
        module, dot, attribute = value.rpartition(".")
        if not dot or not module or value.startswith(_REMOTE):
            continue
        path = folder.joinpath(*module.split(".")).with_suffix(".py") if _is_dotted(module) else None
        secrets = setting == "custom_secret_manager"
        file = path if path is not None and _is_file(path) else None
        if setting == "target" and file is None:
            continue  # usually a URL, not Python code
        references.append(ModuleReference(setting, node, module, attribute, file, beside_only=secrets))
    return references


def _settings(root: yaml.Node) -> Iterator[tuple[str, yaml.Node]]:
    """The name of each setting that may hold a reference, and its value."""
    for name in _CALLBACK_LISTS:
        yield from _listed(name, lookup(root, "litellm_settings", name))
    for name in ("post_call_rules",):
        yield from _listed(name, lookup(root, "litellm_settings", name))
    for item in _items(root, "litellm_settings", "custom_provider_map"):
        yield from _listed("custom_handler", lookup(item, "custom_handler"))
    for item in _items(root, "litellm_settings", "guardrails"):
        for entry in entries(item):
            yield from _listed("callbacks", lookup(entry.value, "callbacks"))
    for item in _items(root, "guardrails"):
        yield from _listed("guardrail", lookup(item, "litellm_params", "guardrail"))
    for name in CODE_SETTINGS:
        yield from _listed(name, lookup(root, "general_settings", name))
    yield from _listed(
        "custom_validate", lookup(root, "general_settings", "litellm_jwtauth", "custom_validate")
    )
    system = lookup(root, "general_settings", "key_management_system")
    if system is not None and text_of(system.value) == "custom":
        path = ("general_settings", "key_management_settings", "custom_secret_manager")
        yield from _listed("custom_secret_manager", lookup(root, *path))
    for item in _items(root, "general_settings", "pass_through_endpoints"):
        yield from _listed("target", lookup(item, "target"))
    for item in _items(root, "mcp_tools"):
        yield from _listed("handler", lookup(item, "handler"))
    yield from _listed("plugins", lookup(root, "router_settings", "plugins"))
    for item in _items(root, "model_list"):
        router = ("litellm_params", "complexity_router_config")
        yield from _listed("plugins", lookup(item, *router, "plugins"))
        yield from _listed("classifier_plugin", lookup(item, *router, "classifier_plugin"))


def _items(root: yaml.Node, *path: str) -> list[yaml.Node]:
    entry = lookup(root, *path)
    return items(entry.value if entry else None)


def _listed(setting: str, entry: object) -> Iterator[tuple[str, yaml.Node]]:
    value = getattr(entry, "value", None)
    if isinstance(value, yaml.ScalarNode):
        yield setting, value
    for node in items(value):
        yield setting, node


def _is_dotted(module: str) -> bool:
    return all(part.isidentifier() for part in module.split("."))


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name that no file can have
        return False
