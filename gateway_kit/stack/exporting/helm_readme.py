"""The README beside exported values: what to fill in, in which order, and how to change what runs."""

from __future__ import annotations

from collections.abc import Iterable

from gateway_kit.stack.exporting.charts import (
    LANGFUSE,
    LANGFUSE_CHART,
    LANGFUSE_CHART_VERSION,
    LANGFUSE_VERSION,
    LITELLM_CHART,
    PRODUCTION,
    SEMANTIC,
    VALUES,
    find_digests,
    litellm_version,
)
from gateway_kit.stack.exporting.cluster_config import Size
from gateway_kit.stack.exporting.kubernetes import (
    CLIENT_LABEL,
    LANGFUSE_RELEASE,
    NAMESPACE,
    RELEASE,
    SEMANTIC_RELEASE,
    Key,
    secret_command,
    secrets_of,
)
from gateway_kit.stack.exporting.production_config import ProductionConfig


def helm_readme(config: ProductionConfig) -> str:
    """The whole text."""
    parts = [
        "# The gateway on Kubernetes\n",
        f"`gateway-kit export helm` wrote these files for LiteLLM {litellm_version()}. They need Kubernetes 1.25 or "
        "newer, Helm 3.8 or newer, a metrics server for the autoscaling, and PostgreSQL and Redis that the cluster "
        "reaches. No file holds a secret.\n",
        _files(config),
        "## What to fill in, in this order\n",
        *_steps(config),
        what_became_of_models(config),
        notes(config),
        _size(config),
        _changes(config),
        _limits(config),
    ]
    return "\n".join(part for part in parts if part)


def _files(config: ProductionConfig) -> str:
    rows = [
        (VALUES, "the gateway: image, configuration, database, Redis, migration job, security"),
        (
            PRODUCTION,
            "autoscaling, disruption budget, probes, draining, resources; given to Helm after the first",
        ),
    ]
    if config.semantic:
        rows.append((SEMANTIC, "the second gateway, with the semantic cache"))
    if config.tracing == "langfuse":
        rows.append((LANGFUSE, f"Langfuse {LANGFUSE_VERSION}"))
    rows += [
        ("kubernetes/foundation.yaml", "namespace and service account"),
        ("kubernetes/network-policy.yaml", "who may call the gateway, and whom it may call"),
        ("kubernetes/secrets.example.yaml", "names and keys of the Secrets, without values"),
    ]
    return "".join(
        ["| file | what it is |\n|---|---|\n", *(f"| `{name}` | {what} |\n" for name, what in rows)]
    )


def _steps(config: ProductionConfig) -> Iterable[str]:
    steps = [
        "**The images' digests.** Find them, and verify who made LiteLLM's: a tag can be moved.\n\n"
        + _shell(*find_digests(langfuse=config.tracing == "langfuse")),
        f"**Names.** Replace what has `.invalid` in it in `{VALUES}`{_and_langfuse(config)}: the digests, hosts of "
        "your databases, of Redis and of your own model servers. `grep -rn invalid .` finds them all.",
        f"**Namespace.**\n\n{_shell('kubectl apply -f kubernetes/foundation.yaml')}",
        "**Secrets.** The commands make good values for those that are yours to choose; the editor is for the "
        "others. No process list, shell history or file of yours keeps one. Salt and encryption keys are never "
        "changed, and what they encrypted is lost without them: keep them where your backups "
        f"are.\n\n{_secrets(config)}",
    ]
    if config.tracing == "langfuse":
        steps.append(
            "**Langfuse.**\n\n"
            + _shell(install(LANGFUSE_RELEASE, LANGFUSE_CHART, LANGFUSE_CHART_VERSION, [LANGFUSE]))
        )
    steps.append(f"**The gateway.**\n\n{_shell(_gateway(RELEASE, [VALUES, PRODUCTION]))}")
    if config.semantic:
        steps.append(
            "**The gateway with the semantic cache.**\n\n" + _shell(_gateway(SEMANTIC_RELEASE, [SEMANTIC]))
        )
    label = "=".join(next(iter(CLIENT_LABEL.items())))
    steps += [
        "**Who may call it.** Set the addresses of your stores in `kubernetes/network-policy.yaml`, then:\n\n"
        + _shell(
            "kubectl apply -f kubernetes/network-policy.yaml",
            f"kubectl label namespace YOUR-APPLICATIONS {label}   # and your ingress's",
        ),
        "**A way in.** The charts open nothing to the outside. Behind an ingress of yours, with TLS: no buffering, "
        "since streams pass through it, a read time-out above `request_timeout`, and `/health*`, `/metrics` and "
        "`/ui` not public.",
        "**Look.** The first answers without a key and calls no model; the lessons run against it too.\n\n"
        + _shell(
            f"kubectl --namespace {NAMESPACE} rollout status deployment/{RELEASE}",
            f"kubectl --namespace {NAMESPACE} port-forward service/{RELEASE} 4000:4000 &",
            "curl http://127.0.0.1:4000/health/readiness",
            "GATEWAY_URL=http://127.0.0.1:4000 LITELLM_MASTER_KEY=... gateway-kit doctor",
        ),
    ]
    return [f"{number}. {_indented(text)}\n" for number, text in enumerate(steps, 1)]


def _and_langfuse(config: ProductionConfig) -> str:
    return f" and `{LANGFUSE}`" if config.tracing == "langfuse" else ""


def _secrets(config: ProductionConfig) -> str:
    parts = []
    for name, keys in secrets_of(config).items():
        parts.append(f"{_meanings(keys)}\n{_shell(secret_command(name, keys))}")
    return "\n\n".join(parts)


def _meanings(keys: Iterable[Key]) -> str:
    return "".join(
        f"- `{key.name}`: {key.meaning}{'' if key.needed else ' (may stay empty)'}\n" for key in keys
    )


def install(release: str, chart: str, version: str, values: Iterable[str]) -> str:
    """The command that installs a chart, or brings it up to date."""
    files = " ".join(f"--values {each}" for each in values)
    return (
        f"helm upgrade --install {release} {chart} --version {version} \\\n"
        f"  --namespace {NAMESPACE} {files} --wait --timeout 15m"
    )


def _gateway(release: str, values: Iterable[str]) -> str:
    return install(release, LITELLM_CHART, litellm_version(), values)


def what_became_of_models(config: ProductionConfig) -> str:
    """The table of models that were simulated."""
    if not config.real_models:
        return ""
    rows = "".join(
        f"| `{each.model_name}` | `{each.model}` | {', '.join(f'`{name}`' for name in each.variables) or 'none'} |\n"
        for each in config.real_models
    )
    return (
        "## What simulated models became\n\n"
        "| the gateway's name | model | variables |\n|---|---|---|\n" + rows
    )


def notes(config: ProductionConfig) -> str:
    """What was left out or needs a decision."""
    if not config.notes:
        return ""
    return _section("What needs a look", *config.notes)


def _size(config: ProductionConfig) -> str:
    size = Size.of(config)
    return (
        "## Size\n\n"
        f"{size.least} to {size.most} pods of {size.workers} worker{'s' * (size.workers > 1)}. Database connections: "
        f"{size.arithmetic}. Change `maxReplicas` in `{PRODUCTION}` and `database_connection_pool_limit` in `{VALUES}` "
        "together. The chart can also put PgBouncer into each pod (`db.connectionPool`): then at most "
        "`maxDbConnections` x pods are open, however many workers there are; look first whether your image has it.\n"
    )


def _changes(config: ProductionConfig) -> str:
    langfuse = (
        " Langfuse migrates its stores itself when it starts: back them up before."
        if config.tracing == "langfuse"
        else ""
    )
    restart = f"kubectl --namespace {NAMESPACE} rollout restart deployment/{RELEASE}"
    return _section(
        "Changing what runs",
        f"**Configuration**: edit it in `{VALUES}`, look at it with `{_check()}`, then the same `helm upgrade`; pods "
        f"are replaced one by one. `helm rollback {RELEASE} --namespace {NAMESPACE}` brings back the last one.",
        "**Upgrade**: back up the database; read the release's notes; compare the chart's new values with "
        f"`helm show values {LITELLM_CHART} --version NEW`; change `image.tag` and `--version` together. The migration "
        f"job runs before any new pod; while it runs, old pods answer with the old code.{langfuse}",
        f"**Rolling restart**, as after a changed Secret, which no pod reads again by itself: `{restart}`. A new pod "
        "is ready before an old one goes; the old one ends its calls first (`/health/drain`).",
        "**A new provider's key**: `kubectl create secret ... --dry-run=client --output yaml | kubectl apply -f -` "
        "with all keys of that Secret, then a rolling restart.",
    )


def _check() -> str:
    return f"gateway-kit config check {VALUES} --values {PRODUCTION} --production"


def _section(title: str, *points: str) -> str:
    return f"## {title}\n\n" + "".join(f"- {point}\n" for point in points if point)


def _limits(config: ProductionConfig) -> str:
    workers = (
        "With several workers in a pod, `/health/drain` waits for the calls of one of them; the others end theirs when "
        "the pod is told to stop, within the same time. One worker a pod, and more pods, do without that."
    )
    return _section(
        "What these files do not do",
        "The charts were rendered with such values and checked against the schemas of Kubernetes; no cluster has run "
        "them. Should a pod report a read-only file system, set `securityContext.readOnlyRootFilesystem` to false.",
        "They bring no database: use one with backups that somebody has restored once.",
        "LiteLLM's separate health process (`SEPARATE_HEALTH_APP`) has a port of its own, which the chart's probes "
        "do not know.",
        workers if config.workers > 1 else "",
    )


def _shell(*commands: str) -> str:
    return "```sh\n" + "\n".join(commands) + "\n```"


def _indented(text: str) -> str:
    return "\n".join(
        f"   {line}" if line and number else line for number, line in enumerate(text.splitlines())
    )
