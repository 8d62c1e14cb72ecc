"""Load the Python modules that a configuration names, and say what became of each.

    python -m gateway_kit.stack.servers.gateway.load_modules REQUEST ANSWER

REQUEST is a JSON file: `folder` (where the configuration lies) and `modules`, a list of [module, file or null,
attribute]. ANSWER is written as a JSON list with a text for each: empty if it loaded, else what went wrong.
"""

from __future__ import annotations

import importlib
import json
import sys
import traceback
from pathlib import Path

from gateway_kit.stack.servers.gateway import user_modules


def main() -> None:
    """Load the modules one by one; if a module ends the process, the answer has fewer items."""
    request = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    folder = request["folder"]
    user_modules.look_in(folder)
    answers: list[str] = []
    for module, file, attribute in request["modules"]:
        answers.append(_loaded(module, file, attribute, folder))
        Path(sys.argv[2]).write_text(json.dumps(answers), encoding="utf-8")


def _loaded(module: str, file: str | None, attribute: str, folder: str) -> str:
    try:
        found = user_modules.load(module, file) if file else importlib.import_module(module)
        getattr(found, attribute)
    except BaseException as exc:  # a module may raise anything, SystemExit too
        return _told(exc, folder)
    return ""


def _told(exc: BaseException, folder: str) -> str:
    """`my_hooks.py line 3: ValueError: no key`: the last place in the user's folder, the error and its text."""
    frames = [f for f in traceback.extract_tb(exc.__traceback__) if f.filename.startswith(f"{folder}/")]
    where = f"{Path(frames[-1].filename).relative_to(folder)} line {frames[-1].lineno}: " if frames else ""
    lines = str(exc).strip().splitlines()
    return f"{where}{type(exc).__name__}" + (f": {lines[0]}" if lines else "")


if __name__ == "__main__":
    main()
