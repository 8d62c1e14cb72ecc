"""Rules about the gateway's process and what is in front of it."""

from __future__ import annotations

from collections.abc import Iterator

from gateway_kit.stack.configuration.production.rule import PAGE, Hit, Rule, must_be_given
from gateway_kit.stack.configuration.production.subject import Subject


def _dotenv(subject: Subject) -> Iterator[Hit]:
    mode = subject.variables.value("LITELLM_MODE")
    if mode == "DEV" or (mode is None and not subject.variables.may_give("LITELLM_MODE")):
        why = (
            "LiteLLM reads a file `.env` in the folder in which it starts: a forgotten one changes its keys."
        )
        yield Hit(subject.variables_place(), why, (subject.set_variable("LITELLM_MODE", "PRODUCTION"),))


def _health_app(subject: Subject) -> Iterator[Hit]:
    if subject.kind == "litellm" and not subject.variables.is_on("SEPARATE_HEALTH_APP"):
        why = "under load a health check waits behind requests, and a gateway that is only busy is restarted."
        yield Hit(subject.variables_place(), why, (subject.set_variable("SEPARATE_HEALTH_APP", "1"),))


RULES = (
    Rule("dotenv", "warning", f"{PAGE}#disable-load_dotenv", _dotenv, ("LITELLM_MODE",)),
    Rule(
        "trusted-proxies",
        "advice",
        f"{PAGE}#set-trusted-proxy-ranges",
        must_be_given(
            ("general_settings", "trusted_proxy_ranges"),
            ["10.0.0.0/8"],
            "failed sign-ins to the Admin UI are not limited by address, since LiteLLM does not know your proxies; "
            "write `[]` if clients connect directly.",
        ),
        ("trusted_proxy_ranges",),
    ),
    Rule(
        "health-app",
        "advice",
        "https://github.com/BerriAI/litellm/blob/main/docker/prod_entrypoint.sh",
        _health_app,
    ),
)
