"""Counts times kengetallen: the flows of households, and what they may never do."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wijkboek_utils import cbs, flows, household_account, households, kengetallen, ledger, sources
from wijkboek_utils.errors import Fout

BUURTEN = ["BU99010001", "BU99010002", "BU99010003"]
HOUSEHOLD = 75_000.0  # income of an average Dutch household
WEIGHTS = pd.Series(1.0, index=BUURTEN)


def indicators(**topics: list[float | None]) -> pd.DataFrame:
    """Return figures of three buurten: topic to values."""
    rows = [
        {"gebied": b, "onderwerp": topic, "waarde": value}
        for topic, values in topics.items()
        for b, value in zip(BUURTEN, values, strict=True)
    ]
    return pd.DataFrame(rows).assign(soort="Buurt", jaar=2023, bron="kwb-2023", omgerekend=False)


def income(*amounts: float | None) -> pd.DataFrame:
    """Return income of the buurten as `households.income`."""
    table = pd.DataFrame({"buurt": BUURTEN, "bedrag": amounts}, dtype=object)
    table["bedrag"] = table["bedrag"].astype(float)
    known = table["bedrag"].notna()
    return table.assign(
        inwoners=100.0,
        se=(table["bedrag"] * 0.01).where(known),
        se_bron=0.0,
        methode=np.where(known, "gemeten", "ontbreekt"),
        sleutel=None,
        bron="kwb-2023",
        bronjaar=2023,
    )


def booked(*amounts: float | None) -> pd.DataFrame:
    """Return the same income as boekingen, without any benefits of the gemeente."""
    empty = pd.DataFrame({c: [] for c in ("van", "naar", "buurt", "bedrag", "se")})
    return households.book_income(income(*amounts), empty, 2023)


PEOPLE = {"AantalInwoners": [100, 200, 0], "k_65JaarOfOuder": [10, 40, 0]}


def estimate(**topics: list[float | None]) -> pd.DataFrame:
    return flows.estimate(indicators(**(PEOPLE | topics)), kengetallen.load(), 2023)


def test_a_flow_is_its_count_times_its_kengetal():
    aow = kengetallen.load().get("aow_per_persoon", "euro per persoon per jaar")
    rows = estimate(PersonenPerSoortUitkeringAOW=[10, 30, 0]).query("post == 'inkomen:aow'")
    assert rows["bedrag"].tolist() == [10 * aow.waarde, 30 * aow.waarde, 0]
    expected = np.hypot(0.02, aow.se / aow.waarde)
    assert rows["se"].iloc[0] == pytest.approx(10 * aow.waarde * expected)
    assert set(rows["kengetal"]) == {"aow_per_persoon"} and set(rows["methode"]) == {"geraamd"}


def test_without_its_count_a_flow_takes_the_poorer_one_with_a_wider_error():
    counted = estimate(PersonenPerSoortUitkeringAOW=[9.3, 37.2, 0]).query("post == 'inkomen:aow'")
    guessed = estimate().query("post == 'inkomen:aow'")
    assert guessed["bedrag"].tolist() == pytest.approx(counted["bedrag"].tolist())
    assert (guessed["se"][:2] > counted["se"][:2]).all()


def test_a_buurt_without_a_count_is_estimated_from_its_inhabitants_and_is_less_sure():
    rows = estimate(PersonenPerSoortUitkeringAOW=[10, None, 0]).query("post == 'inkomen:aow'")
    one, two = rows["bedrag"].iloc[:2]
    assert two == pytest.approx(2 * one)
    assert rows["se"].iloc[1] / two > 2 * rows["se"].iloc[0] / one


def test_every_flow_of_the_table_can_be_read_and_names_kengetallen_in_their_unit():
    table = sources.read_project_table("geldstromen")
    known = kengetallen.load()
    for row in table.itertuples():
        pairs = zip(row.kengetallen.split(";"), row.eenheden.split(";"), strict=True)
        assert all(known.get(name, unit).waarde > 0 for name, unit in pairs)
        assert 0 < float(row.fout) < 1 and row.reden
    topics = set(sources.read_project_table("onderwerpen")["onderwerp"])
    from wijkboek_utils import keys

    assert all(keys.topics_of(formula) <= topics for formula in table["aantal"])


def test_a_kengetal_in_another_unit_stops_the_books():
    table = sources.read_project_table("kengetallen")
    table.loc[table["id"] == "aow_per_persoon", "eenheid"] = "euro per persoon per maand"
    wrong = kengetallen.Kengetallen(kengetallen.read(table))
    with pytest.raises(Fout, match="aow_per_persoon"):
        flows.estimate(indicators(**PEOPLE), wrong, 2023)


amounts = st.lists(st.floats(0, 1e8).map(lambda x: round(x, 2)), min_size=3, max_size=3)


@given(amounts, amounts)
def test_kinds_of_income_add_up_to_the_income_that_is_published(published, aow):
    kinds = estimate().query("post == 'inkomen:aow'").assign(bedrag=aow)
    parts = flows.split_income(booked(*published), kinds)
    sums = parts.groupby("buurt")["bedrag"].sum()
    assert sums.reindex(BUURTEN).to_numpy() == pytest.approx(published, abs=0.011)
    assert (parts["bedrag"] >= 0).all()


def test_unknown_income_stays_unknown_beside_kinds_that_are_counted():
    kinds = estimate(PersonenPerSoortUitkeringAOW=[10, 30, 0])
    parts = flows.split_income(booked(None, 5e6, 1e6), kinds)
    left = parts[parts["post"] == "inkomen:loon_en_winst"].set_index("buurt")
    assert pd.isna(left.loc[BUURTEN[0], "bedrag"])
    assert left.loc[BUURTEN[0], "methode"] == "ontbreekt"


def spending(*amounts: float | None) -> pd.DataFrame:
    counts = pd.Series([100.0, 100.0, 0.0], index=BUURTEN)
    return flows.spending(income(*amounts), counts, HOUSEHOLD, kengetallen.load(), 2023)


def test_an_average_household_spends_the_average_of_the_two_baskets():
    known = kengetallen.load()
    unit = "euro per huishouden per jaar"
    share = known.get("aandeel_laag_inkomen", "aandeel").waarde
    scale = known.get("besteding_schaal_2020", "factor").waarde
    mean = sum(
        share * known.get(f"besteding_{g}_laag", unit).waarde
        + (1 - share) * known.get(f"besteding_{g}_boven", unit).waarde
        for g in flows._GROUPS
    )
    rows = spending(100 * HOUSEHOLD, 50 * HOUSEHOLD, 0.0)
    assert rows[rows["buurt"] == BUURTEN[0]]["bedrag"].sum() == pytest.approx(
        100 * scale * mean, abs=1
    )


def test_less_income_is_less_spending_but_not_in_proportion():
    rows = spending(100 * HOUSEHOLD, 50 * HOUSEHOLD, 0.0).groupby("buurt")["bedrag"].sum()
    assert 0.5 * rows[BUURTEN[0]] < rows[BUURTEN[1]] < rows[BUURTEN[0]]
    assert rows[BUURTEN[2]] == 0  # nobody lives there


def test_what_is_spent_in_the_wijk_and_outside_is_the_whole_whatever_the_share():
    rows = spending(100 * HOUSEHOLD, 50 * HOUSEHOLD, 0.0)
    food = rows[(rows["post"] == "besteding:voeding") & (rows["buurt"] == BUURTEN[0])]
    assert set(food["naar"]) == {"bedrijven", "buitenwereld"}
    known = kengetallen.load()
    known.get("aandeel_wijk_dagelijks", "aandeel")
    sure = flows.regardless_of_place(food, known.used())
    assert sure["se"].sum() < food["se"].sum()
    # The error that is left is that of the baskets and their scale alone: the same for both.
    relative = (sure["se"] / sure["bedrag"]).tolist()
    assert relative[0] == pytest.approx(relative[1])


def test_the_national_household_is_that_of_the_year_or_else_of_the_newest():
    topics = ("AantalInwoners", "GemiddeldInkomenPerInwoner", "HuishoudensTotaal")
    values = zip([2023] * 3 + [2024] * 3, topics * 2, [10, 2.0, 4, 10, 3.0, 5], strict=True)
    rows = pd.DataFrame(values, columns=["jaar", "onderwerp", "waarde"])
    assert cbs.national_household(rows, 2023) == 5_000
    assert cbs.national_household(rows, 2020) == 6_000
    assert np.isnan(cbs.national_household(rows[:2], 2023))


@pytest.fixture(scope="module")
def account(utrecht) -> pd.DataFrame:
    """Return the account of the households of Utrecht."""
    books, known = _books(utrecht)
    return household_account.account(books, utrecht.weights("GM0344"), known.used())


def _books(gemeente) -> tuple[pd.DataFrame, kengetallen.Kengetallen]:
    known = kengetallen.load()
    figures = cbs.figures(gemeente.code, gemeente.jaar)
    year = households.income_year(gemeente.indicatoren)
    inkomen = households.income(figures[figures["jaar"] == year])
    loon = households.book_income(inkomen, gemeente.ledger, gemeente.jaar)
    national = cbs.national_household(cbs.read_country(), year)
    rows = flows.households(inkomen, gemeente.indicatoren, national, known, gemeente.jaar)
    books = pd.concat([gemeente.ledger, flows.with_income(rows, loon)], ignore_index=True)
    return ledger.conform(books), known


def test_the_account_adds_up_and_its_rest_is_what_is_left(account):
    lines = account.set_index("regel")["bedrag"]
    totals = [household_account.TOTAL_IN, household_account.TOTAL_OUT, household_account.LEFT]
    single = account[~account["regel"].isin(totals)]
    sums = single.groupby("kant")["bedrag"].sum()
    assert lines[totals[0]] == pytest.approx(sums["in"])
    assert lines[totals[1]] == pytest.approx(sums["uit"])
    assert lines[totals[2]] == pytest.approx(sums["in"] - sums["uit"])


def test_the_households_of_utrecht_are_near_what_is_published_of_them(account, utrecht):
    lines = account.set_index("regel")["bedrag"]
    counts = utrecht.indicatoren.query("gebied == 'GM0344'").set_index("onderwerp")["waarde"]
    homes = counts["HuishoudensTotaal"]
    # National accounts 2023: EUR 55.652 of consumption per household, imputed rent of owners (about
    # EUR 6.000) and what charities give included; the budget survey of 2020, at prices of 2023,
    # about 41.700. Ours has no imputed rent, and lies in between.
    taxes = lines["Belasting en premies over het inkomen"] + lines["Heffingen van de gemeente"]
    each = (lines[household_account.TOTAL_OUT] - taxes) / homes
    assert 38_000 < each < 50_000
    # Rent of corporations: 31 % of 165.400 dwellings at about EUR 582 a month.
    assert lines["Huur aan woningcorporaties"] == pytest.approx(165_400 * 0.31 * 6_980, rel=0.05)
    # AOW: 34.980 people.
    assert lines["AOW"] == pytest.approx(34_980 * 14_300, rel=0.02)


def test_the_sentence_says_who_gets_most_what_stays_and_what_is_left(account, utrecht):
    books, _ = _books(utrecht)
    near = household_account.local_share(books, utrecht.weights("GM0344"))
    words = household_account.sentence(account, near, "Utrecht")
    assert "Huishoudens in Utrecht krijgen samen ongeveer" in words
    assert "andere goederen" not in words and "in de wijk" in words
    assert "wat onze schatting mist" in words


def test_without_any_figure_the_sentence_says_so():
    rows = pd.DataFrame(
        {
            "kant": ["in", "saldo"],
            "regel": [household_account.TOTAL_IN, household_account.LEFT],
            "bedrag": [np.nan, np.nan],
            "se": [np.nan, np.nan],
        }
    )
    near = pd.Series({"bedrag": np.nan, "lokaal": np.nan, "se": 0.0})
    assert (
        household_account.sentence(rows, near, "X")
        == "Wat huishoudens in X uitgeven, is niet bekend."
    )
