"""What lies beside a configuration: its Python modules are copied, its data files are named by their whole paths."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from gateway_kit.stack.configuration.data_files import with_whole_paths
from gateway_kit.stack.configuration.document import read_document
from gateway_kit.stack.configuration.modules import module_files
from gateway_kit.stack.rehearsing.translation.draft import Draft
from gateway_kit.stack.rehearsing.translation.speed import leaves

_FILE = re.compile(r"(_file|_files|_path|_dir|_directory|_config_path)$")


def name_data_files(draft: Draft) -> None:
    """Write whole paths for files beside the configuration that guardrails and routers read."""
    folder = draft.source.path.absolute().parent
    for way, value in leaves(draft.data, ()):
        key = next((part for part in reversed(way) if isinstance(part, str)), "")
        if (
            isinstance(value, str)
            and _FILE.search(key)
            and _exists(folder / value)
            and not Path(value).is_absolute()
        ):
            draft.replace(way, str(folder / value), "read where it is", what="kept", now=value)


def with_data_files(text: str, path: Path) -> str:
    """The text with whole paths for the files that LiteLLM looks for in its own folder."""
    return with_whole_paths(text, path.absolute().parent)


def files_beside(text: str, path: Path, env: Mapping[str, str]) -> dict[str, Path]:
    """Name within the folder → file, of the modules that a translated text names, and of what these import."""
    root, _ = read_document(text)
    folder = path.absolute().parent
    if root is None:
        return {}
    return {file.relative_to(folder).as_posix(): file for file in module_files(root, folder, env)}


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a name that no file can have
        return False
