"""The page over all reports: nothing hidden, everything usable without script, quick with 350."""

import json
import math
import re
import time
from pathlib import Path

import pytest

from wijkboek_utils import gate, index, index_entries, language, pages
from wijkboek_utils.dutch import plain
from wijkboek_utils.index_entries import CONCEPT, FAILED, READY, Entry
from wijkboek_utils.pilots import Pilot

PILOT = Pilot("proef", "Proefwijk", "GM9901", "Proefstad", ["WK990100"], 2023, "jaarrekening")
HOSTILE = "</script><script>document.title='x'</script> \N{RIGHT-TO-LEFT OVERRIDE} & \"' {{ 7*7 }}"
EURO = "€\N{NO-BREAK SPACE}"


def record(naam: str = "Zuid", **changes: object) -> dict[str, object]:
    """Return what a run writes about a finished report."""
    facts: dict[str, object] = {
        "naam": naam,
        "gemeente": "GM0344",
        "gemeentenaam": "Utrecht",
        "jaar": 2023,
        "periode": "2023",
        "status": READY,
        "redenen": [],
        "inwoners": 1000,
        "uitgaven": {"bedrag": 5_000_000, "se": 500_000},
        "doelen": [
            {"domein": "zorg", "bedrag": 3_000_000, "se": 400_000},
            {"domein": "groen", "bedrag": 200_000, "se": None},
        ],
        "punt": [136000, 455000],
    }
    return facts | changes


def report(reports: Path, slug: str, facts: object, *files: str) -> None:
    """Write the folder of a report; `facts` is what run.json holds, or a text to write as it is."""
    folder = reports / slug
    (folder / "audit").mkdir(parents=True)
    for name in ("index.html", *files):
        (folder / name).write_text("<p>een rapport</p>", encoding="utf-8")
    text = facts if isinstance(facts, str) else json.dumps({"rapport": facts})
    (folder / "audit" / "run.json").write_text(text, encoding="utf-8")


def made(reports: Path) -> str:
    return index.write(reports).read_text(encoding="utf-8")


def many(reports: Path, count: int) -> None:
    for n in range(count):
        facts = record(f"Wijk {n}", punt=[60000 + n * 500, 400000 + (n * 37 % 200) * 1000])
        report(reports, f"wijk-{n}", facts | {"inwoners": 1000 + n, "jaar": 2020 + n % 5})


def test_a_report_is_listed_with_its_figures_and_the_files_that_are_there(tmp_path):
    report(tmp_path, "zuid", record(), "kaart.html", "rapport.pdf")
    (entry,) = index_entries.read(tmp_path)
    assert entry.bestanden == (
        ("zuid/index.html", "Rapport"),
        ("zuid/kaart.html", "Kaart"),
        ("zuid/rapport.pdf", "Om af te drukken (PDF)"),
    )
    assert (entry.bedrag, entry.se, entry.doelen["zorg"]) == (5000.0, 500.0, (3000.0, 400.0))
    html = made(tmp_path)
    assert f"<strong>{EURO}5.000</strong><span>tussen {EURO}4.200 en {EURO}5.800" in html
    assert f"meeste geld: zorg ({EURO}3.000) en groen ({EURO}200)." in html
    assert "tabellen.xlsx" not in html


def test_a_report_that_failed_or_is_a_concept_is_shown_as_such(tmp_path):
    report(tmp_path, "a", record("Zuid", status=CONCEPT, redenen=["een tabel mist"]))
    facts = {k: v for k, v in record("Noord").items() if k in ("naam", "gemeentenaam")}
    report(tmp_path, "b", facts | {"status": FAILED, "redenen": ["notebook 04 stopte"]})
    html = made(tmp_path)
    for words in ("Concept, niet publiceren", "een tabel mist", "Niet gelukt", "notebook 04"):
        assert words in html
    assert "Niet op de kaart: Noord." in html
    noord = html[html.index('data-naam="Noord"') :]
    assert "onbekend" in noord[: noord.index("</li>")]
    assert not re.search(rf"{EURO}0\b|nan", html)


@pytest.mark.parametrize(
    "text",
    [
        "geen json",
        "[]",
        "{}",
        '{"rapport": null}',
        '{"rapport": {"naam": "x"}}',
        "[" * 100_000,
    ],
)
def test_a_folder_without_a_readable_record_is_not_hidden(tmp_path, text):
    report(tmp_path, "kapot", text)
    (entry,) = index_entries.read(tmp_path)
    assert entry.status == FAILED and entry.naam == "kapot"
    assert "Bij dit rapport staat niet waarover het gaat." in made(tmp_path)


@pytest.mark.parametrize("value", [None, "veel", True, [], {}, [1, 2], math.inf, -5])
def test_a_record_with_odd_values_says_unknown(tmp_path, value):
    names = ("inwoners", "uitgaven", "doelen", "punt", "jaar", "redenen", "status", "periode")
    for name in names:
        report(tmp_path, name, record(**{name: value}))
    html = made(tmp_path)
    assert html.count("<h3>") == len(names)
    assert not re.search(
        r"\b(nan|inf|None)\b", re.sub(r"<(style|script).*?</\1>", "", html, flags=re.S)
    )


def test_too_few_people_give_no_amount_per_inhabitant(tmp_path):
    report(tmp_path, "a", record(inwoners=49))
    (entry,) = index_entries.read(tmp_path)
    assert math.isnan(entry.bedrag) and entry.inwoners == 49 and entry.doelen == {}


def test_work_in_progress_and_folders_without_a_report_are_passed_over(tmp_path):
    report(tmp_path, ".zuid.bezig", record())
    (tmp_path / "leeg").mkdir()
    (tmp_path / "README.md").write_text("tekst")
    assert index_entries.read(tmp_path) == []
    assert "Er is nog geen rapport." in made(tmp_path)


def test_the_same_folders_give_the_same_bytes_in_any_order(tmp_path):
    for name, slugs in (("een", ["b", "a", "c"]), ("twee", ["c", "a", "b"])):
        for slug in slugs:
            report(tmp_path / name, slug, record("Zelfde naam"))
    assert made(tmp_path / "een") == made(tmp_path / "twee")
    assert [e.slug for e in index_entries.read(tmp_path / "een")] == ["a", "b", "c"]


def test_hostile_names_are_text_and_addresses_are_quoted(tmp_path):
    report(tmp_path, 'a "b" <c> #?&%', record(HOSTILE, gemeentenaam=HOSTILE, redenen=[HOSTILE]))
    report(tmp_path, "half", json.dumps({"rapport": record("half \ud800 \x00 teken")}))
    html = made(tmp_path)
    assert html.count("<script>") == html.count("</script>") == 1
    assert 'href="a%20%22b%22%20%3Cc%3E%20%23%3F%26%25/index.html"' in html
    assert "\x00" not in html and "&lt;/script&gt;&lt;script&gt;" in html


def test_the_script_is_allowed_by_its_hash_and_nothing_comes_from_elsewhere(tmp_path):
    report(tmp_path, "zuid", record())
    html = made(tmp_path)
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]+)"', html)
    scripts = re.findall(r"<script>(.*?)</script>", html, re.S)
    assert f"script-src {pages.allowed(scripts)}" in policy and "default-src 'none'" in policy
    links = re.findall(r'(?:href|src)="([^"]+)"', html)
    assert all(link.startswith(("#", "data:", "zuid/")) for link in links)
    assert "Bron: CBS" in html and "Natural Earth (publiek domein)" in html


def test_without_an_outline_of_the_country_the_list_is_still_there(tmp_path, monkeypatch):
    report(tmp_path, "zuid", record())
    monkeypatch.setattr(index.sources, "catalogue", dict)
    html = made(tmp_path)
    assert "Natural Earth" not in html and 'id="kaart"' not in html and "<h3>" in html


def test_all_pictures_have_one_scale_and_their_figures_as_a_table(tmp_path):
    report(tmp_path, "a", record("A"))
    twice = [{"domein": "zorg", "bedrag": 6_000_000, "se": 0}]
    report(tmp_path, "b", record("B", doelen=twice))
    html = made(tmp_path)
    bars = [float(b) for b in re.findall(r'class="staaf" d="M122,3h([\d.]+)v7', html)]
    assert bars[1] == pytest.approx(2 * bars[0], abs=0.2)
    # Without a standard error there is a bar and no range; an unknown goal has neither.
    assert len(re.findall(r'class="marge" d="M', html)) == 1
    assert f'<td class="num">tussen {EURO}2.300 en {EURO}3.700</td>' in html
    assert html.count(f"{EURO}6.000") >= 2


def test_every_picture_has_a_name_of_its_own_a_sentence_and_the_table(tmp_path):
    report(tmp_path, "a", record("Zelfde naam"))
    report(tmp_path, "b", record("Zelfde naam", doelen=[{"domein": "zorg", "bedrag": None}]))
    report(tmp_path, "c", record("Zelfde naam", doelen=[{"domein": "afval", "bedrag": 9e6}]))
    html = made(tmp_path)
    pictures = re.findall(r'<svg [^>]*aria-labelledby="([^"]+)" aria-details="cijfers"', html)
    assert pictures == ["beeld-1 beeld-1-uitleg", "beeld-3 beeld-3-uitleg"]
    assert "3. Uitgaven per inwoner van Zelfde naam</title>" in html
    assert f"meeste geld: afval ({EURO}9.000).</desc>" in html
    assert gate.findings(html, scripts=True) == []
    assert language.findings(html, explains=False) == []


def test_a_report_without_any_of_the_goals_says_so():
    entry = Entry("a", "A", doelen={"sport": (5.0, 1.0)})
    assert index._largest(entry, ["zorg"]) == "Van de grootste doelen is hier geen bedrag bekend."


def test_the_goals_with_a_bar_are_the_largest_over_all_reports():
    many_goals = {f"doel {n}": (float(n), 0.0) for n in range(9)}
    one, other = Entry("a", "A", doelen=many_goals), Entry("b", "B", doelen={"ander": (99.0, 0.0)})
    assert index.shown_goals([one, other])[:2] == ["ander", "doel 8"]
    assert len(index.shown_goals([one, other])) == 6


def test_dots_of_one_place_are_pushed_apart_and_others_stay():
    spots = [(50.0, 50.0)] * 3 + [(200.0, 200.0)]
    moved = index.apart(spots, 10.0)
    assert moved[3] == (200.0, 200.0)
    gaps = [math.dist(a, b) for n, a in enumerate(moved) for b in moved[:n]]
    assert min(gaps) > 19.5
    assert max(math.dist(a, (50.0, 50.0)) for a in moved[:3]) < 30


def test_facts_of_a_failed_run_hold_no_figures():
    facts = index_entries.facts(PILOT, ["notebook 03 stopte"], finished=False)
    assert facts["status"] == FAILED and facts["naam"] == "Proefwijk"
    assert facts["redenen"] == ["notebook 03 stopte"] and "uitgaven" not in facts


def test_350_reports_are_written_in_little_time_and_space(tmp_path):
    many(tmp_path, 350)
    start = time.process_time()
    html = made(tmp_path)
    assert time.process_time() - start < 3
    assert len(html.encode()) < 1_500_000
    assert html.count("<h3>") == 350


def test_facts_are_the_figures_of_the_report(rendered, monkeypatch):
    from wijkboek_utils import pilots, sources, views

    monkeypatch.setattr(sources, "PROCESSED", rendered / "data" / "processed")
    slug = "utrecht-kanaleneiland"
    facts = index_entries.facts(pilots.load(slug), [], finished=True)
    weights = sources.read_table(slug, "gebied").set_index("buurt")["gewicht"]
    total = views.net_expenses(sources.read_table(slug, "grootboek"), weights).iloc[0]
    assert facts["uitgaven"] == {"bedrag": round(total["bedrag"]), "se": round(total["se"])}
    assert facts["status"] == READY and facts["inwoners"] > 10_000
    x, y = facts["punt"]
    assert 133_000 < x < 137_000 and 452_000 < y < 456_000  # Kanaleneiland on the Dutch grid
    assert json.loads(json.dumps(facts, allow_nan=False)) == facts


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return the index over six reports of all kinds."""
    reports = tmp_path_factory.mktemp("reports")
    place = {"gemeentenaam": "Súdwest-Fryslân", "punt": [170000, 560000]}
    report(reports, "a", record("Aldeboarn", inwoners=500, jaar=2022, **place), "kaart.html")
    report(reports, "b", record("Bilgaard", inwoners=9000, status=CONCEPT, redenen=["kop mist"]))
    report(reports, "c", record("Centrum", inwoners=None, uitgaven=None, doelen=[], punt=None))
    report(reports, "d", record("Dorp 10", inwoners=2000, uitgaven={"bedrag": 4e7, "se": 1e5}))
    report(reports, "e", record("Dorp 9", inwoners=3000, jaar=2024))
    report(reports, "f", record(HOSTILE, status=FAILED, redenen=["stuk"]))
    return index.write(reports)


@pytest.fixture
def opened(browser, folder):
    """Return what opens the index: the page, what it said and what it asked for."""
    contexts = []

    def open_page(**options):
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        contexts.append(context)
        tab = context.new_page()
        said, asked = [], []
        tab.on("console", lambda message: said.append(message.text))
        tab.on("pageerror", lambda error: said.append(str(error)))
        tab.on("request", lambda request: asked.append(request.url))
        tab.goto(folder.as_uri())
        return tab, said, asked

    yield open_page
    for context in contexts:
        context.close()


def names(tab) -> list[str]:
    """Return the reports that can be seen, in their order."""
    return tab.locator("#lijst > li:visible").evaluate_all("all => all.map(e => e.dataset.naam)")


def test_search_and_sort_work_with_the_keyboard_and_ask_nothing(opened):
    tab, said, asked = opened()
    assert len(names(tab)) == 6
    tab.get_by_label("Zoek op naam of gemeente").focus()
    tab.keyboard.type("sudwest")  # without accents, in part
    assert names(tab) == ["Aldeboarn"]
    assert tab.locator("#cijfers tbody tr:visible").count() == 1
    assert tab.locator("#kaart a:visible").count() == 1
    assert tab.get_by_role("status").inner_text() == "1 van 6 getoond"
    tab.keyboard.press("Enter")  # a form that is sent would lose what was typed
    assert names(tab) == ["Aldeboarn"]
    tab.keyboard.press("Control+A")
    tab.keyboard.type("bestaat niet")
    assert names(tab) == [] and "Niets gevonden" in tab.get_by_role("status").inner_text()
    tab.keyboard.press("Control+A")
    tab.keyboard.press("Delete")
    tab.keyboard.press("Tab")
    tab.keyboard.type("inw")  # a select takes what is typed
    assert names(tab)[:4] == ["Bilgaard", "Dorp 9", "Dorp 10", plain(HOSTILE)]
    assert names(tab)[-1] == "Centrum"  # unknown comes last
    first = tab.locator("#cijfers tbody th").first.inner_text()
    assert first.endswith("Bilgaard")
    assert said == [] and [u for u in asked if not u.startswith(("file:", "data:"))] == []


def test_every_order_and_the_filter_do_what_they_say(opened):
    tab, _, _ = opened()
    order = tab.get_by_label("Sorteer op")
    order.select_option("bedrag")
    assert names(tab)[0] == "Dorp 10" and names(tab)[-1] == "Centrum"
    order.select_option("jaar")
    assert names(tab)[0] == "Dorp 9" and names(tab)[-1] == "Aldeboarn"
    order.select_option("naam")
    assert names(tab).index("Dorp 9") < names(tab).index("Dorp 10")  # as people count
    order.select_option("gemeente")
    assert names(tab)[0] == "Aldeboarn"
    tab.get_by_label("Status").select_option("concept")
    assert names(tab) == ["Bilgaard"]


def test_without_javascript_all_is_there_and_no_control_that_does_nothing(opened):
    tab, _, _ = opened(java_script_enabled=False)
    assert tab.locator("#lijst > li:visible").count() == 6
    assert not tab.get_by_label("Zoek op naam of gemeente").is_visible()
    assert tab.get_by_role("table").locator("tbody tr").count() == 6
    assert tab.locator(".let-op", has_text="Concept, niet publiceren").is_visible()
    with tab.expect_navigation():
        tab.get_by_role("link", name="Kaart van Aldeboarn").click()
    assert tab.url.endswith("/a/kaart.html")


def test_a_dot_on_the_map_is_a_link_for_the_keyboard(opened):
    tab, _, _ = opened()
    dot = tab.get_by_role("group", name="Kaart van Nederland").get_by_role("link")
    assert dot.count() == 5  # one report does not say where it is
    dot = dot.and_(tab.get_by_label("2. Aldeboarn, Súdwest-Fryslân"))
    dot.focus()
    with tab.expect_navigation():
        tab.keyboard.press("Enter")
    assert tab.url.endswith("/a/index.html")


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_fault_of_accessibility_and_nothing_off_the_screen(opened, width, scheme):
    from axe_playwright_python.sync_playwright import Axe

    view = {"width": width, "height": 900}
    tab, said, _ = opened(viewport=view, color_scheme=scheme)
    rules = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
    found = Axe().run(tab, options=rules).response["violations"]
    assert [(v["id"], v["nodes"][0]["html"]) for v in found] == []
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    assert said == [] and tab.title() == "Alle wijkboeken"
