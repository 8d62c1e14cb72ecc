"""The `offline` configuration rendered for one machine: simulated providers, or real ones if a key is set.

| provider  | real if the environment has                    | also used if set                   |
|-----------|------------------------------------------------|------------------------------------|
| openai    | OPENAI_API_KEY                                 |                                    |
| azure     | AZURE_API_KEY, AZURE_API_BASE                  | AZURE_API_VERSION                  |
| anthropic | ANTHROPIC_API_KEY                              |                                    |
| bedrock   | AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY       | AWS_REGION_NAME, AWS_SESSION_TOKEN |
| vertex_ai | GOOGLE_APPLICATION_CREDENTIALS, VERTEX_PROJECT | VERTEX_LOCATION                    |
| gemini    | GEMINI_API_KEY                                 |                                    |
| ollama    | OLLAMA_API_BASE                                |                                    |

The rendered text holds the names of these variables, never their values.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from gateway_kit.stack.configuration.callbacks import without_tracing
from gateway_kit.stack.configuration.document import Entry, entries, items, lookup, read_document, text_of
from gateway_kit.stack.configuration.models import (
    PLACEHOLDERS,
    REFERENCE,
    ModelRow,
    models_of_text,
    provider_of,
)

TEMPLATES = Path(__file__).resolve().parent / "templates"


@dataclass(frozen=True)
class RealProvider:
    """How a simulated deployment becomes a real one: parameter → variable, and parameters to leave out."""

    required: Mapping[str, str]
    optional: Mapping[str, str] = field(default_factory=dict)
    dropped: tuple[str, ...] = ()

    def is_configured(self, env: Mapping[str, str]) -> bool:
        """Whether the environment has all variables that the real provider needs."""
        return not self.missing(env)

    def missing(self, env: Mapping[str, str]) -> list[str]:
        """The variables that are not set, or are empty."""
        return [name for name in self.required.values() if not env.get(name, "").strip()]

    def references(self, env: Mapping[str, str]) -> dict[str, str]:
        """Parameter → `os.environ/NAME`, for the variables that are set."""
        optional = {param: name for param, name in self.optional.items() if env.get(name, "").strip()}
        return {param: REFERENCE + name for param, name in {**self.required, **optional}.items()}


REAL_PROVIDERS: Mapping[str, RealProvider] = {
    "openai": RealProvider({"api_key": "OPENAI_API_KEY"}, dropped=("api_base",)),
    "azure": RealProvider(
        {"api_key": "AZURE_API_KEY", "api_base": "AZURE_API_BASE"}, {"api_version": "AZURE_API_VERSION"}
    ),
    "anthropic": RealProvider({"api_key": "ANTHROPIC_API_KEY"}, dropped=("api_base",)),
    "bedrock": RealProvider(
        {"aws_access_key_id": "AWS_ACCESS_KEY_ID", "aws_secret_access_key": "AWS_SECRET_ACCESS_KEY"},
        {"aws_region_name": "AWS_REGION_NAME", "aws_session_token": "AWS_SESSION_TOKEN"},
        ("aws_bedrock_runtime_endpoint",),
    ),
    "vertex_ai": RealProvider(
        {"vertex_credentials": "GOOGLE_APPLICATION_CREDENTIALS", "vertex_project": "VERTEX_PROJECT"},
        {"vertex_location": "VERTEX_LOCATION"},
        ("api_base",),
    ),
    "gemini": RealProvider({"api_key": "GEMINI_API_KEY"}, dropped=("api_base",)),
    "ollama": RealProvider({"api_base": "OLLAMA_API_BASE"}),
}


def render_offline(
    env: Mapping[str, str], template: str | None = None, *, tracing: bool = True
) -> tuple[str, list[ModelRow]]:
    """The configuration's text and its models, for an environment that has all PLACEHOLDERS (else KeyError).

    Without `tracing` the Langfuse callback is removed.
    """
    if template is None:
        template = (TEMPLATES / "offline.yaml").read_text(encoding="utf-8")
    root, findings = read_document(template)
    if findings:
        raise ValueError(f"the offline template is broken: {findings[0]}")
    lines = template.splitlines()
    model_list = lookup(root, "model_list")
    # From the last deployment to the first, so that earlier line numbers stay valid.
    for deployment in reversed(items(model_list.value if model_list else None)):
        provider = _real_provider(deployment)
        if provider is not None and provider.is_configured(env):
            _make_real(lines, deployment, provider, env)
    text = fill_in("\n".join([*_summary(env), "", *lines]) + "\n", env)
    text = text if tracing else without_tracing(text)
    return text, models_of_text(text, env)


def fill_in(text: str, env: Mapping[str, str]) -> str:
    """A configuration with `${NAME}`, inside double quotes, replaced for each of PLACEHOLDERS.

    Raises KeyError for a missing variable; the stack always sets them.
    """
    for name in PLACEHOLDERS:
        text = text.replace("${" + name + "}", _escaped(env[name].rstrip("/")))
    return text


def _real_provider(deployment: yaml.Node) -> RealProvider | None:
    """The real provider that a simulated deployment represents; None if it is real already."""
    params = lookup(deployment, "litellm_params")
    parts = entries(params.value if params else None)
    if not any("${PROVIDERS_URL}" in (text_of(entry.value) or "") for entry in parts):
        return None
    model = lookup(deployment, "litellm_params", "model")
    provider = provider_of(text_of(model.value) or "" if model else "")
    return REAL_PROVIDERS.get("ollama" if provider == "ollama_chat" else provider)


def _make_real(
    lines: list[str], deployment: yaml.Node, provider: RealProvider, env: Mapping[str, str]
) -> None:
    """Rewrite the deployment's lines in place; the template has one parameter per line."""
    params = lookup(deployment, "litellm_params")
    present: list[Entry] = entries(params.value if params else None)
    references = provider.references(env)
    last = max(entry.key_node.start_mark.line for entry in present)
    indent = " " * present[0].key_node.start_mark.column
    known = {entry.key for entry in present}
    lines[last + 1 : last + 1] = [
        f"{indent}{key}: {value}" for key, value in references.items() if key not in known
    ]
    for entry in reversed(present):
        line = entry.key_node.start_mark.line
        if entry.key in references:
            lines[line] = f"{indent}{entry.key}: {references[entry.key]}"
        elif entry.key in provider.dropped:
            del lines[line]


def _summary(env: Mapping[str, str]) -> list[str]:
    """Comment lines: which providers are simulated, and which variables make them real."""
    lines = ["# The providers, as found when this file was written:"]
    for name, provider in REAL_PROVIDERS.items():
        missing = provider.missing(env)
        state = "simulated; for the real one set " + " and ".join(missing) if missing else "real"
        lines.append(f"#   {name:<10} {state}")
    return lines


def _escaped(value: str) -> str:
    """A value escaped for a double-quoted YAML string."""
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
