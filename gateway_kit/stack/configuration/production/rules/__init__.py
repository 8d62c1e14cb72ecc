"""The rules, a file for each subject."""

from __future__ import annotations

from gateway_kit.stack.configuration.production.rule import Rule
from gateway_kit.stack.configuration.production.rules import (
    database,
    deployment,
    fallbacks,
    keys,
    logs,
    operation,
    pool,
    redis,
    requests,
    secrets,
    spend,
)

RULES: tuple[Rule, ...] = (
    *secrets.RULES,
    *pool.RULES,
    *database.RULES,
    *spend.RULES,
    *redis.RULES,
    *requests.RULES,
    *fallbacks.RULES,
    *keys.RULES,
    *logs.RULES,
    *operation.RULES,
    *deployment.RULES,
)

__all__ = ["RULES"]
