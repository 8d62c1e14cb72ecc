"""Tasks of ollama-python's examples: chats and completions; answers are parsed by its pydantic types."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from aws_shapes import png
from ollama import AsyncClient, ChatResponse, Client, GenerateResponse, ResponseError
from pydantic import BaseModel

QUESTION = [{"role": "user", "content": "What is the capital of France?"}]


class Country(BaseModel):
    name: str
    capital: str
    languages: list[str]


def get_weather(city: str) -> str:
    """The weather in a city now.

    Args:
      city: The name of the city

    Returns:
      str: the weather
    """
    return json.dumps({"temperature_c": 21, "sky": f"sunny over {city}"})


@pytest.fixture(scope="module")
def ollama(sim_base: str) -> Iterator[Client]:
    with Client(host=sim_base, timeout=60) as client:
        yield client


@pytest.mark.parametrize(
    "model", ["phi3", "phi3:latest", "phi3:mini", "llama3.2", "library/gemma3", "mistral:7b"]
)
def test_a_chat(model: str, ollama: Client) -> None:
    answer = ollama.chat(model=model, messages=QUESTION)
    assert isinstance(answer, ChatResponse)
    assert answer.model == model
    assert "Paris" in (answer.message.content or "")
    assert answer["message"]["role"] == "assistant"
    assert (answer.done, answer.done_reason) == (True, "stop")
    assert datetime.fromisoformat(answer.created_at or "")
    parts = [answer.load_duration, answer.prompt_eval_duration, answer.eval_duration]
    assert all(part and part > 0 for part in parts)
    assert abs(sum(part or 0 for part in parts) - (answer.total_duration or 0)) < 10
    assert (answer.prompt_eval_count or 0) > 0
    assert (answer.eval_count or 0) > 0


def test_a_streamed_chat(ollama: Client) -> None:
    whole = ollama.chat(model="phi3", messages=QUESTION)
    parts = list(ollama.chat(model="phi3", messages=QUESTION, stream=True))
    assert "".join(part.message.content or "" for part in parts) == whole.message.content
    assert [part.done for part in parts] == [False] * (len(parts) - 1) + [True]
    assert parts[-1].eval_count == whole.eval_count
    assert parts[0].done_reason is None


def test_a_chat_without_waiting(sim_base: str) -> None:
    async def both() -> tuple[str, str]:
        async with AsyncClient(host=sim_base) as client:
            whole = await client.chat(model="phi3", messages=QUESTION)
            text = ""
            async for part in await client.chat(model="phi3", messages=QUESTION, stream=True):
                text += part.message.content or ""
            return whole.message.content or "", text

    whole, streamed = asyncio.run(both())
    assert whole == streamed


def test_a_chat_with_history(ollama: Client) -> None:
    messages: list[Any] = [
        {"role": "system", "content": "You answer in one word."},
        {"role": "user", "content": "What is the capital of Japan?"},
        {"role": "assistant", "content": "Tokyo"},
        *QUESTION,
    ]
    answer = ollama.chat(model="phi3", messages=messages)
    assert "Paris" in (answer.message.content or "")
    assert (answer.prompt_eval_count or 0) > 20


def test_options(ollama: Client) -> None:
    def chat(**options: Any) -> ChatResponse:
        return ollama.chat(model="phi3", messages=QUESTION, options=options)

    cut = chat(num_predict=2, temperature=0, top_p=0.5, num_ctx=2048)
    assert (cut.done_reason, cut.eval_count) == ("length", 2)
    whole = chat()
    assert (
        chat(num_predict=-1).message.content == chat(num_predict=-2).message.content == whole.message.content
    )
    assert chat(no_such_option="x", num_predict=2.7).eval_count == 2
    assert "Paris" not in (chat(stop=["Paris"]).message.content or "")
    unknown = [{"role": "user", "content": "Write two sentences on the mating of snails."}]
    first, second, third = (
        ollama.chat(model="phi3", messages=unknown, options={"seed": seed}).message.content
        for seed in (1, 1, 2)
    )
    assert first == second != third


def test_a_pydantic_form(ollama: Client) -> None:
    answer = ollama.chat(
        model="gemma3",
        messages=[{"role": "user", "content": "Tell me about France."}],
        format=Country.model_json_schema(),
        options={"temperature": 0},
    )
    assert Country.model_validate_json(answer.message.content or "").name
    told = ollama.chat(model="phi3", messages=QUESTION, format="json")
    assert isinstance(json.loads(told.message.content or ""), dict)
    text = "".join(
        part.message.content or ""
        for part in ollama.chat(
            model="phi3", messages=QUESTION, format=Country.model_json_schema(), stream=True
        )
    )
    assert Country.model_validate_json(text).capital == "Paris"


@pytest.mark.parametrize("model", ["llama3.1", "qwen3", "phi3"])
def test_a_python_function_is_called(model: str, ollama: Client) -> None:
    messages: list[Any] = [{"role": "user", "content": "What is the weather in Toronto?"}]
    first = ollama.chat(model=model, messages=messages, tools=[get_weather])
    (call,) = first.message.tool_calls or []
    assert (call.function.name, call.function.arguments) == ("get_weather", {"city": "Toronto"})
    messages += [
        first.message,
        {"role": "tool", "tool_name": call.function.name, "content": get_weather(**call.function.arguments)},
    ]
    second = ollama.chat(model=model, messages=messages, tools=[get_weather])
    assert "21" in (second.message.content or "")
    assert "sunny over Toronto" in (second.message.content or "")


def test_a_streamed_call(ollama: Client) -> None:
    parts = ollama.chat(
        model="llama3.2",
        messages=[{"role": "user", "content": "What is the weather in Paris and Oslo?"}],
        tools=[get_weather],
        stream=True,
    )
    calls = [call.function.arguments for part in parts for call in part.message.tool_calls or []]
    assert calls == [{"city": "Paris"}, {"city": "Oslo"}]


def test_thinking(ollama: Client) -> None:
    thought = ollama.chat(model="deepseek-r1", messages=QUESTION, think=True)
    assert thought.message.thinking
    assert "Paris" in (thought.message.content or "")
    assert ollama.chat(model="deepseek-r1", messages=QUESTION).message.thinking
    assert not ollama.chat(model="deepseek-r1", messages=QUESTION, think=False).message.thinking
    for level in ("low", "medium", "high"):
        assert ollama.chat(model="gpt-oss:20b", messages=QUESTION, think=level).message.thinking
    parts = list(ollama.chat(model="qwen3", messages=QUESTION, think=True, stream=True))
    assert "".join(part.message.thinking or "" for part in parts)
    kinds = ["thinking" if part.message.thinking else "content" for part in parts]
    assert kinds == sorted(kinds, reverse=True)
    told = ollama.generate(model="qwen3", prompt="What is the capital of France?", think=True)
    assert told.thinking
    assert "Paris" in (told.response or "")


def test_a_picture(ollama: Client) -> None:
    def tokens(**more: Any) -> int:
        message = {"role": "user", "content": "What is on this picture? Be concise.", **more}
        return int(ollama.chat(model="gemma3", messages=[message]).prompt_eval_count or 0)

    assert tokens(images=[png(64, 64)]) - tokens() == 768
    told = ollama.generate(model="llava", prompt="Describe this picture", images=[png(64, 64)])
    assert told.response


def test_a_completion_and_its_context(ollama: Client) -> None:
    first = ollama.generate(model="phi3", prompt="What is the capital of France?", system="You are brief.")
    assert isinstance(first, GenerateResponse)
    assert "Paris" in (first.response or "")
    assert first.context
    second = ollama.generate(model="phi3", prompt="What is the capital of Japan?", context=first.context)
    assert "Tokyo" in (second.response or "")
    alone = ollama.generate(model="phi3", prompt="What is the capital of Japan?")
    added = (second.prompt_eval_count or 0) - (alone.prompt_eval_count or 0)
    assert 0 < added < len(first.context) / 2, "the conversation is read, and not the numbers counted"
    assert len(second.context or []) > len(first.context)
    raw = ollama.generate(model="phi3", prompt="What is the capital of France?", raw=True)
    assert raw.context is None


def test_a_streamed_completion(ollama: Client) -> None:
    parts = list(ollama.generate(model="phi3", prompt="What is the capital of France?", stream=True))
    assert "Paris" in "".join(part.response or "" for part in parts)
    assert parts[-1].context
    assert parts[-1].done_reason == "stop"


def test_the_middle_is_filled_in(ollama: Client) -> None:
    answer = ollama.generate(
        model="codellama:7b-code",
        prompt="def remove_non_ascii(s: str) -> str:\n",
        suffix="\n    return result\n",
        options={"num_predict": 128, "temperature": 0, "stop": ["<EOT>"]},
    )
    assert answer.response
    with pytest.raises(
        ResponseError, match=r"registry\.ollama\.ai/library/phi3:latest does not support insert"
    ):
        ollama.generate(model="phi3", prompt="a", suffix="b")


def test_log_probabilities(ollama: Client) -> None:
    answer = ollama.chat(model="phi3", messages=QUESTION, logprobs=True, top_logprobs=3)
    assert answer.logprobs
    assert "".join(one.token for one in answer.logprobs) == answer.message.content
    assert all(one.logprob <= 0 and len(one.top_logprobs or []) == 3 for one in answer.logprobs)
    parts = list(
        ollama.generate(model="phi3", prompt="What is the capital of France?", logprobs=True, stream=True)
    )
    assert [one.token for part in parts for one in part.logprobs or []] == [
        part.response for part in parts if part.response
    ]


def test_a_model_is_loaded_and_unloaded(ollama: Client) -> None:
    assert ollama.generate(model="llama3.2", keep_alive="10m").done_reason == "load"
    assert "llama3.2:latest" in {model.model for model in ollama.ps().models}
    assert ollama.chat(model="llama3.2", messages=[], keep_alive=0).done_reason == "unload"
    assert "llama3.2:latest" not in {model.model for model in ollama.ps().models}
    ollama.chat(model="llama3.2", messages=QUESTION, keep_alive=-1)
    (loaded,) = [model for model in ollama.ps().models if model.model == "llama3.2:latest"]
    assert loaded.expires_at
    assert loaded.expires_at.year > 2100
    assert loaded.context_length
    assert loaded.size_vram


def test_the_oldest_messages_are_left_out(ollama: Client) -> None:
    messages = [
        {"role": "user", "content": "word " * 2_000},
        {"role": "assistant", "content": "word " * 2_000},
    ]
    answer = ollama.chat(model="phi3", messages=[*messages, *QUESTION])
    assert (answer.prompt_eval_count or 0) < 4_096
    assert "Paris" in (answer.message.content or "")
    short = ollama.chat(model="llama3.2", messages=[*messages, *QUESTION], options={"num_ctx": 64})
    assert (short.prompt_eval_count or 0) <= 64
    with pytest.raises(ResponseError, match="exceeds the available context size"):
        ollama.chat(model="phi3", messages=[{"role": "user", "content": "word " * 5_000}])
