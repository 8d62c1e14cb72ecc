"""`gateway.stack`: the local stack that the gateway is part of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gateway_kit.common.tables import Column, Table
from gateway_kit.errors import StackError

if TYPE_CHECKING:
    import pandas as pd

    from gateway_kit.gateway.semantic import SemanticGateway
    from gateway_kit.stack.configuration import Finding

STATUS = Table(
    Column("service", "string", "its name; the index"),
    Column("state", "string", "running, unhealthy, dead, stopped, external or off"),
    Column("url", "string", "where it listens"),
    Column("uptime_s", "float64", "seconds since its start; missing unless the kit runs it"),
    Column("rss_mb", "float64", "resident memory in MB (10⁶ bytes), children included"),
)
CREDENTIALS = Table(
    Column("what", "string", "the thing to look at; the index"),
    Column("where", "string", "its address"),
    Column("credentials", "string", "how to get in"),
)
FINDINGS = Table(
    Column("line", "Int64", "where it is in its file"),
    Column("level", "string", "error, warning or advice"),
    Column("rule", "string", "its name in docs/production.md, or the ordinary check's word for the mistake"),
    Column("reason", "string", "what is wrong, and why it matters"),
    Column("mend", "string", "what to write, delete or set"),
    Column("source", "string", "the page that says so; missing for the ordinary check's"),
    Column("file", "string", "the file; included ones have their own"),
)


class StackClient:
    """The services around the gateway: their state, how to get in, and a second gateway beside it.

    `environ` describes the stack, as `gateway-kit up` reads it; a gateway that somebody else runs is `external`.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        try:
            from gateway_kit.stack.stack import Stack
        except ModuleNotFoundError as exc:
            raise StackError(
                f"gateway.stack is not there: the package {exc.name} is not installed. "
                "Install what the stack needs: pip install 'gateway-kit[stack]'"
            ) from exc
        self._stack = Stack(environ)

    def __repr__(self) -> str:
        return f"<The stack in {self._stack.home}; .status() shows it>"

    def status(self) -> pd.DataFrame:
        """The state of each service.

        Returns:
            One row per service, indexed by its name.

                - `service` (string): its name; the index
                - `state` (string): running, unhealthy, dead, stopped, external or off
                - `url` (string): where it listens
                - `uptime_s` (float64): seconds since its start; missing unless the kit runs it
                - `rss_mb` (float64): resident memory in MB (10⁶ bytes), children included
        """
        from gateway_kit.stack.status import status_rows

        rows = ({name: row[name] for name in STATUS.columns} for row in status_rows(self._stack))
        return STATUS.frame(rows).set_index("service")

    def credentials(self) -> pd.DataFrame:
        """Where to look, and how to get in; generated secrets by their name, demonstration defaults in clear.

        Returns:
            One row per thing to look at, indexed by its name.

                - `what` (string): the thing to look at; the index
                - `where` (string): its address
                - `credentials` (string): how to get in
        """
        from gateway_kit.stack.status import credentials_rows

        return CREDENTIALS.frame(credentials_rows(self._stack)).set_index("what")

    def check_configuration(self, text: str) -> list[Finding]:
        """What is wrong with a model configuration in LiteLLM's YAML, as `gateway-kit config check` says it.

        Returns:
            One finding per mistake, with its line, what is wrong and how to fix it; none if all is well.
        """
        from gateway_kit.stack.configuration import check_text

        return check_text(text, self._stack.environ)

    def production_findings(
        self,
        file: str | Path | None = None,
        *,
        replicas: int | None = None,
        workers: int | None = None,
        database_connections: int = 100,
        ignore: Sequence[str] = (),
        values: Sequence[str | Path] = (),
    ) -> pd.DataFrame:
        """What production would say about a configuration, as `gateway-kit config check --production` says it.

        `file` is LiteLLM's configuration, a Compose file or values of its chart; None is the configuration in force.
        `replicas` and `workers` are how many gateways there are at most, and processes of each: what the file says, or
        what runs, if not given. `database_connections` is the database's `max_connections`. `ignore` names rules to
        leave out. `values` are further values of the chart, which outrank those of `file`.

        Returns:
            One row per finding, in the order of lines; none if the file follows every rule.

                - `line` (Int64): where it is in its file
                - `level` (string): error, warning or advice
                - `rule` (string): its name in docs/production.md, or the ordinary check's word for the mistake
                - `reason` (string): what is wrong, and why it matters
                - `mend` (string): what to write, delete or set
                - `source` (string): the page that says so; missing for the ordinary check's
                - `file` (string): the file; included ones have their own

        Example:
            >>> gateway.stack.production_findings("config.yaml", replicas=3).query("level == 'error'")
        """
        from gateway_kit.stack.checked_configuration import Production, check_file

        told = Production(replicas, workers, database_connections, ignore)
        checked = Path(file) if file is not None else None
        path, findings = check_file(self._stack, checked, told, [Path(each) for each in values])
        return FINDINGS.frame(
            (f.line, f.level, f.code, f.message, f.fix, f.source or None, f.file or str(path))
            for f in findings
        )

    def semantic_gateway(self, **settings: Any) -> SemanticGateway:
        """A second gateway with the semantic cache, started beside the stack's own: see `semantic_gateway`.

        Example:
            >>> with gateway.stack.semantic_gateway(threshold=0.9) as lab:
            ...     lab.ask("How do I reset my password?")
        """
        from gateway_kit.gateway.semantic import semantic_gateway

        return semantic_gateway(environ=self._stack.environ, **settings)

    def end_semantic_gateways(self, index: str) -> None:
        """End this program's second gateways with this index, and delete the index with its answers.

        Also what an earlier program left in Redis, and LiteLLM's `…_isolated`; harmless if there is nothing.
        """
        from gateway_kit.gateway.semantic import end_semantic_gateways

        end_semantic_gateways(index, self._stack.environ)
