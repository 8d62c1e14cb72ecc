"""Check that the Python code a configuration names can be loaded, in a separate process with a time limit.

The process has the same environment and installed packages as the gateway. Its output is discarded, and changes to its
memory end with it.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import yaml

from gateway_kit.settings import patience
from gateway_kit.stack.configuration.findings import Finding, finding_at, shown
from gateway_kit.stack.configuration.module_references import ModuleReference, module_references

# Such modules import LiteLLM, which takes seconds, and several times as long on a busy machine.
LIMIT_S = 90.0

_PROGRAM = "gateway_kit.stack.servers.gateway.load_modules"


def check_loading(
    root: yaml.Node, folder: Path, env: Mapping[str, str], *, limit_s: float = LIMIT_S
) -> Iterator[Finding]:
    """A finding for each module that does not load, at the line that names it. Starts no process without modules."""
    references = module_references(root, folder, env)
    if not references:
        return
    limit_s *= patience()
    answers = _load(references, folder, env, limit_s)
    for number, reference in enumerate(references):
        if number < len(answers) and not answers[number]:
            continue
        name = f"{reference.module}.{reference.attribute}"
        if number < len(answers):
            message = f"`{shown(name)}` does not load: {shown(answers[number], 300)}."
            fix = f"Fix {reference.path}." if reference.path else "Fix or reinstall the package."
        else:
            message = (
                f"`{shown(name)}` does not load: it ended its process, or took longer than {limit_s:.0f} s."
            )
            fix = f"Check what {reference.path or reference.module} does when it is imported."
        yield finding_at(reference.node, "error", "module", message, fix)
        if number >= len(answers):
            return


def _load(
    references: Sequence[ModuleReference], folder: Path, env: Mapping[str, str], limit_s: float
) -> list[str]:
    modules = [[r.module, str(r.path) if r.path else None, r.attribute] for r in references]
    with tempfile.TemporaryDirectory(prefix="gateway-kit-") as place:
        request, answer = Path(place) / "request.json", Path(place) / "answer.json"
        request.write_text(json.dumps({"folder": str(folder), "modules": modules}), encoding="utf-8")
        child = subprocess.Popen(
            [sys.executable, "-P", "-m", _PROGRAM, str(request), str(answer)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=_child_env(env),
            cwd=place,
            start_new_session=True,
        )
        try:
            child.wait(limit_s)
        except subprocess.TimeoutExpired:
            pass
        finally:
            _end_session(child)
        return list(json.loads(answer.read_text(encoding="utf-8"))) if answer.exists() else []


def _child_env(env: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in env.items() if not name.startswith("PYTHON")}
    return {**kept, "LITELLM_LOCAL_MODEL_COST_MAP": "True"}


def _end_session(child: subprocess.Popen[bytes]) -> None:
    """End the child and all processes it started."""
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    child.wait()
