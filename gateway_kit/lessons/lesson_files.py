"""Which lessons there are. Internal."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from gateway_kit.errors import LessonError


def find_lessons(folder: Path, names: Iterable[str] = ()) -> list[Path]:
    """The lessons of `folder` in order; `names` picks some by number or name. Raises LessonError."""
    lessons = sorted(folder.glob("[0-9][0-9]_*.ipynb"))
    wanted = [name.removesuffix(".ipynb").rsplit("/", 1)[-1] for name in names]
    unknown = [w for w in wanted if not any(_is_called(path, w) for path in lessons)]
    if unknown or not lessons:
        available = ", ".join(path.stem for path in lessons) or "none"
        raise LessonError(f"No lesson {', '.join(unknown) or 'at all'} in {folder}; there are: {available}")
    return [path for path in lessons if not wanted or any(_is_called(path, w) for w in wanted)]


def _is_called(path: Path, name: str) -> bool:
    return path.stem == name or path.stem.split("_")[0] == name
