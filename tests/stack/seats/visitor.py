"""A person at a seat, by HTTP: signs in, waits for JupyterLab, runs cells in it."""

from __future__ import annotations

import json
import uuid
from typing import Any

import httpx
import websocket

PATIENCE_S = 300.0


class Visitor:
    """A browser of its own: its cookies say who is signed in."""

    def __init__(self, address: str) -> None:
        self.http = httpx.Client(
            base_url=address, follow_redirects=True, timeout=PATIENCE_S, trust_env=False, verify=False
        )
        self.seat = ""

    def sign_in(self, seat: str, code: str) -> httpx.Response:
        self.http.get("/hub/login")
        form = {"username": seat, "password": code, "_xsrf": self._xsrf("/hub/")}
        answer = self.http.post("/hub/login", data=form)
        self.seat = seat
        return answer

    def start(self) -> list[str]:
        """Wait until the seat has started; the lines that its page showed meanwhile."""
        self.http.get("/hub/spawn")
        lines = []
        progress = f"/hub/api/users/{self.seat}/server/progress"
        with self.http.stream("GET", progress, params={"_xsrf": self._xsrf("/hub/")}) as events:
            for event in events.iter_lines():
                if event.startswith("data: "):
                    values = json.loads(event.removeprefix("data: "))
                    lines.append(values["message"])
                    assert not values.get("failed"), lines
        opened = self.http.get(f"/user/{self.seat}/lab")
        assert opened.status_code == 200, opened.text[:500]
        return lines

    def api(self, method: str, path: str, **more: Any) -> Any:
        """What the seat's JupyterLab answers."""
        token = {"X-XSRFToken": self._xsrf(f"/user/{self.seat}/")}
        answer = self.http.request(method, f"/user/{self.seat}/api/{path}", headers=token, **more)
        assert answer.is_success, (answer.status_code, answer.text[:300])
        return answer.json() if answer.content else None

    def kernel(self) -> str:
        """The id of a kernel of the seat's, which is started if there is none."""
        running = self.api("GET", "kernels")
        return str((running[0] if running else self.api("POST", "kernels", json={"name": "python3"}))["id"])

    def run(self, kernel: str, code: str) -> str:
        """What a cell prints."""
        base = str(self.http.base_url).replace("http", "ws", 1).rstrip("/")
        cookies = "; ".join(
            f"{c.name}={c.value}" for c in self.http.cookies.jar if c.path.startswith("/user/")
        )
        channels = websocket.create_connection(
            f"{base}/user/{self.seat}/api/kernels/{kernel}/channels?_xsrf={self._xsrf(f'/user/{self.seat}/')}",
            cookie=cookies,
            timeout=PATIENCE_S,
        )
        try:
            asked = str(uuid.uuid4())
            header = {"msg_id": asked, "msg_type": "execute_request", "session": asked, "version": "5.3"}
            content = {"code": code, "silent": False, "allow_stdin": False, "stop_on_error": True}
            message = {"header": header, "parent_header": {}, "metadata": {}, "content": content}
            channels.send(json.dumps({**message, "channel": "shell", "buffers": []}))
            printed = ""
            while True:
                said = json.loads(channels.recv())
                if said["parent_header"].get("msg_id") != asked:
                    continue
                if said["msg_type"] == "stream":
                    printed += said["content"]["text"]
                if said["msg_type"] == "execute_reply":
                    assert said["content"]["status"] == "ok", said["content"]
                if said["msg_type"] == "status" and said["content"]["execution_state"] == "idle":
                    return printed
        finally:
            channels.close()

    def close(self) -> None:
        self.http.close()

    def _xsrf(self, path: str) -> str:
        return next(
            (c.value or "" for c in self.http.cookies.jar if c.name == "_xsrf" and c.path == path), ""
        )
