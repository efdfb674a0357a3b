"""Our totals beside published ones: the arithmetic, the sources, and the kengetallen themselves."""

import math

import numpy as np
import pandas as pd
import pytest

from tests.conftest import ROOT
from wijkboek_utils import (
    area_flows,
    cbs,
    firms,
    households,
    iv3,
    kengetallen,
    ledger,
    pilots,
    plausibility,
    plausibility_country,
    regions,
)
from wijkboek_utils import plausibility_area as area
from wijkboek_utils import plausibility_reasons as reasons
from wijkboek_utils.errors import Fout

BUURT = "BU99010001"
# How far our national total may be from the published one, after its corrections.
FACTOR = 1.2
# Published totals that do not measure the same thing, or add up all that is not booked.
ODD = {"hypotheekrente", "saldo"}
# What we have too much or too little of, and do not know why.
UNCLEAR = {"wonen", "sparen", "consumptie"}


def booking(post, bedrag, van="huishoudens", naar="buitenwereld", se=0.0, buurt=BUURT):
    return {
        "buurt": buurt,
        "jaar": 2023,
        "van": van,
        "naar": naar,
        "post": post,
        "domein": "overig",
        "soort": "particulier",
        "bedrag": bedrag,
        "se": se,
        "methode": "geraamd",
        "kengetal": post,
        "bron": "x",
        "bronjaar": 2023,
    }


def books(*rows) -> pd.DataFrame:
    return ledger.conform(pd.DataFrame(rows))


def control(id="a", waarde=100, **facts) -> dict:
    """Return a row of controletotalen.csv, as text."""
    row = {
        "id": id,
        "naam": id.capitalize(),
        "waarde": str(waarde),
        "marge": "0",
        "eenheid": "miljoen euro",
        "jaar": "2023",
        "posten": "energie:",
        "richting": "uit",
        "telling": "",
        "kengetal": "",
        "los": "ja",
        "deel_van": "",
        "gebied": "",
        "bron": "CBS",
        "vindplaats": "tabel",
        "status": "geverifieerd",
        "toelichting": "waarom",
    }
    return row | {key: str(value) for key, value in facts.items()}


def part(id, of, waarde, marge=0) -> dict:
    return control(id, waarde, deel_van=of, posten="", los="", marge=marge)


def beside(boekingen, *rows) -> pd.DataFrame:
    table = plausibility.controls(pd.DataFrame(rows))
    return plausibility.national(boekingen, cbs.read_country(), kengetallen.load(), table)


# --- the table


def test_every_control_total_of_the_project_can_be_used():
    table = plausibility.controls()
    assert len(table) > 50 and table["bron"].str.strip().ne("").all()
    assert (table["marge"] >= 0).all()


@pytest.mark.parametrize("column", ["bron", "vindplaats", "naam", "toelichting"])
def test_a_row_without_its_source_is_refused_by_row_and_column(column):
    rows = pd.DataFrame([control("a"), control("b", **{column: " "})])
    with pytest.raises(Fout, match=f"rij 3, kolom {column}"):
        plausibility.controls(rows)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("waarde", "veel"),
        ("waarde", "nan"),
        ("marge", "-1"),
        ("jaar", "23"),
        ("status", "zeker"),
        ("eenheid", "mld"),
        ("deel_van", "weg"),
        ("los", "misschien"),
        ("posten", ""),
    ],
)
def test_a_row_that_cannot_be_used_is_refused(column, value):
    with pytest.raises(Fout, match=f"kolom {column}"):
        plausibility.controls(pd.DataFrame([control(**{column: value})]))


def test_an_id_stands_in_the_table_once():
    with pytest.raises(Fout, match="twee keer"):
        plausibility.controls(pd.DataFrame([control("a"), control("a")]))


# --- which boekingen


def test_a_name_takes_its_own_posts_and_no_neighbour_that_begins_alike():
    rows = books(
        booking("inkomen:ao", 1.0, "rijk", "huishoudens"),
        booking("inkomen:aow", 1.0, "rijk", "huishoudens"),
        booking("inkomen:ao:wia", 1.0, "rijk", "huishoudens"),
    )
    found = rows[plausibility.belongs(rows, "inkomen:ao")]
    assert set(found["post"]) == {"inkomen:ao", "inkomen:ao:wia"}
    assert plausibility.belongs(rows, "inkomen:").all()
    left = rows[plausibility.belongs(rows, "*;-inkomen:ao")]
    assert list(left["post"]) == ["inkomen:aow"]


def test_direction_is_seen_from_households():
    rows = books(
        booking("energie:gas", 2.0),
        booking("energie:gas", 3.0, "rijk", "huishoudens"),
        booking("energie:gas", 4.0, "rijk", "bedrijven"),
    )
    for richting, total in {"uit": 2.0, "in": 3.0, "saldo": 5.0, "": 9.0}.items():
        chosen = rows[plausibility.belongs(rows, "energie:", richting)]
        assert chosen["bedrag"].sum() == total


# --- the arithmetic


def test_a_total_within_our_interval_fits():
    row = beside(books(booking("energie:gas", 95e6, se=5e6)), control("a", 100)).iloc[0]
    assert row["wij"] == 95e6 and row["se"] == pytest.approx(5e6)
    assert row["verhouding"] == pytest.approx(0.95)
    assert row["oordeel"] == plausibility.FITS


def test_a_correction_with_a_size_explains_and_its_margin_counts():
    rows = books(booking("energie:gas", 70e6, se=1e6))
    parts = [part("a1", "a", -40, 3), part("a2", "a", 12, 4)]
    row = beside(rows, control("a", 100), *parts).iloc[0]
    assert row["correctie"] == -28e6 and row["vergelijkbaar"] == 72e6
    assert row["marge"] == pytest.approx(5e6)
    assert row["oordeel"] == plausibility.EXPLAINED
    assert beside(rows, control("a", 100)).iloc[0]["oordeel"] == plausibility.UNEXPLAINED


def test_what_is_outside_without_reason_is_marked_and_named():
    rows = beside(books(booking("energie:gas", 60e6, se=1e6)), control("a", 100))
    assert rows["oordeel"].tolist() == [plausibility.UNEXPLAINED]
    assert "Niet verklaard is het verschil bij «A»" in plausibility.sentence(rows)


def test_a_wide_interval_does_not_excuse_a_total_that_is_far_off():
    rows = books(booking("energie:gas", 50e6, se=50e6))
    assert beside(rows, control("a", 100)).iloc[0]["oordeel"] == plausibility.UNEXPLAINED


def test_a_total_without_its_count_is_said_to_be_so_and_breaks_nothing():
    rows = beside(books(booking("auto:kosten", 1e6)), control("a", 100))
    assert rows["oordeel"].tolist() == [plausibility.UNCOUNTED]
    assert math.isnan(rows["wij"].iloc[0])
    table = plausibility.table(rows, plausibility.controls(pd.DataFrame([control()])), 2023).html
    assert "Landelijk niet te berekenen, want een telling ontbreekt: «A»." in table
    assert "geen landelijk totaal" in plausibility.sentence(rows)


def test_what_a_count_is_off_in_a_buurt_is_no_excuse_for_the_country():
    rows = books(booking("energie:gas", 94e6, se=5e6))
    named = rows.assign(fouten="aantal energie:gas=4000000.00;energieprijs=3000000.00")
    row = beside(named, control("a", 100)).iloc[0]
    assert row["se"] == pytest.approx(3e6)
    assert row["oordeel"] == plausibility.UNEXPLAINED
    assert beside(rows, control("a", 100)).iloc[0]["oordeel"] == plausibility.FITS


@pytest.mark.parametrize(("ours", "is_near"), [(89.0, False), (92.0, True), (111.0, False)])
def test_the_country_may_be_off_by_a_tenth(ours, is_near):
    assert plausibility.near(ours, 100.0, 1e9) is is_near


def test_a_new_post_under_a_known_name_is_picked_up():
    rows = books(booking("energie:gas", 60e6), booking("energie:zon", 40e6))
    assert beside(rows, control("a", 100)).iloc[0]["oordeel"] == plausibility.FITS


def test_a_balance_takes_what_is_paid_from_what_comes_in():
    rows = books(
        booking("inkomen:x", 90e6, "rijk", "huishoudens", se=3e6),
        booking("energie:gas", 30e6, se=4e6),
    )
    row = beside(rows, control("a", 60, posten="*", richting="saldo")).iloc[0]
    assert row["wij"] == 60e6 and row["se"] == pytest.approx(5e6)


def test_a_kengetal_that_is_not_booked_is_checked_by_its_count():
    known = kengetallen.load().known["bijstand_per_persoon"]
    rule = control(
        "a", 1, posten="", telling="PersonenPerSoortUitkeringBijstand", kengetal=known.id
    )
    row = beside(books(booking("auto:kosten", 1.0)), rule).iloc[0]
    assert row["wij"] == pytest.approx(405_560 * known.waarde)
    assert row["se"] == pytest.approx(405_560 * known.se)
    absent = beside(books(booking("auto:kosten", 1.0)), rule | {"telling": "Zeemeeuwen"})
    assert absent["oordeel"].tolist() == [plausibility.UNCOUNTED]


@pytest.mark.parametrize(("ours", "published"), [(0.0, 10.0), (10.0, 0.0), (np.nan, 10.0)])
def test_nothing_is_near_to_zero_or_to_what_is_not_known(ours, published):
    assert not plausibility.near(ours, published, 1e9)


# --- the real country


@pytest.fixture(scope="module")
def country() -> pd.DataFrame:
    rows, known = cbs.read_country(), kengetallen.load()
    made = plausibility.national_books(rows, known, 2023)
    return plausibility.national(made, rows, known, plausibility.controls()).set_index("id")


def test_the_real_country_gives_every_main_total_within_its_factor(country):
    booked = country[country["oordeel"] != plausibility.UNCOUNTED].drop(index=list(ODD))
    assert len(booked) >= 20
    off = booked.loc[(np.log(booked["verhouding"]).abs() > math.log(FACTOR)), "verhouding"]
    assert off.empty, off.round(3).to_dict()


def test_in_the_real_country_only_the_odd_ones_are_unexplained(country):
    unclear = country.index[country["oordeel"] == plausibility.UNEXPLAINED]
    assert set(unclear) <= ODD | UNCLEAR


@pytest.mark.parametrize("jaar", [2023, 2024])
def test_the_country_has_its_income_as_it_stands_in_the_books_of_a_year(jaar):
    rows, known = cbs.read_country(), kengetallen.load()
    year = households.income_year(plausibility.country(rows, jaar))
    facts = rows[rows["jaar"] == year].set_index("onderwerp")["waarde"]
    published = facts["AantalInwoners"] * facts[households.INCOME] * 1000
    made = plausibility.national_books(rows, known, jaar)
    booked = made.loc[plausibility.belongs(made, "inkomen:", "in"), "bedrag"].sum()
    factor = households.year_factor(year, jaar, known).value
    assert booked == pytest.approx(published * factor, abs=1.0)


def test_the_average_household_of_the_country_stays_average_when_income_moves():
    rows = cbs.read_country()
    own = dict(waarde=1.2, laag=1.19, hoog=1.21, jaar=2024, bron="x", vindplaats="x")
    spent = []
    for known in (kengetallen.load(), kengetallen.load({"inkomen_groei_per_jaar": own})):
        made = plausibility.national_books(rows, known, 2023)
        spent.append(made.loc[made["post"] == "besteding:voeding", "bedrag"].sum())
    assert spent[0] == pytest.approx(spent[1], abs=0.1)


def test_no_control_total_moves_our_own_income_any_more():
    table = plausibility.controls()
    parts = set(table.loc[table["deel_van"].isin(["inkomen", "loon"]), "id"])
    assert parts == {"loon_werkgever", "loon_winst", "loon_bijstand"}


def test_a_kengetal_that_is_half_as_high_is_found_out(country):
    rows = cbs.read_country()
    own = dict(waarde=7000, laag=6800, hoog=7200, jaar=2023, bron="x", vindplaats="x")
    known = kengetallen.load({"aow_per_persoon": own})
    made = plausibility.national_books(rows, known, 2023)
    found = plausibility.national(made, rows, known, plausibility.controls()).set_index("id")
    assert country.loc["aow", "oordeel"] != plausibility.UNEXPLAINED
    assert found.loc["aow", "oordeel"] == plausibility.UNEXPLAINED


def test_the_tables_of_the_country_name_every_total_and_every_source(country):
    table = plausibility.controls()
    shown = plausibility.table(country.reset_index(), table, 2023).html
    told = plausibility.origins(table).html
    national = table[table["eenheid"] == plausibility.NATIONAL]
    assert all(name.replace("'", "&#x27;") in shown for name in country["naam"])
    assert told.count("<tr>") == len(national) + 1
    assert "NaN" not in shown and "NaN" not in told and "http" not in told


# --- reasons


def drivers(**changed) -> pd.Series:
    base = dict.fromkeys(["ouderen", "kinderen", "bijstand"], 0.2)
    return pd.Series(base | {"personen": 2.0, "inkomen": 3e4, "woningwaarde": 3e5} | changed)


def test_a_reason_is_clearly_different_and_works_in_the_right_direction():
    poor = drivers(bijstand=0.4, inkomen=2e4)
    told = reasons.reasons("lasten", 100.0, poor, drivers())
    assert told[0].startswith("meer mensen met bijstand (40,0") and len(told) == 2
    assert reasons.reasons("lasten", -100.0, poor, drivers()) == []
    assert reasons.reasons("lasten", 100.0, drivers(bijstand=0.21), drivers()) == []


def test_what_is_not_known_is_no_reason():
    assert reasons.reasons("lasten", 1.0, drivers(bijstand=np.nan), drivers()) == []
    assert reasons.reasons("lasten", 1.0, drivers(), drivers(bijstand=0.0, kinderen=0.0)) == []


def test_drivers_of_an_area_are_those_of_its_buurten_together():
    values = {
        "A": {"AantalInwoners": 100, "k_65JaarOfOuder": 10, "GemiddeldInkomenPerInwoner": 20},
        "B": {"AantalInwoners": 300, "k_65JaarOfOuder": 90, "GemiddeldInkomenPerInwoner": 40},
        "C": {"AantalInwoners": 500, "k_65JaarOfOuder": np.nan, "GemiddeldInkomenPerInwoner": 99},
    }
    rows = pd.DataFrame(
        [
            {"gebied": g, "onderwerp": t, "waarde": v}
            for g, topics in values.items()
            for t, v in topics.items()
        ]
    )
    found = reasons.drivers(rows, pd.Series({"A": 1.0, "B": 1.0}))
    assert found["ouderen"] == pytest.approx(0.25)
    assert found["inkomen"] == pytest.approx(35_000)
    assert np.isnan(found["bijstand"])
    assert reasons.drivers(rows, pd.Series({"C": 1.0}))[["ouderen"]].isna().all()


# --- pilots


def made_up(pilot) -> dict[str, pd.DataFrame]:
    """Return the tables of a pilot from its real figures, with a ledger of a few made-up posts."""
    indicatoren = cbs.indicators(pilot.gemeente, pilot.jaar)
    made = firms.production(indicatoren, kengetallen.load())
    rows = indicatoren[indicatoren["soort"] == "Buurt"]
    people = rows[rows["onderwerp"] == "AantalInwoners"].set_index("gebied")["waarde"].fillna(0.0)
    inkomen = pd.DataFrame(
        {"buurt": people.index, "inwoners": people.to_numpy(), "se": 0.0, "bron": "x"}
    )
    inkomen["bedrag"] = inkomen["inwoners"] * 30_000.0
    posts = [
        ("iv3:6.3:lasten", 900.0, "gemeente", "huishoudens"),
        ("iv3:5.7:lasten", 4000.0, "gemeente", "buitenwereld"),
        ("inkomen:aow", 6000.0, "rijk", "huishoudens"),
        ("besteding:voeding", 9000.0, "huishoudens", "buitenwereld"),
    ]
    frames = [
        booking(post, float(n) * per, van, naar, buurt=buurt)
        for buurt, n in people.items()
        for post, per, van, naar in posts
    ]
    chosen = people.index.isin(people.index[:2])
    return {
        "grootboek": books(*frames),
        "gebied": pd.DataFrame(
            {"buurt": people.index, "gewicht": chosen.astype(float), "fout": 0.0}
        ),
        "inkomen": inkomen,
        "indicatoren": indicatoren,
        "gemeenterekening": iv3.read(pilot.gemeente, pilot.jaar),
        "vestigingen": firms.table(made),
    }


@pytest.fixture(scope="module")
def nederland() -> pd.DataFrame:
    return plausibility.national_books(cbs.read_country(), kengetallen.load(), 2023)


def compared(pilot, books_, nederland) -> pd.DataFrame:
    flows = area_flows.of(books_["grootboek"], regions.area(books_["gebied"]))
    published = plausibility.controls()
    spent = plausibility_country.consumption(nederland, published)
    return area.compare(pilot, books_, flows, cbs.read_country(), spent, published)


@pytest.mark.parametrize("name", pilots.names())
def test_every_pilot_is_set_beside_published_figures(name, nederland):
    pilot = pilots.load(name)
    rows = compared(pilot, made_up(pilot), nederland)
    known = [plausibility.FITS, area.REASONED, plausibility.UNEXPLAINED, area.UNKNOWN]
    assert len(rows) == 7 and set(rows["oordeel"]) <= set(known)
    assert rows["bron"].ne("").all()
    filed = rows[rows["regel"] == f"Uitgaven van {pilot.gemeentenaam} per inwoner"].iloc[0]
    assert 4_500 < filed["wij"] < 6_000 and filed["waarde"] == 4_216
    assert filed["oordeel"] == area.REASONED and "grote stad" in filed["reden"]
    benefits, firms_ = rows.iloc[-2], rows.iloc[-1]
    # About 100 inhabitants more or less live outside the buurten.
    assert benefits["wij"] == pytest.approx(6_900, rel=0.01)
    assert "wat wij boeken" in benefits["naast"]
    assert 5_000 < firms_["wij"] < 20_000 and firms_["waarde"] == 48_600
    assert firms_["oordeel"] == area.REASONED
    assert firms_["reden"].startswith("grote bedrijven tellen hier als klein")
    assert "onbekend" not in area.table(rows, pilot.naam, pilot.periode).html
    assert str(len(rows)) in area.sentence(rows, pilot.naam)


def test_a_budget_is_not_set_beside_an_account_nor_a_year_beside_another(nederland):
    pilot = pilots.load("utrecht-kanaleneiland", 2024)
    rows = compared(pilot, made_up(pilot), nederland)
    left = rows[rows["oordeel"] == area.UNKNOWN]
    assert len(left) == 3 and left["verhouding"].isna().all()
    assert set(left["reden"]) == {"hier gaat het over begroting 2024, ernaast over 2023"}
    assert left["regel"].str.startswith(("Uitgaven van", "Uitkeringen")).all()
    assert area.sentence(rows, pilot.naam).endswith("Niet te vergelijken: 3.")
    html = area.table(rows, pilot.naam, pilot.periode).html
    assert "Niet te vergelijken: hier gaat het over begroting 2024" in html
    assert "Niet te vergelijken" not in area.sentence(rows.drop(left.index), pilot.naam)


def test_value_added_of_a_gemeente_is_that_of_all_its_buurten():
    facts = dict(maat="toegevoegde_waarde", bron="x", bronjaar=2023)
    rows = pd.DataFrame(
        [
            {"buurt": "A", "sector": "a", "naam": "Landbouw", "waarde": 100.0, "se": 3.0, **facts},
            {"buurt": "B", "sector": "a", "naam": "Landbouw", "waarde": np.nan, "se": 0.0, **facts},
            {"buurt": "C", "sector": "bf", "naam": "Bouw", "waarde": 300.0, "se": 4.0, **facts},
        ]
    )
    assert area._made(rows, 10.0) == (pytest.approx(40.0), pytest.approx(0.5))
    assert np.isnan(area._made(rows.assign(waarde=np.nan), 10.0)[0])


def test_a_pilot_of_which_nothing_is_known_says_so(nederland):
    pilot = pilots.load("utrecht-kanaleneiland")
    books_ = made_up(pilot)
    books_["inkomen"]["bedrag"] = np.nan
    books_["grootboek"] = books_["grootboek"].query("post == 'auto:kosten'")
    books_["vestigingen"]["waarde"] = np.nan
    rows = compared(pilot, books_, nederland[nederland["post"] == "auto:kosten"])
    assert (rows["oordeel"] == area.UNKNOWN).sum() == 6
    nothing = rows[rows["oordeel"] == area.UNKNOWN]
    assert "niets om de cijfers naast" in area.sentence(nothing, pilot.naam)
    assert "onbekend" in area.table(rows, pilot.naam, pilot.periode).html


def test_a_gemeente_without_its_province_is_set_beside_the_country():
    table = plausibility.controls()
    name, value, _ = area._province(table, ["GM0344"])
    # Bijstand is booked per gemeente, so that it stays in.
    unbooked = table[table["deel_van"] == "uitkeringen"].set_index("id")["waarde"]
    share = 1 + unbooked.drop("uitkeringen_bijstand").sum() / 173_590
    assert "provincie Utrecht" in name and value == pytest.approx(9_250 * share)
    name, value, _ = area._province(table, ["GM9999"])
    assert "Nederland" in name and 0 < value < 9_710


def test_the_chapter_is_there():
    assert (ROOT / "notebooks" / "22_plausibiliteit.ipynb").exists()
