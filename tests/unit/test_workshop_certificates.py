"""Certificates: an unchanged one is accepted with its key's name, any change is found and named, offline."""

from __future__ import annotations

import base64
import json
import re
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from workshop_made import BEGIN, made_result, made_workshop

from gateway_kit.workshop.certificate_page import CLOSING, OPENING, page
from gateway_kit.workshop.certificates import (
    CertificateError,
    certificate_facts,
    check_certificate,
    sign_certificate,
)
from gateway_kit.workshop.errors import WorkshopError
from gateway_kit.workshop.signing import (
    PRIVATE,
    PUBLIC,
    expected_fingerprint,
    fingerprint,
    make_key,
    read_key,
)

WORKSHOP = made_workshop()
ISSUED = datetime(2026, 11, 30, 17, 30, tzinfo=timezone(timedelta(hours=1)))
RESULTS = [
    made_result(WORKSHOP, passed=False, missing=("`a`",)),
    made_result(WORKSHOP, attempt=2, at=BEGIN + timedelta(minutes=5)),
    made_result(WORKSHOP, attempt=3, at=BEGIN + timedelta(minutes=9)),
    made_result(WORKSHOP, exercise="02.1", solution_shown=True),
    made_result(WORKSHOP, exercise="03.1", passed=False, missing=("`b`",)),
]


def facts(**given: Any) -> dict[str, Any]:
    more = {"name": "Ann <Example> & Söhne", "lessons": {"01": "Routing"}, "exercises": 20, **given}
    return certificate_facts(WORKSHOP.name, "seat-01", RESULTS, issued=ISSUED, **more)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_key(tmp_path)
    return tmp_path


@pytest.fixture
def certificate(folder: Path) -> Path:
    return write(folder, facts())


def write(folder: Path, said: dict[str, Any]) -> Path:
    key = read_key(folder)
    assert key is not None
    path = folder / "seat-01.html"
    path.write_text(sign_certificate(said, key))
    return path


def test_it_says_what_was_passed_first_and_when() -> None:
    assert facts()["passed"] == [
        {
            "exercise": "01.1", "lesson": "Routing", "at": "2026-11-30T10:05:00+01:00", "attempts": 2,
            "solution_shown": False,
        },
        {
            "exercise": "02.1", "lesson": "", "at": "2026-11-30T10:00:00+01:00", "attempts": 1,
            "solution_shown": True,
        },
    ]  # fmt: skip


def test_a_pass_of_ones_own_counts_more_than_one_after_the_solution() -> None:
    results = [
        made_result(WORKSHOP, solution_shown=True),
        made_result(WORKSHOP, attempt=2, at=BEGIN + timedelta(minutes=1)),
    ]
    (passed,) = certificate_facts("w", "s", results, issued=ISSUED)["passed"]
    assert (passed["attempts"], passed["solution_shown"]) == (2, False)


def test_an_unchanged_certificate_is_accepted_with_its_key(folder: Path, certificate: Path) -> None:
    found = check_certificate(certificate)
    assert (found.facts, found.key) == (facts(), fingerprint(make_key(folder)))
    assert re.fullmatch(r"([0-9a-f]{4}-){7}[0-9a-f]{4}", found.key)
    text = certificate.read_text()
    assert "Ann &lt;Example&gt; &amp; Söhne" in text
    assert "has passed 2 of 20 exercises" in text
    assert "<b>01.1</b>Routing<span>30 November 2026, 10:05, attempt 2</span>" in text
    certificate.write_bytes(text.replace("\n", "\r\n").encode())  # as mail may send it
    assert check_certificate(certificate).facts == facts()


def test_the_page_loads_nothing(certificate: Path) -> None:
    assert not re.findall(r"(?:src|href|url|@import)\s*[=(]", certificate.read_text())


CHANGES = {
    "a name that is shown": ("Söhne</p>", "Töchter</p>", "page was changed. Line"),
    "the time that is shown": ("10:05, attempt 2", "09:05", "page was changed. Line"),
    "an exercise more in the list": ("</ul>", "<li><b>09.9</b> Everything</li>\n</ul>", "page was changed. Line"),
    "a style that hides": ("<style>", "<style>h2{display:none}", "page was changed. Line"),
    "text behind the page": ("</html>", "</html>\nand more", "page was changed. It has"),
    "the signed facts": ('"exercise": "02.1"', '"exercise": "03.1"', "facts were changed after they were signed"),
    "the signed name": ("S\\u00f6hne", "Ben", "facts were changed after they were signed"),
    "the facts twice": ('"facts": {', '"facts": {}, "facts": {', "page was changed. Line"),
    "a broken signature": ('"signature": "', '"signature": "!', "signed facts are damaged"),
    "another signature": ('"signature": "', '"signature": "AAAA', "signature of the key"),
    "no facts": (OPENING, "<script>", "has no signed facts"),
    "half a file": (CLOSING, "", "has no signed facts"),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_any_change_is_found_and_named(certificate: Path, change: str) -> None:
    before, after, says = CHANGES[change]
    text = certificate.read_text()
    assert before in text
    certificate.write_text(text.replace(before, after, 1))
    with pytest.raises(CertificateError, match=re.escape(says)):
        check_certificate(certificate)


def test_no_single_letter_can_be_changed(certificate: Path) -> None:
    """Every 7th character: the rest are of the same lines."""
    text = certificate.read_text()
    for at in range(0, len(text.rstrip()), 7):
        changed = text[:at] + ("x" if text[at] != "x" else "y") + text[at + 1 :]
        certificate.write_text(changed)
        with pytest.raises(CertificateError):
            check_certificate(certificate)


NO_FACTS = OPENING.encode() + b'{"facts": 1, "key": "", "signature": ""}</script>'


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe\x00", b"hello", b"[" * 9000, OPENING.encode() + b"[]</script>", NO_FACTS],
    ids=range(6),
)
def test_what_is_no_certificate_says_so(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.html"
    path.write_bytes(content)
    with pytest.raises(CertificateError, match=str(path)):
        check_certificate(path)


def test_facts_of_another_format_or_of_none_are_not_accepted_however_well_signed(folder: Path) -> None:
    key = read_key(folder)
    assert key is not None
    public = base64.b64encode(key.public_key().public_bytes_raw()).decode()
    for said, says in (({"format": 2}, "its format is 2"), ({"format": 1}, "is no certificate")):
        canonical = json.dumps(said, sort_keys=True, separators=(",", ":")).encode()
        signed = {
            "facts": said,
            "key": public,
            "signature": base64.b64encode(key.sign(canonical)).decode(),
        }
        path = folder / "other.html"
        path.write_text(OPENING + json.dumps(signed) + CLOSING)
        with pytest.raises(CertificateError, match=says):
            check_certificate(path)


def test_a_script_in_a_name_stays_text(folder: Path) -> None:
    name = "</script><script>alert(1)</script><!--"
    path = write(folder, facts(name=name))
    assert check_certificate(path).facts["name"] == name
    assert path.read_text().count("<script") == 1


def test_the_key_is_made_once_and_only_its_owner_reads_it(folder: Path) -> None:
    assert make_key(folder) == make_key(folder)
    assert (folder / PRIVATE).stat().st_mode & 0o777 == 0o600
    assert make_key(folder.joinpath("other")) if (folder / "other").mkdir() else True
    assert make_key(folder / "other") != make_key(folder)


def test_a_damaged_key_is_not_replaced(folder: Path) -> None:
    (folder / PRIVATE).write_text("-----BEGIN PRIVATE KEY-----\n!\n-----END PRIVATE KEY-----\n")
    with pytest.raises(WorkshopError, match=r"signing.pem is damaged"):
        make_key(folder)


def test_the_key_is_named_by_fingerprint_or_file(folder: Path) -> None:
    name = fingerprint(make_key(folder))
    published = folder / "fingerprint.txt"
    published.write_text(f"{name}\n")
    spellings = (name, name.upper().replace("-", " "), name.replace("-", ":"))
    for given in (*spellings, published, folder / PUBLIC, folder / PRIVATE):
        assert expected_fingerprint(str(given)) == name
    (folder / "no.pem").write_text("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n")
    for wrong in ("", "nonsense", name[:-1], str(folder / "no.pem")):
        with pytest.raises(WorkshopError, match="--key"):
            expected_fingerprint(wrong)


def test_the_page_is_made_of_its_facts_alone() -> None:
    """Handed-out certificates are compared with it: if this fails, it needs a new FORMAT, and the old page stays."""
    import hashlib

    said = certificate_facts("w", "seat-01", RESULTS, issued=datetime(2026, 11, 30, 17, tzinfo=UTC))
    made = page(said, "key", "signature", "finger-print")
    assert (
        hashlib.sha256(made.encode()).hexdigest()
        == "56b8053dfba444fe50fb69bd4545c7933852c3823f224256f506ecc80e690614"
    )
