"""`gateway-kit workshop begin`: a workshop without a hub, whose seats are attendees' own stacks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from gateway_kit.common.local_stack import read_local_stack
from gateway_kit.errors import StackError
from gateway_kit.workshop.errors import WorkshopError
from gateway_kit.workshop.record import FILE, Store, Workshop, load, more_seats, new_workshop, save
from gateway_kit.workshop.store import StoreClient

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def begin(folder: Path, name: str, seats: int, store: Store, until: datetime) -> tuple[Workshop, bool]:
    """The workshop of a folder, and whether it is new; one that has begun gets more seats, and keeps its codes.

    Raises WorkshopError for what cannot be, or if the store does not take the keys; nothing is written then.
    """
    before = load(folder) if (folder / FILE).exists() else None
    if before is not None and (before.closed or before.name != name):
        state = "was closed" if before.closed else "has begun"
        raise WorkshopError(
            f"The workshop {before.name} in {folder} {state}. Begin another in a folder of its own: "
            "GATEWAY_WORKSHOP=FOLDER gateway-kit workshop begin --seats 4"
        )
    with StoreClient(store) as client:
        client.check()
    if before is None:
        workshop = new_workshop(name, seats, store=store, until=until)
    elif before.store != store:
        raise WorkshopError(
            f"The workshop {name} sends its results to {before.store.url} with other keys: its join codes hold them. "
            "Begin another in a folder of its own, by GATEWAY_WORKSHOP"
        )
    else:
        workshop = more_seats(before, seats)
    save(workshop, folder)
    return workshop, before is None


def store_of(url: str | None, public_key: str | None, environ: Mapping[str, str]) -> Store:
    """The store that was asked for, or the local stack's; the secret key comes from LANGFUSE_SECRET_KEY.

    Raises WorkshopError if something is missing.
    """
    if url is None:
        try:
            variables: Mapping[str, str] = read_local_stack(environ).variables
        except StackError as exc:
            raise WorkshopError(
                "Where should results go? Start this machine's own store with gateway-kit up, or name a Langfuse: "
                "LANGFUSE_SECRET_KEY=… gateway-kit workshop begin --store-url URL --public-key KEY"
            ) from exc
        url, public_key = variables.get("LANGFUSE_HOST"), variables.get("LANGFUSE_PUBLIC_KEY")
        secret = variables.get("LANGFUSE_SECRET_KEY", "")
    else:
        public_key = public_key or environ.get("LANGFUSE_PUBLIC_KEY")
        secret = environ.get("LANGFUSE_SECRET_KEY", "")
    if not url:
        raise WorkshopError("This stack runs without a trace store. Start it with one: gateway-kit up")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        raise WorkshopError(f"--store-url {url.split('@')[-1]!r} must look like https://langfuse.example.com")
    if not public_key or not secret:
        raise WorkshopError(
            f"The keys for {url} are missing: give --public-key, and the secret key in the variable LANGFUSE_SECRET_KEY"
        )
    return Store(url.rstrip("/"), public_key.strip(), secret.strip())


def is_only_here(store: Store) -> bool:
    """Whether only this machine reaches the store at its address."""
    return urlsplit(store.url).hostname in _LOOPBACK
