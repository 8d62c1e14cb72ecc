"""The gateway's configuration: render the `offline` template, check a file, read its models."""

from __future__ import annotations

from gateway_kit.stack.configuration.callbacks import text_uses_langfuse, without_tracing
from gateway_kit.stack.configuration.check import check_config, check_text
from gateway_kit.stack.configuration.findings import Finding
from gateway_kit.stack.configuration.models import ModelRow, models_of_text
from gateway_kit.stack.configuration.offline import TEMPLATES, fill_in, render_offline

__all__ = [
    "TEMPLATES",
    "Finding",
    "ModelRow",
    "check_config",
    "check_text",
    "fill_in",
    "models_of_text",
    "render_offline",
    "text_uses_langfuse",
    "without_tracing",
]
