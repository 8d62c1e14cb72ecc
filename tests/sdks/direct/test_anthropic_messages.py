"""What Anthropic's SDK does with messages: one answer, a conversation, images, documents, counting."""

from __future__ import annotations

import base64
import json
from typing import Any

import anthropic
import pytest
from anthropic_client import MODEL, WEATHER, image, known, strict, strict_async, user

NUMBERED = [
    {"role": "user", "content": "Hello!"},
    {"role": "assistant", "content": "Hello. What shall we talk about?"},
    {"role": "user", "content": "What is the capital of France?"},
]


def create(base: str, **request: Any) -> Any:
    with strict(base) as client:
        return known(
            client.messages.create(
                **{"model": MODEL, "max_tokens": 1_024, "messages": user("ping")} | request
            )
        )


def test_a_message_and_its_usage(sim_base: str) -> None:
    answer = create(sim_base)
    assert [block.text for block in answer.content] == ["pong"]
    assert (answer.role, answer.type, answer.stop_reason) == ("assistant", "message", "end_turn")
    assert (answer.model, answer.id[:4]) == ("claude-haiku-4-5-20251001", "msg_")
    assert answer._request_id.startswith("req_")
    usage = answer.usage
    assert (usage.input_tokens, usage.output_tokens, usage.service_tier) == (7, 1, "standard")
    assert usage.cache_creation.ephemeral_5m_input_tokens == 0


def test_an_answer_goes_back_into_the_conversation(sim_base: str) -> None:
    first = create(sim_base, messages=NUMBERED[:1])
    again = [*NUMBERED[:1], {"role": first.role, "content": first.content}, *user("What is 2 plus 3?")]
    assert "5" in create(sim_base, messages=again).content[0].text
    assert "Paris" in create(sim_base, messages=NUMBERED).content[0].text
    neighbours = [*user("Hello!"), *user("What is the capital of France?")]
    assert "Paris" in create(sim_base, messages=neighbours).content[0].text


def test_a_system_prompt_as_text_and_as_blocks_counts_as_tokens(sim_base: str) -> None:
    plain = create(sim_base).usage.input_tokens
    text = create(sim_base, system="You are a poet.").usage.input_tokens
    blocks = create(sim_base, system=[{"type": "text", "text": "You are a poet."}]).usage.input_tokens
    assert plain < text == blocks


def test_the_answer_ends_at_a_stop_sequence_and_at_the_limit(sim_base: str) -> None:
    count = user("Count from 1 to 10")
    stopped = create(sim_base, messages=count, stop_sequences=["7", "5"])
    assert (stopped.stop_reason, stopped.stop_sequence) == ("stop_sequence", "5")
    assert "4" in stopped.content[0].text
    assert "5" not in stopped.content[0].text
    short = create(sim_base, messages=count, max_tokens=3)
    assert (short.stop_reason, short.usage.output_tokens, short.stop_sequence) == ("max_tokens", 3, None)
    nothing = create(sim_base, messages=count, max_tokens=0)
    assert (nothing.content, nothing.usage.output_tokens, nothing.stop_reason) == ([], 0, "max_tokens")


def test_accepted_options_are_checked_and_echoed(sim_base: str) -> None:
    answer = create(
        sim_base,
        metadata={"user_id": "user-1"},
        service_tier="auto",
        inference_geo="us",
        speed="standard",
        diagnostics={"previous_message_id": "msg_1"},
    )
    assert answer.usage.inference_geo == "us"
    assert answer.diagnostics.cache_miss_reason.type == "unavailable"
    assert create(sim_base, diagnostics={"previous_message_id": None}).diagnostics is None


def test_a_last_message_of_the_assistant_is_continued(sim_base: str) -> None:
    question = user("What is the capital of France?")
    whole = create(sim_base, messages=question).content[0].text
    begun = create(sim_base, messages=[*question, {"role": "assistant", "content": whole[:9]}])
    assert begun.content[0].text == whole[9:]
    prefill = '{"city": "'
    rest = create(sim_base, messages=[*question, {"role": "assistant", "content": prefill}]).content[0].text
    assert json.loads(prefill + rest)["city"]
    with pytest.raises(anthropic.BadRequestError, match="does not support assistant message prefill"):
        create(
            sim_base, model="claude-sonnet-4-6", messages=[*question, {"role": "assistant", "content": "The"}]
        )


@pytest.mark.parametrize(
    ("width", "height", "tokens"), [(75, 100, 10), (1_000, 750, 1_000), (3_000, 3_000, 1_568)]
)
def test_an_image_counts_by_its_size(width: int, height: int, tokens: int, sim_base: str) -> None:
    text = {"type": "text", "text": "ping"}
    plain = create(sim_base).usage.input_tokens
    seen = create(sim_base, messages=user([text, image(width, height)]))
    assert seen.content[0].text == "pong"
    assert seen.usage.input_tokens - plain == tokens


def test_images_that_the_provider_refuses(sim_base: str) -> None:
    wrong = [
        (image(10, 10, "image/jpeg"), "appears to be a image/png image"),
        (
            image(10, 10, "image/tiff"),
            "media_type: Input should be 'image/jpeg', 'image/png', 'image/gif' or",
        ),
        ({**image(9, 9), "source": {**image(9, 9)["source"], "data": "aGVsbG8="}}, "Could not process image"),
        ({"type": "image", "source": {"type": "file", "file_id": "file_1"}}, "no Files API"),
        ({"type": "image", "source": {"type": "url", "url": "http://example.com/a.png"}}, "Only HTTPS URLs"),
        ({**image(2_000, 10), "transformations": {"oversized_image": "error"}}, "2000x10 pixels"),
    ]
    for block, message in wrong:
        with pytest.raises(anthropic.BadRequestError, match=message):
            create(sim_base, messages=user([block]))
    far = {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}}
    assert create(sim_base, messages=user([far])).usage.input_tokens > 1_568


def test_documents_count_and_are_cited(sim_base: str) -> None:
    text = "The gateway routes calls. It also counts them."
    document: dict[str, Any] = {
        "type": "document",
        "title": "Notes",
        "source": {"type": "text", "media_type": "text/plain", "data": text},
        "citations": {"enabled": True},
    }
    question = {"type": "text", "text": "What does the gateway do?"}
    answer = create(sim_base, messages=user([document, question]))
    (citation,) = answer.content[0].citations
    assert citation.cited_text == text[citation.start_char_index : citation.end_char_index]
    assert (citation.document_index, citation.document_title) == (0, "Notes")
    assert create(sim_base, messages=user([question])).content[0].citations is None

    pages = b"%PDF-1.4\n1 0 obj <</Type /Pages /Count 2>>\n<</Type /Page>> <</Type/Page>>"
    pdf: dict[str, Any] = {
        "type": "document",
        "source": {
            "type": "base64",
            "media_type": "application/pdf",
            "data": base64.b64encode(pages).decode(),
        },
    }
    assert create(sim_base, messages=user([pdf, question])).usage.input_tokens > 4_500
    with pytest.raises(anthropic.BadRequestError, match="cannot cite"):
        create(sim_base, messages=user([{**pdf, "citations": {"enabled": True}}, question]))


def test_tokens_are_counted_as_the_answer_counts_them(sim_base: str) -> None:
    request: dict[str, Any] = {
        "model": MODEL,
        "system": "You are a poet.",
        "tools": [WEATHER],
        "messages": user([{"type": "text", "text": "Write a poem."}, image(75, 100)]),
    }
    with strict(sim_base) as client:
        counted = known(client.messages.count_tokens(**request)).input_tokens
        beta = known(client.beta.messages.count_tokens(**request)).input_tokens
        thought = client.messages.count_tokens(
            **request, thinking={"type": "enabled", "budget_tokens": 2_000}
        ).input_tokens
    assert counted == beta == thought == create(sim_base, **request).usage.input_tokens


def test_a_request_that_the_model_declines(sim_base: str) -> None:
    text = "ANTHROPIC_MAGIC_STRING_TRIGGER_REFUSAL_" + (
        "1FAEFB6177B4672DEE07F9D3AFC62588CCD2631EDCF22E8CCC1FB35B501C9C86"
    )
    declined = create(sim_base, messages=user(text))
    assert (declined.stop_reason, declined.content, declined.stop_details.type) == ("refusal", [], "refusal")
    with strict(sim_base) as client:
        with client.messages.stream(model=MODEL, max_tokens=50, messages=user(text)) as stream:
            assert stream.get_final_message().stop_reason == "refusal"
        request: dict[str, Any] = {"model": "claude-fable-5", "max_tokens": 500, "messages": user("ping")}
        chain = {"fallbacks": [{"model": "claude-opus-4-8"}], "betas": ["server-side-fallback-2026-07-01"]}
        assert known(client.beta.messages.create(**request, **chain)).model == "claude-fable-5"


def test_raw_and_streamed_responses_show_headers(sim_base: str) -> None:
    with strict(sim_base) as client:
        raw = client.messages.with_raw_response.create(model=MODEL, max_tokens=9, messages=user("ping"))
        assert raw.headers["request-id"].startswith("req_")
        assert raw.headers["x-simulated"] == "bank"
        assert raw.parse().content[0].text == "pong"
        with client.messages.with_streaming_response.create(
            model=MODEL, max_tokens=9, messages=user("ping")
        ) as response:
            assert '"pong"' in "".join(response.iter_text())


async def test_the_async_client(sim_base: str) -> None:
    async with strict_async(sim_base) as client:
        answer = known(await client.messages.create(model=MODEL, max_tokens=9, messages=user("ping")))
        assert answer.content[0].text == "pong"
        counted = await client.messages.count_tokens(model=MODEL, messages=user("ping"))
        assert counted.input_tokens == answer.usage.input_tokens


def test_the_beta_client_and_its_context_management(sim_base: str) -> None:
    beta = ["context-management-2025-06-27"]
    edit: dict[str, Any] = {"type": "clear_tool_uses_20250919"}
    soon = {**edit, "trigger": {"type": "input_tokens", "value": 1}}
    with strict(sim_base) as client:

        def ask(edit: dict[str, Any], betas: list[str]) -> Any:
            request: dict[str, Any] = {"model": MODEL, "max_tokens": 9, "messages": user("ping")}
            return client.beta.messages.create(**request, betas=betas, context_management={"edits": [edit]})

        assert known(ask(edit, beta)).context_management.applied_edits == []
        with pytest.raises(anthropic.BadRequestError, match="context_management: Extra inputs"):
            ask(edit, [])
        with pytest.raises(anthropic.BadRequestError, match="would change the conversation"):
            ask(soon, beta)
