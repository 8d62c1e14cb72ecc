"""The two kinds of load as Locust users."""

from __future__ import annotations

from typing import Any

from locust import User, task
from locust.env import Environment
from locust.exception import StopUser

from gateway_kit.stack.servers.load_generator.greenlets import Group
from gateway_kit.stack.servers.load_generator.share import FAILED, Share


class LoadEnvironment(Environment):
    """Locust's environment with this process's share of the run."""

    share: Share | None = None


class ClosedLoop(User):
    """Makes a call, waits for the answer, thinks, and makes the next one."""

    environment: LoadEnvironment

    def on_start(self) -> None:
        """Start the clock, take a number, and wait for its turn to join."""
        share = _share(self)
        share.begin()
        self._number = next(share.user_numbers())
        share.wait_to_join(self._number)
        self._think_times = share.think_times(self._number)

    def wait_time(self) -> float:
        """Seconds to think, for Locust."""
        return next(self._think_times)

    @task
    def ask(self) -> None:
        """Make one call, or end."""
        share = _share(self)
        request = share.next_request()
        if request is None:
            raise StopUser
        share.call(request, user=self._number)


class OpenLoop(User):
    """Begins every call when it is due, whether earlier ones have ended or not. One per process."""

    environment: LoadEnvironment

    @task
    def arrive(self) -> None:
        """Make all calls of the share."""
        share, under_way = _share(self), Group()
        share.begin()

        def failed(_: Any) -> None:
            share.ended = FAILED

        try:
            for request, due in share.arrivals():
                under_way.spawn(share.arrive, request, due).link_exception(failed)
            under_way.join()
        finally:
            under_way.kill()
        raise StopUser


def _share(user: ClosedLoop | OpenLoop) -> Share:
    if user.environment.share is None:  # a worker that started too late
        raise StopUser
    return user.environment.share
