"""Several values files as one, as Helm merges those of its `-f` options."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import yaml

from gateway_kit.stack.configuration.document import entries, is_null, kind_of, read_document
from gateway_kit.stack.configuration.findings import Finding, finding_at
from gateway_kit.stack.configuration.reading import read_text


def merge_values(root: yaml.MappingNode, files: Iterable[Path]) -> tuple[yaml.MappingNode, list[Finding]]:
    """`root` with the values of the files over it, the last one on top, and what is wrong with the files.

    Helm's rules: mappings are merged, lists and all else are replaced, and null takes the chart's own value away.
    """
    findings: list[Finding] = []
    for file in files:
        text = read_text(file)
        if isinstance(text, Finding):
            findings.append(replace(text, file=str(file)))
            continue
        above, wrong = read_document(text, str(file))
        findings += wrong
        if isinstance(above, yaml.MappingNode):
            root = _merged(root, above)
        elif above is not None:
            message = f"values must be a mapping, not {kind_of(above)}."
            findings.append(finding_at(above, "error", "shape", message, "Write one `key: value` a line."))
    return root, findings


def _merged(base: yaml.MappingNode, above: yaml.MappingNode) -> yaml.MappingNode:
    merged = {entry.key: (entry.key_node, entry.value) for entry in entries(base)}
    for entry in entries(above):
        _, below = merged.get(entry.key, (None, None))
        if is_null(entry.value):
            merged.pop(entry.key, None)
        elif isinstance(below, yaml.MappingNode) and isinstance(entry.value, yaml.MappingNode):
            merged[entry.key] = (entry.key_node, _merged(below, entry.value))
        else:
            merged[entry.key] = (entry.key_node, entry.value)
    return yaml.MappingNode(base.tag, list(merged.values()), base.start_mark, base.end_mark)
