"""Solutions of the exercises of lesson 04 as learners write them: right ones, and wrong ones with what the grader says.

The code is executed after `UNITS` and imports below, with the notebook's `lab` and `study`.
"""

from __future__ import annotations

from collections.abc import Mapping

BEFORE = """
import hashlib, re
import numpy as np
UNITS = {"kilometres", "miles", "yards", "feet", "litres", "gallons", "grams", "ounces", "celsius", "fahrenheit"}
UNITS |= {"usd", "chf", "euros", "francs", "yen", "rupees"}
def units_in(question): return [word for word in re.findall("[a-z]+", question.lower()) if word in UNITS]
def digest(*texts): return hashlib.sha256(" ".join(texts).encode()).hexdigest()[:16]
def messages(role, question):
    return [{"role": "system", "content": role}, {"role": "user", "content": question}]
LEAST = 'table.loc[table["cost_usd"].idxmin(), "threshold"]'
def least(study, wrong_usd, call_usd):
    table = study.thresholds(wrong_usd=wrong_usd, call_usd=call_usd)
    return table.loc[table["cost_usd"].idxmin(), "threshold"]
"""

# Exercise → name → code.
RIGHT: Mapping[str, Mapping[str, str]] = {
    "04.1": {
        "the cheapest row": "choose = least",
        "as a float": "def choose(study, wrong_usd, call_usd): return float(least(study, wrong_usd, call_usd))",
        "a finer grid": """
def choose(study, wrong_usd, call_usd):
    table = study.thresholds(np.linspace(0.5, 1, 501), wrong_usd=wrong_usd, call_usd=call_usd)
    return table.sort_values("cost_usd").iloc[0]["threshold"]""",
        "by hand": """
def choose(study, wrong_usd, call_usd):
    pairs = study.pairs
    weight = pairs["weight"] if "weight" in pairs else 1 + 0 * pairs["similarity"]
    def cost(threshold):
        hit = study.hits_at(threshold)
        return (weight[~hit].sum() * call_usd + weight[hit & ~pairs["same"]].sum() * wrong_usd)
    return min([step / 100 for step in range(50, 101)], key=cost)""",
        "its copy of the pairs is its own": """
def choose(study, wrong_usd, call_usd):
    pairs = study.pairs
    pairs["same"] = False
    return least(study, wrong_usd, call_usd)""",
    },
    "04.2": {
        "units in their order": 'def my_guard(q): return "-".join([lab.cache.guard(q), *units_in(q)])',
        "a digest of all": "def my_guard(q): return digest(lab.cache.guard(q), *units_in(q))",
        "units with their place": """
def my_guard(q):
    return "_".join([lab.cache.guard(q), *(f"{place}.{unit}" for place, unit in enumerate(units_in(q)))])""",
        "guard and function of its own": """
def key(q):
    numbers = re.findall(r"\\d+", q)
    return [*numbers, *units_in(q), "not" if re.search(r"\\bnot\\b|n't", q.lower()) else "yes"]
def my_guard(q): return digest(*key(q))""",
    },
    "04.3": {
        "a digest, and long roles not kept": """
def ask_as(role, question):
    if len(role.split()) > 50:
        return lab.ask(messages(role, question), **lab.cache.controls(no_cache=True, no_store=True))
    return lab.ask(messages(role, question), **lab.cache.controls(namespace=digest(role)))""",
        "long roles by question too": """
def ask_as(role, question):
    long = len(role.split()) > 50
    namespace = digest(role, question) if long else digest(role)
    return lab.ask(messages(role, question), **lab.cache.controls(namespace=namespace))""",
        "user instead of namespace": """
def ask_as(role, question):
    long = lab.cache.controls(no_cache=True) if len(role) > 300 else {}
    return lab.ask(messages(role, question), user=digest(role), **long)""",
        "hexadecimal letters of the role": """
def ask_as(role, question):
    if len(role) > 45:
        return lab.ask(messages(role, question), **lab.cache.controls(no_cache=True, no_store=True))
    return lab.ask(messages(role, question), **lab.cache.controls(namespace=role.encode().hex()))""",
    },
}

GIVES = "`choose(study, wrong_usd, call_usd)` returns a threshold"
DEAR_WRONG = "its choice is the cheapest if a wrong answer is expensive"
DEAR_CALL = "its choice is the cheapest if the provider is expensive too"
WEIGHT = "its choice is the cheapest if near misses are rare (`weight`)"
CLOSEST = "its choice is the cheapest if near misses are the closest pairs"
HARM = "nothing hits if hits only do harm"

NAMESPACE = "`my_guard(question)` returns a namespace, the same each time"
EXCHANGED = "it separates other units and currencies"
SEVERAL = "it separates questions if only one of several units differs"
SWAPPED = "it separates the same two in another order"
COUNTED = "it still separates other numbers and negations"
THROUGH = "it lets the same question in other words through"

RETURNS = "`ask_as(role, question)` returns an answer"
ONCE = "it asks the gateway once"
KEPT = "the request has role and question, and its answer is kept"
SAME = "the same role, asked in other words, gets the kept answer"
OTHER = "another role with the same question does not"
REACHES = "a role of 480 words reaches the model"
COVERED = "under it, another question does not get the kept answer"

# Exercise → name → (code, the criterion that fails first, words of what the learner sees).
WRONG: Mapping[str, Mapping[str, tuple[str, str, str]]] = {
    "04.1": {
        "as it was": ("def choose(study, wrong_usd, call_usd): return 0.9", DEAR_CALL, "0.90 costs 1667 USD"),
        "as text": ('def choose(*given): return "0.9"', GIVES, "'0.9', which is not a number"),
        "the right one as text": ("def choose(*given): return str(least(*given))", GIVES, "not a number"),
        "the row": (
            "def choose(study, wrong_usd, call_usd): return study.thresholds().iloc[0]",
            GIVES,
            "not a number",
        ),
        "nothing": ("def choose(study, wrong_usd, call_usd): least(study, wrong_usd, call_usd)", GIVES, "None"),
        "in percent": ("def choose(*given): return 100 * least(*given)", GIVES, "which is not a similarity"),
        "no number": ('def choose(*given): return float("nan")', GIVES, "nan, which is not a similarity"),
        "a truth": ("def choose(*given): return True", GIVES, "True, which is not a similarity"),
        "other arguments": ("def choose(study): return 0.9", GIVES, "TypeError"),
        "no cache": ("def choose(*given): return 1.0", DEAR_WRONG, "1.00 costs"),
        "wrong answers are free": (
            "def choose(study, wrong_usd, call_usd): return least(study, 0.0, call_usd)",
            DEAR_WRONG,
            "0.50 costs",
        ),
        "calls are free": (
            "def choose(study, wrong_usd, call_usd): return least(study, wrong_usd, 0.0)",
            DEAR_CALL,
            "the cheapest 833 USD",
        ),
        "prices swapped": (
            "def choose(study, wrong_usd, call_usd): return least(study, call_usd, wrong_usd)",
            DEAR_WRONG,
            "USD per 1,000 questions",
        ),
        "weights ignored": (
            'def choose(study, *usd): return least(type(study)(study.pairs.drop(columns="weight")), *usd)',
            WEIGHT,
            "the cheapest 26 USD",
        ),
        "the best precision": (
            'def choose(study, *usd): return study.thresholds().set_index("threshold")["precision"].idxmax()',
            DEAR_CALL,
            "costs",
        ),
        "the best recall": (
            'def choose(study, *usd): return study.thresholds().set_index("threshold")["recall"].idxmax()',
            DEAR_WRONG,
            "0.50 costs",
        ),
    },
    "04.2": {
        "as it was": ("def my_guard(q): return lab.cache.guard(q)", EXCHANGED, "litres too small"),
        "the first unit only": (
            'def my_guard(q): return "-".join([lab.cache.guard(q), *units_in(q)[:1]])',
            SEVERAL,
            "miles to kilometres",
        ),
        "the last unit only": (
            'def my_guard(q): return "-".join([lab.cache.guard(q), *units_in(q)[-1:]])',
            SEVERAL,
            "yen in francs",
        ),
        "first and last": (
            'def my_guard(q): return "-".join([lab.cache.guard(q), *units_in(q)[:1], *units_in(q)[-1:]])',
            SEVERAL,
            "euros and in yen",
        ),
        "Python's hash": (
            "def my_guard(q): return f'{lab.cache.guard(q)}-{hash(tuple(units_in(q)))}'",
            NAMESPACE,
            "in another process",
        ),
        "Python's hash in a function": (
            "def short(q): return abs(hash(' '.join(units_in(q))))\n"
            "def my_guard(q): return f'{lab.cache.guard(q)}-{short(q)}'",
            NAMESPACE,
            "`hashlib` is always the same",
        ),
        "a set": (
            'def my_guard(q): return "-".join([lab.cache.guard(q), *sorted(set(units_in(q)))])',
            SWAPPED,
            "kilometres to miles",
        ),
        "in the order of the list": (
            'def my_guard(q): return "-".join([lab.cache.guard(q), *(u for u in sorted(UNITS) if u in q.lower())])',
            SWAPPED,
            "kilometres to miles",
        ),
        "units alone": ('def my_guard(q): return "-".join(["units", *units_in(q)])', COUNTED, "miles to kilometres"),
        "one unit forgotten": (
            'def my_guard(q): return "-".join([lab.cache.guard(q), *(u for u in units_in(q) if u != "rupees")])',
            SWAPPED,
            "yen into rupees",
        ),
        "in small letters only": (
            'def my_guard(q): return "-".join([lab.cache.guard(q), *(u for u in q.split() if u in UNITS)])',
            EXCHANGED,
            "grams, is that a lot?",
        ),
        "every question for itself": ("def my_guard(q): return digest(q)", THROUGH, "are separated, such as"),
        "one for all": ('def my_guard(q): return "one"', EXCHANGED, "litres too small"),
        "spaces": (
            'def my_guard(q): return " ".join([lab.cache.guard(q), *units_in(q)])',
            NAMESPACE,
            "letters, digits",
        ),
        "a tuple": ("def my_guard(q): return tuple(units_in(q))", NAMESPACE, "namespace="),
        "too long": ('def my_guard(q): return "u" * 101', NAMESPACE, "1 to 100"),
        "nothing": ("def my_guard(q): lab.cache.guard(q)", NAMESPACE, "namespace="),
        "other each time": (
            "import uuid\ndef my_guard(q): return uuid.uuid4().hex",
            NAMESPACE,
            "for the same question",
        ),
        "an error": ("def my_guard(q): return q.split()[1]", NAMESPACE, "IndexError"),
    },
    "04.3": {
        "as it was": ("def ask_as(role, question): return lab.ask(messages(role, question))", OTHER, "a hit at"),
        "one namespace for all": (
            "def ask_as(role, question):\n"
            "    return lab.ask(messages(role, question), **lab.cache.controls(namespace='roles'))",
            OTHER,
            "a hit at",
        ),
        "long roles too": (
            "def ask_as(role, question):\n"
            "    return lab.ask(messages(role, question), **lab.cache.controls(namespace=digest(role)))",
            COVERED,
            "a hit at 1.00",
        ),
        "Python's hash": (
            "def ask_as(role, question):\n"
            "    return lab.ask(messages(role, question), **lab.cache.controls(namespace=str(hash(role))))",
            SAME,
            "a miss if another process asks",
        ),
        "no cache": (
            "def ask_as(role, question):\n"
            "    return lab.ask(messages(role, question), **lab.cache.controls(no_cache=True))",
            SAME,
            "a miss",
        ),
        "nothing is kept": (
            "def ask_as(role, question):\n"
            "    return lab.ask(messages(role, question), **lab.cache.controls(no_cache=True, no_store=True))",
            KEPT,
            "no answer was kept",
        ),
        "by question too": (
            "def ask_as(role, question):\n"
            "    namespace = digest(role, question)\n"
            "    return lab.ask(messages(role, question), **lab.cache.controls(namespace=namespace))",
            SAME,
            "a miss",
        ),
        "a short role": (
            "def ask_as(role, question):\n"
            "    return lab.ask(messages(role[:100], question), **lab.cache.controls(namespace=digest(role)))",
            REACHES,
            "tokens of prompt",
        ),
        "no role": (
            "def ask_as(role, question):\n"
            "    return lab.ask(question, **lab.cache.controls(namespace=digest(role)))",
            KEPT,
            "no answer was kept",
        ),
        "no question": (
            "def ask_as(role, question):\n"
            "    if len(role.split()) > 50:\n"
            "        return lab.ask(role, **lab.cache.controls(no_cache=True))\n"
            "    return lab.ask(role, **lab.cache.controls(namespace=digest(role)))",
            KEPT,
            "kept for 'You are a pirate",
        ),
        "asks twice": (
            "def ask_as(role, question):\n"
            "    lab.ask(messages(role, question), **lab.cache.controls(no_cache=True, no_store=True))\n"
            "    return lab.ask(messages(role, question), **lab.cache.controls(namespace=digest(role)))",
            ONCE,
            "2 calls for 1 visit",
        ),
        "the text alone": (
            "def ask_as(role, question): return lab.ask(messages(role, question)).text",
            RETURNS,
            "not an answer of gateway.ask",
        ),
        "the role as namespace": (
            "def ask_as(role, question):\n"
            "    return lab.ask(messages(role, question), **lab.cache.controls(namespace=role))",
            RETURNS,
            "namespace=",
        ),
    },
}  # fmt: skip
