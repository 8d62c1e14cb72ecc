"""Rules about how long a request may take and which deployment gets it."""

from __future__ import annotations

from collections.abc import Iterator

from gateway_kit.stack.configuration.document import Entry, items, lookup
from gateway_kit.stack.configuration.production.mends import Path
from gateway_kit.stack.configuration.production.rule import PAGE, Hit, Rule
from gateway_kit.stack.configuration.production.subject import Subject

_TIMEOUT = ("litellm_settings", "request_timeout")
_STRATEGY = "routing_strategy"

# LiteLLM's recommendation and its default, in seconds.
_TIMEOUT_S, _DEFAULT_TIMEOUT_S = 600, 6000


def _request_timeout(subject: Subject) -> Iterator[Hit]:
    settings = [
        entry for path in (_TIMEOUT, ("router_settings", "timeout")) if (entry := subject.given(*path))
    ]
    mend = (subject.write(*_TIMEOUT, value=_TIMEOUT_S),)
    for setting in settings:
        seconds = subject.number(setting.value)
        if seconds is not None and seconds > _TIMEOUT_S:
            why = (
                f"a provider that hangs holds a connection for {seconds:,g} s; give a model that needs longer a "
                "`timeout` of its own."
            )
            path = _TIMEOUT if setting.key == _TIMEOUT[-1] else ("router_settings", "timeout")
            yield Hit(setting.value, why, (subject.write(*path, value=_TIMEOUT_S),))
    if not settings and not subject.variables.gives("REQUEST_TIMEOUT"):
        why = f"a request has LiteLLM's default limit of {_DEFAULT_TIMEOUT_S:,} s: what hangs holds its connection."
        yield Hit(subject.place(*_TIMEOUT), why, mend)


def _routing_strategy(subject: Subject) -> Iterator[Hit]:
    for path, setting in _strategies(subject):
        strategy = subject.text(setting.value) or ""
        if strategy.startswith("usage-based-routing"):
            why = f"`{strategy}` asks Redis before each request, which costs a quarter more CPU and is not recommended."
            yield Hit(setting.value, why, (subject.write(*path, value="simple-shuffle"),))


def _strategies(subject: Subject) -> Iterator[tuple[Path, Entry]]:
    if (setting := subject.given("router_settings", _STRATEGY)) is not None:
        yield ("router_settings", _STRATEGY), setting
    groups = subject.given("router_settings", "routing_groups")
    for number, group in enumerate(items(groups.value if groups else None)):
        if (setting := lookup(group, _STRATEGY)) is not None:
            yield ("router_settings", "routing_groups", number, _STRATEGY), setting


RULES = (
    Rule(
        "request-timeout",
        "warning",
        f"{PAGE}#set-a-request-timeout",
        _request_timeout,
        ("request_timeout", "REQUEST_TIMEOUT"),
    ),
    Rule("routing-strategy", "warning", f"{PAGE}#redis", _routing_strategy, ("routing_strategy",)),
)
