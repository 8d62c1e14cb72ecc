"""A story of trouble: what goes wrong at which moment of a rehearsal, as a YAML file or as `--fault` writes it.

    - at: "00:10"              # ten seconds after the first call, on the log's clock
      provider: azure          # every deployment of this provider, as LiteLLM names it
      fault: slow
      latency_s: 3
      for: 2m
    - at: "00:20"
      model: gpt-4o            # every deployment of this model name, or of this model at its provider
      fault: rate_limit
      share: 0.5               # half of the requests
    - at: 25%                  # when a quarter of the calls has been made
      deployment: gpt-4o-azure-1
      fault: server_error
      count: 20                # the next twenty requests
    - at: "00:30"
      service: redis
      gone for: 30s
    - at: "01:00:00"
      service: gateway
      restart: true

| field                              | what it says                                                                    |
|------------------------------------|---------------------------------------------------------------------------------|
| `at`                               | when it begins: `mm:ss` or `hh:mm:ss`, `90s`, `2m`, `1h`, or a share of the     |
|                                    | calls (`25%`); from the start, if it is left out                                |
| `for`                              | how long a fault lasts, likewise; to the end, if it is left out                 |
| `fault`                            | `slow`, `rate_limit` (429), `server_error` (500), `timeout` (no answer),        |
|                                    | `unknown_model` (retired), `cut_stream`, `stream_error`                         |
| `provider`, `model`, `deployment`  | whom it strikes: where several are given, all have to fit; without any, all    |
| `share`                            | which share of the requests it strikes, above 0 and at most 1; all by default   |
| `count`                            | how many requests it strikes in all; without a limit by default                 |
| `latency_s`                        | slow: seconds that an answer is late (2)                                        |
| `retry_after_s`                    | rate_limit: seconds in the `Retry-After` header (1)                             |
| `hold_s`                           | timeout: seconds until the connection drops (60)                                |
| `after_chunks`                     | cut_stream, stream_error: chunks before the break (3)                           |
| `service`                          | `redis`, `postgres` or `gateway`, with one of the next three                    |
| `gone for`                         | it is stopped, and started again after that time                                |
| `stop: true`, `restart: true`      | it is stopped for good; it is restarted at once                                 |

Times are on the clock of the log: with `--speed 60` the two minutes above last two seconds, while `latency_s`,
`retry_after_s` and `hold_s` are seconds as they pass, and a service takes as long to start as it does. At full speed a
moment is the share of the calls that the log had made by then.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from gateway_kit.gateway.fault import FaultKind
from gateway_kit.rehearsal.errors import RehearsalError
from gateway_kit.rehearsal.moments import Moment
from gateway_kit.rehearsal.run_folder import Deployment

# LiteLLM's further names of a provider, for some of its endpoints, by the name that people use.
_ALSO = {
    "text-completion-openai": "openai",
    "azure_text": "azure",
    "bedrock_converse": "bedrock",
    "vertex_ai_beta": "vertex_ai",
    "ollama_chat": "ollama",
}

ServiceName = Literal["redis", "postgres", "gateway"]


@dataclass(frozen=True)
class StoryEvent:
    """One thing that goes wrong; `fault` or `service` says which kind it is.

    line      in the story's file, from 1; 0 for one of `--fault`
    at        when it begins; for `--fault` the start
    lasts     how long; None for to the end, and for a restart
    settings  of the fault: `latency_s`, `probability`, `count`, `retry_after_s`, `hold_s`, `after_chunks`
    action    of the service: stop (with `lasts`: and start again) or restart
    """

    line: int
    at: Moment
    lasts: Moment | None = None
    fault: FaultKind | None = None
    provider: str | None = None
    model: str | None = None
    deployment: str | None = None
    settings: Mapping[str, float] | None = None
    service: ServiceName | None = None
    action: Literal["stop", "restart"] | None = None

    @property
    def subject(self) -> str:
        """Whom it strikes, in a few words."""
        if self.service is not None:
            return self.service
        named = [name for name in (self.provider, self.model, self.deployment) if name is not None]
        return " ".join(named) or "every provider"

    def describe(self) -> str:
        """What happens, in a few words: `azure: slow, latency_s=3, for 02:00`."""
        if self.service is not None:
            much = (
                f"gone for {self.lasts}"
                if self.lasts
                else f"{self.action}ped".replace("restartped", "restarted")
            )
            return f"{self.service}: {much}"
        settings = [f"{name}={value:g}" for name, value in (self.settings or {}).items()]
        length = [f"for {self.lasts}"] if self.lasts else []
        return f"{self.subject}: " + ", ".join([str(self.fault), *settings, *length])

    def struck(self, deployments: Sequence[Deployment]) -> list[Deployment]:
        """The deployments that a fault strikes."""
        return [deployment for deployment in deployments if self._strikes(deployment)]

    def _strikes(self, deployment: Deployment) -> bool:
        models = {deployment.model_name, deployment.model, deployment.model.partition("/")[2]}
        return (
            (self.provider is None or self._names(deployment.provider))
            and (self.model is None or self.model in models)
            and (self.deployment is None or self.deployment == deployment.label)
        )

    def _names(self, provider: str) -> bool:
        """Whether the story means this provider: `openai` is its completions' provider too, not the other way round."""
        asked = "vertex_ai" if self.provider == "vertex" else self.provider
        return asked in (provider, _ALSO.get(provider))

    def as_dict(self) -> dict[str, Any]:
        """The event for `RunFacts.story`: without what does not apply."""
        known = {name: value for name, value in asdict(self).items() if value not in (None, {})}
        return {**known, "at": str(self.at), **({"lasts": str(self.lasts)} if self.lasts else {})}


@dataclass(frozen=True)
class Story:
    """What goes wrong, in the order of time. `name` is the file's."""

    name: str
    events: Sequence[StoryEvent] = ()

    def __iter__(self) -> Iterator[StoryEvent]:
        return iter(self.events)

    def __len__(self) -> int:
        return len(self.events)

    def __add__(self, other: Story) -> Story:
        return Story(self.name or other.name, (*self.events, *other.events))

    def untimely(self, span_s: float | None) -> list[str]:
        """A sentence for each event that would never happen, in a log of `span_s` seconds; None: it has no times."""
        return [sentence for event in self if (sentence := self._untimely(event, span_s))]

    def _untimely(self, event: StoryEvent, span_s: float | None) -> str | None:
        if span_s is None and any(moment and moment.seconds for moment in (event.at, event.lasts)):
            return f"{self._where(event)}: the log has no times: write shares of its calls, such as `at: 25%`"
        if span_s is not None and (event.at.seconds or 0.0) > span_s:
            return f"{self._where(event)}: `at: {event.at}` is after the log's last call, at {Moment(seconds=span_s)}"
        return None

    def unmatched(self, deployments: Sequence[Deployment]) -> list[str]:
        """A sentence for each fault that would strike no deployment: its line, whom it names, and who is there."""
        return [
            self._missing(event, deployments)
            for event in self
            if event.fault and not event.struck(deployments)
        ]

    def _missing(self, event: StoryEvent, deployments: Sequence[Deployment]) -> str:
        there = {
            "provider": sorted({deployment.provider for deployment in deployments}),
            "model": sorted({deployment.model_name for deployment in deployments}),
            "deployment": sorted(deployment.label for deployment in deployments),
        }
        asked = [(name, getattr(event, name)) for name in there if getattr(event, name) is not None]
        wrong = [(name, value) for name, value in asked if value not in there[name]] or asked
        parts = [f"no {name} `{value}` (there: {', '.join(there[name]) or 'none'})" for name, value in wrong]
        return f"{self._where(event)}: {event.describe()}: the configuration has {' and '.join(parts)}"

    def _where(self, event: StoryEvent) -> str:
        return f"{self.name}:{event.line}" if event.line else "--fault"


def read_story(path: Path | str) -> Story:
    """The story of a YAML file, as the top of this module describes it.

    Raises RehearsalError with each mistake, its line, and how to mend it.
    """
    from gateway_kit.rehearsal.story_file import read_events

    file = Path(path)
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as exc:
        why = (
            "is not text in UTF-8"
            if isinstance(exc, UnicodeDecodeError)
            else f"cannot be read: {exc.strerror}"
        )
        raise RehearsalError(f"The story {file} {why}. Give a YAML file: --story story.yaml") from exc
    return Story(file.name, tuple(read_events(file.name, text)))


def read_fault(text: str) -> StoryEvent:
    """The event of a `--fault`: `azure rate_limit probability=0.5`, for the whole run unless `at=` and `for=` say more.

    Words: a provider (or `provider=`, `model=`, `deployment=`), the fault, and its settings. Raises RehearsalError.
    """
    from gateway_kit.rehearsal.story_file import event_of_words

    return event_of_words(text)
