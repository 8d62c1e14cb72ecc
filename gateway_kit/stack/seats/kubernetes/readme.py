"""The page that lies beside an export: what to type, and what was tried and what was not."""

from __future__ import annotations

from gateway_kit.stack.seats.kubernetes import facts
from gateway_kit.stack.seats.kubernetes.templates import fill_in
from gateway_kit.stack.seats.kubernetes.values import Wanted
from gateway_kit.workshop.cards.card import opens_only_here
from gateway_kit.workshop.record import Workshop


def readme(workshop: Workshop, wanted: Wanted) -> str:
    """The commands, with this workshop's names in them."""
    each_mb = int(facts.MEMORY_GUARANTEE.removesuffix("M"))
    return fill_in(
        "README.md",
        name=workshop.name,
        seats=len(workshop.seats),
        memory=facts.MEMORY_GUARANTEE,
        memory_gb=f"{len(workshop.seats) * each_mb / 1000:.1f}",
        storage=wanted.storage,
        image=f"{wanted.image}:{wanted.tag}",
        base_image=facts.BASE_IMAGE,
        chart_version=facts.CHART_VERSION,
        hub_version=facts.HUB_VERSION,
        address=wanted.address or "https://WHAT-ATTENDEES-OPEN",
        tls=_tls(wanted, workshop.name),
        store=_store(workshop.store.url),
        clear_text=_clear_text(wanted),
    )


def _tls(wanted: Wanted, name: str) -> str:
    if not wanted.address.startswith("https://"):
        return ""
    files = "--cert CERTIFICATE.pem --key KEY.pem"
    return f"$ kubectl --namespace {name} create secret tls {facts.TLS_SECRET} {files}\n"


def _clear_text(wanted: Wanted) -> str:
    if wanted.address.startswith("https://"):
        return ""
    return (
        "**No TLS yet.** The values leave TLS off, since no https address was given: whoever listens on the network "
        "can read codes. Put an ingress with TLS in front, or export again with `--address https://…`.\n\n"
    )


def _store(url: str) -> str:
    if opens_only_here(url):
        return (
            f"**Results stay in the seats.** The workshop's store is {url}, which no pod reaches, and with the volumes "
            "results are lost. Begin the workshop with a store that the cluster reaches: "
            "`gateway-kit workshop begin --seats N --store-url URL --public-key KEY`."
        )
    return f"Results go to {url}."
