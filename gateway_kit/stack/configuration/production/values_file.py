"""Values of the chart `litellm-helm`: LiteLLM's configuration in them, and how the chart runs it."""

from __future__ import annotations

from collections.abc import Iterator

import yaml

from gateway_kit.stack.configuration.document import (
    entries,
    is_false,
    is_null,
    items,
    lookup,
    number_of,
    text_of,
)
from gateway_kit.stack.configuration.production.mends import Add, Delete, Path, Step, Write
from gateway_kit.stack.configuration.production.secret_names import is_secret
from gateway_kit.stack.configuration.production.subject import WrittenSecret
from gateway_kit.stack.configuration.production.variables import Variables

_CONFIG = "proxy_config"

# What the chart gives the gateway by itself, with the master key's secret.
_ALWAYS = frozenset({"PROXY_MASTER_KEY", "HOST", "PORT"})
_DATABASE = frozenset(
    {"DATABASE_USERNAME", "DATABASE_PASSWORD", "DATABASE_HOST", "DATABASE_NAME", "DATABASE_URL"}
)


# Keys that values have and no configuration of LiteLLM's.
_OF_VALUES = frozenset(
    {
        "autoscaling", "extraEnvVars", "envVars", "image", "livenessProbe", "masterkeySecretName", "migrationJob",
        "proxyConfigMap", "readinessProbe", "replicaCount", "resources", "terminationGracePeriodSeconds",
    }
)  # fmt: skip


def is_values(root: yaml.Node) -> bool:
    """Whether a file without LiteLLM's configuration has values of its chart."""
    keys = {entry.key for entry in entries(root)}
    return len(keys & _OF_VALUES) > 1 and not any(key.endswith(("_settings", "_list")) for key in keys)


def place_of(root: yaml.Node) -> Path | None:
    """The keys that lead to the chart's values: none, or its name where it is another chart's dependency."""
    if lookup(root, _CONFIG) is not None:
        return ()
    return next(((entry.key,) for entry in entries(root) if lookup(entry.value, _CONFIG) is not None), None)


def values_at(root: yaml.Node, place: Path) -> yaml.Node:
    """The chart's values."""
    entry = lookup(root, *(str(key) for key in place)) if place else None
    return entry.value if entry is not None else root


def replicas_of(values: yaml.Node) -> tuple[int, Path]:
    """How many gateways there may be, and where that is written: an autoscaler's maximum, else `replicaCount`.

    The chart's own numbers are 100 and 1.
    """
    for scaler in ("autoscaling", "keda"):
        if _is_on(values, scaler, "enabled"):
            return _whole(values, (scaler, "maxReplicas"), 100), (scaler, "maxReplicas")
    return _whole(values, ("replicaCount",), 1), ("replicaCount",)


def pooled(values: yaml.Node) -> int | None:
    """The connections of the pooler in each pod, 20 by the chart's default; None if there is none."""
    pool = ("db", "connectionPool")
    return _whole(values, (*pool, "maxDbConnections"), 20) if _is_on(values, *pool, "enabled") else None


def workers_of(values: yaml.Node) -> int:
    """The processes of each gateway."""
    return _whole(values, ("numWorkers",), 1)


def migrates(values: yaml.Node) -> bool:
    """Whether the chart's job brings the database's tables up to date, which it does by default."""
    switch = lookup(values, "migrationJob", "enabled")
    return switch is None or not is_false(switch.value)


def has_redis(values: yaml.Node) -> bool:
    """Whether the chart starts a Redis and writes it into the configuration."""
    shared = lookup(values, "redis", "coordination", "enabled")
    return _is_on(values, "redis", "enabled") and (shared is None or not is_false(shared.value))


def variables_of(values: yaml.Node) -> Variables:
    """What the gateway gets: the chart's own variables, `envVars`, `extraEnvVars`, and secrets by their name."""
    given: dict[str, str] = {}
    referred = set(_ALWAYS)
    if _is_on(values, "db", "useExisting") or not _is_off(values, "db", "deployStandalone"):
        referred |= _DATABASE
    if has_redis(values):
        referred |= {"REDIS_HOST", "REDIS_PORT", "REDIS_PASSWORD"}
    if any(
        text_of(_value(values, "db", *path))
        for path in (("readReplicaUrl",), ("secret", "readReplicaUrlKey"))
    ):
        referred.add("DATABASE_URL_READ_REPLICA")
    given["LITELLM_LOG"] = text_of(_value(values, "logLevel")) or "INFO"
    plain = lookup(values, "envVars")
    for entry in entries(plain.value if plain else None):
        given[entry.key] = str(entry.value.value) if isinstance(entry.value, yaml.ScalarNode) else ""
    for _, name, node in _extra(values):
        value = lookup(node, "value")
        if value is not None and isinstance(value.value, yaml.ScalarNode):
            given[name] = str(value.value.value)
        elif lookup(node, "valueFrom") is not None:
            given.pop(name, None)
            referred.add(name)
    if migrates(values):
        given["DISABLE_SCHEMA_UPDATE"] = "true"
    more = any(items(_value(values, key)) for key in ("environmentSecrets", "environmentConfigMaps"))
    return Variables(given, frozenset(referred), more, plain.key_node if plain else None)


def secrets_of(values: yaml.Node, place: Path) -> tuple[WrittenSecret, ...]:
    """The secrets that stand in the values as text."""
    found = []
    plain = lookup(values, "envVars")
    for entry in entries(plain.value if plain else None):
        if is_secret(entry.key, text_of(entry.value) or ""):
            steps: tuple[Step, ...] = (
                Delete((*place, "envVars", entry.key)),
                Add((*place, "extraEnvVars"), _from_secret(entry.key)),
            )
            found.append(WrittenSecret(entry.key, entry.value, steps))
    for number, name, node in _extra(values):
        value = lookup(node, "value")
        if value is not None and is_secret(name, text_of(value.value) or ""):
            step = Write((*place, "extraEnvVars", number), _from_secret(name))
            found.append(WrittenSecret(name, value.value, (step,)))
    master = lookup(values, "masterkey")
    if master is not None and text_of(master.value):
        steps = (Delete((*place, "masterkey")), Write((*place, "masterkeySecretName"), "litellm-masterkey"))
        found.append(WrittenSecret("masterkey", master.value, steps))
    return tuple(found)


def _from_secret(name: str) -> dict[str, object]:
    return {"name": name, "valueFrom": {"secretKeyRef": {"name": "litellm-secrets", "key": name}}}


def _extra(values: yaml.Node) -> Iterator[tuple[int, str, yaml.Node]]:
    extra = lookup(values, "extraEnvVars")
    for number, node in enumerate(items(extra.value if extra else None)):
        name = lookup(node, "name")
        if name is not None and (text := text_of(name.value)):
            yield number, text, node


def _value(values: yaml.Node, *path: str) -> yaml.Node | None:
    entry = lookup(values, *path)
    return None if entry is None or is_null(entry.value) else entry.value


def _is_on(values: yaml.Node, *path: str) -> bool:
    node = _value(values, *path)
    return node is not None and node.tag.endswith(":bool") and not is_false(node)


def _is_off(values: yaml.Node, *path: str) -> bool:
    node = _value(values, *path)
    return node is not None and is_false(node)


def _whole(values: yaml.Node, path: tuple[str, ...], default: int) -> int:
    node = _value(values, *path)
    number = number_of(node) if node is not None else None
    return int(number) if number is not None and 1 <= number < 100_000 else default
