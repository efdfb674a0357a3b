"""Text that wants to do something: in every field that others fill, it is only a text.

One rendering holds all of it: what a pilot writes, the names that CBS publishes, the titles in a
manifest and an own kengetal. What nobody could read is refused at the door, or cut short.
"""

import csv
import hashlib
import io
import re
import zipfile
from html import unescape
from html.parser import HTMLParser
from itertools import cycle
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
import yaml

from tests import clubs, wijkplannen
from tests.conftest import command, project
from wijkboek_utils import dutch, pilots, sources
from wijkboek_utils.errors import Fout
from wijkboek_utils.local import schema

PILOT = "arnhem-spijkerkwartier"
GEMEENTE, BUURT = "GM0202", "BU02020211"
RUN = "window.alerted=1"
OVERRIDE, ISOLATE = "\N{RIGHT-TO-LEFT OVERRIDE}", "\N{RIGHT-TO-LEFT ISOLATE}"
JOINER = "\N{ZERO WIDTH JOINER}"
FAMILY = f"\N{MAN}{JOINER}\N{WOMAN}{JOINER}\N{GIRL}"
LONG = "x" * 10_000

# What CBS could publish: the name as it is, and as a reader must see it.
NAMES = {
    f"<script>{RUN}</script>": f"<script>{RUN}</script>",
    f'"><img src=x onerror="{RUN}">': f'"><img src=x onerror="{RUN}">',
    f"</title></style></svg><svg onload={RUN}>": f"</title></style></svg><svg onload={RUN}>",
    f"[klik](javascript:{RUN}) **vet**": f"[klik](javascript:{RUN}) **vet**",
    "]]><!-- &lt;b&gt; &amp;": "]]><!-- &lt;b&gt; &amp;",
    "{{7*7}} ${7*7} {% raw %}": "{{7*7}} ${7*7} {% raw %}",
    "'\" ` | # \\ %s {naam}": "'\" ` | # \\ %s {naam}",
    f"{OVERRIDE}gnitteB{ISOLATE}e wijk": "gnitteBe wijk",
    "Mo\N{ZERO WIDTH SPACE}len\N{ZERO WIDTH NO-BREAK SPACE}wijk": "Molenwijk",
    f"{FAMILY} Gezinnen": f"{FAMILY} Gezinnen",
    "Bel\x07\x1b[31m en nul\x00": "Bel[31m en nul",
    "=cmd|'/C calc'!A0": "=cmd|'/C calc'!A0",
    "Plein;=1+1": "Plein;=1+1",
    "@SUM(1+1)": "@SUM(1+1)",
    "-2+3\t=1+1": "-2+3 =1+1",
    LONG: "x" * 79 + "…",
}
NAAM = f"</h1><script>{RUN}</script>\"'{{{{7*7}}}} [x](javascript:{RUN})"
TEXT = f"{NAAM} <img src=x onerror={RUN}> ]]> &lt; =1+1 {FAMILY} http://127.0.0.1:9/"
KENGETAL = {"waarde": 5, "laag": 4, "hoog": 6, "jaar": 2023, "naam": TEXT}
KENGETAL |= {"bron": f"javascript:{RUN}", "vindplaats": TEXT, "toelichting": TEXT}


def change(path: Path, column: str, code: str, rows: str) -> None:
    """Give the areas or taakvelden of a raw file hostile names, and prove it in its manifest."""
    table = pd.read_csv(path, dtype="str", keep_default_na=False)
    chosen = table["gebied"].str[2:6] == rows[2:]
    codes = sorted(table.loc[chosen, code].unique())
    names = dict(zip(codes, cycle(NAMES), strict=False))
    table.loc[chosen, column] = table.loc[chosen, code].map(names)
    table.to_csv(path, index=False)
    manifest = path.with_name("manifest.yml")
    facts = yaml.safe_load(manifest.read_text(encoding="utf-8"))
    for source in facts["sources"]:
        if source["file"] == path.name:
            source["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
            source["title"] = f"{OVERRIDE}{TEXT}"
    manifest.write_text(yaml.safe_dump(facts, allow_unicode=True), encoding="utf-8")


# What the check lets through: it refuses what computes, is unseen or has no end.
SENT = [NAAM, *(name for name, read in NAMES.items() if name == read and name[0] not in "=+-@")]


def contribute(folder: Path) -> list[str]:
    """Write hostile words in every field of plans, needs and ties that takes words; say where."""
    words = cycle(SENT)
    files = {}
    for kind, table in PLANS.items():
        free = [
            f for f in schema.load(kind).fields if f.free and f.name not in ("kengetal", "post")
        ]
        for row in table:
            row |= {f.name: next(words)[: f.longest].strip() for f in free if f.name not in row}
        files[f"{kind}.csv"] = kind
        about = wijkplannen.ABOUT | {"bijdrager": NAAM[:100], "methode": SENT[1]}
        wijkplannen.write(folder / f"{kind}.csv", kind, about, table)
    return [*files]


CODES = ("kengetal", "post")
GOAL, GROUP = SENT[1], SENT[2]
_LINK = {
    **wijkplannen.LINK,
    "doel": GOAL,
    "voor_wie": GROUP,
    "kosten": 9000,
    "begin": 2026,
    "jaren": 2,
    "effect_jaren": 2,
}
_MONEY = {"bedrag": 50000, "vrij_deel": 1}
_TIES = dict(zip(SENT, [*SENT[1:], SENT[0]], strict=True))
PLANS: dict[str, list[dict]] = {
    "budget": [
        _MONEY | {"naam": name, "houder": holder, "doel": goal, "jaar": year}
        for name, holder, goal in ((SENT[3], SENT[4], GOAL), (SENT[5], SENT[6], SENT[7]))
        for year in (2026, 2027)
    ],
    "activiteit": [
        *({**_LINK, "naam": name[:120], "trekker": name[:120]} for name in SENT),
        {**_LINK, "naam": "eenheid", "eenheid": SENT[1][:40]},
        {"naam": "eigen", "kosten": 9, "begin": 2026, "jaren": 1, "doel": SENT[7]}
        | {"verband": "eigen doel", "eenheid": ""},
    ],
    "vraag_aanbod": [
        {"soort": kind, "wat": name, "categorie": "hulp", "hoeveelheid": 2, "wie": "initiatief"}
        | {"buurt": BUURT, "eenheid": SENT[1][:40], "hoort_bij": GROUP[:60], "tijd": name}
        for name in SENT
        for kind in ("vraag", "aanbod")
    ],
    "netwerk": [
        {"naam": name[:120], "soort": "initiatief", "niveau": 2, "verbonden_met": other[:120]}
        for name, other in _TIES.items()
    ],
}


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a report in which every text from others is hostile."""
    root = project(tmp_path_factory.mktemp("vijandig"))
    for file in ("cbs-kwb/85618NED.csv", "cbs-kwb/85984NED.csv"):
        change(root / "data/raw" / file, "naam", "gebied", GEMEENTE)
    for file in ("cbs-iv3/45063NED.csv", "cbs-iv3/45067NED.csv"):
        change(root / "data/raw" / file, "taakveld_naam", "taakveld", GEMEENTE)
    pilot = {"naam": NAAM, "toelichting": TEXT, "contact": TEXT, "jaar": 2023}
    pilot |= {"gebied": {"codes": ["WK020202"]}, "kengetallen": {"boom_co2": KENGETAL}}
    text = yaml.safe_dump(pilot, allow_unicode=True)
    (root / "pilots" / f"{PILOT}.yml").write_text(text, encoding="utf-8")
    sent = root / "gestuurd"
    sent.mkdir()
    clubs.run(root, clubs.SEND, PILOT, GEMEENTE, str(sent), *contribute(sent))
    done = command("render", PILOT, root=root)
    folder = root / "reports" / PILOT
    assert "het rapport is niet gemaakt" not in page(folder), done.stderr
    return folder


def page(folder: Path) -> str:
    return (folder / "index.html").read_text(encoding="utf-8")


def pages(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.html"))


def written(path: Path) -> str:
    """Return a page without the bodies of its own scripts; only the map has any."""
    return re.sub(
        r"(<script\b[^>]*>).*?</script>",
        r"\1</script>",
        path.read_text("utf-8"),
        flags=re.S,
    )


class Seen(HTMLParser):
    """What a browser would see: tags, attributes, and the text outside code and style."""

    def __init__(self, html: str) -> None:
        """Read all of `html`."""
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.attributes: set[tuple[str, str]] = set()
        self.cells: set[str] = set()
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember a tag and its attributes."""
        self.tags.add(tag)
        self.attributes |= {(name, value or "") for name, value in attrs}

    def handle_data(self, data: str) -> None:
        """Remember a text."""
        self.cells.add(data)


# The page.


def test_no_page_has_a_tag_an_event_or_an_address_that_somebody_wrote(hostile):
    for path in pages(hostile):
        seen = Seen(written(path))
        forbidden = {"img", "iframe", "object", "embed", "base"}
        # The map has scripts and a field to search in; no other page has.
        forbidden |= {"script", "form", "input"} if path.name != "kaart.html" else set()
        assert not seen.tags & forbidden, path.name
        assert not [name for name, _ in seen.attributes if name.startswith("on")], path.name
        addresses = {v for n, v in seen.attributes if n in ("href", "src", "action", "xlink:href")}
        own = re.compile(r"#[\w.-]*|data:,|(\.\./)?[\w/.-]+(#[\w.-]+)?")
        assert not [a for a in addresses if not own.fullmatch(a)], path.name


def test_every_name_is_there_to_be_read_as_it_was_written(hostile):
    names = {name.removesuffix(" (in het gebied)") for name in Seen(page(hostile)).cells}
    assert set(NAMES.values()) <= names
    assert NAAM in names


def test_what_people_sent_is_there_to_be_read_as_they_wrote_it(hostile):
    seen = "\n".join(Seen(written(hostile / "index.html")).cells)
    assert not [words for words in SENT if words not in seen]
    agreed = "\n".join(Seen(written(hostile / "overeenkomst.html")).cells)
    assert GOAL in agreed and NAAM in agreed
    for name in ("budgetten", "activiteiten", "netwerk", "koppelingen", "afspraken"):
        assert len(pd.read_csv(hostile / "audit" / f"{name}.csv")), name


def test_nothing_turns_the_direction_of_other_text_and_nothing_is_unseen(hostile):
    for path in pages(hostile):
        text = unescape(written(path))
        assert dutch.plain(text) == text, path.name


def test_a_name_without_end_is_cut_short_and_says_so(hostile):
    for path in pages(hostile):
        assert "x" * 80 not in path.read_text(encoding="utf-8"), path.name


# In a browser.


def test_no_script_runs_even_where_a_reader_has_no_security_policy(hostile, browser):
    # Without the policy of the page: escaping alone must hold.
    context = browser.new_context(bypass_csp=True)
    for path in pages(hostile):
        asked: list[str] = []
        tab = context.new_page()
        tab.on("request", lambda request, asked=asked: asked.append(request.url))
        tab.goto(path.as_uri())
        tab.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
        assert tab.evaluate("window.alerted") is None, path.name
        assert tab.evaluate("document.querySelectorAll('[href^=javascript i]').length") == 0
        assert not [url for url in asked if not url.startswith(("file:", "data:"))]
        tab.close()
    context.close()


def test_the_map_says_every_name_as_a_text_when_somebody_chooses_it(hostile, browser):
    context = browser.new_context(bypass_csp=True)
    tab = context.new_page()
    tab.goto((hostile / "kaart.html").as_uri())
    said = tab.evaluate(
        """() => [...document.querySelectorAll('#buurt option[value]:not([value=""])')].map(o => {
            const list = o.closest('select'), text = document.getElementById('uitleg');
            list.value = o.value;
            list.dispatchEvent(new Event('change'));
            return [text.querySelector('bdi').textContent,
                text.querySelectorAll('script, img, svg, a').length];
        })"""
    )
    assert set(NAMES.values()) <= {name for name, *_ in said}
    assert {made for *_, made in said} == {0}
    assert tab.evaluate("window.alerted") is None
    context.close()


@pytest.mark.parametrize("width", [320, 1280])
def test_hostile_names_make_no_page_wider_than_the_screen(hostile, browser, width):
    tab = browser.new_page(viewport={"width": width, "height": 900})
    for path in pages(hostile):
        tab.goto(path.as_uri())
        tab.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
        assert tab.evaluate("document.documentElement.scrollWidth") <= width, path.name
    tab.close()


def test_title_and_heading_are_the_name_and_no_longer_than_a_name(hostile, browser):
    tab = browser.new_page()
    tab.goto((hostile / "index.html").as_uri())
    assert tab.get_by_role("heading", level=1).inner_text() == NAAM
    title = tab.title()
    assert NAAM in title and len(title) < 250 and "\n" not in title
    tab.close()


# The files beside it.


def is_number(text: str) -> bool:
    return re.fullmatch(r"[+-]?[\d.]+(e[+-]?\d+)?", text.split(",")[0]) is not None


def test_no_cell_of_a_csv_file_computes_however_a_spreadsheet_splits_it(hostile):
    names = set()
    for path in sorted((hostile / "audit").glob("*.csv")):
        text = path.read_text(encoding="utf-8")
        rows = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
        names |= set(rows)
        # A Dutch Excel takes the semicolon, and knows quotes only at the start of a cell.
        for cell in [*rows, *re.split(r"[;\t\r\n]", text)]:
            bare = cell.lstrip(" \"'")
            risky = bare[:1] in tuple("=+-@＝＋－＠") and not is_number(bare)
            assert not risky or cell.lstrip(' "').startswith("'"), (
                path.name,
                cell[:60],
            )
        assert dutch.plain(text) == text, path.name
    assert {"'=cmd|'/C calc'!A0", "'@SUM(1+1)", "Plein;'=1+1"} <= names


def test_a_workbook_holds_texts_and_numbers_and_no_formula_or_address(hostile):
    found = set()
    for name in ("tabellen.xlsx", "audit/cijfers.xlsx"):
        with zipfile.ZipFile(hostile / name) as file:
            parts = {n: file.read(n).decode() for n in file.namelist()}
        assert not [n for n, xml in parts.items() if re.search(r"<f[ >]|TargetMode=", xml)]
        assert not [n for n in parts if "externalLink" in n or "vba" in n]
        book = openpyxl.load_workbook(hostile / name, read_only=True)
        rows = [row for sheet in book for row in sheet.iter_rows(values_only=True)]
        cells = {c for row in rows for c in row if isinstance(c, str)}
        assert not [c for c in cells if dutch.plain(c) != c]
        found |= cells
        names = book.sheetnames
        assert all(len(name) <= 31 and not set(name) & set("[]:*?/\\") for name in names)
        book.close()
    assert {"=cmd|'/C calc'!A0", "Plein;=1+1", "x" * 79 + "…"} <= found


# At the door.


GOOD = {"naam": "Proef", "gebied": {"codes": ["WK034408"]}, "jaar": 2023}


def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **fields: object) -> pilots.Pilot:
    monkeypatch.setattr(sources, "PILOTS", tmp_path)
    (tmp_path / "proef.yml").write_text(yaml.safe_dump(GOOD | fields), encoding="utf-8")
    return pilots.load("proef")


@pytest.mark.parametrize("key", ["naam", "toelichting", "contact"])
@pytest.mark.parametrize(
    ("text", "message"),
    [
        (LONG, r"is te lang: 10\.000 tekens\. Schrijf er ten hoogste \d+\."),
        (f"Wijk {OVERRIDE}", r"een teken dat niemand ziet \(U\+202E\)"),
        (f"{ISOLATE}Wijk", r"een teken dat niemand ziet \(U\+2067\)"),
        ("Wijk\x00", r"een teken dat niemand ziet \(U\+0000\)"),
        ("Wi\N{ZERO WIDTH SPACE}jk", r"een teken dat niemand ziet \(U\+200B\)"),
    ],
)
def test_what_nobody_could_read_is_refused(tmp_path, monkeypatch, key, text, message):
    with pytest.raises(Fout, match=rf"pilots/proef\.yml: {key} .*{message}"):
        load(tmp_path, monkeypatch, **{key: text})


def test_an_own_kengetal_is_held_to_the_same(tmp_path, monkeypatch):
    for text in (LONG, f"bron{OVERRIDE}"):
        own = {"boom_co2": KENGETAL | {"bron": text}}
        with pytest.raises(Fout, match=r"pilots/proef\.yml: kengetal boom_co2, bron"):
            load(tmp_path, monkeypatch, kengetallen=own)


def test_a_name_of_any_script_or_with_emoji_is_welcome_and_stands_on_one_line(
    tmp_path, monkeypatch
):
    for naam in (f"Café 't {FAMILY}", "Ąžuolynas", "العربية", "x" * 80):
        assert load(tmp_path, monkeypatch, naam=naam).naam == naam
    assert load(tmp_path, monkeypatch, naam="Twee\n  regels").naam == "Twee regels"


@pytest.mark.parametrize(("published", "read"), NAMES.items(), ids=lambda text: ascii(text[:12]))
def test_a_name_from_elsewhere_is_made_fit_for_a_sentence(published, read):
    assert dutch.name(published) == read
    assert dutch.name(read) == read


def test_a_name_of_nothing_but_unseen_characters_is_unknown():
    assert dutch.name(OVERRIDE + "\x00 ") == "onbekend"
    assert dutch.name("x" * 80) == "x" * 80 and len(dutch.name("x" * 81)) == 80
