"""Files that a configuration names, such as a service account or a certificate: searched beside it, like its modules.

LiteLLM searches them in the folder in which it was started, and the kit does not start its gateway in the user's
folder. So each relative path becomes absolute in the copy that the gateway reads.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import yaml

from gateway_kit.stack.configuration.document import read_document, scalars, text_of
from gateway_kit.stack.configuration.findings import Finding, closest, finding_at, shown
from gateway_kit.stack.configuration.models import REFERENCE

# Settings whose value is the path of a file or folder that LiteLLM reads.
_READ = frozenset(
    {
        "vertex_credentials", "GOOGLE_APPLICATION_CREDENTIALS", "ssl_certificate", "ssl_verify", "prompt_directory",
        "global_prompt_directory", "spec_path",
    }
)  # fmt: skip
# Values of these settings that are not relative paths: inline JSON, absolute paths, URLs, words for yes and no.
_NO_PATH = ("{", "[", REFERENCE, "/", "~", "$", "http:", "https:", "s3:", "gcs:")
_WORDS = frozenset({"", "true", "false", "yes", "no"})


def check_data_files(root: yaml.Node, folder: Path) -> Iterator[Finding]:
    """Findings about relative paths that do not exist in `folder`."""
    for key, node, path in _named(root, folder):
        if path.exists():
            continue
        neighbours = [file.name for file in path.parent.iterdir()] if path.parent.is_dir() else []
        meant = closest(path.name, neighbours)
        fix = f"Did you mean `{meant}`?" if meant else "Put it there, or write its absolute path."
        message = f"`{key}: {shown(text_of(node) or '')}` is not beside the configuration, in {folder}."
        yield finding_at(node, "error", "missing-file", message, fix)


def with_whole_paths(text: str, folder: Path) -> str:
    """A valid configuration's text with each relative path that exists replaced by its absolute path."""
    root, _ = read_document(text)
    existing = (
        [] if root is None else [(node, path) for _, node, path in _named(root, folder) if path.exists()]
    )
    # From last to first, so that earlier positions stay valid.
    for node, path in sorted(existing, key=lambda each: each[0].start_mark.index, reverse=True):
        written = yaml.safe_dump(str(path), default_style='"', width=1_000_000, allow_unicode=True).rstrip(
            "\n"
        )
        text = text[: node.start_mark.index] + written + text[node.end_mark.index :]
    return text


def is_file_setting(key: str, value: str) -> bool:
    """Whether a setting names a file or folder of this machine, by a relative path or an absolute one."""
    return _names_path(key, value.lstrip("/"))


def _named(root: yaml.Node, folder: Path) -> Iterator[tuple[str, yaml.Node, Path]]:
    for key, node in scalars(root):
        value = text_of(node) or ""
        if _names_path(key, value):
            yield key, node, folder / value


def _names_path(key: str, value: str) -> bool:
    words = value.lower() in _WORDS
    return key in _READ and not words and not value.startswith(_NO_PATH) and "\n" not in value
