"""Read a configuration file's text, or return the finding that says why it cannot be read."""

from __future__ import annotations

from pathlib import Path

from gateway_kit.stack.configuration.findings import Finding

# More than any configuration has, so that a device or a data file is not read to its end.
MAX_CHARACTERS = 2_000_000


def read_text(path: Path) -> str | Finding:
    """The text of a file, without a byte order mark; a Finding if it is missing, not text, or too long."""
    try:
        with path.open(encoding="utf-8-sig") as file:
            text = file.read(MAX_CHARACTERS + 1)
    except UnicodeDecodeError as exc:
        return _unreadable(f"{path} is not UTF-8 text (byte {exc.start}).", "Save it as UTF-8.")
    except FileNotFoundError:
        fix = "Check the name, or write a new one: gateway-kit config init"
        return _unreadable(f"{path} does not exist.", fix)
    except IsADirectoryError:
        return _unreadable(f"{path} is a folder.", "Name the file in it.")
    except (OSError, ValueError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) and exc.strerror else str(exc)
        return _unreadable(f"{path} cannot be read: {reason}.", "Check its permissions: ls -l")
    if len(text) > MAX_CHARACTERS:
        return _unreadable(f"{path} is longer than {MAX_CHARACTERS:,} characters.", "Name another file.")
    return text


def _unreadable(message: str, fix: str) -> Finding:
    return Finding(1, 1, "error", "unreadable", message, fix)
