"""Less work for a gateway that nobody calls: what LiteLLM's background jobs do every few seconds, done only if needed.

The kit's configuration looks for budgets to reset every 2 seconds, so that lessons need not wait. In LiteLLM 1.106.12
one look is six queries and two messages to Redis, most of what a gateway costs that nobody calls.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

# Whether one of the job's queries would find a row. LiteLLM's times are UTC, in columns without a time zone.
DUE = """
SELECT EXISTS (SELECT 1 FROM "LiteLLM_VerificationToken" WHERE budget_duration IS NOT NULL
               AND budget_reset_at < now() AT TIME ZONE 'utc'
               AND (expires IS NULL OR expires > now() AT TIME ZONE 'utc'))
    OR EXISTS (SELECT 1 FROM "LiteLLM_VerificationToken" WHERE budget_limits IS NOT NULL)
    OR EXISTS (SELECT 1 FROM "LiteLLM_TeamTable" WHERE budget_limits IS NOT NULL)
    OR EXISTS (SELECT 1 FROM "LiteLLM_TeamTable" WHERE budget_duration IS NOT NULL
               AND (budget_reset_at IS NULL OR budget_reset_at < now() AT TIME ZONE 'utc'))
    OR EXISTS (SELECT 1 FROM "LiteLLM_UserTable" WHERE budget_duration IS NOT NULL
               AND (budget_reset_at IS NULL OR budget_reset_at < now() AT TIME ZONE 'utc'))
    OR EXISTS (SELECT 1 FROM "LiteLLM_BudgetTable" WHERE budget_duration IS NOT NULL
               AND (budget_reset_at IS NULL OR budget_reset_at < now() AT TIME ZONE 'utc'))
    AS due
"""


RELOAD_EVERY = "PROXY_CONFIG_RELOAD_INTERVAL_SECONDS"


def reload_as_told() -> None:
    """Let LiteLLM read its configuration again as often as this process's environment says.

    It asks the environment once, while it is imported, which another process may have done.
    """
    from litellm.proxy import proxy_server

    if told := os.environ.get(RELOAD_EVERY):
        proxy_server.proxy_config_reload_interval_seconds = int(told)


def reset_budgets_when_due() -> None:
    """Let the job that resets budgets ask one question first."""
    from litellm.proxy.common_utils.reset_budget_job import ResetBudgetJob

    ResetBudgetJob.reset_budget = when_due(ResetBudgetJob.reset_budget)


def when_due(reset_budget: Callable[[Any], Awaitable[None]]) -> Callable[[Any], Awaitable[None]]:
    """The job's method, done only if a budget is due, or if nobody can tell: then LiteLLM's job says why."""

    @wraps(reset_budget)
    async def reset_due_budgets(job: Any) -> None:
        try:
            rows = await job.prisma_client.db.query_raw(DUE)
            due = bool(rows[0]["due"])
        except Exception as exc:  # whatever it is, the job meets it again and deals with it
            logging.getLogger(__name__).debug("cannot tell whether a budget is due: %s", exc)
            due = True
        if due:
            await reset_budget(job)

    return reset_due_budgets


def read_yaml_in_c() -> None:
    """Let LiteLLM read its configuration, which it does every 30 seconds, with PyYAML's reader in C where it is there.

    It reads the same language twenty times as fast.
    """
    import yaml

    if yaml.__with_libyaml__:
        yaml.safe_load = _safe_load


def _safe_load(stream: Any) -> Any:
    import yaml

    return yaml.load(stream, Loader=yaml.CSafeLoader)  # as safe as SafeLoader
