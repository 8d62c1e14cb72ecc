"""One colour per provider and one per model, in every chart.

A model has its provider's colour, and models of one provider differ by pattern. Names that say nothing of a provider,
such as your own deployments', get the next colour when a chart first shows them, and keep it until the kernel ends.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock

from gateway_kit.charts.theme import HATCHES, THEME

# Provider → its place in the theme's series. The first three are easiest to tell apart.
PROVIDERS = {
    "openai": 0, "anthropic": 1, "azure": 2, "gemini": 3, "bedrock": 4, "vertex_ai": 5, "ollama": 6
}  # fmt: skip
# Words in names of models and deployments. A later row applies if no earlier one does: "azure-gpt-4o-mini" is Azure's.
_WORDS = (
    ("azure", r"azure"),
    ("bedrock", r"bedrock|amazon|nova|titan|meta\.llama|(us|eu|apac)\.\w+\."),
    ("vertex_ai", r"vertex|gemini-pro|gemini-1\.5-pro"),
    ("gemini", r"gemini|google"),
    ("anthropic", r"anthropic|claude"),
    ("ollama", r"ollama|llama3\.2|phi3|nomic|smollm2|minilm|local-embed"),
    ("openai", r"openai|gpt-|text-embedding-|o[134]-"),
)
# Columns of calls whose values are coloured here.
COLUMNS = ("model", "provider", "deployment")

_seen: dict[str, int] = {}
_guard = Lock()


@dataclass(frozen=True)
class Look:
    """A colour and a pattern (of a bar, a line or a marker), as places in the theme."""

    colour: int
    pattern: int


def place(name: str, taken: Sequence[int] = ()) -> int:
    """The place of a name's colour in `THEME.series`, the same in every chart.

    A name that no chart has shown yet and that says nothing of a provider avoids the places that are `taken`.
    """
    provider = next(
        (provider for provider, words in _WORDS if re.search(rf"(?<![a-z])({words})", name.lower())), None
    )
    if provider is not None:
        return PROVIDERS[provider]
    with _guard:
        if name not in _seen:
            following = [(len(_seen) + step) % len(THEME.series) for step in range(len(THEME.series))]
            _seen[name] = next((at for at in following if at not in taken), following[0])
        return _seen[name]


def colours(names: Sequence[str]) -> list[str]:
    """The colour of each name, where something else tells the names apart, such as a label at the axis."""
    return [THEME.colour(look.colour) for look in looks(names)]


def looks(names: Sequence[str]) -> list[Look]:
    """The look of each name in one chart: names with the same colour have different patterns."""
    given: dict[str, Look] = {}
    for name in names:
        if name in given:
            continue
        colour = place(name, [look.colour for look in given.values()])
        used = {look.pattern for look in given.values()}
        patterns = [(colour + step) % len(HATCHES) for step in range(len(HATCHES))]
        given[name] = Look(colour, next((pattern for pattern in patterns if pattern not in used), colour))
    return [given[name] for name in names]
