"""The two kinds of load, as Locust's users."""

from __future__ import annotations

from typing import Any

from locust import User, task
from locust.env import Environment
from locust.exception import StopUser

from gateway_kit.stack.servers.load_generator.greenlets import Group
from gateway_kit.stack.servers.load_generator.share import FAILED, Share


class LoadEnvironment(Environment):
    """Locust's environment, with this process's share of the run once it is known."""

    share: Share | None = None


class ClosedLoop(User):
    """Asks, waits for the answer, thinks, and asks again."""

    environment: LoadEnvironment

    def on_start(self) -> None:
        """Begin with the others."""
        share = _share(self)
        share.begin()
        self._number = next(share.user_numbers())
        self._think_times = share.think_times(self._number)

    def wait_time(self) -> float:
        """Seconds to think, for Locust."""
        return next(self._think_times)

    @task
    def ask(self) -> None:
        """One call, or the end."""
        share = _share(self)
        ask = share.next_ask()
        if ask is None:
            raise StopUser
        share.call(ask, user=self._number)


class OpenLoop(User):
    """Lets every call begin when it is due, whatever has become of the ones before. One a process."""

    environment: LoadEnvironment

    @task
    def arrive(self) -> None:
        """The whole share."""
        share, under_way = _share(self), Group()
        share.begin()

        def failed(_: Any) -> None:
            share.ended = FAILED

        try:
            for ask, due in share.arrivals():
                under_way.spawn(share.arrive, ask, due).link_exception(failed)
            under_way.join()
        finally:
            under_way.kill()
        raise StopUser


def _share(user: ClosedLoop | OpenLoop) -> Share:
    if user.environment.share is None:  # a worker that came when the run had begun
        raise StopUser
    return user.environment.share
