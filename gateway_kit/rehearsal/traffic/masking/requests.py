"""A masked request: the same structure and parameters, other texts, names and values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from gateway_kit.rehearsal.traffic.masking.texts import TextMask
from gateway_kit.rehearsal.traffic.masking.vocabulary import (
    DATA_FIELDS,
    FREE_FIELDS,
    JSON_TEXTS,
    NAMED_IN_SCHEMA,
    SCHEMA_FIELDS,
    TOKEN_FIELDS,
    USER_FIELDS,
    VALUES_IN_SCHEMA,
    WORD_FIELDS,
    WORDS,
)

_SCHEMES = ("https://", "http://", "gs://", "s3://")


class RequestMask:
    """Masks bodies of requests."""

    def __init__(self, texts: TextMask) -> None:
        self._texts = texts

    def body(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The body that stands for a body."""
        return {name: self._field(name, value) for name, value in body.items()}

    def _field(self, name: str, value: Any) -> Any:
        """The value of a field of the API."""
        if name == "model":
            return value
        if name in USER_FIELDS and isinstance(value, str):
            return self._texts.pseudonym("user", value)
        if name == "tags" and isinstance(value, list):
            return [self._texts.pseudonym("tag", str(tag)) for tag in value]
        if name in SCHEMA_FIELDS and isinstance(value, dict):
            return self._schema(value)
        if name in FREE_FIELDS and isinstance(value, dict):
            return self._free_object(value)
        if name in TOKEN_FIELDS and isinstance(value, list) and _are_tokens(value):
            return self._tokens(value)
        if isinstance(value, dict):
            return {inner: self._field(inner, given) for inner, given in value.items()}
        if isinstance(value, list):
            return [self._field(name, given) for given in value]
        return self._text(name, value) if isinstance(value, str) else value

    def _text(self, name: str, text: str) -> str:
        if name in WORD_FIELDS and text in WORDS:
            return text
        if name in JSON_TEXTS and (masked := self._json(text)) is not None:
            return masked
        if name in DATA_FIELDS:
            if (data := self._texts.data(text)) is not None:
                return data
            for scheme in _SCHEMES:
                if text.startswith(scheme):
                    return scheme + self._texts.text(text[len(scheme) :])
        return self._texts.text(text)

    def _json(self, text: str) -> str | None:
        """A JSON text, written as it was; None if it is none."""
        if text[:1] not in ("{", "["):
            return None
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return None
        separators = (", " if ", " in text else ",", ": " if '": ' in text else ":")
        return json.dumps(self._free(value), separators=separators, ensure_ascii=text.isascii())

    def _schema(self, schema: Any) -> Any:
        """A JSON schema: its keywords stay, its names and texts do not."""
        if isinstance(schema, list):
            return [self._schema(inner) for inner in schema]
        if not isinstance(schema, dict):
            return schema
        masked: dict[str, Any] = {}
        for name, value in schema.items():
            if name in NAMED_IN_SCHEMA and isinstance(value, dict):
                masked[name] = {
                    self._texts.text(own): self._schema_or_names(given) for own, given in value.items()
                }
            elif name in VALUES_IN_SCHEMA:
                masked[name] = self._free(value)
            elif name == "pattern":
                masked[name] = ".*"  # a masked expression would be another one, or none
            elif name == "$ref" and isinstance(value, str):
                masked[name] = "/".join(
                    part if part in ("#", "") or part in NAMED_IN_SCHEMA else self._texts.text(part)
                    for part in value.split("/")
                )
            elif isinstance(value, str):
                masked[name] = value if value in WORDS or name == "$schema" else self._texts.text(value)
            elif name == "type":
                masked[name] = value
            else:
                masked[name] = self._schema(value)
        return masked

    def _schema_or_names(self, value: Any) -> Any:
        return self._free(value) if isinstance(value, list) else self._schema(value)

    def _free_object(self, value: Mapping[str, Any]) -> dict[str, Any]:
        return {
            (name if name == "tags" else self._texts.text(name)): (
                self._field(name, given) if name in ("tags", *USER_FIELDS) else self._free(given)
            )
            for name, given in value.items()
        }

    def _free(self, value: Any) -> Any:
        """A value of the user's own: names, texts and numbers."""
        if isinstance(value, dict):
            return {self._texts.text(name): self._free(given) for name, given in value.items()}
        if isinstance(value, list):
            return [self._free(given) for given in value]
        if isinstance(value, str):
            return self._texts.text(value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return self._texts.number(value)
        return value

    def _tokens(self, value: list[Any]) -> list[Any]:
        return [self._tokens(v) if isinstance(v, list) else self._texts.token(v) for v in value]


def _are_tokens(value: list[Any]) -> bool:
    return all(
        _are_tokens(v) if isinstance(v, list) else isinstance(v, int) and not isinstance(v, bool)
        for v in value
    )
