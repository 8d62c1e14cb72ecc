"""Handing in what waits in an outbox."""

from __future__ import annotations

from dataclasses import dataclass

from gateway_kit.workshop.outbox import Outbox
from gateway_kit.workshop.results import Result
from gateway_kit.workshop.store import ReportRefusedError, StoreClient


@dataclass(frozen=True)
class Delivery:
    """The results that the store took, and those that it will never take."""

    sent: tuple[Result, ...] = ()
    refused: tuple[Result, ...] = ()


def deliver(outbox: Outbox, store: StoreClient) -> Delivery | None:
    """Hand in all that waits, oldest first; None if another process is doing it.

    What was handed in before an error is remembered. Raises StoreUnreachableError, StoreRefusesError or OSError.
    """
    sent: list[Result] = []
    refused: list[Result] = []
    with outbox.delivering() as mine:
        if not mine:
            return None
        for report, signature in outbox.waiting():
            try:
                store.write(report, signature)
            except ReportRefusedError as exc:
                outbox.mark_refused(signature, str(exc))
                refused += [report] if isinstance(report, Result) else []
            else:
                outbox.mark_sent(signature)
                sent += [report] if isinstance(report, Result) else []
    return Delivery(tuple(sent), tuple(refused))
