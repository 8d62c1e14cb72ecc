"""The lessons of this version with their exercises: the board's columns."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Lesson:
    """A lesson: its number, such as "01", what it is about, and its exercises in order."""

    number: str
    title: str
    exercises: tuple[str, ...]


def all_lessons(package: Path = _PACKAGE) -> tuple[Lesson, ...]:
    """The lessons that have exercises, in order. A title is empty where the notebooks are not beside the package."""
    # By the files, since the room of the lessons, which grades exercises, lies above this one.
    exercises = sorted(
        (path.stem for path in (package / "lessons" / "solved").glob("[0-9][0-9].[0-9]*.py")), key=_place
    )
    notebooks = sorted((package.parent / "notebooks").glob("[0-9][0-9]_*.ipynb"))
    titles = {path.stem[:2]: path.stem[3:].replace("_", " ") for path in notebooks}
    numbers = dict.fromkeys(lesson_number(exercise) for exercise in exercises)
    return tuple(
        Lesson(number, titles.get(number, ""), tuple(e for e in exercises if lesson_number(e) == number))
        for number in numbers
    )


def lesson_number(name: str) -> str:
    """The number of a lesson or of an exercise's lesson: "01" of "01_routing", "01.2" and "01"."""
    return name[:2]


def _place(exercise: str) -> tuple[int, int]:
    lesson, _, number = exercise.partition(".")
    return int(lesson), int(number)
