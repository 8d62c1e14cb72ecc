"""What a file must not say in production: secrets, addresses on this machine, files that only this machine has."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from gateway_kit.stack.configuration.data_files import is_file_setting
from gateway_kit.stack.configuration.models import PLACEHOLDERS, REFERENCE
from gateway_kit.stack.configuration.offline import REAL_PROVIDERS
from gateway_kit.stack.exporting.draft import Draft
from gateway_kit.stack.exporting.variables import Variable, variable_name
from gateway_kit.stack.rehearsing.translation.draft import written
from gateway_kit.stack.rehearsing.translation.models import split_model
from gateway_kit.stack.rehearsing.translation.secrets import is_secret, is_secret_name
from gateway_kit.stack.rehearsing.translation.source import Way
from gateway_kit.stack.rehearsing.translation.speed import leaves

# What people write where a server asks for no key.
_NO_KEY = frozenset(
    {"none", "dummy", "empty", "na", "n/a", "no-key", "not-needed", "sk-none", "sk-no-key-required"}
)
_HERE = ("localhost", "127.", "0.0.0.0", "[::1]")  # noqa: S104  # recognised, not listened on


def replace_literals(draft: Draft) -> None:
    """Put a reference in the place of each literal secret, address on this machine and file of this machine."""
    _environment_variables(draft)
    for way, value in leaves(draft.data, ()):
        if isinstance(value, str) and not value.startswith(REFERENCE):
            _replace_one(draft, way, value)
    for way, value in leaves(draft.data, ()):
        if isinstance(value, str) and value.startswith(REFERENCE):
            _declare(draft, way, value.removeprefix(REFERENCE))


def _replace_one(draft: Draft, way: Way, value: str) -> None:
    key = setting_of(way)
    if any("${" + name + "}" in value for name in PLACEHOLDERS):
        draft.note(f"`{written(way)}` led to a service of the kit's own: give its address as a variable.")
        _put(draft, way, Variable(_named(draft, way, key)[-1], False, f"address for `{written(way)}`"))
    elif is_file_setting(key, value):
        credentials = "credentials" in key.lower()
        name = "GOOGLE_APPLICATION_CREDENTIALS" if credentials else _named(draft, way, key)[-1]
        what = "JSON of a Google service account, in one line" if credentials else "path, in the container,"
        _put(draft, way, Variable(name, credentials, f"{what} for `{written(way)}`"))
        draft.note(
            f"`{written(way)}` named the file {Path(value).name}, which is not exported: it is {name} now."
        )
    elif is_secret(key, value) and value.strip().lower() not in _NO_KEY:
        name = draft.register.name_for(value, *_wanted(draft, way, key))
        _put(draft, way, Variable(name, True, f"was written in the configuration as `{written(way)}`"))
        draft.note(
            f"`{written(way)}` was a secret written in the configuration: it is {name} now, and not exported."
        )
    elif _is_here(value):
        name = _named(draft, way, key)[-1]
        default = _nowhere(value)
        meaning = f"address for `{written(way)}`, which was on your machine"
        _put(draft, way, Variable(name, False, meaning, default=default))
        draft.note(f"`{written(way)}` led to your machine: give the address that production has as {name}.")


def _environment_variables(draft: Draft) -> None:
    """The file's own variables: a deployment sets them from outside, like all others.

    No value goes along: a name does not tell whether it is a secret.
    """
    declared = draft.data.pop("environment_variables", None)
    for name, value in (declared if isinstance(declared, dict) else {}).items():
        secret = is_secret_name(name) or is_secret(name, "" if value is None else str(value))
        meaning = "was in `environment_variables` of the configuration, which has its value"
        draft.register.refer(Variable(str(name), secret, meaning))
        draft.note(
            f"`environment_variables.{name}` is a variable of the deployment now: give it its value there."
        )


def _declare(draft: Draft, way: Way, name: str) -> None:
    """Register a variable that the configuration refers to and that nothing has described."""
    key = setting_of(way)
    secret = is_secret_name(key) or is_secret_name(name) or is_secret_name(name.lower())
    draft.register.refer(Variable(name, secret, f"value of `{written(way)}`"))


def _wanted(draft: Draft, way: Way, key: str) -> list[str]:
    """Names for a literal secret, the best first."""
    fixed = {
        ("general_settings", "master_key"): "LITELLM_MASTER_KEY",
        ("general_settings", "database_url"): "DATABASE_URL",
    }.get(tuple(way))
    if fixed:
        return [fixed]
    names = _named(draft, way, key)
    if way[0] == "model_list" and way[2:3] == ("litellm_params",) and len(way) == 4:
        params = draft.data["model_list"][way[1]]["litellm_params"]
        provider, _ = split_model(str(params.get("model", "")), params.get("custom_llm_provider"))
        real = REAL_PROVIDERS.get(provider)
        usual = {**real.required, **real.optional}.get(key) if real and not params.get("base_url") else None
        if usual and (provider == "azure" or not params.get("api_base")) and not _referred(draft, usual):
            return [usual, *names]
    return names


def _referred(draft: Draft, name: str) -> bool:
    """Whether the configuration refers to a variable itself, which may have another value."""
    return any(value == REFERENCE + name for _, value in leaves(draft.data, ()))


def _named(draft: Draft, way: Way, key: str) -> list[str]:
    """A name from where a setting stands: the model's or guardrail's, or the section, and the setting's own."""
    for length in range(len(way) - 1, 0, -1):
        around: Any = draft.data
        for part in way[:length]:
            around = around[part]
        if isinstance(around, dict):
            label = next(
                (v for k, v in around.items() if str(k).endswith("_name") and isinstance(v, str)), None
            )
            if label and not label.startswith(REFERENCE):
                return [variable_name(label, key)]
    return [variable_name(*(part for part in way[1:] if isinstance(part, str)))]


def _put(draft: Draft, way: Way, variable: Variable) -> None:
    around: Any = draft.data
    for part in way[:-1]:
        around = around[part]
    around[way[-1]] = draft.register.refer(variable)


def _is_here(value: str) -> bool:
    """Whether a value is an address on this machine."""
    if "://" not in value:
        return False
    try:
        host = urlsplit(value).hostname or ""
    except ValueError:
        return False
    return host.startswith(_HERE) or host == "::1"


def _nowhere(value: str) -> str:
    """The address at a reserved name that leads nowhere."""
    parts = urlsplit(value)
    port = f":{parts.port}" if parts.port else ""
    return parts._replace(netloc=f"server.invalid{port}", query="", fragment="").geturl()


def setting_of(way: Way) -> str:
    """The name of the setting at the end of a way, whatever number it has in a list."""
    return next((part for part in reversed(way) if isinstance(part, str)), "")
