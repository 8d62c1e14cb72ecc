"""The reader's copies of the lessons: made once, kept between starts, replaced only when asked.

A copy has the digest of its original's cells in its metadata. So the copy alone tells whether the reader changed it,
and whether the original is newer.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from io import BufferedWriter
from pathlib import Path
from typing import Any, BinaryIO

from gateway_kit.common.private_files import write_private
from gateway_kit.errors import LessonError

_METADATA = "gateway_kit"
NO_COPY, UNTOUCHED, CHANGED = USUAL_STATES = ("no copy yet", "untouched", "changed by you")


@dataclass(frozen=True)
class LessonCopy:
    """A lesson and the reader's copy of it.

    `state` is one of `USUAL_STATES` (a copy whose cells were only executed is untouched), or what the file is instead.
    `newer` says that the original has changed since the copy was made.
    """

    original: Path
    copy: Path
    state: str
    newer: bool = False

    @property
    def minutes(self) -> int:
        """How long working through it takes, as its first cell says; 0 if it does not."""
        first = "".join(_read_original(self.original)["cells"][0]["source"])
        found = re.search(r"\*\*(\d+) minutes\.\*\*", first)
        return int(found[1]) if found else 0


def look_at(original: Path, folder: Path) -> LessonCopy:
    """One lesson and its copy in `folder`. Raises LessonError for an original that is no notebook."""
    current, copy = _digest(_read_original(original)), folder / original.name
    try:
        if copy.is_symlink():
            return LessonCopy(original, copy, "a link, not a copy")
        notebook = json.loads(copy.read_text(encoding="utf-8"))
        own, base = _digest(notebook), notebook.get("metadata", {}).get(_METADATA, {}).get("original")
    except FileNotFoundError:
        return LessonCopy(original, copy, NO_COPY)
    except OSError as exc:
        return LessonCopy(original, copy, f"not readable ({exc.strerror})")
    except (ValueError, KeyError, TypeError, AttributeError):  # anything may be in it
        return LessonCopy(original, copy, "not a notebook")
    if own == current:
        return LessonCopy(original, copy, UNTOUCHED)
    return LessonCopy(original, copy, UNTOUCHED if own == base else CHANGED, base not in (None, current))


def copy_missing(originals: Sequence[Path], folder: Path) -> list[LessonCopy]:
    """Copy each lesson that has no copy in `folder` yet; all lessons with their copies.

    Whatever has a copy's name stays as it is. Raises LessonError if the folder cannot be written.
    """
    with _a_sentence(folder):
        _check_folder(folder, originals)
        folder.mkdir(exist_ok=True)
        for original in originals:
            target = folder / original.name
            if not target.exists() and not target.is_symlink():
                write_private(target, _fresh(original), mode=0o644)
    return [look_at(original, folder) for original in originals]


def reset(original: Path, folder: Path, now: datetime | None = None) -> Path | None:
    """Replace the copy of a lesson by a fresh one; where the old copy is now, None if there was none to keep.

    Raises LessonError, and changes nothing then.
    """
    target, fresh = folder / original.name, _fresh(original)
    with _a_sentence(folder):
        _check_folder(folder, [original])
        folder.mkdir(exist_ok=True)
        if target.is_dir() and not target.is_symlink():
            raise LessonError(
                f"{target} is a folder, and the copy of a lesson needs its name. Rename it, then try again"
            )
        kept = None
        if target.is_symlink() or (target.exists() and target.read_bytes() != fresh.encode()):
            kept = _keep(target, now or datetime.now())
        write_private(target, fresh, mode=0o644)
    return kept


def _keep(target: Path, now: datetime) -> Path:
    """The same file (or link) under a dated name that nothing has yet."""
    for number in range(1, 1000):
        more = f"_{number}" if number > 1 else ""
        kept = target.with_name(f"{target.stem}.{now:%Y-%m-%d_%H-%M-%S}{more}.ipynb")
        try:
            if target.is_symlink():
                kept.symlink_to(target.readlink())
            else:
                with target.open("rb") as old, kept.open("xb") as new:
                    _copy_all(old, new)
        except FileExistsError:
            continue
        return kept
    raise LessonError(
        f"{target.parent} has too many old copies of {target.name}. Remove some, then try again"
    )


def _copy_all(old: BinaryIO, new: BufferedWriter) -> None:
    try:
        shutil.copyfileobj(old, new)
        new.flush()
    except OSError:
        Path(new.name).unlink()  # half of it, on a full disk
        raise


def _fresh(original: Path) -> str:
    notebook = _read_original(original)
    notebook["metadata"] = {**notebook.get("metadata", {}), _METADATA: {"original": _digest(notebook)}}
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def _read_original(path: Path) -> dict[str, Any]:
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        _digest(notebook)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as exc:
        raise LessonError(f"{path} is no notebook ({exc}). Get it back: git restore {path}") from exc
    return dict(notebook)


def _digest(notebook: dict[str, Any]) -> str:
    """Of what a person writes: kinds, texts and tags of the cells; no outputs, no identifiers."""
    cells = [
        [cell["cell_type"], "".join(cell["source"]), sorted(cell["metadata"].get("tags", []))]
        for cell in notebook["cells"]
    ]
    return hashlib.sha256(json.dumps(cells).encode()).hexdigest()


def _check_folder(folder: Path, originals: Sequence[Path]) -> None:
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        what = "a link" if folder.is_symlink() else "a file"
        raise LessonError(
            f"{folder} is {what}, and the copies of the lessons need a folder of that name. "
            "Rename it, then try again"
        )
    if any(folder.resolve() == original.parent.resolve() for original in originals):
        raise LessonError(f"{folder} has the lessons themselves; copies need another folder")


@contextmanager
def _a_sentence(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        raise LessonError(
            f"The copies of the lessons cannot be written to {folder}: {exc.strerror}. Nothing was replaced. "
            f"Check the folder's owner and the space on its disk: ls -ld {folder}; df -h {folder.parent}"
        ) from exc
