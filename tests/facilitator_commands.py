"""The commands of the facilitator's guide, and how each is tried out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.facilitator_plans import GUIDE

# A code span is a command if it begins with one of these and goes on.
_PROGRAMS = (
    "apt-get", "curl", "df", "docker", "eval", "export", "free", "gateway-kit", "git", "helm", "hostname", "kubectl",
    "lsof", "make", "nproc", "ping", "pip", "python", "python3", "scp", "sha256sum", "ss", "ssh", "sudo", "tar", "top",
    "uptime", "useradd",
)  # fmt: skip
_COMMAND = re.compile(rf"(?:[A-Z_]+=\S+ )*(?:{'|'.join(_PROGRAMS)}|\.?\.?/?[\w./-]+\.sh)(?: |$)")
_WITHOUT_WORDS = ("nproc", "uptime", "top")


@dataclass(frozen=True)
class Command:
    """A command as a page has it."""

    page: str
    text: str


def commands() -> list[Command]:
    """All commands of the guide in the order of its pages, each once per page."""
    found = [Command(page.stem, text) for page in _pages() for text in _in_page(page.read_text("utf-8"))]
    return list(dict.fromkeys(found))


def _pages() -> list[Path]:
    """In the order of the index, and then the pages that it takes in by name."""
    listed = (GUIDE / "index.md").read_text("utf-8").rpartition("```{toctree}")[2].splitlines()
    pages = sorted(GUIDE.glob("*.md"))
    return sorted(pages, key=lambda page: listed.index(page.stem) if page.stem in listed else -1)


def _in_page(text: str) -> Iterator[str]:
    for block, span in re.findall(
        r"^ *```(?:console|sh|bash)\n(.*?)^ *```|(?<!`)`([^`\n]+)`(?!`)", text, re.M | re.S
    ):
        if span:
            if _COMMAND.match(span) and (" " in span or span in _WITHOUT_WORDS or span.endswith(".sh")):
                yield span
            continue
        for line in block.replace("\\\n", " ").splitlines():
            if line.strip().startswith("$ "):
                yield line.strip()[2:].strip()


# Command → what it must print, run on a stack in this order.
RUN = {
    "nproc": "",
    "uptime": "load average",
    "free -h": "Mem:",
    "hostname -I": ".",
    "df -h .": "Filesystem",
    "gateway-kit up": "Admin UI",
    "gateway-kit doctor": "ok      gateway        running",
    "gateway-kit status": "simulated",
    "gateway-kit env": "GATEWAY_API_KEY",
    "gateway-kit faults": "Nothing is changed.",
    "gateway-kit faults --clear": "",
    "gateway-kit logs gateway": "",
    "gateway-kit notebooks 00": "1 of 1 lessons passed",
    "gateway-kit up --tracing embedded": "Admin UI",
    "gateway-kit workshop serve --seats 4": "4 seats, until",
    "gateway-kit workshop serve --days 2": "facilitator  as before",
    "gateway-kit workshop serve": "facilitator  as before",
    "gateway-kit workshop board --once": "0 of 4 seats joined",
    "gateway-kit workshop stop": "Stopped.",
}
# Command → the test that runs it, with other names, numbers or ports.
_COPIES, _RESET, _ASKING = (
    "tests/unit/test_lesson_copies.py",
    "tests/stack/test_reset.py",
    "tests/unit/test_reset_stopped.py",
)
_SERVE = "tests/stack/seats/test_workshop_serve.py"
_CARDS = "tests/unit/test_workshop_cards.py"
_EXPORT = "tests/unit/test_workshop_export.py"
_SERVE_BUNDLE = "tests/stack/test_serve_bundle.py"
_TYPED = "test_what_attendees_type_after_the_page_gets_the_whole_archive"
_STORE = "tests/stack/tracestore"
_WHOLE = f"{_STORE}/test_workshop_commands.py::test_a_whole_workshop"
RUN_BY = {
    "gateway-kit down": "tests/stack/test_faults.py::test_another_stacks_services_are_used_and_not_started",
    "gateway-kit lessons reset 01": f"{_COPIES}::test_reset_keeps_each_old_copy_under_a_name_of_its_own",
    "gateway-kit notebooks": "tests/notebooks/test_lessons.py::"
    "test_a_lesson_runs_with_its_exercises_still_to_do_and_solved",
    "gateway-kit reset": f"{_ASKING}::test_at_a_terminal_it_asks_first",
    "gateway-kit reset --yes": f"{_RESET}::test_a_reset_that_was_killed_is_finished_by_the_next_and_clients_go_on",
    "gateway-kit workshop serve --seats 25": f"{_SERVE}::served",
    "gateway-kit workshop serve --seats 25 --days 2": f"{_SERVE}::served",
    "gateway-kit workshop board": f"{_STORE}/test_workshop_board.py::"
    "test_the_command_serves_a_page_that_shows_a_new_result_and_ends_with_ctrl_c",
    "LANGFUSE_SECRET_KEY=… gateway-kit workshop begin --seats 25 --name team-a --store-url "
    "https://langfuse.example.com --public-key pk-lf-…": _WHOLE,
    "gateway-kit workshop codes": _WHOLE,
    "gateway-kit workshop join gk1-…": _WHOLE,
    "gateway-kit workshop join -": _WHOLE,
    "gateway-kit workshop join": _WHOLE,
    "gateway-kit workshop join --again": f"{_STORE}/test_workshop_commands.py::"
    "test_what_somebody_changed_or_deleted_in_the_store_is_handed_in_again",
    "gateway-kit workshop join --leave": f"{_STORE}/test_workshop_commands.py::test_what_join_is_missing",
    "gateway-kit workshop close": f"{_STORE}/test_workshop_commands.py::test_closing_is_asked_first",
    "gateway-kit workshop close --names names.csv": _WHOLE,
    "gateway-kit workshop verify seat-01.html --key f9c8-95ae-a2d1-5c71-a143-04a2-beb3-4e2d": _WHOLE,
    "gateway-kit workshop cards": f"{_CARDS}::test_the_command_writes_private_files_and_prints_no_code",
    "gateway-kit workshop cards --address https://workshop.example.com": f"{_CARDS}::"
    "test_the_command_writes_private_files_and_prints_no_code",
    "gateway-kit workshop export cluster --image registry.example.com/seat:2027-01 --address "
    "https://workshop.example.com": f"{_EXPORT}::out",
    "gateway-kit workshop serve-bundle": f"{_SERVE_BUNDLE}::served",
    "gateway-kit workshop serve-bundle --listen 0.0.0.0": f"{_SERVE_BUNDLE}::"
    "test_what_cannot_be_served_is_said_in_one_sentence",
    "gateway-kit workshop serve-bundle --port 8009": f"{_SERVE_BUNDLE}::served",
    "curl -f -C - -o gateway-kit-….tar http://ADDRESS:8008/gateway-kit-….tar": f"{_SERVE_BUNDLE}::"
    "test_a_download_that_broke_off_goes_on_and_several_run_at_once",
    "echo 'SHA-256  gateway-kit-….tar' | sha256sum -c": f"{_SERVE_BUNDLE}::{_TYPED}",
    "tar xf gateway-kit-….tar && cd gateway-kit-0.1.0 && make lab": f"{_SERVE_BUNDLE}::{_TYPED}",
    "make bundle": "tests/stack/test_bundle.py::archive",
    "make book": "tests/browser/test_book_in_browser.py::book",
    'make bundle BUNDLE_ARGS="--python 3.11 --python 3.12 --python 3.13"': "tests/stack/test_bundle.py::"
    "test_a_facilitators_bundle_and_one_for_two_versions_of_python_say_so",
    ".devcontainer/postStart.sh": "tests/stack/test_devcontainer.py::test_post_start_restarts_only_unhealthy_services",
}
# Command → why no test runs it.
_THE_ROOMS = "the address is one of the room's; tests of serving run the command on 127.0.0.1"
NOT_RUN = {
    "make lab": "it installs, boots on the usual ports and opens a browser; `tools/try_fresh.py` does that in a fresh "
    "Debian, and tests run its two commands, `gateway-kit up` and `gateway-kit lab`",
    "make lab PYTHON=/path/to/python3.11": "as `make lab`, with the path of an attendee's Python",
    "make setup": "the guide says where it does not work; it has run before any test",
    "gateway-kit workshop": "it names a group of commands",
    ".venv/bin/python -m tools.bench seats": "it measures for minutes; `make bench` runs it with the rest",
    "python3 --version": "it asks an attendee's machine",
    "python3 tools/try_bundle.py": "it makes a whole bundle from the registries, and takes minutes",
    "curl --noproxy '*' …": "the beginning of a command that the table completes",
    "make workshop": "it installs from the package registries, as `make setup` has before any test",
    "gateway-kit workshop serve --seats 4 --listen 192.168.1.20": _THE_ROOMS,
    "gateway-kit workshop serve --listen 192.168.1.20": _THE_ROOMS,
    "ssh -L": "the beginning of a command to another machine",
}
