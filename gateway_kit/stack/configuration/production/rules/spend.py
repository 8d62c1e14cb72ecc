"""Rules about what is written down of each request."""

from __future__ import annotations

from collections.abc import Iterator

from gateway_kit.stack.configuration.production.rule import DOCS, PAGE, Hit, Rule, must_be_off, must_be_on
from gateway_kit.stack.configuration.production.subject import Subject

_BATCH = ("general_settings", "proxy_batch_write_at")
_RETENTION = ("general_settings", "maximum_spend_logs_retention_period")
_BUFFER = ("general_settings", "use_redis_transaction_buffer")

# LiteLLM's default and its recommendation, in seconds; and the replicas from which on it recommends the buffer.
_DEFAULT_BATCH_S, _BATCH_S, _MANY_REPLICAS = 10, 60, 10


def _batch_writes(subject: Subject) -> Iterator[Hit]:
    setting = subject.given(*_BATCH)
    if setting is not None:
        seconds = subject.number(setting.value)
        if seconds is None:  # a variable that cannot be seen, or no number, which the ordinary check reports
            return
    else:
        try:
            seconds = float(subject.variables.value("PROXY_BATCH_WRITE_AT") or _DEFAULT_BATCH_S)
        except ValueError:
            seconds = _DEFAULT_BATCH_S
    if seconds < _BATCH_S:
        why = (
            f"each worker writes what was spent every {seconds:g} s: the rows of keys and teams become the database's "
            "busiest."
        )
        yield Hit(subject.place(*_BATCH), why, (subject.write(*_BATCH, value=_BATCH_S),))


def _spend_log_retention(subject: Subject) -> Iterator[Hit]:
    if subject.given(*_RETENTION) is None and not subject.is_on("general_settings", "disable_spend_logs"):
        why = "the spend log has a row for each request and is never emptied: it fills the disk and slows the Admin UI."
        yield Hit(subject.place(*_RETENTION), why, (subject.write(*_RETENTION, value="90d"),))


def _transaction_buffer(subject: Subject) -> Iterator[Hit]:
    if subject.replicas >= _MANY_REPLICAS and not subject.is_on(*_BUFFER):
        why = (
            f"{subject.replicas} replicas change the same rows of keys and teams, and block each other up to "
            "deadlocks; with the buffer one of them writes."
        )
        yield Hit(subject.place(*_BUFFER), why, (subject.write(*_BUFFER, value=True),))


RULES = (
    Rule(
        "batch-writes",
        "warning",
        f"{PAGE}#batch-spend-writes",
        _batch_writes,
        ("proxy_batch_write_at", "PROXY_BATCH_WRITE_AT"),
    ),
    Rule(
        "transaction-buffer",
        "warning",
        f"{PAGE}#redis-transaction-buffer",
        _transaction_buffer,
        ("use_redis_transaction_buffer",),
    ),
    Rule(
        "spend-log-retention",
        "warning",
        f"{DOCS}/spend_logs_deletion",
        _spend_log_retention,
        ("maximum_spend_logs_retention_period", "disable_spend_logs"),
    ),
    Rule(
        "prompts-in-database",
        "warning",
        f"{DOCS}/db_sizing#keep-the-database-small",
        must_be_off(
            "general_settings",
            "store_prompts_in_spend_logs",
            why="every question and answer, personal data included, is kept in the database and its backups, in rows "
            "ten times as large.",
        ),
        ("store_prompts_in_spend_logs",),
    ),
    Rule(
        "error-logs",
        "advice",
        f"{PAGE}#keep-error-logs-out-of-the-database",
        must_be_on(
            "general_settings",
            "disable_error_logs",
            why="each failed request is written to the database too: most rows while a provider is down.",
        ),
        ("disable_error_logs",),
    ),
)
