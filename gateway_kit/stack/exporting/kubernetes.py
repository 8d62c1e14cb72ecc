"""The plain Kubernetes objects beside the charts: namespace, service account, network policy, empty Secrets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from gateway_kit.stack.exporting.production_config import ProductionConfig
from gateway_kit.stack.exporting.values_text import comment
from gateway_kit.stack.exporting.yaml_text import yaml_text

# One namespace for the gateway and its traces: an object refers only to Secrets of its own.
NAMESPACE = "llm-gateway"
RELEASE, SEMANTIC_RELEASE, LANGFUSE_RELEASE = "litellm", "litellm-semantic", "langfuse"
SERVICE_ACCOUNT = "litellm"
ENV_SECRET, DATABASE_SECRET, LANGFUSE_SECRET = "litellm-env", "litellm-database", "langfuse-secrets"
DRAIN_TOKEN = "DRAIN_ENDPOINT_TOKEN"  # noqa: S105  # the variable's name
# Namespaces with this label may call the gateway.
CLIENT_LABEL = {"llm-gateway/client": "true"}

# The chart composes the database's address itself, from a Secret of its own shape.
_FROM_THE_CHART = frozenset(
    {"DATABASE_URL", "DATABASE_HOST", "DATABASE_USERNAME", "DATABASE_PASSWORD", "DATABASE_NAME"}
)
# Not secret, but Langfuse and the gateway have to have the same one: kept with the secret half.
_WITH_THE_SECRETS = frozenset({"LANGFUSE_PUBLIC_KEY"})


@dataclass(frozen=True)
class Key:
    """One value of a Secret. `make` is the command whose output is a good value; empty if somebody gives it to you."""

    name: str
    meaning: str
    needed: bool = True
    make: str = ""


_MADE = {
    "LITELLM_MASTER_KEY": "sk-$(openssl rand -hex 32)",
    "LITELLM_SALT_KEY": "sk-$(openssl rand -hex 32)",
    "LANGFUSE_PUBLIC_KEY": "pk-lf-$(openssl rand -hex 16)",
    "LANGFUSE_SECRET_KEY": "sk-lf-$(openssl rand -hex 16)",
}


def secrets_of(config: ProductionConfig) -> dict[str, tuple[Key, ...]]:
    """Secret's name → its keys: what somebody has to fill in before the charts are installed."""
    # Keys of somebody else's Langfuse are given out there.
    made = {
        name: how
        for name, how in _MADE.items()
        if config.tracing == "langfuse" or not name.startswith("LANGFUSE")
    }
    keys = [
        Key(each.name, each.meaning, each.needed, made.get(each.name, ""))
        for each in config.variables
        if (each.secret or each.name in _WITH_THE_SECRETS) and each.name not in _FROM_THE_CHART
    ]
    keys.append(
        Key(DRAIN_TOKEN, "lets only the pod itself ask the gateway to drain", make="$(openssl rand -hex 32)")
    )
    found = {
        ENV_SECRET: tuple(keys),
        DATABASE_SECRET: (
            Key("username", "user of LiteLLM's database; owns it, since a job creates the tables"),
            Key("password", "its password: letters and digits only, since it becomes part of an address"),
        ),
    }
    if config.tracing == "langfuse":
        found[LANGFUSE_SECRET] = _langfuse_keys()
    return found


def _langfuse_keys() -> tuple[Key, ...]:
    return (
        Key("salt", "hashes API keys; never changed", make="$(openssl rand -base64 32)"),
        Key(
            "encryption-key",
            "encrypts columns of the database; never changed",
            make="$(openssl rand -hex 32)",
        ),
        Key("nextauth-secret", "signs sessions", make="$(openssl rand -base64 32)"),
        Key("init-user-password", "password of the first user", make="$(openssl rand -hex 16)"),
        Key("postgresql-password", "password of Langfuse's database"),
        Key("redis-password", "password of Langfuse's Redis"),
        Key("clickhouse-password", "password of ClickHouse"),
        Key("s3-access-key-id", "key of the object store"),
        Key("s3-secret-access-key", "its secret half"),
    )


def plain_variables(config: ProductionConfig) -> dict[str, str]:
    """Variables that are no secrets: name → default."""
    return {
        each.name: each.default
        for each in config.variables
        if not each.secret and each.name not in _FROM_THE_CHART | _WITH_THE_SECRETS
    }


def foundation() -> list[dict[str, Any]]:
    """The namespace, with the strict pod security standard as a warning, and the gateway's service account."""
    levels = {"enforce": "baseline", "warn": "restricted", "audit": "restricted"}
    return [
        {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {
                "name": NAMESPACE,
                "labels": {f"pod-security.kubernetes.io/{mode}": level for mode, level in levels.items()},
            },
        },
        {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": {"name": SERVICE_ACCOUNT, "namespace": NAMESPACE},
            "automountServiceAccountToken": False,
        },
    ]


def network_policy(config: ProductionConfig) -> dict[str, Any]:
    """Who may call the gateway's pods, and whom they may call."""
    stores = [{"ipBlock": {"cidr": block}} for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")]
    ports = [5432, int(plain_variables(config).get("REDIS_PORT") or 6379), *_ports_of_own_servers(config)]
    # Everything but the cloud's metadata service, which hands out credentials.
    anywhere = {"ipBlock": {"cidr": "0.0.0.0/0", "except": ["169.254.169.254/32"]}}
    egress: list[dict[str, Any]] = [
        {
            "to": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}}],
            "ports": [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}],
        },
        {"to": stores, "ports": [{"protocol": "TCP", "port": port} for port in dict.fromkeys(ports)]},
        {"to": [anywhere], "ports": [{"protocol": "TCP", "port": 443}]},
    ]
    if config.tracing == "langfuse":
        web = {"app.kubernetes.io/name": "langfuse", "app": "web"}
        egress.append(
            {"to": [{"podSelector": {"matchLabels": web}}], "ports": [{"protocol": "TCP", "port": 3000}]}
        )
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "litellm", "namespace": NAMESPACE},
        "spec": {
            "podSelector": {"matchLabels": {"app.kubernetes.io/name": "litellm"}},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [
                {
                    "from": [{"namespaceSelector": {"matchLabels": CLIENT_LABEL}}],
                    "ports": [{"protocol": "TCP", "port": 4000}],
                }
            ],
            "egress": egress,
        },
    }


def _ports_of_own_servers(config: ProductionConfig) -> list[int]:
    """Ports of addresses that do not end in 443: models on machines of one's own."""
    found = []
    for value in plain_variables(config).values():
        parts = urlsplit(value) if "://" in value else None
        if parts is not None and parts.scheme in ("http", "https"):
            found.append(parts.port or (443 if parts.scheme == "https" else 80))
    return [port for port in dict.fromkeys(found) if port not in (443, 3000)]


def secret_object(name: str, keys: Iterable[Key]) -> dict[str, Any]:
    """A Secret whose values are empty."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "type": "Opaque",
        "stringData": {key.name: "" for key in keys},
    }


def documents(objects: Iterable[Mapping[str, Any]], title: str) -> str:
    """Objects as one YAML file."""
    return comment(title) + "---\n".join(yaml_text(dict(each)) for each in objects)


def secrets_example(config: ProductionConfig) -> str:
    """The Secrets as a file that shows their shape; nobody is to fill it in."""
    return documents(
        (secret_object(name, keys) for name, keys in secrets_of(config).items()),
        "The Secrets that the charts refer to: an example of their names and keys, with empty values. Do not fill "
        "this file in, and do not apply it: make them as README.md says, or with the tool that keeps your secrets "
        "(External Secrets, Sealed Secrets, SOPS).",
    )


def secret_command(name: str, keys: Iterable[Key]) -> str:
    """Commands that make a Secret: from a file that only its owner reads and that is removed again."""
    return "\n".join(
        [
            f"install -m 600 /dev/null {name}.env",
            f"cat > {name}.env <<EOF",
            *(f"{key.name}={key.make}" for key in keys),
            "EOF",
            f'"${{EDITOR:-vi}}" {name}.env',
            f"kubectl create secret generic {name} --namespace {NAMESPACE} --from-env-file={name}.env && rm {name}.env",
        ]
    )
