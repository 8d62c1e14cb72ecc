"""The day of lesson 09: what two bookshops asked the gateway of Lighthouse Books, as a gateway logs it.

Costs are those of LiteLLM's price list. Some readers of both shops ask in the same words.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

SHOPS = ("harbour", "north")
BEGIN = datetime(2026, 11, 24, 7, tzinfo=UTC)
HOURS = 12
# Of the calls, for each hour from seven in the morning.
_SHAPE = (2, 4, 8, 11, 11, 9, 7, 9, 11, 12, 9, 7)
# At ten past two a program of Harbour's begins to ask for a report again and again.
_LOOP_BEGIN_H, _LOOP_LENGTH_H = 7.2, 2.3
# US dollars for a million tokens read and written, in LiteLLM's price list.
USD_PER_MILLION: Mapping[str, tuple[float, float]] = {
    "azure/gpt-4o-mini": (0.15, 0.60),
    "openai/gpt-4.1-nano": (0.10, 0.40),
    "anthropic/claude-sonnet-4-6": (3.00, 15.00),
    "openai/text-embedding-3-small": (0.02, 0.0),
}


@dataclass(frozen=True)
class _Feature:
    """One kind of calls: its share of the day, its model, and how its answers usually are."""

    share: float
    model: str
    provider_model: str
    written: tuple[int, int]  # tokens, from and to
    first_s: float
    token_s: float


_FEATURES: Mapping[str, _Feature] = {
    "desk": _Feature(0.45, "chat", "azure/gpt-4o-mini", (45, 95), 0.45, 0.011),
    "sorting": _Feature(0.13, "sorter", "openai/gpt-4.1-nano", (3, 6), 0.30, 0.012),
    "reports": _Feature(0.20, "reports", "anthropic/claude-sonnet-4-6", (240, 340), 0.60, 0.006),
    "loop": _Feature(0.15, "reports", "anthropic/claude-sonnet-4-6", (240, 340), 0.60, 0.006),
    "search": _Feature(0.07, "search", "openai/text-embedding-3-small", (0, 0), 0.12, 0.0),
}

_DESK = """You are the help desk of a bookshop. Answer in two or three sentences, plainly and warmly.
Returns: within thirty days, unread. Damaged books: replaced against a photograph. Orders can be changed until six in
the evening. Delivery: sent within two working days, free above fifty euros, otherwise four euros and ninety cents.
Vouchers: valid for three years, never paid out. Readings: first Thursday of the month at half past seven.
Look orders up in the shop's own system before you answer, and never name another customer's order."""
# Which readers of both shops ask in the same words, and which each asks in their own: with an order's number.
_COMMON = (
    "What did I order last?",
    "How much is left on my voucher?",
    "Is my parcel on its way?",
    "When is the next reading?",
)
_OWN = (
    "Where is order {order}?",
    "Can I still change order {order}?",
    "Order {order} came damaged. What now?",
)
_COMMON_SHARE = 0.4
_SORTING = "Which desk is this letter for? Answer with one word: orders, returns, press or other."
_LETTERS = (
    "The parcel was wet.",
    "I write for a newspaper.",
    "Please send two more.",
    "I want my money back.",
)
_TITLES = (
    "Tides",
    "The Long Shelf",
    "Harbour Lights",
    "Ink",
    "Northern Rooms",
    "A Short Winter",
    "Second Hand",
)


def shop_day(calls: int = 120, seed: int = 9) -> list[dict[str, Any]]:
    """The day's calls in order of time, each as one line of the log. The same seed gives the same day."""
    draw = random.Random(seed)  # noqa: S311 - no secret
    counts = {name: max(1, round(feature.share * calls)) for name, feature in _FEATURES.items()}
    counts["desk"] += calls - sum(counts.values())
    lines = [line for name, count in counts.items() for line in _lines(name, count, draw)]
    return sorted(lines, key=lambda line: str(line["timestamp"]))


def write_day(path: Path, calls: int = 120, seed: int = 9) -> None:
    """Write `shop_day` as JSON lines."""
    lines = (json.dumps(line, ensure_ascii=False) for line in shop_day(calls, seed))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _lines(name: str, count: int, draw: random.Random) -> Iterator[dict[str, Any]]:
    for place in range(count):
        if name == "loop":
            hour = _LOOP_BEGIN_H + _LOOP_LENGTH_H * place / count
        else:
            # Evenly through the shape, with a little chance.
            hour = _hour_of((place + draw.random()) / count)
        # In turn, so that both shops have half of each kind; but North has more reports written.
        turns = ("harbour", "north", "north") if name == "reports" else SHOPS
        shop = "harbour" if name == "loop" else turns[place % len(turns)]
        yield _line(name, shop, hour, place, draw)


def _hour_of(share: float) -> float:
    """When this share of the day's calls has been made, in hours after the begin."""
    left = share * sum(_SHAPE)
    for hour, weight in enumerate(_SHAPE):
        if left < weight:
            return hour + left / weight
        left -= weight
    return float(HOURS)


def _line(name: str, shop: str, hour: float, place: int, draw: random.Random) -> dict[str, Any]:
    feature = _FEATURES[name]
    request = {"model": feature.model, **_request(name, shop, place, draw)}
    read = len(json.dumps(request.get("messages", request.get("input")))) // 4
    written = draw.randint(*feature.written)
    first_s = feature.first_s * draw.lognormvariate(0, 0.2)
    latency_s = first_s + written * feature.token_s * draw.lognormvariate(0, 0.15)
    usd_read, usd_written = USD_PER_MILLION[feature.provider_model]
    line: dict[str, Any] = {
        "timestamp": (BEGIN + timedelta(hours=hour)).isoformat(timespec="milliseconds"),
        "endpoint": "/v1/embeddings" if name == "search" else "/v1/chat/completions",
        "key_alias": f"{shop}-{'reports' if feature.model == 'reports' else 'desk'}",
        "team": shop,
        "tags": ["reports" if name == "loop" else name],
        "request": request,
        "provider_model": feature.provider_model,
        "prompt_tokens": read,
        "completion_tokens": written,
        "latency_s": round(latency_s, 3),
        "cost_usd": round((read * usd_read + written * usd_written) / 1e6, 9),
        "status": 200,
    }
    if request.get("stream"):
        line["ttft_s"] = round(first_s, 3)
    return line


def _request(name: str, shop: str, place: int, draw: random.Random) -> dict[str, Any]:
    """What was asked, as a client of OpenAI writes it."""
    if name == "search":
        return {"input": f"{draw.choice(_TITLES)}, {draw.choice(('paperback', 'hardback', 'audiobook'))}"}
    if name == "desk":
        common = draw.random() < _COMMON_SHARE
        question = draw.choice(_COMMON) if common else draw.choice(_OWN).format(order=1000 + place)
        asked = _chat(_DESK, question, 150)
        return {**asked, "stream": True, "stream_options": {"include_usage": True}} if place % 3 else asked
    if name == "sorting":
        return _chat(_SORTING, f"{draw.choice(_LETTERS)} (letter {100 + place} to {shop})", 10)
    sold = [
        f"{draw.choice(_TITLES)}: {draw.randint(1, 90)} copies, {draw.randint(0, 9)} returned"
        for _ in range(90)
    ]
    when = "today so far" if name == "loop" else "the week"
    return _chat(f"Write a report on what {shop} sold in {when}.", "\n".join(sold), 400)


def _chat(system: str, question: str, max_tokens: int) -> dict[str, Any]:
    messages = [{"role": "system", "content": system}, {"role": "user", "content": question}]
    return {"messages": messages, "max_tokens": max_tokens}
