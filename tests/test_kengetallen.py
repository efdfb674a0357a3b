"""A kengetal without source, unit, year or honest range is refused, and says where and why."""

import re

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.buurten import HOMES, HOUSEHOLD, YEAR, income, indicators
from tests.conftest import ROOT
from wijkboek_utils import columns, firms, household_flows, kengetallen, sources
from wijkboek_utils.errors import Fout
from wijkboek_utils.kengetallen import Kengetal, Kengetallen, uprate

OURS = kengetallen.load()
INDEX = sources.read_project_table("indexcijfers")
ROW = {
    "id": "stroom_prijs",
    "naam": "stroom",
    "waarde": "0.4",
    "eenheid": "euro per kWh",
    "jaar": "2023",
    "prijsbasis": "lopende prijzen",
    "laag": "0.3",
    "hoog": "0.6",
    "bron": "CBS",
    "vindplaats": "tabel 1",
    "status": "oordeel",
    "toelichting": "",
}
OWN = {
    "waarde": 0.35,
    "laag": 0.3,
    "hoog": 0.4,
    "jaar": 2023,
    "bron": "Energiecoöperatie",
    "vindplaats": "jaarrekening 2023, blz. 4",
}
GROUPS = [
    "voeding",
    "alcohol_tabak",
    "kleding",
    "stoffering",
    "gezondheid",
    "vervoer",
    "communicatie",
    "recreatie",
    "onderwijs",
    "horeca",
    "overig",
]
amounts = st.floats(0.001, 1e6)
years = st.sampled_from(range(2015, 2025))


def table(*changes: dict[str, str]) -> pd.DataFrame:
    return pd.DataFrame([{**ROW, **change} for change in changes])


def kengetal(**changes) -> Kengetal:
    read = kengetallen.read(table({}))["stroom_prijs"]
    return Kengetal(**{**vars(read), **changes})


@st.composite
def priced(draw) -> Kengetal:
    laag, waarde, hoog = sorted(draw(st.tuples(amounts, amounts, amounts)))
    return kengetal(waarde=waarde, laag=laag, hoog=hoog, jaar=draw(years))


def values(k: Kengetal) -> list[float]:
    return [k.waarde, k.laag, k.hoog]


# --- our own table


@pytest.mark.parametrize("k", OURS.known.values(), ids=OURS.known)
def test_every_row_can_be_found_again_and_has_a_margin(k):
    assert k.bron and k.vindplaats and k.toelichting
    assert k.laag <= k.waarde <= k.hoog
    # A law or a choice has no margin; everything else is an estimate.
    assert k.se > 0 or k.status == "geverifieerd" or "keuze" in k.toelichting
    assert 2010 <= k.jaar <= 2026


@pytest.mark.parametrize("k", OURS.known.values(), ids=OURS.known)
def test_a_share_stays_between_0_and_1_and_only_an_amount_has_a_price(k):
    if k.eenheid == "aandeel":
        assert k.laag >= 0 and k.hoog <= 1
    assert (k.prijsbasis == "lopende prijzen") == k.eenheid.startswith("euro")


def test_each_unit_is_spelled_one_way():
    units = {k.eenheid for k in OURS.known.values()}
    assert len({columns.unit_of(unit) for unit in units}) == len(units)
    assert not any("EUR" in unit or "€" in unit or "%" in unit for unit in units)


# Kengetallen that no flow asks for, and what they are there for.
BESIDE = {
    "zvw_per_inwoner_0_15": "the weights in geldstromen.csv, see test_flows",
    "zvw_per_inwoner_15_25": "the same",
    "zvw_per_inwoner_25_45": "the same",
    "zvw_per_inwoner_45_65": "the same",
    "zvw_per_inwoner_65_plus": "the same",
    "besteding_vervoer_laag": "the total of the survey, below; cars and trains are counted",
    "besteding_vervoer_boven": "the same",
}


def asked_for() -> set[str]:
    """Return what the flows ask for, with their counts and without, and what is named in words."""
    known = kengetallen.load()
    for topics in (HOMES, HOMES | {topic: [1, 2, 0] for topic, _ in firms.SECTORS.values()}):
        figures = indicators(**topics)
        homes = household_flows.households(income(4e6, 8e6, 0.0), figures, HOUSEHOLD, known, YEAR)
        firms.book(figures, homes, known, YEAR)
    package = ROOT / "wijkboek_utils"
    files = [*package.rglob("*.py"), *(ROOT / "notebooks").glob("*.ipynb")]
    tables = ["geldstromen.csv", "onbetaald.csv", "groen.csv", "werk.csv", "kansen.yml"]
    files += [package / "tables" / table for table in (*tables, "wijkvoorbeeld.yml")]
    files += package.glob("tables/voorbeelden/*.yml")
    words = {word for file in files for word in re.findall(r"\w+", file.read_text())}
    return {*known.used()["id"], *words} & OURS.known.keys()


def test_every_kengetal_is_asked_for_or_is_the_ground_of_one_that_is(rendered):
    tables = rendered / "data" / "processed" / "utrecht-kanaleneiland"
    asked = asked_for() | set(pd.read_parquet(tables / "kengetallen_plannen.parquet")["id"])
    told = " ".join(f"{k.bron} {k.vindplaats} {k.toelichting}" for k in map(OURS.known.get, asked))
    grounds = set(re.findall(r"\w+", told)) & OURS.known.keys()
    assert sorted(OURS.known.keys() - asked - grounds) == sorted(BESIDE)


@pytest.mark.parametrize("k", OURS.known.values(), ids=OURS.known)
def test_a_source_says_where_to_look(k):
    """A publisher or a table by name; a judgement says so and what it builds on."""
    words = f"{k.bron} {k.vindplaats} {k.toelichting}".lower()
    assert not re.search(r"\b(todo|tbd|xxx|n\.?b\.?|onbekend|volgt|nog zoeken|invullen)\b", words)
    assert len(k.bron) >= 3 and len(k.vindplaats) >= 10 and len(k.toelichting) >= 10
    if k.status == "geverifieerd":
        assert "inschatting" not in k.bron.lower()


@pytest.mark.parametrize(
    ("klasse", "total", "housing"), [("laag", 19_800, 8_400), ("boven", 36_800, 12_000)]
)
def test_the_groups_of_spending_stay_near_the_total_that_cbs_published(klasse, total, housing):
    unit = "euro per huishouden per jaar"
    groups = sum(OURS.get(f"besteding_{g}_{klasse}", unit).waarde for g in GROUPS)
    # Taxes on consumption and gifts are in the total and in no group: about 2 percent.
    assert 0.96 * total < groups + housing < total


def test_prices_of_consumption_are_there_for_every_year_from_2015_to_2024():
    cpi = INDEX[INDEX["index"] == "cpi"]
    assert cpi["jaar"].tolist() == [str(year) for year in range(2015, 2025)]
    assert cpi["waarde"].astype(float).is_monotonic_increasing
    assert (INDEX[["bron", "vindplaats"]] != "").all(axis=None)
    assert set(INDEX["status"]) <= set(kengetallen.STATUSES)


# --- asking


def test_only_what_was_asked_for_is_in_the_audit_once_and_in_order():
    known = Kengetallen(kengetallen.read(table({"id": "b"}, {"id": "a"}, {"id": "c"})))
    assert known.used().empty and "se" in known.used()
    for id in ("b", "a", "b"):
        known.get(id, "euro per kWh")
    used = known.used().set_index("id")
    assert used.index.tolist() == ["a", "b"]
    assert used.loc["a", "se"] == pytest.approx(0.3 / 3.29)
    assert used.loc["a", "vindplaats"] == "tabel 1"


def test_an_unknown_id_names_the_nearest():
    with pytest.raises(Fout, match=r"Kengetal stroomprijs bestaat niet .*Bedoelt u .*stroom_prijs"):
        OURS.get("stroomprijs", "euro per kWh")


def test_another_unit_is_refused_and_both_are_named():
    asked = kengetallen.load()
    with pytest.raises(Fout, match=r"«euro per kWh»; de berekening vraagt «euro per GJ»"):
        asked.get("stroom_prijs", "euro per GJ")
    assert asked.used().empty


# --- reading


@pytest.mark.parametrize(
    ("column", "cell", "message"),
    [
        ("id", "", "is leeg"),
        ("naam", "", "is leeg"),
        ("bron", " ", "is leeg. Vul hem in"),
        ("vindplaats", "", "is leeg"),
        ("eenheid", "", "is leeg"),
        ("jaar", "", "«» is geen jaar. Schrijf vier cijfers"),
        ("jaar", "2023*", "is geen jaar"),
        ("waarde", "0,4", "«0,4» is geen getal. Schrijf een getal met een punt"),
        ("hoog", "", "is geen getal"),
        ("laag", "nan", "is geen getal"),
        ("hoog", "inf", "is geen getal"),
        ("status", "zeker", "ken ik niet. Kies geverifieerd, tweedehands of oordeel"),
        ("prijsbasis", "2020", "ken ik niet. Kies lopende prijzen"),
        ("waarde", "0.7", "0.7 ligt niet tussen laag (0.3) en hoog (0.6)"),
        ("waarde", "0.2", "maak het bereik wijder"),
    ],
)
def test_a_bad_cell_is_refused_by_file_row_and_column(column, cell, message):
    with pytest.raises(Fout) as told:
        kengetallen.read(table({"id": "goed"}, {column: cell}))
    start = f"wijkboek_utils/tables/kengetallen.csv, rij 3, kolom {column}: "
    assert str(told.value).startswith(start) and message in str(told.value)


def test_a_second_row_with_the_same_id_is_refused():
    with pytest.raises(Fout, match=r"rij 3, kolom id: stroom_prijs staat er al"):
        kengetallen.read(table({}, {"waarde": "0.5"}))


def test_a_column_that_is_gone_is_named():
    with pytest.raises(Fout, match="kolom vindplaats ontbreekt"):
        kengetallen.read(table({}).drop(columns="vindplaats"))


@given(st.tuples(amounts, amounts, amounts).map(sorted))
def test_a_row_that_is_read_has_an_error_that_fits_its_range(numbers):
    laag, waarde, hoog = map(str, numbers)
    read = kengetallen.read(table({"laag": laag, "waarde": waarde, "hoog": hoog}))["stroom_prijs"]
    assert values(read) == [numbers[1], numbers[0], numbers[2]]
    assert read.se >= 0 and 2 * 1.645 * read.se == pytest.approx(numbers[2] - numbers[0])


# --- a pilot's own


def test_a_kengetal_of_a_pilot_takes_the_place_of_ours_and_says_so():
    own = kengetallen.load({"stroom_prijs": OWN}).get("stroom_prijs", "euro per kWh")
    assert values(own) == [0.35, 0.3, 0.4]
    assert (own.bron, own.status) == ("Energiecoöperatie", "oordeel")
    assert own.toelichting.startswith("Van deze pilot zelf, in plaats van 0.39 (Rijksoverheid")
    assert own.prijsbasis == "lopende prijzen"
    assert OURS.get("stroom_prijs", "euro per kWh").waarde == 0.39


@pytest.mark.parametrize("missing", OWN)
def test_a_kengetal_of_a_pilot_without_all_its_facts_is_refused(missing):
    own = {name: value for name, value in OWN.items() if name != missing}
    with pytest.raises(Fout, match=f"pilot, stroom_prijs: {missing} ontbreekt. Een eigen kengetal"):
        kengetallen.load({"stroom_prijs": own})


@pytest.mark.parametrize(
    ("own", "message"),
    [
        (0.35, r"hier horen waarde, laag, hoog, jaar, bron en vindplaats, niet alleen een waarde"),
        ({**OWN, "eenheid": "ct per kWh"}, r"de eenheid blijft «euro per kWh»"),
        ({**OWN, "vindplats": "x"}, r"vindplats is geen bekend veld. Bedoelt u vindplaats"),
        ({**OWN, "bron": "  "}, r"bron ontbreekt"),
        ({**OWN, "waarde": True}, r"«True» is geen getal"),
        ({**OWN, "waarde": 0.5}, r"0.5 ligt niet tussen laag \(0.3\) en hoog \(0.4\)"),
        ({**OWN, "status": "gemeten"}, r"kolom status: «gemeten» ken ik niet"),
    ],
)
def test_a_kengetal_of_a_pilot_meets_the_same_rules(own, message):
    with pytest.raises(Fout, match=message):
        kengetallen.load({"stroom_prijs": own})


def test_a_pilot_cannot_bring_in_an_unknown_id():
    with pytest.raises(Fout, match=r"pilot, stroom_prys: .*bestaat niet. Bedoelt u stroom_prijs"):
        kengetallen.load({"stroom_prys": OWN})


def test_a_list_where_ids_belong_is_refused():
    with pytest.raises(Fout, match="kengetallen: hier horen ids met hun waarde"):
        kengetallen.load([OWN])


# --- prices of another year


@given(priced(), years)
def test_there_and_back_gives_the_same_amounts(k, year):
    back = uprate(uprate(k, year, "cpi", INDEX), k.jaar, "cpi", INDEX)
    assert values(back) == pytest.approx(values(k)) and back.jaar == k.jaar


@given(priced(), years, years)
def test_by_way_of_another_year_gives_the_same_amounts(k, between, year):
    by_way = uprate(uprate(k, between, "cpi", INDEX), year, "cpi", INDEX)
    assert values(by_way) == pytest.approx(values(uprate(k, year, "cpi", INDEX)))


@given(priced(), years)
def test_the_relative_error_does_not_change(k, year):
    moved = uprate(k, year, "cpi", INDEX)
    assert moved.se / moved.waarde == pytest.approx(k.se / k.waarde)
    assert moved.laag <= moved.waarde <= moved.hoog


def test_an_amount_in_other_prices_says_so():
    moved = uprate(kengetal(jaar=2020, waarde=0.4), 2023, "cpi")
    assert moved.waarde == pytest.approx(0.4 * 126.09 / 107.5)
    assert (moved.jaar, moved.prijsbasis) == (2023, "prijzen van 2023 volgens cpi")
    assert moved.toelichting == "Omgerekend van 2020 naar 2023 met index cpi (107.5 en 126.09)."


def test_the_same_year_changes_nothing():
    assert uprate(kengetal(), 2023, "cpi") == kengetal()


@pytest.mark.parametrize(
    ("changes", "year", "index", "message"),
    [
        ({}, 2023, "inflatie", r"index inflatie staat er niet in. Kies cao_uurloon of cpi"),
        ({}, 2031, "cpi", r"index cpi heeft geen cijfer voor 2031, .*2015 tot en met 2024"),
        ({"jaar": 1999}, 2023, "cpi", r"geen cijfer voor 1999, nodig voor kengetal stroom_prijs"),
        ({"prijsbasis": "n.v.t.", "eenheid": "aandeel"}, 2024, "cpi", r"«aandeel» en heeft geen"),
    ],
)
def test_what_cannot_be_moved_to_another_year_is_refused(changes, year, index, message):
    with pytest.raises(Fout, match=message):
        uprate(kengetal(**changes), year, index)


@pytest.mark.parametrize("cell", ["0", "-3", "125,1"])
def test_a_bad_index_is_refused_by_its_row(cell):
    broken = INDEX.copy()
    broken.loc[3, "waarde"] = cell
    with pytest.raises(Fout, match=r"indexcijfers.csv, rij 5"):
        uprate(kengetal(), 2024, "cpi", broken)


def test_a_year_that_stands_twice_in_an_index_is_refused():
    double = pd.concat([INDEX, INDEX.head(1)], ignore_index=True)
    with pytest.raises(Fout, match="hoort voor 2015 één cijfer te hebben"):
        uprate(kengetal(), 2024, "cpi", double)
