"""The client of one gateway, which `connect()` gives: an OpenAI client, a call record, and the parts beside it."""

from gateway_kit.gateway.answer import Answer, TextStream
from gateway_kit.gateway.client import Gateway
from gateway_kit.gateway.connecting import connect
from gateway_kit.gateway.record import CALLS, Call, CallRecord

__all__ = ["CALLS", "Answer", "Call", "CallRecord", "Gateway", "TextStream", "connect"]
