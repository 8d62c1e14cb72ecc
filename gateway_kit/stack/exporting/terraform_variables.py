"""Terraform's variables: what somebody has to give, each secret one sensitive and ephemeral."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gateway_kit.stack.exporting.hcl import Block, Expression
from gateway_kit.stack.exporting.kubernetes import (
    DATABASE_SECRET,
    LANGFUSE_SECRET,
    Key,
    plain_variables,
    secrets_of,
)
from gateway_kit.stack.exporting.production_config import ProductionConfig

# What Terraform forbids as a variable's name, and the names below.
_TAKEN = frozenset(
    {
        "source", "version", "providers", "count", "for_each", "lifecycle", "depends_on", "locals",
        "kubeconfig", "kube_context", "image_digest", "secrets_revision",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Input:
    """One variable. `default` None: it has to be given. `environment`: the gateway's variable that it becomes."""

    name: str
    description: str
    default: Any = None
    type: str = "string"
    secret: bool = False
    environment: str = ""

    @property
    def reference(self) -> Expression:
        """How other files read it."""
        return Expression(f"var.{self.name}")

    def block(self) -> Block:
        """Its declaration."""
        body: dict[str, Any] = {"description": self.description, "type": Expression(self.type)}
        if self.default is not None:
            body["default"] = self.default
        if self.secret:
            body |= {"sensitive": True, "ephemeral": True}
        return Block("variable", (self.name,), {**body, "nullable": False})


KUBECONFIG = Input("kubeconfig", "Path of the file that names the cluster.", "~/.kube/config")
KUBE_CONTEXT = Input("kube_context", "The context in that file: which cluster is changed.")
IMAGE_DIGEST = Input("image_digest", "Digest of LiteLLM's image, which nobody can move: sha256:...")
SECRETS_REVISION = Input(
    "secrets_revision",
    "Raise it by one when a secret changes: only then are the Secrets written again.",
    1,
    type="number",
)


def variables(config: ProductionConfig) -> list[Input]:
    """All of them, each once."""
    found = [KUBECONFIG, KUBE_CONTEXT, IMAGE_DIGEST, *host_variables(config), SECRETS_REVISION]
    for secret, keys in secrets_of(config).items():
        found += [secret_variable(secret, key) for key in keys]
    return list({each.name: each for each in found}.values())


def secret_variable(secret: str, key: Key) -> Input:
    """The variable for one value of a Secret."""
    prefix = {DATABASE_SECRET: "database_", LANGFUSE_SECRET: "langfuse_store_"}.get(secret)
    name = prefix + key.name.lower().replace("-", "_") if prefix else input_name(key.name)
    return Input(name, _sentence(key.meaning), None if key.needed else "", secret=True)


def input_name(variable: str) -> str:
    """Terraform's name for one of the gateway's variables; those of the files themselves are kept free."""
    name = variable.lower()
    return (
        f"gateway_{name}"
        if name in _TAKEN or name.startswith(("database_", "langfuse_store_", "gateway_"))
        else name
    )


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}" if text.endswith(".") else f"{text[0].upper()}{text[1:]}."


def host_variables(config: ProductionConfig) -> list[Input]:
    """Hosts and addresses, and what else is no secret."""
    found = [Input("database_host", "PostgreSQL of the gateway: HOST or HOST:PORT.")]
    for name, default in plain_variables(config).items():
        if name == "LANGFUSE_HOST" and config.tracing == "langfuse":
            continue  # the values file has it: the service in the cluster
        meaning = next(each.meaning for each in config.variables if each.name == name)
        needed = next(each.needed for each in config.variables if each.name == name)
        given = None if needed and not default else default
        found.append(Input(input_name(name), _sentence(meaning), given, environment=name))
    if config.tracing == "langfuse":
        found += [
            Input("langfuse_store_web_digest", "Digest of Langfuse's image: sha256:..."),
            Input("langfuse_store_worker_digest", "Digest of the image of Langfuse's worker: sha256:..."),
            Input("langfuse_store_url", "Where people open Langfuse: https://..."),
            Input("langfuse_store_postgresql_host", "PostgreSQL of Langfuse."),
            Input("langfuse_store_redis_host", "Redis of Langfuse, with maxmemory-policy noeviction."),
            Input(
                "langfuse_store_clickhouse_url", "ClickHouse: http://HOST or https://HOST, without a port."
            ),
            Input("langfuse_store_s3_endpoint", "Object store by S3's API; empty for AWS itself.", ""),
            Input("langfuse_store_s3_bucket", "Bucket in the object store.", "langfuse"),
        ]
    return found
