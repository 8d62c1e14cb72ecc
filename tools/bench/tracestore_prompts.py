"""Prompts in the trace store's benchmark: ten thousand of them, and how many reads a second it answers."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import aiohttp
import psutil
import psycopg

PROMPTS, VERSIONS = 10_000, 5
READS, CONNECTIONS = 2_000, 4

_ROWS = """
insert into prompts (id, name, version, type, prompt, config, labels, tags)
select 'p' || n || '-' || v, 'team/prompt ' || n, v, 'text', to_jsonb(repeat('Answer {{question}}. ', 25)),
    '{"model": "gpt-4o-mini"}', case v when %(versions)s then '{production,latest}'::text[] else '{}' end, '{bench}'
from generate_series(1, %(prompts)s) as n, generate_series(1, %(versions)s) as v;
insert into prompts (id, name, version, type, prompt, config, labels, tags) values ('parent', 'parent', 1, 'text',
    to_jsonb('Before. @@@langfusePrompt:name=team/prompt 7|label=production@@@'::text), '{}', '{production}', '{}');
insert into prompt_references (parent_id, position, child_name, child_label)
values ('parent', 0, 'team/prompt 7', 'production');
"""

# What is asked for -> path and parameters.
ANSWERS: dict[str, tuple[str, dict[str, str]]] = {
    "first_page": ("v2/prompts", {"limit": "100"}),
    "last_page_of_a_tag": ("v2/prompts", {"limit": "100", "tag": "bench", "page": str(PROMPTS // 100)}),
}
_READ = {"plain": "team%2Fprompt%207", "with_a_reference": "parent"}


def fill_prompts(url: str) -> None:
    """Write the prompts."""
    with psycopg.connect(url, autocommit=True) as connection, psycopg.ClientCursor(connection) as cursor:
        cursor.execute(_ROWS, {"prompts": PROMPTS, "versions": VERSIONS})
        cursor.execute("vacuum analyze prompts")


async def read_prompts(base: str, auth: aiohttp.BasicAuth, process: psutil.Process) -> dict[str, Any]:
    """Reads per second over a few connections, and the store's processor time for each, in milliseconds."""
    result: dict[str, Any] = {}
    connector = aiohttp.TCPConnector(limit=CONNECTIONS)
    async with aiohttp.ClientSession(base, auth=auth, trust_env=False, connector=connector) as session:

        async def client(path: str) -> None:
            for _ in range(READS // CONNECTIONS):
                async with session.get(path) as answer:
                    answer.raise_for_status()
                    await answer.read()

        for name, prompt in _READ.items():
            before, begin = sum(process.cpu_times()[:2]), time.perf_counter()
            path = f"/api/public/v2/prompts/{prompt}"
            await asyncio.gather(*(client(path) for _ in range(CONNECTIONS)))
            elapsed_s, cpu_s = time.perf_counter() - begin, sum(process.cpu_times()[:2]) - before
            result[name] = {
                "reads_per_s": round(READS / elapsed_s),
                "cpu_ms_per_read": round(1000 * cpu_s / READS, 2),
            }
    return result
