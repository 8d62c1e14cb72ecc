"""A workshop's key: Ed25519, made once in the workshop's folder, known to others by its fingerprint."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from gateway_kit.common.private_files import read_private, write_private
from gateway_kit.workshop.errors import WorkshopError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PRIVATE, PUBLIC = "signing.pem", "signing.pub"


def make_key(folder: Path) -> bytes:
    """The public key of the workshop in a folder, 32 bytes; the key is made if there is none yet.

    Raises WorkshopError for a damaged key, OSError if it cannot be written.
    """
    private = read_key(folder)
    if private is None:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import (
            Encoding,
            NoEncryption,
            PrivateFormat,
            PublicFormat,
        )

        private = Ed25519PrivateKey.generate()
        pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        write_private(folder / PRIVATE, pem.decode())
        public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        write_private(folder / PUBLIC, public.decode(), mode=0o644)
    return private.public_key().public_bytes_raw()


def read_key(folder: Path) -> Ed25519PrivateKey | None:
    """The workshop's private key; None if none was made. Raises WorkshopError for a damaged one."""
    path = folder / PRIVATE
    advice = "Restore it: certificates signed by another key do not belong to this workshop"
    text = read_private(path, advice)
    if text is None:
        return None
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(text.encode(), password=None)
    except (ValueError, TypeError) as exc:
        raise WorkshopError(f"{path} is damaged. {advice}") from exc
    if not isinstance(key, Ed25519PrivateKey):
        raise WorkshopError(f"{path} holds another kind of key than Ed25519. {advice}")
    return key


def fingerprint(public: bytes) -> str:
    """A key's name for people: the first half of its SHA-256 in eight groups."""
    digits = hashlib.sha256(public).hexdigest()[:32]
    return "-".join(digits[n : n + 4] for n in range(0, 32, 4))


def expected_fingerprint(given: str) -> str:
    """The fingerprint that `--key` means: one as it was published, or a file with it or with the public key.

    Raises WorkshopError.
    """
    path = Path(given).expanduser()
    text = given
    if path.is_file():
        try:
            text = path.read_text()
        except (OSError, UnicodeDecodeError) as exc:
            raise WorkshopError(f"{path} cannot be read as a key: {exc}") from exc
    if "-----BEGIN" in text:
        return fingerprint(_public_bytes(text, given))
    digits = "".join(text.lower().replace("-", "").replace(":", "").split())
    if len(digits) != 32 or not set(digits) <= set("0123456789abcdef"):
        raise WorkshopError(
            f"--key {given[:80]!r} is neither a fingerprint (eight groups of four) nor a file that holds a key"
        )
    return "-".join(digits[n : n + 4] for n in range(0, 32, 4))


def _public_bytes(pem: str, given: str) -> bytes:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

    try:
        if "PRIVATE KEY" in pem:
            key = load_pem_private_key(pem.encode(), password=None).public_key()
        else:
            key = load_pem_public_key(pem.encode())
    except (ValueError, TypeError) as exc:
        raise WorkshopError(f"--key {given[:80]!r} holds no key that can be read") from exc
    if not isinstance(key, Ed25519PublicKey):
        raise WorkshopError(f"--key {given[:80]!r} holds another kind of key than Ed25519")
    return key.public_bytes_raw()
