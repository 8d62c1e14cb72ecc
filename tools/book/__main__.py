"""Write the sources, build the site with Sphinx, and check what came out."""

from __future__ import annotations

import argparse
import gc
import sys
from pathlib import Path

from sphinx.cmd.build import build_main

from tools.book import lessons
from tools.book.check import problems
from tools.book.errors import BookError
from tools.book.links import ROOT
from tools.book.sources import clear, write_sources

# A reference to nothing is a warning, and a warning an error.
_STRICT = ("-n", "-W", "--keep-going", "-q")


def main(arguments: list[str] | None = None) -> int:
    """Build the book; returns 0, or 1 after printing what is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tools.book", description=__doc__)
    parser.add_argument("out", type=Path, help="folder of the site")
    parser.add_argument(
        "--executed", type=Path, default=lessons.EXECUTED, help="folder of the executed lessons"
    )
    parser.add_argument(
        "--incomplete", action="store_true", help="show lessons that were not executed as stored"
    )
    parser.add_argument("--without-outputs", action="store_true", help="show all lessons as stored")
    options = parser.parse_args(arguments)
    try:
        if options.without_outputs:
            return build(options.out.absolute(), None)
        if not options.incomplete and (missing := lessons.to_execute(options.executed)):
            raise BookError(f"Not executed as they are now: {', '.join(missing)}. Run: make book")
        return build(options.out.absolute(), options.executed)
    except BookError as exc:
        print(exc, file=sys.stderr)
        return 1


def build(out: Path, executed: Path | None) -> int:
    """Build the site into `out`; returns 0, or 1 after printing what is wrong. Raises BookError."""
    work = out.with_name(f".{out.name}")
    source, doctrees = work / "source", work / "doctrees"
    if write_sources(source, executed):
        clear(out, doctrees)
    configuration = ["-c", str(ROOT / "docs"), "-d", str(doctrees)]
    if build_main([*_STRICT, *configuration, "-b", "html", str(source), str(out)]):
        return 1
    found = problems(out)
    for problem in found:
        print(problem, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    # Sphinx keeps all pages as trees to the end: looking through them for garbage is a third of the build.
    gc.disable()
    sys.exit(main())
