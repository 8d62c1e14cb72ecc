"""The answering module of the simulator, run by Node line by line."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

SCRIPT = Path(__file__).with_name("answering_lines.mjs")


class RefusedError(Exception):
    """The schema was refused, with a sentence."""


class Answering:
    def __init__(self, node: str) -> None:
        self._process = subprocess.Popen(
            [node, str(SCRIPT)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
        )

    def close(self) -> None:
        self._process.communicate(timeout=60)
        assert self._process.returncode == 0

    def run(self, wish: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        # Escaped, so that lone surrogates pass.
        self._process.stdin.write(json.dumps(wish) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the answering module died"
        result: dict[str, Any] = json.loads(line)
        assert "crashed" not in result, result
        if "refused" in result:
            raise RefusedError(result["refused"])
        return result

    def fill(self, schema: Any, prompt: str = "", **more: Any) -> Any:
        return self.run({"fill": schema, "with": {"prompt": prompt, **more}})["value"]

    def answer(
        self, prompt: str, *, model: str = "gpt-4o-mini", index: int = 0, own: Any = None, **call: Any
    ) -> Any:
        call.setdefault("messages", [{"role": "user", "text": prompt}])
        wish = {"call": call, "model": model, "index": index}
        return self.run({**wish, "own": own} if own is not None else wish)["answer"]
