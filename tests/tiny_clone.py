"""A clone with the kit's real set-up, of a kit of one module, whose lock files pin nothing: a set-up takes a second."""

from __future__ import annotations

import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

# A minimal build backend, since none is installed.
BACKEND = """
import zipfile
def build_editable(folder, settings=None, metadata=None):
    name = "tiny_kit-1.0-py3-none-any.whl"
    with zipfile.ZipFile(f"{folder}/{name}", "w") as wheel:
        wheel.writestr("tiny_kit.pth", __file__.rpartition("/")[0] + "\\n")
        wheel.writestr("tiny_kit-1.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: tiny-kit\\nVersion: 1.0\\n")
        wheel.writestr("tiny_kit-1.0.dist-info/WHEEL",
            "Wheel-Version: 1.0\\nGenerator: none\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr("tiny_kit-1.0.dist-info/RECORD", "")
    return name
"""
PROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
[project]
name = "tiny-kit"
version = "1.0"
"""


def make_clone(folder: Path) -> None:
    """Write the clone."""
    (folder / "gateway_kit" / "stack").mkdir(parents=True)
    (folder / "gateway_kit" / "stack" / "toolchain.py").write_text("print('steps done')\n")
    (folder / "pyproject.toml").write_text(PROJECT)
    (folder / "backend.py").write_text(BACKEND)
    (folder / "tools").mkdir()
    for name in ("setup.sh", "preflight.py", "get_uv.py", "wheel_index.py", "check_bundle.py"):
        shutil.copy(ROOT / "tools" / name, folder / "tools")
    for lock in ("requirements.lock", "requirements-models.lock", "requirements-workshop.lock"):
        (folder / lock).write_text("")
    shutil.copy(ROOT / "requirements-uv.lock", folder)
