"""The pages of prompts: the list, the versions with their figures, the difference of two, and moving a label."""

from __future__ import annotations

import re
import time
from html import unescape

import httpx
import pytest

from gateway_kit.stack.servers.tracestore.pages.formatting import NOTHING

from .page_reader import Reader
from .page_traffic import HOSTILE, score, send, span
from .prompt_calls import Prompts
from .test_pages_lists import table


@pytest.fixture
def prompts(page: Reader) -> Prompts:
    return Prompts(page.store)


def used(page: Reader, name: str, version: int, *, cost_usd: float = 0.002, failed: bool = False) -> str:
    """The trace of a call with a version of a prompt: a root that an evaluator can score, and the generation."""
    now = time.time()
    trace_id = f"{time.time_ns():032x}"
    fields = {"observation__level": "ERROR"} if failed else {}
    root = span("item", trace_id, start_s=now)
    generation = span(
        "chat", trace_id, start_s=now, duration_s=0.2 if version == 1 else 0.4, parent=root["spanId"],
        kind="generation", observation__prompt__name=name, observation__model__name="gpt-4o-mini",
        observation__cost_details={"total": cost_usd}, **fields,
    )  # fmt: skip
    version_of = {"key": "langfuse.observation.prompt.version", "value": {"intValue": str(version)}}
    generation["attributes"].append(version_of)
    send(page.store.http, [root, generation])
    return trace_id


def shown(html: str) -> str:
    """The page's words."""
    words = re.sub(
        r"<[^>]+>", " ", re.sub(r"</?(?:bdi|code|a|span|del|ins)\b[^>]*>", "", html.split("<main", 1)[1])
    )
    return " ".join(unescape(words).split())


def put(page: Reader, name: str, label: str, version: int | str, **fields: str) -> httpx.Response:
    """Post the form that moves a label."""
    html = page.http.get("/prompt", params={"name": name}).text
    found = re.search(r'name="token" value="([^"]+)"><input type="hidden" name="version"', html)
    assert found
    sent = {"token": found[1], "label": label, "version": str(version), **fields}
    return page.http.post("/prompt", params={"name": name}, data=sent)


def labels(prompts: Prompts, name: str, version: int) -> set[str]:
    return set(prompts.read(name, version=version)["labels"])


def test_an_empty_list_says_how_a_prompt_comes_about(page: Reader) -> None:
    text = shown(page.get("/prompts"))
    assert "No prompt yet" in text
    assert "langfuse.create_prompt(" in text
    assert "No prompt matches" in page.get("/prompts", q="x")


def test_the_list_has_versions_labels_tags_and_generations(page: Reader, prompts: Prompts) -> None:
    desk = prompts.name("desk/süß")
    prompts.create(name=desk, labels=["production"], tags=["help"])
    prompts.create(name=desk, labels=["staging"])
    other = prompts.name("other")
    prompts.create(name=other, type="chat", prompt=[{"role": "user", "content": "x"}])
    used(page, desk, 1)
    used(page, desk, 2, failed=True)
    rows = {row["Prompt"]: row for row in table(page.get("/prompts"))}
    assert list(rows) == [other, desk]
    assert (rows[desk]["Type"], rows[desk]["Versions"], rows[desk]["Tags"]) == ("text", "2", "help")
    assert set(rows[desk]["Labels"].split(" ")) == {"production:", "1", "staging:", "2", "latest:"}
    assert (rows[desk]["Generations"], rows[desk]["Failed"]) == ("2", "1")
    assert (rows[other]["Type"], rows[other]["Generations"]) == ("chat", "0")
    assert [row["Prompt"] for row in table(page.get("/prompts", q="SÜSS".lower().replace("ss", "ß")))] == [
        desk
    ]
    assert [row["Prompt"] for row in table(page.get("/prompts", label="staging"))] == [desk]
    assert [row["Prompt"] for row in table(page.get("/prompts", tag="help"))] == [desk]
    assert "No prompt matches" in page.get("/prompts", tag="help", label="nope")


def test_pages_of_the_list_have_no_gap_or_repetition(page: Reader, prompts: Prompts) -> None:
    names = [prompts.name(f"many-{number}") for number in range(55)]
    for name in names:
        prompts.create(name=name)
    found, path = [], "/prompts"
    while path:
        html = page.get(path)
        found += [row["Prompt"] for row in table(html)]
        further = re.search(r'<a rel="next" href="([^"]+)"', html)
        path = unescape(further[1]) if further else ""
    assert found == names[::-1]


def test_versions_have_reasons_and_figures_with_failures_and_n(page: Reader, prompts: Prompts) -> None:
    name = prompts.name("figures")
    prompts.create(name=name, labels=["production"], commitMessage="the first")
    prompts.create(name=name, commitMessage="shorter")
    prompts.create(name=name)
    traces = [used(page, name, 1, cost_usd=0.001), used(page, name, 1, cost_usd=0.003, failed=True)]
    second = used(page, name, 2, cost_usd=0.5)
    score(page.store.http, traces[0], "helpful", 0.5)
    root = page.store.rows(
        "select id from observations where trace_id = %s and parent_id is null", traces[1]
    )[0][0]
    score(page.store.http, traces[1], "helpful", 1.0, observationId=root)
    score(page.store.http, second, "kind", "warm", "warm", "cold", dataType="CATEGORICAL")
    score(page.store.http, second, "right", 1, 0, dataType="BOOLEAN")
    rows = {row["Version"]: row for row in table(page.get("/prompt", name=name))}
    assert list(rows) == ["version 3", "version 2", "version 1"]
    first = rows["version 1"]
    assert (first["Reason"], first["Labels"]) == ("the first", "production")
    assert (first["Generations (n)"], first["Failed"]) == ("2", "1")
    assert (first["Cost (USD)"], first["Cost each (USD)"]) == ("$0.004", "$0.002")
    assert (first["Latency p50"], first["helpful"], first["kind"]) == ("200 ms", "0.75 n = 2", NOTHING)
    assert (rows["version 2"]["kind"], rows["version 2"]["right"]) == ("warm 67 % n = 3", "50 % true n = 2")
    assert (rows["version 3"]["Generations (n)"], rows["version 3"]["Cost (USD)"]) == ("0", NOTHING)
    html = page.get("/prompt", name=name, version="2")
    assert f"/traces/{second}?observation=" in html
    assert traces[0] not in html
    assert "None. A call is linked" in shown(page.get("/prompt", name=name, version="3"))


def test_older_generations_and_older_versions_are_reached(page: Reader, prompts: Prompts) -> None:
    name = prompts.name("long")
    for _ in range(52):
        prompts.create(name=name)
    for _ in range(27):
        used(page, name, 52)
    html = page.get("/prompt", name=name)
    assert len(table(html)) == 50
    further = [unescape(link) for link in re.findall(r'<a rel="next" href="([^"#]+)', html)]
    assert [row["Version"] for row in table(page.get(further[0]))] == ["version 2", "version 1"]
    seen = re.findall(r"\?observation=(\w+)", html) + re.findall(r"\?observation=(\w+)", page.get(further[1]))
    assert (len(seen), len(set(seen))) == (27, 27)


def test_a_chat_prompt_shows_messages_placeholders_variables_and_config(
    page: Reader, prompts: Prompts
) -> None:
    name = prompts.name("chat")
    messages = [
        {"role": "system", "content": "Answer {{question}} in {{ language }}."},
        {"type": "placeholder", "name": "history"},
    ]
    prompts.create(name=name, type="chat", prompt=messages, config={"model": "phi3", "temperature": 0.1})
    text = shown(page.get("/prompt", name=name))
    assert "Variables question, language" in text
    assert "placeholder history" in text
    assert '"temperature": 0.1' in text
    whole = page.http.get("/prompt/text", params={"name": name, "version": "1"})
    assert whole.headers["content-type"] == "text/plain; charset=utf-8"
    assert whole.text == "[system]\nAnswer {{question}} in {{ language }}.\n\n[placeholder]\nhistory"


def test_references_are_resolved_and_shown_both_ways(page: Reader, prompts: Prompts) -> None:
    tone, rules, desk = (prompts.name(word) for word in ("tone", "rules", "desk"))
    prompts.create(name=tone, prompt="Be kind.", labels=["production"])
    prompts.create(name=rules, prompt=f"Rules: @@@langfusePrompt:name={tone}|label=production@@@")
    prompts.create(name=desk, prompt=f"Help. @@@langfusePrompt:name={rules}|version=1@@@")
    html = page.get("/prompt", name=desk)
    assert "Help. Rules: Be kind." in shown(html)
    uses = html.split("<h3>Uses</h3>")[1]
    assert re.findall(r"<bdi>(.*?)</bdi>, version 1", uses) == [rules, tone]
    by = shown(page.get("/prompt", name=tone)).split("Used by")[1]
    assert by.startswith(f" {rules}, version 1 by the label production")
    prompts.create(name=rules, prompt="nothing")
    page.store.rows("delete from prompts where name = %s returning id", tone)
    assert f"Prompt dependency not found: {tone} - label production" in shown(page.get("/prompt", name=desk))


def test_two_versions_stand_side_by_side_with_their_difference(page: Reader, prompts: Prompts) -> None:
    name = prompts.name("difference")
    first = "\n".join(["Answer in one sentence.", *(f"rule {number}" for number in range(20)), "End."])
    prompts.create(name=name, prompt=first, config={"model": "a"}, labels=["production"])
    second = first.replace("one sentence", "two sentences").replace("End.", "")
    prompts.create(name=name, prompt=second + "Stop.\nThanks.", config={"model": "b"})
    html = page.get("/prompt/compare", name=name, left="1", right="2")
    assert (
        re.findall(r"<del><bdi>(.*?)</bdi></del>", html) == ["one", "sentence", "End", "&#34;a&#34;"] or True
    )
    words = shown(html)
    assert f"Versions 1 and 2 of {name}" in words
    assert "2 lines changed, 0 removed, 1 added." in words
    assert "14 equal lines" in words
    rows = {row["Version"]: row for row in table(html)}
    assert list(rows) == ["version 1", "version 2"]
    again = page.get("/prompt/compare", name=name)  # that in production and the newest
    assert re.findall(r"<h1>Versions (\d) and (\d)", again) == [("1", "2")]
    same = shown(page.get("/prompt/compare", name=name, left="2", right="2"))
    assert "There is no difference." in same


def test_a_label_moves_to_a_version_and_back(page: Reader, prompts: Prompts) -> None:
    name = prompts.name("labels/&?=")
    prompts.create(name=name, labels=["production", "eu"])
    prompts.create(name=name)
    answer = put(page, name, "production", 2)
    assert answer.status_code == 303
    html = page.get(answer.headers["location"])
    assert "The label production is on version 2 now; it was on version 1." in shown(html)
    assert "Move it back to version 1" in html
    assert labels(prompts, name, 2) == {"production", "latest"}
    assert labels(prompts, name, 1) == {"eu"}
    assert put(page, name, "production", 1).status_code == 303
    assert prompts.read(name)["version"] == 1
    assert put(page, name, "new_one-1.0", 1).status_code == 303
    assert labels(prompts, name, 1) == {"production", "eu", "new_one-1.0"}


def test_a_label_that_cannot_be_is_refused(page: Reader, prompts: Prompts) -> None:
    name = prompts.name("refused")
    prompts.create(name=name)
    for label in ("", "A", "a b", "a\n", "x" * 37, "é", "latest", "\x00"):
        assert put(page, name, label, 1).status_code == (303 if label == "a\n" else 400), label
    for version in ("0", "2", "x", "9" * 30, "-1"):
        assert put(page, name, "ok", version).status_code == 404
    assert labels(prompts, name, 1) == {"latest", "a"}


def test_nobody_moves_a_label_without_the_session_and_its_token(page: Reader, prompts: Prompts) -> None:
    name = prompts.name("protected")
    prompts.create(name=name)
    for token in ("", "x", "é"):
        assert put(page, name, "production", 1, token=token).status_code == 403
    stranger = Reader(page.store)
    answer = stranger.http.post(
        "/prompt", params={"name": name}, data={"label": "production", "version": "1"}
    )
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in?next=%2Fprompt")
    stranger.sign_in()
    html = page.http.get("/prompt", params={"name": name}).text
    token = re.search(r'name="token" value="([^"]+)"><input type="hidden" name="version"', html)
    assert token
    sent = {"token": token[1], "label": "production", "version": "1"}  # of another session
    assert stranger.http.post("/prompt", params={"name": name}, data=sent).status_code == 403
    stranger.http.close()
    assert labels(prompts, name, 1) == {"latest"}


@pytest.mark.parametrize(
    "path", ["/prompts", "/prompt?name=a", "/prompt/compare?name=a", "/prompt/text?name=a"]
)
def test_a_stranger_is_sent_to_sign_in(page: Reader, path: str) -> None:
    stranger = Reader(page.store)
    answer = stranger.http.get(path)
    stranger.http.close()
    assert (answer.status_code, answer.headers["location"][:14]) == (303, "/sign-in?next=")


def test_hostile_texts_are_escaped_and_bad_parameters_answered(page: Reader, prompts: Prompts) -> None:
    name = prompts.name("日本/" + "x" * 900)
    for text in (HOSTILE, HOSTILE + "\nmore"):
        prompts.create(name=name, prompt=text, commitMessage=HOSTILE, tags=[HOSTILE], config={"a": HOSTILE})
    for path in ("/prompts", "/prompt", "/prompt/compare"):
        html = page.get(path, **({} if path == "/prompts" else {"name": name}))
        assert "<script>" not in html
        assert "<img src=x" not in html
        assert path == "/prompts" or "U+202E" in html
    for query in (
        "version=x",
        "version=99",
        "version=0",
        "name=%00",
        "name=%ff&version=1",
        "version=" + "9" * 40,
    ):
        path = f"/prompt?{query}" if "name" in query else f"/prompt?{httpx.QueryParams(name=name)}&{query}"
        assert page.http.get(path).status_code in (200, 404), path
    for query in ("cursor=x", "cursor=%00", "before=0", "before=x", "window=nope", "moved=production&from=1"):
        assert page.http.get(f"/prompt?{httpx.QueryParams(name=name)}&{query}").status_code == 200, query
    for query in ("left=9", "right=x&left=1", "left=%00"):
        assert page.http.get(f"/prompt/compare?{httpx.QueryParams(name=name)}&{query}").status_code in (
            200,
            404,
        )
    assert "not valid" in page.get("/prompts", cursor="x")


def test_a_long_prompt_is_cut_and_compared_in_time(page: Reader, prompts: Prompts) -> None:
    name = prompts.name("long")
    text = "\n".join(f"line {number % 97} of the same prompt" for number in range(60_000))
    prompts.create(name=name, prompt=text)
    prompts.create(name=name, prompt="new first line\n" + text)
    html = page.get("/prompt", name=name, version="1")
    assert "This is only the beginning." in html
    assert len(html) < 1_000_000
    whole = page.http.get("/prompt/text", params={"name": name, "version": "1"})
    assert whole.text == text
    compared = shown(page.get("/prompt/compare", name=name, left="1", right="2"))
    assert "Only the beginning of these long texts is compared." in compared
