"""An area in several gemeenten: the books of each, one below the other, and one report."""

import geopandas
import numpy as np
import pandas as pd
import pytest
from shapely import box

from tests.conftest import command, project
from tests.test_report import words
from wijkboek_utils import (
    allocate,
    cbs,
    checks,
    evidence,
    firms,
    gate,
    household_account,
    insets,
    iv3,
    neighbours,
    pdok,
    places,
    plausibility_area,
    regions,
    scale_text,
    several,
    sources,
    tables,
    texts,
    unpaid,
    years,
)
from wijkboek_utils.households import INCOME, INHABITANTS

TWO = ["GM0344", "GM0202"]
CODES = ["WK034408", "WK020202"]


@pytest.fixture(scope="module")
def indicatoren() -> pd.DataFrame:
    return several.read(cbs.indicators, TWO, 2023)


@pytest.fixture(scope="module")
def gebied(indicatoren) -> pd.DataFrame:
    return area(indicatoren, CODES)


def area(indicatoren: pd.DataFrame, codes: list[str]) -> pd.DataFrame:
    buurten = indicatoren[indicatoren["soort"] == "Buurt"].drop_duplicates("gebied")
    return regions.weights(buurten.rename(columns={"gebied": "buurt"}), codes)


# Tables of one gemeente below another.


def test_each_gemeente_is_computed_alone_in_the_order_of_the_codes():
    first = pd.DataFrame({"buurt": ["BU03440001", "BU02020001", "BU03440002"], "n": [1, 2, 3]})
    second = pd.DataFrame({"gebied": ["WK034400", "GM0344"], "m": [5, 7]})

    def totals(one: pd.DataFrame, other: pd.DataFrame, times: int) -> pd.DataFrame:
        return pd.DataFrame({"n": [one["n"].sum() * times], "m": [other["m"].sum()]})

    found = several.each(totals, [first, second], 10)
    assert found["n"].tolist() == [20, 40] and found["m"].tolist() == [0, 12]


def test_the_table_of_one_gemeente_is_handed_on_as_it_is():
    table = pd.DataFrame({"buurt": ["BU03440001", "BU0344REST"]}, index=[4, 9])
    assert several.split(table)["GM0344"] is table
    assert several.each(lambda rows: rows, [table]) is table
    assert several.split(table[:0]) == {}


# Municipal money.


def test_every_gemeente_spreads_its_own_account_by_its_own_keys(gemeenten, indicatoren):
    rates = sources.read_csv(sources.source("gemeentefonds-2025"))
    found = allocate.keys_of(indicatoren, rates)
    amounts = allocate.amounts(iv3.read_all(TWO, 2023), sources.read_project_table("taakvelden"))
    bronnen = {g: iv3.source(g, 2023).id for g in TWO}
    both = allocate.book_all(amounts, found, indicatoren, 2023, bronnen)
    alone = pd.concat([gemeenten[g].sets for g in sorted(TWO)], ignore_index=True)
    pd.testing.assert_frame_equal(both, alone)
    used = allocate.keys_used(amounts, "beredeneerd", found)
    assert not used.duplicated().any()
    # Utrecht counts who gets bijstand and Arnhem does not.
    assert used[used["taakveld"] == "6.3"]["gebruikt"].nunique() == 2


def test_boekingen_that_are_made_already_give_the_same_years(gemeenten, indicatoren):
    tables = [gemeenten[g] for g in TWO]
    rows = indicatoren[indicatoren["soort"] == "Buurt"].drop_duplicates("gebied")
    buurten = rows[["gebied", "naam"]].set_axis(["buurt", "naam"], axis=1)
    gebied = regions.weights(buurten, [*TWO])
    sets = pd.concat([t.sets for t in tables], ignore_index=True)
    booked = sets[sets["set"] == allocate.DEFAULT_SET]
    plain, reused = years.collect(gebied, 2023), years.collect(gebied, 2023, booked)
    pd.testing.assert_frame_equal(plain.rows, reused.rows)
    pd.testing.assert_frame_equal(plain.errors, reused.errors)
    pd.testing.assert_frame_equal(plain.missing, reused.missing)


def test_joined_keys_add_up_to_one_in_each_gemeente_that_has_them(gemeenten):
    found = {g: gemeenten[g].keys for g in TWO}
    joined = allocate.join_keys(found)
    for gemeente, keys in found.items():
        own = joined.shares.loc[:, [c[2:6] == gemeente[2:] for c in joined.shares]]
        sums = own.sum(axis=1, min_count=1).dropna()
        assert set(sums.index) == set(keys.shares.index)
        assert sums.to_numpy() == pytest.approx(1.0)
    assert joined.table.index.is_unique
    assert joined.table.loc["inwoners", "jaren"] == "2023;2024"
    guessed = sum(keys.table.loc["inwoners", "bijgeschat"] for keys in found.values())
    assert joined.table.loc["inwoners", "bijgeschat"] == guessed
    assert allocate.join_keys({"GM0344": found["GM0344"]}) is found["GM0344"]


def test_money_that_moved_to_the_other_gemeente_is_found(gemeenten):
    books = pd.concat([gemeenten[g].ledger for g in TWO], ignore_index=True)
    accounts = iv3.read_all(TWO, 2023)
    rows = checks.conservation(books, accounts, "grootboek")
    assert len(rows) == 4 and {r["oordeel"] for r in rows} == {checks.HOLDS}
    moved = books["buurt"].where(books.index != 0, "BU02020201")
    found = checks.conservation(books.assign(buurt=moved), accounts, "grootboek")
    broken = [r["controle"] for r in found if r["oordeel"] == checks.BROKEN]
    assert len(broken) == 2 and any("GM0344" in name for name in broken)
    table = evidence.checks(pd.DataFrame(rows).assign(verschil=0.0), {"GM0344": "Utrecht"})
    assert "grootboek, Utrecht" in table.html and "GM0344" not in table.html
    assert [r["controle"].split(":")[0] for r in checks.closing(accounts)] == [
        "De rekening in de bron van GM0202",
        "De rekening in de bron van GM0344",
    ]


def test_people_who_are_lost_in_one_gemeente_are_not_made_up_by_the_other(indicatoren):
    rows = checks.rounding(indicatoren, {INHABITANTS: "Inwoners"})
    assert len(rows) == 2 and checks.BROKEN not in {r["oordeel"] for r in rows}
    counted = indicatoren.query("onderwerp == 'AantalInwoners' and soort == 'Buurt'")
    away, there = (counted.index[counted["gebied"].str[2:6] == g[2:]][0] for g in TWO)
    shift = pd.Series(0.0, indicatoren.index)
    shift[[away, there]] = -9000.0, 9000.0
    wrong = indicatoren.assign(waarde=indicatoren["waarde"] + shift)
    found = checks.rounding(wrong, {INHABITANTS: "Inwoners"})
    assert [r["oordeel"] for r in found] == [checks.BROKEN] * 2


# What is said of the area.


def test_a_count_that_one_gemeente_lacks_is_not_that_of_the_other(indicatoren, gebied):
    found = places.counts(indicatoren, gebied, CODES, places.COUNTED).set_index("onderwerp")
    assert found.loc[INHABITANTS, "jaar"] == "2023 en 2024"
    assert found.loc[INHABITANTS, "bron"] == "kwb-2023;kwb-2024"
    alone = indicatoren.query("onderwerp == 'AantalInwoners' and gebied in @CODES")["waarde"]
    assert found.loc[INHABITANTS, "waarde"] == pytest.approx(alone.sum(), abs=60)
    assert pd.isna(found.loc["Woningvoorraad", "waarde"])
    utrecht = area(indicatoren, CODES[:1])
    own = places.counts(indicatoren, utrecht, CODES[:1], places.COUNTED).set_index("onderwerp")
    assert own.loc["Woningvoorraad", "waarde"] > 10_000


def test_a_buurt_that_belongs_for_a_part_counts_for_that_part(indicatoren, gebied):
    part = gebied.assign(gewicht=gebied["gewicht"] * 0.25)
    one, other = (
        places.counts(indicatoren, rows, CODES, places.COUNTED).iloc[0] for rows in (gebied, part)
    )
    assert other["waarde"] == pytest.approx(one["waarde"] / 4)
    assert other["wijze"] == places.PARTLY != one["wijze"]


def test_gemeenten_are_compared_with_both_together(gemeenten, indicatoren, gebied):
    books = pd.concat([gemeenten[g].ledger for g in TWO], ignore_index=True)
    beside = places.reference(books, gebied, indicatoren)
    each = [
        places.reference(
            gemeenten[g].ledger,
            area(gemeenten[g].indicatoren, [code]),
            gemeenten[g].indicatoren,
        )
        for g, code in zip(TWO, CODES, strict=True)
    ]
    for name in ("kosten", "inkomen"):
        low, high = sorted(r[name] for r in each)
        assert low < beside[name] < high
    assert places.reference(books, area(indicatoren, TWO), indicatoren).isna().all()


def test_years_of_a_topic_are_told_by_gemeente(indicatoren):
    assert places.years_of(indicatoren, INHABITANTS) == {"GM0202": 2024, "GM0344": 2023}
    assert places.year_of(indicatoren, INHABITANTS) is None
    assert places.year_of(indicatoren, INCOME) == 2024
    text = texts.income_year(2024, 2023, 2024)
    assert "de CBS-tabellen over 2023 en 2024" in text
    assert texts.several(["GM0344"], "Utrecht") == ""
    assert "Utrecht en Arnhem" in texts.several(TWO, "Utrecht en Arnhem")


def test_neighbours_need_a_year_that_all_gemeenten_have(gebied):
    kerncijfers = several.read(cbs.figures, TWO, 2023)
    others = neighbours.others("WK", [2023, 2024])
    found = neighbours.table(kerncijfers, gebied, CODES, 2023, cbs.read_country(), others)
    assert set(found.loc[found["rol"] != "ander", "jaar"]) == {2024}
    pool = found[found["rol"] == "ander"]
    assert not set(pool["gebied"]) & set(CODES) and {"GM0344", "GM0202"} <= {
        regions.gemeente_of(code) for code in pool["gebied"]
    }
    assert len(neighbours.nearest(found)) == 10
    assert {"gebied", "gemeente", "land"} <= set(found["rol"])


def test_each_gemeente_has_its_own_place_among_those_of_its_size():
    amounts = {"p25": 8.0, "p50": 10.0, "p75": 12.0, "n": 40.0}
    classes = ["50.000-100.000", "20.000-50.000"]
    per_class = pd.DataFrame(
        [{"taakveld": "0.4", "naam": "Overhead", "klasse": k, **amounts} for k in classes]
    )
    rekening = pd.DataFrame(
        {"gemeente": ["Groot", "Klein"], "taakveld": "0.4", "lasten": [60_000 * 20, 30_000 * 5]}
    )
    towns = pd.Series({"Groot": 60_000, "Klein": 30_000})
    found = scale_text.places(per_class, rekening, towns)
    assert found.set_index("gemeente")["eigen"].to_dict() == {"Groot": 20.0, "Klein": 5.0}
    text = scale_text.place_sentence(found, towns)
    assert text.index("Groot hoort bij") < text.index("Klein hoort bij")
    none = pd.DataFrame(columns=["taakveld", "per_inwoner"])
    html = scale_text.figure(none, per_class, found, towns).html
    assert html.count("<circle") == 2 and "De stippen zijn Groot en Klein" in html


def test_a_year_that_one_gemeente_lacks_is_named_and_left_out(gebied):
    found = years.collect(gebied, 2023)
    counted = found.rows[found.rows["onderwerp"] == INHABITANTS]
    assert counted["jaar"].tolist() == [2024]
    (reason,) = found.missing["reden"]
    assert "Over 2023 zijn er geen kerncijfers van GM0202" in reason
    spent = found.rows[found.rows["onderwerp"] == "lasten"]
    assert set(spent["jaar"]) == {2023, 2024}
    assert "GM0344" not in reason
    kinds = found.rows.loc[found.rows["jaar"] == 2024, "onderwerp"]
    assert "BedrijfsvestigingenTotaal" not in set(kinds)


def test_the_years_of_two_areas_lie_between_those_of_each(gebied):
    def spent(rows: pd.DataFrame) -> float:
        table = years.collect(rows, 2023).rows.query("onderwerp == 'lasten' and jaar == 2023")
        return float(table["waarde"].iloc[0])

    parts = [spent(rows.reset_index(drop=True)) for rows in several.split(gebied).values()]
    assert min(parts) < spent(gebied) < max(parts)


def test_gemeenten_in_two_provinces_stand_beside_the_country():
    table = pd.DataFrame(
        {
            "id": ["uitkeringen_pp", "uitkeringen_pp_a", "uitkeringen"],
            "naam": ["Uitkeringen, Nederland", "Uitkeringen, Gelderland", "Uitkeringen"],
            "gebied": ["", "GM0202;GM0203", ""],
            "waarde": [100.0, 90.0, 1000.0],
            "deel_van": ["", "", ""],
            "bron": "bron",
        }
    )
    assert plausibility_area._province(table, ["GM0202", "GM0203"])[:2] == (
        "Gelderland, wat wij boeken",
        90.0,
    )
    assert plausibility_area._province(table, TWO)[:2] == ("Nederland, wat wij boeken", 100.0)


# Weights with an error.


def test_the_error_of_a_weight_widens_what_is_counted_outside_the_grootboek():
    weights = pd.DataFrame({"gewicht": [0.5, 1.0], "fout": [0.1, 0.0]}, index=["BU1", "BU2"])
    made = pd.DataFrame(
        {"buurt": ["BU1", "BU2"], "naam": "x", "maat": "omzet", "waarde": 100.0, "se": 3.0}
    )
    sure, unsure = (firms.totals(made, w).iloc[0] for w in (weights["gewicht"], weights))
    assert sure["omzet"] == unsure["omzet"] == 150
    assert sure["omzet_se"] == pytest.approx(4.5)
    assert unsure["omzet_se"] == pytest.approx(np.hypot(4.5, 10))
    work = made.rename(columns={"waarde": "hoeveelheid"}).assign(laag=1.0, hoog=2.0)
    assert unpaid.totals(work, weights)["se"].iloc[0] == pytest.approx(np.hypot(4.5, 10))
    rent = made[["buurt", "se"]].assign(waarde=1e6)
    wide = household_account.imputed_sentence(rent, weights, "Hier")
    assert wide != household_account.imputed_sentence(rent, weights["gewicht"], "Hier")


def test_tables_and_map_say_which_buurt_belongs_for_a_part(indicatoren, gebied):
    first = gebied.loc[gebied["gewicht"] == 1, "buurt"].iloc[0]
    part = gebied.assign(gewicht=gebied["gewicht"].where(gebied["buurt"] != first, 0.4))
    rows = part[["buurt", "naam", "gewicht"]].assign(
        bedrag=1e6, se=1e4, inwoners=500.0, per_inwoner=2000.0, methode="gemeten", sleutel=None
    )
    for table in (tables.per_buurt(rows, "Kaart"), tables.income(_money(rows), part, "Hier")):
        assert table.html.count("(voor 40\u00a0procent in het gebied)") == 1
    assert "voor een deel bij hoort" in texts.map_sentence(rows, "Hier")
    whole = rows.assign(gewicht=gebied["gewicht"])
    assert "voor 40" not in tables.per_buurt(whole, "Kaart").html
    assert "voor een deel" not in texts.map_sentence(whole, "Hier")


def _money(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.drop(columns=["naam", "gewicht"])


# The map.


def shapes(*boxes: tuple[str, tuple[float, ...]]) -> geopandas.GeoDataFrame:
    geometry = [box(*b) for _, b in boxes]
    return geopandas.GeoDataFrame({"buurt": [c for c, _ in boxes]}, geometry=geometry, crs=pdok.RD)


def test_gemeenten_that_lie_apart_are_drawn_side_by_side_at_one_scale():
    far = shapes(
        ("BU00010000", (50_000, 0, 51_000, 3_000)),
        ("BU00010001", (51_000, 0, 52_000, 1_000)),
        ("BU00020000", (0, 90_000, 1_000, 91_000)),
    )
    found = insets.beside(far)
    assert found.area.tolist() == far.area.tolist()
    west, south, east, north = found.total_bounds
    assert (east - west, north - south) == pytest.approx((1_000 + 160 + 2_000, 3_000))
    assert found.geometry.iloc[2].bounds[0] == west  # what lies west stays west
    assert found.geometry.iloc[0].touches(found.geometry.iloc[1])
    assert "naast elkaar" in insets.sentence(far)


def test_gemeenten_that_border_on_each_other_stay_where_they_are():
    near = shapes(
        ("BU00010000", (0, 0, 1_000, 1_000)),
        ("BU00030000", (2_040, 0, 3_000, 1_000)),
        ("BU00020000", (1_020, 0, 2_000, 1_000)),  # between both: they are one part
    )
    assert insets.beside(near) is near and insets.sentence(near) == ""


# The report.

FILE = """naam: Zuidwest en Spijkerkwartier
gebied:
  codes: [WK034408, WK020202]
jaar: 2023
"""


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """Return a project with the report of two wijken in two gemeenten."""
    root = project(tmp_path_factory.mktemp("twee"))
    (root / "pilots" / "twee-wijken.yml").write_text(FILE, encoding="utf-8")
    done = command("render", "twee-wijken", root=root)
    assert done.returncode == 0, done.stderr
    return root


def read(root, pilot: str, name: str) -> pd.DataFrame:
    return pd.read_parquet(root / "data" / "processed" / pilot / f"{name}.parquet")


def test_the_report_of_two_gemeenten_is_whole_and_names_both(two):
    html = (two / "reports" / "twee-wijken" / "index.html").read_text(encoding="utf-8")
    text = words(html)
    assert gate.faults(html, read(two, "twee-wijken", "bronnen"), passports=True) == []
    assert "dit deel van de gemeenten Utrecht en Arnhem?" in text
    assert "De gemeenten Utrecht en Arnhem gaven in 2023 ongeveer" in text
    assert "Dit gebied ligt in meer dan één gemeente: Utrecht en Arnhem." in text
    assert "Inwoners, 2023 en 2024" in text and "de gemeente Utrecht en Arnhem" not in text
    assert "<NA>" not in text and " nan" not in text.replace("Financi", "")
    bronnen = set(read(two, "twee-wijken", "bronnen")["bron"])
    assert {"iv3-2023", "kwb-2023", "kwb-2024"} <= bronnen
    assert len([b for b in bronnen if b.startswith("grenzen")]) == 2


def test_the_books_of_two_gemeenten_are_those_of_their_own_reports(two, rendered):
    """So the parts of an area add up to the whole, however it is divided over reports."""
    for name in ("grootboek", "sleutelsets", "inkomen", "vestigingen", "onbetaald"):
        alone = [
            read(rendered, pilot, name)
            for pilot in ("arnhem-spijkerkwartier", "utrecht-kanaleneiland")
        ]
        pd.testing.assert_frame_equal(
            _ordered(read(two, "twee-wijken", name)), _ordered(pd.concat(alone)), check_dtype=False
        )


def _ordered(table: pd.DataFrame) -> pd.DataFrame:
    table = table.astype({c: str for c in table.columns if table[c].dtype != float})
    return table.sort_values([*table.columns], ignore_index=True)
