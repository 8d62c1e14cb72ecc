"""Colours that colour-blind readers can tell apart, in a light and in a dark JupyterLab, and series without colour.

Colour vision is simulated with the matrices of Machado, Oliveira and Fernandes ("A Physiologically-based Model for
Simulation of Color Vision Deficiency", 2009, severity 1.0), which work on linear RGB. Distances are Euclidean in OKLab
(Ottosson 2020), times 100: about 2 is just noticeable.
"""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from gateway_kit.charts.elements import bar_style, line_style
from gateway_kit.charts.theme import DARK_INVERT, DARK_STYLE, HATCHES, LINES, MARKERS, THEME, Theme, contrast

VISION = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
_TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
# What CSS' hue-rotate(180deg) does to sRGB, as the filter effects specification has it.
_HUE_ROTATE_180 = np.array([[-0.574, 1.430, 0.144], [0.426, 0.430, 0.144], [0.426, 1.430, -0.856]])


def darkened(colour: str) -> str:
    """The colour as DARK_STYLE shows it."""
    value = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    inverted = DARK_INVERT - (2 * DARK_INVERT - 1) * value
    return "#" + "".join(f"{round(part * 255):02x}" for part in np.clip(_HUE_ROTATE_180 @ inverted, 0, 1))


def dark_theme() -> Theme:
    colours = {name: darkened(getattr(THEME, name)) for name in ("background", "text", "muted")}
    series, shades = (tuple(map(darkened, many)) for many in (THEME.series, THEME.shades))
    return replace(THEME, **colours, series=series, shades=shades)  # type: ignore[arg-type]


THEMES = pytest.mark.parametrize("theme", [THEME, dark_theme()], ids=["light", "dark"])
SIGHTS = pytest.mark.parametrize("sight", VISION)


def linear(colour: str) -> NDArray[np.float64]:
    value = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def seen(colour: str, sight: str) -> NDArray[np.float64]:
    """OKLab of the colour as it looks."""
    looks = np.clip(VISION[sight] @ linear(colour), 0, 1)
    return _TO_LAB @ np.cbrt(_TO_CONES @ looks)


def distance(one: str, other: str, sight: str) -> float:
    return float(np.linalg.norm(seen(one, sight) - seen(other, sight)) * 100)


def nearest(colours: tuple[str, ...], sight: str) -> float:
    return min(distance(one, other, sight) for one, other in itertools.combinations(colours, 2))


def test_the_dark_style_is_the_filter_that_is_measured_here() -> None:
    assert f"filter: invert({DARK_INVERT}) hue-rotate(180deg)" in DARK_STYLE
    assert (darkened("#ffffff"), darkened("#000000")) == ("#121212", "#ededed")


def test_the_simulation_reproduces_known_results() -> None:
    # Grey looks grey to everybody, and red and green of the same lightness are one colour without green cones.
    for sight in VISION:
        assert np.abs(seen("#808080", sight)[1:]).max() < 0.01
    assert distance("#9a6a00", "#5f7f00", "normal") > 3 * distance("#9a6a00", "#5f7f00", "deuteranopia")


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)  # the web's well-known near miss
    assert contrast("#ffffff", "#777777") == contrast("#777777", "#ffffff")


# The colours are chosen for a light page; the filter brings some of them closer together.
DISTANCES = pytest.mark.parametrize(
    ("theme", "least_of_all", "least_of_three", "least_of_two", "least_to_text"),
    [(THEME, 11, 17, 20, 17), (dark_theme(), 7, 11, 18, 10)],
    ids=["light", "dark"],
)


@DISTANCES
@SIGHTS
def test_series_are_distinct_for_every_colour_vision(
    theme: Theme,
    least_of_all: float,
    least_of_three: float,
    least_of_two: float,
    least_to_text: float,
    sight: str,
) -> None:
    assert nearest(theme.series, sight) > least_of_all
    # Most charts have two or three series.
    assert nearest(theme.series[:3], sight) > least_of_three
    assert nearest(theme.series[:2], sight) > least_of_two
    # Failed calls have the text's colour: beside the first two in bars, elsewhere with crosses.
    for colour in theme.series[:2]:
        assert distance(colour, theme.text, sight) > least_to_text


@THEMES
@SIGHTS
def test_series_stand_out_from_the_background(theme: Theme, sight: str) -> None:
    for colour in theme.series:
        assert distance(colour, theme.background, sight) > 20


@THEMES
def test_everything_has_contrast_with_the_background(theme: Theme) -> None:
    for colour in (*theme.series, *theme.shades, theme.muted):
        assert contrast(colour, theme.background) >= 3, colour  # WCAG 2.2, 1.4.11, for graphics
    assert contrast(theme.text, theme.background) >= 7  # 1.4.6, for text


@THEMES
def test_labels_inside_of_bars_can_be_read(theme: Theme) -> None:
    for colour in (*theme.series, *theme.shades, theme.text):
        assert contrast(theme.on(colour), colour) >= 4.5  # 1.4.3, for text


@THEMES
@SIGHTS
def test_shades_are_ordered_by_lightness(theme: Theme, sight: str) -> None:
    strength = [contrast(colour, theme.background) for colour in theme.shades]
    assert strength == sorted(strength)
    lightness = [seen(colour, sight)[0] for colour in theme.shades]
    assert min(abs(a - b) for a, b in itertools.pairwise(lightness)) > 0.1


@THEMES
def test_series_are_distinct_without_colour(theme: Theme) -> None:
    many = range(len(theme.series))
    lines = [(str(line_style(index)["ls"]), line_style(index)["marker"]) for index in many]
    assert len({pattern for pattern, _ in lines}) == len({mark for _, mark in lines}) == len(theme.series)
    assert len({bar_style(index)["hatch"] for index in many}) == len(theme.series)
    assert len(LINES) == len(MARKERS) == len(HATCHES) == len(theme.series)
    assert theme.colour(len(theme.series)) == theme.colour(0)
