"""The last look at what is about to be written: no secret that the stack or the environment knows stands in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from gateway_kit.errors import StackError
from gateway_kit.stack.configuration.findings import SECRET_VALUE
from gateway_kit.stack.rehearsing.translation.secrets import is_secret, is_secret_name
from gateway_kit.stack.services.credentials import (
    DEMO_MASTER_KEY,
    DEMO_TRACING_EMAIL,
    DEMO_TRACING_PASSWORD,
    DEMO_UI_USERNAME,
    env_file,
    read_env_file,
)
from gateway_kit.stack.services.langfuse_env import secrets_file
from gateway_kit.stack.stack import Stack

# Values for demonstrations: in the README for everybody, and ordinary words.
_PUBLIC = frozenset({DEMO_MASTER_KEY, DEMO_TRACING_EMAIL, DEMO_TRACING_PASSWORD, DEMO_UI_USERNAME})
# Shorter values, and longer ones of lower-case letters alone, may stand in any text.
_SHORTEST, _SHORTEST_WORD = 8, 16
# A variable as a shell or a program reads it: no secret, whatever it is called.
_REFERENCE = re.compile(r"[\"']?(os\.environ/\w+|\$\{?\w+|/[\w./-]+)[\"']?")


def known_secrets(stack: Stack) -> dict[str, str]:
    """Secret → where it comes from, the state folder or the environment: to compare with, never to show."""
    kept = {
        **read_env_file(env_file(stack.home)),
        **read_env_file(secrets_file(stack.settings())),
    }
    found = {value: f"{name} of the state folder" for name, value in kept.items() if _tells(value)}
    for name, value in stack.environ.items():
        if _tells(value) and (is_secret_name(name.lower()) or is_secret(name.lower(), value)):
            found[value] = f"the variable {name}"
    return found


def refuse_secrets(files: Mapping[str, str], secrets: Mapping[str, str]) -> None:
    """Raise StackError if a text holds a secret; the message names its place and where it comes from."""
    for name, text in files.items():
        for secret, origin in secrets.items():
            if secret in text:
                line = text[: text.index(secret)].count("\n") + 1
                raise StackError(
                    f"{name} line {line} would hold the value of {origin}, so nothing was written. "
                    f"Take it out of the configuration, or of the module beside it: write os.environ/NAME instead"
                )


def refuse_literal_keys(files: Mapping[str, str]) -> None:
    """Raise StackError for what looks like a key in a user's own code, which is copied as it is."""
    for name, text in files.items():
        if found := SECRET_VALUE.search(text):
            line = text[: found.start()].count("\n") + 1
            raise StackError(
                f"{name} line {line} holds what looks like a key, so nothing was written. Read it from a variable "
                "there: os.environ['NAME']"
            )


def _tells(value: str) -> bool:
    if value in _PUBLIC or Path(value).is_absolute() or _REFERENCE.fullmatch(value):
        return False
    return len(value) >= (_SHORTEST_WORD if re.fullmatch(r"[a-z_.-]+", value) else _SHORTEST)
