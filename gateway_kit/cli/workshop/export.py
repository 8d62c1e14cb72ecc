"""`gateway-kit workshop export`."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@click.option(
    "--image",
    metavar="NAME:TAG",
    help="The seats' image as the cluster will pull it.  [default: gateway-kit-seat:VERSION]",
)
@click.option("--address", metavar="URL", default="", help="What attendees will open; with https, TLS is on.")
@click.option("--storage", metavar="SIZE", default="5Gi", show_default=True, help="Disk of each seat.")
def export(folder: Path, image: str | None, address: str, storage: str) -> None:
    """Write what puts the seats on a Kubernetes cluster, for more people than one machine carries.

    DIR gets values for the chart Zero to JupyterHub, the recipe of the seats' image, a secret with the seats' codes,
    and a README with the commands to type.
    """
    import os
    from importlib.metadata import version
    from importlib.util import find_spec

    from gateway_kit.workshop.errors import WorkshopError

    if find_spec("jupyterhub") is None:
        raise WorkshopError("jupyterhub is not installed, which seats sign in with. Run: make workshop")
    from gateway_kit.cli.group import check_folder
    from gateway_kit.settings import load_settings
    from gateway_kit.stack.seats.hub_secrets import make_secrets, read_secrets
    from gateway_kit.stack.seats.kubernetes.writing import README, SECRETS, wanted_of, write_export
    from gateway_kit.stack.seats.options import hub_folder
    from gateway_kit.workshop.cards.card import checked_address
    from gateway_kit.workshop.record import load, workshop_folder

    ours = workshop_folder(os.environ, load_settings().home)
    workshop = load(ours)
    chosen = image or f"gateway-kit-seat:{version('gateway-kit')}"
    wanted = wanted_of(chosen, checked_address(address) if address else "", storage)
    check_folder("DIR", folder)
    hub_folder(ours).mkdir(mode=0o700, parents=True, exist_ok=True)
    kept = read_secrets(ours) or make_secrets(ours)
    for file in write_export(folder, workshop, wanted, kept.facilitator_code):
        click.echo(file)
    click.echo(
        f"What to type next is in {folder / README}. {SECRETS} holds the codes: it is for you and the cluster alone."
    )
