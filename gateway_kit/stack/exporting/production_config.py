"""The configuration in force as production runs it, with everything that an export says besides.

Simulated providers become the real ones, with their variables in the place of made-up keys; secrets that the
configuration holds become references; settings are those of LiteLLM's production page; master key, database and Redis
are references. What exists only as a simulation is left out, and said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import yaml

from gateway_kit.errors import ConfigError, StackError
from gateway_kit.settings import Settings
from gateway_kit.stack.configuration.callbacks import text_uses_langfuse, without_tracing
from gateway_kit.stack.configuration.document import read_document
from gateway_kit.stack.configuration.module_references import module_references
from gateway_kit.stack.configuration.module_source import imports_of, parsed
from gateway_kit.stack.configuration.modules import module_files
from gateway_kit.stack.configuration.offline import TEMPLATES
from gateway_kit.stack.exporting.answer_limits import limit_answers
from gateway_kit.stack.exporting.draft import Addresses, Draft, RealModel
from gateway_kit.stack.exporting.leak_check import known_secrets, refuse_literal_keys, refuse_secrets
from gateway_kit.stack.exporting.left_out import forget_missing_models
from gateway_kit.stack.exporting.literals import replace_literals
from gateway_kit.stack.exporting.mending import mend
from gateway_kit.stack.exporting.production_settings import pool_size, production_settings
from gateway_kit.stack.exporting.real_providers import make_real
from gateway_kit.stack.exporting.variables import Register, Variable
from gateway_kit.stack.exporting.yaml_text import yaml_text
from gateway_kit.stack.rehearsing.translation.source import read_source
from gateway_kit.stack.services.effective_config import effective_models, effective_path
from gateway_kit.stack.services.endpoints import Endpoints
from gateway_kit.stack.services.gateway import TRACING_ENV
from gateway_kit.stack.stack import Stack
from gateway_kit.stack.supervisor.record import StackRecord

CONFIG_FILE, SEMANTIC_FILE = "config.yaml", "semantic.yaml"

# What the gateway's process is told; none of it is secret.
ENVIRONMENT: Mapping[str, str] = {
    "LITELLM_MODE": "PRODUCTION",
    "LITELLM_LOG": "ERROR",
    # A job of its own applies the migrations, before the gateways start.
    "DISABLE_SCHEMA_UPDATE": "true",
    "STORE_MODEL_IN_DB": "True",
    # The price list of the image, not the one that is newest when a gateway happens to start.
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    # Longer than a balancer or an ingress keeps an idle connection to a gateway: no request meets one that closes.
    "KEEPALIVE_TIMEOUT": "120",
    # As the stack's own gateways have them: each counts limits for itself until it asks Redis again, and gives up the
    # trace of a call that takes too long to be recorded.
    "REDIS_CIRCUIT_BREAKER_RECOVERY_TIMEOUT": "5",
    "LOGGING_WORKER_MAX_TIME_PER_COROUTINE": "120",
}
_SALT_KEY = Variable(
    "LITELLM_SALT_KEY",
    True,
    "encrypts stored keys; set once, never changed: other values lose them",
    needed=True,
)
_TRACING = (
    Variable("LANGFUSE_HOST", False, "address of Langfuse", needed=True),
    Variable(
        "LANGFUSE_PUBLIC_KEY", False, "public key of the Langfuse project; begins with pk-lf-", needed=True
    ),
    Variable(
        "LANGFUSE_SECRET_KEY", True, "secret key of the Langfuse project; begins with sk-lf-", needed=True
    ),
)

Tracing = Literal["langfuse", "external", "off"]


@dataclass(frozen=True)
class ProductionConfig:
    """What production runs.

    text           LiteLLM's configuration, `config.yaml`
    variables      what it and the gateway's process refer to; those that are needed first
    environment    variables of the gateway's process that are settings and no secrets
    replicas, workers  as the stack has them
    tracing        `langfuse`: Langfuse's own services come with it; `external`: somebody else's; or `off`
    semantic       whether there is a second gateway with the semantic cache; `semantic_text` is its configuration
    real_models    what simulated models, and the kit's own, became
    notes          what was left out or needs a person's decision, each a sentence or two
    files          Python modules that the configuration names, as they lie beside it: name → text
    pool           database connections of each worker
    """

    text: str
    variables: tuple[Variable, ...]
    replicas: int = 1
    workers: int = 1
    tracing: Tracing = "off"
    semantic: bool = False
    real_models: tuple[RealModel, ...] = ()
    notes: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=lambda: dict(ENVIRONMENT))
    pool: int = 10
    semantic_text: str = ""


def production_config(stack: Stack) -> ProductionConfig:
    """The configuration in force as production runs it; before the first `up`, the kit's own.

    Raises StackError if nothing of it is real or a secret would be written, ConfigError if it is damaged.
    """
    record = stack.record()
    settings, endpoints = stack.settings(record), stack.endpoints(record)
    if "gateway" in endpoints.external:
        raise StackError(
            "GATEWAY_URL names a gateway that the kit does not run, so its configuration is not known here. "
            "Unset GATEWAY_URL, or export from where that gateway's configuration is in force"
        )
    replicas, workers = record.replicas, record.workers
    addresses = Addresses(endpoints.providers_url, endpoints.chat_model_url, endpoints.embeddings_url)
    register = Register()
    source = _source(settings)
    data = _data(source)
    _check_addresses(source, settings, addresses)
    gateways = replicas + int(record.semantic)
    draft = _rewritten(data, addresses, register, gateways=gateways, workers=workers)
    text = _text(draft)
    semantic = ""
    if record.semantic:
        template = (TEMPLATES / "semantic.yaml").read_text(encoding="utf-8")
        template = template if endpoints.langfuse_host else without_tracing(template)
        second = _rewritten(yaml.safe_load(template), addresses, register, gateways=gateways, workers=1)
        semantic = _text(second)
        for note in second.notes:
            draft.note(note)
    tracing = _tracing(text, endpoints)
    for variable in _TRACING if tracing != "off" else ():
        register.refer(variable)
    files = _modules(record, text, stack.environ, draft)
    _say_what_stays(record, draft)
    made = ProductionConfig(
        text=text,
        variables=register.variables,
        replicas=replicas,
        workers=workers,
        tracing=tracing,
        environment={**ENVIRONMENT, **(TRACING_ENV if tracing != "off" else {})},
        semantic=record.semantic,
        real_models=tuple(draft.real_models),
        notes=tuple(draft.notes),
        files=files,
        pool=pool_size(gateways, workers),
        semantic_text=semantic,
    )
    refuse_secrets(
        {CONFIG_FILE: text, SEMANTIC_FILE: semantic, "the notes": "\n".join(made.notes), **files},
        known_secrets(stack),
    )
    refuse_literal_keys(files)
    return made


def _source(settings: Settings) -> Path:
    path = effective_path(settings)
    return path if path.exists() else TEMPLATES / "offline.yaml"


def _check_addresses(source: Path, settings: Settings, addresses: Addresses) -> None:
    """Raise StackError if the simulator has another address now than when the configuration was written."""
    simulated = any(model.simulated for model in effective_models(settings))
    text = source.read_text(encoding="utf-8")
    if simulated and addresses.providers_url not in text and "os.environ/PROVIDERS_URL" not in text:
        raise StackError(
            f"{source} was written by a stack with other ports or another PROVIDERS_URL, so what is simulated in it "
            f"cannot be told now. Start that stack, and export again: gateway-kit up --port-offset N"
        )


def _data(source: Path) -> dict[str, Any]:
    _, findings = read_document(source.read_text(encoding="utf-8"))
    if findings:
        raise ConfigError(source, [f"{found.place}: {found.message} {found.fix}" for found in findings])
    return read_source(source).data


def _rewritten(
    data: Mapping[str, Any], addresses: Addresses, register: Register, *, gateways: int, workers: int
) -> Draft:
    draft = Draft.of(data, addresses, register)
    before = len(draft.data.get("model_list") or [])
    make_real(draft)
    if before and not draft.data["model_list"]:
        left = " ".join(draft.notes)
        raise StackError(
            f"No model of the configuration exists outside the simulation, so there is nothing to export. {left} "
            "Write models of real providers: gateway-kit config init"
        )
    forget_missing_models(draft)
    production_settings(draft, gateways=gateways, workers=workers)
    limit_answers(draft)
    draft.register.refer(_SALT_KEY)
    replace_literals(draft)
    mend(draft, ENVIRONMENT, gateways=gateways, workers=workers)
    return draft


def _text(draft: Draft) -> str:
    head = (
        "# LiteLLM's configuration for production, made of the one in force in gateway-kit.\n"
        "# No secret stands here: `os.environ/NAME` is read from the environment when the gateway starts.\n\n"
    )
    return head + yaml_text(draft.data, draft.remarks)


def _tracing(text: str, endpoints: Endpoints) -> Tracing:
    if not text_uses_langfuse(text):
        return "off"
    return "external" if "tracing" in endpoints.external else "langfuse"


def _modules(record: StackRecord, text: str, environ: Mapping[str, str], draft: Draft) -> dict[str, str]:
    """The Python files that the configuration names and those that they import, by their names beside it."""
    root, _ = read_document(text)
    if record.config is None or root is None:
        return {}
    folder = Path(record.config).parent
    for reference in module_references(root, folder, environ):
        if reference.path is None:
            draft.note(
                f"`{reference.setting}` names {reference.module}, which is not beside the configuration: it has "
                "to be in LiteLLM's image."
            )
    files = {}
    for file in module_files(root, folder, environ):
        name = file.relative_to(folder).as_posix()
        files[name] = _code(file)
        tree = parsed(file)
        tops = set() if isinstance(tree, str) else {top for top, _ in imports_of(tree)}
        if "gateway_kit" in tops:
            draft.note(
                f"{name} imports gateway_kit, which LiteLLM's image does not have: take that out of it."
            )
    if files:
        draft.note(
            f"{', '.join(files)} came along as they are. What they import has to be in LiteLLM's image: it has LiteLLM "
            "and what that needs."
        )
    return files


def _code(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        why = exc.strerror if isinstance(exc, OSError) else "it is not UTF-8 text"
        raise StackError(
            f"{file}, which the configuration names, cannot be read: {why}. Nothing was written"
        ) from exc


def _say_what_stays(record: StackRecord, draft: Draft) -> None:
    """Notes about what is no part of a configuration."""
    if record.answers is not None:
        draft.note(f"The answers of {Path(record.answers).name} are the simulator's, and stay here.")
    draft.note(
        "Models added while the gateway ran, keys, teams, budgets and spend are in this stack's database: they are not "
        "exported. Make them anew."
    )
