"""`gateway-kit workshop serve-bundle`."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("serve-bundle")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=False)
@click.option(
    "--listen",
    metavar="ADDRESS",
    default="127.0.0.1",
    show_default=True,
    help="Address that attendees reach; 0.0.0.0 for all of this machine's.",
)
@click.option("--port", type=click.IntRange(1, 65535), metavar="N", default=8008, show_default=True)
def serve_bundle(file: Path | None, listen: str, port: int) -> None:
    """Hand out the archive that `make bundle` wrote (FILE, or the newest in out/) over the room's network.

    Its page has the checksum and the commands to type. A download that broke off goes on where it ended. Ctrl-C ends
    the serving.
    """
    from gateway_kit.stack.bundle_server import serve_bundle as serve
    from gateway_kit.workshop.bundle import newest

    serve(file or newest(Path("out")), listen, port, click.echo)
