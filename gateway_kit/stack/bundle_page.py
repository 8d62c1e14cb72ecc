"""The page that tells attendees how to fetch a bundle: no script, nothing from elsewhere, any browser."""

from __future__ import annotations

import re
from html import escape
from urllib.parse import quote

from gateway_kit.workshop.bundle import Bundle

# What a browser sends as `Host`: a name or an address, perhaps in brackets, and a port.
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?")


def page(bundle: Bundle, sha256: str, host: str, fallback: str) -> str:
    """The page's HTML, with commands for the address at which the reader has found it."""
    address = f"http://{host if _HOST.fullmatch(host) else fallback}/{quote(bundle.path.name)}"
    lines = "".join(f"<pre>{escape(command)}</pre>" for command in commands(bundle, sha256, address))
    return _PAGE.format(
        name=escape(bundle.path.name),
        link=escape(quote(bundle.path.name)),
        size=f"{bundle.size / 1e6:,.0f} MB",
        sha256=sha256,
        made_for=escape(bundle.made_for),
        commands=lines,
    )


def commands(bundle: Bundle, sha256: str, address: str) -> list[str]:
    """What an attendee types: fetch it, or go on fetching; compare its checksum; unpack and start."""
    name = bundle.path.name
    return [
        f"curl -f -C - -o {_word(name)} {_word(address)}",
        f"echo {_word(f'{sha256}  {name}')} | sha256sum -c",
        f"tar xf {_word(name)} && cd {_word(bundle.folder)} && make lab",
    ]


def _word(text: str) -> str:
    """A word of a shell's command, quoted if it has to be."""
    return (
        text
        if re.fullmatch(r"[\w./:%\[\]-]+", text) and "[" not in text
        else "'" + text.replace("'", "'\\''") + "'"
    )


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>gateway-kit without a network</title><style>
:root {{ color-scheme: light dark; }}
body {{ font: 1.1rem/1.5 sans-serif; max-width: 48rem; margin: 2rem auto; padding: 0 1rem; }}
pre {{ font: 0.95rem/1.4 monospace; padding: 0.7rem; border: 1px solid; white-space: pre-wrap;
       overflow-wrap: anywhere; -webkit-user-select: all; user-select: all; }}
dd {{ margin: 0 0 0.5rem; overflow-wrap: anywhere; }}
</style></head><body>
<h1>gateway-kit without a network</h1>
<p>Everything that the lessons need, in one archive. Type these three commands, one after the other; a click selects a
whole one. If the first breaks off, type it again: it goes on where it ended. The second must end in <code>OK</code>;
if it does not, delete the file and begin again.</p>
{commands}
<p>Without curl: <a href="{link}">{name}</a>, or its checksum alone: <a href="{link}.sha256">{name}.sha256</a></p>
<dl><dt>Size</dt><dd>{size}</dd><dt>SHA-256 (compare it with your card)</dt><dd><code>{sha256}</code></dd>
<dt>Made for</dt><dd>{made_for}</dd></dl>
</body></html>
"""
