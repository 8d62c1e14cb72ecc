"""A configuration file with its includes, as plain data that remembers its lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from gateway_kit.errors import ConfigError
from gateway_kit.stack.configuration.document import items, lookup, read_document, text_of
from gateway_kit.stack.configuration.includes import merge_includes
from gateway_kit.stack.configuration.reading import read_text

# The way to a setting: ("model_list", 0, "litellm_params", "api_key").
Way = tuple[Any, ...]

# Anchors can make a small file huge.
_MOST_VALUES = 100_000
_DEEPEST = 100


@dataclass(frozen=True)
class Spot:
    """Where a setting stands: its file (empty for the configuration itself), line, and where key and value begin."""

    file: str
    line: int
    column: int
    value_line: int
    value_column: int


@dataclass(frozen=True)
class Source:
    """What a configuration and its included files say, and where."""

    path: Path
    root: yaml.MappingNode
    data: dict[str, Any]
    spots: Mapping[Way, Spot]
    includes: tuple[tuple[str, str], ...]  # what an `include` names, and where

    def spot(self, way: Way) -> Spot | None:
        """The place of a setting, or of what is around it."""
        while way and way not in self.spots:
            way = way[:-1]
        return self.spots.get(way)

    def place(self, way: Way) -> str:
        """`config.yaml:12`; empty for what no file has."""
        spot = self.spot(way)
        return f"{self.name(spot.file)}:{spot.line}" if spot is not None else ""

    def line(self, way: Way) -> int:
        """The line of a setting; 1 for what no file has."""
        spot = self.spot(way)
        return spot.line if spot is not None else 1

    def name(self, file: str) -> str:
        """A file as messages name it: from the configuration's folder; the configuration itself for an empty one."""
        if not file:
            return self.path.name
        try:
            return Path(file).relative_to(self.path.absolute().parent).as_posix()
        except ValueError:
            return file


def read_source(path: Path) -> Source:
    """The file and those it includes; the configuration check has found nothing that keeps it from being read."""
    text = read_text(path)
    root, _ = read_document(text) if isinstance(text, str) else (None, [])
    if not isinstance(root, yaml.MappingNode):
        raise ConfigError(path, ["line 1: the file has no settings."])
    merged = merge_includes(root, path)
    spots: dict[Way, Spot] = {}
    data = _plain(merged.root, (), spots, path, yaml.constructor.SafeConstructor())
    source = Source(path, merged.root, data, spots, ())
    return replace(source, includes=tuple(_includes(source, root, merged.files)))


def _includes(source: Source, root: yaml.Node, files: Sequence[Path]) -> Iterator[tuple[str, str]]:
    """Each item of an `include`, in the file itself or in one that it includes."""
    for file in ("", *map(str, files)):
        text = read_text(Path(file)) if file else ""
        node = root if not file else read_document(text, file)[0] if isinstance(text, str) else None
        named = lookup(node, "include")
        for item in items(named.value if named else None):
            yield text_of(item) or "", f"{source.name(file)}:{item.start_mark.line + 1}"


def _plain(
    node: yaml.Node,
    way: Way,
    spots: dict[Way, Spot],
    path: Path,
    constructor: yaml.constructor.SafeConstructor,
) -> Any:
    """A node's value. What an anchor repeats is built anew each time, so that each can be changed alone."""
    if len(spots) > _MOST_VALUES:
        raise ConfigError(path, [f"line 1: its anchors repeat more than {_MOST_VALUES:,} values."])
    if len(way) > _DEEPEST:
        raise ConfigError(path, [f"line {node.start_mark.line + 1}: an anchor repeats itself inside itself."])
    if isinstance(node, yaml.MappingNode):
        mapping = {}
        for key_node, value in node.value:
            key = constructor.construct_object(key_node, deep=True)
            spots[*way, key] = _spot(key_node, value)
            mapping[key] = _plain(value, (*way, key), spots, path, constructor)
        return mapping
    if isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            spots[*way, number] = _spot(item, item)
        return [
            _plain(item, (*way, number), spots, path, constructor) for number, item in enumerate(node.value)
        ]
    return constructor.construct_object(node)


def _spot(key: yaml.Node, value: yaml.Node) -> Spot:
    mark, begin = key.start_mark, value.start_mark
    return Spot(mark.name or "", mark.line + 1, mark.column + 1, begin.line + 1, begin.column + 1)
