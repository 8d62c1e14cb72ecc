"""What a page did besides showing itself: complaints in its console, and the hosts it asked."""

from __future__ import annotations

from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Request


class Watch:
    """What a page did besides showing itself."""

    def __init__(self, context: BrowserContext) -> None:
        self.complaints: list[str] = []
        self.hosts: set[str] = set()
        context.on("console", lambda message: self.complaints.append(message.text))
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        context.on("dialog", lambda dialog: self.complaints.append(dialog.message))
        context.on("request", self._requested)

    def _requested(self, request: Request) -> None:
        self.hosts.add(urlsplit(request.url).hostname or request.url)
