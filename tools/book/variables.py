"""The page of the environment variables, from the tables in the docstrings of the modules that read them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import ModuleType

from gateway_kit import settings
from gateway_kit.stack.configuration import offline
from gateway_kit.stack.services import credentials
from tools.book.errors import BookError

_TABLE = re.compile(r"^\|.*\|\n\|[-| ]+\|\n(?:\|.*\|\n)+", re.MULTILINE)
_SECTIONS = (
    (
        "Folders and services",
        "Set them before `gateway-kit up`. A service that somebody else runs is not started by the kit.",
        settings,
    ),
    (
        "Credentials",
        "The kit makes them at the first start and keeps them in the state folder's `.env`. A value in the environment "
        "wins over the file; the salt key and PostgreSQL's password can be set for the first start only.",
        credentials,
    ),
    (
        "Real providers",
        "With a provider's variables set, its simulated models become its own at the next `gateway-kit up`, and cost "
        "money.",
        offline,
    ),
)


def page() -> str:
    """The page as Markdown."""
    return "\n".join(["# Environment variables", "", *_sections()])


def table(module: ModuleType) -> str:
    """The table in a module's docstring. Raises BookError if it has none."""
    found = _TABLE.search(f"{module.__doc__}\n")
    if found is None:
        raise BookError(f"The docstring of {module.__name__} has no table of environment variables")
    return found[0]


def _sections() -> Iterator[str]:
    for heading, sentence, module in _SECTIONS:
        yield f"## {heading}\n\n{sentence}\n\n{table(module)}"
