"""Counts times kengetallen: the flows of households, and what they may never do."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wijkboek_utils import (
    cbs,
    evidence,
    flows,
    household_account,
    households,
    kengetallen,
    ledger,
    sources,
)
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
    books, known = _books(utrecht)
    near = household_account.local_share(books, utrecht.weights("GM0344"), known.used())
    words = household_account.sentence(account, near, "Utrecht")
    assert "Huishoudens in Utrecht krijgen samen ongeveer" in words
    assert "andere goederen" not in words and "in de eigen wijk" in words
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


def no_households(*counts: float | None) -> pd.DataFrame:
    known = pd.Series(counts, index=BUURTEN, dtype=float)
    people = income(1e6, 1e6, 0.0).assign(inwoners=[200.0, 200.0, 0.0])
    return flows.spending(people, known, HOUSEHOLD, kengetallen.load(), 2023)


def test_a_buurt_without_a_count_of_households_still_eats():
    rows = no_households(100, None, 0).groupby("buurt")[["bedrag", "se"]].sum()
    one, two, empty = rows["bedrag"]
    assert two == pytest.approx(one) and empty == 0
    assert rows["se"].iloc[1] > 1.2 * rows["se"].iloc[0]


def test_without_any_count_of_households_spending_follows_from_inhabitants():
    rows = no_households(None, None, None).groupby("buurt")["bedrag"].sum()
    whole = kengetallen.load().get("personen_per_huishouden", "personen per huishouden").waarde
    counted = no_households(200 / whole, 200 / whole, 0).groupby("buurt")["bedrag"].sum()
    assert rows.tolist() == pytest.approx(counted.tolist(), abs=0.2)


def test_what_nobody_can_count_is_unknown_and_not_zero():
    rows = flows.estimate(
        indicators(AantalInwoners=[100, None, 0], PersonenPerSoortUitkeringAOW=[10, None, 0]),
        kengetallen.load(),
        2023,
    ).query("post == 'inkomen:aow'")
    assert pd.isna(rows["bedrag"].iloc[1]) and rows["methode"].iloc[1] == "ontbreekt"
    assert rows["bedrag"].iloc[2] == 0


def zero(id: str, high: float) -> kengetallen.Kengetallen:
    table = sources.read_project_table("kengetallen")
    table.loc[table["id"] == id, ["waarde", "laag", "hoog"]] = ["0", "0", str(high)]
    return kengetallen.Kengetallen(kengetallen.read(table))


ZERO = [
    "stroom_prijs",
    "besteding_kleding_laag",
    "besteding_kleding_boven",
    "besteding_schaal_2020",
    "besteding_vast_deel",
    "aandeel_wijk_dagelijks",
    "aandeel_laag_inkomen",
    "inkomensheffing_aandeel",
    "inkomensheffing_aandeel_laag",
]


@pytest.mark.parametrize("id", ZERO)
def test_a_kengetal_may_be_zero_and_keeps_its_error(id, utrecht):
    known = zero(id, 0.1)
    figures = income(5e6, 0.0, None).assign(inwoners=[100.0, 200.0, 0.0])
    topics = PEOPLE | {"HuishoudensTotaal": [50, None, 0]}
    rows = flows.households(figures, indicators(**topics), HOUSEHOLD, known, 2023)
    if id == "stroom_prijs":
        power = rows[rows["post"] == "energie:stroom"]
        assert power["bedrag"].sum() == 0 and power["se"].iloc[0] > 0


def test_a_poor_buurt_pays_a_smaller_share_of_tax_and_the_average_one_the_average():
    known = kengetallen.load()
    rate = known.get("inkomensheffing_aandeel", "aandeel").waarde
    size = known.get("personen_per_huishouden", "personen per huishouden").waarde
    person = HOUSEHOLD / size
    people = income(*(100 * person * x for x in (1.0, 0.6, 2.0)))
    rows = flows.taxes(people, HOUSEHOLD, known, 2023)
    share = rows["bedrag"].to_numpy() / people["bedrag"].to_numpy()
    assert share[0] == pytest.approx(rate)
    assert 0.06 < share[1] < 0.15 and 0.22 < share[2] < 0.35
    nothing = flows.taxes(income(1e5, 0.0, None), HOUSEHOLD, known, 2023)
    assert nothing["bedrag"].tolist() == [0, 0]


def some_books(*amounts: float | None) -> tuple[pd.DataFrame, kengetallen.Kengetallen]:
    known = kengetallen.load()
    topics = indicators(**PEOPLE, HuishoudensTotaal=[50, 100, 0], k_0Tot15Jaar=[20, 30, 0])
    rows = flows.households(income(*amounts), topics, HOUSEHOLD, known, 2023)
    return flows.with_income(rows, booked(*amounts)), known


def test_without_income_what_comes_in_and_what_is_left_are_unknown():
    books, known = some_books(None, None, None)
    found = household_account.account(books, WEIGHTS, known.used()).set_index("regel")["bedrag"]
    assert found[[household_account.TOTAL_IN, household_account.LEFT]].isna().all()
    assert pd.isna(found[household_account.TOTAL_OUT])  # tax is not known either


def test_kinds_of_income_do_not_widen_the_income_that_is_published():
    books, known = some_books(4e6, 8e6, 0.0)
    found = household_account.account(books, WEIGHTS, known.used()).set_index("regel")
    benefits = found.loc["Toeslagen en kinderbijslag", "se"]
    expected = np.sqrt(4e4**2 + 8e4**2 + benefits**2)
    assert found.loc[household_account.TOTAL_IN, "se"] == pytest.approx(expected, rel=0.01)


def test_one_share_that_is_off_is_off_for_all_groups_at_once():
    books, known = some_books(4e6, 8e6, 0.0)
    units = known.used().set_index("id")["se"]
    rows = books[books["post"].str.startswith("besteding:")]
    near = rows["kengetal"].str.contains("aandeel_wijk_niet_dagelijks")
    daily = rows["kengetal"].str.contains("aandeel_wijk_dagelijks")
    expected = np.hypot(
        rows.loc[near, "bedrag"].sum() * units["aandeel_wijk_niet_dagelijks"],
        rows.loc[daily, "bedrag"].sum() * units["aandeel_wijk_dagelijks"],
    )
    assert household_account.local_share(books, WEIGHTS, known.used())["se"] == pytest.approx(
        expected
    )


def test_the_error_of_the_price_scale_does_not_vanish_in_the_total():
    books, known = some_books(4e6, 8e6, 0.0)
    found = household_account.account(books, WEIGHTS, known.used()).set_index("regel")
    scale = known.get("besteding_schaal_2020", "factor")
    spent = books[books["post"].str.startswith("besteding:")]["bedrag"].sum()
    assert found.loc[household_account.TOTAL_OUT, "se"] > spent * scale.se / scale.waarde


@pytest.mark.parametrize(
    ("amount", "words"), [(1e6, "niet te zeggen"), (2e5, "meer uit dan er binnenkomt")]
)
def test_the_sentence_claims_no_money_that_is_left_where_there_may_be_none(amount, words):
    books, known = some_books(amount, amount, 0.0)
    found = household_account.account(books, WEIGHTS, known.used())
    near = household_account.local_share(books, WEIGHTS, known.used())
    said = household_account.sentence(found, near, "X")
    assert "Er blijft" not in said and words in said


def test_wages_are_as_unsure_as_the_kinds_of_income_that_are_taken_out():
    """Also where income was spread over the buurten of a wijk, which makes its own total sure."""
    known = kengetallen.load()
    topics = indicators(**PEOPLE, HuishoudensTotaal=[50, 100, 0])
    rows = flows.households(income(4e6, 8e6, 0.0), topics, HOUSEHOLD, known, 2023)
    loon = booked(4e6, 8e6, 0.0).assign(methode="verdeeld", sleutel="inwoners:WK990100")
    books = flows.with_income(rows, ledger.conform(loon))
    found = household_account.account(books, WEIGHTS, known.used()).set_index("regel")["se"]
    assert found["Loon en winst"] >= np.hypot(found["Pensioen"], found["AOW"]) > 0


def test_books_without_spending_give_an_account_and_no_traceback(utrecht):
    used = kengetallen.load().used()
    weights = utrecht.weights("GM0344")
    near = household_account.local_share(utrecht.ledger, weights, used)
    rows = household_account.account(utrecht.ledger, weights, used)
    assert "niet bekend" in household_account.sentence(rows, near, "Utrecht")


def test_a_share_is_told_in_percent_and_an_amount_in_its_unit():
    known = kengetallen.load()
    known.get("aandeel_laag_inkomen", "aandeel")
    known.get("huur_corporatie", "euro per woning per jaar")
    html = evidence.unit_values(known.used()).html.replace("\N{NO-BREAK SPACE}", " ")
    assert "4,4 procent (2022), waarschijnlijk tussen 4,0 procent en 6,5 procent" in html
    assert "6.980 euro per woning per jaar (2023), waarschijnlijk tussen 6.500 en 7.200" in html
