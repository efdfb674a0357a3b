"""Figures of one year in the buurten of another keep their sum; accounts stay comparable."""

import geopandas
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import box

from wijkboek_utils import cbs, crosswalk, iv3, pdok, sources
from wijkboek_utils.errors import Fout

OLD, NEW = 2022, 2023


def shapes(**buurten) -> geopandas.GeoDataFrame:
    """Return buurten as boxes in metres: name to (west, south, east, north)."""
    frame = geopandas.GeoDataFrame(
        {"buurt": list(buurten)}, geometry=[box(*b) for b in buurten.values()], crs=pdok.RD
    )
    return frame.assign(bron="grenzen")


def kwb(year: int, figures: dict[str, dict[str, float | None]]) -> pd.DataFrame:
    """Return the rows of buurten: code to topic to value."""
    rows = [
        {"gebied": code, "naam": f"Buurt {code}", "onderwerp": topic, "waarde": value}
        for code, topics in figures.items()
        for topic, value in topics.items()
    ]
    facts = {"soort": "Buurt", "jaar": year, "eenheid": "aantal", "bron": f"kwb-{year}"}
    return pd.DataFrame(rows).assign(**facts)[[*cbs._COLUMNS]]


def weights(links: pd.DataFrame) -> dict[tuple[str, str], float]:
    return {(r.van, r.naar): round(r.gewicht, 3) for r in links.itertuples()}


def test_a_buurt_that_was_split_goes_to_its_parts_by_area():
    links = crosswalk.by_shape(
        shapes(A=(0, 0, 100, 100)), shapes(B=(0, 0, 25, 100), C=(25, 0, 100, 100))
    )
    assert weights(links) == {("A", "B"): 0.25, ("A", "C"): 0.75}
    assert set(links["methode"]) == {"oppervlak"}


def test_another_code_for_the_same_area_is_the_same_buurt_also_when_drawn_anew():
    links = crosswalk.by_shape(
        shapes(A=(0, 0, 100, 100), B=(100, 0, 200, 100)),
        shapes(X=(0, 0, 101, 100), B=(101, 0, 200, 100)),
    )
    assert weights(links) == {("A", "X"): 1.0, ("B", "B"): 1.0}
    assert set(links["methode"]) == {"gelijk"}


def test_a_buurt_that_went_to_another_gemeente_is_named_and_not_lost():
    links = crosswalk.by_shape(
        shapes(A=(0, 0, 100, 100), B=(100, 0, 200, 100)), shapes(A=(0, 0, 100, 100))
    )
    gone = links.set_index("van").loc["B"]
    assert gone["methode"] == "vervallen" and pd.isna(gone["naar"]) and gone["gewicht"] == 1


CODES = {
    "old": pd.DataFrame({"gebied": ["BU1", "BU2"], "naam": ["Noord", "Zuid"]}),
    "new": pd.DataFrame({"gebied": ["BU1", "BU9"], "naam": ["Noord", "Zuid"]}),
}


def changes(**codes: int) -> pd.DataFrame:
    return pd.DataFrame({"gebied": list(codes), "waarde": list(codes.values())})


def test_a_recoded_buurt_is_found_by_its_name_where_cbs_says_that_its_area_stayed():
    links = crosswalk.by_code(CODES["old"], CODES["new"], changes(BU1=1, BU9=2))
    assert weights(links) == {("BU1", "BU1"): 1.0, ("BU2", "BU9"): 1.0}


@pytest.mark.parametrize(
    "said",
    [changes(BU1=3, BU9=2), changes(BU1=1, BU9=3), changes(BU1=1)],
    ids=["a kept code with another boundary", "a new area", "nothing said"],
)
def test_codes_alone_do_not_tell_where_a_boundary_moved(said):
    assert crosswalk.by_code(CODES["old"], CODES["new"], said) is None


def test_the_same_codes_with_no_word_of_change_are_the_same_buurten():
    links = crosswalk.by_code(CODES["old"], CODES["old"], changes())
    assert (links["van"] == links["naar"]).all()


SPLIT = pd.DataFrame(
    {
        "van": ["A", "A", "B"],
        "naar": ["X", "Y", "Y"],
        "gewicht": [0.25, 0.75, 1.0],
        "methode": "oppervlak",
    }
)
NAMES = pd.Series({"X": "Nieuw", "Y": "Oud"})


def converted(figures: dict) -> pd.DataFrame:
    rows = crosswalk.convert(kwb(OLD, figures), SPLIT, NAMES)
    return rows.set_index(["gebied", "onderwerp"])["waarde"].unstack()


def test_counts_are_added_up_and_averages_are_weighted_by_people():
    found = converted(
        {
            "A": {"AantalInwoners": 400, "GemiddeldInkomenPerInwoner": 20.0},
            "B": {"AantalInwoners": 100, "GemiddeldInkomenPerInwoner": 40.0},
        }
    )
    assert found["AantalInwoners"].to_dict() == {"X": 100, "Y": 400}
    # Y: 300 people of A at 20 and 100 people of B at 40.
    assert found["GemiddeldInkomenPerInwoner"].to_dict() == {"X": 20.0, "Y": 25.0}


def test_a_part_that_is_unknown_makes_the_whole_unknown_unless_nobody_lives_there():
    found = converted(
        {
            "A": {"AantalInwoners": 0, "GemiddeldInkomenPerInwoner": None},
            "B": {"AantalInwoners": 100, "GemiddeldInkomenPerInwoner": 40.0},
        }
    )
    assert found.loc["Y", "GemiddeldInkomenPerInwoner"] == 40.0
    assert pd.isna(found.loc["X", "GemiddeldInkomenPerInwoner"])
    found = converted({"A": {"AantalInwoners": None}, "B": {"AantalInwoners": 100}})
    assert found["AantalInwoners"].isna().all()


def test_buurten_that_swapped_their_codes_are_told_apart_by_name():
    old = pd.DataFrame({"gebied": ["BU1", "BU2"], "naam": ["Noord", "Zuid"]})
    new = pd.DataFrame({"gebied": ["BU1", "BU2"], "naam": ["Zuid", "Noord"]})
    links = crosswalk.by_code(old, new, changes(BU1=2, BU2=2))
    assert weights(links) == {("BU1", "BU2"): 1.0, ("BU2", "BU1"): 1.0}


def test_a_boundary_that_moved_in_a_year_between_needs_its_shapes():
    # BU2 moved and became BU5, which became BU9 a year later: only that last step kept its area.
    assert crosswalk.by_code(CODES["old"], CODES["new"], changes(BU5=3, BU9=2)) is None


def test_a_wijk_that_moved_says_nothing_of_its_buurten():
    assert crosswalk.by_code(CODES["old"], CODES["old"], changes(WK1=3, GM1=3)) is not None


def test_an_average_over_unknown_people_is_unknown_unless_it_stands_alone():
    found = converted(
        {
            "A": {"AantalInwoners": None, "GemiddeldInkomenPerInwoner": 20.0},
            "B": {"AantalInwoners": 100, "GemiddeldInkomenPerInwoner": 40.0},
        }
    )
    assert found.loc["X", "GemiddeldInkomenPerInwoner"] == 20.0
    assert pd.isna(found.loc["Y", "GemiddeldInkomenPerInwoner"])


@given(st.lists(st.integers(0, 10_000), min_size=2, max_size=2), st.floats(0.01, 0.99))
def test_conversion_keeps_the_sum_of_a_count(people, share):
    links = SPLIT.assign(gewicht=[share, 1 - share, 1.0])
    rows = kwb(OLD, {"A": {"AantalInwoners": people[0]}, "B": {"AantalInwoners": people[1]}})
    found = crosswalk.convert(rows, links, NAMES)
    assert found["waarde"].sum() == pytest.approx(sum(people))
    assert set(found["naam"]) == {"Nieuw", "Oud"} and found["omgerekend"].all()


def test_the_books_use_figures_of_an_earlier_year_in_the_buurten_of_their_own(monkeypatch):
    now = {c: {"AantalInwoners": 200.0} for c in ("BU99010001", "BU99010002")}
    old = {"BU99010000": {"AantalInwoners": 300.0, "Woningvoorraad": 120.0}}
    rows = pd.concat([kwb(NEW, now), kwb(OLD, old)], ignore_index=True)
    drawn = {
        OLD: shapes(BU99010000=(0, 0, 100, 100)),
        NEW: shapes(BU99010001=(0, 0, 50, 100), BU99010002=(50, 0, 100, 100)),
    }
    monkeypatch.setattr(cbs, "read_kwb", lambda gemeente: rows)
    monkeypatch.setattr(pdok, "of_year", lambda gemeente, jaar: drawn[jaar])
    found = cbs.indicators("GM9901", NEW).set_index(["gebied", "onderwerp"])
    assert found.loc[("BU99010001", "Woningvoorraad"), "waarde"] == 60
    assert found.loc[("BU99010001", "Woningvoorraad"), "jaar"] == OLD
    assert found["omgerekend"].to_dict() == {key: key[1] == "Woningvoorraad" for key in found.index}


WHOLE = {"AantalInwoners": 200.0}


def gemeente(monkeypatch, rows: pd.DataFrame, drawn: dict) -> None:
    """Let `cbs` read these figures and boundaries."""
    monkeypatch.setattr(cbs, "read_kwb", lambda gemeente: rows)
    monkeypatch.setattr(pdok, "of_year", lambda gemeente, jaar: drawn.get(jaar))


def test_a_year_without_a_table_may_hide_a_change(monkeypatch):
    code = "BU99010001"
    rows = pd.concat([kwb(2021, {code: {"Woningvoorraad": 120.0}}), kwb(NEW, {code: WHOLE})])
    gemeente(monkeypatch, rows, {})
    with pytest.raises(Fout, match="--only grenzen-2021 --only grenzen-2023"):
        cbs.figures("GM9901", NEW)


def test_a_buurt_that_was_not_there_yet_is_unknown_and_not_left_out(monkeypatch):
    here, new = "BU99010001", "BU99010002"
    area = kwb(OLD, {"GM9901": {"Woningvoorraad": 120.0}}).assign(soort="Gemeente")
    old = kwb(OLD, {here: {"AantalInwoners": 300.0, "Woningvoorraad": 120.0}})
    rows = pd.concat([area, old, kwb(NEW, {here: WHOLE, new: WHOLE})], ignore_index=True)
    drawn = {
        OLD: shapes(**{here: (0, 0, 100, 100)}),
        NEW: shapes(**{here: (0, 0, 100, 100), new: (100, 0, 200, 100)}),
    }
    gemeente(monkeypatch, rows, drawn)
    found = cbs.indicators("GM9901", NEW).query("onderwerp == 'Woningvoorraad'")
    assert found.set_index("gebied")["waarde"].isna().to_dict() == {here: False, new: True}
    assert set(found["jaar"]) == {OLD}


def test_a_wijk_keeps_its_figure_when_only_its_buurten_changed(monkeypatch):
    wijk = kwb(OLD, {w: {"Woningvoorraad": 9.0} for w in ("WK990100", "WK990101")})
    old = kwb(OLD, {c: {"Woningvoorraad": 9.0} for c in ("BU99010000", "BU99010101")})
    new = ("BU99010001", "BU99010002", "BU99010201")
    figures = [wijk.assign(soort="Wijk"), old, kwb(NEW, dict.fromkeys(new, WHOLE))]
    east = (100, 0, 200, 100)
    drawn = {
        OLD: shapes(BU99010000=(0, 0, 100, 100), BU99010101=east),
        NEW: shapes(BU99010001=(0, 0, 50, 100), BU99010002=(50, 0, 100, 100), BU99010201=east),
    }
    gemeente(monkeypatch, pd.concat(figures, ignore_index=True), drawn)
    found = cbs.indicators("GM9901", NEW).query("onderwerp == 'Woningvoorraad'")
    assert set(found["gebied"]) == {"WK990100", *new}


def test_a_converted_figure_names_the_boundaries_it_was_converted_with(monkeypatch):
    rows = pd.concat(
        [kwb(OLD, {"BU99010000": {"Woningvoorraad": 9.0}}), kwb(NEW, {"BU99010001": WHOLE})]
    )
    drawn = {
        OLD: shapes(BU99010000=(0, 0, 100, 100)).assign(bron="grenzen-oud"),
        NEW: shapes(BU99010001=(0, 0, 100, 100)).assign(bron="grenzen-nieuw"),
    }
    gemeente(monkeypatch, rows, drawn)
    found = cbs.indicators("GM9901", NEW).query("onderwerp == 'Woningvoorraad'")
    ids = sources.ids(found["bron"])
    assert ids == ["grenzen-nieuw", "grenzen-oud", "kwb-2022"]


CODE_LIST = sources.read_csv(sources.source("taakvelden"))


@pytest.mark.parametrize("jaar", range(2020, 2027))
def test_each_taakveld_of_a_year_stands_in_one_group_and_no_group_misses_a_year(jaar):
    rows = CODE_LIST[CODE_LIST["jaar"] == str(jaar)]
    parents = {*rows["onderdeel_van"].dropna(), "Tot_TV"}
    leaves = rows.loc[~rows["taakveld"].isin(parents), ["taakveld", "naam"]]
    groups = crosswalk.comparable(leaves.assign(lasten=1.0, baten=0.0), jaar)
    assert groups["lasten"].sum() == len(leaves)
    first = crosswalk.comparable(_leaves_of("2020"), 2020)
    assert set(groups["groep"]) == set(first["groep"])


def _leaves_of(jaar: str) -> pd.DataFrame:
    rows = CODE_LIST[CODE_LIST["jaar"] == jaar]
    parents = {*rows["onderdeel_van"].dropna(), "Tot_TV"}
    leaves = rows[~rows["taakveld"].isin(parents)]
    return leaves[["taakveld", "naam"]].assign(lasten=1.0, baten=0.0)


def test_groups_keep_the_published_total_of_utrecht():
    accounts = iv3.read("GM0344", 2023)
    groups = crosswalk.comparable(accounts, 2023)
    assert groups["lasten"].sum() == accounts["lasten"].sum()
    youth = accounts["taakveld"].str.match(r"6\.(72|73|74|82)")
    assert groups.set_index("groep").loc["6:jeugd", "lasten"] == accounts[youth]["lasten"].sum()
