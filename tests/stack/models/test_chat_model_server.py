"""The chat model's server: real answers, streaming, usage, concurrency, errors, its life as a process."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

MODEL = "smollm2-135m-instruct"


def ask(server: Any, question: str, **body: Any) -> httpx.Response:
    messages = [{"role": "user", "content": question}]
    return httpx.post(
        f"{server.url}/v1/chat/completions",
        json={"model": MODEL, "messages": messages, **body},
        timeout=60,
    )


def content(response: httpx.Response) -> str:
    assert response.status_code == 200, response.text
    text: str = response.json()["choices"][0]["message"]["content"]
    return text


@pytest.mark.parametrize(
    ("question", "word"),
    [
        ("What is the capital of France?", "Paris"),
        ("What is the capital of Japan?", "Tokyo"),
        ("What is the opposite of hot?", "cold"),
        ("What language is spoken in Brazil?", "Portuguese"),
        ("What is the currency of Japan?", "yen"),
        ("How many days are in a week?", "7"),
    ],
)
def test_answers_tested_questions_in_few_words(chat_server: Any, question: str, word: str) -> None:
    response = ask(chat_server, question)
    assert word in content(response)
    body = response.json()
    assert body["model"] == MODEL
    assert body["choices"][0]["finish_reason"] == "stop"
    assert body["usage"]["completion_tokens"] < 60


def test_the_same_question_gets_the_same_answer(chat_server: Any) -> None:
    first, second = (content(ask(chat_server, "What is Python?")) for _ in range(2))
    assert first == second


def test_a_temperature_in_the_request_is_used(chat_server: Any) -> None:
    answers = {
        content(ask(chat_server, "Tell me about the sea.", temperature=1.2, seed=n, max_tokens=24))
        for n in range(4)
    }
    assert len(answers) > 1


def test_a_system_prompt_replaces_the_default_one(chat_server: Any) -> None:
    def prompt_tokens(messages: list[dict[str, Any]]) -> int:
        response = httpx.post(
            f"{chat_server.url}/v1/chat/completions", json={"messages": messages, "max_tokens": 1}, timeout=60
        )
        tokens: int = response.json()["usage"]["prompt_tokens"]
        return tokens

    user = {"role": "user", "content": "Hi"}
    plain = prompt_tokens([user])
    default = {"role": "system", "content": "You are a helpful assistant. Answer in one short sentence."}
    assert prompt_tokens([default, user]) == plain
    assert prompt_tokens([{"role": "system", "content": "Pirate."}, user]) < plain


def test_content_parts_read_like_one_text(chat_server: Any) -> None:
    parts = [{"type": "text", "text": "What is the capital of "}, {"type": "text", "text": "France?"}]
    response = httpx.post(
        f"{chat_server.url}/v1/chat/completions",
        json={"messages": [{"role": "user", "content": parts}]},
        timeout=60,
    )
    assert "Paris" in content(response)


def test_usage_adds_up_and_max_tokens_cuts(chat_server: Any) -> None:
    body = ask(chat_server, "Tell me a long story about a ship.", max_tokens=7).json()
    usage = body["usage"]
    assert usage["completion_tokens"] == 7
    assert usage["total_tokens"] == usage["prompt_tokens"] + 7
    assert body["choices"][0]["finish_reason"] == "length"


def test_a_stream_has_many_parts_usage_and_the_same_text(chat_server: Any) -> None:
    question = "What is the capital of France?"
    request = {
        "model": MODEL,
        "messages": [{"role": "user", "content": question}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    with httpx.stream("POST", f"{chat_server.url}/v1/chat/completions", json=request, timeout=60) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        events = [line.removeprefix("data: ") for line in response.iter_lines() if line.startswith("data: ")]
    assert events[-1] == "[DONE]"
    chunks = [json.loads(event) for event in events[:-1]]
    pieces = [choice["delta"].get("content") for chunk in chunks for choice in chunk["choices"]]
    text = "".join(piece for piece in pieces if piece)
    assert text == content(ask(chat_server, question))
    assert sum(1 for piece in pieces if piece) >= 5
    usages = [chunk["usage"] for chunk in chunks if chunk.get("usage")]
    assert usages[-1]["completion_tokens"] >= 5


def test_openai_client_streams(chat_server: Any) -> None:
    from openai import OpenAI

    with OpenAI(base_url=f"{chat_server.url}/v1", api_key="unused", max_retries=0) as client:
        stream = client.chat.completions.create(
            model=MODEL,
            messages=[{"role": "user", "content": "What is the capital of Japan?"}],
            stream=True,
        )
        text = "".join(chunk.choices[0].delta.content or "" for chunk in stream)
        assert "Tokyo" in text
        assert [model.id for model in client.models.list().data] == [MODEL]


def test_more_concurrent_requests_than_slots_are_all_answered(chat_server: Any) -> None:
    capitals = {"France": "Paris", "Japan": "Tokyo", "Italy": "Rome", "Spain": "Madrid"}
    questions = [(f"What is the capital of {country}?", city) for country, city in capitals.items()] * 3
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda pair: content(ask(chat_server, pair[0])), questions))
    assert all(city in answer for (_, city), answer in zip(questions, answers, strict=True))


def test_an_over_long_prompt_is_rejected_and_the_server_keeps_running(chat_server: Any) -> None:
    response = ask(chat_server, "word " * 3000)
    assert response.status_code == 400
    assert "context" in response.json()["error"]["message"]
    assert "Paris" in content(ask(chat_server, "What is the capital of France?"))


@pytest.mark.parametrize(
    "body", [{}, {"messages": []}, {"messages": "hello"}, {"messages": [{"role": "user"}]}]
)
def test_bad_bodies_are_refused(chat_server: Any, body: dict[str, Any]) -> None:
    response = httpx.post(f"{chat_server.url}/v1/chat/completions", json=body, timeout=60)
    assert response.status_code == 400
    assert response.json()["error"]["message"]


def test_other_sites_scripts_are_rejected_and_prompts_are_not_shared(chat_server: Any) -> None:
    response = httpx.post(
        f"{chat_server.url}/v1/chat/completions",
        json={"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 1},
        headers={"Origin": "http://elsewhere.example"},
        timeout=60,
    )
    assert response.headers.get("access-control-allow-origin") != "http://elsewhere.example"
    assert response.headers.get("access-control-allow-origin") != "*"
    assert httpx.get(f"{chat_server.url}/slots").status_code == 501


def test_memory_stays_small_after_long_prompts(chat_server: Any) -> None:
    assert ask(chat_server, "word " * 700, max_tokens=4).status_code == 200
    # 200 to 225 MB measured; 350 with the context and batches that llama.cpp chooses by itself.
    assert chat_server.rss_mb() < 250


def test_a_taken_port_is_one_clear_line_and_exit_code_1(chat_server: Any) -> None:
    command = chat_server.process.args
    second = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert second.returncode == 1
    assert second.stderr.splitlines() == [
        f"chat-model: cannot listen on 127.0.0.1:{chat_server.port}: Address already in use"
    ]


@pytest.mark.parametrize("program", ["chat_model", "embeddings"])
def test_help_and_bad_arguments(program: str) -> None:
    command = [sys.executable, "-m", f"gateway_kit.stack.servers.{program}"]
    shown = subprocess.run([*command, "--help"], capture_output=True, text=True, check=False)
    assert shown.returncode == 0
    for word in ("--host", "--port", "127.0.0.1"):
        assert word in shown.stdout
    bad = subprocess.run([*command, "--port", "99999"], capture_output=True, text=True, check=False)
    assert bad.returncode == 2
    assert "between 1 and 65535" in bad.stderr


def test_stop_is_quick_and_clean_while_an_answer_is_written(start_server: Any) -> None:
    server = start_server("chat_model")
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(ask, server, "Tell me a story.", max_tokens=2000, ignore_eos=True)
        time.sleep(0.5)
        assert not running.done()
        server.process.terminate()
        assert server.process.wait(timeout=60) == 0
        with pytest.raises(httpx.TransportError):
            running.result()
    lines = server.log_path.read_text().splitlines()
    assert len(lines) == 2
    assert f"{MODEL} ready at http://127.0.0.1:{server.port}/v1" in lines[0]
    assert lines[1] == "chat-model: stopping on SIGTERM"


def test_openmp_comes_from_a_wheel_and_not_from_the_system(chat_server: Any) -> None:
    maps = Path(f"/proc/{chat_server.process.pid}/maps").read_text()
    loaded = {line.split()[-1] for line in maps.splitlines() if "libgomp" in line or "libomp" in line}
    assert {Path(path).parent.parent.name for path in loaded} == {"cmeel.prefix"}
