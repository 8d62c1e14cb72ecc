"""Terraform's files: the two charts as releases, their Secrets from variables, the plain objects beside them.

LiteLLM has Terraform modules of its own. They are not for this: they bring a whole network, database and load balancer
of one cloud (AWS's ECS, Google's Cloud Run) and run LiteLLM's three-part variant, while these files run what Helm's do,
in any cluster. The README says when to take theirs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway_kit.stack.exporting.charts import (
    LANGFUSE,
    LANGFUSE_CHART,
    LANGFUSE_CHART_VERSION,
    LANGFUSE_VERSION,
    LITELLM_CHART,
    PRODUCTION,
    SEMANTIC,
    VALUES,
    litellm_tag,
    litellm_version,
)
from gateway_kit.stack.exporting.hcl import Block, Expression, hcl_text
from gateway_kit.stack.exporting.helm import values_files
from gateway_kit.stack.exporting.kubernetes import (
    LANGFUSE_RELEASE,
    NAMESPACE,
    RELEASE,
    SEMANTIC_RELEASE,
    foundation,
    network_policy,
    secrets_of,
)
from gateway_kit.stack.exporting.production_config import ProductionConfig
from gateway_kit.stack.exporting.terraform_readme import terraform_readme, tfvars_example
from gateway_kit.stack.exporting.terraform_variables import (
    IMAGE_DIGEST,
    KUBE_CONTEXT,
    KUBECONFIG,
    SECRETS_REVISION,
    host_variables,
    secret_variable,
    variables,
)

# Each is the newest of its line that was looked at; write-only arguments need Terraform 1.11.
TERRAFORM, KUBERNETES_PROVIDER, HELM_PROVIDER = ">= 1.11", "3.2.1", "3.1.1"

_NAMESPACE = Expression("kubernetes_namespace_v1.gateway.metadata[0].name")
_GITIGNORE = ".terraform/\n*.tfstate\n*.tfstate.*\n*.tfplan\n*.tfvars\n"


def terraform_files(config: ProductionConfig) -> dict[str, str]:
    """Name → text of every file of the export."""
    values = {f"values/{name}": text for name, text in values_files(config).items()}
    return {
        "README.md": terraform_readme(config),
        "main.tf": hcl_text(_main(config)),
        "variables.tf": hcl_text([each.block() for each in variables(config)]),
        "outputs.tf": hcl_text(_outputs(config)),
        "versions.tf": hcl_text([_versions()]),
        "terraform.tfvars.example": tfvars_example(config),
        ".gitignore": _GITIGNORE,
        **values,
    }


def _versions() -> Block:
    providers = {
        "helm": {"source": "hashicorp/helm", "version": HELM_PROVIDER},
        "kubernetes": {"source": "hashicorp/kubernetes", "version": KUBERNETES_PROVIDER},
    }
    return Block(
        "terraform",
        body={
            "required_version": TERRAFORM,
            "required_providers": Block("required_providers", body=providers),
        },
    )


def _main(config: ProductionConfig) -> list[Block]:
    access = {"config_path": KUBECONFIG.reference, "config_context": KUBE_CONTEXT.reference}
    namespace, account = foundation()
    labels = namespace["metadata"]["labels"]
    return [
        Block("provider", ("kubernetes",), access),
        Block("provider", ("helm",), {"kubernetes": access}),
        _resource(
            "kubernetes_namespace_v1",
            "gateway",
            {"metadata": _metadata({"name": NAMESPACE, "labels": labels})},
        ),
        _resource(
            "kubernetes_service_account_v1",
            "gateway",
            {
                "metadata": _metadata({"name": account["metadata"]["name"], "namespace": _NAMESPACE}),
                "automount_service_account_token": account["automountServiceAccountToken"],
            },
        ),
        *_secrets(config),
        _network_policy(config),
        *_releases(config),
    ]


def _resource(kind: str, name: str, body: Mapping[str, Any]) -> Block:
    return Block("resource", (kind, name), dict(body))


def _metadata(body: Mapping[str, Any]) -> Block:
    return Block("metadata", body=dict(body))


def _secrets(config: ProductionConfig) -> list[Block]:
    return [
        _resource(
            "kubernetes_secret_v1",
            resource_name(secret),
            {
                "metadata": _metadata({"name": secret, "namespace": _NAMESPACE}),
                "type": "Opaque",
                # Write-only: neither the state nor a plan has the values. They are written when the revision changes.
                "data_wo": {key.name: secret_variable(secret, key).reference for key in keys},
                "data_wo_revision": SECRETS_REVISION.reference,
            },
        )
        for secret, keys in secrets_of(config).items()
    ]


def resource_name(name: str) -> str:
    """A name as Terraform's own are written."""
    return name.replace("-", "_")


def _network_policy(config: ProductionConfig) -> Block:
    policy = network_policy(config)
    spec = policy["spec"]
    return _resource(
        "kubernetes_network_policy_v1",
        "gateway",
        {
            "metadata": _metadata({"name": policy["metadata"]["name"], "namespace": _NAMESPACE}),
            "spec": Block(
                "spec",
                body={
                    "policy_types": spec["policyTypes"],
                    "pod_selector": Block(
                        "pod_selector", body={"match_labels": spec["podSelector"]["matchLabels"]}
                    ),
                    "ingress": [_rule("ingress", "from", each) for each in spec["ingress"]],
                    "egress": [_rule("egress", "to", each) for each in spec["egress"]],
                },
            ),
        },
    )


def _rule(kind: str, side: str, rule: Mapping[str, Any]) -> Block:
    ports = [
        Block("ports", body={"protocol": each["protocol"], "port": each["port"]}) for each in rule["ports"]
    ]
    return Block(kind, body={side: [_peer(side, each) for each in rule[side]], "ports": ports})


def _peer(side: str, peer: Mapping[str, Any]) -> Block:
    names = {"ipBlock": "ip_block", "namespaceSelector": "namespace_selector", "podSelector": "pod_selector"}
    (kind, body), *_ = peer.items()
    inner = {"match_labels": body["matchLabels"]} if "matchLabels" in body else dict(body)
    return Block(side, body={names[kind]: Block(names[kind], body=inner)})


def _releases(config: ProductionConfig) -> list[Block]:
    secrets = [Expression(f"kubernetes_secret_v1.{resource_name(name)}") for name in secrets_of(config)]
    before = [*secrets, Expression("kubernetes_service_account_v1.gateway")]
    releases = []
    if config.tracing == "langfuse":
        releases.append(
            _release(
                LANGFUSE_RELEASE,
                LANGFUSE_CHART,
                LANGFUSE_CHART_VERSION,
                [LANGFUSE],
                _langfuse_overrides(),
                secrets,
            )
        )
        before.append(Expression(f"helm_release.{resource_name(LANGFUSE_RELEASE)}"))
    overrides = _litellm_overrides(config)
    releases.append(
        _release(RELEASE, LITELLM_CHART, litellm_version(), [VALUES, PRODUCTION], overrides, before)
    )
    if config.semantic:
        # After the first: its migration job makes the tables of both.
        releases.append(
            _release(
                SEMANTIC_RELEASE,
                LITELLM_CHART,
                litellm_version(),
                [SEMANTIC],
                overrides,
                [Expression(f"helm_release.{resource_name(RELEASE)}")],
            )
        )
    return releases


def _release(
    name: str, chart: str, version: str, files: list[str], overrides: dict[str, Any], before: list[Expression]
) -> Block:
    repository, _, chart_name = chart.rpartition("/")
    values: list[Any] = [Expression(f'file("${{path.module}}/values/{each}")') for each in files]
    encoded = "\n".join(["yamlencode({", *hcl_arguments(overrides), "})"])
    return _resource(
        "helm_release",
        resource_name(name),
        {
            "name": name,
            "namespace": _NAMESPACE,
            "repository": repository,
            "chart": chart_name,
            "version": version,
            "wait": True,
            "timeout": 900,
            "max_history": 5,
            "values": [*values, Expression(encoded)],
            "depends_on": before,
        },
    )


def hcl_arguments(values: dict[str, Any]) -> list[str]:
    """The lines between the braces of an object."""
    lines = hcl_text([Block("x", body=values)]).splitlines()
    return lines[1:-1]


def _litellm_overrides(config: ProductionConfig) -> dict[str, Any]:
    """What the values files leave to be filled in, from variables."""
    found = host_variables(config)
    environment = {each.environment: each.reference for each in found if each.environment}
    return {
        "image": {"tag": _pinned(litellm_tag(), IMAGE_DIGEST.name)},
        "db": {"endpoint": Expression("var.database_host")},
        "envVars": environment,
    }


def _pinned(tag: str, variable: str) -> Expression:
    return Expression(f'"{tag}@${{var.{variable}}}"')


def _langfuse_overrides() -> dict[str, Any]:
    return {
        "langfuse": {
            "nextauth": {"url": Expression("var.langfuse_store_url")},
            **{
                part: {"image": {"tag": _pinned(LANGFUSE_VERSION, f"langfuse_store_{part}_digest")}}
                for part in ("web", "worker")
            },
        },
        "postgresql": {"host": Expression("var.langfuse_store_postgresql_host")},
        "redis": {"host": Expression("var.langfuse_store_redis_host")},
        "clickhouse": {"host": Expression("var.langfuse_store_clickhouse_url")},
        "s3": {
            "endpoint": Expression("var.langfuse_store_s3_endpoint"),
            "bucket": Expression("var.langfuse_store_s3_bucket"),
        },
    }


def _outputs(config: ProductionConfig) -> list[Block]:
    url = f"http://{RELEASE}.{NAMESPACE}.svc:4000"
    found = {
        "namespace": ("Where everything runs.", _NAMESPACE),
        "gateway_url": ("The gateway's address inside the cluster: GATEWAY_URL for its clients.", url),
        "gateway_chart": ("The gateway's chart and its version.", Expression("helm_release.litellm.version")),
    }
    if config.tracing == "langfuse":
        found["langfuse_url"] = ("Where people open Langfuse.", Expression("var.langfuse_store_url"))
    return [
        Block("output", (name,), {"description": why, "value": value}) for name, (why, value) in found.items()
    ]
