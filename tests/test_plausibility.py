"""Our totals beside published ones: the arithmetic, the sources, and the kengetallen themselves."""

import math
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from tests.conftest import ROOT
from wijkboek_utils import cbs, iv3, kengetallen, ledger, pilots, plausibility, sources
from wijkboek_utils import plausibility_area as area
from wijkboek_utils import plausibility_reasons as reasons
from wijkboek_utils.errors import Fout

BUURT = "BU99010001"
# How far our national total may be from the published one, after its corrections.
FACTOR = 1.15
# Published totals that do not measure the same thing, or add up all that is not booked.
ODD = {"hypotheekrente", "saldo"}


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


def test_a_post_that_is_not_there_yet_is_said_to_be_so_and_breaks_nothing():
    rows = beside(books(booking("auto:kosten", 1e6)), control("a", 100))
    assert rows["oordeel"].tolist() == [plausibility.UNBOOKED]
    assert math.isnan(rows["wij"].iloc[0])
    table = plausibility.table(rows, plausibility.controls(pd.DataFrame([control()])), 2023).html
    assert "Nog niet geboekt: «A»." in table
    assert "geen landelijk totaal" in plausibility.sentence(rows)


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
    assert absent["oordeel"].tolist() == [plausibility.UNBOOKED]


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
    booked = country[country["oordeel"] != plausibility.UNBOOKED].drop(index=list(ODD))
    assert len(booked) >= 20
    off = booked.loc[(np.log(booked["verhouding"]).abs() > math.log(FACTOR)), "verhouding"]
    assert off.empty, off.round(3).to_dict()


def test_in_the_real_country_only_the_odd_ones_are_unexplained(country):
    unclear = country.index[country["oordeel"] == plausibility.UNEXPLAINED]
    assert set(unclear) <= ODD


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
        "gebied": pd.DataFrame({"buurt": people.index, "gewicht": chosen.astype(float)}),
        "inkomen": inkomen,
        "indicatoren": indicatoren,
        "gemeenterekening": iv3.read(pilot.gemeente, pilot.jaar),
    }


@pytest.mark.parametrize("name", pilots.names())
def test_every_pilot_is_set_beside_published_figures(name, country):
    pilot = pilots.load(name)
    rows = area.compare(
        pilot, made_up(pilot), cbs.read_country(), country.reset_index(), plausibility.controls()
    )
    known = [plausibility.FITS, area.REASONED, plausibility.UNEXPLAINED, area.UNKNOWN]
    assert len(rows) == 6 and set(rows["oordeel"]) <= set(known)
    assert rows["bron"].ne("").all()
    filed = rows[rows["regel"] == f"Uitgaven van {pilot.gemeentenaam} per inwoner"].iloc[0]
    assert 4_500 < filed["wij"] < 6_000 and filed["waarde"] == 4_216
    assert filed["oordeel"] == area.REASONED and "grote stad" in filed["reden"]
    benefits = rows.iloc[-1]
    # About 100 inhabitants more or less live outside the buurten.
    assert benefits["wij"] == pytest.approx(6_900, rel=0.01)
    assert "wat wij boeken" in benefits["naast"]
    assert "onbekend" not in area.table(rows, pilot.naam, pilot.periode).html
    assert str(len(rows)) in area.sentence(rows, pilot.naam)


def test_a_pilot_of_which_nothing_is_known_says_so():
    pilot = pilots.load("utrecht-kanaleneiland")
    books_ = made_up(pilot)
    books_["inkomen"]["bedrag"] = np.nan
    books_["grootboek"] = books_["grootboek"].query("post == 'auto:kosten'")
    empty = pd.DataFrame({"id": ["consumptie"], "wij": [np.nan]})
    rows = area.compare(pilot, books_, cbs.read_country(), empty, plausibility.controls())
    assert (rows["oordeel"] == area.UNKNOWN).sum() == 5
    nothing = rows[rows["oordeel"] == area.UNKNOWN]
    assert "niets om de cijfers naast" in area.sentence(nothing, pilot.naam)
    assert "onbekend" in area.table(rows, pilot.naam, pilot.periode).html


def test_a_gemeente_without_its_province_is_set_beside_the_country():
    table = plausibility.controls()
    name, value, _ = area._province(table, "GM0344")
    # Bijstand is booked per gemeente, so that it stays in.
    unbooked = table[table["deel_van"] == "uitkeringen"].set_index("id")["waarde"]
    share = 1 + unbooked.drop("uitkeringen_bijstand").sum() / 173_590
    assert "provincie Utrecht" in name and value == pytest.approx(9_250 * share)
    name, value, _ = area._province(table, "GM9999")
    assert "Nederland" in name and 0 < value < 9_710


def profile(klasse, *rows) -> pd.DataFrame:
    columns = ["taakveld", "lasten_p10", "lasten_p50", "lasten_p90", "n"]
    return pd.DataFrame(rows, columns=columns).astype(str).assign(klasse=klasse)


def test_only_taakvelden_far_outside_their_class_are_shown_largest_first():
    own = [("5.7", "Groen", 1e6), ("2.1", "Wegen", 1.2e6), ("0.1", "Bestuur", 2e4)]
    reserves = ("0.10", "Reserves", 9e9)
    rekening = pd.DataFrame([*own, reserves], columns=["taakveld", "naam", "lasten"])
    rows = [("5.7", 40, 60, 80, 184), ("2.1", 40, 60, 70, 184), ("0.1", 0, 1, 2, 184)]
    classes = pd.concat([profile("tot 20.000", ("5.7", 0, 0, 0, 66)), profile("meer", *rows)])
    found, compared = area.beside_class(rekening, 20_000.0, classes)
    assert compared == 3 and found.empty
    odd = rekening.assign(lasten=[2.4e6, 2e5, 2e4, 9e9])
    found, _ = area.beside_class(odd, 20_000.0, classes)
    assert found["taakveld"].tolist() == ["5.7", "2.1"]
    assert found["wij"].tolist() == [120.0, 10.0] and found["n"].eq(184).all()
    assert "2 van 3 taken" in area.class_table(found, 3, "X").html
    assert "Op geen van 3" in area.class_table(found[:0], 3, "X").html
    nothing, compared = area.beside_class(rekening, math.nan, classes)
    assert nothing.empty and compared == 0


def test_the_real_profile_has_the_classes_that_we_cut_by():
    profiel = sources.read_csv(sources.source("iv3-profiel-2023"))
    assert set(profiel["klasse"]) - {"alle"} == set(profiel["klasse"].unique()[: len(area._SIZES)])
    facts = SimpleNamespace(**{"GM0344": 4, "GM0080": 28})
    for gemeente, n in vars(facts).items():
        indicatoren = cbs.indicators(gemeente, 2023)
        people = area.people(indicatoren, gemeente)
        found, compared = area.beside_class(iv3.read(gemeente, 2023), people, profiel)
        assert compared > 50 and found["n"].eq(n).all()


def test_the_chapter_is_there():
    assert (ROOT / "notebooks" / "22_plausibiliteit.ipynb").exists()
