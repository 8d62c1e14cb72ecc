"""The page beside an exported Compose file: what to fill in and in which order, how it is run, and what was tried."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from gateway_kit.common.templates import fill_in
from gateway_kit.stack.exporting.env_example import made_here
from gateway_kit.stack.exporting.images import GATEWAY_IMAGE, SIGNED_BY, SIGNERS_ISSUER, gateway_image
from gateway_kit.stack.exporting.production_config import ProductionConfig
from gateway_kit.stack.exporting.variables import Variable

_TRACES = {
    "langfuse": ", and Langfuse's own services for traces",
    "external": "; traces go to the Langfuse that `LANGFUSE_HOST` names",
    "off": "; no traces",
}
_ONE_GATEWAY = """```console
$ docker compose run --rm migrate
$ docker compose up --detach --no-deps --force-recreate --wait gateway
```

Nobody is answered while the one gateway starts, about half a minute. `gateway-kit up --replicas 2` before the export
gives two, which are replaced one after the other."""
_SEVERAL = """```console
$ sh rolling-update.sh
```

It replaces the gateways one after the other. The balancer stops sending to a gateway before that one is told to end,
which waits up to two minutes for answers under way (`stop_grace_period`), and sends to it again once it is ready."""
_TRACES_BACKUP = """

Traces are in ClickHouse and in the S3 store (volumes `langfuse-clickhouse` and `langfuse-minio`), projects and users in
`langfuse-postgres`. A copy of them is whole only if Langfuse is stopped meanwhile. If you cannot lose traces, give
Langfuse stores that have back-ups of their own."""
_READ_KEYS = "LANGFUSE_PUBLIC_KEY LANGFUSE_SECRET_KEY"


def readme(made: ProductionConfig, variables: Sequence[Variable]) -> str:
    """The page's text."""
    asked = [each.name for each in variables if each.needed and not each.default and not _filled_in(each)]
    given = [each.name for each in variables if not each.needed and not each.default]
    text = fill_in(
        Path(__file__).parent / "templates" / "compose.md",
        gateways=f"{made.replicas} gateways behind a balancer" if made.replicas > 1 else "one gateway",
        traces=_TRACES[made.tracing],
        more_files="".join(f"| `{name}` | {words} |\n" for name, words in _more_files(made)),
        image=gateway_image(),
        repository=GATEWAY_IMAGE,
        identity=SIGNED_BY,
        issuer=SIGNERS_ISSUER,
        asked=_listed(asked),
        given=_listed(given) or "nothing more",
        real_models=_real_models(made),
        notes="\n".join(f"- {note}" for note in made.notes),
        pages="; ".join(_pages(made)),
        change=_SEVERAL if made.replicas > 1 else _ONE_GATEWAY,
        pool=made.pool,
        traces_backup=_TRACES_BACKUP if made.tracing == "langfuse" else "",
        langfuse=_langfuse(made),
    )
    return text


def _filled_in(variable: Variable) -> bool:
    """Whether fill-in.sh has a value for it."""
    return made_here(variable) or variable.name.endswith("_IMAGE_DIGEST")


def _more_files(made: ProductionConfig) -> list[tuple[str, str]]:
    rows = [(name, "your own code, as it was") for name in made.files]
    if made.semantic_text:
        rows.insert(0, ("semantic.yaml", "the configuration of the gateway with the semantic cache"))
    if made.replicas > 1:
        rows.insert(0, ("balancer/routing.yml", "which gateways the balancer sends requests to"))
        rows.insert(1, ("rolling-update.sh", "replaces the gateways one after the other"))
    return rows


def _real_models(made: ProductionConfig) -> str:
    """A table of what simulated models became; empty if there were none."""
    rows = dict.fromkeys(
        f"| `{each.model_name}` | `{each.model}` | {_listed(each.variables)} |" for each in made.real_models
    )
    return "\n".join(("| model | is now | needs |", "|---|---|---|", *rows, "", "")) if rows else ""


def _pages(made: ProductionConfig) -> list[str]:
    pages = [
        "the gateway on <http://127.0.0.1:4000>, with its Admin UI at `/ui` (user `admin`, the master key)"
    ]
    if made.semantic_text:
        pages.append("the gateway with the semantic cache on <http://127.0.0.1:4001>")
    if made.tracing == "langfuse":
        pages.append("Langfuse on <http://127.0.0.1:3000>")
    return pages


def _langfuse(made: ProductionConfig) -> str:
    if made.tracing == "off":
        return ""
    host = "http://127.0.0.1:3000" if made.tracing == "langfuse" else "https://YOUR-LANGFUSE"
    return f"$ export LANGFUSE_HOST={host}\n$ read -rs {_READ_KEYS} && export {_READ_KEYS}\n"


def _listed(names: Iterable[str]) -> str:
    shown = [f"`{name}`" for name in names]
    return " and ".join(part for part in (", ".join(shown[:-1]), *shown[-1:]) if part)
