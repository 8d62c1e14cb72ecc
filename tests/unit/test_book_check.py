"""What the check of a built site finds."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.book.check import problems, stack_secrets
from tools.book.links import ROOT

PAGE = '<link rel="stylesheet" href="look.css"><h1 id="top"></h1><a href="sub/other.html#there">a</a>'


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "sub").mkdir()
    (tmp_path / "index.html").write_text(PAGE)
    (tmp_path / "look.css").write_text("body { background: url(data:image/png;base64,AAAA) }")
    other = '<p id="there"></p><a href="../index.html#top">b</a><a href="https://a.example/">c</a><a href="#there">'
    (tmp_path / "sub" / "other.html").write_text(other)
    return tmp_path


def test_a_whole_site_has_no_problem(site: Path) -> None:
    assert problems(site, {"A_SECRET": "s3cret"}) == []


@pytest.mark.parametrize(
    ("added", "problem"),
    [
        ('<a href="missing.html">', "index.html links missing.html, but there is no missing.html"),
        ('<a href="sub/other.html#nowhere">', "but sub/other.html has no such place"),
        ('<a href="#nowhere">', "but index.html has no such place"),
        ('<img src="sub/picture.png">', "but there is no sub/picture.png"),
        (
            '<script src="https://cdn.example/a.js"></script>',
            "loads https://cdn.example/a.js, from another host",
        ),
        ('<link rel="preload" href="//fonts.example/a">', "loads //fonts.example/a, from another host"),
        (f"<pre>{ROOT}/out/lessons</pre>", "index.html shows the folder of this working copy"),
        ("<pre>s3cret</pre>", "index.html shows A_SECRET"),
        ("<pre>sk-Abcdefghijklmnopqrstuv</pre>", "index.html shows a virtual key"),
    ],
)
def test_each_problem_is_found(site: Path, added: str, problem: str) -> None:
    (site / "index.html").write_text(PAGE + added)
    (found,) = problems(site, {"A_SECRET": "s3cret"})
    assert problem in found


def test_a_lesson_shows_no_port_of_the_stack_that_ran_it(site: Path) -> None:
    (site / "lessons").mkdir()
    (site / "lessons" / "01.html").write_text("<p>http://127.0.0.1:4000 http://127.0.0.1:22000</p>")
    assert problems(site, {}) == [
        "lessons/01.html shows port 22000, which only the stack that ran it has: execute it again",
    ]


def test_problems_in_other_files_are_found(site: Path) -> None:
    (site / "look.css").write_text("@import 'https://fonts.example/a.css';")
    (site / "searchindex.js").write_text("s3cret")
    assert problems(site, {"A_SECRET": "s3cret"}) == [
        "look.css loads https://fonts.example/a.css, from another host",
        "searchindex.js shows A_SECRET",
    ]


def test_the_local_stacks_secrets_are_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_HOME", str(tmp_path))
    assert stack_secrets() == {}
    (tmp_path / ".env").write_text("# a note\nLITELLM_MASTER_KEY=sk-password\nREDIS_PASSWORD='abc'\n")
    (tmp_path / ".env").chmod(0o600)
    assert stack_secrets() == {"REDIS_PASSWORD": "abc"}
