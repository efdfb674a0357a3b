"""The page itself: its parts, its colours, its code, and how it stands on screens and on paper."""

import re
import shutil
from dataclasses import replace
from html.parser import HTMLParser
from itertools import product

import nbformat
import pytest
from coloraide import Color

from tests.conftest import ROOT
from wijkboek_utils import browser as browser_
from wijkboek_utils import chapters, dutch, gate, language, pages, show
from wijkboek_utils.chapters import Chapter
from wijkboek_utils.pilots import Pilot
from wijkboek_utils.run import Failure

FOLDER = ROOT / "wijkboek_utils" / "templates"
CSS = re.sub(r"/\*.*?\*/", "", (FOLDER / "report.css").read_text(encoding="utf-8"), flags=re.S)
PILOT = Pilot("proef", "Proefwijk", "GM0344", "Utrecht", ["BU03440821"], 2023, "jaarrekening")
HOSTILE = "\"; } </style><script>alert(1)</script> \\ \n'<b>&amp; \u202e\U0001f3e1"


# Colours


def _variables(css: str) -> dict[str, str]:
    return dict(re.findall(r"(--wb-[a-z0-9-]+):\s*(#[0-9a-f]{3,6})\b", css))


def _block(opening: str) -> str:
    """Return what stands between the braces after `opening` in the style sheet."""
    start = CSS.index("{", CSS.index(opening)) + 1
    depth, end = 1, start
    while depth:
        depth += {"{": 1, "}": -1}.get(CSS[end], 0)
        end += 1
    return CSS[start : end - 1]


LIGHT = _variables(_block(":root"))
SCHEMES = {
    "licht": LIGHT,
    "donker": LIGHT | _variables(_block("@media screen and (prefers-color-scheme: dark)")),
    "papier": LIGHT | _variables(_block("@media print")),
}
TEXTS = set(re.findall(r"(?<![-\w])color:\s*var\((--wb-[\w-]+)\)", CSS))
GROUNDS = set(re.findall(r"background(?:-color)?:\s*var\((--wb-[\w-]+)\)", CSS))
EDGES = set(re.findall(r"(?:border[-\w]*|outline):[^;]*var\((--wb-[\w-]+)\)", CSS))
# Lines between rows and around folds help the eye; what they part is clear without them.
QUIET = {"--wb-line"}
TONES = [f"--wb-{n}" for n in range(1, 5)]
STEPS = [*(f"--wb-map-{n}" for n in range(5)), "--wb-map-none"]


def test_the_style_sheet_holds_the_colours_that_we_measure():
    assert {"--wb-ink", "--wb-soft", "--wb-link"} <= TEXTS
    assert {"--wb-paper", "--wb-wash"} == GROUNDS
    assert {"--wb-ink", *TONES} >= EDGES - QUIET
    assert SCHEMES["donker"]["--wb-paper"] != LIGHT["--wb-paper"]
    # A colour that is written out cannot follow the scheme; only the margin of paper has one.
    outside = re.sub(r"--wb-[\w-]+:[^;]*;|@page \{.*?\n\}", "", CSS, flags=re.S)
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b|rgba?\(|hsla?\(", outside) == []


@pytest.mark.parametrize("scheme", SCHEMES)
def test_text_has_a_contrast_of_4_5_with_every_ground_it_can_stand_on(scheme):
    found = SCHEMES[scheme]
    for text, ground in product(TEXTS, GROUNDS):
        assert Color(found[text]).contrast(found[ground]) >= 4.5, (text, ground)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_pictures_and_lines_that_mean_something_have_a_contrast_of_3(scheme):
    found = SCHEMES[scheme]
    for part, ground in product({*TONES, "--wb-ink", *EDGES} - QUIET, GROUNDS):
        assert Color(found[part]).contrast(found[ground]) >= 3, (part, ground)
    for step in STEPS:
        assert Color(found[step]).contrast(found["--wb-map-line"]) >= 3, step


def test_every_variable_that_pictures_and_pages_use_is_set_in_both_schemes():
    set_here = set(re.findall(r"(--wb-[a-z0-9-]+):", _block(":root")))
    sheets = [CSS, *(p.read_text() for p in FOLDER.rglob("*.j2"))]
    code = [p.read_text() for p in (ROOT / "wijkboek_utils").glob("*.py")]
    used = {v for text in sheets + code for v in re.findall(r"var\((--wb-[a-z0-9-]+)[,)]", text)}
    assert used <= set_here
    dark = set(SCHEMES["donker"].items()) - set(LIGHT.items())
    assert {name for name, _ in dark} >= {*TONES, "--wb-ink", "--wb-paper", "--wb-link"}


def test_the_style_sheet_names_no_address_moves_nothing_and_sets_figures_in_columns():
    assert not re.search(r"url\(|@import|@font-face|//", CSS)
    assert not re.search(r"\b(transition|animation|scroll-behavior)\b", CSS)
    assert re.search(r"td\.num \{[^}]*text-align: right[^}]*tabular-nums lining-nums", CSS)


# The page as text


def _page(parts=(), pilot=PILOT, template="page.html.j2", **more) -> str:
    given = {"audit": [("audit/run.json", "parameters")], "credits": ["Bron: CBS"]}
    given |= {"faults": [], "downloads": [], "glossary": []}
    given |= {"style": pages.text("report.css"), "pilot": pilot, "chapters": list(parts)}
    return pages.templates().get_template(template).render(**(given | more))


class _Outline(HTMLParser):
    """Collect tags with their attributes and the text inside style elements."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict]] = []
        self.styles: list[str] = []
        self.text = self.inside = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.inside = tag

    def handle_endtag(self, tag):
        self.inside = ""

    def handle_data(self, data):
        if self.inside == "style":
            self.styles.append(data)
        else:
            self.text += data

    def names(self) -> list[str]:
        return [tag for tag, _ in self.tags]


CHAPTER = Chapter(
    "samenvatting",
    "Samenvatting",
    '<h2 id="samenvatting">Samenvatting</h2><h3 id="samenvatting-geld">Geld</h3><p>Tekst.</p>',
    [("samenvatting-geld", "Geld")],
)


def test_the_page_has_one_of_each_landmark_and_headings_in_order():
    html = _page([CHAPTER])
    tags = _Outline(html).names()
    for landmark in ("header", "nav", "main", "footer", "h1"):
        assert tags.count(landmark) == 1, landmark
    assert tags.index("header") < tags.index("nav") < tags.index("main") < tags.index("footer")
    assert gate.faults(html) == []


def test_every_page_may_load_nothing_and_says_its_language():
    failure = Failure("07_grootboek", "stap", "Fout", "Het misging.", "", "")
    pages = [_page([CHAPTER]), _page(template="failure.html.j2", failure=failure)]
    pages.append(_page(template="audit.html.j2", name="01_bronnen", chapter=CHAPTER))
    for html in pages:
        tags = _Outline(html).tags
        policy = [a["content"] for _, a in tags if a.get("http-equiv") == "Content-Security-Policy"]
        assert len(policy) == 1 and policy[0].startswith("default-src 'none';")
        assert "script-src" not in policy[0] and "script" not in [tag for tag, _ in tags]
        assert [a["lang"] for tag, a in tags if tag == "html"] == ["nl"]
        skip = next(a for tag, a in tags if tag == "a")
        assert skip["href"] == "#inhoud" and 'id="inhoud"' in html


def test_a_page_with_a_script_can_add_its_hash_to_the_policy():
    child = pages.templates().from_string(
        "{% extends 'layout.html.j2' %}"
        "{% block csp %}; script-src 'sha256-{{ hash }}'{% endblock %}"
    )
    tags = _Outline(child.render(style="", hash="abc+/=")).tags
    policy = next(a["content"] for _, a in tags if "http-equiv" in a)
    assert policy.endswith("form-action 'none'; script-src 'sha256-abc+/='")


def test_the_contents_name_every_chapter_and_each_of_its_parts_once():
    outline = _Outline(_page([CHAPTER]))
    links = [a["href"] for tag, a in outline.tags if tag == "a" and a["href"].startswith("#")]
    assert links == ["#inhoud", "#samenvatting", "#samenvatting-geld", "#narekenen"]
    assert "Onderdelen van Samenvatting" in outline.text


def test_other_forms_are_linked_only_when_they_are_there_and_the_index_always():
    assert "Bij dit rapport" not in _page() and "Alle wijkboeken" in _page()
    downloads = [("kaart.html", "kaart <b>"), ("tabellen.xlsx", "tabellen (Excel)")]
    outline = _Outline(_page(downloads=downloads))
    links = [a["href"] for tag, a in outline.tags if tag == "a"]
    assert links[1:4] == ["../index.html", "kaart.html", "tabellen.xlsx"]
    assert "kaart <b>" in outline.text and "b" not in outline.names()


@pytest.mark.parametrize("naam", [HOSTILE, "'s-Gravenhage", "A" * 10_000, "\u202edeep \U0001f3e1"])
def test_a_name_can_break_neither_the_page_nor_the_head_of_the_paper(naam):
    outline = _Outline(_page(pilot=replace(PILOT, naam=naam, toelichting=naam, contact=naam)))
    assert "script" not in outline.names() and outline.names().count("style") == 2
    head = outline.styles[-1]
    content = re.fullmatch(r'@page \{ @top-left \{ content: "((?:[^"\\\n]|\\.)*)"; \} \}', head)
    assert content is not None
    said = content[1].replace("\\3c ", "<").replace('\\"', '"').replace("\\\\", "\\")
    assert said == f"Wijkboek {' '.join(naam.split())}, 2023"


def test_the_words_of_our_trade_have_a_place_of_their_own_only_when_there_are_any():
    assert "Woordenlijst" not in _page([CHAPTER]) + _page([CHAPTER], glossary=[])
    outline = _Outline(html := _page([CHAPTER], glossary=[("taakveld", "een taak <b>")]))
    assert {"href": "#woordenlijst"} in [a for tag, a in outline.tags if tag == "a"]
    assert [a["id"] for tag, a in outline.tags if tag == "section" and "id" in a] == [
        language.GLOSSARY_ID
    ]
    assert "een taak <b>" in outline.text and gate.faults(html) == gate.faults(_page([CHAPTER]))


def test_a_draft_says_so_and_why_before_anything_else():
    text = _Outline(_page([CHAPTER], faults=["een tabel <i> heeft geen bijschrift"])).text
    said = text.index("Concept, niet publiceren.")
    assert said < text.index("een tabel <i> heeft geen bijschrift") < text.index("Wijkboek", said)


# Notebooks


def _body(*cells, name: str = "11_samenvatting") -> str:
    return chapters.chapter(name, nbformat.v4.new_notebook(cells=list(cells))).body


def _code(source: str, ident: str, html: str) -> nbformat.NotebookNode:
    shown = nbformat.v4.new_output("display_data", {"text/html": html, "text/plain": "x"})
    return nbformat.v4.new_code_cell(source, id=ident, outputs=[shown])


def test_code_is_folded_behind_its_result_and_a_result_points_at_its_own_code():
    one = _code(
        "toon('<b>')", "antwoord", '<p>Een <a href="#cel">stap</a>, #cel" en #celdeling</p>'
    )
    two = _code("toon(2)", "vraag", '<a href="#cel">hier</a><a href="#celdeling">elders</a>')
    outline = _Outline(html := _body(one, two))
    folds = re.findall(
        r'<details class="wb-code"><summary>[^<]+</summary><pre id="([^"]+)"><code>(.*?)</code>',
        html,
    )
    assert folds == [
        ("cel-11_samenvatting-antwoord", "toon('&lt;b&gt;')"),
        ("cel-11_samenvatting-vraag", "toon(2)"),
    ]
    links = [a["href"] for tag, a in outline.tags if tag == "a"]
    own = ["#cel-11_samenvatting-antwoord", "#cel-11_samenvatting-vraag"]
    assert links == [*own, "#celdeling"]
    assert '#cel" en #celdeling' in html  # text is left as it is
    assert "open" not in dict(outline.tags[outline.names().index("details")][1])


def test_prose_is_not_searched_for_results():
    assert 'href="#cel"' in _body(nbformat.v4.new_markdown_cell("[stap](#cel)"))


# In a browser


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> str:
    """Write a page with all its parts, with long words, and return where it stands."""
    import pandas as pd

    words = "Woningcorporatieverhuurdersbelangenvereniging"
    rows = {"Regel": [words, "Zorg"], "Bedrag": [1e6, 2e6], "Waarom": ["lange uitleg " * 6, ""]}
    table = show.table(pd.DataFrame(rows), "Rekening", {"Bedrag": dutch.euro})
    key = show.key_figures(
        [(f"Cijfer {n}", "€ 107 miljoen", "volgens CBS", show.Html("")) for n in range(4)]
    )
    picture = show.figure(
        "Geld", "Dit is te zien.", '<svg viewBox="0 0 9 3" role="img"></svg>', table, shape="wide"
    )
    passports = show.Html(
        '<details class="wb-pas"><summary>Cijferpaspoort</summary><details class="wb-pas-een">'
        "<summary>Zorg: <strong>€ 1</strong></summary><dl><div><dt>Vingerafdruk</dt><dd>"
        f"{'4a5b' * 16}</dd></div></dl></details></details>"
    )
    cells = [nbformat.v4.new_markdown_cell("# Hoofdstuk\n\nInleiding.")]
    cells.append(_code("x = 1", "eerst", key.html + passports.html))
    cells.append(_code("y = 2", "dan", picture.html + table.html))
    parts = [
        Chapter(part.id, f"{words} {part.id}", part.body, [("x", words)])
        for part in (
            chapters.chapter(f"{n}1_deel{n}", nbformat.v4.new_notebook(cells=cells))
            for n in range(1, 7)
        )
    ]
    path = tmp_path_factory.mktemp("pagina") / "index.html"
    downloads = [("kaart.html", "kaart"), ("tabellen.xlsx", words), ("rapport.pdf", "pdf")]
    more = {"downloads": downloads, "index_link": True, "glossary": [(words, f"een {words}")]}
    html = _page(parts, replace(PILOT, naam=words), **more)
    path.write_text(html, encoding="utf-8")
    return path.as_uri()


WIDER = """width => [document.documentElement.scrollWidth > width,
    ...[...document.querySelectorAll('body *')]
        .filter(e => !e.closest('.wb-table, .wb-scroll, pre, .wb-hidden, .wb-skip'))
        .filter(e => e.getBoundingClientRect().right > width + 1).map(e => e.outerHTML)]"""
OPEN_ALL = "document.querySelectorAll('details').forEach(e => e.open = true)"


@pytest.mark.parametrize("text", [100, 200])
def test_nothing_falls_off_a_narrow_screen_also_with_text_twice_as_large(browser, address, text):
    large = f"--blink-settings=defaultFontSize={16 * text // 100}"
    browser = browser.browser_type.launch(
        executable_path=browser_.executable(), args=[*browser_.flags(), large]
    )
    for width in (320, 360, 768, 1280):
        page = browser.new_page(viewport={"width": width, "height": 900})
        page.goto(address)
        page.evaluate(OPEN_ALL)
        assert page.evaluate(WIDER, width) == [False], width
        page.close()
    browser.close()


def test_the_key_figures_are_on_the_first_screen(browser, address):
    bottoms = """() => [...document.querySelector('.wb-key').children]
        .map(e => e.getBoundingClientRect().bottom)"""
    for width, height, seen in ((1280, 900, 4), (360, 800, 1)):
        page = browser.new_page(viewport={"width": width, "height": height})
        page.goto(address)
        assert max(page.evaluate(bottoms)[:seen]) < height
        page.close()


def test_the_contents_stand_beside_the_text_only_where_there_is_room(browser, address):
    boxes = """() => ['.wb-toc', 'main'].map(s =>
        document.querySelector(s).getBoundingClientRect().toJSON())"""
    for width in (1200, 1280, 1920):
        page = browser.new_page(viewport={"width": width, "height": 700})
        page.goto(address)
        page.evaluate("document.querySelectorAll('h2')[3].scrollIntoView()")
        toc, main = page.evaluate(boxes)
        assert toc["right"] < main["left"] and toc["top"] == 0 and toc["height"] <= 700
        assert page.locator(".wb-toc a").first.is_visible()
        page.close()
    page = browser.new_page(viewport={"width": 1100, "height": 700})
    page.goto(address)
    toc, main = page.evaluate(boxes)
    assert toc["bottom"] <= main["top"] and not page.locator(".wb-toc a").first.is_visible()
    page.close()


def test_the_contents_open_with_the_keyboard_and_without_a_script(browser, address):
    context = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 700})
    page = context.new_page()
    page.goto(address)
    fold = page.locator(".wb-toc > details > summary")
    link = page.locator(".wb-toc").get_by_role("link").first
    assert not link.is_visible()
    fold.focus()
    page.keyboard.press("Enter")
    assert link.is_visible()
    part = page.locator(".wb-toc ul a").first
    page.keyboard.press("Tab")  # the chapter
    page.keyboard.press("Tab")  # its parts
    assert not part.is_visible()
    page.keyboard.press("Space")
    assert part.is_visible()
    context.close()


@pytest.mark.parametrize("width", [320, 1280])
def test_every_fold_and_link_of_its_own_is_large_enough_to_hit(browser, address, width):
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.goto(address)
    page.evaluate(OPEN_ALL)
    small = page.evaluate(
        """() => [...document.querySelectorAll('summary, nav a, .wb-files a, .wb-downloads a')]
            .filter(e => e.getClientRects().length && getComputedStyle(e).visibility == 'visible')
            .map(e => [e.textContent, e.getBoundingClientRect()])
            .filter(([, r]) => r.width < 24 || r.height < 24).map(([t]) => t)"""
    )
    assert small == []
    page.close()


def test_an_address_of_a_step_opens_its_code(browser, address):
    page = browser.new_page()
    page.goto(f"{address}#cel-11_deel1-dan")
    assert page.locator("#cel-11_deel1-dan").is_visible()
    page.close()


def test_colours_of_the_screen_come_before_ours(browser, address):
    page = browser.new_page()
    page.emulate_media(forced_colors="active", color_scheme="dark")
    page.goto(address)
    ink, paper = page.evaluate(
        """() => ['--wb-ink', '--wb-paper'].map(name => {
            const probe = document.body.appendChild(document.createElement('i'));
            probe.style.color = `var(${name})`;
            return getComputedStyle(probe).color; })"""
    )
    assert {ink, paper} == {"rgb(255, 255, 255)", "rgb(0, 0, 0)"}
    page.close()


def test_paper_starts_with_the_summary_and_holds_no_code_passport_or_button(browser, address):
    page = browser.new_page()
    page.goto(address)
    page.emulate_media(media="print", color_scheme="dark")
    for words in ("x = 1", "Code van deze stap", "Cijferpaspoort", "Toon de cijfers: Geld"):
        assert not page.get_by_text(words).first.is_visible(), words
    assert page.get_by_text("Delen die bij het afdrukken dicht waren").is_visible()
    assert page.locator(".wb-toc").get_by_role("link").first.is_visible()
    assert not page.get_by_text("Alle wijkboeken").is_visible()
    ink = page.evaluate("getComputedStyle(document.body).color")
    assert ink == "rgb(0, 0, 0)"  # also when the screen is dark
    page.close()


@pytest.mark.skipif(
    shutil.which("pdftotext") is None, reason="pdftotext staat niet op deze machine"
)
def test_every_sheet_of_paper_has_the_name_and_its_number(browser, address, tmp_path):
    import subprocess

    page = browser.new_page()
    page.goto(address)
    page.pdf(path=tmp_path / "rapport.pdf", prefer_css_page_size=True)
    page.close()
    done = subprocess.run(
        ["pdftotext", "-layout", str(tmp_path / "rapport.pdf"), "-"],
        capture_output=True,
        text=True,
        check=True,
    )
    sheets = done.stdout.split("\f")[:-1]
    assert len(sheets) >= 7  # six chapters, each on a sheet of its own, and how to check them
    for number, sheet in enumerate(sheets, start=1):
        assert sheet.strip().startswith("Wijkboek Woningcorporatie")
        assert sheet.strip().endswith(f"{number} van {len(sheets)}")
    assert "Cijfer 0" in sheets[0]
