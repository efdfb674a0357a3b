"""The register: what is there per kind, unknown where nobody counted, strengths beyond error."""

import re

import geopandas
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import box

from tests.conftest import per_buurt
from wijkboek_utils import assets, assets_text, green, kengetallen, language, regions, sources
from wijkboek_utils.local import counting

BUURTEN = [f"BU990100{n:02}" for n in range(1, 6)]
REST = "BU9901REST"
FIGURES = {
    "AantalInwoners": (1000, 1000, 2000, 4000, 20),
    "Woningvoorraad": (400, 500, 900, 1800, 10),
    "GemiddeldeWOZWaardeVanWoningen": (200, 250, 300, 350, None),
    "BedrijfsvestigingenTotaal": (200, 100, 100, 200, 20),
    "AfstandTotHuisartsenpraktijk": (0.3, 0.4, 1.5, 1.5, None),
    "OppervlakteWater": (1, 1, 2, 4, 0),
}
GEBIED = pd.DataFrame({"buurt": [*BUURTEN, REST], "naam": [*"ABCDE", "Gemeente als geheel"]})
GEBIED = GEBIED.assign(gewicht=[1.0, 1.0, 0, 0, 0, 0], fout=0.0)
HERE = regions.area(GEBIED)
EVERYWHERE = pd.Series(1.0, GEBIED["buurt"])
KNOWN = kengetallen.load()


def indicators(**changes) -> pd.DataFrame:
    return per_buurt(FIGURES | changes, BUURTEN)


def contributed(*rows: dict) -> pd.DataFrame:
    facts = {"voorraad": "groen", "naam": "Bomen", "eenheid": "stuks", "jaar": 2024, "se": 1.0}
    facts |= {"houder": "niet vermeld", "methode": "lokaal", "bron": "bomen-leeuwarden"}
    facts |= {"bronjaar": 2024, "telt": "planten en dieren"}
    columns = [*counting.STOCK, "samen", "waarde"]
    return pd.DataFrame([facts | row for row in rows], columns=columns)


def register(voorraden: pd.DataFrame | None = None, **changes) -> pd.DataFrame:
    given = contributed() if voorraden is None else voorraden
    return assets.register(indicators(**changes), given, KNOWN, 2023)


def compared(voorraden: pd.DataFrame | None = None, **changes) -> pd.DataFrame:
    rows = register(voorraden, **changes)
    return assets.compare(assets.totals(rows, HERE), assets.totals(rows, EVERYWHERE))


def of(items: pd.DataFrame, naam: str) -> pd.Series:
    return items.set_index("naam").loc[naam]


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).replace("\xa0", " ")


def test_each_rule_belongs_to_a_kind_and_computes():
    rules = sources.read_project_table("voorraden")
    assert set(rules["soort"]) == {*assets.KINDS, "mensen"} - {"historie"}
    assert set(rules["wijze"]) == {"som", "gemiddelde"}
    assert set(rules["richting"]) <= {"hoog", "laag", ""}
    topics = set(sources.read_project_table("onderwerpen")["onderwerp"])
    for formula in [*rules["aantal"], *rules["waarde"]]:
        assert set(re.findall(r"[A-Za-z_]\w+", formula)) <= topics


def test_counts_add_up_and_are_told_per_inhabitant():
    item = of(compared(), "Alle bedrijven")
    assert item["hoeveelheid"] == 300 and item["per_inwoner"] == pytest.approx(0.15)
    assert item["gemeente"] == pytest.approx(620 / 8020) and item["sterk"]
    assert item["houder"] == "bedrijven" and item["onbekend"] == 0


def test_a_distance_is_a_mean_of_inhabitants_and_nearer_is_stronger():
    item = of(compared(), "Afstand tot de huisarts")
    assert item["per_inwoner"] == pytest.approx(0.35) and item["sterk"]
    assert item["gemeente"] == pytest.approx((300 + 400 + 3000 + 6000) / 8000)


def test_a_difference_within_the_error_is_no_strength():
    homes = (450, 460, 900, 1800, 10)
    assert not compared(Woningvoorraad=homes)["sterk"].loc[lambda s: s].index.empty
    rows = register()
    noisy = rows.assign(se=rows["hoeveelheid"].abs())
    items = assets.compare(assets.totals(noisy, HERE), assets.totals(noisy, EVERYWHERE))
    assert not items["sterk"].any()


def test_the_gemeente_is_not_compared_with_itself():
    rows = register()
    whole = assets.totals(rows, EVERYWHERE)
    items = assets.compare(whole, whole)
    assert items["gemeente"].isna().all() and not items["sterk"].any()
    assert "geen gemeente naast" in words(assets_text.strengths(items, "Hier", "Daar").html)


def test_homes_have_their_woz_as_a_value_apart_from_the_books():
    item = of(compared(), "Woningen")
    assert (item["laag"] + item["hoog"]) / 2 == pytest.approx(400 * 200e3 + 500 * 250e3)
    assert item["waarde_eenheid"] == assets.ONCE
    items = compared(GemiddeldeWOZWaardeVanWoningen=(200, None, 300, 350, None))
    assert pd.isna(of(items, "Woningen")["laag"])  # not of all homes known: no value at all
    told = words(assets_text.values(compared()).html)
    assert "naar de WOZ: tussen € 188 en € 222 miljoen" in told and "niet mee" in told


def test_counted_trees_get_the_value_of_a_kengetal_and_of_unknown_ones_nothing_is_said():
    trees = contributed({"buurt": BUURTEN[0], "hoeveelheid": 100, "soort": "waardevolle boom"})
    item = of(compared(trees), "Waardevolle bomen")
    unit = KNOWN.get("boom_baten_smal", "euro per boom per jaar")
    assert (item["laag"], item["hoog"]) == (100 * unit.laag, 100 * unit.hoog)
    assert item["waarde_eenheid"] == assets.YEARLY and item["kengetal"] == "boom_baten_smal"
    assert item["geteld"] == 1 and item["onbekend"] == 1 and item["ten_minste"]
    assert item["per_inwoner"] == pytest.approx(0.1)  # of the people where it was counted


def test_of_a_repeated_count_the_newest_holds():
    rows = [{"buurt": BUURTEN[0], "hoeveelheid": n, "jaar": y} for n, y in ((5, 2022), (7, 2024))]
    assert of(compared(contributed(*rows)), "Bomen")["hoeveelheid"] == 7


def test_many_kinds_of_one_thing_are_one_row():
    rows = [{"buurt": BUURTEN[0], "hoeveelheid": 2, "soort": f"soort {n}"} for n in range(9)]
    assert of(compared(contributed(*rows)), "Bomen")["hoeveelheid"] == 18


def test_green_counts_the_trees_that_people_counted():
    rows = contributed(
        {"buurt": BUURTEN[0], "hoeveelheid": 60, "soort": "waardevolle boom"},
        {"buurt": REST, "hoeveelheid": 5, "soort": "waardevolle boom"},
    )
    stock = assets.green_stock(indicators(), rows, KNOWN, 2023)
    found = green.totals(stock, HERE).set_index("naam")
    assert found.loc["Waardevolle bomen", "hoeveelheid"] == 60
    assert found.loc["Andere bomen", "methode"] == "ontbreekt"
    species = contributed({"buurt": BUURTEN[0], "hoeveelheid": 60, "soort": "linde"})
    assert assets.trees(species)["status"].tolist() == [""]
    assert assets.trees(contributed()) is None


def people(*rows: tuple) -> pd.DataFrame:
    facts = {"voorraad": "vakmanschap", "naam": "Vakmensen", "telt": "mensen", "soort": ""}
    facts |= {"eenheid": "mensen"}
    keys = ["buurt", "hoeveelheid", "samen", "methode"]
    return contributed(*(facts | dict(zip(keys, row, strict=True)) for row in rows))


def test_a_pool_of_people_counts_only_where_all_of_it_lies():
    pool = ";".join(BUURTEN[:2])
    rows = people(
        (BUURTEN[0], np.nan, None, "geheim"),
        (BUURTEN[1], np.nan, None, "geheim"),
        (REST, 25, pool, "lokaal"),
    )
    item = of(compared(rows), "Vakmensen")
    assert item["hoeveelheid"] == 25 and item["methode"] == "lokaal"
    one = HERE.assign(gewicht=[1.0, 0, 0, 0, 0, 0])
    part = of(assets.totals(register(rows), one), "Vakmensen")
    assert pd.isna(part["hoeveelheid"]) and part["ten_minste"] and pd.isna(part["per_inwoner"])
    table = register(rows)
    items = assets.compare(assets.totals(table, one), assets.totals(table, EVERYWHERE))
    told = words(assets_text.table(items, "Hier", 2023).html)
    assert "geheim" in told and " 25 " not in told


def test_people_who_were_counted_in_some_buurten_are_not_set_against_all_inhabitants():
    pool = ";".join(BUURTEN[:2])
    rows = people(
        (BUURTEN[0], np.nan, None, "geheim"),
        (BUURTEN[1], np.nan, None, "geheim"),
        (REST, 25, pool, "lokaal"),
    )
    table = register(rows)
    everywhere = of(assets.totals(table, EVERYWHERE), "Vakmensen")
    counted = table[table["voorraad"] == assets.PEOPLE].set_index("buurt")["hoeveelheid"]
    assert everywhere["geteld"] == 2 and everywhere["onbekend"] == len(counted) - 2
    assert everywhere["per_inwoner"] == pytest.approx(25 / counted[BUURTEN[:2]].sum())
    assert everywhere["ten_minste"]  # nobody counted the others


def test_what_people_counted_is_drawn_before_what_the_country_counts():
    trees = contributed(*({"buurt": b, "hoeveelheid": 30} for b in BUURTEN[:3]))
    lead = assets.leading(compared(trees), assets.totals(register(trees), EVERYWHERE))
    assert of(lead.set_index("voorraad", drop=False), "Bomen")["voorraad"] == "groen"
    assert lead["voorraad"].tolist() == ["ondernemende kracht", "groen", "gebouwen", "zorg"]
    note = assets_text.table(compared(trees), "Hier", 2023).html
    assert "25 bomen vallen in geen enkele buurt" in note and "Gemeente Leeuwarden" in note


def test_what_is_missing_invites_and_is_never_a_zero():
    items = compared()
    kinds, _ = assets.absent(items)
    assert kinds == ["vakmanschap", "kennis", "onderwijs", "cultuur", "historie"]
    told = words(assets_text.missing(items, "Hier", "pilot-x").html)
    assert "wijkboek template voorraad" in told and "--pilot pilot-x" in told
    lead = assets.leading(items, assets.totals(register(), EVERYWHERE))
    page = words(assets_text.overview(items, lead, register(), GEBIED, "Hier").html)
    assert page.count("misschien van u") == 5 and "Historie nog geen cijfer" in page


def test_few_inhabitants_give_no_figure_per_inhabitant():
    rows = register()
    small = HERE.assign(gewicht=[0, 0, 0, 0, 1.0, 0])
    assert assets.totals(rows, small)["per_inwoner"].isna().all()
    item = of(compared(), "Alle bedrijven")
    table = assets.per_buurt(rows, GEBIED, pd.Series({**item, "naam": "Alle bedrijven"}))
    assert table["per_inwoner"].isna().tolist() == [False] * 4 + [True]
    assert REST not in set(table["buurt"])


def test_the_maps_have_one_table_and_say_what_is_hatched():
    rows = register()
    items = compared()
    lead = assets.leading(items, assets.totals(rows, EVERYWHERE))
    shapes = [box(n * 1000, 0, n * 1000 + 1000, 1000) for n in range(5)]
    kaart = geopandas.GeoDataFrame({"buurt": BUURTEN}, geometry=shapes, crs=28992)
    html = assets_text.maps(lead, rows, GEBIED, kaart, "Hier").html
    assert html.count("<svg") == len(lead) and html.count("<table") == 1
    assert 'role="img"' in html and "Gearceerd" in html
    assert "Het dichtst bij in A (0,3)" in words(html)


def test_names_of_contributors_are_words_and_nothing_else():
    rows = contributed({"buurt": BUURTEN[0], "hoeveelheid": 9, "naam": "<script>x</script>"})
    items = compared(rows)
    lead = assets.leading(items, assets.totals(register(rows), EVERYWHERE))
    parts = [
        assets_text.table(items, "Hier", 2023),
        assets_text.overview(items, lead, register(rows), GEBIED, "Hier"),
        assets_text.missing(items, "Hier", "x"),
        assets_text.strengths(items, "Hier", "Daar"),
    ]
    assert all("<script" not in part.html for part in parts)


def test_the_words_are_plain():
    items = compared(contributed({"buurt": BUURTEN[0], "hoeveelheid": 90}))
    lead = assets.leading(items, assets.totals(register(), EVERYWHERE))
    parts = [
        assets_text.strengths(items, "Kanaleneiland", "Utrecht"),
        assets_text.table(items, "Kanaleneiland", 2023),
        assets_text.overview(items, lead, register(), GEBIED, "Kanaleneiland"),
        assets_text.values(items),
        assets_text.missing(items, "Kanaleneiland", "x"),
    ]
    blocks = re.compile(r"<(p|li|figcaption)\b[^>]*>(.*?)</\1>", re.S)
    told = [words(m[2]).strip() for part in parts for m in blocks.finditer(part.html)]
    assert len(told) > 8
    for sentence in (one for text in told for one in re.split(r"(?<=[.!?:]) ", text)):
        assert len(sentence.split()) <= language.TOO_LONG, sentence


def test_what_is_known_of_few_buurten_is_at_least_and_never_called_a_strength():
    both = compared(BedrijfsvestigingenTotaal=(400, 400, 100, 200, 20))
    half = compared(BedrijfsvestigingenTotaal=(400, None, 100, 200, 20))
    assert of(half, "Alle bedrijven")["sterk"]  # of the one buurt that is known
    assert "Alle bedrijven" in words(assets_text.strengths(both, "Hier", "Daar").html)
    assert "Alle bedrijven" not in words(assets_text.strengths(half, "Hier", "Daar").html)
    assert "ten minste 400 vestigingen" in words(assets_text.table(half, "Hier", 2023).html)
    assert "ten minste" not in words(assets_text.table(both, "Hier", 2023).html)


def test_gemeenten_that_lie_apart_stand_beside_each_other_on_the_small_maps():
    rows = register()
    items = compared()
    lead = assets.leading(items, assets.totals(rows, EVERYWHERE))
    shapes = [box(n * 1000, 0, n * 1000 + 1000, 1000) for n in range(5)]
    near = geopandas.GeoDataFrame({"buurt": BUURTEN}, geometry=shapes, crs=28992)
    assert "naast elkaar" not in assets_text.maps(lead, rows, GEBIED, near, "Hier").html
    codes = [*BUURTEN[:4], "BU99020005"]
    rows, gebied = (frame.replace(BUURTEN[4], codes[4]) for frame in (rows, GEBIED))
    far = near.assign(buurt=codes, geometry=[*shapes[:4], box(90_000, 0, 91_000, 1000)])
    html = assets_text.maps(lead, rows, gebied, far, "Hier").html
    boxes = [float(h) for h in re.findall(r'viewBox="0 0 340 ([\d.]+)"', html)]
    assert "naast elkaar" in html and boxes and min(boxes) > 50  # of 91 km it would be a line
