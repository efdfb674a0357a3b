"""Several gemeenten at once give what each gives alone, and nothing gets lost between them."""

import numpy as np
import pandas as pd
import pytest

from docs import bench_landelijk
from tests import landelijk
from tests.test_keys import figures
from wijkboek_utils import (
    allocate,
    flows,
    household_flows,
    households,
    kengetallen,
    keys,
    sources,
)
from wijkboek_utils.regions import gemeente_of, rest_of

RULES = sources.read_project_table("taakvelden")


@pytest.fixture(scope="module")
def country() -> landelijk.Country:
    """Return some gemeenten; in one of them some figures are not there at all."""
    return landelijk.country(8)


def of(country: landelijk.Country, gemeente: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the figures and the account of one gemeente."""
    inside = country.indicatoren["gebied"].map(gemeente_of) == gemeente
    account = country.rekeningen[country.rekeningen["gemeente"] == gemeente]
    return country.indicatoren[inside], account.drop(columns="gemeente")


@pytest.fixture(scope="module")
def together(country) -> pd.DataFrame:
    """Return the boekingen of all of them, made at once."""
    amounts = allocate.amounts(country.rekeningen, RULES)
    found = keys.build_all(country.indicatoren)
    rows = allocate.spread_all(amounts, found, country.indicatoren)
    return allocate.boekingen(allocate.flows(rows, landelijk.JAAR, landelijk.BRON))


def test_the_country_has_its_real_size_and_a_few_very_large_gemeenten():
    sizes = landelijk.sizes()
    assert len(sizes) == landelijk.GEMEENTEN
    assert sizes.sum().to_dict() == {"wijken": 3393, "buurten": 14574}
    assert (sizes["buurten"] >= sizes["wijken"]).all()
    assert sizes["buurten"].max() > 5 * sizes["buurten"].median()


def test_a_smaller_country_is_the_beginning_of_a_larger_one(country):
    small = landelijk.country(2)
    rows = country.indicatoren.iloc[: len(small.indicatoren)]
    pd.testing.assert_frame_equal(small.indicatoren, rows)
    assert small.gemeenten == country.gemeenten[:2]


def test_made_up_figures_have_what_real_ones_have(country):
    buurten = country.indicatoren.query("soort == 'Buurt'")
    gaps = buurten.groupby("onderwerp")["waarde"].agg(lambda x: x.isna().mean())
    assert gaps["AantalInwoners"] == 0 and 0 < gaps["Woningvoorraad"] < gaps[households.INCOME] < 1
    topics = country.indicatoren.groupby(country.indicatoren["gebied"].map(gemeente_of))
    counts = topics["onderwerp"].nunique()
    assert counts.min() < counts.max()  # of one gemeente some are not there at all
    assert (country.rekeningen[["lasten", "baten"]] < 0).any(axis=None)


def test_keys_of_many_gemeenten_are_those_of_each_alone(country):
    found = keys.build_all(country.indicatoren)
    assert list(found) == country.gemeenten
    for gemeente, own in found.items():
        alone = keys.build_keys(of(country, gemeente)[0])
        pd.testing.assert_frame_equal(own.shares, alone.shares, check_exact=True)
        pd.testing.assert_frame_equal(own.errors, alone.errors, check_exact=True)
        pd.testing.assert_frame_equal(own.table, alone.table)
        assert own.shares.sum(axis=1).to_numpy() == pytest.approx(1.0)


def test_boekingen_of_many_gemeenten_are_those_of_each_alone(country, together):
    places = together["buurt"].str[2:6]
    for gemeente in country.gemeenten[::3]:
        figures_, account = of(country, gemeente)
        built = keys.build_keys(figures_)
        amounts = allocate.amounts(account, RULES)
        sets = allocate.book_sets(
            amounts, built, figures_, gemeente, landelijk.JAAR, landelijk.BRON
        )
        alone = sets[sets["set"] == allocate.DEFAULT_SET].drop(columns="set")
        found = together[places == gemeente[2:]].reset_index(drop=True)
        pd.testing.assert_frame_equal(found, alone.reset_index(drop=True), check_exact=True)


def test_every_account_comes_back_to_the_cent(country, together):
    for gemeente, account in country.rekeningen.groupby("gemeente"):
        inside = together["buurt"].str[2:6] == gemeente[2:]
        found = allocate.by_taakveld(together[inside]).unstack()
        published = account.set_index("taakveld")[["lasten", "baten"]]
        found = found.reindex(published.index).fillna(0.0)[["lasten", "baten"]]
        assert ((found - published).abs() < 0.005).all(axis=None), gemeente


def test_income_of_many_gemeenten_is_that_of_each_alone(country):
    found = households.income(country.indicatoren)
    assert {"gemeten", "verdeeld"} <= set(found["methode"])
    for gemeente in country.gemeenten:
        alone = households.income(of(country, gemeente)[0])
        own = found[found["buurt"].map(gemeente_of) == gemeente].reset_index(drop=True)
        text = ["sleutel", "bronjaar"]  # a column of only missing values has another type
        pd.testing.assert_frame_equal(own.drop(columns=text), alone.drop(columns=text))
        assert own["sleutel"].fillna("").tolist() == alone["sleutel"].fillna("").tolist()


def test_an_unknown_count_follows_the_ratio_of_its_own_gemeente():
    buurten = ["BU99010000", "BU99010001", "BU99020000", "BU99020001"]
    values = pd.Series([10.0, np.nan, 90.0, np.nan], index=buurten)
    people = pd.Series([100.0, 200.0, 100.0, 200.0], index=buurten)
    assert keys.fill(values, people).tolist() == [10, 20, 90, 180]
    alone = keys.fill(values.iloc[1:], people.iloc[1:])
    assert np.isnan(alone.iloc[0]) and alone.iloc[1:].tolist() == [90, 180]  # none of the next


def test_a_buurt_without_owners_takes_those_of_its_own_gemeente():
    table = figures(Koopwoningen=[40.0, None, 50.0])
    other = table.assign(gebied=table["gebied"].str.replace("9901", "9902"))
    other["waarde"] = other["waarde"] / 2
    table.loc[table["soort"] == "Gemeente", "waarde"] = 45.0
    other.loc[other["soort"] == "Gemeente", "waarde"] = 20.0
    shares = keys.owner_shares(pd.concat([table, other]))["huishoudens"]
    assert shares["BU99010002"] == pytest.approx(0.45)
    assert shares["BU99020002"] == pytest.approx(0.20)


def test_what_owners_pay_and_belongs_to_no_buurt_is_not_lost():
    built = keys.build_keys(figures(AantalInwoners=[0, 0, 0]))
    account = pd.DataFrame(
        [("0.61", "OZB", 0.0, 1000.0, np.nan)],
        columns=["taakveld", "naam", "lasten", "baten", "salarissen"],
    )
    amounts = allocate.amounts(account, RULES).assign(gemeente="GM9901")
    known = figures(AantalInwoners=[0, 0, 0])
    rows = allocate.spread_all(amounts, {"GM9901": built}, known)
    booked = allocate.boekingen(allocate.flows(rows, 2023, "iv3-test"))
    assert booked["buurt"].tolist() == [rest_of("GM9901")]
    assert booked["van"].tolist() == ["buitenwereld"] and booked["bedrag"].tolist() == [1000]


def test_an_account_of_one_gemeente_looks_the_same_beside_others(country):
    both = allocate.amounts(country.rekeningen, RULES)
    gemeente = country.gemeenten[3]
    alone = allocate.amounts(of(country, gemeente)[1], RULES)
    own = both[both["gemeente"] == gemeente].drop(columns="gemeente").reset_index(drop=True)
    pd.testing.assert_frame_equal(own, alone, check_exact=True)


def test_gemeenten_of_which_the_same_is_known_are_taken_together(country):
    formulas = ["AantalInwoners * 1.0", "Woningvoorraad * Koopwoningen / 100"]
    rows = country.indicatoren
    first, second = country.gemeenten[:2]
    code = rows["gebied"].map(gemeente_of)
    assert len(households.alike(rows, ["AantalInwoners * 1.0"])) == 1
    gone = (code == first) & (rows["soort"] == "Buurt") & (rows["onderwerp"] == "Koopwoningen")
    blank = rows.assign(waarde=rows["waarde"].mask(gone))
    older = blank.assign(jaar=blank["jaar"].mask((code == second), 2022))
    both = older[code.isin(country.gemeenten[:4])]
    parts = [set(part["gebied"].map(gemeente_of)) for part in households.alike(both, formulas)]
    assert parts == [{first}, {second}, set(country.gemeenten[2:4])]
    assert sum(len(part) for part in households.alike(older, formulas)) == len(rows)


def test_what_the_gemeente_pays_is_the_same_from_flows_as_from_boekingen(country, together):
    rows = bench_landelijk.municipal(country)
    buurten = pd.Index(rows.buurten, name="buurt")
    chosen = bench_landelijk.some(rows, (rows.table["naar"] == "buitenwereld").to_numpy())
    found = bench_landelijk.estimate(bench_landelijk.sums(chosen), buurten)
    wanted = flows.estimate_of(together[together["naar"] == "buitenwereld"], buurten)
    pd.testing.assert_series_equal(found.value, wanted.value, check_names=False)
    assert found.errors.keys() == wanted.errors.keys() and len(wanted.errors) > 5
    pd.testing.assert_series_equal(found.se, wanted.se, check_names=False)


def test_flows_of_households_of_many_gemeenten_are_those_of_each_alone(country):
    rules = sources.read_project_table("geldstromen")
    getallen, jaar = kengetallen.load(), landelijk.JAAR

    def booked(figures_: pd.DataFrame) -> pd.DataFrame:
        income = households.income(figures_)
        return household_flows.households(income, figures_, 80_000.0, getallen, jaar)

    parts = households.alike(country.indicatoren, [*rules["aantal"], household_flows.HOUSEHOLDS])
    found = pd.concat([booked(part) for part in parts])
    for gemeente in country.gemeenten[::4]:
        alone = booked(of(country, gemeente)[0])
        own = found[found["buurt"].map(gemeente_of) == gemeente].reset_index(drop=True)
        pd.testing.assert_frame_equal(own.drop(columns="fouten"), alone.drop(columns="fouten"))
