"""What a page did besides showing itself: all that its console has, the errors in it, and the hosts it asked."""

from __future__ import annotations

from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Request


class Watch:
    """What a page did besides showing itself."""

    def __init__(self, context: BrowserContext) -> None:
        self.complaints: list[str] = []
        self.errors: list[str] = []
        self.hosts: set[str] = set()
        context.on("console", self._said)
        context.on("weberror", lambda error: self._failed(str(error.error)))
        context.on("dialog", lambda dialog: self.complaints.append(dialog.message))
        context.on("request", self._requested)

    def _said(self, message: ConsoleMessage) -> None:
        self.complaints.append(message.text)
        if message.type == "error":
            # A resource that failed is named by its place alone. Without the query, which may hold a token.
            self.errors.append(
                f"{message.text} ({urlsplit(message.location['url'])._replace(query='').geturl()})"
            )

    def _failed(self, text: str) -> None:
        self.complaints.append(text)
        self.errors.append(text)

    def _requested(self, request: Request) -> None:
        self.hosts.add(urlsplit(request.url).hostname or request.url)
