"""Check a configuration for production: what LiteLLM's production page recommends and operators learnt."""

from __future__ import annotations

from gateway_kit.stack.configuration.production.check import (
    DATABASE_CONNECTIONS,
    ProductionFinding,
    check_production,
)
from gateway_kit.stack.configuration.production.rules import RULES

__all__ = ["DATABASE_CONNECTIONS", "RULES", "ProductionFinding", "check_production"]
