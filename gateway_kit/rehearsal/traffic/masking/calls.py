"""Masked calls, and the file that they are written to."""

from __future__ import annotations

import contextlib
import gzip
import os
import re
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO, cast

import orjson

from gateway_kit.rehearsal.call import LoggedCall
from gateway_kit.rehearsal.errors import RehearsalError
from gateway_kit.rehearsal.traffic.masking.requests import RequestMask
from gateway_kit.rehearsal.traffic.masking.texts import TextMask
from gateway_kit.rehearsal.traffic.readers.own import written

# Names of exceptions of LiteLLM and of OpenAI's SDK, which stay in an error's text.
_ERRORS = re.compile(
    r"\b(?:(?:litellm\.)?(?:RateLimit|BadRequest|Authentication|PermissionDenied|NotFound|Timeout|APITimeout"
    r"|ServiceUnavailable|InternalServer|APIConnection|API|ContentPolicyViolation|ContextWindowExceeded"
    r"|BudgetExceeded|UnprocessableEntity|MidStreamFallback|RouterRateLimit|ProxyModelNotFound)(?:Error)?"
    r"|(?:litellm\.)?Timeout|ProxyException|HTTPException)\b"
)


class CallMask:
    """Masks calls: texts, who asked and what for. Models, deployments, times, tokens and money stay."""

    def __init__(self, secret: bytes | None = None) -> None:
        self._texts = TextMask(secret)
        self._requests = RequestMask(self._texts)

    def call(self, call: LoggedCall) -> LoggedCall:
        """The call that stands for a call."""
        name = self._texts.pseudonym
        return replace(
            call,
            body=None if call.body is None else self._requests.body(call.body),
            key=None if call.key is None else name("key", call.key),
            team=None if call.team is None else name("team", call.team),
            user=None if call.user is None else name("user", call.user),
            tags=tuple(name("tag", tag) for tag in call.tags),
            error=None if call.error is None else self._error(call.error),
        )

    def _error(self, text: str) -> str:
        masked, place = [], 0
        for found in _ERRORS.finditer(text):
            masked += [self._texts.text(text[place : found.start()]), found[0]]
            place = found.end()
        return "".join([*masked, self._texts.text(text[place:])])


def write_masked(calls: Iterable[LoggedCall], out: Path, secret: bytes | None = None) -> int:
    """Write masked calls as JSON lines, packed if the name ends in `.gz`; returns their number.

    The file is there when it is complete, and not before.
    """
    mask, count = CallMask(secret), 0
    part = out.with_name(f".{out.name}.{secrets.token_hex(4)}.part")
    try:
        try:
            with _opened(part, packed=out.suffix == ".gz") as file:
                for call in calls:
                    file.write(orjson.dumps(written(mask.call(call)), option=orjson.OPT_APPEND_NEWLINE))
                    count += 1
            part.replace(out)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise RehearsalError(f"{out} could not be written: {error.strerror or error}") from error
    return count


@contextlib.contextmanager
def _opened(path: Path, *, packed: bool) -> Iterator[IO[bytes]]:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        if not packed:
            yield file
            return
        with gzip.GzipFile(fileobj=file, mode="wb") as packing:
            yield cast(IO[bytes], packing)
