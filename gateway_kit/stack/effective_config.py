"""The model configuration in force: the `offline` template rendered for this stack, or a file of the user's."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from gateway_kit.configuration import (
    TEMPLATES,
    ModelRow,
    check_config,
    fill_in,
    models_of_text,
    render_offline,
    without_tracing,
)
from gateway_kit.errors import ConfigError, StateFolderError
from gateway_kit.settings import HOST, Settings
from gateway_kit.stack.credentials import DEMO_MASTER_KEY, env_file, read_env_file
from gateway_kit.stack.endpoints import Endpoints
from gateway_kit.stack.gateway import redis_env
from gateway_kit.stack.kept import read_kept
from gateway_kit.stack.providers import service_account


@dataclass(frozen=True)
class EffectiveConfig:
    """A checked configuration: its text, where `publish` writes it, and the variables it refers to."""

    path: Path
    text: str
    models: tuple[ModelRow, ...]
    env: Mapping[str, str] = field(repr=False)

    def publish(self) -> None:
        """Write the configuration where the gateway reads it, and its models where `status` does."""
        _replace(self.path, self.text)
        _replace(
            _models_path(self.path.parent), json.dumps([asdict(model) for model in self.models], indent=1)
        )


def effective_path(settings: Settings) -> Path:
    """Where the configuration in force lies."""
    return settings.home / "config" / "model-config.yaml"


def build_effective_config(
    settings: Settings, endpoints: Endpoints, environ: Mapping[str, str], file: str | None
) -> EffectiveConfig:
    """The configuration of `file`, or the offline template where it is None; raises ConfigError if it is broken.

    Nothing is written yet, so that a running gateway keeps what it has until the new one is known to be sound.
    """
    env = config_environment(settings, endpoints)
    known = {**environ, **_master_key(settings, environ), **env}
    tracing = bool(endpoints.langfuse_host)
    if file is None:
        text, models = render_offline(known, tracing=tracing)
    else:
        path = Path(file)
        errors = [f for f in check_config(path, known) if f.severity == "error"]
        if errors:
            raise ConfigError(path, [f"line {f.line}: {f.message} {f.mend}" for f in errors])
        text = fill_in(path.read_text(), known)
        text = text if tracing else without_tracing(text)
        models = models_of_text(text, known)
    return EffectiveConfig(effective_path(settings), text, tuple(models), env)


def config_environment(settings: Settings, endpoints: Endpoints) -> dict[str, str]:
    """The variables that the kit provides to a configuration's `os.environ/…` references."""
    account = service_account(settings, endpoints.providers_url)
    return {**_kit_environment(settings, endpoints), "SIMULATED_VERTEX_CREDENTIALS": str(account)}


def _kit_environment(settings: Settings, endpoints: Endpoints) -> dict[str, str]:
    return {
        "PROVIDERS_URL": endpoints.providers_url,
        "CHAT_MODEL_URL": f"http://{HOST}:{settings.port('chat-model')}/v1",
        "EMBEDDINGS_URL": f"http://{HOST}:{settings.port('embeddings')}/v1",
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
        **_kit_environment(settings, endpoints),
        **account,
    }


def _master_key(settings: Settings, environ: Mapping[str, str]) -> dict[str, str]:
    """The master key that the gateway gets, which a configuration's own must be."""
    kept = read_env_file(env_file(settings.home))
    name = "LITELLM_MASTER_KEY"
    return {name: environ.get(name) or kept.get(name) or DEMO_MASTER_KEY}


def template_text(template: str, settings: Settings, endpoints: Endpoints, environ: Mapping[str, str]) -> str:
    """A configuration to begin with: for the cloud as it is, else with this stack's addresses filled in."""
    text = (TEMPLATES / f"{template}.yaml").read_text()
    if template in ("offline", "semantic"):
        env = check_environment(settings, endpoints, environ)
        return render_offline(env, text, tracing=bool(endpoints.langfuse_host))[0]
    return text


def effective_models(settings: Settings) -> list[ModelRow]:
    """The models of the configuration in force; empty before the first `up`."""
    path = _models_path(effective_path(settings).parent)
    mend = "It is written anew by: gateway-kit up"
    text = read_kept(path, mend)
    try:
        return [ModelRow(**row) for row in json.loads(text)] if text is not None else []
    except (ValueError, TypeError, RecursionError) as exc:
        raise StateFolderError(f"{path} is damaged. {mend}") from exc


def _models_path(folder: Path) -> Path:
    return folder / "models.json"


def _replace(path: Path, text: str) -> None:
    temporary = path.with_suffix(".tmp")
    with open(os.open(temporary, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    temporary.replace(path)
