"""The OpenAI SDK as the kit imports it: all of it is there, and what nobody asks for is not loaded."""

from __future__ import annotations

import subprocess
import sys

import pytest


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


BEGIN = "import sys\nfrom gateway_kit.common.openai_sdk import openai\n"


def test_a_call_loads_half_of_the_sdk():
    count = "print(sum(name.startswith('openai.') for name in sys.modules))\n"
    call = "c = openai.OpenAI(api_key='k'); c.chat.completions; c.embeddings\n"
    spared = int(run(BEGIN + call + count))
    assert spared < int(run(f"import openai, sys\n{call}{count}")) / 2


READERS = """
from openai.types.chat import ChatCompletion as C
print(C.__name__, openai.types.chat.ChatCompletion is C, openai.resources.chat.Chat.__name__)
import openai.types, openai.types.beta as beta
print(openai.types.__file__[-17:], openai.types.__spec__.name, openai.types.__doc__)
from openai.types import Batch, chat
print(Batch.__name__, chat.__name__, beta.Thread.__name__, openai.resources.AsyncFiles.__name__)
import inspect, pickle
from openai.types.responses import Response as R
print(pickle.loads(pickle.dumps(R)) is R, inspect.getmodule(R).__name__, inspect.getmodule(len))
print(hasattr(openai.types, "nothing"), "Batch" in dir(openai.types), "Files" in dir(openai.resources))
"""
STARS = "from openai.types import *; print(CreateEmbeddingResponse.__name__)"
THREADS = """
from concurrent.futures import ThreadPoolExecutor as Pool
names = ["Batch", "Model", "FileObject", "Image", "Moderation", "Upload", "Completion", "VectorStore"] * 8
with Pool(16) as pool:
    print(sorted({x.__name__ for x in pool.map(lambda name: getattr(openai.types, name), names)}))
"""


@pytest.mark.parametrize("code", [READERS, STARS, THREADS], ids=["readers", "stars", "threads"])
def test_a_program_finds_everything_as_in_the_plain_sdk(code: str):
    assert run(BEGIN + code) == run(f"import openai, sys\n{code}")


def test_an_sdk_that_is_there_already_stays_as_it_is():
    code = "import openai as first\ntypes = first.types\nfrom gateway_kit.common.openai_sdk import openai\n"
    assert run(f"{code}print(openai is first, openai.types is types, type(types).__name__)").split() == [
        "True", "True", "module",
    ]  # fmt: skip
