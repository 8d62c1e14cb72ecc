"""Calls of the prompts' part of the API, each with names of its own."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import quote

import httpx

from .store_program import StoreProgram

PROMPTS = "/api/public/v2/prompts"


class Prompts:
    """Makes, reads and changes prompts; each call returns the answer."""

    def __init__(self, store: StoreProgram) -> None:
        self.http = store.http
        self._prefix = uuid.uuid4().hex[:8]

    def name(self, word: str = "prompt") -> str:
        """A name that no other test has."""
        return f"{self._prefix}-{word}"

    def post(self, **body: Any) -> httpx.Response:
        return self.http.post(PROMPTS, json={"name": self.name(), "prompt": "x", **body})

    def create(self, **body: Any) -> dict[str, Any]:
        """The new version."""
        answered = self.post(**body)
        assert answered.status_code == 201, answered.text
        created: dict[str, Any] = answered.json()
        return created

    def get(self, name: str, **query: Any) -> httpx.Response:
        return self.http.get(f"{PROMPTS}/{quote(name, safe='')}", params=query)

    def read(self, name: str, **query: Any) -> dict[str, Any]:
        """The version that is asked for."""
        answered = self.get(name, **query)
        assert answered.status_code == 200, answered.text
        found: dict[str, Any] = answered.json()
        return found

    def patch(self, name: str, version: object, labels: Any) -> httpx.Response:
        path = f"{PROMPTS}/{quote(name, safe='')}/versions/{version}"
        return self.http.patch(path, json={"newLabels": labels})

    def delete(self, name: str, **query: Any) -> httpx.Response:
        return self.http.delete(f"{PROMPTS}/{quote(name, safe='')}", params=query)

    def list(self, **query: Any) -> dict[str, Any]:
        """The answer to a list."""
        answered = self.http.get(PROMPTS, params=query)
        assert answered.status_code == 200, answered.text
        found: dict[str, Any] = answered.json()
        return found


def issues(answered: httpx.Response) -> list[dict[str, Any]]:
    """What is wrong with the data of a refused request."""
    assert answered.status_code == 400, answered.text
    body = answered.json()
    assert body["message"] == "Invalid request data"
    found: list[dict[str, Any]] = body["error"]
    return found


def refusal(answered: httpx.Response, status: int = 400) -> str:
    """The message of a refused request."""
    assert answered.status_code == status, answered.text
    message: str = answered.json()["message"]
    return message
