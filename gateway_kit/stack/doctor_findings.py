"""What `gateway-kit doctor` finds."""

from __future__ import annotations

from dataclasses import dataclass

from gateway_kit.stack.configuration.findings import Level


@dataclass(frozen=True)
class Finding:
    """`fix` is the command that helps."""

    level: Level
    subject: str
    text: str
    fix: str = ""
