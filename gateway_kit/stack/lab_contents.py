"""The files that JupyterLab shows: the lessons in `notebooks/` can be read and executed there, but not changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager
from tornado.web import HTTPError

from gateway_kit.stack.lab import COPIES

ORIGINALS = "notebooks"


class LessonsContents(AsyncLargeFileManager):  # type: ignore[misc]  # jupyter_server has no types
    """Files as JupyterLab has them; it shows the lessons as read-only, and does not save them by itself."""

    def is_writable(self, path: str) -> bool:
        """Whether JupyterLab may change a file or folder."""
        return not self._is_original(path) and bool(super().is_writable(path))

    async def save(self, model: dict[str, Any], path: str = "") -> dict[str, Any]:
        """Save a file; refuses a lesson."""
        self._refuse_original(path)
        saved: dict[str, Any] = await super().save(model, path)
        return saved

    async def rename_file(self, old_path: str, new_path: str) -> None:
        """Rename a file or folder; refuses a lesson."""
        self._refuse_original(old_path)
        await super().rename_file(old_path, new_path)

    async def delete_file(self, path: str) -> None:
        """Delete a file or folder; refuses a lesson."""
        self._refuse_original(path)
        await super().delete_file(path)

    def _is_original(self, path: str) -> bool:
        """Whether it is a lesson or their folder, also by way of a link."""
        folder = (Path(self.root_dir) / ORIGINALS).resolve()
        real = Path(self._get_os_path(path.strip("/"))).resolve()
        return real == folder or (real.parent == folder and real.match("[0-9][0-9]_*.ipynb"))

    def _refuse_original(self, path: str) -> None:
        if self._is_original(path):
            name = path.strip("/").rpartition("/")[2]
            raise HTTPError(403, f"{path} is a lesson as it came. Work in your copy: {COPIES}/{name}")
