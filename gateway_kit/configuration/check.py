"""Everything that is wrong with a configuration file, each finding with its line and the mend."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import yaml

from gateway_kit.configuration.addresses import check_addresses
from gateway_kit.configuration.callbacks_check import check_callbacks
from gateway_kit.configuration.cost_based_check import check_cost_based_routing
from gateway_kit.configuration.deployments import check_model_list
from gateway_kit.configuration.document import kind_of, read_document
from gateway_kit.configuration.durations import check_durations
from gateway_kit.configuration.findings import Finding, finding_at
from gateway_kit.configuration.header_names import check_header_names
from gateway_kit.configuration.litellm_names import litellm_names
from gateway_kit.configuration.master_key import check_master_key
from gateway_kit.configuration.references import check_references
from gateway_kit.configuration.sections import (
    check_cache,
    check_names,
    check_router,
    check_sections,
    check_top_level,
)
from gateway_kit.configuration.semantic_check import check_semantic_cache
from gateway_kit.configuration.start_check import check_start
from gateway_kit.configuration.values import check_values

# Far beyond any configuration; a device or a data file is not read to its end.
MAX_CHARACTERS = 2_000_000


def check_config(path: Path | str, env: Mapping[str, str]) -> list[Finding]:
    """The findings of a file in the order of its lines; none for a sound one. A missing file is a finding."""
    try:
        with Path(path).open(encoding="utf-8-sig") as file:
            text = file.read(MAX_CHARACTERS + 1)
    except UnicodeDecodeError as exc:
        return [_unreadable(f"{path} is not a UTF-8 text (byte {exc.start}).", "Save it as UTF-8.")]
    except FileNotFoundError:
        return [
            _unreadable(
                f"{path} does not exist.", "Check the name, or write a new one: gateway-kit config init"
            )
        ]
    except IsADirectoryError:
        return [_unreadable(f"{path} is a folder.", "Name the file in it.")]
    except (OSError, ValueError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) and exc.strerror else str(exc)
        return [_unreadable(f"{path} cannot be read: {reason}.", "Check its permissions: ls -l")]
    if len(text) > MAX_CHARACTERS:
        return [_unreadable(f"{path} is longer than {MAX_CHARACTERS:,} characters.", "Name another file.")]
    return check_text(text, env)


def check_text(text: str, env: Mapping[str, str]) -> list[Finding]:
    """The findings of a configuration's text, in the order of its lines."""
    root, findings = read_document(text)
    if root is None:
        if not findings:
            mend = "Begin with the template: gateway-kit config init"
            findings = [Finding(1, 1, "error", "empty", "the file holds no settings.", mend)]
        return findings
    if not isinstance(root, yaml.MappingNode):
        what = f"the file must be a mapping of sections, and is {kind_of(root)}."
        mend = "Begin with `model_list:` and indent the models below it."
        return [*findings, finding_at(root, "error", "shape", what, mend)]
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
    findings += check_names(root)
    findings += check_master_key(root, env)
    findings += check_callbacks(root, env)
    findings += check_values(root, {(finding.line, finding.column) for finding in findings})
    findings += check_durations(root)
    findings += check_references(root, env)
    return sorted(findings, key=lambda finding: (finding.line, finding.column))


def _unreadable(message: str, mend: str) -> Finding:
    return Finding(1, 1, "error", "unreadable", message, mend)
