"""Whether a built site is whole by itself.

Every link finds its target, nothing is loaded from another host, and nothing of the machine that built it can be read.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from gateway_kit.common.private_files import read_private
from gateway_kit.settings import BASE_PORTS, load_settings
from gateway_kit.stack.services import credentials
from tools.book.links import ROOT
from tools.book.outputs import ADDRESS

_LOADS = {"script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src", "audio": "src"}
_RELATIONS = {"stylesheet", "icon", "preload", "prefetch", "preconnect", "dns-prefetch", "manifest"}
_CSS_ADDRESS = re.compile(r"(?:url\(\s*['\"]?|@import\s+['\"])((?:https?:)?//[^'\")]+)")
_READABLE = {".html", ".js", ".css", ".ipynb", ".txt", ".json", ".svg", ".inv"}
# As LiteLLM makes virtual keys.
_KEY = re.compile(r"\bsk-[A-Za-z0-9_-]{20,}")
_DEMO = {value for name, value in vars(credentials).items() if name.startswith("DEMO_")}


@dataclass
class _Page:
    """What a page has: its anchors, its links, and what a browser loads for it."""

    anchors: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.page = _Page()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if "id" in values:
            self.page.anchors.add(values["id"])
        if tag == "a" and "href" in values:
            self.page.links.append(values["href"])
        if tag == "link" and _RELATIONS & set(values.get("rel", "").split()):
            self.page.loads.append(values.get("href", ""))
        if _LOADS.get(tag) in values:
            self.page.loads.append(values[_LOADS[tag]])


def problems(site: Path, secrets: Mapping[str, str] | None = None) -> list[str]:
    """What is wrong with a site, a sentence each. `secrets` (name → value) are by default those of the local stack."""
    pages = {path.relative_to(site).as_posix(): _read(path) for path in sorted(site.rglob("*.html"))}
    forbidden = _machine() | (stack_secrets() if secrets is None else dict(secrets))
    found = [problem for name, page in pages.items() for problem in _page_problems(site, name, page, pages)]
    for path in sorted(site.rglob("*")):
        if path.suffix in _READABLE and path.is_file():
            found += _text_problems(path.relative_to(site).as_posix(), path, forbidden)
    return found


def stack_secrets() -> dict[str, str]:
    """The credentials in the local stack's state folder, but for the demonstration defaults."""
    text = read_private(load_settings().home / ".env", "") or ""
    pairs = (line.split("=", 1) for line in text.splitlines() if "=" in line and not line.startswith("#"))
    return {name: value.strip("'\"") for name, value in pairs if value.strip("'\"") not in _DEMO}


def _read(path: Path) -> _Page:
    reader = _Reader()
    reader.feed(path.read_text(encoding="utf-8"))
    return reader.page


def _page_problems(site: Path, name: str, page: _Page, pages: Mapping[str, _Page]) -> Iterator[str]:
    for address in page.loads:
        if urlsplit(address).netloc:
            yield f"{name} loads {address}, from another host"
    for link in dict.fromkeys([*page.links, *page.loads]):
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            continue
        path = (
            posixpath.normpath(posixpath.join(posixpath.dirname(name), unquote(parts.path)))
            if parts.path
            else name
        )
        if not (site / path).is_file():
            yield f"{name} links {link}, but there is no {path}"
        elif parts.fragment and path in pages and unquote(parts.fragment) not in pages[path].anchors:
            yield f"{name} links {link}, but {path} has no such place"


def _text_problems(name: str, path: Path, forbidden: Mapping[str, str]) -> Iterator[str]:
    text = path.read_text(encoding="utf-8", errors="replace")
    for what, value in forbidden.items():
        if value in text:
            yield f"{name} shows {what}"
    if _KEY.search(text):
        yield f"{name} shows a virtual key"
    if name.startswith("lessons/"):
        ports = {int(port) for port in ADDRESS.findall(text)} - set(BASE_PORTS.values())
        for port in sorted(ports):
            yield f"{name} shows port {port}, which only the stack that ran it has: execute it again"
    if path.suffix == ".css":
        yield from (f"{name} loads {address}, from another host" for address in _CSS_ADDRESS.findall(text))


def _machine() -> dict[str, str]:
    return {"the folder of this working copy": str(ROOT), "this machine's home folder": f"{Path.home()}/"}
