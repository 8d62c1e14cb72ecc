"""Findings about keys: variables that are not set, references LiteLLM does not read, secrets in the file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

import yaml

from gateway_kit.stack.configuration.document import entries, lookup, scalars, text_of
from gateway_kit.stack.configuration.findings import SECRET_VALUE, Finding, finding_at, masked_secret, shown
from gateway_kit.stack.configuration.models import PLACEHOLDERS, REFERENCE

# Variables that `gateway-kit up` sets for the gateway.
STACK_VARIABLES = frozenset(
    {
        "LITELLM_MASTER_KEY", "LITELLM_SALT_KEY", "DATABASE_URL",
        "REDIS_URL", "REDIS_HOST", "REDIS_PORT", "REDIS_PASSWORD",
        "PROVIDERS_URL", "CHAT_MODEL_URL", "EMBEDDINGS_URL", "SIMULATED_VERTEX_CREDENTIALS",
    }
)  # fmt: skip

# Sections of settings; the other sections are lists of models, tools and so on.
_SETTINGS = ("general_settings", "litellm_settings", "router_settings")

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
# What a shell or Compose would do if a variable is not set: `${NAME:-default}`.
_OTHERWISE = r"(?::?[-?+=][^}]*)?"
# Spellings that look like a reference but are plain text to LiteLLM.
_NEAR_REFERENCE = re.compile(
    r"\$\w+\Z|\$\{\w+" + _OTHERWISE + r"\}\Z|os\.environ\b|os/environ\b|environ/|env/|\{\{"
)
# LiteLLM replaces a reference only at the beginning of a value.
_LATE_REFERENCE = re.compile(r"\S*[^\s\w]" + re.escape(REFERENCE) + r"(\w+)\S*\Z")
# Placeholders that neither LiteLLM nor `gateway-kit up` fills in.
_PLACEHOLDER = re.compile(
    r"\$\{(?!(?:" + "|".join(PLACEHOLDERS) + r")\})[A-Za-z_][A-Za-z0-9_]*" + _OTHERWISE + r"\}"
)
# Words of values that stand where a key must be, for servers that ask for none, or for a key that is still to come.
_NO_SECRET = re.compile(
    r"no-?auth|not?[-_ ]?(needed|used|required|key|real)|placeholder|dummy|fake|mock|example|unused|replace|your[-_ ]"
    r"|<.*>",
    re.IGNORECASE,
)
_SECRET_KEY = re.compile(r"(^|_)(api_key|master_key|password|secret|token|secret_access_key|access_key_id)$")


def check_references(root: yaml.Node, env: Mapping[str, str]) -> Iterator[Finding]:
    """Findings about `os.environ/NAME` values and about secrets written in the file."""
    declared = lookup(root, "environment_variables")
    # `NAME: os.environ/NAME` sets nothing.
    names = {
        entry.key
        for entry in entries(declared.value if declared else None)
        if text_of(entry.value) != REFERENCE + entry.key
    }
    reported: set[str] = set()
    for section, setting, key, node in _values(root):
        value = text_of(node)
        if value is None:
            continue
        if value.startswith(REFERENCE):
            if setting:
                users = f"`{shown(setting)}`"
            elif section == "model_list":
                users = "the models that need it"
            else:
                users = f"what needs it in `{shown(section)}`"
            name = value.removeprefix(REFERENCE)
            yield from _check_reference(node, name, setting, users, env, names, reported)
        elif _LATE_REFERENCE.match(value):
            message = f"`{shown(value, 60)}` is plain text to LiteLLM: a reference is a value of its own."
            fix = f"Put the whole value into a variable and write {REFERENCE}NAME."
            yield finding_at(node, "error", "bad-reference", message, fix)
        elif _SECRET_KEY.search(key) and is_near_reference(value):
            yield _not_read(node, value)
        elif (placeholder := _PLACEHOLDER.search(value)) and not _is_filled_in(root, section):
            yield _not_filled_in(node, value, placeholder.group())
        elif (section, key) == ("general_settings", "master_key") and value != env.get("LITELLM_MASTER_KEY"):
            continue  # check_master_key reports it
        elif looks_secret(key, value):
            masked = masked_secret(value)
            message = (
                f"`{shown(key)}: {masked}` is a secret written in the file: "
                "everybody who can read the file has it."
            )
            fix = f"Put it in a variable and write {REFERENCE}NAME here."
            yield finding_at(node, "warning", "literal-secret", message, fix)


def is_near_reference(value: str) -> bool:
    """Whether a value looks like a reference to a variable, but is plain text to LiteLLM."""
    return bool(_NEAR_REFERENCE.match(value.strip()))


def _values(root: yaml.Node) -> Iterator[tuple[str, str, str, yaml.Node]]:
    """Every scalar with its section, its setting (SECTION.KEY, empty outside settings) and its key; each node once."""
    seen: set[int] = set()
    for entry in entries(root):
        parts = entries(entry.value) if entry.key in _SETTINGS else []
        for part in [*parts, entry]:
            setting = f"{entry.key}.{part.key}" if part is not entry else ""
            for key, node in scalars(part.value):
                if id(node) not in seen:
                    seen.add(id(node))
                    yield entry.key, setting, key or part.key, node


def _is_filled_in(root: yaml.Node, section: str) -> bool:
    """Whether LiteLLM fills in `${NAME}` itself: in servers of MCP that name variables of their own."""
    if section != "mcp_servers":
        return False
    servers = lookup(root, section)
    return any(lookup(e.value, "env_vars") for e in entries(servers.value if servers else None))


def _check_reference(
    node: yaml.Node,
    name: str,
    setting: str,
    users: str,
    env: Mapping[str, str],
    declared: set[str],
    reported: set[str],
) -> Iterator[Finding]:
    """`setting` is its SECTION.KEY, empty outside settings; `users` says what could be deleted instead."""
    if not _NAME.match(name):
        message = f"`{REFERENCE}{shown(name, 40)}` is not the name of a variable."
        fix = f"Write {REFERENCE} and the variable's name: letters, digits and _."
        yield finding_at(node, "error", "bad-reference", message, fix)
    elif name in STACK_VARIABLES or name in declared:
        return
    elif name not in env:
        # Reported once per variable: ten models of one provider are one mistake.
        if name not in reported:
            reported.add(name)
            if setting == "general_settings.master_key":
                fix = f"Write {REFERENCE}LITELLM_MASTER_KEY, which the kit sets."
            else:
                fix = f"Run: export {name}=... before `gateway-kit up`, or delete {users}."
            origin = f", which `{shown(setting)}` names," if setting else ""
            yield finding_at(
                node, "error", "missing-variable", f"the variable {name}{origin} is not set.", fix
            )
    elif not env[name].strip() and name not in reported:
        reported.add(name)
        fix = f"Run: export {name}=... with its value."
        yield finding_at(node, "warning", "empty-variable", f"the variable {name} is set but empty.", fix)


def _not_read(node: yaml.Node, value: str) -> Finding:
    message = f"`{shown(value, 40)}` is plain text to LiteLLM, not a variable."
    name = re.search(r"(?!os\b|environ\b|env\b)\b[A-Za-z_]\w*", value)
    fix = f"Write {REFERENCE}{shown(name.group(), 40) if name else 'NAME'}."
    return finding_at(node, "error", "bad-reference", message, fix)


def _not_filled_in(node: yaml.Node, value: str, placeholder: str) -> Finding:
    message = f"`{shown(value, 60)}` goes to LiteLLM unchanged: nothing fills in {shown(placeholder, 40)}."
    fix = f"Write the value itself, or a value that is {REFERENCE}NAME alone."
    return finding_at(node, "error", "placeholder", message, fix)


def looks_secret(key: str, value: str) -> bool:
    """Whether the value of a setting is a secret and no placeholder."""
    if _NO_SECRET.search(value) and "://" not in value:
        return False
    if SECRET_VALUE.match(value):
        return True
    if "://" in value:
        try:
            return bool(urlsplit(value).password)
        except ValueError:
            return False
    # Short words such as `none` or `dummy` are placeholders for servers that need no key.
    return bool(_SECRET_KEY.search(key)) and len(value) >= 20 and " " not in value
