"""Fetch a wheel from the package index that pip or uv is configured to use, with only the standard library."""

from __future__ import annotations

import base64
import configparser
import hashlib
import platform
import re
import ssl
import urllib.request
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

PLATFORM = re.compile(rf"-manylinux[a-z0-9_.]*_{platform.machine()}\.whl$")


def configured_index(environ: Mapping[str, str]) -> str | None:
    """The index from a variable or from pip's configuration; None if neither sets one."""
    for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL"):
        if environ.get(name):
            return environ[name]
    for path in _pip_configurations(environ):
        parser = configparser.RawConfigParser()
        try:
            parser.read(path)
        except (OSError, configparser.Error, UnicodeDecodeError):
            continue
        for section in ("install", "download", "global"):
            if parser.has_option(section, "index-url"):
                return parser.get(section, "index-url")
    return None


def _pip_configurations(environ: Mapping[str, str]) -> Iterator[Path]:
    """Pip's configuration files, highest priority first."""
    home = Path(environ.get("HOME") or Path.home())
    if environ.get("PIP_CONFIG_FILE"):
        yield Path(environ["PIP_CONFIG_FILE"])
    yield Path(environ.get("XDG_CONFIG_HOME") or home / ".config", "pip", "pip.conf")
    yield home / ".pip" / "pip.conf"
    yield Path("/etc/pip.conf")


def fetch_wheel(index: str, name: str, version: str, hashes: frozenset[str]) -> bytes:
    """The wheel for this platform whose SHA-256 is one of `hashes`; raises OSError or ValueError."""
    parts = urlsplit(index)
    credentials, _, host = parts.netloc.rpartition("@")
    page = urljoin(parts._replace(netloc=host).geturl().rstrip("/") + "/", f"{name}/")
    address, text = _get(page, host, credentials)
    links = _Links(address)
    links.feed(text.decode())
    for url in links.urls:
        plain, fragment = urldefrag(url)
        file = unquote(urlsplit(plain).path.rpartition("/")[2])
        if not (file.startswith(f"{name}-{version}-") and PLATFORM.search(file)):
            continue
        if fragment.startswith("sha256=") and fragment.removeprefix("sha256=") not in hashes:
            continue
        wheel = _get(plain, host, credentials)[1]
        if hashlib.sha256(wheel).hexdigest() in hashes:
            return wheel
    raise ValueError(f"{page} has no wheel of {name} {version} whose hash is in the lock file")


class _Links(HTMLParser):
    """The links on an index's page (PEP 503)."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self._page = page
        self.urls: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect the link's URL."""
        href = dict(attrs).get("href")
        if tag == "a" and href:
            self.urls.append(urljoin(self._page, href))


def _get(url: str, host: str, credentials: str) -> tuple[str, bytes]:
    """The address after redirects, and the content; the credentials are sent only to that host."""
    request = urllib.request.Request(url)
    known = bool(credentials) and urlsplit(url).netloc == host
    if known:
        basic = base64.b64encode(unquote(credentials).encode()).decode()
        request.add_unredirected_header("Authorization", f"Basic {basic}")
    try:
        with urllib.request.urlopen(request, timeout=60, context=_trust(known)) as answer:
            return answer.geturl(), answer.read()
    except OSError as exc:
        raise OSError(f"{url} cannot be read: {exc}") from exc


def _trust(has_credentials: bool) -> ssl.SSLContext:
    """A TLS context with this system's certificates.

    A minimal system may have none. The downloaded file is checked against the lock's hash anyway, so the server is then
    not verified, unless the request carries a password.
    """
    context = ssl.create_default_context()
    if not has_credentials and not has_certificates():
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def has_certificates() -> bool:
    """Whether this system has any certificates."""
    paths = ssl.get_default_verify_paths()  # its paths are None if they do not exist
    folder = Path(paths.capath) if paths.capath else None
    return bool(paths.cafile) or (folder is not None and any(folder.iterdir()))
