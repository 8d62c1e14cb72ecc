"""JupyterLab for the lessons, in the foreground, with settings of the kit's own."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

from gateway_kit.common.environment import child_path, direct_localhost, unbent
from gateway_kit.common.private_files import read_private, write_private
from gateway_kit.common.processes import birth
from gateway_kit.errors import LessonError, PortTakenError
from gateway_kit.settings import HOST, Settings
from gateway_kit.stack.stack import Stack
from gateway_kit.stack.supervisor import ports, preflight, process
from gateway_kit.stack.supervisor.process import ProcessRecord
from gateway_kit.stack.supervisor.record import ServiceRecord, stack_lock, write_record

FIRST_LESSON = "00_start_here.ipynb"
# One level deep, as the lessons are: their pictures and links work in the copies as well.
COPIES = "my_lessons"
FIRST_PAGE = f"/lab/tree/{COPIES}/{FIRST_LESSON}"


def notebooks_folder() -> Path:
    """The lessons of this working copy; raises LessonError if the package has none beside it."""
    folder = Path(__file__).resolve().parents[2] / "notebooks"
    if not (folder / FIRST_LESSON).is_file():
        raise LessonError(f"There are no lessons in {folder}. Clone the repository and run: make lab")
    return folder


def copies_folder() -> Path:
    """Where the reader's copies of the lessons are; raises LessonError as `notebooks_folder` does.

    In the working copy, unless `GATEWAY_COPIES` names another folder: a seat of a workshop has copies of its own.
    """
    named = os.environ.get("GATEWAY_COPIES")
    return Path(named) if named else notebooks_folder().parent / COPIES


def run_lab(stack: Stack, *, browser: bool, notes: Sequence[str] = ()) -> None:
    """Replace this process by JupyterLab, opened at the first lesson's copy; prints the URL and notes beforehand."""
    folder = notebooks_folder()
    preflight.check_home(stack.home)
    record = stack.record()
    settings = stack.settings(record)
    port = settings.port("lab")
    kept = record.services.get("lab")
    if kept is not None and process.alive(kept.process) is not None:
        token = (read_private(_token_file(settings), "End JupyterLab and start it again") or "").strip()
        print(f"JupyterLab already runs: {kept.url}?token={token}", *notes, sep="\n")
        return
    if not ports.is_free(port):
        raise PortTakenError([("lab", port, ports.owner(port))])
    token = secrets.token_urlsafe(24)
    write_private(_token_file(settings), token + "\n")
    url = f"http://{HOST}:{port}{FIRST_PAGE}"
    origin = forwarded_origin(os.environ, port)
    shown = f"{origin}{FIRST_PAGE}" if origin else url
    print(
        f"JupyterLab: {shown}?token={token}",
        "End it with Ctrl-C; the stack stays up until: gateway-kit down",
        *notes,
        sep="\n",
    )
    sys.stdout.flush()

    record_lab(stack, url)
    argv = [
        sys.executable, "-Pm", "gateway_kit.common.jupyter_program", "jupyterlab", f"--ip={HOST}", f"--port={port}",
        "--ServerApp.port_retries=0",
        # The working copy, not the lessons' folder: a server shows no picture from above its root.
        *lab_flags(settings, folder.parent),
        # Behind a Codespace's port forwarding the page has another origin than the server: that one may call it.
        *([f"--ServerApp.allow_origin={origin}", "--ServerApp.allow_remote_access=True"] if origin else []),
        *([] if browser and _has_browser() else ["--no-browser"]),
    ]  # fmt: skip
    env = {
        # Without PYTHONPATH: what is in it must not hide what kernels and lessons import.
        **unbent(direct_localhost(os.environ)),
        "PATH": child_path(os.environ),
        # By environment: a token on the command line stands in every process list.
        "JUPYTER_TOKEN": token,
        "GATEWAY_HOME": str(stack.home),
    }
    os.execve(argv[0], argv, env)


def record_lab(stack: Stack, url: str) -> None:
    """Record this very process as the stack's JupyterLab: replacing it by another program keeps its pid and birth."""
    pid, port = os.getpid(), stack.settings().port("lab")
    entry = ServiceRecord(ProcessRecord(pid, birth(pid)), port, url, version("jupyterlab"), "lab")
    with stack_lock(stack.home):
        current = stack.record()
        write_record(stack.home, replace(current, services={**current.services, "lab": entry}))


def lab_flags(settings: Settings, folder: Path) -> list[str]:
    """What JupyterLab is told wherever the lessons are shown: `folder` has the copies and the lessons as they came."""
    return [
        f"--ServerApp.root_dir={folder}",
        "--ServerApp.contents_manager_class=gateway_kit.stack.lab_contents.LessonsContents",
        f"--LabApp.default_url={FIRST_PAGE}",
        f"--LabApp.app_settings_dir={_lab_settings(settings)}",
        *(["--allow-root"] if os.geteuid() == 0 else []),
    ]


def forwarded_origin(environ: Mapping[str, str], port: int) -> str | None:
    """The origin under which a Codespace shows a port of this machine; None outside of Codespaces."""
    name = environ.get("CODESPACE_NAME")
    domain = environ.get("GITHUB_CODESPACES_PORT_FORWARDING_DOMAIN", "app.github.dev")
    return f"https://{name}-{port}.{domain}" if name else None


def _has_browser() -> bool:
    return bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or os.environ.get("BROWSER")
    ) or (shutil.which("wslview") is not None)


def _lab_settings(settings: Settings) -> Path:
    """A settings folder: JupyterLab asks nothing about news at its first start, and shows the glossary as a page."""
    folder = settings.home / "lab"
    (folder / "overrides.d").mkdir(mode=0o700, parents=True, exist_ok=True)
    viewers = {
        "@jupyterlab/docmanager-extension:plugin": {"defaultViewers": {"markdown": "Markdown Preview"}}
    }
    (folder / "overrides.d" / "gateway-kit.json").write_text(json.dumps(viewers))
    page = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}
    (folder / "page_config.json").write_text(json.dumps(page))
    return folder


def _token_file(settings: Settings) -> Path:
    return settings.home / "lab-token"
