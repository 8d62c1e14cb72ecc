"""Answers that the user adds: which prompts they answer, for whom, how they end, and the file of them."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest
from conftest import KIT, Simulator, node_program, start_simulator

from gateway_kit.errors import ProvidersError
from gateway_kit.gateway.providers import Providers

KEY = {"authorization": "Bearer k"}
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


def choice(providers: Providers, prompt: str, *, model: str = "gpt-4o-mini", **more: Any) -> dict[str, Any]:
    more.setdefault("messages", [{"role": "user", "content": prompt}])
    answer = httpx.post(
        f"{providers.url}/v1/chat/completions",
        json={"model": model, **more},
        headers=KEY,
        timeout=60,
    ).raise_for_status()
    made: dict[str, Any] = answer.json()["choices"][0]
    return made


def ask(providers: Providers, prompt: str, **more: Any) -> Any:
    return choice(providers, prompt, **more)["message"]["content"]


def test_an_answer_comes_first_until_it_is_off(quick: Providers) -> None:
    prompt = "What is the capital of France?"
    before = ask(quick, prompt)
    with quick.answer("capital of france", "It is Lutetia.") as added:
        assert ask(quick, prompt) == "It is Lutetia."
        assert quick.journal().iloc[-1].source == "own"
        assert ask(quick, "WHAT  IS the Capital\nof France, please?") == "It is Lutetia."
        assert ask(quick, "What is the capital of Spain?") != "It is Lutetia."
    assert ask(quick, prompt) == before
    added.off()
    assert repr(added) == f"<AddedAnswer {added.id}: to 'capital of france' at every model>"


def test_a_regular_expression_and_the_newest_answer(quick: Providers) -> None:
    quick.answer(re.compile(r"^order (\d+)$", re.IGNORECASE), "one")
    quick.answer("/order 7/", "two")
    assert [ask(quick, text) for text in ("ORDER 12", "order 7", "order x of 7")][:2] == ["one", "two"]
    assert ask(quick, "an order 12") != "one"


def test_both_ends_of_a_long_prompt_are_seen_and_a_text_anywhere(quick: Providers) -> None:
    quick.answer("/^first/", "begin")
    quick.answer("/last$/", "end")
    quick.answer("middle", "within")
    filler = "x " * 5_000
    assert ask(quick, f"first {filler}") == "begin"
    assert ask(quick, f"{filler} last") == "end"
    assert ask(quick, f"{filler} Middle {filler}") == "within"


def test_an_answer_for_one_model_or_one_provider(quick: Providers) -> None:
    quick.answer("secret word", "mellon", model="gpt-4o")
    quick.answer("magic word", "please", provider="anthropic")
    assert ask(quick, "The secret word?", model="gpt-4o") == "mellon"
    assert ask(quick, "The secret word?", model="gpt-4o-mini") != "mellon"
    assert ask(quick, "The magic word?") != "please"


def test_json_and_tool_calls(quick: Providers) -> None:
    quick.answer("the city", json={"city": "Oslo", "ok": None})
    assert json.loads(ask(quick, "Which is the city?")) == {"city": "Oslo", "ok": None}
    form = {"type": "json_schema", "json_schema": {"name": "city", "schema": {"type": "object"}}}
    assert json.loads(ask(quick, "Which is the city?", response_format=form))["city"] == "Oslo"

    quick.answer("look outside", tool_calls={"get_weather": {"city": "Lima"}})
    made = choice(quick, "Please look outside", tools=[WEATHER])
    (call,) = made["message"]["tool_calls"]
    assert made["finish_reason"] == "tool_calls"
    assert (call["function"]["name"], json.loads(call["function"]["arguments"])) == (
        "get_weather",
        {"city": "Lima"},
    )
    assert ask(quick, "Please look outside"), "without the tool it is answered in words"
    told = [
        {"role": "user", "content": "Please look outside"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": call["id"], "content": '{"temperature_c": 18}'},
    ]
    assert "18 degrees Celsius" in ask(quick, "", messages=told, tools=[WEATHER])


def test_the_table_and_clearing(quick: Providers) -> None:
    quick.answer("one", "1", model="gpt-4o", keep=True)
    quick.answer("two", tool_calls={"get_weather": {"city": "Lima"}}, provider="openai")
    quick.answer("three", json=None, text="3")
    ask(quick, "one, two, three")
    table = quick.answers()
    assert list(table.pattern) == ["one", "two", "three"]
    assert table.answer.to_list() == ["1", '[{"name": "get_weather", "arguments": {"city": "Lima"}}]', "3"]
    assert table.hits.to_list() == [0, 0, 1]
    assert table.from_file.to_list() == [False, False, False]
    assert table.set_by.isna().to_list() == [True, False, False]
    assert quick.clear_answers() == 3
    assert quick.answers().empty
    quick.answer("four", "4")
    quick.reset()
    assert quick.answers().empty


def test_answers_end_with_their_client(quick: Providers) -> None:
    with Providers(quick.url) as other:
        other.answer("gone", "soon")
        other.answer("stays", "here", keep=True)
        assert list(quick.answers().pattern) == ["gone", "stays"]
    assert list(quick.answers().pattern) == ["stays"]


@pytest.mark.parametrize(
    ("wish", "why"),
    [
        ({"text": "x"}, r'"pattern" must be a text of 1 to 1,000 characters\.'),
        ({"pattern": " ", "text": "x"}, r'"pattern" must be a text'),
        ({"pattern": "x"}, r"needs one of text, json, tool_calls\."),
        ({"pattern": "x", "text": "y", "json": 1}, r"not text and json"),
        ({"pattern": "x", "text": 5}, r'"text" must be a text'),
        ({"pattern": "x", "text": "y", "colour": "red"}, r'has no "colour"; it takes pattern, text, json,'),
        ({"pattern": "x", "text": "y", "provider": "acme"}, r'There is no provider "acme"; the providers are'),
        ({"pattern": "/(/", "text": "y"}, r"cannot be used \(missing closing \)"),
        ({"pattern": "/a(?=b)/", "text": "y"}, r"Lookahead, lookbehind and back-references are not possible\."),
        ({"pattern": "/(a{1000}|b{1000}|c{1000})+/", "text": "y"}, r"is too large; repeat less in it\."),
        ({"pattern": "/a/g", "text": "y"}, r'no flag "g" here; the flags are i, s, m, u\.'),
        ({"pattern": "x", "tool_calls": []}, r"a list of 1 to 20 calls"),
        ({"pattern": "x", "tool_calls": [{"name": 1}]}, r'objects with a "name"'),
        ({"pattern": "x", "tool_calls": "f"}, r'objects with a "name"'),
    ],
)  # fmt: skip
def test_what_is_wrong_with_an_answer_is_said(wish: dict[str, Any], why: str, quick: Providers) -> None:
    answer = httpx.post(f"{quick.url}/_sim/answers", json=wish)
    assert answer.status_code == 400
    assert re.search(why, answer.json()["error"]), answer.json()
    assert quick.answers().empty


def test_the_clients_own_refusals(quick: Providers) -> None:
    with pytest.raises(ProvidersError, match="give one of them"):
        quick.answer("x")
    with pytest.raises(ProvidersError, match="give one of them"):
        quick.answer("x", "y", json=1)
    with pytest.raises(ProvidersError, match=r"no flag for re\.VERBOSE"):
        quick.answer(re.compile("x", re.VERBOSE), "y")
    with pytest.raises(ProvidersError, match="Lookahead"):
        quick.answer(re.compile("a(?!b)"), "y")


def test_no_pattern_holds_the_simulator_up(quick: Providers) -> None:
    for pattern in ("/(a+)+$/", "/(a|aa)+$/", "/^(([a-z])+.)+[A-Z]([a-z])+$/", "/(.*a){20}b/"):
        quick.answer(pattern, "found")
    # A backtracking engine would need years for this; two minutes are for a busy machine.
    answer = httpx.post(
        f"{quick.url}/v1/chat/completions",
        json={"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "a" * 30_000 + "!"}]},
        headers=KEY,
        timeout=120,
    )
    assert answer.status_code == 200


@pytest.mark.parametrize("form", ["lines", "list"])
def test_the_simulator_starts_with_the_answers_of_a_file(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [{"pattern": "hours", "text": "From 9 to 5."}, {"pattern": "/^menu$/i", "json": ["soup"]}]
    text = json.dumps(answers) if form == "list" else "\n".join(map(json.dumps, answers)) + "\n\n"
    file = tmp_path / "answers.jsonl"
    file.write_text(text)
    monkeypatch.setenv("PROVIDERS_ANSWERS", str(file))
    running: Simulator = start_simulator(tmp_path, "http://127.0.0.1:9/v1")
    try:
        with Providers(running.url) as providers:
            assert ask(providers, "Your hours?") == "From 9 to 5."
            assert json.loads(ask(providers, "MENU")) == ["soup"]
            providers.answer("hours", "closed")
            assert ask(providers, "Your hours?") == "closed"
            assert providers.clear_answers() == 1
            providers.reset()
            assert providers.answers().from_file.to_list() == [True, True]
            assert ask(providers, "Your hours?") == "From 9 to 5."
    finally:
        assert running.stop() == 0


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"pattern": "a", "text": "b"}\n{"pattern": "c"}\n', "line 2: An answer needs one of text, json, tool_calls."),
        ('{"pattern": "a", "text": "b"}\nhello\n', "line 2: this is no JSON"),
        ('[{"pattern": "a", "text": "b"}, 5]', 'entry 2: An answer is a JSON object with a "pattern".'),
        (b"\xff\xfe", "The file is not text in UTF-8."),
        (None, "There is no such file."),
    ],
)  # fmt: skip
def test_a_bad_file_is_named_with_its_line(text: str | bytes | None, why: str, tmp_path: Path) -> None:
    file = tmp_path / "answers.jsonl"
    if text is not None:
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
    environment = {**os.environ, "PROVIDERS_PORT": "0", "PROVIDERS_ANSWERS": str(file)}
    started = subprocess.run(
        [node_program(), str(KIT / "stack" / "node" / "providers.mjs")],
        env=environment, capture_output=True, encoding="utf-8", timeout=60, check=False,
    )  # fmt: skip
    assert started.returncode == 1
    assert f"PROVIDERS_ANSWERS={file}: {why}" in started.stderr
