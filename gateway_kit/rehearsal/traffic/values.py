"""JSON values one after the other, or in an array, or in an array of an answer: `{"data": [ … ]}`.

A part of the file is held at a time. A value that is malformed is passed over, up to where its brackets close.
"""

from __future__ import annotations

import codecs
import io
import json
import re
from collections.abc import Iterator
from typing import Any

from gateway_kit.rehearsal.traffic.lines import LONGEST_LINE, Numbered, cleaned, whole
from gateway_kit.rehearsal.traffic.problems import BadLine, shortened

_BLOCK = 1 << 20
_BETWEEN = re.compile(r"[\s,\[\]\x1e]*")
_BRACKET = re.compile(r'(?:[^"{}\[\]]++|"(?:[^"\\]++|\\.)*+")*+([{}\[\]])', re.DOTALL)
_SCALAR = r'(?:"(?:[^"\\]++|\\.)*+"|[-+.\deE]++|true|false|null|\{[^{}\[\]]*+\})'
# The names under which answers of APIs have their list.
LISTS = (
    "data", "result", "results", "logs", "items", "observations", "rows", "records", "entries", "requests", "calls",
)  # fmt: skip
_ANSWER = re.compile(
    rf'\{{\s*+(?:"[^"\\]*+"\s*+:\s*+{_SCALAR}\s*+,\s*+)*?"(?:{"|".join(LISTS)})"\s*+:\s*+\[\s*+(?=[{{\]])'
)
_HEAD = 1 << 16
_CLOSED_BY = {"{": "}", "[": "]"}
_NEXT_LINE = re.compile(r"\n\s*+\{")


def read_values(stream: io.BufferedReader) -> Iterator[Numbered]:
    """Each value with its number from 1, or a BadLine in its place."""
    yield from enumerate(_Values(stream).values(), 1)


class _Values:
    def __init__(self, stream: io.BufferedReader) -> None:
        self._stream = stream
        self._utf8 = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._decoder = json.JSONDecoder(parse_constant=lambda _: None, parse_int=whole)
        self._text = ""
        self._place = 0
        self._ended = False
        self._in_answer = False

    def values(self) -> Iterator[Any]:
        while self._to_next():
            if self._text[self._place] == "{" and self._enters_answer():
                continue
            value = self._next()
            yield value
            if isinstance(value, BadLine) and self._ended and self._place >= len(self._text):
                return

    def _more(self) -> bool:
        """Read on; False at the end."""
        if self._ended:
            return False
        self._text = self._text[self._place :]
        self._place = 0
        block = self._stream.read(
            max(_BLOCK, len(self._text))
        )  # doubled, so that a large value is not scanned often
        self._ended = not block
        self._text += self._utf8.decode(block, final=self._ended)
        return True

    def _to_next(self) -> bool:
        """Go to where a value begins; False at the end."""
        while True:
            start = self._place
            self._place = _BETWEEN.match(self._text, start).end()  # type: ignore[union-attr]
            closed = self._text.find("]", start, self._place) if self._in_answer else -1
            if closed >= 0:
                self._in_answer = False
                self._place = closed + 1
                self._leave_answer()
                continue
            if self._place < len(self._text):
                return True
            if not self._more():
                return False

    def _enters_answer(self) -> bool:
        while len(self._text) - self._place < _HEAD and self._more():
            pass
        found = _ANSWER.match(self._text, self._place, self._place + _HEAD)
        if found is None:
            return False
        self._place = found.end()
        self._in_answer = True
        return True

    def _leave_answer(self) -> None:
        """Pass over what follows the list in its answer."""
        while True:
            found = re.compile(r'\s*+(?:,\s*+"[^"\\]*+"\s*+:\s*+)?').match(self._text, self._place)
            place = found.end() if found is not None else self._place
            if place >= len(self._text):
                if not self._more():
                    return
                continue
            self._place = place
            if self._text[place] == "}":
                self._place += 1
                return
            if isinstance(self._next(), BadLine):
                return

    def _next(self) -> Any:
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._place)
            except RecursionError:
                self._place = self._end() or len(self._text)
                return BadLine("not JSON", "nested too deeply")
            except json.JSONDecodeError as error:
                bad = self._malformed(error)
                if bad is not None:
                    return bad
                continue
            if end == len(self._text) and not self._ended and not isinstance(value, dict | list | str):
                self._more()  # a number may go on
                continue
            start, self._place = self._place, end
            return cleaned(value) if self._text.find("\\u", start, end) >= 0 else value

    def _malformed(self, error: json.JSONDecodeError) -> BadLine | None:
        """What is wrong with the value here; None after reading on, if it may only be incomplete."""
        start = self._place
        beginning = shortened(self._text[start : start + 100], 40)
        if self._text[start] not in "{[":
            if self._text[start] == '"' and len(self._text) - start < LONGEST_LINE and self._more():
                return None
            following = re.compile(r"[\n{]").search(self._text, start + 1)
            self._place = len(self._text) if following is None else following.start()
            return BadLine("not JSON", f"{error.msg}: {beginning}")
        end = self._end()
        if end is not None:
            self._place = end
            return BadLine("not JSON", f"{error.msg}, {error.pos - start + 1} characters into {beginning}")
        if len(self._text) - start <= LONGEST_LINE and self._more():
            return None
        following = _NEXT_LINE.search(self._text, self._place + 1)
        self._place = len(self._text) if following is None else following.start()
        return BadLine("cut off", f"never closed: {beginning}")

    def _end(self) -> int | None:
        """Where the brackets of the value here close; None if that is not in reach.

        A bracket of the wrong kind closes those inside it, so that one that is missing costs no other value.
        """
        opened: list[str] = []
        place = self._place
        while True:
            found = _BRACKET.match(self._text, place)
            if found is None:
                return None
            place = found.end()
            if found[1] in _CLOSED_BY:
                opened.append(_CLOSED_BY[found[1]])
                continue
            while opened and opened.pop() != found[1]:
                pass
            if not opened:
                return place
