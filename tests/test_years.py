"""The same area over the years: published figures, carried over boundaries, compared honestly."""

import re
import time
from types import SimpleNamespace

import geopandas
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import box

from tests.conftest import GEMEENTEN
from wijkboek_utils import (
    cbs,
    crosswalk,
    expenses,
    iv3,
    measures,
    pdok,
    pilots,
    places,
    regions,
    sources,
    views,
    years,
    years_text,
)
from wijkboek_utils.errors import Fout
from wijkboek_utils.households import INCOME, INHABITANTS

BENEFIT = "PersonenPerSoortUitkeringBijstand"
A, B, C, D = "BU99010001", "BU99010002", "BU99010103", "BU99010104"


# The embedded years of the pilots


def gebied_of(gemeente: str, codes: list[str], jaar: int = 2023) -> pd.DataFrame:
    buurten = cbs.areas(gemeente, jaar).query("soort == 'Buurt'")
    return regions.weights(buurten.rename(columns={"gebied": "buurt"}), codes)


@pytest.fixture(scope="module")
def collected() -> dict[str, years.Years]:
    """Return the years of every pilot and of every gemeente as a whole."""
    found = {g: years.collect(gebied_of(g, [g]), 2023) for g in GEMEENTEN}
    for name in pilots.names():
        p = pilots.load(name)
        found[name] = years.collect(gebied_of(p.gemeente, p.codes, p.jaar), p.jaar)
    return found


def value(found: years.Years, onderwerp: str, jaar: int, prijzen: str | None = None) -> pd.Series:
    rows = found.rows[(found.rows["onderwerp"] == onderwerp) & (found.rows["jaar"] == jaar)]
    rows = rows[rows["prijzen"] != (years.FIXED if prijzen is None else years.RUNNING)]
    assert len(rows) == 1
    return rows.iloc[0]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        *((g, g) for g in GEMEENTEN),
        ("arnhem-spijkerkwartier", "WK020202"),
        ("leeuwarden-heechterp-schieringen", "WK008050"),
    ],
)
def test_an_area_that_cbs_publishes_has_just_the_figures_in_the_raw_file(collected, name, code):
    raw = pd.concat([sources.read_csv(sources.source(f"kwb-{y}")) for y in (2023, 2024)])
    raw = raw[(raw["gebied"] == code) & raw["onderwerp"].isin(measures.TOPICS)]
    raw = raw.dropna(subset="waarde")
    rows = collected[name].rows
    counted = rows[(rows["verslag"] == years.COUNTED) & (rows["prijzen"] != years.FIXED)]
    assert len(counted) == len(raw) > 3
    for row in raw.itertuples():
        found = value(collected[name], row.onderwerp, int(row.jaar))
        times = measures.TOPICS[row.onderwerp].maal
        assert found["waarde"] == pytest.approx(float(row.waarde) * times)
        assert found["bron"] == f"kwb-{row.jaar}" and not found["omgerekend"]


def test_kanaleneiland_is_the_sum_of_its_buurten_as_published(collected):
    found = collected["utrecht-kanaleneiland"]
    raw = sources.read_csv(sources.source("kwb-2023"))
    raw = raw[raw["gebied"].isin(pilots.load("utrecht-kanaleneiland").codes)]
    for onderwerp in (INHABITANTS, BENEFIT, "PersonenautoSTotaal"):
        published = raw.loc[raw["onderwerp"] == onderwerp, "waarde"].astype(float)
        assert value(found, onderwerp, 2023)["waarde"] == published.sum()
        step = measures.TOPICS[onderwerp].stap
        assert value(found, onderwerp, 2023)["se"] == pytest.approx(step * (3 / 12) ** 0.5)


@pytest.mark.parametrize("gemeente", GEMEENTEN)
def test_expenses_of_a_whole_gemeente_are_the_published_lasten_for_services(collected, gemeente):
    rules = sources.read_project_table("taakvelden").set_index("taakveld")["sleutel"]
    for jaar in (2023, 2024):
        lasten = iv3.read(gemeente, jaar).set_index("taakveld")["lasten"]
        published = lasten[lasten.index.map(rules) != "geen"].sum()
        people = value(collected[gemeente], INHABITANTS, jaar if gemeente == "GM0344" else 2024)
        found = value(collected[gemeente], expenses.EXPENSES, jaar)
        # The overhead of land development stays with the gemeente as a whole.
        assert found["waarde"] * people["waarde"] == pytest.approx(published, rel=0.02)
        assert found["verslag"] == {2023: "jaarrekening", 2024: "begroting"}[jaar]
        assert found["se"] < 0.021 * found["waarde"]  # a key only moves money between buurten


def test_expenses_of_kanaleneiland_are_those_of_the_grootboek(collected, utrecht):
    weights = utrecht.weights(*pilots.load("utrecht-kanaleneiland").codes)
    whole = views.net_expenses(utrecht.ledger, weights).iloc[0]
    found = value(collected["utrecht-kanaleneiland"], expenses.EXPENSES, 2023)
    assert found["waarde"] * 18_120 == pytest.approx(whole["bedrag"])
    assert found["se"] * 18_120 == pytest.approx(whole["se"], rel=0.01)


def test_income_is_that_of_the_rest_of_the_report(collected, utrecht):
    from wijkboek_utils import households

    figures = cbs.figures("GM0344", 2023).query("jaar == 2024")
    income = households.income(figures)
    weights = utrecht.weights(*pilots.load("utrecht-kanaleneiland").codes)
    booked = households.book_income(income, utrecht.ledger[:0], 2024)
    report = places.household_income(booked, weights, income)
    found = value(collected["utrecht-kanaleneiland"], INCOME, 2024)
    assert found["waarde"] == pytest.approx(report["bedrag"] / report["inwoners"])


def test_the_groups_of_taakvelden_add_up_to_all_expenses(collected):
    for found in collected.values():
        rows = found.rows[found.rows["prijzen"] == years.RUNNING]
        parts = rows[rows["onderwerp"].str.startswith("lasten:")].groupby("jaar")["waarde"].sum()
        for jaar, total in parts.items():
            assert value(found, expenses.EXPENSES, int(jaar))["waarde"] == pytest.approx(total)


@pytest.mark.parametrize("jaar", range(2020, 2027))
def test_taakvelden_are_grouped_as_crosswalk_does(jaar):
    codes = sources.read_csv(sources.source("taakvelden")).query(f"jaar == '{jaar}'")
    parents = {*codes["onderdeel_van"].dropna(), "Tot_TV"}
    leaves = codes.loc[~codes["taakveld"].isin(parents), ["taakveld", "naam"]]
    leaves = leaves.assign(lasten=range(1, len(leaves) + 1), baten=0.0)
    groups = crosswalk.comparable(leaves, jaar).set_index("groep")["lasten"]
    ours = leaves.groupby(expenses.groups_of(leaves["taakveld"], jaar))["lasten"].sum()
    assert ours.to_dict() == groups.to_dict()


def test_a_budget_is_never_set_beside_an_annual_account(collected):
    for name, found in collected.items():
        compared = years.changes(found)
        assert not compared["onderwerp"].str.startswith("lasten").any()
        told = " ".join(years_text.story(found.rows, compared, name, "GM0344"))
        assert "2023 staan in haar rekening" in told and "2024 staan in haar begroting" in told
        shown = years_text.table(found.rows, compared, name, 2023).html
        assert "(rekening)" in shown and "(begroting)" in shown and "niet te vergelijken" in shown


def test_with_one_year_there_is_nothing_to_compare_and_a_way_to_get_more(collected):
    found = collected["arnhem-spijkerkwartier"]
    told = years_text.story(found.rows, years.changes(found), "Spijkerkwartier", "GM0202")
    assert told[0].startswith("Over Spijkerkwartier valt nog niets te vergelijken")
    assert told[-1].endswith("wijkboek fetch GM0202")


def test_no_sentence_is_long(collected):
    for name, found in collected.items():
        compared = years.changes(found)
        html = years_text.table(found.rows, compared, name, 2023).html
        note = re.search(r'class="note">(.*?)</p>', html)[1]
        for text in [*years_text.story(found.rows, compared, name, "GM0344"), note]:
            for sentence in re.split(r"(?<=[.!?:])\s+", text):
                assert len(sentence.split()) <= 28, sentence


def test_all_embedded_years_of_a_pilot_take_less_than_3_seconds_of_cpu():
    p = pilots.load("utrecht-kanaleneiland")
    gebied = gebied_of(p.gemeente, p.codes)
    before = time.process_time()
    years.changes(years.collect(gebied, p.jaar))
    assert time.process_time() - before < 3


# A gemeente of our own: other boundaries, other codes, other accounts


def kwb(year: int, figures: dict[str, dict[str, float | None]], **names: str) -> pd.DataFrame:
    rows = [
        {"gebied": code, "naam": names.get(code, code), "onderwerp": topic, "waarde": waarde}
        for code, topics in figures.items()
        for topic, waarde in topics.items()
    ]
    facts = {"soort": "Buurt", "jaar": year, "eenheid": "aantal", "bron": f"eigen-{year}"}
    table = pd.DataFrame(rows).assign(**facts)
    return table.astype({"waarde": float})


def accounts(**lasten: float) -> pd.DataFrame:
    """Return municipal accounts: `t6_3=1e6` is taakveld 6.3."""
    codes = [code[1:].replace("_", ".") for code in lasten]
    table = pd.DataFrame({"taakveld": codes, "naam": codes, "lasten": list(lasten.values())})
    return table.assign(baten=0.0, salarissen=0.0).astype({"lasten": float})


def shapes(**buurten: tuple[float, float, float, float]) -> geopandas.GeoDataFrame:
    frame = geopandas.GeoDataFrame(
        {"buurt": list(buurten)}, geometry=[box(*b) for b in buurten.values()], crs=pdok.RD
    )
    return frame.assign(bron="grenzen")


@pytest.fixture
def gemeente(monkeypatch):
    """Return a function that lets our own gemeente have these tables, accounts and boundaries."""

    def let(tables, books=None, drawn=None):
        books = {} if books is None else books
        filed = {
            y: SimpleNamespace(period=str(y), report=kind, id=f"rekening-{y}", status="voorlopig")
            for y, (kind, _) in books.items()
        }
        rows = pd.concat(tables, ignore_index=True)
        monkeypatch.setattr(cbs, "read_kwb", lambda gemeente: rows)
        monkeypatch.setattr(pdok, "of_year", lambda gemeente, jaar: (drawn or {}).get(jaar))
        monkeypatch.setattr(sources, "select", lambda series, area: list(filed.values()))
        monkeypatch.setattr(iv3, "source", lambda gemeente, jaar: filed[jaar])
        monkeypatch.setattr(iv3, "read", lambda gemeente, jaar: books[jaar][1])

    return let


def area(*buurten: str, inside: list[str]) -> pd.DataFrame:
    table = pd.DataFrame({"buurt": list(buurten), "naam": list(buurten)})
    return regions.weights(table, inside)


def people(**counts: float) -> dict[str, dict[str, float | None]]:
    return {code: {INHABITANTS: count} for code, count in counts.items()}


def series(found: years.Years, onderwerp: str = INHABITANTS) -> dict[int, float]:
    rows = found.rows[found.rows["onderwerp"] == onderwerp]
    return dict(zip(rows["jaar"], rows["waarde"].round(6), strict=True))


BEFORE = {"BU99010000": (0, 0, 100, 100), C: (100, 0, 200, 100)}
AFTER = {A: (0, 0, 25, 100), B: (25, 0, 100, 100), C: (100, 0, 200, 100)}


def test_a_buurt_split_in_two_keeps_the_series_of_the_area_exact(gemeente):
    old = kwb(2022, people(BU99010000=1000, **{C: 400}))
    new = kwb(2023, people(**{A: 255, B: 755, C: 410}))
    gemeente([old, new], drawn={2022: shapes(**BEFORE), 2023: shapes(**AFTER)})
    found = years.collect(area(A, B, C, inside=[A, B]), 2023)
    assert series(found) == {2022: 1000, 2023: 1010}
    first = found.rows.iloc[0]
    # Of the old buurt nothing fell outside the area: there is nothing to estimate.
    assert not first["omgerekend"] and first["se"] == pytest.approx(5 / 12**0.5)
    assert first["bron"] == "eigen-2022;grenzen"


def test_a_boundary_through_the_area_gives_an_estimate_with_a_wider_error(gemeente):
    old = kwb(2022, people(BU99010000=1000, **{C: 400}))
    new = kwb(2023, people(**{A: 280, B: 730, C: 410}))
    gemeente([old, new], drawn={2022: shapes(**BEFORE), 2023: shapes(**AFTER)})
    found = years.collect(area(A, B, C, inside=[A]), 2023)
    assert series(found) == {2022: 250, 2023: 280}
    first, last = found.rows.iloc[0], found.rows.iloc[1]
    assert first["omgerekend"] and not last["omgerekend"]
    assert first["se"] > 0.15 * 250 > last["se"]
    compared = years.changes(found)
    assert compared["oordeel"].tolist() == ["gelijk"]  # 30 people are within 15 % of 250
    shown = years_text.table(found.rows, compared, "Noord", 2023).html
    assert "250 (omgerekend)" in shown and "ongeveer gelijk aan 2022" in shown


def test_two_years_converted_the_same_way_share_the_error_of_it(gemeente):
    tables = [kwb(y, people(BU99010000=n, **{C: 400})) for y, n in ((2021, 1000), (2022, 1200))]
    tables.append(kwb(2023, people(**{A: 280, B: 930, C: 410})))
    tables[2] = tables[2][tables[2]["gebied"] != A]  # the last year says nothing of the area
    drawn = {y: shapes(**BEFORE) for y in (2021, 2022)} | {2023: shapes(**AFTER)}
    gemeente(tables, drawn=drawn)
    found = years.collect(area(A, B, C, inside=[A]), 2023)
    assert series(found) == {2021: 250, 2022: 300}
    change = years.changes(found).iloc[0]
    assert change["se"] < found.rows["se"].min() / 1.5
    assert change["oordeel"] == "hoger"


def test_another_code_for_the_same_buurt_is_bridged_without_boundaries(gemeente):
    old = kwb(2022, people(**{A: 500, B: 300}), **{A: "Noord", B: "Zuid"})
    new = kwb(2023, people(**{A: 505, D: 330}), **{A: "Noord", D: "Zuid"})
    said = {A: {crosswalk.CHANGE: 1.0}, D: {crosswalk.CHANGE: 2.0}}
    gemeente([old, new, kwb(2023, said)])
    found = years.collect(area(A, D, inside=[D]), 2023)
    assert series(found) == {2022: 300, 2023: 330}
    assert not found.rows["omgerekend"].any()
    assert years.changes(found)["oordeel"].tolist() == ["hoger"]


def test_a_year_that_cannot_be_carried_over_is_missing_and_says_why(gemeente):
    old, new = kwb(2022, people(**{A: 500})), kwb(2023, people(**{A: 505, B: 300}))
    gemeente([old, new])
    found = years.collect(area(A, B, inside=[B]), 2023)
    assert series(found) == {2023: 300}
    assert "--only grenzen-2022" in found.missing["reden"].item()
    assert "--only grenzen-2022" in years_text.unknown(found.missing).html
    drawn = {2022: shapes(**{A: (0, 0, 9, 9)}), 2023: shapes(**{A: (0, 0, 9, 9), B: (9, 0, 18, 9)})}
    gemeente([old, new], drawn=drawn)
    found = years.collect(area(A, B, inside=[A, B]), 2023)
    assert f"een deel van het gebied van nu ({B})" in found.missing["reden"].item()
    assert series(found) == {2023: 805}


def test_a_missing_year_stays_missing(gemeente):
    gemeente([kwb(y, people(**{A: 500 + y - 2021, B: 300})) for y in (2021, 2023)])
    found = years.collect(area(A, B, inside=[A]), 2023)
    # Without the table of 2022 nobody said that boundaries stayed.
    assert series(found) == {2023: 502} and found.missing["jaar"].tolist() == [2021]
    drawn = {y: shapes(**{A: (0, 0, 9, 9), B: (9, 0, 18, 9)}) for y in (2021, 2023)}
    gemeente([kwb(y, people(**{A: 500 + y - 2021, B: 300})) for y in (2021, 2023)], drawn=drawn)
    found = years.collect(area(A, B, inside=[A]), 2023)
    assert series(found) == {2021: 500, 2023: 502}
    compared = years.changes(found)
    assert compared["oordeel"].tolist() == ["gelijk"]  # CBS rounds to fives
    shown = years_text.table(found.rows, compared, "Noord", 2023).html
    assert "Over 2022 zijn hier geen cijfers" in shown and ">2022<" not in shown


def test_equal_values_are_called_equal(gemeente):
    gemeente([kwb(y, people(**{A: 500, B: 300})) for y in (2022, 2023)])
    found = years.collect(area(A, B, inside=[A]), 2023)
    compared = years.changes(found)
    assert compared["oordeel"].tolist() == ["gelijk"] and compared["deel"].tolist() == [0]
    told = years_text.story(found.rows, compared, "Noord", "GM9901")
    assert told == ["Noord in 2023, vergeleken met 2022. Ongeveer gelijk: inwoners."]


def test_a_secret_buurt_is_estimated_with_a_wider_error_and_never_zero(gemeente):
    def table(year: int, hidden: float | None) -> pd.DataFrame:
        figures = {A: (500, 50.0), B: (100, hidden), C: (400, 40.0)}
        return kwb(year, {c: {INHABITANTS: n, BENEFIT: v} for c, (n, v) in figures.items()})

    gemeente([table(2022, 10), table(2023, None)])
    found = years.collect(area(A, B, C, inside=[A, B]), 2023)
    assert series(found, BENEFIT) == {2022: 60, 2023: 60}
    assert value(found, BENEFIT, 2023)["se"] > value(found, BENEFIT, 2022)["se"]
    found = years.collect(area(A, B, C, inside=[B]), 2023)
    assert series(found, BENEFIT) == {2022: 10}
    shown = years_text.table(found.rows, years.changes(found), "Zuid", 2023).html
    assert '<td class="num">onbekend</td>' in shown


def test_nothing_known_at_all_gives_no_figures_and_no_fault(gemeente):
    gemeente([kwb(2023, {A: {INHABITANTS: None}, B: {INHABITANTS: 300}})])
    found = years.collect(area(A, B, inside=[A]), 2023)
    assert found.rows.empty and years.changes(found).empty
    told = years_text.story(found.rows, years.changes(found), "Noord", "GM9901")
    assert told[0].startswith("Over Noord valt nog niets te vergelijken")
    assert "Noord" in years_text.table(found.rows, years.changes(found), "Noord", 2023).html


def test_an_average_with_a_secret_buurt_has_a_wider_error(gemeente):
    topic = "GemiddeldeWOZWaardeVanWoningen"
    known = {A: 300, B: 200, C: 250}
    tables = [
        kwb(y, {c: {INHABITANTS: 100, "HuishoudensTotaal": 50, topic: w} for c, w in woz.items()})
        for y, woz in ((2022, known), (2023, known | {B: None}))
    ]
    gemeente(tables)
    found = years.collect(area(A, B, C, inside=[A, B]), 2023)
    assert series(found, topic) == {2022: 250_000, 2023: 300_000}
    assert value(found, topic, 2022)["se"] == pytest.approx(1000 * (2 / 12) ** 0.5 / 2)
    assert value(found, topic, 2023)["se"] > 15_000  # half of it is unknown, and buurten differ
    change = years.changes(found).query("onderwerp == @topic").iloc[0]
    assert change["verschil"] == 50_000 and change["se"] > 15_000


# Money


def two_years(gemeente, books: dict, tables: list[pd.DataFrame] | None = None) -> years.Years:
    counts = {A: {INHABITANTS: 500, BENEFIT: 100}, B: {INHABITANTS: 500, BENEFIT: 20}}
    gemeente(tables or [kwb(y, counts) for y in sorted(books)], books)
    return years.collect(area(A, B, inside=[A]), max(books))


def test_taakvelden_whose_codes_changed_are_one_series(gemeente):
    books = {
        2022: ("jaarrekening", accounts(t6_72=600_000, t6_82=400_000)),
        2023: ("jaarrekening", accounts(t6_72a=700_000, t6_82b=900_000)),
    }
    found = two_years(gemeente, books)
    compared = years.changes(found).set_index(["onderwerp", "prijzen"])
    assert compared.loc[("lasten:6:jeugd", "lopend"), "deel"] == pytest.approx(0.6)
    assert compared.loc[("lasten", "lopend"), "oordeel"] == "hoger"
    assert "Jeugd" in years_text.tasks(found.rows, years.changes(found), "Noord", 2023).html


def test_only_accounts_of_one_kind_are_compared(gemeente):
    books = {
        2021: ("jaarrekening", accounts(t6_3=1_000_000)),
        2022: ("jaarrekening", accounts(t6_3=1_500_000)),
        2023: ("begroting", accounts(t6_3=3_000_000)),
    }
    found = two_years(gemeente, books)
    compared = years.changes(found)
    money = compared[compared["onderwerp"] == expenses.EXPENSES]
    assert set(zip(money["verslag"], money["van"], money["tot"], strict=True)) == {
        ("jaarrekening", 2021, 2022)
    }
    told = " ".join(years_text.story(found.rows, compared, "Noord", "GM9901"))
    assert "2021 en 2022 staan in haar rekening" in told and "2023 staan in haar begroting" in told
    shown = years_text.table(found.rows, compared, "Noord", 2023).html
    assert "rekening: " in shown and "(begroting en voorlopig)" in shown


def test_the_error_of_one_key_falls_away_for_the_most_part(gemeente):
    books = {y: ("jaarrekening", accounts(t6_3=n)) for y, n in ((2022, 1e6), (2023, 1.1e6))}
    found = two_years(gemeente, books)
    compared = years.changes(found).set_index(["onderwerp", "prijzen"])
    se = compared.loc[("lasten", "lopend"), "se"]
    both = [value(found, "lasten", y)["se"] for y in (2022, 2023)]
    assert se < 0.6 * (both[0] ** 2 + both[1] ** 2) ** 0.5
    assert se > abs(both[1] - both[0])  # and not all of it


def test_errors_of_two_different_keys_do_not_fall_away():
    before, after = {"": 3.0, "sleutel:a": 4.0}, {"": 3.0, "sleutel:b": 4.0}
    assert years.difference_se(before, after) == pytest.approx(50**0.5)
    same = years.difference_se(before, before)
    assert same == pytest.approx((18 + 2 * 16 * (1 - years.SAME)) ** 0.5)
    # Where one amount is below zero, its error goes the other way.
    found = years.difference_se({"sleutel:a": 4.0}, {"sleutel:a": -4.0})
    assert found == pytest.approx((32 + 2 * 16 * years.SAME) ** 0.5)


def test_money_is_uprated_by_a_named_index_and_not_silently(gemeente):
    books = {y: ("jaarrekening", accounts(t6_3=1e6)) for y in (2022, 2023)}
    found = two_years(gemeente, books)
    index = sources.read_project_table("indexcijfers").query("index == 'cpi'")
    cpi = index.set_index("jaar")["waarde"].astype(float)
    running, fixed = (value(found, "lasten", 2022, p) for p in (None, years.FIXED))
    factor = cpi["2023"] / cpi["2022"]
    assert fixed["waarde"] == pytest.approx(running["waarde"] * factor)
    assert fixed["se"] == pytest.approx(running["se"] * factor)
    assert (running["prijsjaar"], fixed["prijsjaar"]) == (2022, 2023)
    compared = years.changes(found)
    shown = years_text.table(found.rows, compared, "Noord", 2023).html
    assert "consumentenprijsindex (cpi): bedragen van 2022 maal 1,038" in shown
    assert "in prijzen van toen" in shown and "in prijzen van 2023" in shown
    assert "in prijzen van 2023" in " ".join(
        years_text.story(found.rows, compared, "Noord", "GM9901")
    )
    # Inhabitants have no price.
    assert set(found.rows.loc[found.rows["onderwerp"] == INHABITANTS, "prijzen"]) == {""}


def test_without_a_figure_of_the_index_amounts_stay_in_their_own_prices(gemeente):
    books = {y: ("jaarrekening", accounts(t6_3=1e6)) for y in (2001, 2002)}
    found = two_years(gemeente, books)
    assert set(found.rows.loc[found.rows["jaar"] == 2001, "prijzen"]) == {"", years.RUNNING}
    assert found.missing["reden"].str.contains("index cpi heeft geen cijfer voor 2001").any()
    told = years_text.story(found.rows, years.changes(found), "Noord", "GM9901")
    assert "Inkomen en uitgaven zijn vergeleken in prijzen van toen, met inflatie." in told


def test_an_account_far_from_any_count_of_people_has_no_amount_per_inhabitant(gemeente):
    books = {y: ("jaarrekening", accounts(t6_3=1e6)) for y in (2020, 2023)}
    found = two_years(gemeente, books, [kwb(2023, people(**{A: 500, B: 300}))])
    assert series(found, "lasten:6.3").keys() == {2023}
    assert "--only kwb-2020" in found.missing.set_index("jaar").loc[2020, "reden"]


def test_expenses_of_an_area_cut_by_a_boundary_have_the_error_of_it(gemeente):
    old = kwb(2022, people(BU99010000=1000, **{C: 400}))
    new = kwb(2023, people(**{A: 250, B: 750, C: 400}))
    books = {y: ("jaarrekening", accounts(t0_1=1.4e6)) for y in (2022, 2023)}
    gemeente([old, new], books, drawn={2022: shapes(**BEFORE), 2023: shapes(**AFTER)})
    found = years.collect(area(A, B, C, inside=[A]), 2023)
    before, after = (value(found, "lasten", y) for y in (2022, 2023))
    assert (before["waarde"], after["waarde"]) == (1000, 1000)  # by inhabitants, all alike
    assert before["omgerekend"] and not after["omgerekend"]
    errors = found.errors.query("onderwerp == 'lasten' and prijzen == 'lopend' and jaar == 2022")
    assert errors.set_index("oorzaak").loc["omgerekend", "fout"] == pytest.approx(150)


def test_a_few_people_have_no_amount_per_inhabitant(gemeente):
    books = {2023: ("jaarrekening", accounts(t6_3=1e6))}
    found = two_years(gemeente, books, [kwb(2023, people(**{A: 45, B: 300}))])
    assert series(found, "lasten") == {}
    assert "te weinig inwoners" in found.missing["reden"].item()


def test_a_taakveld_without_lasten_is_nothing_and_not_unknown(gemeente):
    books = {2023: ("jaarrekening", accounts(t6_3=1e6, t5_7=0.0))}
    assert value(two_years(gemeente, books), "lasten:5.7", 2023)["waarde"] == 0


def test_a_price_factor_needs_both_years():
    assert years.price_factor(2023, 2023) == 1
    with pytest.raises(Fout, match="cpi heeft geen cijfer voor 1999"):
        years.price_factor(1999, 2023)


def test_a_column_whose_place_was_not_checked_is_marked():
    assert years._unsure(INCOME, 2023, 2024) and not years._unsure(INCOME, 2022, 2023)
    assert not years._unsure(INHABITANTS, 2020, 2024)


def test_a_change_across_such_a_column_is_told_with_that_doubt(collected):
    found = collected["GM0344"]
    told = years_text.story(found.rows, years.changes(found), "Utrecht", "GM0344")[0]
    assert "Lager: WOZ-waarde van een woning (misschien anders gemeten)." in told


def test_a_long_row_of_years_is_named_by_its_ends():
    assert years_text._span([2019, 2020, 2021]) == "2019 tot en met 2021"
    assert years_text._span([2019, 2021, 2022]) == "2019, 2021 en 2022"
    assert years_text._span([2020, 2021]) == "2020 en 2021"


# An area in the buurten of another year

LINKS = pd.DataFrame(
    {"van": ["O", "O", "P"], "naar": ["X", "Y", "Y"], "gewicht": [0.25, 0.75, 1.0]}
)


@given(st.floats(0, 1), st.floats(0, 1))
def test_an_area_and_the_rest_of_the_gemeente_are_carried_to_the_whole(x, y):
    weights = pd.Series({"X": x, "Y": y})
    one, rest = (measures.carry(w, LINKS) for w in (weights, 1 - weights))
    assert (one["gewicht"] + rest["gewicht"]).tolist() == pytest.approx([1, 1], abs=1e-8)
    assert one["grens"].tolist() == pytest.approx(rest["grens"].tolist(), abs=1e-8)
    assert one["grens"].between(0, 0.5).all() and one.loc["P", "grens"] == 0


def test_the_smaller_part_that_is_cut_off_is_in_doubt():
    assert measures.carry(pd.Series({"X": 1.0, "Y": 0.0}), LINKS).loc["O", "grens"] == 0.25
    assert measures.carry(pd.Series({"X": 0.0, "Y": 1.0}), LINKS).loc["O", "grens"] == 0.25
    assert measures.carry(pd.Series({"X": 0.4, "Y": 0.4}), LINKS).loc["O", "grens"] == 0
