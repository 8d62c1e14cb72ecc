"""One stack for each test process, on free ports and in a temporary folder, booted by the command line."""

from __future__ import annotations

import functools
import gc
import json
import os
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

from gateway_kit.common.jupyter_program import import_jsonschema
from gateway_kit.settings import load_settings
from gateway_kit.stack.services.fork_server import FORK_SERVER, start_fork_server
from gateway_kit.stack.services.redis import has_search
from gateway_kit.stack.stack import Stack
from gateway_kit.stack.status import status_objects
from gateway_kit.stack.supervisor.ports import free_offset

# Each process imports all test modules; garbage collections meanwhile would take as long as the imports.
gc.disable()

# Each `httpx.get` would load the certificates, which takes longer than its request: the tests' clients share theirs.
ssl.create_default_context = functools.cache(ssl.create_default_context)

# In a shell's background Ctrl-C is ignored, by each program that is started there as well. Tests send it to programs.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Import it now, without the slow step that nbformat would trigger: it takes a second in each process.
import_jsonschema()

# How long an example takes says nothing about it on a busy machine; and a fixture is not made anew for each.
settings.register_profile(
    "any-speed",
    settings.default,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("any-speed")

ROOT = Path(__file__).resolve().parent.parent
CLI = Path(sys.executable).parent / "gateway-kit"

# Whether the kit's own Redis has the search module.
HAS_SEARCH = has_search(load_settings())

# The services that `up` starts without options.
OWN = ("gateway", "redis", "postgres", "tracing", "providers", "chat-model", "embeddings")

# Variables that could make a test use external services, or make its calls cost money.
FOREIGN = (
    "GATEWAY_URL", "REDIS_URL", "DATABASE_URL", "LANGFUSE_HOST", "PROVIDERS_URL", "CHAT_MODEL_URL", "EMBEDDINGS_URL",
    "GATEWAY_API_KEY",
    "LANGFUSE_PUBLIC_KEY", "LANGFUSE_SECRET_KEY", "LANGFUSE_INIT_USER_EMAIL", "LANGFUSE_INIT_USER_PASSWORD",
    "LITELLM_MASTER_KEY", "UI_USERNAME", "UI_PASSWORD",
    "OPENAI_API_KEY", "ANTHROPIC_API_KEY", "AZURE_API_KEY", "GEMINI_API_KEY", "AWS_ACCESS_KEY_ID",
    "GOOGLE_APPLICATION_CREDENTIALS", "OLLAMA_API_BASE",
)  # fmt: skip

# The longest tests start first: a process that starts minutes of work last would keep the others waiting.
LONGEST_FIRST = (
    "tests/browser/test_lessons_in_lab", "tests/stack/semantic/", "tests/stack/replicas/", "tests/stack/seats/",
    "tests/stack/test_faults",
    "[08_growing]", "[04_semantic_caching]", "[06_cost_and_latency]", "[07_prompts_and_experiments]", "[09_rehearse]",
    "tests/stack/providers/",
    "tests/stack/gateway/test_exercises_cost_and_latency", "tests/browser/test_widgets_in_lab",
    "tests/notebooks/",
    "tests/stack/gateway/test_load", "tests/stack/query_engine/", "tests/stack/rehearsal/test_rehearse",
    "tests/unit/test_notebooks_runner", "tests/browser/", "tests/stack/", "tests/",
)  # fmt: skip

# The tests of each of these folders share a stack, programs, databases or generated code, so one process runs them all.
IN_ONE_PROCESS = tuple(
    f"tests/stack/{name}/"
    for name in ("models", "providers", "query_engine", "replicas", "semantic", "tracestore")
)


# These have a semantic cache. Where no package has Redis' search module they are skipped; `GATEWAY_REDIS_SEARCH=off`
# runs the tests as there.
NEED_SEARCH = (
    "tests/stack/semantic/test_exercises_", "tests/stack/semantic/test_semantic_", "tests/stack/semantic/test_study_",
    "test_a_redis_of_somebody_elses_gives_it_a_semantic_cache", "[04_semantic_caching]", "::test_lesson_04_",
    "::test_modules_and_includes_are_found_in_the_folder_of_the_unchanged_file",
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test with its folder, so that `-m unit` selects those that need no process; sort the longest first."""
    for item in items:
        item.add_marker(item.path.relative_to(ROOT / "tests").parts[0])
        if not HAS_SEARCH and any(part in item.nodeid for part in NEED_SEARCH):
            item.add_marker(pytest.mark.skip(reason="the kit's Redis has no search module here"))
    items.sort(key=lambda item: next(n for n, part in enumerate(LONGEST_FIRST) if part in item.nodeid))


# By pytest in each test, and by LiteLLM's import.
SET_BY_OTHERS = {"PYTEST_CURRENT_TEST", "TIKTOKEN_CACHE_DIR"}
# The variables once all test modules are imported.
_ENVIRONMENT: dict[str, str] = {}


def pytest_collection_finish() -> None:
    """Turn garbage collection back on, but exclude the imported modules, which live to the end."""
    gc.freeze()
    gc.enable()
    _ENVIRONMENT.update(os.environ)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """Fail the last test of a folder that leaves variables behind: the next folder's programs would start with them."""
    yield
    if nextitem is None or nextitem.path.parent != item.path.parent:
        left = {name for name, _ in os.environ.items() ^ _ENVIRONMENT.items()} - SET_BY_OTHERS
        assert not left, f"changed in the environment: {', '.join(sorted(left))}"


class FileScheduling(LoadScopeScheduling):
    """Keeps the tests of each file, and of some folders, in one process and in order; distributes the lessons."""

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith("tests/notebooks/test_lessons.py"):
            return nodeid
        return next((f for f in IN_ONE_PROCESS if nodeid.startswith(f)), nodeid.partition("::")[0])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> FileScheduling:
    return FileScheduling(config, log)


def pytest_configure(config: pytest.Config) -> None:
    for name, text in (
        ("unit", "needs no process"), ("stack", "boots real services"), ("notebooks", "executes lessons"),
        ("browser", "drives a headless Chromium"), ("again", "treats lessons as a reader does"),
    ):  # fmt: skip
        config.addinivalue_line("markers", f"{name}: {text}")


@pytest.hookimpl(trylast=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Start the server that most of the tests' gateways are copies of; it ends with this process.

    Importing LiteLLM is most of a gateway's start, and the tests start many. `Cli(…, GATEWAY_FORK_SERVER="")` starts
    one in the usual way.
    """
    config = session.config
    if hasattr(config, "workerinput") or all(arg.startswith("tests/unit") for arg in config.args):
        return
    folder = Path(tempfile.mkdtemp(prefix="fork-server-"))
    config.add_cleanup(functools.partial(shutil.rmtree, folder, ignore_errors=True))
    socket = folder / "gateways.sock"
    server = start_fork_server(socket, os.environ, folder / "log")
    config.add_cleanup(functools.partial(server.wait, 10))
    config.add_cleanup(server.terminate)
    os.environ[FORK_SERVER] = str(socket)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List the executed lessons and their outcomes."""
    outcomes: dict[str, list[str]] = {}
    for outcome in ("passed", "failed", "error", "skipped"):
        for report in terminalreporter.stats.get(outcome, []):
            name = getattr(report, "nodeid", "")
            if "test_lessons.py" in name and "[" in name and report.when in ("call", "setup"):
                lesson = name.split("[")[1].split("]")[0]
                outcomes.setdefault(lesson, []).append(outcome)
    if outcomes:
        terminalreporter.section(f"{len(outcomes)} lessons executed, unsolved and solved")
        for lesson, results in sorted(outcomes.items()):
            terminalreporter.write_line(f"{lesson:<24} {', '.join(results)}")


class Cli:
    """The command line on one stack: `cli("up", "--workers", "2")` gives the finished process."""

    def __init__(self, home: Path, **env: str) -> None:
        self.home = home
        self.env = (
            {k: v for k, v in os.environ.items() if k not in FOREIGN} | env | {"GATEWAY_HOME": str(home)}
        )

    def __call__(
        self, *words: str, check: bool = True, timeout_s: float = 600, **env: str
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [str(CLI), *words],
            env=self.env | env,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
        if check and done.returncode != 0:
            pytest.fail(
                f"gateway-kit {' '.join(words)} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
            )
        return done

    def json(self, *words: str) -> object:
        return json.loads(self(*words, "--json").stdout)

    def rows(self) -> list[dict[str, Any]]:
        """What `status --json` prints, without a process that imports the kit for it: tests look some 200 times."""
        found: list[dict[str, Any]] = json.loads(json.dumps(status_objects(Stack(self.env))))
        return found

    def row(self, service: str) -> dict[str, Any]:
        return next(row for row in self.rows() if row["service"] == service)

    def variables(self) -> dict[str, str]:
        """What `env --json` prints, without the process."""
        return Stack(self.env).client_env()


@pytest.fixture(scope="session")
def cli(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cli]:
    """The running stack's command line; the stack is stopped when the run ends."""
    command = Cli(tmp_path_factory.mktemp("stack") / "home")
    offset = free_offset()
    try:
        command("up", "--port-offset", str(offset))
        yield command
    finally:
        command("down")


@pytest.fixture(scope="session")
def stack_env(cli: Cli) -> dict[str, str]:
    """The running stack's variables, as `gateway-kit env --json` prints them, and GATEWAY_HOME."""
    values = cli.json("env")
    assert isinstance(values, dict)
    return {**values, "GATEWAY_HOME": str(cli.home)}
