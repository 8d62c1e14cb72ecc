"""Check a configuration file: every mistake with its line and its fix."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import yaml

from gateway_kit.stack.configuration.addresses import check_addresses
from gateway_kit.stack.configuration.callbacks_check import check_callbacks
from gateway_kit.stack.configuration.cost_based_check import check_cost_based_routing
from gateway_kit.stack.configuration.data_files import check_data_files
from gateway_kit.stack.configuration.deployments import check_model_list
from gateway_kit.stack.configuration.document import kind_of, lookup, read_document, text_of
from gateway_kit.stack.configuration.durations import check_durations
from gateway_kit.stack.configuration.findings import Finding, finding_at
from gateway_kit.stack.configuration.header_names import check_header_names
from gateway_kit.stack.configuration.includes import merge_includes
from gateway_kit.stack.configuration.litellm_names import litellm_names
from gateway_kit.stack.configuration.master_key import check_master_key
from gateway_kit.stack.configuration.model_references import check_names
from gateway_kit.stack.configuration.module_loading import check_loading
from gateway_kit.stack.configuration.modules import check_modules
from gateway_kit.stack.configuration.prompts_check import check_prompt_models
from gateway_kit.stack.configuration.reading import read_text
from gateway_kit.stack.configuration.references import check_references
from gateway_kit.stack.configuration.sections import (
    check_cache,
    check_router,
    check_sections,
    check_top_level,
)
from gateway_kit.stack.configuration.semantic_check import check_semantic_cache
from gateway_kit.stack.configuration.start_check import check_start
from gateway_kit.stack.configuration.values import check_values


def check_config(
    path: Path | str, env: Mapping[str, str], *, beside: Path | None = None, load_modules: bool = False
) -> list[Finding]:
    """The findings of a file and of the files it includes, in order of lines; empty for a valid file.

    A missing file is a finding. Modules are searched in the folder `beside`, by default the file's own; with
    `load_modules` they are also loaded, in a separate process.
    """
    text = read_text(Path(path))
    if isinstance(text, Finding):
        return [text]
    return check_text(text, env, path=Path(path), beside=beside, load_modules=load_modules)


def check_text(
    text: str,
    env: Mapping[str, str],
    *,
    path: Path | None = None,
    beside: Path | None = None,
    load_modules: bool = False,
) -> list[Finding]:
    """The findings of a configuration's text, in the order of its lines.

    If it is the text of a file at `path`, the files it includes and the modules it names are checked too.
    """
    root, findings = read_document(text)
    if root is None:
        if not findings:
            fix = "Start with a template: gateway-kit config init"
            findings = [Finding(1, 1, "error", "empty", "the file has no settings.", fix)]
        return findings
    if not isinstance(root, yaml.MappingNode):
        message = f"the file must be a mapping of sections, not {kind_of(root)}."
        fix = "Begin with `model_list:` and indent the models below it."
        return [*findings, finding_at(root, "error", "shape", message, fix)]
    kind = lookup(root, "kind")
    if kind is not None and text_of(kind.value) == "ConfigMap" and lookup(root, "data"):
        message = "this is a Kubernetes ConfigMap, with LiteLLM's configuration as a text in `data`."
        fix = "Save that text as a file of its own, and check it."
        return [*findings, finding_at(kind.value, "error", "shape", message, fix)]
    return check_root(root, env, path=path, beside=beside, load_modules=load_modules, earlier=findings)


def check_root(
    root: yaml.MappingNode,
    env: Mapping[str, str],
    *,
    path: Path | None = None,
    beside: Path | None = None,
    load_modules: bool = False,
    earlier: Iterable[Finding] = (),
) -> list[Finding]:
    """The findings of a configuration that was read already, perhaps as a part of another file, after `earlier`."""
    findings = [*earlier]
    if path is not None:
        merged = merge_includes(root, path)
        root = merged.root
        findings += merged.findings
    names = litellm_names()
    findings += check_top_level(root, names)
    findings += check_model_list(root, names)
    findings += check_header_names(root)
    findings += check_addresses(root, env)
    findings += check_sections(root, names)
    findings += check_start(root, env, names)
    findings += check_cache(root, names)
    findings += check_semantic_cache(root, names)
    findings += check_router(root, names)
    findings += check_cost_based_routing(root, names)
    findings += check_prompt_models(root)
    findings += check_names(root)
    findings += check_master_key(root, env)
    findings += check_callbacks(root, env)
    findings += check_values(root, {(f.file, f.line, f.column) for f in findings})
    findings += check_durations(root)
    findings += check_references(root, env)
    if path is not None:
        folder = beside or path.absolute().parent
        findings += check_data_files(root, folder)
        findings += check_modules(root, folder, env)
        if load_modules and not any(finding.level == "error" for finding in findings):
            findings += check_loading(root, folder, env)
    return sorted(findings, key=lambda finding: (finding.file, finding.line, finding.column))
