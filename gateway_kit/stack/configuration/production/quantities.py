"""Sizes and times as Compose and Kubernetes write them."""

from __future__ import annotations

import re

import yaml

from gateway_kit.stack.configuration.document import number_of, text_of

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kKmMgGtT]?)(i?)[bB]?")
_TIME = re.compile(r"(\d+(?:\.\d+)?)(h|ms|m|us|s)")
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6}


def bytes_of(node: yaml.Node) -> float | None:
    """The size in bytes; None if it is none. Docker's units are powers of 1,024, as is `Gi`; Kubernetes' `G` nearly."""
    number = number_of(node)
    if number is not None:
        return number
    match = _SIZE.fullmatch((text_of(node) or "").strip())
    return float(match[1]) * 1024.0 ** _POWERS[match[2].lower()] if match else None


def seconds_of(node: yaml.Node) -> float | None:
    """The time in seconds; None if it is none."""
    number = number_of(node)
    if number is not None:
        return number
    text = (text_of(node) or "").strip()
    if not text or _TIME.sub("", text):
        return None
    return sum(float(amount) * _SECONDS[unit] for amount, unit in _TIME.findall(text))
