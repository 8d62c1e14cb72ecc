"""Refusals: what a handler raises where a request cannot be answered."""

from __future__ import annotations

from typing import Any


class Refusal(Exception):  # noqa: N818 - an answer, not a fault
    """A request that is refused with a status and a body: an object for JSON, a string for plain text."""

    def __init__(self, status: int, body: dict[str, Any] | str) -> None:
        super().__init__(str(body))
        self.status, self.body = status, body


def invalid_request(message: str) -> Refusal:
    """400 as Langfuse answers a request that it understands and cannot do."""
    return Refusal(400, {"message": message, "error": "InvalidRequestError"})


def invalid_data(issues: list[dict[str, Any]]) -> Refusal:
    """400 as Langfuse answers data of the wrong shape; an issue has code, path, message and more (as zod's)."""
    return Refusal(400, {"message": "Invalid request data", "error": issues})
