"""The overview diagram: which part talks to which."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

# Okabe and Ito's palette, whose colours colour-blind readers can distinguish.
INK, BLUE, GREEN, ORANGE, GREY = "#1f2933", "#0072b2", "#009e73", "#d55e00", "#6b7280"

PROVIDERS = (
    "OpenAI, Azure OpenAI",
    "Anthropic",
    "AWS Bedrock",
    "Google Gemini, Vertex AI",
    "Self-hosted: Ollama, llama.cpp",
)


def overview() -> Figure:
    """Applications, the gateway with Redis, PostgreSQL and traces, and the providers, joined by arrows."""
    figure = Figure(figsize=(10, 4.6), layout="constrained")
    axes = figure.add_subplot()
    axes.set(xlim=(0, 100), ylim=(0, 46))
    axes.axis("off")
    gateway = (
        "LiteLLM, port 4000\nrouting, retries, fallbacks\nvirtual keys, budgets\ncache, cost of every call"
    )
    _box(
        axes, (1, 22, 18, 20), "Your code", "OpenAI's API\none URL, one key\nnotebooks, apps,\nservices", BLUE
    )
    _box(axes, (33, 22, 28, 20), "LLM gateway", gateway, ORANGE)
    _box(axes, (15, 3, 18, 10.5), "Redis", "port 6379\ncached answers", GREY)
    _box(axes, (38, 3, 18, 10.5), "PostgreSQL", "port 5432\nkeys, budgets, spend", GREY)
    _box(axes, (61, 3, 18, 10.5), "Traces", "port 3001, Langfuse API\na trace of every call", GREY)
    for index, name in enumerate(PROVIDERS):
        y = 38.5 - 4.1 * index
        _rounded(axes, (75, y, 24, 3.1), GREEN, rounding=0.7)
        axes.text(87, y + 1.5, name, ha="center", va="center", fontsize=9.5, color=INK)
        _arrow(axes, (62.2, 32), (74.4, y + 1.55))
    _arrow(axes, (20.2, 32), (31.8, 32))
    _arrow(axes, (39, 21.2), (28, 14.3))
    _arrow(axes, (47, 21.2), (47, 14.3))
    _arrow(axes, (55, 21.2), (66, 14.3))
    axes.text(26, 33.4, "virtual key", ha="center", fontsize=9, color=INK)
    axes.text(68.3, 40.6, "provider keys", ha="center", fontsize=9, color=INK)
    return figure


def _box(axes: Axes, place: tuple[float, float, float, float], title: str, text: str, colour: str) -> None:
    x, y, width, height = place
    middle = x + width / 2
    _rounded(axes, place, colour, rounding=1.2)
    centred = {"ha": "center", "va": "center", "color": INK}
    axes.text(middle, y + height - 2.6, title, fontsize=12, weight="bold", **centred)
    axes.text(middle, y + (height - 4.2) / 2, text, fontsize=9.5, linespacing=1.5, **centred)


def _rounded(axes: Axes, place: tuple[float, float, float, float], colour: str, *, rounding: float) -> None:
    x, y, width, height = place
    style = f"round,pad=0.15,rounding_size={rounding}"
    shape = FancyBboxPatch((x, y), width, height, boxstyle=style, linewidth=1.6, edgecolor=colour)
    shape.set_facecolor((*to_rgb(colour), 0.08))
    axes.add_patch(shape)


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    style = {"arrowstyle": "<|-|>", "mutation_scale": 13, "linewidth": 1.5, "color": GREY}
    axes.add_patch(FancyArrowPatch(start, end, shrinkA=0, shrinkB=0, **style))
