"""`gateway-kit workshop verify`."""

from __future__ import annotations

from pathlib import Path

import click

UNKNOWN_KEY = 3  # exit code: unchanged, and nobody has said whose key it should be


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--key",
    metavar="FINGERPRINT|FILE",
    help="The workshop's key, as it was published, or a file that has it.",
)
def verify(file: Path, key: str | None) -> None:
    """Check a certificate, without a network: that nothing in FILE was changed, and that the workshop signed it.

    Without --key it is compared with the key of this machine's workshop. Exits with 0 if all of it is right, with 1 if
    the certificate was changed or signed by another key, and with 3 if it is unchanged but nobody has said by which key
    it should be signed.
    """
    import os
    import sys

    from gateway_kit.common.words import counted
    from gateway_kit.settings import load_settings
    from gateway_kit.workshop.certificates import CertificateError, check_certificate
    from gateway_kit.workshop.record import workshop_folder
    from gateway_kit.workshop.signing import expected_fingerprint, fingerprint, read_key

    expected = expected_fingerprint(key) if key else None
    found = check_certificate(file)
    whose = "--key"
    if expected is None and (own := read_key(workshop_folder(os.environ, load_settings().home))) is not None:
        expected, whose = fingerprint(own.public_key().public_bytes_raw()), "this machine's workshop"
    if expected is not None and expected != found.key:
        other = "" if key else ". For a certificate of another workshop, give its key by --key"
        raise CertificateError(
            f"{file} was not signed by the key of {whose}, {expected}, but by the key {found.key}{other}"
        )
    facts = found.facts
    named = f" ({facts['name']})" if facts["name"] else ""
    click.echo(
        f"{file} is unchanged: {found.seat}{named} of the workshop {facts['workshop']} has passed "
        f"{counted(len(facts['passed']), 'exercise', none='no')}, issued on {facts['issued']}"
    )
    if expected is None:
        click.echo(
            f"It is signed by the key {found.key}. Compare that with the fingerprint that the workshop published, or "
            f"have it compared: gateway-kit workshop verify {file} --key FINGERPRINT",
            err=True,
        )
        sys.exit(UNKNOWN_KEY)
    click.echo(f"It is signed by the key of {whose}, {found.key}")
