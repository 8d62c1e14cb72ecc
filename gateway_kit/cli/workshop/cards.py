"""`gateway-kit workshop cards`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from gateway_kit.workshop.cards.card import Lesson


@click.command()
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Folder for the cards.  [default: cards/ in the workshop's own folder]",
)
@click.option(
    "--address", metavar="URL", default="", help="What attendees open, if a proxy gives it another address."
)
@click.option("--join", is_flag=True, help="Cards with join codes, for people with a stack of their own.")
@click.option(
    "--bundle",
    metavar="URL",
    default="",
    help="Where serve-bundle hands the kit out: printed with its checksum.",
)
def cards(out: Path | None, address: str, join: bool, bundle: str) -> None:
    """Make cards to print, eight to an A4 sheet, as PDF and as a page for a browser: one for each seat.

    A card has the address, the seat, its code, a QR code, the lessons, and what to do when stuck. The QR code opens the
    page to sign in with the seat filled in, without its code.
    """
    import os

    from gateway_kit.cli.group import check_folder
    from gateway_kit.common.private_files import write_private
    from gateway_kit.common.words import counted
    from gateway_kit.settings import load_settings
    from gateway_kit.workshop.bundle import checksum, newest
    from gateway_kit.workshop.cards.card import bundle_line, make_cards, opens_only_here
    from gateway_kit.workshop.cards.page import cards_page
    from gateway_kit.workshop.cards.pdf import cards_pdf
    from gateway_kit.workshop.record import load, workshop_folder
    from gateway_kit.workshop.signing import fingerprint, make_key

    folder = workshop_folder(os.environ, load_settings().home)
    workshop = load(folder)
    made = make_cards(
        workshop,
        address=address,
        join=join,
        lessons=_lessons(),
        fingerprint=fingerprint(make_key(folder)),  # published before anything is signed with it
        bundle=bundle_line(bundle, checksum(newest(Path("out")))) if bundle else "",
    )
    page, pdf = cards_page(made), cards_pdf(made)
    target = out or folder / "cards"
    check_folder("--out", target)
    name = "join-cards" if join else "cards"
    for suffix, content in (("pdf", pdf), ("html", page)):
        write_private(target / f"{name}.{suffix}", content)
        click.echo(target / f"{name}.{suffix}")
    click.echo(
        f"{counted(len(made.cards), 'card')} on {counted(len(made.sheets), 'sheet')} of A4; print at 100 %, "
        "without margins. They hold the seats' codes: delete them once they are printed."
    )
    opened = workshop.store.url if join else address or workshop.address
    if opens_only_here(opened):
        what = "Results go to" if join else "The cards say"
        fix = (
            "Begin with a store that they reach: gateway-kit workshop begin --seats N --store-url URL --public-key KEY"
            if join
            else "If they have machines of their own: --address URL"
        )
        click.echo(f"note: {what} {opened}, which attendees' machines do not reach. {fix}", err=True)


def _lessons() -> list[Lesson]:
    """The lessons with their minutes; none where the package has no lessons beside it."""
    from gateway_kit.errors import LessonError
    from gateway_kit.lessons.copies import look_at
    from gateway_kit.lessons.lesson_files import find_lessons
    from gateway_kit.stack.lab import copies_folder, notebooks_folder
    from gateway_kit.workshop.cards.card import Lesson

    try:
        looked = [look_at(lesson, copies_folder()) for lesson in find_lessons(notebooks_folder())]
    except LessonError:
        return []
    made = []
    for lesson in looked:
        number, _, title = lesson.original.stem.partition("_")
        made.append(Lesson(number, title.replace("_", " "), lesson.minutes))
    return made
