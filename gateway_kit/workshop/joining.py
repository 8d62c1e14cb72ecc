"""`gateway-kit workshop join`: become a seat, hand in what is left, leave. Each returns sentences for the person."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from gateway_kit.common.words import counted
from gateway_kit.errors import KitError
from gateway_kit.workshop.delivery import deliver
from gateway_kit.workshop.errors import WorkshopError
from gateway_kit.workshop.membership import (
    Membership,
    load_membership,
    read_join_code,
    remove_membership,
    save_membership,
)
from gateway_kit.workshop.outbox import Outbox, unsent
from gateway_kit.workshop.results import CLOSED, Closing, Result, from_score, verify
from gateway_kit.workshop.store import StoreClient, StoreUnreachableError

OpenStore = Callable[[Membership], StoreClient]


def open_store(member: Membership) -> StoreClient:
    """A client of the membership's store."""
    return StoreClient(member.store)


def join(home: Path, code: str, *, open_store: OpenStore = open_store) -> list[str]:
    """Make the stack of a state folder a seat; it is asked at once whether the store takes results.

    Raises WorkshopError or OSError, and changes nothing then.
    """
    member = read_join_code(code)
    before = _before(home)
    with open_store(member) as store:
        try:
            store.check()
            closing = _closing(store, member)
        except StoreUnreachableError as exc:
            raise WorkshopError(
                f"You have not joined: {exc}. Check that this machine reaches it, then run the same command again"
            ) from exc
    if closing is not None:
        raise WorkshopError(
            f"The workshop {member.workshop} was closed on {closing.at.astimezone():%d %B %Y at %H:%M} and takes no "
            "results any more"
        )
    notes = [] if before is None or _same_seat(before, member) else _hand_over(home, before, open_store)
    save_membership(member, home)
    return [
        *notes,
        f"This stack is {member.seat} of the workshop {member.workshop} until "
        f"{member.until.astimezone():%d %B %Y, %H:%M}.",
        f"From now on check(…) in a lesson also reports to {member.store.url}: the exercise, whether it passed, what "
        "is missing, the lesson, and what your calls cost. No code, no prompts, no answers, no name.",
        "To hand in what could not be sent: gateway-kit workshop join. To leave: gateway-kit workshop join --leave",
    ]


def hand_in(home: Path, *, again: bool = False, open_store: OpenStore = open_store) -> list[str]:
    """Hand in what is left, or all results once more.

    Raises WorkshopError if there is no membership, or the store does not take them.
    """
    member = _member(home)
    outbox = Outbox(home, member)
    left = unsent(home, member)
    with open_store(member) as store:
        try:
            done = deliver(outbox, store, again=again)
        except WorkshopError as exc:
            raise WorkshopError(
                f"{_results(unsent(home, member))} of {member.seat} in {member.workshop} could not be handed in and "
                f"stay in {outbox.path}: {exc}"
            ) from exc
    if done is None:
        return [f"A running notebook is handing in {_results(left)} just now."]
    lines = [f"Handed in for {member.seat} of {member.workshop}: {_results(len(done.sent))}."]
    lines += [f"  {_line(result)}" for result in done.sent]
    if outbox.refused:
        lines.append(f"{_results(outbox.refused)} the store will never take; they stay in {outbox.path}.")
    if outbox.damaged:
        lines.append(f"{outbox.damaged} damaged lines of {outbox.path} were left where they are.")
    return lines


def leave(home: Path, *, open_store: OpenStore = open_store) -> list[str]:
    """Hand in what is left, if the store takes it, and end the membership. Raises WorkshopError without one."""
    try:
        member = _member(home)
    except KitError:
        if not _damaged(home):
            raise
        remove_membership(home)
        return ["This stack has left its workshop; the damaged file of its membership was removed."]
    notes: list[str] = []
    try:
        notes = hand_in(home, open_store=open_store)
    except WorkshopError as exc:
        notes = [f"{exc}. They are handed in if you join again with the same code."]
    remove_membership(home)
    return [*notes, f"This stack has left the workshop {member.workshop}: nothing more is reported."]


def _before(home: Path) -> Membership | None:
    """The membership so far; a damaged one counts as none, since a new one replaces it."""
    try:
        return load_membership(home)
    except KitError:
        return None


def _damaged(home: Path) -> bool:
    try:
        load_membership(home)
    except KitError:
        return True
    return False


def _member(home: Path) -> Membership:
    member = load_membership(home)
    if member is None:
        raise WorkshopError(
            "This stack is no seat of a workshop. With the join code from your card: gateway-kit workshop join CODE"
        )
    return member


def _same_seat(one: Membership, other: Membership) -> bool:
    return (one.workshop, one.seat, one.secret) == (other.workshop, other.seat, other.secret)


def _hand_over(home: Path, before: Membership, open_store: OpenStore) -> list[str]:
    """Hand in what is left for the seat that this stack was, before it becomes another."""
    if not unsent(home, before):
        return []
    try:
        return hand_in(home, open_store=open_store)
    except WorkshopError as exc:
        raise WorkshopError(
            f"{exc}. Try again later, or leave that workshop first: gateway-kit workshop join --leave"
        ) from exc


def _closing(store: StoreClient, member: Membership) -> Closing | None:
    """What the facilitator has said to this seat, if the workshop is closed."""
    for score in store.scores(names=[CLOSED], session=member.workshop):
        try:
            read = from_score(score)
        except ValueError:
            continue
        if read is None or not isinstance(read[0], Closing):
            continue
        said = read[0]
        if (said.workshop, said.seat) == (member.workshop, member.seat) and verify(*read, member.secret):
            return said
    return None


def _results(count: int) -> str:
    return counted(count, "result", none="no")


def _line(result: Result) -> str:
    verdict = "passed" if result.passed else f"{len(result.missing)} missing"
    return f"{result.exercise}  attempt {result.attempt}, {verdict}, {result.at.astimezone():%d %B %H:%M}"
