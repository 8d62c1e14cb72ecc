"""Virtual keys and what hangs on them, as `gateway.keys`. Internal but for what `gateway.keys` hands out."""

from gateway_kit.keys.keys import Keys
from gateway_kit.keys.secret import Secret, VirtualKey

__all__ = ["Keys", "Secret", "VirtualKey"]
