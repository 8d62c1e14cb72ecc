"""The dashboard's numbers and charts."""

from __future__ import annotations

import re
import time

from .page_reader import Reader
from .page_traffic import busy_day, gateway_call, send


def test_the_dashboard_has_the_numbers(page: Reader) -> None:
    now = time.time()
    send(page.store.http, [
        *(gateway_call(now - 60, model="fast", duration_s=number / 100, cost_usd=0.01) for number in range(1, 101)),
        gateway_call(now - 60, model="slow", duration_s=5, failed=True),
        gateway_call(now - 60, model="slow", duration_s=0.02, cached=True),
        gateway_call(now - 9 * 86400, model="older"),
    ])  # fmt: skip
    text = page.get("/dashboard")
    tiles = dict(re.findall(r"<dt>([^<]+)</dt><dd>([^<]+?)\s*(?:<|$)", text))
    assert tiles["Requests"] == "102"
    assert tiles["Failed"] == "1"
    assert tiles["Cost"] == "$1.00"
    assert tiles["Cache hits"] == "1"
    assert tiles["Tokens from a provider"] == "20,000"
    rows = re.findall(r'<tr><th scope="row"><a href="/dashboard\?model=(\w+)">(.*?)</tr>', text, re.DOTALL)
    assert [name for name, _ in rows] == ["fast", "slow"]
    assert re.findall(r'<td class="n">(\d[^<]* m?s)</td>', rows[0][1]) == ["500 ms", "950 ms"]
    assert "older" not in text
    assert "older" in page.get("/dashboard", window="all")
    only = page.get("/dashboard", model="fast")
    assert dict(re.findall(r"<dt>([^<]+)</dt><dd>([^<]+?)\s*(?:<|$)", only))["Requests"] == "100"


def test_charts_start_at_zero_and_have_their_numbers_as_a_table(page: Reader) -> None:
    send(page.store.http, busy_day(time.time(), 60))
    text = page.get("/dashboard")
    for chart in text.split('<section class="card chart"')[1:]:
        values = chart.split('class="values"')[1].split("</svg>")[0]
        assert re.search(r'y="100.00%"[^>]*>(\$0|0|0 ms|0 s)<', values)
        for y, height in re.findall(
            r'<rect class="s\d" x="[^"]+" y="([\d.]+)%" width="[^"]+" height="([\d.]+)%"', chart
        ):
            assert float(y) >= -0.01
            assert float(y) + float(height) <= 100.01
        assert "<caption" in chart
        assert 'scope="col"' in chart
