"""The report in a real browser: nothing fails, nothing leaves the page, everything can be read."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import REQUIRED
from wijkboek_utils import browser as browser_
from wijkboek_utils import inspection, sources
from wijkboek_utils.browser import View
from wijkboek_utils.findings import faults

PILOTS = ["utrecht-kanaleneiland", "arnhem-spijkerkwartier", "leeuwarden-heechterp-schieringen"]
VIEWS = (View(360), View(1280, "dark"))
# CSS that browsers know and the checker of W3C does not yet; the last is of Leaflet.
NEWER = ".*(scroll-target-group|target-current|“plus-lighter” is not a “mix-blend-mode”).*"
VNU = os.environ.get("WIJKBOEK_VNU")  # the jar of the Nu Html Checker of W3C


def pages(rendered: Path, pilot: str) -> list[Path]:
    """Return the pages of a report: the report, the map, and the notebooks."""
    folder = rendered / "reports" / pilot
    return [*sorted(folder.glob("*.html")), *sorted(folder.glob("audit/*.html"))]


def contents() -> list[str]:
    """Return the selectors of what a criterion may be about."""
    return [s for s in sources.read_project_table("wcag")["alleen_bij"].unique() if s]


@pytest.mark.parametrize("pilot", [PILOTS[0], PILOTS[2]])  # all parts; one with contributions
def test_the_report_and_its_map_keep_every_rule(rendered, browser, pilot):
    # The other differs in its figures only, and gets the other width and colours.
    default = pilot == PILOTS[0]
    for path in (p for p in pages(rendered, pilot) if p.parent.name != "audit"):
        views = VIEWS[:1] if default else VIEWS[1:]
        result = inspection.inspect(browser, path, path.name, {}, contents(), views, default)
        assert faults(result.findings) == []
        assert len(result.axe) > 70 and result.measured["netwerk"]
        if path.name == "index.html":
            assert result.content <= {"script, [title]"}  # no script, no film, no form


@pytest.mark.parametrize("pilot", PILOTS[2:])  # one with contributions
def test_the_notebooks_beside_a_report_keep_the_rules_too(rendered, browser, pilot):
    found = []
    for path in pages(rendered, pilot):
        # What chapters show stands in the report; one of them has the frame of all.
        if path.parent.name == "audit" and not re.match("1[2-9]|2", path.name):
            look = inspection.inspect(browser, path, path.name, {}, [], (View(360),), False)
            found += faults(look.findings)
    assert found == []


def test_the_index_over_all_reports_keeps_the_rules(rendered, browser):
    path = rendered / "reports" / "index.html"
    if not path.exists():
        pytest.skip("er is geen overzicht over de rapporten")
    result = inspection.inspect(browser, path, path.name, {}, [], VIEWS, thorough=True)
    assert faults(result.findings) == []


def test_all_text_is_there_and_every_fold_opens_without_javascript(rendered, browser):
    path = rendered / "reports" / PILOTS[0] / "index.html"
    with browser_.opened(browser, path, javascript=False) as one:
        page = one.page
        assert page.get_by_role("heading", level=1).inner_text() == "Kanaleneiland"
        fold = page.get_by_text("Toon de cijfers: Geld van de gemeente").first
        table = page.get_by_role("table", name="Rekening van de gemeente voor Kanaleneiland, 2023")
        assert not table.is_visible()
        fold.click()
        assert table.is_visible()


def test_the_link_at_the_top_leads_to_the_content(rendered, browser):
    with browser_.opened(browser, rendered / "reports" / PILOTS[0] / "index.html") as one:
        one.page.keyboard.press("Tab")
        assert one.page.evaluate("document.activeElement.className") == "wb-skip"
        one.page.keyboard.press("Enter")
        assert one.page.evaluate("document.activeElement.id") == "inhoud"


def test_every_picture_has_a_name_and_a_description(rendered, browser):
    for pilot in PILOTS:
        with browser_.opened(browser, rendered / "reports" / pilot / "index.html") as one:
            named = one.page.get_by_role("img").evaluate_all(
                """all => all.map(e => e.getAttribute('aria-labelledby').split(' ')
                    .map(id => document.getElementById(id).textContent.length))"""
            )
        assert named and all(len(parts) == 2 and min(parts) > 15 for parts in named)


def test_labels_in_pictures_do_not_overlap_or_fall_off(rendered, browser):
    for pilot in PILOTS:
        with browser_.opened(browser, rendered / "reports" / pilot / "index.html") as one:
            faults_ = one.page.evaluate(
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
        assert faults_ == []


def test_w3c_finds_no_error_in_any_page(rendered):
    if not (VNU and shutil.which("java")):
        assert not REQUIRED, "WIJKBOEK_VNU of java ontbreekt, en hier mag dat niet"
        pytest.skip("WIJKBOEK_VNU noemt geen vnu.jar, of java staat niet op deze machine")
    every = [str(page) for page in pages(rendered, PILOTS[0])]
    # The notebooks beside the other reports are made by the same templates.
    every += [str(p) for p in (rendered / "reports").glob("*.html")]
    every += [str(p) for pilot in PILOTS[1:] for p in (rendered / "reports" / pilot).glob("*.html")]
    done = subprocess.run(
        ["java", "-jar", VNU, "--errors-only", "--format", "gnu", "--filterpattern", NEWER, *every],
        capture_output=True,
        text=True,
        check=False,
    )
    assert re.sub(r'"file:\S+/reports/', '"', done.stderr) == ""
    assert done.returncode == 0 and every
