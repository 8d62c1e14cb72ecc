"""The report's three files: what they say first, and that nothing in them runs, loads or notifies."""

from __future__ import annotations

import json
import os
import re
import xml.etree.ElementTree as ET
from base64 import b64decode
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from markdown_it import MarkdownIt

from gateway_kit.rehearsal import Rehearsal, RehearsalError
from gateway_kit.rehearsal.report import data, wording
from gateway_kit.rehearsal.report.data import report_schema
from gateway_kit.rehearsal.report.markdown import LONGEST, code, escape_markdown
from gateway_kit.rehearsal.report.verdict import verdict
from gateway_kit.rehearsal.run_folder import CALLS_FILE, NOT_CARRIED_OUT, Deployment, Replaced
from tests.unit.rehearsal_made import Made, made_rehearsal, write_run

SCRIPT = "<script>alert(1)</script>"
HOSTILE = f"{SCRIPT}|`x` ``y`` **b** [a](http://evil.example) @everyone #1 $x$ \u202e\x1b[31m&amp; </td></style>--><!--"
# GitHub's Markdown, without its links of plain addresses, which `escape_markdown` breaks.
GFM = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
ENDINGS = ("html", "md", "json")


class Page(HTMLParser):
    """The elements of a page, with their attributes, and its text without the style sheet."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in ("meta", "img", "link"):
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag, "elements are nested"

    def handle_data(self, data: str) -> None:
        if self._open[-1:] != ["style"]:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).replace("\xa0", " ").split())


def written(rehearsal: Rehearsal, *conditions: str) -> dict[str, str]:
    paths = rehearsal.write_report(conditions)
    assert list(paths) == list(ENDINGS)
    return {ending: path.read_text() for ending, path in paths.items()}


@pytest.fixture(scope="module")
def rehearsal(tmp_path_factory: pytest.TempPathFactory) -> Rehearsal:
    worse = Made(failing=0.12, cached=0.1, rescued=0.1, slower=1.3)
    return Rehearsal.read(made_rehearsal(tmp_path_factory.mktemp("out") / "a", worse, Made()))


@pytest.fixture(scope="module")
def report(rehearsal: Rehearsal) -> dict[str, str]:
    return written(rehearsal, "failed > 0.01", "p95_s > 500")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The report of a rehearsal in which all that others named is hostile."""
    folder = tmp_path_factory.mktemp("hostile")
    models = {f"{HOSTILE}{number}": (f"openai/{HOSTILE}", 1.0, 2.0, 0.5) for number in range(3)}
    made = Made(60, models=models, names=(HOSTILE, f"{HOSTILE} 2"), failing=0.3, rescued=0.2)
    facts: dict[str, Any] = {
        "config": HOSTILE,
        "traffic": {"name": HOSTILE, "calls": 60},
        "notes": [HOSTILE],
        "stack": {HOSTILE: HOSTILE},
        "replaced": [Replaced("replaced", *[HOSTILE] * 5), Replaced("not_rehearsed", *[HOSTILE] * 5)],
        "deployments": [Deployment(*[HOSTILE] * 5, 1)],
        "ended": "interrupted",
    }
    for name in ("candidate", "against"):
        run = write_run(folder / "runs" / name, made, **facts)
        text = (
            (run / CALLS_FILE)
            .read_text()
            .replace("429 Rate limit of the key reached", json.dumps(HOSTILE)[1:-1])
        )
        (run / CALLS_FILE).write_text(text.replace('"key_limit"', json.dumps(HOSTILE)))
        events = [{"kind": kind, "subject": HOSTILE, "detail": HOSTILE, "at_s": 5.0} for kind in
                  ("fault_on", "service_stopped", "cooldown", "note")]  # fmt: skip
        (run / "events.jsonl").write_text("".join(f"{json.dumps(event)}\n" for event in events))
    return written(Rehearsal.read(folder), "failed > 0.01", f"failed.by_model[{next(iter(models))!r}] > 0")


def test_the_report_says_first_what_came_out(report: dict[str, str], rehearsal: Rehearsal):
    page = Page(report["html"])
    failed = int(rehearsal.candidate.calls["failed"].sum())
    order = [
        "Rehearsal of candidate.yaml against against.yaml",
        "What must not hold does: failed > 0.01:",
        "In short: the candidate fails more often",
        f"{failed} failed",
        "More calls fail than with the baseline (against.yaml)",
        "The rehearsal of the baseline had trouble that the log did not have",
        "The story brought 2 troubles",
        "1 setting of the configuration could not be rehearsed",
        "Calibration: the rehearsal against the log",
        "What changed",
        "What happened over time",
        "What was replaced, scaled or not rehearsed",
        "The candidate in tables",
    ]
    places = [page.text.index(text) for text in order[:8]]
    assert places == sorted(places)
    headings = page.text[places[-1] :]
    assert [headings.index(text) for text in order[8:]] == sorted(headings.index(text) for text in order[8:])
    markdown = report["md"].replace("\\", "")
    assert [markdown.index(text) for text in order] == sorted(markdown.index(text) for text in order)
    data = json.loads(report["json"])
    assert data["verdict"][0].startswith("What must not hold does: failed > 0.01")
    assert [each["met"] for each in data["conditions"]] == [True, False]


def test_the_page_runs_nothing_and_loads_nothing(report: dict[str, str], hostile: dict[str, str]):
    for text in (report["html"], hostile["html"]):
        page = Page(text)
        assert {tag for tag, _ in page.elements}.isdisjoint(
            {"script", "link", "iframe", "object", "form", "base"}
        )
        for tag, attributes in page.elements:
            assert not [name for name in attributes if name.startswith("on")]
            for name in ("src", "href"):
                if value := attributes.get(name):
                    assert value.startswith(("data:image/svg+xml;base64,", "#part-")), (tag, value[:60])
        policy = next(
            a["content"] for t, a in page.elements if a.get("http-equiv") == "Content-Security-Policy"
        )
        assert policy is not None
        assert policy.startswith("default-src 'none'")


def test_pictures_hold_no_text_of_others_as_markup(hostile: dict[str, str]):
    images = [attributes for tag, attributes in Page(hostile["html"]).elements if tag == "img"]
    assert len(images) == 5
    for image in images:
        assert image["alt"]
        assert image["src"] is not None
        drawn = b64decode(image["src"].partition(",")[2]).decode()
        assert "<script" not in drawn
        assert not re.findall(r"(?:href|src)=\"(?!#)", drawn)
        assert "@import" not in drawn
        ET.fromstring(drawn)


def test_other_peoples_text_is_shown_as_it_is(hostile: dict[str, str]):
    page = Page(hostile["html"])
    assert page.text.count("<script>alert(1)</script>") > 10
    assert "\u202e" not in hostile["html"]
    assert "\x1b" not in hostile["html"]


def test_the_comment_runs_nothing_links_nothing_and_notifies_nobody(hostile: dict[str, str]):
    html = GFM.render(hostile["md"])
    page = Page(html)
    assert {tag for tag, _ in page.elements} <= {
        "h2", "ul", "li", "p", "strong", "details", "summary", "table", "thead", "tbody", "tr", "th", "td", "code",
        "sub",
    }  # fmt: skip
    assert page.text.count("<script>alert(1)</script>") > 5
    outside = re.sub(r"<code>.*?</code>", "", html, flags=re.S)
    assert not re.search(r"@\w|#\d|://", outside)
    # Each row has as many cells as its head, whatever the names hold.
    for table in re.findall(r"<table>.*?</table>", html, flags=re.S):
        counts = {len(re.findall(r"<t[hd]", row)) for row in re.findall(r"<tr>.*?</tr>", table, flags=re.S)}
        assert len(counts) == 1


@pytest.mark.parametrize("text", ["a", "`", "``a`", "a`b", "|", "\\|", " x ", "$1$", "<b>"])
def test_code_shows_its_text(text: str):
    table = f"| a |\n| --- |\n| {code(text)} |\n"
    shown = Page(GFM.render(table))
    assert shown.text == f"a {text.strip()}"


def test_markdown_is_escaped():
    text = "# a *b* _c_ `d` [e](f) <g> | h ~i~ !j \\k @l #2 https://m.example www.n.example"
    page = Page(GFM.render(escape_markdown(text)))
    assert {tag for tag, _ in page.elements} == {"p"}
    assert page.text.replace(" ", "") == text.replace(" ", "")


def test_the_json_is_as_its_schema_says(report: dict[str, str], hostile: dict[str, str], tmp_path: Path):
    schema = report_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    empty = written(Rehearsal.read(made_rehearsal(tmp_path / "out", Made(count=0))))
    for text in (report["json"], hostile["json"], empty["json"]):
        data = json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
        jsonschema.validate(data, schema)
        assert (data["schema"], data["version"]) == ("gateway-kit/rehearsal-report", 1)


def test_the_schema_of_this_version_stays_as_it_is():
    """Other programs read it: a property that goes, or means something else, needs a new version."""
    path = Path(data.__file__).with_name("report-1.schema.json")
    schema = f"{json.dumps(report_schema(), indent=1, ensure_ascii=False)}\n"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(schema)
    assert path.read_text() == schema


def test_the_json_has_the_figures_of_the_tables(report: dict[str, str], rehearsal: Rehearsal):
    data = json.loads(report["json"])
    candidate, against = data["runs"]
    assert (candidate["name"], against["name"]) == ("candidate", "against")
    assert candidate["summary"]["cost_usd"] == rehearsal.candidate.summary()["cost_usd"].iloc[0]
    assert [row["name"] for row in candidate["groups"]["model"]] == rehearsal.candidate.summary("model")[
        "model"
    ].tolist()
    rows = {row["measure"]: row for row in data["comparisons"][0]["rows"] if row["by"] == "all"}
    assert (
        rows["failed"]["p"]
        == rehearsal.comparisons["against"].overall.set_index("measure").loc["failed", "p"]
    )
    assert rows["cost_usd"]["p"] is None
    assert [each["run"] for each in data["calibrations"]] == ["candidate", "against"]


def test_a_rehearsal_that_ended_before_the_candidate_says_so(tmp_path: Path):
    for name in ("against", "against-2"):
        write_run(tmp_path / "runs" / name, Made(count=8, ended="interrupted"))
    rehearsal = Rehearsal.read(tmp_path)
    assert rehearsal.comparisons == {}
    assert verdict(rehearsal, [])[0].text == (
        "The rehearsal ended before the candidate's turn, so this report is of baseline and baseline 2 alone."
    )
    assert "Rehearsal of against.yaml" in written(rehearsal)["md"]


def test_who_fails_is_not_called_cheaper_and_a_missing_price_is_named(tmp_path: Path):
    rehearsal = Rehearsal.read(made_rehearsal(tmp_path / "out", Made(failing=0.2), Made()))
    rehearsal.candidate.calls.loc[rehearsal.candidate.calls["model"] == "mini", "cost_usd"] = float("nan")
    told = {each.text: each.kind for each in verdict(rehearsal, [])}
    short = next(text for text in told if text.startswith("In short"))
    assert short == "In short: the candidate fails more often than the baseline."
    cost = next(text for text in told if text.startswith("It costs less"))
    assert told[cost] == "tells"
    assert "the rest is due to calls that failed" in cost
    assert any("counts as 0: the gateway has no price for mini." in text for text in told)


def test_a_partial_run_says_so_on_top(tmp_path: Path, hostile: dict[str, str]):
    rehearsal = Rehearsal.read(
        made_rehearsal(tmp_path / "out", Made(count=20, ended="interrupted"), Made(count=30))
    )
    report = written(rehearsal)
    page = Page(report["html"])
    head = page.text[: page.text.index("In short")]
    assert "This report is partial: a run was broken off." in head
    assert "the run of the candidate was interrupted after 20 of 20 calls" in head
    assert report["md"].splitlines()[2] == "**This report is partial: a run was broken off.**"
    assert json.loads(report["json"])["partial"] is True
    assert "is partial" not in Page(written(Rehearsal.read(made_rehearsal(tmp_path / "whole")))["html"]).text


@pytest.mark.parametrize(
    ("candidate", "against"),
    [
        (Made(count=0), None),
        (Made(count=1), None),
        (Made(count=1), Made(count=0)),
        (Made(count=2, logged=False), Made(count=2, logged=False)),
        (Made(count=30, failing=1.0), Made(count=30)),
        (Made(count=30, speed=None), None),
    ],
    ids=["no call", "one call", "no pair", "no log", "all failed", "full speed"],
)
def test_hardly_any_call_makes_a_report(tmp_path: Path, candidate: Made, against: Made | None):
    report = written(Rehearsal.read(made_rehearsal(tmp_path / "out", candidate, against)))
    text = Page(report["html"]).text
    assert "nan" not in text.lower().split()
    assert "<NA>" not in text
    if not candidate.count:
        assert "made no call" in text
    if not candidate.logged:
        assert "The log does not have what the cost and the p50" in text


def test_many_models_and_long_names_fit_a_comment(tmp_path: Path):
    models = {f"model-{number}-{'x' * 150}": (f"openai/{number}", 1.0, 2.0, 0.5) for number in range(150)}
    made = Made(
        450, models=models, names=[f"team-{number}-{'@|`' * 40}" for number in range(100)], failing=0.5
    )
    notes = [f"Note {number}: {'_long_ ' * 80}" for number in range(120)]
    for name in ("candidate", "against"):
        write_run(tmp_path / "runs" / name, made, notes=notes)
    report = written(Rehearsal.read(tmp_path))
    assert len(report["md"]) < LONGEST
    assert "The rest is in report.html." in report["md"] or report["md"].rstrip().endswith("</sub>")
    assert re.search(r"[6-9]\d more rows are in report\.json", Page(report["html"]).text)


def test_an_ordinary_comment_is_short(report: dict[str, str]):
    assert len(report["md"]) < 15_000


def test_a_report_that_cannot_be_written_says_what_to_do(tmp_path: Path):
    rehearsal = Rehearsal.read(made_rehearsal(tmp_path / "out", Made(count=1)))
    (tmp_path / "out" / "report.md").mkdir()
    with pytest.raises(RehearsalError, match=r"report\.md cannot be written: .*Rehearsal\.read\("):
        rehearsal.write_report()


def test_a_condition_that_is_none_leaves_the_folder_as_it_was(tmp_path: Path):
    rehearsal = Rehearsal.read(made_rehearsal(tmp_path / "out", Made(count=1)))
    with pytest.raises(RehearsalError, match="no measure nothing"):
        rehearsal.write_report(["nothing > 1"])
    assert not list((tmp_path / "out").glob("report.*"))


def test_a_notebook_shows_the_verdict_and_the_runs(rehearsal: Rehearsal, report: dict[str, str]):
    page = Page(rehearsal._repr_html_())
    assert "In short: the candidate fails more often" in page.text
    assert str(rehearsal.folder / "report.html") in page.text
    assert [attributes for tag, attributes in page.elements if tag == "table"] == [{}]
    run = Page(rehearsal.candidate._repr_html_())
    assert "By model" in run.text
    assert "Why calls failed" in run.text


MINUS = "\N{MINUS SIGN}"
FIGURES: list[tuple[Any, Any, str]] = [
    (wording.share, 0.0423, "4.2 %"),
    (wording.share, 0.0004, "0.04 %"),
    (wording.share, 0.0, "0.0 %"),
    (wording.share, 0.00004, "0.004 %"),
    (wording.change, 0.003, "+0.3 %"),
    (wording.change, -0.12, f"{MINUS}12 %"),
    (wording.change, 2.5, "3.5 times"),
    (wording.change, 0.0, "0.0 %"),
    (wording.points, 0.0123, "+1.23"),
    (wording.points, -0.01, f"{MINUS}1"),
    (wording.points, 0.1, "+10"),
    (wording.seconds, 1.239, "1.24 s"),
    (wording.seconds, 0.083, "0.083 s"),
    (wording.seconds, 123.4, "123.4 s"),
    (wording.dollars, 12.4, "12.40 USD"),
    (wording.dollars, 0.0312, "0.0312 USD"),
    (wording.dollars, 0.0, "0.00 USD"),
    (wording.dollars, 1234.5, "1,234.50 USD"),
    (wording.dollars, float("nan"), "-"),
    (wording.number, 1204, "1,204"),
    (wording.clock, 150.2, "02:30"),
    (wording.clock, 3750, "1:02:30"),
    (wording.clock, 176400, "2 d 01:00:00"),
    (wording.plain, "a\nb\tc", "a b c"),
    (wording.plain, None, ""),
    (wording.plain, "x" * 500, "x" * 119 + "…"),
    (wording.cause, "budget", "a budget is spent"),
    (wording.cause, "a_new_one", "a new one"),
]


@pytest.mark.parametrize(("function", "value", "text"), FIGURES)
def test_figures_are_written_for_people(function: Any, value: Any, text: str):
    assert function(value) == text


def test_trouble_that_did_not_come_is_said_first(tmp_path: Path):
    told = f"{NOT_CARRIED_OUT}: azure: rate_limit: the configuration has no such deployment"
    write_run(tmp_path / "runs" / "candidate", Made(), notes=[told], story=[])
    said = json.loads(written(Rehearsal.read(tmp_path))["json"])["verdict"]
    assert f"{told}." in said
