"""The gateway's model configuration: render the `offline` template, check a file, list its models."""

from __future__ import annotations

from gateway_kit.stack.configuration.callbacks import text_uses_langfuse, without_tracing
from gateway_kit.stack.configuration.check import check_config, check_text
from gateway_kit.stack.configuration.findings import Finding
from gateway_kit.stack.configuration.models import ModelRow, list_models, models_of_text
from gateway_kit.stack.configuration.offline import TEMPLATES, fill_in, render_offline

__all__ = [
    "TEMPLATES",
    "Finding",
    "ModelRow",
    "check_config",
    "check_text",
    "fill_in",
    "list_models",
    "models_of_text",
    "render_offline",
    "text_uses_langfuse",
    "without_tracing",
]
