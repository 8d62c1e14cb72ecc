"""Which certificates a client of an address needs: loading them takes longer than many requests. Internal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ssl import SSLContext


def certificates_for(url: str) -> bool | SSLContext:
    """The `verify` of an httpx client of `url`: True for HTTPS; for plain HTTP a context that trusts nobody.

    Such a context takes no time to make, and refuses every server if a redirect leads to HTTPS.
    """
    if url.lower().startswith("https:"):
        return True
    import ssl  # a command that asks nobody must not wait for it

    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
