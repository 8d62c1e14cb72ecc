"""Numbers that the lessons' text states, held against what the lesson prints with its own parameters."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

import nbformat

Holds = Callable[..., bool]

# Lesson → for each sentence: what the text says, where the lesson prints it, and when the sentence is true.
# A table and a chart print themselves as their text.
SAID: Mapping[str, Sequence[tuple[str, str, Holds]]] = {
    "06_cost_and_latency": [
        ("less than a third", r"(\d+)% \(all three\)", lambda share: share < 33),
        ("all of them lower the bill", r"(\d+)% \(routing\), (\d+)% \(caching\), (\d+)% \(shorter prompts\)",
         lambda *shares: max(shares) < 100),
        ("orders are now most of the bill", r"of all three (\d+)% is for orders", lambda share: share > 50),
        ("twice as much, four times as many", r"costs ([\d.]+) times as much .* are ([\d.]+) times as",
         lambda more, many: 1.7 < more < 2.3 and 3.7 < many < 4.7),
        ("the questions cost most", r"tag +calls .*\n *(questions) ", lambda name: name == "questions"),
        ("half the prompt saves about three tenths", r"(\d+)% of the day's bill is for reading",
         lambda share: 54 < share < 68),
        ("three times as much per token", r"([\d.]+) USD per million tokens written, while gpt-4o-mini costs ([\d.]+)",
         lambda own, theirs: 2.7 < own / theirs < 3.4),
        ("it costs next to nothing", r"claude-haiku-4-5: ([\d.]+) USD per 1,000 orders, smollm2: ([\d.]+) USD",
         lambda strong, own: own < strong / 100),
        ("a stream costs the same", r"something to read, ([\d.]+) USD\nstreamed: .*, ([\d.]+) USD",
         lambda one, two: one == two),
        ("not quite the same part of the bill", r"calculated: (\d+)% saved; measured: (\d+)%",
         lambda calculated, measured: calculated > measured),
    ],
    "07_prompts_and_experiments": [
        ("far worse", r"thumb: (lower)\.", lambda verdict: verdict == "lower"),
        ("Cheaper, because answers got shorter",
         r"completion_tokens +cost_usd\n.* (\d+) +([\d.]+)\n.* (\d+) +([\d.]+)\n",
         lambda tokens, usd, fewer, less: fewer < 0.8 * tokens and less < usd),
        ("About as long as the SDK keeps a prompt: a second", r"version 1 again after ([\d.]+) s", lambda s: s >= 1),
        ("No difference can be told: the interval contains 0",
         r"says_all +\d+ .* (-?[\d.]+) +([\d.]+) *\n\s+verdict *\n0 +(.*\S)",
         lambda low, high, verdict: low <= 0 <= high and verdict == "no difference can be told"),
        ("refuses many that they accept, and accepts some that they refuse",
         r"says_all +\nFalse +\d+ +(\d+)\nTrue +(\d+) ", lambda strict, lax: strict > 10 and lax > 0),
        ("3 years is right", r"\n\d+ +A voucher is good for (\d) years", lambda years: years == 3),
        ("Not often enough", r"Judge and people agree on \d+% of \d+ answers \(kappa ([\d.]+)\)",
         lambda kappa: kappa < 0.5),
        ("answers that only the judge accepts", r"only the judge accepts (\d+)%", lambda share: share > 25),
        ("overlooks missing conditions, missing order numbers, promises and inventions",
         r"overlooked: \{'no condition': (\d+), 'no order number': (\d+), 'promise': (\d+), 'invented': (\d+)",
         lambda *times: min(times) > 3),
        ("no verdict", r"smollm2 says: (PASS|FAIL|.)", lambda word: word not in {"PASS", "FAIL"}),
        ("agreed on in the end", r"poor +\d+ +[\d.]+ +([\d.]+) .*\n1 +calibrated +\d+ +[\d.]+ +([\d.]+)",
         lambda poor, calibrated: calibrated > 0.7 > poor),
        ("better on the whole", r"good: (\w+)\.", lambda verdict: verdict == "higher"),
        ("few kinds have enough questions to tell", r"verdict *\n0 +higher *\n((?:[1-8] .*\n?)+)",
         lambda rows: rows.count("too few items") > 4),
        ("the thumbs agree with the experiment",
         r"good in the experiment: (\d+)%; thumbs up in production: (\d+)%", lambda good, up: abs(good - up) < 15),
        ("a verdict costs several times as much",
         r"usd_per_1000\nname .*\nanswer .* ([\d.]+)\nverdict .* ([\d.]+)",
         lambda answer, verdict: verdict > 3 * answer),
    ],
    "08_growing": [
        ("limits: it knows at once", r"in a minute: (\d+) of (\d+) allowed; at a time: (\d+) of (\d+) allowed",
         lambda answered, limit, at_once, most: answered == limit and 0 < at_once <= most),
        ("one replica meets the failing provider, and the others leave it alone",
         r"refusing provider: \{'gateway-1': (\d+), 'gateway-2': (\d+)\}",
         lambda first, second: (first, second) == (1, 0)),
        ("what one replica was answered, the others read from Redis",
         r"answered from the cache: \{'gateway-1': False, 'gateway-2': (True|False)\}\n", lambda hit: hit == "True"),
        ("a model that is new is looked up", r"knew the new model: \{'gateway-1': ([\d.]+), 'gateway-2': ([\d.]+)\}",
         lambda first, second: second < first + 15),
        ("blocked is refused everywhere at once, deleted is not", r"gateway-2 +([\d.]+) +still accepted",
         lambda seconds: seconds < 3),
        ("each limit is multiplied by the number of replicas", r"answered in a minute +(\d+) +(\d+)",
         lambda together, alone: alone == 2 * together),
        ("each replica meets the failing provider itself", r"met the failing provider +(\d+) +(\d+)",
         lambda together, alone: (together, alone) == (1, 2)),
        ("its own answers in its own cache",
         r"answered from the cache: \{'gateway-1': False, 'gateway-2': (True|False)\} \n", lambda hit: hit == "False"),
        ("hears of a blocked key after a minute", r"refused after: \{'gateway-1': [\d.]+, 'gateway-2': (\w+)\}",
         lambda seconds: seconds == "None"),
        ("only calls that were under way at that replica are lost", r"(\d+) of (\d+) calls failed; troubles",
         lambda lost, calls: 0 < lost < calls / 2),
        ("None: a rolling restart loses no call and no spend",
         r"(\d+) of (\d+) calls were answered; (\d+) of them are in the spend log",
         lambda answered, calls, rows: answered == calls == rows),
        ("nearly all of it is the gateway's own",
         r"balancer_cpu_ms +([\d.]+).*\ngateway_cpu_ms +([\d.]+).*\nquery_engine_cpu_ms +([\d.]+).*\n"
         r"postgres_cpu_ms +([\d.]+).*\nredis_cpu_ms +([\d.]+)",
         lambda balancer, gateway, engine, database, redis: gateway > 2 * (balancer + engine + database + redis)),
    ],
    "09_rehearse": [
        ("yesterday the day cost 0.29 USD, and the cost is the log's", r"cost_usd +120 +([\d.]+) +([\d.]+) ",
         lambda logged, rehearsed: round(logged, 2) == 0.29 and abs(rehearsed - logged) <= 0.01 * logged),
        ("the alias loses every letter", r"model +(\d+) +404 +(sorter)", lambda calls, _: calls == 16),
        # How many calls the outage meets depends on how busy the machine is: its six hours last six seconds.
        ("the fallback is in the same outage", r"provider +(\d+) +500 +(chat)", lambda calls, _: calls >= 1),
        ("the limit lets a few reports through", r"key_limit +(\d+) +429 +(reports)", lambda calls, _: 6 <= calls < 16),
        ("the largest part of the bill is gone", r"In all: the log ([\d.]+) USD; proposal ([\d.]+) USD",
         lambda log, proposal: proposal < 0.05 * log),
        ("LiteLLM knows no price of the own machine's model", r"has no price for hosted_vllm/(qwen3)", lambda _: True),
        ("nothing stops it", r"(\d+) calls were refused by a budget", lambda calls: calls == 0),
        ("a cache that customers share", r"(\d+) answers were written for one shop and given to the other",
         lambda answers: answers >= 2),
        ("far cheaper and fails far more often", r"proposal cost_usd +([a-z]+) *\n +failed +([a-z]+)",
         lambda cost, failed: (cost, failed) == ("lower", "higher")),
        ("a test of each change", r"yesterday: (\d) of 3 conditions broke\nproposal: (\d) of 3",
         lambda yesterday, proposal: yesterday == 0 < proposal),
    ],
}  # fmt: skip


def broken(name: str, notebook: nbformat.NotebookNode) -> list[str]:
    """The sentences of an executed lesson that its own numbers do not support, and those whose numbers are gone."""
    printed = "\n".join(_text(output) for cell in notebook.cells for output in cell.get("outputs", []))
    found = []
    for sentence, pattern, holds in SAID.get(name, ()):
        numbers = re.search(pattern, printed)
        if numbers is None:
            found.append(f"{sentence}: the lesson does not print {pattern}")
        elif not holds(*map(_number, numbers.groups())):
            found.append(f"{sentence}: the lesson prints {numbers.group(0)!r}")
    return found


def _text(output: nbformat.NotebookNode) -> str:
    """What an output says: as printed, or as the text of a table or the text alternative of a chart."""
    return str(output.get("text") or output.get("data", {}).get("text/plain", ""))


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text
