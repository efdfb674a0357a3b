"""The report on paper: a tagged PDF that a screen reader can read, with nothing left out."""

import re
import unicodedata
from collections import Counter
from contextlib import nullcontext
from types import SimpleNamespace

import pytest

from tests.test_browser import PILOTS
from wijkboek_utils import browser as browser_

pypdf = pytest.importorskip("pypdf")


@pytest.fixture(scope="module")
def printed(rendered, browser):
    """Return the report of the default pilot as PDF, and its page."""
    path = rendered / "reports" / PILOTS[0] / "index.html"
    with browser_.opened(browser, path) as one:
        browser_.print_page(one.page)
        shown = one.page.evaluate(
            """() => ({
                headings: [...document.querySelectorAll('h1,h2,h3,h4')]
                    .filter(h => h.checkVisibility()).map(h => [h.localName, h.textContent]),
                titles: [...document.querySelectorAll('svg[role=img]')]
                    .map(e => e.querySelector('title').textContent),
                tables: [...document.querySelectorAll('table')]
                    .filter(t => t.checkVisibility()).map(t => t.caption.textContent),
                words: document.body.innerText })"""
        )
    return pypdf.PdfReader(path.with_name("rapport.pdf")), shown


@pytest.fixture(scope="module")
def papers(printed):
    """Return of each page its text, and the (across, up, words) of each piece, in points."""

    def read(page):
        places: list[tuple[float, float, str]] = []

        def visit(words, outer, inner, font, size):
            if words.strip():
                x, y = inner[4], inner[5]
                across = outer[0] * x + outer[2] * y + outer[4]
                up = outer[1] * x + outer[3] * y + outer[5]
                places.append((across, up, words))

        return page.extract_text(visitor_text=visit), places

    return [read(page) for page in printed[0].pages]


def tags(node, kinds=None) -> list[tuple[str, object]]:
    """Return every tag below a node of the structure tree with its node, in reading order."""
    found = []
    kids = node.get("/K", [])
    for kid in kids if isinstance(kids, list) else [kids]:
        kid = kid.get_object() if hasattr(kid, "get_object") else kid
        if isinstance(kid, dict) and "/S" in kid:
            found += [(kid["/S"], kid), *tags(kid)]
    return found


def letters(text: str) -> str:
    """Return only letters and digits: lines break elsewhere on paper, and letters may be joined."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text)).lower()


def test_the_pdf_is_tagged_in_dutch_and_has_a_title(printed):
    pdf, _ = printed
    root = pdf.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] and "/StructTreeRoot" in root
    assert root["/Lang"].lower().startswith("nl")
    assert "Kanaleneiland" in pdf.metadata.title


def test_links_lead_to_a_place_in_the_pdf_and_none_to_the_machine_that_made_it(printed, rendered):
    pdf, _ = printed
    links = [a.get_object() for page in pdf.pages for a in page.get("/Annots", [])]
    assert sum("/Dest" in link or link["/A"]["/S"] == "/GoTo" for link in links) >= 6
    addresses = [str(link["/A"]["/URI"]) for link in links if "/URI" in link.get("/A", {})]
    assert not [one for one in addresses if one.startswith("file:")]
    assert str(rendered).encode() not in (pdf.stream.seek(0), pdf.stream.read())[1]


def test_headings_are_tagged_and_are_the_bookmarks(printed):
    pdf, shown = printed
    found = Counter(kind for kind, _ in tags(pdf.trailer["/Root"]["/StructTreeRoot"]))
    wanted = Counter("/" + level.upper() for level, _ in shown["headings"])
    assert {kind: found[kind] for kind in wanted} == dict(wanted)

    def flat(items):
        for item in items:
            yield from flat(item) if isinstance(item, list) else [item.title]

    marks = [letters(title) for title in flat(pdf.outline)]
    assert marks == [letters(title) for _, title in shown["headings"]]


def test_tables_are_tables_and_pictures_have_words(printed):
    pdf, shown = printed
    found = tags(pdf.trailer["/Root"]["/StructTreeRoot"])
    count = Counter(kind for kind, _ in found)
    assert count["/Table"] == len(shown["tables"]) > 20
    assert count["/TH"] > count["/Table"] and count["/TD"] > count["/TH"]
    spoken = [str(node["/Alt"]) for kind, node in found if kind == "/Figure" and "/Alt" in node]
    for title in shown["titles"]:
        assert any(words.startswith(title) for words in spoken), title


def test_all_text_is_on_paper_and_no_table_stays_folded(printed, papers):
    _, shown = printed
    text = letters("".join(words for words, _ in papers))
    for caption in shown["tables"]:
        assert letters(caption) in text, caption
    for _, heading in shown["headings"]:
        assert letters(heading) in text, heading


def test_every_page_is_a4_and_no_text_lies_outside_it(printed, papers):
    pdf, _ = printed
    assert len(pdf.pages) > 5
    for number, (page, (_, places)) in enumerate(zip(pdf.pages, papers, strict=True)):
        assert (page.mediabox.width, page.mediabox.height) == pytest.approx((595.3, 841.9), abs=1.5)
        assert places, f"bladzijde {number + 1} is leeg"
        off = [p for p in places if not (0 <= p[0] <= 595 and 0 <= p[1] <= 843)]
        assert off == []


def test_a_pdf_that_cannot_be_made_leaves_what_was_there(tmp_path, monkeypatch):
    def broken(page, target):
        target.write_bytes(b"half")
        raise OSError("de schijf is vol")

    monkeypatch.setattr(browser_, "chromium", nullcontext)
    monkeypatch.setattr(browser_, "opened", lambda *_: nullcontext(SimpleNamespace(page=None)))
    monkeypatch.setattr(browser_, "print_page", broken)
    target = tmp_path / "rapport.pdf"
    target.write_bytes(b"older")
    with pytest.raises(OSError, match="vol"):
        browser_.pdf(tmp_path / "index.html", target)
    assert [p.name for p in tmp_path.iterdir()] == ["rapport.pdf"]
    assert target.read_bytes() == b"older"
