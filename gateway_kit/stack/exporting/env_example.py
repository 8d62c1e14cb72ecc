"""`.env.example`: every variable, whether it is secret, and how to make one. It holds no value that is a secret."""

from __future__ import annotations

from collections.abc import Iterable

from gateway_kit.stack.exporting.variables import Variable

# How a secret is made that nobody else gives out: 64 hexadecimal digits, which stand in an address as they are.
_RANDOM = "openssl rand -hex 32"
_BEGINNINGS = {
    "LITELLM_MASTER_KEY": "sk-",
    "LITELLM_SALT_KEY": "sk-",
    "LANGFUSE_PUBLIC_KEY": "pk-lf-",
    "LANGFUSE_SECRET_KEY": "sk-lf-",
}

# Needed, secret, and of somebody else's.
_GIVEN_OUT = frozenset({"SLACK_WEBHOOK_URL"})

_HEAD = """\
# The variables of compose.yaml. `sh fill-in.sh` makes .env of this file, with a value for all that is `made here`.
# .env is for this machine alone, and you alone; keep a copy where your other secrets are. A value with a $ or a #
# stands in 'single quotes'.
"""


def made_here(variable: Variable) -> bool:
    """Whether a value is drawn at random, and not given out by somebody."""
    name = variable.name
    return variable.needed and (name in _BEGINNINGS or (variable.secret and name not in _GIVEN_OUT))


def beginning(name: str) -> str:
    """What a random value begins with; empty for most."""
    return _BEGINNINGS.get(name, "")


def how_to_make(variable: Variable) -> str:
    """Where a value comes from, as a command or a word."""
    if not made_here(variable):
        return "from whoever gives it out" if variable.secret else ""
    start = beginning(variable.name)
    command = f'echo "{start}$({_RANDOM})"' if start else _RANDOM
    return f"made here: {command}"


def env_example(variables: Iterable[Variable]) -> str:
    """The file's text."""
    parts = [_HEAD]
    section = ""
    for variable in variables:
        heading = "Needed: nothing starts without them" if variable.needed else "Fill in what you use"
        if heading != section:
            section = heading
            parts.append(f"# --- {heading} ---\n")
        parts.append(_entry(variable))
    return "\n".join(parts)


def _entry(variable: Variable) -> str:
    kind = "secret" if variable.secret else "no secret"
    lines = [f"# {kind}: {variable.meaning}"]
    if made := how_to_make(variable):
        lines.append(f"# {made}")
    return "\n".join([*lines, f"{variable.name}={variable.default}"]) + "\n"
