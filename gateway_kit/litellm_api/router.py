"""`gateway.router`: how LiteLLM spreads requests over deployments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from gateway_kit.errors import RequestRefusedError
from gateway_kit.litellm_api.management import ManagementApi
from gateway_kit.litellm_api.models import refuse_header_fault


class Router:
    """The router's settings and load-balancing strategies, changed while the gateway runs."""

    def __init__(self, api: ManagementApi) -> None:
        self._api = api

    def settings(self) -> dict[str, Any]:
        """The settings in force, by LiteLLM's names: routing_strategy, num_retries, fallbacks and more.

        From `/router/settings`.

        Raises:
            GatewayError: LiteLLM refuses the request, or does not answer.
        """
        settings: dict[str, Any] = self._api.get("/router/settings")["current_values"]
        return settings

    def set(self, **settings: Any) -> dict[str, Any]:
        """Change settings (`/config/update`).

        They are kept in LiteLLM's database and hold until they are changed again, also after a restart. With several
        workers the others follow within half a minute.

        Args:
            **settings: by LiteLLM's names, such as `num_retries=2`.

        Returns:
            The settings then in force.

        Raises:
            RequestRefusedError: the configuration file sets this, and decides; or an alias cannot stand in a
                response header, see `gateway.models.add`.
        """
        for alias in settings.get("model_group_alias") or {}:
            refuse_header_fault("the alias", alias)
        self._api.post("/config/update", {"router_settings": settings})
        return self.settings()

    def strategies(self) -> list[str]:
        """The names of the load-balancing strategies that this gateway offers."""
        fields = self._api.get("/router/settings")["fields"]
        return [str(o) for f in fields if f["field_name"] == "routing_strategy" for o in f["options"]]

    def strategy_of(self, model: str) -> str:
        """The strategy by which requests for this model are spread over its deployments."""
        settings = self.settings()
        groups = settings.get("routing_groups") or []
        of_model = [str(group["routing_strategy"]) for group in groups if model in group["models"]]
        return of_model[0] if of_model else str(settings.get("routing_strategy") or "simple-shuffle")

    def set_strategy(self, strategy: str | None, models: str | Sequence[str], **args: Any) -> None:
        """Choose how requests for `models` are spread over their deployments, until it is changed again.

        LiteLLM's `routing_groups` hold the choice. Unlike `routing_strategy` they can be set beside a configuration
        file that names a strategy.

        `cost-based-routing` looks for a deployment's price under its `base_model` and then its `model`, each as it is
        written: it finds `azure/gpt-4o-mini` and not `openai/gpt-4o-mini`. A deployment without a price there, and
        without both halves of its own in `litellm_params`, above 0, counts as the dearest; among equals the first is
        taken.

        Args:
            strategy: a name of `strategies()`; None goes back to what the configuration file says.
            models: one model name or several.
            **args: the strategy's own (LiteLLM's `routing_strategy_args`).

        Raises:
            RequestRefusedError: there is no such strategy.
        """
        names = [models] if isinstance(models, str) else list(models)
        if strategy is not None and strategy not in (offered := self.strategies()):
            # LiteLLM itself takes any word, and then keeps what it had.
            raise RequestRefusedError(
                f"There is no routing strategy {strategy!r}. Choose from: {', '.join(offered)}"
            )
        groups = without_models(self.settings().get("routing_groups") or [], names)
        if strategy is not None:
            group = {"group_name": "+".join(names), "models": names, "routing_strategy": strategy}
            groups.append({**group, "routing_strategy_args": args} if args else group)
        self.set(routing_groups=groups)

    @contextmanager
    def strategy(self, strategy: str, models: str | Sequence[str], **args: Any) -> Iterator[None]:
        """`set_strategy` for the length of a `with` block.

        Example:
            >>> with gateway.router.strategy("latency-based-routing", "smart"):
            ...     gateway.ask_many(prompts, "smart")
        """
        before = self.settings().get("routing_groups") or []
        self.set_strategy(strategy, models, **args)
        try:
            yield
        finally:
            self.set(routing_groups=before)


def without_models(groups: Iterable[Mapping[str, Any]], names: Iterable[str]) -> list[dict[str, Any]]:
    """LiteLLM's routing groups without these models; a group that has no other models goes."""
    left = set(names)
    kept = [{**group, "models": [m for m in group["models"] if m not in left]} for group in groups]
    return [group for group in kept if group["models"]]
