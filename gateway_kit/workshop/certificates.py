"""Certificates: what a seat has passed, signed with the workshop's key, and checked without a network."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gateway_kit.workshop.certificate_page import CLOSING, FORMAT, OPENING, page
from gateway_kit.workshop.errors import WorkshopError
from gateway_kit.workshop.results import Result
from gateway_kit.workshop.signing import fingerprint

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


class CertificateError(WorkshopError):
    """A certificate is not valid; the text says what is wrong."""


@dataclass(frozen=True)
class Certificate:
    """A certificate that is unchanged since it was signed. `key` is the fingerprint of the key that signed it."""

    facts: Mapping[str, Any]
    key: str

    @property
    def seat(self) -> str:
        """The seat's name."""
        return str(self.facts["seat"])


def certificate_facts(
    workshop: str,
    seat: str,
    results: Iterable[Result],
    *,
    issued: datetime,
    name: str = "",
    lessons: Mapping[str, str] | None = None,
    exercises: int = 0,
) -> dict[str, Any]:
    """What a certificate says of a seat. Times are in the zone of `issued`.

    Args:
        workshop: The workshop's name.
        seat: The seat's name.
        results: The seat's own results.
        issued: When the certificate is written.
        name: The attendee's; empty leaves a line to write on.
        lessons: Number → title, such as "01" → "Routing".
        exercises: How many there are; 0 if it is not known.
    """
    passed: dict[str, Result] = {}
    for result in sorted(results, key=lambda result: result.at):
        before = passed.get(result.exercise)
        # A later pass counts more only if it was the first without the solution.
        if result.passed and (before is None or (before.solution_shown and not result.solution_shown)):
            passed[result.exercise] = result
    return {
        "format": FORMAT,
        "workshop": workshop,
        "seat": seat,
        "name": name,
        "issued": _moment(issued, issued),
        "exercises": exercises,
        "passed": [
            {
                "exercise": exercise,
                "lesson": (lessons or {}).get(exercise.partition(".")[0], ""),
                "at": _moment(result.at, issued),
                "attempts": result.attempt,
                "solution_shown": result.solution_shown,
            }
            for exercise, result in sorted(passed.items())
        ],
    }


def sign_certificate(facts: Mapping[str, Any], key: Ed25519PrivateKey) -> str:
    """The certificate as an HTML page, which holds its facts and their signature."""
    public = key.public_key().public_bytes_raw()
    signature = key.sign(_canonical(facts))
    return page(facts, _base64(public), _base64(signature), fingerprint(public))


def check_certificate(path: Path) -> Certificate:
    """The certificate in a file, if it is unchanged since it was signed, by whatever key.

    Raises CertificateError, which says what was changed, or OSError.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as exc:
        raise CertificateError(f"{path} is no certificate: it is not text") from exc
    begin = text.find(OPENING)
    end = text.find(CLOSING, begin)
    if begin < 0 or end < 0:
        raise CertificateError(f"{path} is no certificate: it has no signed facts")
    try:
        signed = json.loads(text[begin + len(OPENING) : end])
        facts, key, signature = signed["facts"], str(signed["key"]), str(signed["signature"])
        public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key, validate=True))
        shown_key = fingerprint(public.public_bytes_raw())
        form = facts["format"]
        proof = base64.b64decode(signature, validate=True)
    except (ValueError, KeyError, TypeError, binascii.Error, RecursionError) as exc:
        raise CertificateError(f"{path}: its signed facts are damaged ({type(exc).__name__}: {exc})") from exc
    try:
        public.verify(proof, _canonical(facts))
    except InvalidSignature as exc:
        raise CertificateError(
            f"{path}: its facts were changed after they were signed; the signature of the key {shown_key} does not fit"
        ) from exc
    if form != FORMAT:
        raise CertificateError(
            f"{path}: its signature fits, but its format is {form!r} and this version of the kit reads {FORMAT}"
        )
    try:
        expected = page(facts, key, signature, shown_key)
    except (KeyError, TypeError, ValueError) as exc:
        raise CertificateError(f"{path}: what is signed is no certificate ({exc})") from exc
    _compare(path, text, expected)
    return Certificate(facts, shown_key)


def _compare(path: Path, text: str, expected: str) -> None:
    """Raise CertificateError if the page shows anything but what is signed."""
    # What sends files may change the ends of lines; nothing that is seen hangs on them.
    lines, right = text.replace("\r\n", "\n").rstrip("\n").split("\n"), expected.rstrip("\n").split("\n")
    for number, (found, wanted) in enumerate(zip(lines, right, strict=False), start=1):
        if found != wanted:
            raise CertificateError(
                f"{path}: the page was changed. Line {number} is {found[:120]!r}, signed is {wanted[:120]!r}"
            )
    if len(lines) != len(right):
        raise CertificateError(
            f"{path}: the page was changed. It has {len(lines)} lines, signed are {len(right)}"
        )


def _canonical(facts: Any) -> bytes:
    return json.dumps(facts, sort_keys=True, separators=(",", ":")).encode()


def _moment(moment: datetime, like: datetime) -> str:
    return moment.astimezone(like.tzinfo).isoformat(timespec="seconds")


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
