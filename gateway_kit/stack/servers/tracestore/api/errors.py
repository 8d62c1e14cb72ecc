"""What a handler raises if it refuses a request."""

from __future__ import annotations

from typing import Any


class Refusal(Exception):  # noqa: N818 - an answer, not a failure of the store
    """The answer to a refused request: status, and an object for JSON or a string for plain text."""

    def __init__(self, status: int, body: dict[str, Any] | str) -> None:
        super().__init__(str(body))
        self.status, self.body = status, body


def invalid_request(message: str) -> Refusal:
    """400, as Langfuse answers a well-formed request that it cannot carry out."""
    return Refusal(400, {"message": message, "error": "InvalidRequestError"})


def not_found(message: str) -> Refusal:
    """404, as Langfuse answers where something named is not there."""
    return Refusal(404, {"message": message, "error": "LangfuseNotFoundError"})


def conflict(message: str) -> Refusal:
    """409, as Langfuse answers a request that does not fit what is stored."""
    return Refusal(409, {"message": message, "error": "LangfuseConflictError"})


def invalid_data(issues: list[dict[str, Any]]) -> Refusal:
    """400, as Langfuse answers data of the wrong shape; see `issues`."""
    return Refusal(400, {"message": "Invalid request data", "error": issues})
