"""Helpers for comparisons: interleaved rounds, and a simulated model that answers at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from statistics import median

from gateway_kit.gateway.providers import Providers

Figures = dict[str, float]


def medians_of_rounds(
    targets: Mapping[str, Callable[[], Figures]], rounds: int, digits: int = 4
) -> dict[str, Figures]:
    """Median of each figure of each target, of `measured_rounds`."""
    return medians_of(measured_rounds(targets, rounds), digits)


def measured_rounds(targets: Mapping[str, Callable[[], Figures]], rounds: int) -> dict[str, list[Figures]]:
    """The figures of each target in each round.

    The targets take turns, so that other load on the machine affects all of them alike. The first round is a warm-up,
    which is left out.
    """
    rows: dict[str, list[Figures]] = {name: [] for name in targets}
    for number in range(-1, rounds):
        for name, measure in targets.items():
            row = measure()
            if number >= 0:
                rows[name].append(row)
    return rows


def medians_of(rows: Mapping[str, list[Figures]], digits: int = 4) -> dict[str, Figures]:
    """Median of each figure of each target."""
    return {
        name: {figure: round(median(row[figure] for row in measured), digits) for figure in measured[0]}
        for name, measured in rows.items()
    }


@contextmanager
def instant_answers(providers_url: str, model: str) -> Iterator[Providers]:
    """The simulator's client, while `model` answers at once, so that only the overhead is measured."""
    with Providers(providers_url) as providers:
        providers.profile(model, ttft_s=0, tokens_per_s=100_000)
        try:
            yield providers
        finally:
            providers.reset_profiles()
