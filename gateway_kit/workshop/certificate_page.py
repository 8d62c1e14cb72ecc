"""A certificate's page: made of its facts alone, so that whoever has the facts can make the same page again.

Certificates that were handed out are compared with what this file writes: a change of the page needs a new FORMAT, and
the old one stays.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from html import escape
from typing import Any

FORMAT = 1
OPENING = '<script type="application/json" id="certificate">'
CLOSING = "</script>"

_TWO_COLUMNS = 24  # exercises that two columns of a page hold
_STYLE = """
@page { size: A4; margin: 0 }
* { box-sizing: border-box }
body { margin: 0; background: #eee; color: #1a1a1a; font: 15px/1.45 "Helvetica Neue", Arial, sans-serif }
main { width: 210mm; min-height: 296mm; margin: 0 auto; padding: 18mm 20mm; background: #fff; display: flex;
  flex-direction: column; border-top: 4mm solid #2f5d8a }
h1 { margin: 0; font-size: 34px; font-weight: 600; letter-spacing: .02em; color: #2f5d8a }
h2 { margin: 7mm 0 2mm; font-size: 16px }
p { margin: 1mm 0 }
.name { margin: 10mm 0 1mm; min-height: 12mm; border-bottom: 1px solid #1a1a1a; font-size: 26px }
.small { color: #555; font-size: 12px }
ul { margin: 0; padding: 0; list-style: none; columns: 2; column-gap: 8mm }
ul.many { columns: 3; column-gap: 5mm }
li { break-inside: avoid; padding: .7mm 0 .7mm 11mm; border-bottom: 1px solid #ddd; font-size: 13px;
  text-indent: -11mm }
li b, li span { text-indent: 0 }
ul.many li { font-size: 10.5px; line-height: 1.35; padding-left: 9mm; text-indent: -9mm }
li b { display: inline-block; width: 11mm }
ul.many b { width: 9mm }
li span { display: block; color: #555; font-size: .92em }
footer { margin-top: auto; padding-top: 8mm; overflow-wrap: anywhere }
@media screen and (max-width: 210mm) { main { width: 100%; padding: 8mm } ul, ul.many { columns: 1 } }
@media print { body { background: #fff } main { min-height: 0; height: 296mm } }
"""


def page(facts: Mapping[str, Any], key: str, signature: str, shown_key: str) -> str:
    """The whole page: what a person reads, and the signed facts as JSON.

    `key` and `signature` are base64, `shown_key` is the key's fingerprint. Raises KeyError, TypeError or ValueError for
    facts that are none of a certificate.
    """
    passed = facts["passed"]
    items = "\n".join(_item(one) for one in passed)
    count = f"{len(passed)} of {int(facts['exercises'])} exercises" if facts["exercises"] else "exercises"
    # "<" would end the script or begin a comment in it.
    signed = json.dumps({"facts": facts, "key": key, "signature": signature}, sort_keys=True, indent=1)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Certificate of {_text(facts["seat"])}, {_text(facts["workshop"])}</title>
<style>{_STYLE}</style>
</head>
<body>
<main>
<h1>Certificate</h1>
<p>LLM gateways: routing, keys, caching, tracing, cost and evaluation, in practice</p>
<p class="name">{_text(facts["name"])}</p>
<p class="small">Name</p>
<h2>{_text(facts["seat"])} of the workshop {_text(facts["workshop"])} has passed {count}</h2>
<ul{' class="many"' if len(passed) > _TWO_COLUMNS else ""}>
{items}
</ul>
<footer>
<p>Issued on {_day(facts["issued"])}. Each exercise was graded on evidence: response headers, spend records, traces.</p>
<p class="small">Signed with the workshop's key {_text(shown_key)}. To check this file, without a network:
gateway-kit workshop verify FILE --key FINGERPRINT, with the fingerprint that the workshop published.</p>
</footer>
</main>
{OPENING}{signed.replace("<", chr(92) + "u003c")}{CLOSING}
</body>
</html>
"""


def _item(one: Mapping[str, Any]) -> str:
    notes = [f"attempt {int(one['attempts'])}"] if int(one["attempts"]) > 1 else []
    notes += ["solution shown"] if one["solution_shown"] else []
    when = ", ".join([_day(one["at"]), _clock(one["at"]), *notes])
    return f"<li><b>{_text(one['exercise'])}</b>{_text(one['lesson'])}<span>{when}</span></li>"


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return escape(value)


def _day(text: str) -> str:
    moment = datetime.fromisoformat(text)
    # Not by strftime: months would follow the machine's language, and the page would not be the same.
    month = _MONTHS[moment.month - 1]
    return f"{moment.day} {month} {moment.year}"


def _clock(text: str) -> str:
    moment = datetime.fromisoformat(text)
    return f"{moment.hour:02d}:{moment.minute:02d}"


_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
