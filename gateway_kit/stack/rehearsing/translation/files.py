"""What lies beside a configuration: its Python modules are copied, its data files are named by their whole paths."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from gateway_kit.stack.configuration.document import read_document
from gateway_kit.stack.configuration.modules import module_files
from gateway_kit.stack.rehearsing.translation.draft import Draft
from gateway_kit.stack.rehearsing.translation.speed import leaves

# LiteLLM looks for such files in the folder in which it was started.
_FILE = re.compile(r"(_file|_files|_path|_dir|_directory)$")


def name_data_files(draft: Draft) -> None:
    """Write whole paths for files beside the configuration that guardrails, prompts and routers read."""
    folder = draft.source.path.absolute().parent
    for way, value in leaves(draft.data, ()):
        key = next((part for part in reversed(way) if isinstance(part, str)), "")
        if (
            isinstance(value, str)
            and _FILE.search(key)
            and not Path(value).is_absolute()
            and _exists(folder / value)
        ):
            draft.replace(way, str(folder / value), "read where it is", what="kept", now=value)


def files_beside(data: Mapping[str, Any], path: Path, env: Mapping[str, str]) -> dict[str, Path]:
    """Name within the folder → file, of the modules that a translated configuration names, and of what these import."""
    folder = path.absolute().parent
    # Of a thousand models only those that name code of their own are read again.
    models = [model for model in data.get("model_list") or [] if "complexity_router_config" in repr(model)]
    root, _ = read_document(yaml.safe_dump({**data, "model_list": models}, allow_unicode=True))
    if root is None:
        return {}
    return {file.relative_to(folder).as_posix(): file for file in module_files(root, folder, env)}


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a name that no file can have
        return False
