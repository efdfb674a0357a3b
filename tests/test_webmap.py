"""The interactive map: honest words, no gaps, the same bytes, and nothing asked of anyone else."""

import dataclasses
import hashlib
import json
import math
import re
import struct
import zlib

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import Polygon, box

from wijkboek_utils import cbs, gate, language, pages, pdok, regions, views, webmap
from wijkboek_utils import shapes as shapes_
from wijkboek_utils.cutouts import Cutout
from wijkboek_utils.dutch import plain
from wijkboek_utils.pilots import Pilot

NAN = math.nan
PILOT = Pilot("proef", "Proefwijk", "GM9901", "Proefstad", ["WK990100"], 2023, "jaarrekening")
HOSTILE = [
    "</script><script>document.title='stuk'</script>",
    "\"quotes\" 'en' `meer` & <b>vet</b>",
    "\N{RIGHT-TO-LEFT OVERRIDE}mrowrednibretni",
    "Feest \N{PARTY POPPER} ${alert(1)} {{ 7 * 7 }} {% raise %} {# weg #}",
    "a" * 10_000,
]
VENDORED = {
    "leaflet.js": "db49d009c841f5ca34a888c96511ae936fd9f5533e90d8b2c4d57596f4e5641a",
    "leaflet.css": "a7837102824184820dfa198d1ebcd109ff6d0ff9a2672a074b9a1b4d147d04c6",
    "LICENSE": "53e8dc25862014e4324741ca18fbe3611e11d42ef69f59f86ea8c5389647d4cb",
}


def shapes(*names: str) -> gpd.GeoDataFrame:
    """Return buurten as squares of 500 m in a row, near Utrecht."""
    squares = [box(135e3 + 500 * n, 455e3, 135.5e3 + 500 * n, 455.5e3) for n in range(len(names))]
    codes = [f"BU9901000{n}" for n in range(len(names))]
    return gpd.GeoDataFrame({"buurt": codes, "bron": "x"}, geometry=squares, crs=28992)


def figures(*names: str) -> pd.DataFrame:
    """Return figures of such buurten, the first in the gebied and the last unknown."""
    many = len(names)
    known = [n < many - 1 or many == 1 for n in range(many)]
    frame = pd.DataFrame({"buurt": shapes(*names)["buurt"], "naam": list(names)})
    frame["gewicht"] = [1.0] + [0.0] * (many - 1)
    for layer in webmap.LAYERS:
        frame[layer] = [100.0 * (n + 1) if k else NAN for n, k in enumerate(known)]
        frame[f"{layer}_woorden"] = [f"€ {n}" if k else "onbekend" for n, k in enumerate(known)]
    return frame


def page(*names: str) -> str:
    return webmap.render(PILOT, shapes(*names), figures(*names), ["© Kadaster"], "index.html")


@pytest.fixture(scope="module")
def real(utrecht):
    """Return the page of Utrecht with the real figures and boundaries."""
    areas = cbs.areas("GM0344").query("soort == 'Buurt'").rename(columns={"gebied": "buurt"})
    gebied = regions.weights(areas, ["WK034408"])
    rows = webmap.figures(utrecht.ledger, gebied, utrecht.indicatoren, utrecht.inkomen)
    kaart = pdok.read_boundaries("GM0344", 2024)
    return webmap.render(PILOT, kaart, rows, ["© Kadaster", "Bron: CBS"], "index.html"), rows


def test_the_leaflet_here_is_the_leaflet_that_was_published():
    readme = pages.text("leaflet/README.md")
    for name, digest in VENDORED.items():
        content = (pages.TEMPLATES / "leaflet" / name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == digest
        assert f"`{digest}`" in readme
    assert "Leaflet 1.9.4" in pages.text("leaflet/leaflet.js")[:60]


def test_figures_are_those_of_the_report_and_unknown_is_a_word(utrecht):
    gebied = pd.DataFrame(
        {
            "buurt": ["BU03440111", "BU03440112", "BU0344ZZZZ"],
            "naam": ["een", "twee", "nergens"],
            "gewicht": [1.0, 0.0, 0.0],
        }
    )
    inkomen = utrecht.inkomen.query("buurt != 'BU03440112'")
    rows = webmap.figures(utrecht.ledger, gebied, utrecht.indicatoren, inkomen).set_index("naam")
    people = utrecht.indicatoren.query("onderwerp == 'AantalInwoners'").set_index("gebied")
    same = views.per_inhabitant(utrecht.ledger, gebied, people["waarde"]).set_index("naam")
    assert rows.loc["een", "uitgaven"] == same.loc["een", "per_inwoner"]
    assert rows.loc["een", "uitgaven_woorden"].startswith("€\N{NO-BREAK SPACE}")
    assert "tussen" in rows.loc["een", "uitgaven_woorden"]
    assert rows.loc["een", "inkomen_woorden"].endswith("(geschat)")
    assert rows.loc["twee", "inkomen_woorden"] == "onbekend"
    unknown = rows.loc["nergens", [f"{layer}_woorden" for layer in webmap.LAYERS]]
    assert set(unknown) == {"onbekend"}


def test_a_buurt_with_few_people_says_so_instead_of_an_amount(utrecht):
    gebied = pd.DataFrame({"buurt": ["BU03440111"], "naam": ["een"], "gewicht": [1.0]})
    few = utrecht.indicatoren.copy()
    few.loc[few["onderwerp"] == "AantalInwoners", "waarde"] = 49
    (row,) = webmap.figures(utrecht.ledger, gebied, few, utrecht.inkomen).itertuples()
    assert row.uitgaven_woorden == "te weinig inwoners" and math.isnan(row.uitgaven)


def test_the_legend_says_every_class_and_what_is_unknown():
    values = pd.Series([1000.0, 2000.0, 2000.0, NAN])
    steps = pd.Series([0, 4, 4, pd.NA], dtype="Int64")
    items = webmap.legend(values, steps, "uitgaven")
    euro = "€\N{NO-BREAK SPACE}"
    assert items[:2] == [("0", f"{euro}1.000"), ("4", f"{euro}2.000")]
    assert items[2] == ("geen", "onbekend, of minder dan 50 inwoners")
    assert webmap.legend(values, steps, "inwoners")[0] == ("0", "1.000")
    assert webmap.legend(values[:3], steps[:3], "inkomen") == items[:2]


def test_simplifying_leaves_no_gap_and_no_overlap_between_neighbours():
    # Two neighbours with a shared border of a point every metre, as surveyors draw it.
    border = [(1000 + 3 * math.sin(y / 40), y) for y in range(0, 4001)]
    left, right = Polygon([(0, 0), *border, (0, 4000)]), Polygon([*border, (5e3, 4e3), (5e3, 0)])
    frame = gpd.GeoDataFrame({"buurt": ["a", "b"]}, geometry=[left, right], crs=28992)
    simple = webmap.simplified(frame).geometry
    assert simple.count_coordinates().sum() < 400 < frame.geometry.count_coordinates().sum()
    assert simple.union_all().area == pytest.approx(simple.area.sum(), abs=1e-6)
    assert simple.union_all().geom_type == "Polygon"
    assert not simple.union_all().interiors


def test_a_gemeente_with_very_many_points_still_makes_a_small_map():
    wave = [(x / 10, 20 * math.sin(x / 30)) for x in range(10_001)]
    rows = []
    for n in range(20):
        low, high = ([(x, y + 100 * (n + up)) for x, y in wave] for up in (0, 1))
        rows.append(Polygon([*low, *high[::-1]]))
    frame = gpd.GeoDataFrame({"buurt": range(20)}, geometry=rows, crs=28992)
    simple = webmap.simplified(frame).geometry
    assert simple.count_coordinates().sum() < 20_000 < frame.geometry.count_coordinates().sum()
    assert simple.union_all().area == pytest.approx(simple.area.sum(), abs=1e-3)


def test_the_same_figures_give_the_same_bytes():
    names = ["Zuid", "Noord", "West"]
    assert page(*names) == page(*names)
    assert not re.search(r"\b[0-9a-f]{32}\b", page(*names))  # an id that folium makes up


def test_the_page_of_a_large_gemeente_stays_small(real):
    html, rows = real
    assert len(html.encode()) < 600_000
    for naam in rows.loc[rows["gewicht"] > 0, "naam"]:
        assert html.count(naam) >= 3  # on the map, in the list and in the table


def test_every_script_is_allowed_by_its_hash_and_nothing_else_is():
    html = page("Zuid", "Noord")
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]+)"', html)
    parts = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert parts["default-src"] == "'none'"
    assert parts["img-src"] == "data: https://service.pdok.nl"
    scripts = re.findall(r"<script>(.*?)</script>", html, re.S)
    assert parts["script-src"] == pages.allowed(scripts) and len(scripts) == 5
    assert "unsafe" not in parts["script-src"]
    assert set(parts) == {
        *("default-src", "script-src", "style-src", "img-src", "base-uri", "form-action")
    }


def test_nothing_of_folium_that_lives_elsewhere_is_left():
    html = page("Zuid", "Noord")
    assert not re.search(r"jsdelivr|cdnjs|jquery|bootstrap|fontawesome|awesome-markers", html, re.I)
    assert "sourceMappingURL" not in html
    outside_scripts = re.sub(r"<script>.*?</script>", "", html, flags=re.S)
    assert not re.search(r'(?:src|href)="https?:|url\((?!#)', outside_scripts)


def test_names_stand_on_the_page_as_text_only():
    html = page(*HOSTILE)
    assert html.count("<script>") == html.count("</script>") == 5
    script = re.findall(r"<script>(.*?)</script>", html, re.S)[2]
    assert "<" not in "".join(re.findall(r'"uitleg": "[^"\\]*(?:\\.[^"\\]*)*"', script))


def test_a_single_buurt_and_a_gemeente_without_any_figure_can_be_drawn():
    assert "Toon Proefwijk" not in page("Enige")  # the gebied is all there is
    nothing = figures("Een", "Twee").assign(**dict.fromkeys(webmap.LAYERS, NAN))
    html = webmap.render(PILOT, shapes("Een", "Twee"), nothing, ["© Kadaster"], "index.html")
    assert "onbekend, of minder dan 50 inwoners" in html


def test_the_map_of_a_concept_says_so_and_can_have_colours_of_its_own():
    given = (shapes("Een"), figures("Een"), ["© Kadaster"], "index.html")
    own = dataclasses.replace(PILOT, huiskleuren={"hoofd": "#7a0b2f"})
    html = webmap.render(own, *given, concept=True)
    assert "Concept, niet publiceren." in html and "#7a0b2f" in html
    plain = webmap.render(PILOT, *given)
    assert "Concept" not in plain and "#7a0b2f" not in plain


def test_a_buurt_without_figures_stays_on_the_map():
    html = webmap.render(
        PILOT, shapes("Een", "Twee"), figures("Een", "Twee")[:1], ["© Kadaster"], "index.html"
    )
    assert len(re.findall(r'"uitleg": "', html)) == 2 and '<option value="1">onbekend' in html


def chunk(kind: bytes, data: bytes) -> bytes:
    """Return a part of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


GREY = (
    b"\x89PNG\r\n\x1a\n"
    + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    + chunk(b"IDAT", zlib.compress(b"\x00\x80"))
    + chunk(b"IEND", b"")
)


@pytest.fixture
def opened(browser, tmp_path):
    """Return what opens a page from disk: the page, what it said and what it asked for."""
    contexts = []

    def open_page(html: str, **options):
        path = tmp_path / "kaart.html"
        path.write_text(html, encoding="utf-8")
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        contexts.append(context)
        tab = context.new_page()
        said, asked = [], []
        tab.on("console", lambda message: said.append(message.text))
        tab.on("pageerror", lambda error: said.append(str(error)))
        tab.on("request", lambda request: asked.append(request.url))
        context.route(
            re.compile("^https:"), lambda route: route.fulfill(body=GREY, content_type="image/png")
        )
        tab.goto(path.as_uri())
        return tab, said, asked

    yield open_page
    for context in contexts:
        context.close()


def outside(asked: list[str]) -> list[str]:
    return [url for url in asked if not url.startswith(("file:", "data:"))]


def test_moving_and_zooming_asks_nothing_of_anyone(opened, real):
    tab, said, asked = opened(real[0])
    drawn = tab.locator("path.leaflet-interactive")
    assert drawn.count() > 100
    place = "document.querySelector('path.leaflet-interactive').getAttribute('d')"
    before = tab.evaluate(place)
    tab.locator("#map_kaart").focus()
    tab.keyboard.press("ArrowRight")
    tab.keyboard.press("+")
    tab.wait_for_function(f"before => {place} !== before", arg=before)
    tab.get_by_role("button", name="Zoom uit").click()
    tab.mouse.move(800, 500)
    tab.mouse.down()
    tab.mouse.move(700, 400, steps=4)
    tab.mouse.up()
    assert said == [] and outside(asked) == []


def test_the_background_is_asked_for_only_after_the_button(opened, real):
    tab, said, asked = opened(real[0])
    button = tab.get_by_role("button", name="Toon achtergrondkaart")
    described = button.get_attribute("aria-describedby")
    assert "PDOK" in tab.locator(f"#{described}").inner_text()
    assert outside(asked) == []
    button.click()
    tab.wait_for_selector("img.leaflet-tile-loaded")
    form = (
        r"https://service\.pdok\.nl/brt/achtergrondkaart/wmts/v2_0/grijs/EPSG:3857/\d+/\d+/\d+\.png"
    )
    assert outside(asked) and all(re.fullmatch(form, url) for url in outside(asked))
    tab.get_by_role("button", name="Verberg achtergrondkaart").click()
    assert tab.locator("img.leaflet-tile").count() == 0
    assert said == []


def test_a_background_that_cannot_be_had_is_told_and_the_figures_stay(opened, real):
    tab, _, _ = opened(real[0])
    tab.context.unroute_all()
    tab.context.route(re.compile("^https:"), lambda route: route.abort())
    tab.get_by_role("button", name="Toon achtergrondkaart").click()
    tab.get_by_text("De achtergrondkaart is nu niet te bereiken").wait_for()
    assert tab.locator("path.leaflet-interactive").count() > 100


def test_a_layer_has_its_own_colours_and_legend(opened, real):
    tab, _, _ = opened(real[0])
    fills = """() => [...document.querySelectorAll('path.leaflet-interactive')]
        .map(e => getComputedStyle(e).fill)"""
    spent = tab.evaluate(fills)
    assert len(set(spent)) >= 5
    assert tab.locator("[data-legenda]:visible").get_attribute("data-legenda") == "uitgaven"
    tab.get_by_role("radio", name="Aantal inwoners").focus()
    tab.keyboard.press("Space")
    assert tab.locator("[data-legenda]:visible").get_attribute("data-legenda") == "inwoners"
    assert tab.evaluate(fills) != spent


def test_a_buurt_can_be_found_with_the_keyboard_alone(opened, real):
    html, rows = real
    tab, _, _ = opened(html)
    row = rows[rows["gewicht"] > 0].iloc[0]
    tab.get_by_label("Zoek een buurt").select_option(row["naam"])
    told = tab.locator("#uitleg")
    assert told.get_attribute("role") == "status"
    assert row["naam"] in told.inner_text()
    assert row["uitgaven_woorden"] in told.inner_text()
    assert tab.locator("path.gekozen").count() == 1
    first = tab.locator("path.leaflet-interactive").first
    first.dispatch_event("click")
    assert row["naam"] not in told.inner_text()


def test_hostile_names_are_inert_and_legible(opened):
    tab, said, asked = opened(page(*HOSTILE, "Gewoon"))
    assert said == [] and outside(asked) == []
    assert tab.title() == "Kaart van Proefwijk, Proefstad 2023 - Wijkboek"
    for n, name in enumerate(HOSTILE):
        tab.get_by_label("Zoek een buurt").select_option(str(n))
        told = tab.locator("#uitleg").inner_text()
        assert plain(name)[:80] in told and "Aantal inwoners: €" in told
        assert tab.locator("#uitleg b b, #uitleg script").count() == 0
        tab.locator("path.leaflet-interactive").first.hover(force=True)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 1280


def test_without_javascript_the_table_is_there(opened, real):
    tab, _, _ = opened(real[0], java_script_enabled=False)
    assert not tab.get_by_text("Kies wat de kaart laat zien").is_visible()
    assert tab.get_by_text("Deze kaart heeft JavaScript nodig.").is_visible()
    assert tab.get_by_role("button").count() == tab.get_by_role("combobox").count() == 0
    # What the colours mean and what the background tells of the reader is no secret of the script.
    assert tab.locator("[data-legenda]:visible").count() == len(webmap.LAYERS)
    assert tab.get_by_text("PDOK ziet zo het internetadres").is_visible()
    tab.get_by_text("Toon de cijfers van alle buurten").click()
    assert tab.get_by_role("table").locator("tbody tr").count() > 100


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_fault_of_accessibility_and_nothing_off_the_screen(opened, real, width, scheme):
    from axe_playwright_python.sync_playwright import Axe

    view = {"width": width, "height": 900}
    tab, said, _ = opened(real[0], viewport=view, color_scheme=scheme, bypass_csp=True)
    tab.get_by_text("Toon de cijfers van alle buurten").click()
    tab.get_by_label("Zoek een buurt").select_option(index=2)
    rules = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
    found = Axe().run(tab, options=rules).response["violations"]
    assert [(v["id"], v["nodes"][0]["html"]) for v in found] == []
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    assert said == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_picture_has_a_name_a_table_and_a_hatch_where_nothing_is_known(opened, scheme):
    tab, _, _ = opened(page("Zuid", "Noord", "West"), color_scheme=scheme)
    picture = tab.get_by_role("img", name="Kaart van de buurten van Proefstad, gekleurd naar")
    for title in webmap.LAYERS.values():
        tab.get_by_role("radio", name=title).check()
        assert picture.get_attribute("aria-label").endswith(f": {title}")
        fills = picture.locator("path[class*=uitgaven-]").evaluate_all(
            "all => all.map(e => getComputedStyle(e).fill)"
        )
        assert [fill.startswith("url(") for fill in fills] == [False, False, True]
    details = tab.locator(f"#{picture.get_attribute('aria-details')}")
    assert details.locator("tbody tr").count() == 3
    assert tab.locator("pattern#arcering").count() == 1


def test_the_tab_key_passes_the_map_in_one_stop(opened, real):
    tab, _, _ = opened(real[0])
    tab.locator("#map_kaart").focus()
    seen = []
    for _ in range(4):
        tab.keyboard.press("Tab")
        seen.append(tab.evaluate("document.activeElement.id || document.activeElement.title"))
    assert seen == ["Zoom in", "Zoom uit", "buurt", "naar-gebied"]


def test_the_page_keeps_the_rules_of_a_page_that_may_be_published():
    html = page("Zuid", "Noord").replace("© Kadaster", "Bron: CBS")
    assert gate.findings(html, scripts=True) == []
    assert language.findings(html, explains=False) == []


def test_the_drawing_holds_only_what_the_page_may_know():
    script = re.findall(r"<script>(.*?)</script>", page("Zuid", "Noord"), re.S)[2]
    data = re.search(r"geo_json_buurten_add\((\{.*?\})\);", script, re.S)
    features = json.loads(data[1])["features"]
    assert [set(f["properties"]) for f in features] == [{"uitleg"}] * 2


def tab_to(tab, name: str, key: str = "Tab") -> None:
    """Go with the keyboard to what has this id."""
    for _ in range(60):
        tab.keyboard.press(key)
        if tab.evaluate("document.activeElement.id") == name:
            return
    raise AssertionError(f"{name} is met {key} niet te bereiken")


def test_a_gebied_can_be_drawn_with_the_keyboard_alone_and_be_a_pilot(opened, real, tmp_path):
    tab, said, asked = opened(real[0], reduced_motion="reduce")
    told = tab.locator("#teken-melding")
    tab_to(tab, "teken")
    tab.keyboard.press("Enter")
    assert told.get_attribute("role") == "status" and told.inner_text() == "Nog geen punten."
    tab_to(tab, "map_kaart", "Shift+Tab")
    for key in ("", "ArrowRight", "ArrowDown", "ArrowLeft"):
        if key:
            tab.keyboard.press(key)
            tab.wait_for_timeout(400)  # the map slides
        tab.keyboard.press("Enter")
    assert told.inner_text().startswith("4 punten, samen ongeveer")
    tab.keyboard.press("Backspace")
    assert told.inner_text().startswith("3 punten, samen ongeveer")
    tab_to(tab, "teken-punt")
    tab.keyboard.press("Enter")
    tab_to(tab, "teken-bewaar")
    with tab.expect_download() as saved:
        tab.keyboard.press("Enter")
    assert saved.value.suggested_filename == "gebied.geojson"
    assert "Bewaard als gebied.geojson" in told.inner_text()
    saved.value.save_as(tmp_path / "gebied.geojson")
    shape = shapes_.read(tmp_path / "gebied.geojson")
    hectares = float(
        re.search(r"ongeveer ([\d.,]+) hectare", told.inner_text())[1].replace(",", ".")
    )
    assert shape.area / 1e4 == pytest.approx(hectares, rel=0.06)
    kaart = pdok.read_boundaries("GM0344", 2024)
    assert shape.within(kaart.union_all().envelope)
    assert said == [] and outside(asked) == []


def test_a_gebied_can_be_drawn_with_the_mouse_and_a_line_that_crosses_itself_is_not_saved(
    opened, real
):
    tab, said, _ = opened(real[0])
    chosen, told = tab.locator("#uitleg"), tab.locator("#teken-melding")
    tab.get_by_role("button", name="Teken een gebied").click()
    box_ = tab.locator("#map_kaart").bounding_box()
    middle = (box_["x"] + box_["width"] / 2, box_["y"] + box_["height"] / 2)
    bow = [(-80, -80), (80, 80), (80, -80), (-80, 80)]
    for x, y in bow:
        tab.mouse.click(middle[0] + x, middle[1] + y)
    assert chosen.inner_text() == ""  # a corner chooses no buurt
    assert "De lijn kruist zichzelf" in told.inner_text()
    save = tab.get_by_role("button", name="Bewaar het gebied")
    save.click()
    assert told.inner_text().startswith("Nog niet bewaard. 4 punten. De lijn kruist zichzelf")
    tab.get_by_role("button", name="Haal het laatste punt weg").click()
    assert tab.locator("path.tekening-hoek").count() == 3
    with tab.expect_download() as saved:
        save.click()
    (feature,) = json.loads(saved.value.path().read_text())["features"]
    (ring,) = feature["geometry"]["coordinates"]
    assert len(ring) == 4 and ring[0] == ring[-1] and Polygon(ring).exterior.is_ccw
    tab.get_by_role("button", name="Stop met tekenen").click()
    assert tab.locator("path.tekening").count() == 0
    tab.mouse.click(*middle)
    assert chosen.inner_text() != "" and said == []


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_drawing_has_no_fault_of_accessibility(opened, width, scheme):
    from axe_playwright_python.sync_playwright import Axe

    view = {"width": width, "height": 900}
    tab, said, _ = opened(
        page("Zuid", "Noord"), viewport=view, color_scheme=scheme, bypass_csp=True
    )
    tab.get_by_role("button", name="Teken een gebied").click()
    for key in ("", "ArrowRight", "ArrowDown"):
        tab.keyboard.press(key) if key else None
        tab.get_by_role("button", name="Zet een punt in het midden").click()
    rules = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
    found = Axe().run(tab, options=rules).response["violations"]
    assert [(v["id"], v["nodes"][0]["html"]) for v in found] == []
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    assert said == []


def test_a_gebied_that_was_drawn_has_its_own_outline_and_parts_of_buurten_are_told(tmp_path):
    corners = [[135100, 455100], [135800, 455100], [135800, 455400], [135100, 455400]]
    text = {"type": "Polygon", "coordinates": [[*corners, corners[0]]]}
    system = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::28992"}}
    (tmp_path / "vorm.geojson").write_text(json.dumps(text | {"crs": system}))
    cut = Cutout(("GM9901",), "het vlak in vorm.geojson", tmp_path / "vorm.geojson")
    drawn = dataclasses.replace(PILOT, codes=[], uitsnede=cut)
    rows = figures("Een", "Twee").assign(gewicht=[0.42, 1.0])
    given = (shapes("Een", "Twee"), rows, ["© Kadaster"], "index.html")
    html = webmap.render(drawn, *given)
    (script,) = re.findall(r"geo_json_omtrek_add\((\{.*?\})\);", html, re.S)
    ring = json.loads(script)["features"][0]["geometry"]["coordinates"][0]
    assert len(ring) == 5
    part = "42\N{NO-BREAK SPACE}procent"
    (told,) = re.findall(r"geo_json_buurten_add\((\{.*?\})\);", html, re.S)
    words = [f["properties"]["uitleg"] for f in json.loads(told)["features"]]
    assert f"Ligt voor ongeveer <strong>{part}</strong> in het gebied" in words[0]
    assert "Ligt voor" not in words[1]
    assert f"Een (voor {part} in het gebied)" in html and "Twee (in het gebied)" in html
    assert "het gebied van het rapport" in html
    by_address = dataclasses.replace(drawn, uitsnede=dataclasses.replace(cut, vorm=None))
    assert "ook waar zij er voor een deel in liggen" in webmap.render(by_address, *given)
