"""Rules about logs, alerts and traces."""

from __future__ import annotations

from collections.abc import Iterator

import yaml

from gateway_kit.stack.configuration.document import items, text_of
from gateway_kit.stack.configuration.production.mends import Step
from gateway_kit.stack.configuration.production.rule import DOCS, PAGE, Hit, Rule, must_be_on
from gateway_kit.stack.configuration.production.subject import Subject

_QUIET = ("ERROR", "CRITICAL", "WARNING")
_ALERTING = ("general_settings", "alerting")

# Callbacks that count, limit or notify, and keep no trace of what was asked.
_NO_TRACE = frozenset({"prometheus", "smtp_email", "resend_email", "sendgrid_email", "email"})

# Alert channel → the variables one of which has its address.
_ADDRESSES = {
    "slack": ("SLACK_WEBHOOK_URL", "ALERTING_WEBHOOK_URL"),
    "webhook": ("WEBHOOK_URL",),
    "ms_teams": ("MS_TEAMS_WEBHOOK_URL",),
}


def _verbose(subject: Subject) -> Iterator[Hit]:
    why = "each request is written into the log, its texts included, about 2 KB a request."
    for section in ("litellm_settings", "router_settings"):
        if subject.is_on(section, "set_verbose"):
            step = subject.write(section, "set_verbose", value=False)
            yield Hit(subject.place(section, "set_verbose"), why, (step,))
    if _level(subject) == "DEBUG":
        yield Hit(subject.variables_place(), why, (subject.set_variable("LITELLM_LOG", "ERROR"),))


def _log_level(subject: Subject) -> Iterator[Hit]:
    level = _level(subject)
    if level in (*_QUIET, "DEBUG") or (level is None and subject.variables.may_give("LITELLM_LOG")):
        return
    why = "each request, health checks included, is a line in the log."
    yield Hit(subject.variables_place(), why, (subject.set_variable("LITELLM_LOG", "ERROR"),))


def _level(subject: Subject) -> str | None:
    value = subject.variables.value("LITELLM_LOG")
    return value.upper() if value else None


def _alerts(subject: Subject) -> list[str]:
    setting = subject.given(*_ALERTING)
    return [text for node in items(setting.value if setting else None) if (text := text_of(node))]


def _alerting(subject: Subject) -> Iterator[Hit]:
    if not _alerts(subject):
        why = "nobody is told that a provider fails, a budget is used up or the database is away."
        yield Hit(subject.place(*_ALERTING), why, (subject.write(*_ALERTING, value=["slack"]),))


def _alert_address(subject: Subject) -> Iterator[Hit]:
    if subject.given("general_settings", "alert_to_webhook_url") is not None:
        return
    for channel in _alerts(subject):
        names = _ADDRESSES.get(channel, ())
        if names and not any(subject.variables.may_give(name) for name in names):
            why = f"alerts go to `{channel}`, whose address {names[0]} is not given: each one fails."
            yield Hit(subject.place(*_ALERTING), why, (subject.set_secret(names[0]),))


def _tracing(subject: Subject) -> Iterator[Hit]:
    both = _callbacks(subject, "callbacks")
    missing = [
        key for key in ("success_callback", "failure_callback") if not (both or _callbacks(subject, key))
    ]
    if not missing:
        return
    what = "of what was asked and answered" if "success_callback" in missing else "of the calls that failed"
    steps: list[Step] = []
    for key in missing:
        setting = subject.given("litellm_settings", key)
        present = [text for node in items(setting.value if setting else None) if (text := text_of(node))]
        steps.append(subject.write("litellm_settings", key, value=[*present, "langfuse"]))
    place = subject.place("litellm_settings", missing[0])
    yield Hit(place, f"there is no trace {what} when somebody complains.", tuple(steps))


def _callbacks(subject: Subject, key: str) -> list[yaml.Node]:
    setting = subject.given("litellm_settings", key)
    if setting is None:
        return []
    listed = items(setting.value) or [setting.value]
    return [node for node in listed if text_of(node) not in (None, "", *_NO_TRACE)]


RULES = (
    Rule("verbose", "error", f"{PAGE}#production-logging", _verbose, ("set_verbose", "LITELLM_LOG")),
    Rule("log-level", "advice", f"{PAGE}#production-logging", _log_level, ("LITELLM_LOG",)),
    Rule(
        "json-logs",
        "advice",
        f"{PAGE}#production-logging",
        must_be_on(
            "litellm_settings",
            "json_logs",
            why="stack traces are many lines of text, which a log store cannot search as one.",
            variable="JSON_LOGS",
        ),
        ("json_logs", "JSON_LOGS"),
    ),
    Rule("alerting", "warning", f"{DOCS}/alerting", _alerting, ("alerting",)),
    Rule(
        "alert-address",
        "warning",
        f"{DOCS}/alerting",
        _alert_address,
        ("SLACK_WEBHOOK_URL", "ALERTING_WEBHOOK_URL", "WEBHOOK_URL", "alert_to_webhook_url"),
    ),
    Rule("tracing", "advice", f"{DOCS}/logging", _tracing, ("success_callback", "failure_callback")),
)
