"""What lesson 08 says of a deployment: what the check for production finds, and what an export writes."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gateway_kit.common.tables import Column, Table
from gateway_kit.lessons.growing_stack import FILES, GrownStack

if TYPE_CHECKING:
    import pandas as pd

FINDINGS = Table(
    Column("line", "Int64", "of the file"),
    Column("level", "string", "error, warning or advice"),
    Column("rule", "string", "its name, as on the page of rules"),
    Column("message", "string", "what is wrong, and why that matters"),
    Column("fix", "string", "what mends it"),
    Column("source", "string", "where the rule comes from"),
)
# What a deployment gives its gateways besides the file; no value is used.
_PRODUCTION_ENVIRON: Mapping[str, str] = {
    "LITELLM_MASTER_KEY": "made-up-and-never-used-1",
    "LITELLM_SALT_KEY": "made-up-and-never-used-2",
    "DATABASE_URL": "postgresql://litellm@database/litellm",
    "REDIS_HOST": "redis",
    "REDIS_PORT": "6379",
    "REDIS_PASSWORD": "made-up-and-never-used-3",
    "OPENAI_API_KEY": "made-up-and-never-used-4",
    "ANTHROPIC_API_KEY": "made-up-and-never-used-5",
    "LANGFUSE_PUBLIC_KEY": "made-up-and-never-used-6",
    "LANGFUSE_SECRET_KEY": "made-up-and-never-used-7",
    "SLACK_WEBHOOK_URL": "https://hooks.example.com/made-up",
    "LITELLM_MODE": "PRODUCTION",
    "LITELLM_LOG": "ERROR",
    "DISABLE_SCHEMA_UPDATE": "true",
    "SEPARATE_HEALTH_APP": "1",
}


def text_of(name: str) -> str:
    """One of the lesson's files, such as `gateway.yaml`."""
    return (FILES / name).read_text(encoding="utf-8")


def production_findings(source: str | Mapping[str, Any], replicas: int) -> pd.DataFrame:
    """What `gateway-kit config check --production` finds in one of the lesson's files, or in Python objects.

    Its variables are those that a deployment gives its gateways.

    Returns:
        - `line` (Int64): of the file
        - `level` (string): error, warning or advice
        - `rule` (string): its name, as on the page of rules
        - `message` (string): what is wrong, and why that matters
        - `fix` (string): what mends it
        - `source` (string): where the rule comes from
    """
    from gateway_kit.stack.configuration.production import check_production

    text = text_of(source) if isinstance(source, str) else json.dumps(dict(source), indent=1, default=str)
    with tempfile.TemporaryDirectory(prefix="growing-") as folder:
        path = Path(folder) / "config.yaml"
        path.write_text(text, encoding="utf-8")
        found = check_production(path, _PRODUCTION_ENVIRON, replicas=replicas, workers=1)
    return FINDINGS.frame((one.line, one.level, one.code, one.message, one.fix, one.source) for one in found)


def export_compose(grown: GrownStack, folder: str | Path = "08-compose") -> Path:
    """Write the Compose export of the lesson's replicas into a folder, as `gateway-kit export compose` does."""
    place = Path(folder).absolute()
    shutil.rmtree(place, ignore_errors=True)
    grown.export_compose(place)
    return place
