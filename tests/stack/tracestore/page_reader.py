"""A reader of the web pages, without a browser."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser

import httpx

from .store_program import StoreProgram


class Reader:
    """Signs in and reads pages; cookies are kept."""

    def __init__(self, store: StoreProgram) -> None:
        self.store = store
        self.http = httpx.Client(base_url=store.url, timeout=120, trust_env=False)

    def form(self, path: str = "/sign-in") -> dict[str, str]:
        """The hidden fields of the page's first form."""
        text = self.http.get(path).text.split("</form>")[0]
        fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', text)
        return {name: unescape(value) for name, value in fields}

    def sign_in(self, path: str = "/sign-in", **fields: str) -> httpx.Response:
        """Post the form that `path` shows; not redirected."""
        given = {"email": self.store.email, "password": self.store.password}
        return self.http.post("/sign-in", data={**self.form(path), **given, **fields})

    def get(self, path: str, status: int = 200, **parameters: str) -> str:
        """The page's HTML; its status is checked."""
        answer = self.http.get(path, params=parameters or None)
        assert answer.status_code == status, (answer.url, answer.status_code, answer.text[:500])
        return answer.text

    def traces(self, **parameters: str) -> list[str]:
        """The names of the traces that the list shows."""
        return re.findall(
            r'<a class="open" href="/traces/\w+"><bdi>(.*?)</bdi>', self.get("/traces", **parameters)
        )


class Elements(HTMLParser):
    """All elements of a page with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
