"""Why a gateway did not start, out of its log, and the error that says so."""

from __future__ import annotations

import re
from pathlib import Path

from gateway_kit.errors import GatewayNotStartedError, ServiceError

KITS_OWN = "the kit's own configuration"

_TRACEBACK = "Traceback (most recent call last):"
_GIVEN_UP = "Application startup failed"
_FRAME = re.compile(r'File "([^"]+)", line (\d+)')
# Files that are not the user's.
_NOT_THEIRS = ("/site-packages/", "/gateway_kit/stack/servers/", "<frozen", "/lib/python")
_LONGEST = 300
_MOST_BYTES = 200_000
_START = "starts\n"  # after the service's name, as `process.start` writes it


def reason_in(log: str) -> str:
    """The error that ended a start, with the place in the user's own code if it comes from there; empty for none.

    Of errors that led to one another it is the first: LiteLLM's own, raised after it, say less.
    """
    head, marker, _ = log.rpartition(_GIVEN_UP)
    lines = (head if marker else log).splitlines()
    begins = [n for n, line in enumerate(lines) if _TRACEBACK in line]
    if not begins:
        return ""
    begin = _first_of_chain(lines, begins)
    frames, error = [], ""
    for line in lines[begin + 1 :]:
        if line.strip() and not line[0].isspace():
            error = line.strip()
            break
        frames += _FRAME.findall(line)
    own = [(file, number) for file, number in frames if not any(part in file for part in _NOT_THEIRS)]
    place = f"{Path(own[-1][0]).name} line {own[-1][1]}: " if own else ""
    return (place + error)[:_LONGEST] if error else ""


def _first_of_chain(lines: list[str], begins: list[int]) -> int:
    """The first traceback of those that led to the last one."""
    first = len(begins) - 1
    while first > 0:
        between = "\n".join(lines[begins[first - 1] : begins[first]])
        if "was the direct cause of" not in between and "another exception occurred" not in between:
            break
        first -= 1
    return begins[first]


class NotReplacedError(ServiceError):
    """A new gateway failed, and the old one serves. `reason` says why; `log_tail` is what the new one wrote last."""

    def __init__(self, reason: str, *, log_path: Path, log_tail: str = "") -> None:
        self.reason = reason
        super().__init__("gateway", f"was not replaced: {reason}", log_path=log_path, log_tail=log_tail)

    @classmethod
    def of(cls, exc: ServiceError) -> NotReplacedError:
        """The error of a service that was started to replace a gateway."""
        reason = reason_in(_last_start(exc)) or f"{exc.service} {exc.what}"
        return cls(reason, log_path=exc.log_path, log_tail=exc.log_tail)


def not_started(exc: ServiceError, *, config: str | None, goes_on: str = "") -> GatewayNotStartedError:
    """The error for a gateway that failed with `config` (None for the kit's own); see GatewayNotStartedError."""
    known = exc.reason if isinstance(exc, NotReplacedError) else reason_in(_last_start(exc))
    reason = known or f"it {exc.what}"
    return GatewayNotStartedError(
        reason, log_path=exc.log_path, log_tail=exc.log_tail, config=config, goes_on=goes_on
    )


def _last_start(exc: ServiceError) -> str:
    """What a service's log holds since it was started last."""
    path = exc.log_path
    try:
        with path.open("rb") as log:
            log.seek(max(0, path.stat().st_size - _MOST_BYTES))
            return log.read().decode(errors="replace").rpartition(f"{exc.service} {_START}")[2]
    except FileNotFoundError:
        return ""
