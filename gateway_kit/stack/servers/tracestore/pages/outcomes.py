"""The outcome of a trace. It has failed if an error reached its top, so that the caller got no answer.

An error inside a trace that has an answer at its top was caught, by a retry or a fallback.
"""

from __future__ import annotations

from typing import LiteralString

OUTCOMES = {
    "failed": "failed (error at the top)",
    "caught": "succeeded, error inside",
    "ok": "no error",
}

# "offset 0" keeps the planner from turning these into joins with the whole table: errors are few.
# At the top of its trace: a root, the first span of an application that another one called, or a span whose parent is
# not in the store.
TOP: LiteralString = """(m.parent_id is null or m.is_app_root or not exists (
    select from observations p where p.trace_id = m.trace_id and p.id = m.parent_id offset 0))"""

# LiteLLM's callback sends the first failure of a call and its end as two observations side by side, with the call's id.
_TRIED_AGAIN: LiteralString = """exists (
    select from observations s where s.trace_id = m.trace_id and s.level <> 'ERROR' and s.id <> m.id
        and s.parent_id is distinct from m.id
        and s.metadata->>'litellm_call_id' = m.metadata->>'litellm_call_id' offset 0)"""

IS_ERROR: LiteralString = "m.level = 'ERROR'"
# An error that nothing above or beside it turned into a success; any other error.
FAILED: LiteralString = IS_ERROR + " and " + TOP + " and not " + _TRIED_AGAIN
BENEATH: LiteralString = IS_ERROR + " and not (" + TOP + " and not " + _TRIED_AGAIN + ")"
