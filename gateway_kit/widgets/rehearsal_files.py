"""What a folder has to rehearse: configurations, traffic and stories, by their names and first lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_TRAFFIC = (".jsonl", ".ndjson", ".json", ".csv", ".tsv")
_PACKED = (".gz",)
_YAML = (".yaml", ".yml")
# Of a file, to tell a configuration from a story; and files in a list.
_READ_BYTES, _MOST = 65_536, 200
_CONFIGURATION = re.compile(
    r"^(model_list|litellm_settings|router_settings|general_settings|include) *:", re.M
)
_STORY = re.compile(r"^ *-? *[\"']?at[\"']? *:", re.M)


@dataclass(frozen=True)
class Choices:
    """The files of a folder, by what they can be."""

    configs: tuple[str, ...] = ()
    traffic: tuple[str, ...] = ()
    stories: tuple[str, ...] = ()


def choices_in(folder: str | Path) -> Choices:
    """The files of a folder and of those in it; none of a folder that cannot be read."""
    root = Path(folder)
    configs, traffic, stories = [], [], []
    for path in _files(root):
        shown = str(path)
        suffixes = [suffix.lower() for suffix in path.suffixes]
        kept = [suffix for suffix in suffixes if suffix not in _PACKED]
        if kept and kept[-1] in _TRAFFIC:
            traffic.append(shown)
        elif suffixes and suffixes[-1] in _YAML:
            text = _beginning(path)
            if _CONFIGURATION.search(text):
                configs.append(shown)
            elif _STORY.search(text):
                stories.append(shown)
    return Choices(tuple(configs[:_MOST]), tuple(traffic[:_MOST]), tuple(stories[:_MOST]))


def rehearsals_in(folder: str | Path, most: int = 20) -> list[Path]:
    """The folders of rehearsals in a folder, the newest first."""
    found = {run.parents[2] for run in Path(folder).glob("*/runs/*/run.json")}
    return sorted(found, key=lambda path: (path.stat().st_mtime, path.name), reverse=True)[:most]


def _files(root: Path) -> Iterator[Path]:
    """Files that do not begin with a dot: the folder's own first, then those of its folders."""
    try:
        entries = sorted(entry for entry in root.iterdir() if not entry.name.startswith("."))
    except OSError:
        return
    yield from (entry for entry in entries if entry.is_file())
    for entry in entries:
        if entry.is_dir():
            try:
                inner = sorted(file for file in entry.iterdir() if not file.name.startswith("."))
            except OSError:
                continue
            yield from (file for file in inner if file.is_file())


def _beginning(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_READ_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""
