"""The model configuration in force: the `offline` template rendered for this stack, or a file of the user's."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from gateway_kit.common.environment import digest, digest_of_file
from gateway_kit.common.private_files import read_private, write_private
from gateway_kit.errors import ConfigError, StateFolderError
from gateway_kit.settings import Settings
from gateway_kit.stack.configuration import (
    TEMPLATES,
    ModelRow,
    check_config,
    fill_in,
    models_of_text,
    render_offline,
    without_tracing,
)
from gateway_kit.stack.configuration.data_files import with_whole_paths
from gateway_kit.stack.configuration.document import (
    entries,
    is_false,
    is_null,
    lookup,
    read_document,
    text_of,
)
from gateway_kit.stack.configuration.includes import flattened
from gateway_kit.stack.configuration.models import REFERENCE
from gateway_kit.stack.configuration.module_references import module_references
from gateway_kit.stack.configuration.modules import module_files
from gateway_kit.stack.services.credentials import DEMO_MASTER_KEY, env_file, read_env_file
from gateway_kit.stack.services.endpoints import Endpoints
from gateway_kit.stack.services.gateway import redis_env
from gateway_kit.stack.services.providers import service_account

# A setting of servers/gateway/app.py: where imports look last.
_MODULES_FOLDER = "GATEWAY_MODULES_FOLDER"

_STUB = '''"""Stands for {path}: LiteLLM looks for modules beside its configuration, which here is a copy."""

from gateway_kit.stack.servers.gateway import user_modules

_module = user_modules.load({module!r}, {path!r})


def __getattr__(name):
    return getattr(_module, name)
'''


@dataclass(frozen=True)
class EffectiveConfig:
    """A checked configuration: its text, its models, and the variables it refers to.

    path     where `publish` writes it, once a gateway answers with it: what `config show` prints
    folder   where `stage` writes it for one gateway to read. Another configuration has another folder, so that the
             gateway that runs keeps its own
    modules  dotted name → file, of the user's modules that it names
    code     a digest of these files and of what they import from beside them
    """

    path: Path
    text: str
    models: tuple[ModelRow, ...]
    env: Mapping[str, str] = field(repr=False)
    modules: Mapping[str, Path] = field(default_factory=dict)
    code: str = ""

    @property
    def folder(self) -> Path:
        """The folder of this very configuration."""
        named = (f"{module}={file}" for module, file in sorted(self.modules.items()))
        return self.path.parent / f"gateway-{digest(self.text, *named)}"

    @property
    def staged(self) -> Path:
        """The file that the gateway reads."""
        return self.folder / self.path.name

    @property
    def has_custom_auth(self) -> bool:
        """Whether the user's own code decides who may call."""
        return lookup(read_document(self.text)[0], "general_settings", "custom_auth") is not None

    @property
    def has_semantic_cache(self) -> bool:
        """Whether the gateway has a semantic cache in the stack's Redis, and not in one that the file names."""
        root, _ = read_document(self.text)
        switch = lookup(root, "litellm_settings", "cache")
        params = lookup(root, "litellm_settings", "cache_params")
        if switch is None or is_false(switch.value) or params is None:
            return False
        given = {
            entry.key: text_of(entry.value) for entry in entries(params.value) if not is_null(entry.value)
        }
        own = {"redis_url": f"{REFERENCE}REDIS_URL", "host": f"{REFERENCE}REDIS_HOST"}
        is_own = all(given.get(name, address) == address for name, address in own.items())
        return is_own and given.get("type") == "redis-semantic"

    def stage(self) -> None:
        """Write what a gateway reads: the configuration, and beside it a file for each of the user's modules."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for module, file in self.modules.items():
            stub = self.folder.joinpath(*module.split(".")).with_suffix(".py")
            stub.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_private(stub, _STUB.format(module=module, path=str(file)))
        write_private(self.staged, self.text)

    def publish(self) -> None:
        """Write down that this configuration is in force: for `config show`, and its models for `status`."""
        write_private(self.path, self.text)
        write_private(
            _models_path(self.path.parent), json.dumps([asdict(model) for model in self.models], indent=1)
        )
        for folder in self.path.parent.glob("gateway-*"):
            if folder != self.folder:
                shutil.rmtree(folder, ignore_errors=True)


def effective_path(settings: Settings) -> Path:
    """Where the configuration in force lies."""
    return settings.home / "config" / "model-config.yaml"


def build_effective_config(
    settings: Settings, endpoints: Endpoints, environ: Mapping[str, str], file: str | None
) -> EffectiveConfig:
    """The configuration of `file`, or the offline template where it is None; raises ConfigError if it is broken.

    Nothing is written yet, so that a running gateway keeps what it has until the new one is known to be sound. The
    user's file and its folder are only ever read.
    """
    env = config_environment(settings, endpoints)
    known = {**environ, **_master_key(settings, environ), **env}
    tracing = bool(endpoints.langfuse_host)
    if file is None:
        text, models = render_offline(known, tracing=tracing)
    else:
        path = Path(file)
        errors = [f for f in check_config(path, known) if f.level == "error"]
        if errors:
            raise ConfigError(path, [f"{f.place}: {f.message} {f.fix}" for f in errors])
        text = fill_in(flattened(path.read_text(encoding="utf-8-sig"), path), known)
        text = with_whole_paths(text, path.parent)
        text = text if tracing else without_tracing(text)
        models = models_of_text(text, known)
        modules, code = _modules(text, path.parent, known)
        env = {**env, _MODULES_FOLDER: str(path.parent)} if modules else env
        return EffectiveConfig(effective_path(settings), text, tuple(models), env, modules, code)
    return EffectiveConfig(effective_path(settings), text, tuple(models), env)


def _modules(text: str, folder: Path, env: Mapping[str, str]) -> tuple[dict[str, Path], str]:
    """The user's modules by their dotted names, and a digest of all their code: a change of it is a change."""
    root, _ = read_document(text)
    if root is None:
        return {}, ""
    named = {r.module: r.path for r in module_references(root, folder, env) if r.path is not None}
    files = module_files(root, folder, env)
    code = digest(*(f"{file}\0{digest_of_file(file)}" for file in files)) if files else ""
    return named, code


def config_environment(settings: Settings, endpoints: Endpoints) -> dict[str, str]:
    """The variables that the kit provides to a configuration's `os.environ/…` references."""
    account = service_account(settings, endpoints.providers_url)
    return {**_kit_environment(endpoints), "SIMULATED_VERTEX_CREDENTIALS": str(account)}


def _kit_environment(endpoints: Endpoints) -> dict[str, str]:
    return {
        "PROVIDERS_URL": endpoints.providers_url,
        "CHAT_MODEL_URL": endpoints.chat_model_url,
        "EMBEDDINGS_URL": endpoints.embeddings_url,
        **redis_env(endpoints.redis_url),
        **({"LANGFUSE_HOST": endpoints.langfuse_host} if endpoints.langfuse_host else {}),
    }


def check_environment(settings: Settings, endpoints: Endpoints, environ: Mapping[str, str]) -> dict[str, str]:
    """The variables that a configuration may refer to: the environment's and the kit's. Writes nothing."""
    account = {"SIMULATED_VERTEX_CREDENTIALS": str(settings.home / "vertex-service-account.json")}
    # Names only, as far as keys are concerned: `up` gives the gateway their values.
    keys = dict.fromkeys(("LANGFUSE_PUBLIC_KEY", "LANGFUSE_SECRET_KEY"), "given by gateway-kit up")
    return {
        **environ,
        **_master_key(settings, environ),
        **(keys if endpoints.langfuse_host else {}),
        **_kit_environment(endpoints),
        **account,
    }


def _master_key(settings: Settings, environ: Mapping[str, str]) -> dict[str, str]:
    """The master key that the gateway gets, which a configuration's own must be."""
    kept = read_env_file(env_file(settings.home))
    name = "LITELLM_MASTER_KEY"
    return {name: environ.get(name) or kept.get(name) or DEMO_MASTER_KEY}


def template_text(template: str, settings: Settings, endpoints: Endpoints, environ: Mapping[str, str]) -> str:
    """A configuration to begin with: for the cloud as it is, else with this stack's addresses filled in.

    Those of `simulated` stay to be filled in by `up`, so that the file serves at any port offset.
    """
    text = (TEMPLATES / f"{template}.yaml").read_text()
    if template == "simulated":
        return text if endpoints.langfuse_host else without_tracing(text)
    if template in ("offline", "semantic"):
        env = check_environment(settings, endpoints, environ)
        return render_offline(env, text, tracing=bool(endpoints.langfuse_host))[0]
    return text


def effective_models(settings: Settings) -> list[ModelRow]:
    """The models of the configuration in force; empty before the first `up`."""
    path = _models_path(effective_path(settings).parent)
    fix = "Run: gateway-kit up, which writes it again"
    text = read_private(path, fix)
    try:
        return [ModelRow(**row) for row in json.loads(text)] if text is not None else []
    except (ValueError, TypeError, RecursionError) as exc:
        raise StateFolderError(f"{path} is damaged. {fix}") from exc


def _models_path(folder: Path) -> Path:
    return folder / "models.json"
