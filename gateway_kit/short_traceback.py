"""How IPython shows an error of the kit: its sentence, and the line of the reader's own code that it came from."""

from __future__ import annotations

import linecache
import sys
from collections.abc import Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

_RED, _GREEN, _PLAIN = "\x1b[31m", "\x1b[32m", "\x1b[39m"
_MAX_LINES = 6  # of a call that is written on many lines
_MAX_CAUSE = 240


class ShortTraceback:
    """An exception that IPython shows in some lines. `%tb` shows the whole traceback, and so does `%xmode Plain`.

    Nothing is installed: IPython calls this method of whatever exception a cell ends with.
    """

    def _render_traceback_(self: Any) -> list[str]:
        from IPython.core.getipython import get_ipython

        error: BaseException = self
        shell: Any = get_ipython()
        # While a cell ends with it, this exception is being handled. %tb shows it later, when none is.
        if sys.exc_info()[1] is not error or shell.InteractiveTB.mode != "Context":
            whole: list[str] = shell.InteractiveTB.structured_traceback(
                type(error), error, error.__traceback__
            )
            return whole
        causes = [f"Cause: {cause}" for cause in _causes(error)]
        places = [line for part in _places(shell, error.__traceback__) for line in part]
        return [
            f"{_RED}{type(error).__name__}{_PLAIN}: {error}",
            *causes,
            *places,
            "For the whole traceback, run: %tb",
        ]


def _causes(error: BaseException) -> Iterator[str]:
    """The errors that led to this one, each on one line, unless its text is in this one's already."""
    seen = {id(error)}
    cause = error
    while found := cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__):
        if id(found) in seen:
            return
        seen.add(id(found))
        cause = found
        text = " ".join(str(cause).split())
        if not text or text not in str(error):
            shown = text if len(text) <= _MAX_CAUSE else f"{text[:_MAX_CAUSE]}…"
            yield f"{type(cause).__name__}: {shown}".rstrip(": ")


def _places(shell: InteractiveShell, traceback: TracebackType | None) -> Iterator[list[str]]:
    """For each frame that runs a cell's code: the cell, and the lines of the call."""
    while traceback is not None:
        code = traceback.tb_frame.f_code
        cell = shell.compile.format_code_name(code.co_filename)
        if cell is not None:
            first = traceback.tb_lineno
            last = min(_last_line(traceback) or first, first + _MAX_LINES - 1)
            function = "" if code.co_name == "<module>" else f", in {code.co_name}"
            lines = [
                linecache.getline(code.co_filename, number).rstrip() for number in range(first, last + 1)
            ]
            yield [
                f"{' '.join(cell)}, line {first}{function}",
                *(
                    f"{_GREEN}{'---->' if number == first else '     '} {number}{_PLAIN} {line}"
                    for number, line in enumerate(lines, start=first)
                ),
            ]
        traceback = traceback.tb_next


def _last_line(traceback: TracebackType) -> int | None:
    """The last line of the expression that a frame was at."""
    positions = list(traceback.tb_frame.f_code.co_positions())
    return positions[traceback.tb_lasti // 2][1]
