"""Working in JupyterLab changes the reader's copy of a lesson, and never the lesson."""

from __future__ import annotations

from lab_page import ROOT, LabProgram, NotebookPage
from playwright.sync_api import Page, expect

from gateway_kit.stack.lab import COPIES, FIRST_LESSON


def test_the_lab_opens_the_readers_copy_of_the_first_lesson(lab: LabProgram, lab_page: Page) -> None:
    assert lab.first_page == f"/lab/tree/{COPIES}/{FIRST_LESSON}"
    notebook = NotebookPage(lab_page, lab, f"{COPIES}/{FIRST_LESSON}")
    picture = lab_page.locator(".jp-RenderedMarkdown img").first
    picture.scroll_into_view_if_needed()
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.naturalWidth") > 100
    # The copies are at hand: the file browser shows their folder.
    expect(lab_page.locator(".jp-DirListing-item", has_text="01_routing.ipynb")).to_be_visible()
    notebook.shut_down()


def test_a_lesson_that_is_edited_and_saved_stays_as_it_came(lab: LabProgram, lab_page: Page) -> None:
    original = ROOT / "notebooks" / FIRST_LESSON
    before = original.read_bytes()
    notebook = NotebookPage(lab_page, lab, f"notebooks/{FIRST_LESSON}")
    cell = notebook.cell('question = "What is an LLM gateway?"')
    cell.locator(".cm-content").click()
    lab_page.keyboard.type("changed = True\n")
    lab_page.keyboard.press("Control+s")
    expect(lab_page.locator(".jp-NotebookPanel-toolbar")).to_contain_text("notebook is read-only")
    expect(lab_page.get_by_role("button", name="Document is read-only")).to_be_disabled()
    assert original.read_bytes() == before
    notebook.shut_down()


def test_a_lessons_link_to_the_glossary_shows_it_as_a_page(lab: LabProgram, lab_page: Page) -> None:
    notebook = NotebookPage(lab_page, lab, f"notebooks/{FIRST_LESSON}")  # a kept copy may be older
    lab_page.locator(".jp-RenderedMarkdown a", has_text="gateway").first.click()
    page = lab_page.locator(".jp-MarkdownViewer")
    expect(page.get_by_role("heading", name="Virtual key")).to_be_attached()
    lab_page.get_by_role("tab", name="glossary.md").locator(".lm-TabBar-tabCloseIcon").click()
    lab_page.get_by_role("tab", name=FIRST_LESSON).click()
    notebook.shut_down()
