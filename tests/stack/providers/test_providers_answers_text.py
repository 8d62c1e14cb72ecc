"""Made-up answers: as long as asked for, in the prompt's language, marked as simulated, the same for the same call."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from answering import Answering
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

# The words at the beginning of each text, and a prompt that the bank does not know.
LANGUAGES = {
    "en": ("Simulated answer:", "Explain how photosynthesis works in plants"),
    "de": ("Simulierte Antwort:", "Erkläre mir bitte die Photosynthese"),
    "fr": ("Réponse simulée :", "Explique-moi comment fonctionne la photosynthèse"),
    "es": ("Respuesta simulada:", "Explícame qué es la fotosíntesis, por favor"),
    "pt": ("Resposta simulada:", "Explique o que é a fotossíntese, por favor"),
    "it": ("Risposta simulata:", "Spiegami che cos'è la fotosintesi"),
    "nl": ("Gesimuleerd antwoord:", "Leg me uit hoe fotosynthese werkt"),
    "ru": ("Имитация ответа:", "Объясни, что такое фотосинтез"),
    "ar": ("إجابة محاكاة:", "اشرح لي عملية التمثيل الضوئي"),
    "hi": ("नकली उत्तर:", "प्रकाश संश्लेषण क्या है?"),
    "ja": ("模擬回答:", "光合成とは何ですか。"),
    "zh": ("模拟回答:", "请解释一下光合作用"),
    "ko": ("모의 답변:", "광합성이 무엇인지 설명해 주세요"),
}
MARKS = tuple(mark for mark, _ in LANGUAGES.values())


def text(answering: Answering, prompt: str, **more: Any) -> str:
    answer = answering.answer(prompt, **more)
    assert answer["source"] == "made_up"
    said: str = answer["text"]
    return said


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_prompt_is_answered_in_its_language_and_marked(code: str, answering: Answering) -> None:
    mark, prompt = LANGUAGES[code]
    said = text(answering, prompt)
    assert said.startswith(mark)
    assert len(said) > len(mark) + 20


@pytest.mark.parametrize(
    ("prompt", "mark"),
    [
        ("Bonjour", "Réponse simulée : "),
        ("¡Hola!", "Respuesta simulada: "),
        ("https://a.com x", "Simulated answer: "),
    ],
)
def test_short_prompts_have_their_language_too(prompt: str, mark: str, answering: Answering) -> None:
    assert text(answering, prompt).startswith(mark)


@pytest.mark.parametrize(
    ("prompt", "subject"),
    [
        ("Explain photosynthesis in 50 words", "photosynthesis"),
        ("Write two paragraphs about the sea", "the sea"),
        ("Was ist Photosynthese?", "Photosynthese"),
        ("Qu'est-ce que la photosynthèse ?", "la photosynthèse"),
        ("¿Qué es la fotosíntesis?", "fotosíntesis"),
        ("光合成とは何ですか?", "光合成"),
        ("什么是光合作用?", "光合作用"),
        ("Explain gravity in French", "gravity"),
        ("😀", "😀"),
    ],
)
def test_the_subject_of_the_prompt_is_taken_up(prompt: str, subject: str, answering: Answering) -> None:
    said = text(answering, prompt)
    assert re.search(f"[“„«「] ?{re.escape(subject)} ?[”“»」]", said), said


def test_another_language_that_is_asked_for_is_used(answering: Answering) -> None:
    assert text(answering, "Explain gravity in French").startswith("Réponse simulée :")
    assert text(answering, "Erkläre die Schwerkraft auf Englisch").startswith("Simulated answer:")
    messages = [{"role": "system", "text": "Always answer in Spanish."}, {"role": "user", "text": "Gravity"}]
    assert text(answering, "", messages=messages).startswith("Respuesta simulada:")


@pytest.mark.parametrize("words", [20, 50, 100, 300])
@pytest.mark.parametrize(
    "prompt",
    [
        "Explain tides in {} words", "Erkläre die Gezeiten in {} Wörtern", "Explique les marées en {} mots",
        "Explica las mareas en {} palabras", "Explique as marés em {} palavras", "Spiega le maree in {} parole",
        "Leg getijden uit in {} woorden", "Объясни приливы в {} словах",
    ],
)  # fmt: skip
def test_so_many_words_as_were_asked_for(prompt: str, words: int, answering: Answering) -> None:
    said = text(answering, prompt.format(words))
    assert abs(len(said.split()) - words) <= max(5, words * 0.05), said


def test_at_least_and_at_most(answering: Answering) -> None:
    for number in (30, 100, 400):
        assert len(text(answering, f"Write at least {number} words about rivers").split()) >= number
        assert len(text(answering, f"Write no more than {number} words about rivers").split()) <= number
    assert len(text(answering, "Describe rivers in under 100 characters")) <= 100
    assert len(text(answering, "用50字以内描述河流")) <= 60


def sentences(said: str) -> int:
    return len(re.findall(r"[.!?。]+(?=\s|$|[^\s\d])", said))


@pytest.mark.parametrize(
    ("prompt", "count"),
    [
        ("Explain tides in two or three sentences", 3),
        ("Explain tides in one sentence.", 1), ("Explain tides in three sentences", 3),
        ("Erkläre die Gezeiten in zwei Sätzen", 2), ("Explique les marées en deux phrases", 2),
        ("用三句话解释潮汐", 3), ("潮の満ち引きを二つの文で説明してください", 2), ("Explain tides briefly", 2),
    ],
)  # fmt: skip
def test_so_many_sentences_as_were_asked_for(prompt: str, count: int, answering: Answering) -> None:
    assert sentences(text(answering, prompt)) == count


@pytest.mark.parametrize(
    ("prompt", "count"),
    [
        ("Give me three bullet points about trees", 3), ("List 5 animals", 5), ("Nenne mir vier Bäume", 4),
        ("Name three colours, please.", 3),
    ],
)  # fmt: skip
def test_so_many_points_as_were_asked_for(prompt: str, count: int, answering: Answering) -> None:
    lines = text(answering, prompt).splitlines()
    assert len(lines) == count + 1
    assert all(re.match(r"- |\d+\. ", line) for line in lines[1:])


def test_paragraphs_a_long_story_and_one_word(answering: Answering) -> None:
    assert len(text(answering, "Write two paragraphs about the sea").split("\n\n")) == 2
    assert len(text(answering, "Write a long story about a dragon").split()) > 300
    assert 15 < len(text(answering, "What do dragons eat?").split()) < 120
    assert text(answering, "Answer in one word: what colour is grass?") == "Simulated."
    assert text(answering, "Is grass green? Answer yes or no.") == "Simulated answer: yes."


def test_a_limit_of_tokens_is_no_wish(answering: Answering) -> None:
    prompt = "What do dragons eat?"
    assert text(answering, prompt, maxTokens=4000) == text(answering, prompt)


def test_models_seeds_choices_and_turns_differ_and_the_same_call_repeats(answering: Answering) -> None:
    prompt = "What do dragons eat?"
    first = text(answering, prompt)
    assert text(answering, prompt) == first
    others = [text(answering, prompt, model=model) for model in ("gpt-4o", "claude-haiku-4-5", "phi3")]
    others += [text(answering, prompt, seed=seed) for seed in (1, 2)]
    others += [text(answering, prompt, index=index) for index in (1, 2)]
    again = [
        {"role": "user", "text": prompt},
        {"role": "assistant", "text": first},
        {"role": "user", "text": prompt},
    ]
    others.append(text(answering, "", messages=again))
    assert len({first, *others}) == len(others) + 1


def test_code_is_a_block_that_says_it_is_simulated(answering: Answering) -> None:
    said = text(answering, "Write a Python function that reverses a list")
    assert said.startswith("Simulated answer:")
    assert said.endswith("```python\n# Simulated answer\n```")


def test_thinking_has_marked_reasoning_and_only_then(answering: Answering) -> None:
    answer = answering.answer("What do dragons eat?", thinking={})
    assert answer["reasoning"].startswith("Simulated reasoning:")
    assert sentences(answer["reasoning"]) >= 2
    assert answering.answer("What do dragons eat?")["reasoning"] == ""
    german = answering.answer("Was ist Photosynthese?", thinking={"budget": 1024})
    assert german["reasoning"].startswith("Simulierte Überlegung:")


def test_json_of_any_form_names_the_keys_that_were_asked_for(answering: Answering) -> None:
    said = answering.answer(
        "Extract as JSON with the keys name and age: Ada is 34 years old.", format={"kind": "json_object"}
    )

    assert json.loads(said["text"]) == {"name": "Ada", "age": 34}
    prompt = 'Return a JSON object with a field called "status" set to ok'
    assert json.loads(answering.answer(prompt, format={"kind": "json_object"})["text"]) == {"status": "ok"}
    other = answering.answer("Why is the sky blue?", format={"kind": "json_object"})
    assert json.loads(other["text"])["answer"].startswith("Simulated answer:")


@settings(max_examples=200, derandomize=True, suppress_health_check=list(HealthCheck))
@given(prompt=st.text(st.characters(codec=None), max_size=200))
def test_any_text_is_answered(prompt: str, answering: Answering) -> None:
    answer = answering.answer(prompt, thinking={})
    assert answer["text"]
    assert answer["text"].encode("utf-8"), "no half characters"


@pytest.mark.parametrize(
    "piece", ["word ", "a", " ", "\n", "1 ", "in ", '"', "天", "A ", "( ", "\u202e", "\ud83d", "[", "- "]
)
def test_a_megabyte_is_answered_at_once(piece: str, answering: Answering) -> None:
    prompt = piece * (1_000_000 // len(piece))
    schema = {"type": "object", "properties": {"name": {"type": "string"}, "count": {"type": "integer"}}}
    tool = {"name": "get_weather", "parameters": {"type": "object", "properties": {"city": {}}}}
    for more in ({}, {"format": {"kind": "json_schema", "schema": schema}}, {"tools": [tool]}):
        messages = [{"role": "user", "text": prompt}]
        done = answering.run({"call": {"messages": messages, **more}})
        assert done["answer"]["text"]
        # The time that Node took; far more would mean that a pattern runs away.
        assert done["micros"] < 2_000_000


def test_a_schema_that_litellm_adds_to_the_prompt_is_followed(answering: Answering) -> None:
    schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    prompt = f"What is the capital of France?\n\nUse this JSON schema: \n```json \n{json.dumps(schema)}\n```"
    for form in (None, {"kind": "json_object"}):
        answer = answering.answer(prompt, **({} if form is None else {"format": form}))
        assert json.loads(answer["text"]) == {"city": "Paris"}


@pytest.mark.parametrize("role", ["system", "assistant"])
def test_a_conversation_without_a_user_is_answered(role: str, answering: Answering) -> None:
    assert "frogs" in text(answering, "", messages=[{"role": role, "text": "Write about frogs"}])
