"""The report in a real browser: nothing fails, nothing leaves the page, everything can be read."""

import os
import shutil

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
REQUIRED = os.environ.get("WIJKBOEK_BROWSER") == "required"

if CHROMIUM is None and not REQUIRED:
    pytest.skip("Chromium staat niet op deze machine", allow_module_level=True)

from playwright.sync_api import Browser, sync_playwright  # noqa: E402 after the skip

# Without these Chromium itself asks its maker for updates, and the log would hold that.
QUIET = ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
PILOTS = ["utrecht-kanaleneiland", "arnhem-spijkerkwartier", "leeuwarden-heechterp-schieringen"]


@pytest.fixture(scope="module")
def browser():
    assert CHROMIUM, "Chromium ontbreekt, en hier mogen de browsertests niet worden overgeslagen"
    root = ["--no-sandbox"] if os.name == "posix" and os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*QUIET, *root])
        yield browser
        browser.close()


def address(rendered, pilot: str) -> str:
    return (rendered / "reports" / pilot / "index.html").as_uri()


@pytest.mark.parametrize("pilot", PILOTS)
@pytest.mark.parametrize("width", [320, 360, 1280])
def test_the_page_opens_without_an_error_or_a_request_to_another_host(
    rendered, browser: Browser, pilot, width
):
    page = browser.new_page(viewport={"width": width, "height": 900})
    said, asked = [], []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address(rendered, pilot))
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    page.emulate_media(media="print")
    page.pdf()
    assert said == []
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    page.close()


@pytest.mark.parametrize("width", [320, 360, 1280])
def test_nothing_but_tables_and_pictures_is_wider_than_the_screen(rendered, browser, width):
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.goto(address(rendered, PILOTS[0]))
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    wide = page.evaluate(
        """width => [...document.querySelectorAll('main *')]
            .filter(e => !e.closest('.wb-table, .wb-scroll, pre'))
            .filter(e => e.getBoundingClientRect().right > width + 1).map(e => e.outerHTML)""",
        width,
    )
    assert wide == []
    page.close()


def test_all_text_is_there_and_every_fold_opens_without_javascript(rendered, browser):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address(rendered, PILOTS[0]))
    assert page.get_by_role("heading", level=1).inner_text() == "Kanaleneiland"
    fold = page.get_by_text("Toon de cijfers: Geld van de gemeente").first
    table = page.get_by_role("table", name="Rekening van de gemeente voor Kanaleneiland, 2023")
    assert not table.is_visible()
    fold.click()
    assert table.is_visible()
    context.close()


def test_every_fold_and_wide_part_can_be_reached_with_the_keyboard(rendered, browser):
    page = browser.new_page()
    page.goto(address(rendered, PILOTS[0]))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "wb-skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "inhoud"
    reachable = page.evaluate(
        """() => [...document.querySelectorAll('summary, .wb-table, .wb-scroll')]
            .every(e => e.tabIndex >= 0)"""
    )
    assert reachable
    page.close()


def test_pictures_have_a_name_and_a_description(rendered, browser):
    page = browser.new_page()
    page.goto(address(rendered, PILOTS[0]))
    pictures = page.get_by_role("img")
    assert pictures.count() == 5
    for n in range(5):
        named = pictures.nth(n).evaluate(
            """e => e.getAttribute('aria-labelledby').split(' ')
                .map(id => document.getElementById(id).textContent.length)"""
        )
        assert len(named) == 2 and min(named) > 20
    page.close()


def test_labels_in_pictures_do_not_overlap_or_fall_off(rendered, browser):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    for pilot in PILOTS:
        page.goto(address(rendered, pilot))
        faults = page.evaluate(
            """() => [...document.querySelectorAll('svg[role=img]')].flatMap(svg => {
                const frame = svg.getBoundingClientRect();
                const boxes = [...svg.querySelectorAll('text')].map(t => [t.textContent,
                    t.getBoundingClientRect()]);
                const off = boxes.filter(([, b]) => b.left < frame.left - 1
                    || b.right > frame.right + 1).map(([t]) => 'buiten: ' + t);
                const over = boxes.flatMap(([t, a], i) => boxes.slice(i + 1).filter(([, b]) =>
                    Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 &&
                    Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 4)
                    .map(([u]) => t + ' over ' + u));
                return [...off, ...over];
            })"""
        )
        assert faults == []
    page.close()
