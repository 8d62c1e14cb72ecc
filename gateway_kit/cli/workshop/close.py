"""`gateway-kit workshop close`, and what it runs at each seat."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from gateway_kit.stack.supervisor.launch import Progress
    from gateway_kit.workshop.closing import Closed


@click.command()
@click.option(
    "--names",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file with a line `seat-01,Ann Example` for each name that a certificate should bear.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
def close(names: Path | None, yes: bool) -> None:
    """End the workshop: nobody signs in or joins any more, results are kept, each seat gets a certificate.

    What is served here stops, seats included; their files stay. results.csv, results.json and certificates/ are
    written into the workshop's folder. On a closed workshop it writes the certificates again, such as with --names.
    """
    import os

    from gateway_kit.settings import load_settings
    from gateway_kit.stack.seats.ending import end_seats
    from gateway_kit.workshop import closing
    from gateway_kit.workshop.board.lessons import all_lessons
    from gateway_kit.workshop.record import load, workshop_folder

    folder = workshop_folder(os.environ, load_settings().home)
    workshop = load(folder)
    given = closing.read_names(names) if names else None
    if not yes and workshop.closed is None:
        click.confirm(
            f"Close the workshop {workshop.name} for its {len(workshop.seats)} seats? It cannot be opened again.",
            abort=True,
        )
    done = closing.close(
        folder,
        end_seats=lambda: end_seats(folder, click.echo),
        stop=lambda: _stop(folder),
        names=given,
        lessons=_lesson_titles(),
        exercises=sum(len(lesson.exercises) for lesson in all_lessons()),
    )
    _print(folder, done)


@click.command(hidden=True)
def end_seat() -> None:
    """Hand in this seat's results, and delete its virtual keys. `close` runs it at each seat."""
    from gateway_kit.common.words import counted
    from gateway_kit.errors import KitError
    from gateway_kit.settings import load_settings
    from gateway_kit.workshop import joining

    try:
        # All of it: whoever has the store's keys could have changed or deleted another seat's results there.
        handed_in = joining.hand_in(load_settings().home, again=True)
        if len(handed_in) > 1:
            click.echo(handed_in[0])
    except KitError as exc:
        click.echo(str(exc))
    if deleted := _delete_keys():
        click.echo(f"{counted(deleted, 'virtual key', none='no')} deleted")


def _delete_keys() -> int:
    """How many keys of the local stack's gateway were deleted; 0 if it does not run: then nobody answers to them."""
    from gateway_kit.errors import GatewayUnreachableError, StackError
    from gateway_kit.litellm_api.connection import resolve_connection
    from gateway_kit.litellm_api.management import ManagementApi

    try:
        api = ManagementApi(resolve_connection(), timeout_s=30)
    except StackError:
        return 0
    try:
        found = [
            entry["token"] for entry in api.pages("/key/list", "keys", "size", return_full_object="true")
        ]
        if found:
            api.post("/key/delete", {"keys": found})
        return len(found)
    except GatewayUnreachableError:
        return 0
    finally:
        api.close()


def _stop(folder: Path) -> None:
    from gateway_kit.stack.seats.options import read_options

    if read_options(folder) is not None:
        from gateway_kit.stack.seats.serving import stop_workshop

        stop_workshop(folder, _print_progress)


def _print_progress(step: Progress) -> None:
    click.echo(f"  {step.service:<11} {step.state}")


def _lesson_titles() -> dict[str, str]:
    """Number → title of the lessons, as far as they are beside the package."""
    from gateway_kit.errors import LessonError
    from gateway_kit.lessons.lesson_files import find_lessons
    from gateway_kit.stack.lab import notebooks_folder

    try:
        stems = [lesson.stem for lesson in find_lessons(notebooks_folder())]
    except LessonError:
        return {}
    return {
        number: words.replace("_", " ").capitalize() for number, _, words in (s.partition("_") for s in stems)
    }


def _print(folder: Path, done: Closed) -> None:
    from gateway_kit.common.words import counted
    from gateway_kit.workshop.closing import CERTIFICATES

    seats = {result.seat for result in done.found.results}
    click.echo(
        f"{done.workshop.name} is closed. {folder / 'results.csv'} and results.json hold "
        f"{counted(len(done.found.results), 'result', none='no')} of {counted(len(seats), 'seat', none='no')}"
    )
    if not done.complete:
        click.echo(
            "note: the store does not show yet all that it has taken, so results may be missing. Close again in some "
            "minutes: gateway-kit workshop close",
            err=True,
        )
    if done.found.forged:
        named = ", ".join(sorted({forged.seat for forged in done.found.forged}))
        click.echo(
            f"note: not counted: {counted(len(done.found.forged), 'forged score')} in the name of {named}",
            err=True,
        )
    if done.certificates:
        count = counted(len(done.certificates), "certificate")
        click.echo(f"{folder / CERTIFICATES} has {count}, signed by the key {done.key}")
        click.echo(
            "Publish that fingerprint. To check one: gateway-kit workshop verify FILE --key FINGERPRINT"
        )
    if done.nothing_passed:
        click.echo(f"Without a certificate, since they passed nothing: {', '.join(done.nothing_passed)}")
