"""What a cache study says of a log is what LiteLLM's semantic cache does with the same calls in the same order."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gateway_kit.gateway.semantic import SemanticGateway
from gateway_kit.rehearsal.call import LoggedCall
from gateway_kit.rehearsal.study import study_cache
from tests.stack.semantic.conftest import Own

PASSWORD = "How do I reset my password?"


def said(text: str, *before: tuple[str, str], **parameters: Any) -> dict[str, Any]:
    messages = [*before, ("user", text)]
    return {"messages": [{"role": role, "content": words} for role, words in messages], **parameters}


HELPFUL = (
    "system",
    "You are the help desk of a bookshop. Be friendly, be brief, and never promise a refund.",
)
TURN = (("user", "Hello"), ("assistant", "Hello."))
# Request → its stream. Each adds to what is kept, or is answered by it.
CALLS: list[tuple[dict[str, Any], bool]] = [
    (said(PASSWORD), False),
    (said("How can I reset my password?"), False),  # near
    (said(PASSWORD), False),  # the very same
    (said("How do I reset my password now?"), False),
    (said("How do I reset the router?"), False),
    (said("How can I reset my password?", temperature=0.5), False),  # other parameters
    (said(PASSWORD, temperature=0.5), False),
    (said(PASSWORD), True),  # a stream
    (said("How can I reset my password?"), True),
    (said(PASSWORD, user="anna"), False),
    (said("How can I reset my password?", user="anna"), False),
    (said(PASSWORD, metadata={"tags": ["a-tag"]}), False),
    (said("Where is my parcel?", HELPFUL), False),
    (said("What does shipping cost?", HELPFUL), False),  # another question, behind the same system prompt
    (said(PASSWORD, *TURN), False),
    (said("How can I reset my password?", *TURN), False),
    (said(PASSWORD, *TURN, *TURN), False),  # more than four messages
    (said(PASSWORD, *TURN, *TURN), False),
    (said("What is a token?"), False),
    (said("What is a token"), False),
]


class First:
    """The first calls of the log."""

    def __init__(self, count: int) -> None:
        self._count = count

    def calls(self) -> Iterator[LoggedCall]:
        for number, (body, stream) in enumerate(CALLS[: self._count]):
            yield LoggedCall(
                number,
                number + 1,
                float(number),
                "chat",
                "gpt-4o-mini",
                body,
                stream,
                key="one",
                latency_s=0.1,
            )


def test_each_call_is_answered_as_the_study_says(
    semantic: SemanticGateway, here: Own, unique: str, tmp_path: Path
):
    answered, kept = [], 0
    for body, stream in CALLS:
        request = {name: value for name, value in body.items() if name not in ("messages", "metadata")}
        request["extra_body"] = {"cache": {"namespace": unique}, "metadata": body.get("metadata", {})}
        if stream:
            "".join(semantic.stream(body["messages"], **request))
        else:
            semantic.ask(body["messages"], **request)
        hit = bool(semantic.calls.frame()["cache_hit"].iloc[-1])
        answered.append(hit)
        if not hit and len(body["messages"]) <= 4:
            kept += 1
            semantic.cache.index.wait_for_entries(kept, unique)
    hits = []
    for count in range(1, len(CALLS) + 1):
        study = study_cache(First(count), out=tmp_path / "study", thresholds=[semantic.threshold])
        hits.append(int(study.hit_rates[["exact_hits", "near_hits"]].to_numpy().sum()))
    expected = [bool(now - before) for before, now in zip([0, *hits], hits, strict=False)]
    assert expected == answered
    assert 6 <= sum(answered) <= len(CALLS) - 6, "the log is too plain to tell anything"
