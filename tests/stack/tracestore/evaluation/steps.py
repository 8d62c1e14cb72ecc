"""What is sent, in which order: recorded calls of the API, recorded calls of the SDKs, and added steps."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

RECORDED = Path(__file__).parent.parent / "recorded" / "evaluation"
# The SDKs' calls came between these calls of the API: (first and last number in wire/, number in answers/).
_SDK_RUNS = ((200, 290, 424), (291, 351, 548))


@dataclass(frozen=True)
class Step:
    """One call. `name` is '' for an added step, which only has to succeed."""

    name: str
    method: str
    path: str
    query: list[tuple[str, str]] = field(default_factory=list)
    body: Any = None
    content_type: str | None = None
    has_keys: bool = True
    status: int = 200
    answer: Any = None

    @property
    def family(self) -> str:
        """Which part of the API it calls: the path's first name, without the version."""
        names = self.path.removeprefix("/api/public/").split("/")
        return names[1] if names[0] in ("v2", "v3") else names[0]


def added(method: str, path: str, body: Any = None, query: dict[str, str] | None = None, **kept: str) -> Step:
    """A step in place of a call that is not in this part of the recording.

    `kept` binds fields of the answer to the recorded ids that later calls name, `id="cmx2…"`, and to recorded times.
    """
    return Step("", method, f"/api/public/{path}", list((query or {}).items()), body, answer=kept)


def all_steps(between: dict[int, list[Step]]) -> list[Step]:
    """Every step; those of `between` come before the recorded call of the API with their number."""
    numbered: list[tuple[float, Step]] = [
        (int(path.name.split("-")[0]), _answer(path)) for path in (RECORDED / "answers").glob("*.json")
    ]
    for path in (RECORDED / "wire").glob("*.json"):
        number = int(path.name.split("-")[0])
        before = next(before for first, last, before in _SDK_RUNS if first <= number <= last)
        numbered.append((before - 0.5 + number / 10_000, _wire(path)))
    for number, steps in between.items():
        numbered += [(number - 0.1 + index / 1000, step) for index, step in enumerate(steps)]
    return [step for _, step in sorted(numbered, key=lambda pair: pair[0])]


def _answer(path: Path) -> Step:
    recorded = json.loads(path.read_text())
    sent = recorded["request"]
    query = sent["query"] or []
    pairs = list(query.items()) if isinstance(query, dict) else [(name, value) for name, value in query]
    return Step(
        path.stem,
        sent["method"],
        sent["path"],
        pairs,
        sent["body"],
        sent["content_type"],
        sent["authorization"] is not None,
        recorded["status"],
        recorded["body"],
    )


def _wire(path: Path) -> Step:
    recorded = json.loads(path.read_text())
    sent, answered = recorded["request"], recorded["response"]
    url = urlsplit(sent["path"])
    body = sent["body"]
    if url.path.endswith("/otel/v1/traces"):
        body = _otlp_json(body)
    return Step(
        path.stem,
        sent["method"],
        url.path,
        parse_qsl(url.query, keep_blank_values=True),
        body,
        None if body is None else "application/json",
        True,
        answered["status"],
        answered["body"],
    )


def _otlp_json(decoded: dict[str, Any]) -> dict[str, Any]:
    """The export in OTLP's JSON; the recording has attributes as plain values."""

    def rewritten(value: Any) -> Any:
        if isinstance(value, list):
            return [rewritten(item) for item in value]
        if not isinstance(value, dict):
            return value
        return {
            name: [{"key": key, "value": _any_value(plain)} for key, plain in item.items()]
            if name == "attributes" and isinstance(item, dict)
            else rewritten(item)
            for name, item in value.items()
        }

    result: dict[str, Any] = rewritten(decoded)
    return result


def _any_value(plain: Any) -> dict[str, Any]:
    match plain:
        case bool():
            return {"boolValue": plain}
        case int():
            return {"intValue": str(plain)}
        case float():
            return {"doubleValue": plain}
        case list():
            return {"arrayValue": {"values": [_any_value(item) for item in plain]}}
        case _:
            return {"stringValue": plain}
