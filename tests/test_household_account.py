"""The account of households: its lines and totals, what stays in the wijk, and what it says."""

import numpy as np
import pandas as pd
import pytest

from tests.buurten import BUURTEN, HOUSEHOLD, WEIGHTS, booked, books
from wijkboek_utils import area_flows, dutch, household_account, kengetallen, ledger, pilots
from wijkboek_utils.household_account import LEFT, TOTAL_IN, TOTAL_OUT

TOTALS = [TOTAL_IN, TOTAL_OUT, LEFT]
RICH, POOR = (4e6, 8e6, 0.0), (2e5, 2e5, 0.0)
NEAR = pd.Series({"bedrag": 100.0, "lokaal": 20.0, "se": 5.0})


def account(*amounts: float | None) -> pd.DataFrame:
    return household_account.account(area_flows.of(books(*amounts), WEIGHTS)).set_index("regel")


@pytest.fixture(scope="module")
def utrecht_account(utrecht) -> pd.DataFrame:
    """Return the account of the households of Utrecht."""
    return household_account.account(area_flows.of(utrecht.grootboek, utrecht.weights("GM0344")))


# --- lines and totals


def test_the_account_adds_up_and_its_rest_is_what_is_left(utrecht_account):
    lines = utrecht_account.set_index("regel")["bedrag"]
    single = utrecht_account[~utrecht_account["regel"].isin(TOTALS)]
    sums = single.groupby("kant")["bedrag"].sum()
    assert lines[TOTAL_IN] == pytest.approx(sums["in"])
    assert lines[TOTAL_OUT] == pytest.approx(sums["uit"])
    assert lines[LEFT] == pytest.approx(sums["in"] - sums["uit"])
    assert not utrecht_account["regel"].duplicated().any()


def test_each_side_has_its_lines_and_ends_in_its_total():
    rows = household_account.account(area_flows.of(books(*RICH), WEIGHTS))
    assert rows["kant"].tolist() == sorted(rows["kant"], key=["in", "uit", "saldo"].index)
    last = rows.groupby("kant")["regel"].last()
    assert last.to_dict() == {"in": TOTAL_IN, "uit": TOTAL_OUT, "saldo": LEFT}
    assert {"Loon uit de eigen wijk", "AOW", "Boodschappen", "BTW en accijns op aankopen"} <= set(
        rows["regel"]
    )


def test_the_households_of_utrecht_are_near_what_is_published_of_them(utrecht_account, utrecht):
    lines = utrecht_account.set_index("regel")["bedrag"]
    counts = utrecht.indicatoren.query("gebied == 'GM0344'").set_index("onderwerp")["waarde"]
    homes = counts["HuishoudensTotaal"]
    # National accounts 2023: EUR 55.652 of consumption per household, of which about EUR 6.000 is
    # imputed rent of owners; neither that nor what charities give is in ours.
    levies = lines[["Belasting en premies over het inkomen", "Heffingen van de gemeente"]].sum()
    each = (lines[TOTAL_OUT] - levies - lines["Sparen en aflossen"]) / homes
    assert 42_000 < each < 56_000
    # Rent of corporations: 31 % of 165.400 dwellings at about EUR 582 a month.
    assert lines["Huur aan woningcorporaties"] == pytest.approx(165_400 * 0.31 * 6_980, rel=0.05)
    # AOW: 34.980 people.
    assert lines["AOW"] == pytest.approx(34_980 * 14_300, rel=0.02)


# --- what is unknown


def test_without_income_what_comes_in_and_what_is_left_are_unknown():
    """Though AOW and what firms of the wijk pay are counted."""
    found = account(None, None, None)["bedrag"]
    assert found[TOTALS].isna().all() and found["AOW"] > 0 and found["Loon uit de eigen wijk"] > 0
    assert pd.isna(found["Loon en winst van buiten de wijk"])


def test_books_without_spending_give_an_account_and_no_traceback(utrecht):
    weights = utrecht.weights("GM0344")
    near = household_account.local_share(area_flows.of(utrecht.ledger, weights))
    rows = household_account.account(area_flows.of(utrecht.ledger, weights))
    assert "niet bekend" in household_account.sentence(rows, near, "Utrecht")


# --- how sure it is


def test_kinds_of_income_do_not_widen_the_income_that_is_published():
    found = account(*RICH)["se"]
    published = ledger.totals(booked(*RICH), WEIGHTS, [])["se"].iloc[0]
    expected = np.hypot(published, found["Toeslagen en kinderbijslag"])
    assert found[TOTAL_IN] == pytest.approx(expected, rel=0.01)
    assert found["Loon en winst van buiten de wijk"] > np.hypot(found["Pensioen"], found["AOW"])


def test_the_rest_is_at_most_as_unsure_as_both_sides_together(utrecht_account):
    for rows in (utrecht_account.set_index("regel"), account(*RICH)):
        parts = rows.loc[[TOTAL_IN, TOTAL_OUT], "se"]
        assert 0 < rows.loc[LEFT, "se"] <= parts.sum() * (1 + 1e-6)


# --- what stays in the wijk


def boekingen(**parts: tuple[float, dict[str, float]]) -> pd.DataFrame:
    """Return spending of one buurt: by receiver an amount and the errors that it names."""
    rows = [
        {
            "naar": naar,
            "bedrag": amount,
            "se": np.sqrt(sum(e**2 for e in errors.values())),
            "fouten": ";".join(f"{cause}={e:.2f}" for cause, e in errors.items()) or None,
        }
        for naar, (amount, errors) in parts.items()
    ]
    facts = {"buurt": BUURTEN[0], "jaar": 2023, "van": "huishoudens", "post": "besteding:voeding"}
    facts |= {"domein": "voedsel", "soort": "particulier", "methode": "geraamd", "kengetal": "x"}
    return ledger.conform(pd.DataFrame(rows).assign(**facts, bron="kwb-2023", bronjaar=2023))


def test_how_much_they_spend_does_not_matter_to_the_share_that_stays():
    rows = boekingen(
        bedrijven=(40.0, {"prijs": 10.0}),
        buitenwereld=(60.0, {"prijs": 15.0}),
    )
    found = household_account.local_share(area_flows.of(rows, WEIGHTS))
    assert found.to_dict() == {"bedrag": 100, "lokaal": 40, "se": pytest.approx(0, abs=1e-9)}


def test_a_share_that_is_off_is_off_by_all_that_it_moves():
    rows = boekingen(
        bedrijven=(40.0, {"aandeel": 8.0, "prijs": 10.0}),
        buitenwereld=(60.0, {"aandeel": -8.0, "prijs": 15.0}),
    )
    assert household_account.local_share(area_flows.of(rows, WEIGHTS))["se"] == pytest.approx(8)


def test_one_share_is_off_for_all_groups_at_once():
    rows = books(*RICH)
    found = household_account.local_share(area_flows.of(rows, WEIGHTS))
    spent = rows[rows["post"].str.startswith("besteding:")]
    near = spent[spent["naar"] == "bedrijven"]
    assert found["lokaal"] == pytest.approx(near["bedrag"].sum())
    assert found["bedrag"] == pytest.approx(spent["bedrag"].sum())
    known, least = kengetallen.load(), 0.0
    for id in ("aandeel_wijk_dagelijks", "aandeel_wijk_niet_dagelijks"):
        k = known.get(id, "aandeel")
        mine = spent["post"].isin(near.loc[near["kengetal"].str.contains(f"{id}$"), "post"])
        least = np.hypot(least, spent.loc[mine, "bedrag"].sum() * k.se)
    assert least <= found["se"] < 1.1 * least  # and a little of what changes the mix


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({"buitenwereld": (60.0, {"aandeel": 2.0})}, (60.0, np.nan)),
        ({"bedrijven": (0.0, {}), "buitenwereld": (0.0, {})}, (0.0, 0.0)),
    ],
    ids=["nothing nearby", "nothing spent"],
)
def test_without_spending_nearby_there_is_no_share(parts, expected):
    found = household_account.local_share(area_flows.of(boekingen(**parts), WEIGHTS))
    assert found[["bedrag", "lokaal"]].tolist() == pytest.approx(expected, nan_ok=True)
    words = household_account.sentence(lines(), found, "X")
    assert "in de eigen wijk" not in words


# --- the sentence


def lines(total=1e8, left=0.0, se=1e6, **spent: float) -> pd.DataFrame:
    """Return an account with these totals and what is spent, by line."""
    spent = spent or {"Boodschappen": 3e7, "Energie": 1e7, "Kinderopvang": 2e7, "Auto's": 4e7}
    rows = [("in", TOTAL_IN, total, se)]
    rows += [("uit", name.replace("_", " "), amount, se) for name, amount in spent.items()]
    rows += [("uit", TOTAL_OUT, total - left, se), ("saldo", LEFT, left, se)]
    return pd.DataFrame(rows, columns=["kant", "regel", "bedrag", "se"])


def said(rows: pd.DataFrame, near: pd.Series = NEAR) -> str:
    return household_account.sentence(rows, near, "De Wijk").replace(dutch.NBSP, " ")


def test_the_sentence_says_what_comes_in_what_most_goes_to_and_what_stays():
    words = said(lines(Andere_goederen_en_diensten=9e7, Boodschappen=3e7, Energie=1e7, Huur=2e7))
    assert words.startswith("Huishoudens in De Wijk krijgen samen ongeveer € 100 miljoen per jaar.")
    assert "naar boodschappen, huur en energie." in words
    # 20 of 100, and 1,645 times 5 either side.
    assert "12 tot 28 procent in de eigen wijk" in words


def test_a_name_in_capitals_keeps_them():
    words = said(lines(BTW_en_accijns_op_aankopen=9e7, Boodschappen=3e7))
    assert "BTW en accijns" in words and "bTW" not in words


def test_a_share_that_is_very_unsure_stays_between_nothing_and_all():
    wide = pd.Series({"bedrag": 100.0, "lokaal": 50.0, "se": 80.0})
    assert "0 tot 100 procent in de eigen wijk" in said(lines(), wide)


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (0.0, "passen bij elkaar"),
        (1.6e6, "passen bij elkaar"),
        (-1.6e6, "passen bij elkaar"),
        (9e6, "niet verklaard: wij weten niet waar het heen gaat"),
        (-9e6, "meer uit dan er binnenkomt"),
    ],
)
def test_the_sentence_claims_a_rest_only_beyond_its_margin(left, words):
    found = said(lines(left=left))
    assert words in found and "Er blijft" not in found
    assert ("tussen € 7,4 en € 10,6 miljoen" in found) == (abs(left) > 2e6)


def test_where_households_would_pay_more_than_they_get_the_sentence_doubts_itself():
    rows = books(*POOR)
    found = household_account.account(area_flows.of(rows, WEIGHTS))
    words = household_account.sentence(
        found, household_account.local_share(area_flows.of(rows, WEIGHTS)), "X"
    )
    assert "meer uit dan er binnenkomt" in words and "Dat kan bijna niet" in words


@pytest.mark.parametrize("total", [np.nan, 1e8])
def test_without_a_figure_the_sentence_says_so(total):
    rows = lines(total=total)
    rows.loc[rows["kant"] == "uit", "bedrag"] = np.nan
    nothing = pd.Series({"bedrag": np.nan, "lokaal": np.nan, "se": 0.0})
    assert said(rows, nothing) == "Wat huishoudens in De Wijk uitgeven, is niet bekend."


def test_of_an_unknown_income_the_sentence_gives_no_total():
    rows = books(None, None, None)
    found = household_account.account(area_flows.of(rows, WEIGHTS))
    words = household_account.sentence(
        found, household_account.local_share(area_flows.of(rows, WEIGHTS)), "X"
    )
    assert words == "Wat huishoudens in X uitgeven, is niet bekend."


# --- living in an own house


def rent(*values: float | None) -> pd.DataFrame:
    frame = pd.DataFrame({"buurt": BUURTEN, "waarde": pd.Series(values, dtype=float)})
    return frame.assign(se=frame["waarde"] / 10)


def test_living_in_an_own_house_is_told_as_a_range_and_as_no_money():
    words = household_account.imputed_sentence(rent(2e6, 4e6, None), WEIGHTS, "X")
    words = words.replace(dutch.NBSP, " ")
    # One rent for all: 10 percent of 6 million, 1,645 times, either side.
    assert "tussen € 5,0 en € 7,0 miljoen" in words and "geen geld" in words
    assert household_account.imputed_sentence(rent(None, None, None), WEIGHTS, "X") == ""
    assert household_account.imputed_sentence(rent(1.0, 1.0, None), WEIGHTS[2:], "X") == ""


# --- the pilots


@pytest.mark.parametrize("name", pilots.names())
def test_the_households_of_a_pilot_get_and_pay_what_can_be(gemeenten, name):
    pilot = pilots.load(name, 2023)
    gemeente = gemeenten[pilot.gemeente]
    weights = gemeente.weights(*pilot.codes)
    rows = household_account.account(area_flows.of(gemeente.grootboek, weights))
    found = rows.set_index("regel")
    inside = gemeente.indicatoren["gebied"].isin(weights.index[weights > 0])
    homes = gemeente.indicatoren[inside].query("onderwerp == 'HuishoudensTotaal'")
    each = found["bedrag"] / homes["waarde"].sum()
    assert 0.4 * HOUSEHOLD < each[TOTAL_IN] < 1.2 * HOUSEHOLD
    assert 4_000 < each["Boodschappen"] < 9_000 and 1_000 < each["Energie"] < 4_000
    assert abs(found.loc[LEFT, "bedrag"]) < 0.25 * found.loc[TOTAL_IN, "bedrag"]
    near = household_account.local_share(area_flows.of(gemeente.grootboek, weights))
    assert 0.05 < near["lokaal"] / near["bedrag"] < 0.4
    words = household_account.sentence(rows, near, pilot.naam)
    assert max(len(part.split()) for part in words.split(". ")) <= 28
