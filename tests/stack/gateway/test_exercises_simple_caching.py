"""The graders of lesson 03 on the real gateway: right solutions pass, wrong ones fail with words that help."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from gateway_kit.caching.cache import Cache
from gateway_kit.gateway import Gateway, connect
from gateway_kit.gateway.providers import Providers
from gateway_kit.lessons import check
from gateway_kit.lessons.solutions import solved_code
from tests.stack.gateway.check_outcomes import assert_fails, missing

pytestmark = pytest.mark.usefixtures("at_once")


@pytest.fixture
def lesson(gateway: Gateway, stack_env: dict[str, str]) -> Iterator[dict[str, Any]]:
    """The variables that a notebook has at the exercises."""
    with Cache(stack_env["REDIS_URL"]) as cache:
        gateway.cache = cache
        yield {"gateway": gateway, "cache": cache}
        for prefix in ("03-faq", "03-desk"):
            cache.delete_prefix(prefix)


@pytest.mark.parametrize("name", ["03.1", "03.2"])
def test_the_solutions_pass_and_pass_again(lesson: dict[str, Any], name: str) -> None:
    exec(solved_code(name), lesson)
    assert missing(name, lesson) == []
    exec(solved_code(name), lesson)
    assert missing(name, lesson) == []


KEEP = "cache.controls(namespace='03-faq', ttl_s=30)"
RIGHT_FAQS = {
    "casefold": "return gateway.ask(' '.join(question.casefold().split()), **KEEP)",
    "capitals": "return gateway.ask(' '.join(question.upper().split()), model='gpt-4o-mini', **KEEP)",
    "a regular expression": (
        "import re; return gateway.ask(re.sub(r'\\s+', ' ', question).strip().capitalize(), **KEEP)"
    ),
    "a system prompt": (
        "plain = ' '.join(question.lower().split()); "
        "return gateway.ask([{'role': 'system', 'content': 'Be brief.'}, {'role': 'user', 'content': plain}], **KEEP)"
    ),
    "LiteLLM's own words": (
        "return gateway.ask(' '.join(question.lower().split()), "
        "extra_body={'cache': {'namespace': '03-faq', 'ttl': 30}})"
    ),
}


@pytest.mark.parametrize("body", RIGHT_FAQS.values(), ids=RIGHT_FAQS)
def test_a_right_faq_passes(lesson: dict[str, Any], body: str) -> None:
    exec(f"def faq(question):\n    {body.replace('KEEP', KEEP)}", lesson)
    assert missing("03.1", lesson) == []


AGAIN, SPACES, CAPITALS = (
    f"asked again {how}, it is answered from the cache"
    for how in ("word for word", "with other spaces and line breaks", "in capitals")
)
OTHERS = "a question that differs in anything else gets its own answer"
ASKED = "the provider is asked the question itself"
PLACE, SECONDS = "the answers are kept in the namespace `03-faq`", "they are kept for 30 seconds"
PLAIN = "' '.join(question.lower().split())"
# How the question is changed, or a whole body; the criteria that fail; what the reader sees of the first of them.
WRONG_FAQS: dict[str, tuple[str, list[str], str]] = {
    "nothing changed": ("question", [SPACES, CAPITALS], "the provider was asked"),
    "small letters alone": ("question.lower()", [SPACES], "the provider was asked"),
    "spaces alone": ("' '.join(question.split())", [CAPITALS], "the provider was asked"),
    "one replacement": ("question.lower().replace('\\n', ' ').replace('  ', ' ').strip()", [SPACES], ""),
    "sorted words": (
        "' '.join(sorted(question.lower().split()))", [ASKED, OTHERS], "one with its words in another order)"
    ),
    "without spaces": ("''.join(question.lower().split())", [ASKED, OTHERS], "isacallof1.5usddearer"),
    "without digits": (
        "' '.join(''.join(c for c in question.lower() if not c.isdigit()).split())",
        [ASKED, OTHERS], "one with another number)",
    ),
    "without punctuation": (
        "' '.join(''.join(c for c in question.lower() if c.isalnum() or c.isspace()).split())",
        [ASKED, OTHERS], "for one with other punctuation)",
    ),
    "without short words": (
        "' '.join(w for w in question.lower().split() if len(w) > 3)", [ASKED, OTHERS], "one with one short word more)"
    ),
    "letters of ASCII alone": (
        "' '.join(question.lower().replace('à', 'a').split())", [OTHERS], "for one with another letter)"
    ),
    "only the beginning": ("' '.join(question.lower().split())[:4]", [ASKED, OTHERS], "one with another end)"),
    "always the same": ("'Always the same?'", [ASKED, OTHERS], "'Always the same?'"),
    "a digest": ("__import__('hashlib').sha256(' '.join(question.lower().split()).encode()).hexdigest()", [ASKED], ""),
    "another model": (f"{PLAIN}, 'phi3'", ["it asks `gpt-4o-mini`"], "phi3"),
    "no namespace": (
        f"return gateway.ask({PLAIN}, **cache.controls(ttl_s=30))", [PLACE, SECONDS], "no new entry in that namespace"
    ),
    "no time": (f"return gateway.ask({PLAIN}, **cache.controls(namespace='03-faq'))", [SECONDS], "60 s left"),
    "25 seconds": (
        f"return gateway.ask({PLAIN}, **cache.controls(namespace='03-faq', ttl_s=25))", [SECONDS], "s left"
    ),
    "never read": (
        f"return gateway.ask({PLAIN}, **cache.controls(namespace='03-faq', ttl_s=30, no_cache=True))",
        [AGAIN, SPACES, CAPITALS], "the provider was asked",
    ),
    "kept by itself": (
        f"kept = globals().setdefault('kept', {{}}); plain = {PLAIN}\n"
        "    if plain not in kept: kept[plain] = gateway.ask(plain, **KEEP)\n"
        "    return kept[plain]",
        [AGAIN, SPACES, CAPITALS], "the function kept the answer itself",
    ),
    "a text": (f"return gateway.ask({PLAIN}, **KEEP).text", ["`faq(question)` returns an answer"], "not an answer of"),
    "an error": ("return 1 / 0", ["`faq(question)` returns an answer"], "ZeroDivisionError: division by zero"),
}  # fmt: skip


@pytest.mark.parametrize(("body", "criteria", "words"), WRONG_FAQS.values(), ids=WRONG_FAQS)
def test_a_wrong_faq_fails_its_criteria(
    lesson: dict[str, Any], body: str, criteria: list[str], words: str
) -> None:
    if "return" not in body:
        body = f"return gateway.ask({body}, **KEEP)"
    exec(f"def faq(question):\n    {body.replace('KEEP', KEEP)}", lesson)
    assert_fails("03.1", lesson, criteria, words)


PLACES = """
times = {}
def place(customer):
    return f"03-desk-{customer}-{times.get(customer, 0)}"
def desk(question, customer):
    return gateway.ask(question, **cache.controls(namespace=place(customer)))
def forget(customer):
    cache.delete_namespace(place(customer))
    times[customer] = times.get(customer, 0) + 1
"""
RIGHT_DESKS = {
    "a random name": """
import uuid
rooms = {}
def room(customer):
    return rooms.setdefault(customer, f"03-desk-{uuid.uuid4().hex}")
def desk(question, customer):
    return gateway.ask(question, **cache.controls(namespace=room(customer)))
def forget(customer):
    cache.delete_namespace(room(customer))
    del rooms[customer]
""",
    "entries by their keys": """
times, kept = {}, {}
def desk(question, customer):
    user = f"{customer}-{times.get(customer, 0)}"
    answer = gateway.ask(question, user=user, **cache.controls(namespace="03-desk-all"))
    if answer.call.cache_key:
        kept.setdefault(customer, set()).add(answer.call.cache_key)
    return answer
def forget(customer):
    cache.delete(kept.pop(customer, set()))
    times[customer] = times.get(customer, 0) + 1
""",
    "every question anew, once": """
asked, anew = {}, set()
def desk(question, customer):
    asked.setdefault(customer, set()).add(question)
    first = (customer, question) in anew
    anew.discard((customer, question))
    return gateway.ask(question, **cache.controls(namespace=f"03-desk-{customer}", no_cache=first))
def forget(customer):
    cache.delete_namespace(f"03-desk-{customer}")
    anew.update((customer, question) for question in asked.get(customer, ()))
""",
    "the customer's number": """
numbers, forgotten = {}, 0
def desk(question, customer):
    number = numbers.setdefault(customer, len(numbers) + forgotten)
    return gateway.ask(question, "gpt-4o-mini", **cache.controls(namespace=f"03-desk-{id(numbers)}-{number}"))
def forget(customer):
    global forgotten
    cache.delete_namespace(f"03-desk-{id(numbers)}-{numbers.pop(customer)}")
    forgotten += 1
""",
}


@pytest.mark.parametrize("code", RIGHT_DESKS.values(), ids=RIGHT_DESKS)
def test_a_right_desk_passes(lesson: dict[str, Any], code: str) -> None:
    exec(code, lesson)
    assert missing("03.2", lesson) == []


HITS = "a customer who asks again is answered from the cache"
APART = "another customer with the same question gets their own answer"
NAMED = "the answers are in namespaces that begin with `03-desk-`"
FORGETS = "`forget(customer)` deletes the answers"
GONE = "after `forget(customer)`, none of that customer's answers is left in Redis"
ANEW = "the provider answers the forgotten customer again, at once"
STAY = "the other customers' answers are still kept"
KEPT_AGAIN = "the forgotten customer's new answer is kept again"
TWICE = "a customer can be forgotten again"
COUNT = "    times[customer] = times.get(customer, 0) + 1"
DELETE = "    cache.delete_namespace(place(customer))"
# The code, the criteria that fail, and what the reader sees of one of them.
WRONG_DESKS: dict[str, tuple[str, list[str], str]] = {
    "one place for all": (
        PLACES.replace("{customer}-{times.get(customer, 0)}", "all"), [APART, FORGETS], "another customer's answer"
    ),
    "no namespace": (
        "def desk(question, customer): return gateway.ask(question, user=customer)\ndef forget(customer): pass",
        [NAMED, FORGETS], "no namespace",
    ),
    "nothing kept": (
        PLACES.replace("namespace=place(customer)", "namespace=place(customer), no_store=True"),
        [HITS, NAMED, FORGETS], "the provider was asked",
    ),
    "nothing forgotten": (
        PLACES.replace(DELETE, "    pass").replace(COUNT, ""), [GONE, ANEW, TWICE], "2 of 2 entries"
    ),
    "Redis alone": (PLACES.replace(COUNT, ""), [ANEW, TWICE], "the worker still had in its memory"),
    "another place alone": (PLACES.replace(DELETE, ""), [GONE, TWICE], "2 of 2 entries"),
    "one of two entries": (
        PLACES.replace(DELETE, "    cache.delete([k for k in cache._keys() if place(customer) in k][:1])"),
        [GONE, TWICE], "1 of 2 entries",
    ),
    "everything": (PLACES.replace(DELETE, "    cache.delete_all()"), [STAY], "-anna'"),
    "the name's beginning": (
        PLACES.replace("cache.delete_namespace(place(customer))", "cache.delete_prefix(f'03-desk-{customer}')"),
        [STAY], "-anna' when",
    ),
    "the name anywhere": (
        PLACES.replace(DELETE, "    cache.delete([k for k in cache._keys() if f'{customer}-' in k])"),
        [STAY], "gone: that of 'jo-",
    ),
    "one count for all": (
        PLACES.replace("times.get(customer, 0)}", "len(times)}").replace(COUNT, "    times[len(times)] = 1"),
        [STAY], "when",
    ),
    "two places in turn": (PLACES.replace(COUNT, COUNT.replace("+ 1", "^ 1")), [TWICE], "time 2: an old answer"),
    "three places in turn": (
        PLACES.replace(COUNT, "    times[customer] = (times.get(customer, 0) + 1) % 3"), [TWICE], "time 3: an old",
    ),
    "forgotten once": (PLACES.replace(COUNT, "    times[customer] = 1"), [TWICE], "time 2: an old answer"),
    "never kept again": (
        PLACES.replace("namespace=place(customer)", "namespace=place(customer), no_cache=customer in times"),
        [KEPT_AGAIN, TWICE], "the provider was asked",
    ),
    "one question anew": (
        PLACES.replace("{customer}-{times.get(customer, 0)}", "{customer}").replace(
            "namespace=place(customer)", "namespace=place(customer), no_cache=bool(times.pop(customer, 0))"
        ),
        [ANEW], "the worker still had in its memory",
    ),
    "an error": (PLACES.replace(DELETE, "    1 / 0"), ["`forget(customer)` runs"], "ZeroDivisionError"),
    "no answers": ("desk, forget = print, print", ["`desk(question, customer)` returns an answer"], "None, not an"),
}  # fmt: skip


@pytest.mark.parametrize(("code", "criteria", "words"), WRONG_DESKS.values(), ids=WRONG_DESKS)
def test_a_wrong_desk_fails_its_criteria(
    lesson: dict[str, Any], code: str, criteria: list[str], words: str
) -> None:
    exec(code, lesson)
    assert_fails("03.2", lesson, criteria, words)


@pytest.mark.parametrize(("calls", "favourites", "none"), [(60, 39, 33), (300, 271, 270)])
def test_section_7_and_its_suggestion_show_what_the_text_says(
    providers: Providers, calls: int, favourites: int, none: int
) -> None:
    questions = providers.prompts()[:30]
    for weights, repeated in ((1 / np.arange(1, 31), favourites), (np.ones(30), none)):
        drawn = np.random.default_rng(3).choice(questions, calls, p=weights / weights.sum())
        assert calls - len(set(drawn)) == repeated


def test_without_functions_or_redis_the_grader_says_so(lesson: dict[str, Any]) -> None:
    assert missing("03.1", {"faq": print, "gateway": "redis"}) == ["`gateway` is set (Gateway)"]
    assert missing("03.2", {"desk": "text", **lesson}) == ["`desk` is a function", "`forget` is a function"]
    with connect() as gateway, Cache("redis://127.0.0.1:1/0") as nowhere:
        gateway.cache = nowhere
        assert "No Redis answers" in repr(check("03.1", {"gateway": gateway, "faq": print}))
