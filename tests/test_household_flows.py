"""What follows from income: taxes, spending, saving, pensions; and the kinds of that income."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.buurten import (
    BUURTEN,
    HOMES,
    HOUSEHOLD,
    PEOPLE,
    WEIGHTS,
    YEAR,
    booked,
    income,
    indicators,
    paid,
    with_values,
)
from wijkboek_utils import (
    cbs,
    flows,
    household_flows,
    households,
    income_kinds,
    kengetallen,
    ledger,
    wijkrekening,
)
from wijkboek_utils.estimates import Estimate
from wijkboek_utils.flows import Flow

KNOWN = kengetallen.load()
INDEX = pd.Index(BUURTEN, name="buurt")
PER_HOUSEHOLD = "euro per huishouden per jaar"
SIZE = KNOWN.get("personen_per_huishouden", "personen per huishouden").waarde
PERSON = HOUSEHOLD / SIZE
SCALE = {group: group for group in ("voeding", "alcohol_tabak", "kleding")}


def share(id: str) -> float:
    return KNOWN.get(id, "aandeel").waarde


def scale(group: str) -> float:
    return KNOWN.get(f"besteding_schaal_{SCALE.get(group, 'overig')}", "factor").waarde


def basket(group: str, klasse: str) -> float:
    return KNOWN.get(f"besteding_{group}_{klasse}", PER_HOUSEHOLD).waarde


def mean_basket(group: str) -> float:
    """Return what the average household spends on a group, before its scale."""
    low = share("aandeel_laag_inkomen")
    return low * basket(group, "laag") + (1 - low) * basket(group, "boven")


def booking(found: list[Flow]) -> pd.DataFrame:
    return flows.book(found, INDEX, YEAR)


# --- taxes


def taxes(*amounts: float | None, known=KNOWN, national: float = HOUSEHOLD) -> pd.DataFrame:
    rows = household_flows.taxes(income(*amounts), national, known)
    return booking(rows).set_index("buurt")


def test_a_poor_buurt_pays_a_smaller_share_of_tax_and_the_average_one_the_average():
    amounts = [100 * PERSON * x for x in (1.0, 0.6, 2.0)]
    found = taxes(*amounts)["bedrag"].to_numpy() / amounts
    assert found[0] == pytest.approx(share("inkomensheffing_aandeel"))
    assert 0.06 < found[1] < 0.15 and 0.22 < found[2] < 0.35


def test_who_has_no_more_than_social_assistance_pays_the_share_of_that():
    floor = KNOWN.get("bijstand_per_persoon", "euro per persoon per jaar").waarde
    expected = share("inkomensheffing_aandeel_laag") * 100 * floor
    assert taxes(100 * floor, 0.0, 1e6)["bedrag"].iloc[0] == pytest.approx(expected)


def test_tax_is_never_below_zero_and_that_of_an_unknown_income_is_unknown():
    rows = taxes(1e5, 0.0, None)
    assert rows["bedrag"].tolist()[:2] == [0, 0]
    assert pd.isna(rows["bedrag"].iloc[2]) and rows["methode"].iloc[2] == "ontbreekt"


buurt_incomes = st.lists(st.floats(0.7, 1.5), min_size=3, max_size=3)


@settings(max_examples=15)
@given(buurt_incomes)
def test_all_buurten_of_the_country_together_pay_the_average(relative):
    """Where nobody is so poor that the line would fall below zero."""
    amounts = [100 * PERSON * x for x in relative]
    national = sum(amounts) / 300 * SIZE
    rows = taxes(*amounts, national=national)
    rate = share("inkomensheffing_aandeel")
    assert rows["bedrag"].sum() == pytest.approx(rate * sum(amounts), rel=1e-6)


def test_one_rate_that_is_off_is_off_for_all_buurten_at_once():
    rows = taxes(4e6, 6e6, 5e6).reset_index()
    _, loadings = ledger.factors(rows, WEIGHTS, [])
    for id in ("inkomensheffing_aandeel", "inkomensheffing_aandeel_laag"):
        k = KNOWN.get(id, "aandeel")
        moved = with_values(**{id: (k.waarde + k.se / 100, 0, 1)})
        change = taxes(4e6, 6e6, 5e6, known=moved)["bedrag"].sum() - rows["bedrag"].sum()
        assert loadings[id].sum() == pytest.approx(100 * change, rel=0.01)


def test_without_an_average_to_compare_with_all_pay_one_share_that_is_unsure():
    usual, flat = taxes(4e6, 6e6, 0.0), taxes(4e6, 6e6, 0.0, national=np.nan)
    rate = share("inkomensheffing_aandeel")
    assert flat["bedrag"].tolist() == pytest.approx([rate * 4e6, rate * 6e6, 0])
    assert flat["se"].iloc[0] > 0.3 * flat["bedrag"].iloc[0] > 2 * usual["se"].iloc[0]


# --- spending

COUNTS = pd.Series([100.0, 100.0, 0.0], index=BUURTEN)


def spend(*amounts: float | None, known=KNOWN, counts=COUNTS) -> pd.DataFrame:
    return booking(household_flows.spending(income(*amounts), counts, HOUSEHOLD, known))


def per_buurt(rows: pd.DataFrame) -> pd.Series:
    return rows.groupby("buurt")["bedrag"].sum()


def test_an_average_household_spends_the_average_of_the_two_baskets():
    rows = spend(100 * HOUSEHOLD, 50 * HOUSEHOLD, 0.0)
    expected = sum(mean_basket(g) * scale(g) for g in household_flows.GROUPS)
    assert per_buurt(rows)[BUURTEN[0]] == pytest.approx(100 * expected, abs=1)


def test_less_income_is_less_spending_but_not_in_proportion():
    low, high, empty = per_buurt(spend(50 * HOUSEHOLD, 100 * HOUSEHOLD, 0.0))
    assert low < high < 2 * low and empty == 0
    fixed = share("besteding_vast_deel")
    # Before the scales, which differ by group, the level follows a straight line.
    one = with_values(**{f"besteding_schaal_{s}": (1, 0.9, 1.1) for s in (*SCALE, "overig")})
    low, high, _ = per_buurt(spend(50 * HOUSEHOLD, 100 * HOUSEHOLD, 0.0, known=one))
    assert low / high == pytest.approx(fixed + 0.5 * (1 - fixed), rel=1e-4)


def test_who_has_less_spends_a_larger_part_on_food():
    rows = spend(60 * HOUSEHOLD, 140 * HOUSEHOLD, 0.0)
    food = per_buurt(rows[rows["post"] == "besteding:voeding"]) / per_buurt(rows)
    assert food[BUURTEN[0]] > 1.1 * food[BUURTEN[1]]


def test_vat_and_excise_are_taken_out_of_what_is_spent_and_go_to_the_rijk_once():
    rows = spend(100 * HOUSEHOLD, 50 * HOUSEHOLD, 0.0)
    rows = rows[rows["buurt"] == BUURTEN[0]]
    tax = rows[rows["naar"] == "rijk"]
    assert set(tax["post"]) == {"belasting:btw"} and len(tax) == 1
    vat, excise = share("btw_aandeel_besteding"), share("accijns_aandeel_alcohol_tabak")
    gross = {g: 100 * mean_basket(g) * scale(g) for g in household_flows.GROUPS}
    expected = vat * sum(gross.values()) + excise * gross["alcohol_tabak"]
    assert tax["bedrag"].iloc[0] == pytest.approx(expected, abs=0.1)
    drink = rows[rows["post"] == "besteding:alcohol_tabak"]["bedrag"].sum()
    assert drink == pytest.approx(gross["alcohol_tabak"] * (1 - vat - excise), abs=0.1)


def test_what_is_spent_in_the_wijk_and_outside_is_the_whole_whatever_the_share():
    usual = spend(100 * HOUSEHOLD, 50 * HOUSEHOLD, 0.0)
    food = usual[usual["post"] == "besteding:voeding"]
    assert set(food["naar"]) == {"bedrijven", "buitenwereld"}
    all_near = spend(
        100 * HOUSEHOLD,
        50 * HOUSEHOLD,
        0.0,
        known=with_values(aandeel_wijk_dagelijks=(1, 0.9, 1)),
    )
    again = all_near[all_near["post"] == "besteding:voeding"]
    assert again["bedrag"].sum() == pytest.approx(food["bedrag"].sum(), abs=0.05)
    # In their sum the error of the share is gone.
    _, loadings = ledger.factors(food, WEIGHTS, [])
    assert loadings["aandeel_wijk_dagelijks"].sum() == pytest.approx(0, abs=0.1)
    assert food["fouten"].str.contains("aandeel_wijk_dagelijks")[food["bedrag"] > 0].all()


def test_equal_baskets_divide_by_nothing():
    same = {
        f"besteding_{g}_{klasse}": (1_000, 900, 1_100)
        for g in household_flows.GROUPS
        for klasse in ("laag", "boven")
    }
    rows = spend(100 * HOUSEHOLD, 50 * HOUSEHOLD, 0.0, known=with_values(**same))
    expected = sum(1_000 * scale(g) for g in household_flows.GROUPS)
    assert per_buurt(rows).tolist() == pytest.approx([100 * expected] * 2 + [0], abs=1)
    assert np.isfinite(rows["se"]).all()


def test_of_an_unknown_income_the_spending_is_average_and_far_less_sure():
    rows = spend(100 * HOUSEHOLD, None, 0.0)
    one, two, empty = per_buurt(rows)
    assert two == pytest.approx(one) and empty == 0
    errors = {b: ledger.totals(rows, WEIGHTS[[b]], []).iloc[0]["se"] for b in BUURTEN[:2]}
    # All is off together by 30 percent of what moves with income.
    assert errors[BUURTEN[1]] > np.hypot(errors[BUURTEN[0]], 0.9 * 0.3 * 0.7 * two)


def test_the_cause_of_a_scale_does_not_vanish_in_the_total():
    rows = spend(100 * HOUSEHOLD, 50 * HOUSEHOLD, 0.0)
    unit = KNOWN.get("besteding_schaal_overig", "factor")
    others = rows[~rows["post"].str.endswith(tuple(SCALE)) & (rows["naar"] != "rijk")]
    found = ledger.totals(others, WEIGHTS, []).iloc[0]
    assert found["se"] > found["bedrag"] * unit.se / unit.waarde


# --- how many households


def homes(*counts: float | None) -> pd.DataFrame:
    known = pd.Series(counts, index=BUURTEN, dtype=float)
    people = income(1e6, 1e6, 0.0, inwoners=[200.0, 200.0, 0.0])
    return booking(household_flows.spending(people, known, HOUSEHOLD, KNOWN))


def test_a_buurt_without_a_count_of_households_still_eats():
    rows = homes(100, None, 0)
    one, two, empty = per_buurt(rows)
    assert two == pytest.approx(one) and empty == 0
    errors = [ledger.totals(rows, WEIGHTS[[b]], []).iloc[0]["se"] for b in BUURTEN]
    assert errors[1] > 1.2 * errors[0]


def test_without_any_count_of_households_spending_follows_from_inhabitants():
    counted = per_buurt(homes(200 / SIZE, 200 / SIZE, 0))
    assert per_buurt(homes(None, None, None)).tolist() == pytest.approx(counted.tolist(), abs=0.2)


def test_the_national_household_is_that_of_the_year_or_else_of_the_newest():
    topics = ("AantalInwoners", "GemiddeldInkomenPerInwoner", "HuishoudensTotaal")
    values = zip([2023] * 3 + [2024] * 3, topics * 2, [10, 2.0, 4, 10, 3.0, 5], strict=True)
    rows = pd.DataFrame(values, columns=["jaar", "onderwerp", "waarde"])
    assert cbs.national_household(rows, 2023) == 5_000
    assert cbs.national_household(rows, 2020) == 6_000
    assert np.isnan(cbs.national_household(rows[:2], 2023))


# --- saving and pensions


def of_post(rows: pd.DataFrame, post: str) -> pd.DataFrame:
    return rows[rows["post"] == post].set_index("buurt")


def saved(*amounts: float | None, known=KNOWN) -> list[float]:
    inkomen = income(*amounts)
    relative = Estimate(pd.Series(amounts, index=INDEX, dtype=float) / (50 * HOUSEHOLD))
    tax = household_flows.taxes(inkomen, HOUSEHOLD, known)
    return booking(household_flows.saving(inkomen, tax, relative, known))["bedrag"].tolist()


@settings(max_examples=15)
@given(st.floats(0, 1e7), st.floats(1.01, 3))
def test_who_has_more_saves_a_larger_share_and_nobody_less_than_nothing(amount, times):
    low, high, nothing = saved(amount, times * amount, 0.0)
    assert 0 == nothing <= times * low <= high + 0.05


def test_the_average_household_saves_the_average_share_of_what_taxes_and_premiums_leave():
    rows = paid(50 * HOUSEHOLD, 100 * HOUSEHOLD, 0.0).query("buurt == @BUURTEN[0]")
    sums = rows.groupby(rows["post"].str.split(":").str[0])["bedrag"].sum()
    levies = rows[rows["post"].isin(["belasting:inkomen", "premie:zorg"])]["bedrag"].sum()
    net = 50 * HOUSEHOLD + sums["toeslag"] - levies
    assert sums["sparen"] == pytest.approx(share("spaarquote") * net, rel=1e-6)


def test_nobody_saves_more_than_is_left_however_few_households_are_counted():
    """As in a buurt with a home or a prison: many inhabitants, few households, a high average."""
    low, high, _ = saved(1e6, 1e9, 0.0)
    assert high < 0.6e9 and low < high


def test_saving_out_of_an_unknown_income_is_unknown():
    row = of_post(paid(4e6, None, 0.0), "sparen:huishoudens").loc[BUURTEN[1]]
    assert pd.isna(row["bedrag"]) and row["methode"] == "ontbreekt"


def test_a_pension_is_that_of_the_country_in_a_buurt_of_average_income_and_rises_with_it():
    unit = KNOWN.get("pensioen_per_65plus", "euro per persoon per jaar").waarde
    rise = KNOWN.get("pensioen_elasticiteit", "factor").waarde
    rows = of_post(paid(50 * HOUSEHOLD, 120 * HOUSEHOLD, 0.0), "inkomen:pensioen")["bedrag"]
    assert rows[BUURTEN[0]] == pytest.approx(10 * unit)
    assert rows[BUURTEN[1]] == pytest.approx(40 * unit * (1 + 0.2 * rise))
    poorest = of_post(paid(0.0, 0.0, 0.0), "inkomen:pensioen")["bedrag"]
    assert (poorest == 0).all()
    unknown = of_post(paid(None, None, None), "inkomen:pensioen")["bedrag"]
    assert unknown.tolist() == pytest.approx([10 * unit, 40 * unit, 0])


# --- imputed rent


def test_the_rent_of_owners_is_dwellings_times_rent_and_in_no_boeking():
    rent = KNOWN.get("toegerekende_huur", "euro per woning per jaar")
    figures = HOMES | {"Koopwoningen": [50, 20, None], "Woningvoorraad": [60, 100, 0]}
    rows = household_flows.imputed_rent(indicators(**figures), KNOWN).set_index("buurt")
    assert rows["waarde"].tolist()[:2] == pytest.approx([30 * rent.waarde, 20 * rent.waarde])
    assert rows["se"].iloc[0] == pytest.approx(30 * np.hypot(rent.se, 0.05 * rent.waarde))
    poorer = household_flows.imputed_rent(
        indicators(**(HOMES | {"Koopwoningen": [50, 20, None]})), KNOWN
    )
    assert poorer["waarde"].iloc[0] == pytest.approx(25 * rent.waarde)
    assert poorer["se"].iloc[0] / 25 > rows["se"].iloc[0] / 30
    boekingen = paid(4e6, 8e6, 0.0, Koopwoningen=[50, 20, 0])
    assert not boekingen["kengetal"].str.contains("toegerekende_huur").any()


def test_without_owned_dwellings_the_rent_of_owners_is_unknown():
    rows = household_flows.imputed_rent(indicators(**HOMES), KNOWN)
    assert rows["waarde"].isna().all() and rows["se"].isna().all() and len(rows) == 3


# --- the kinds of income


def of_buurten(amounts: list[float]) -> pd.Series:
    return pd.Series(amounts, index=INDEX)


euros = st.lists(st.floats(0, 1e8).map(lambda x: round(x, 2)), min_size=3, max_size=3)


@settings(max_examples=15)
@example([0.0, 1.0, 1e8], [0.0, 0.67, 1e8], [0.0, 0.67, 0.01])
@given(euros, euros, euros)
def test_kinds_of_income_and_the_rest_are_to_the_cent_what_is_published(published, aow, ww):
    """Also where the kinds are more than there is: then nothing is left."""
    kinds = [
        Flow(post, "rijk", "huishoudens", "werk en inkomen", Estimate(amount), ("x",), "y", YEAR)
        for post, amount in (("inkomen:aow", of_buurten(aow)), ("inkomen:ww", of_buurten(ww)))
    ]
    parts = booking(income_kinds.split_income(booked(*published), kinds))
    sums = parts.groupby("buurt")["bedrag"].sum().round(2)
    assert sums.reindex(BUURTEN).tolist() == published
    assert (parts["bedrag"] >= 0).all()
    rest = of_post(parts, "inkomen:loon_en_winst")["bedrag"]
    for b, whole, *kind in zip(BUURTEN, published, aow, ww, strict=True):
        assert (rest[b] > 0.02) == (whole > sum(kind) + 0.02)


def whole_income(rows: pd.DataFrame, weights: pd.Series = WEIGHTS) -> pd.Series:
    rows = rows[(rows["naar"] == "huishoudens") & rows["post"].str.startswith(("inkomen:", "iv3:"))]
    return ledger.totals(rows, weights, []).iloc[0]


@pytest.mark.parametrize(
    "topics",
    [
        {},
        {"PersonenPerSoortUitkeringAOW": [9, 35, 0]},
        {"PersonenPerSoortUitkeringAOW": [9, None, 0]},
    ],
    ids=["from inhabitants", "counted", "one buurt guessed"],
)
@pytest.mark.parametrize("amounts", [(4e6, 8e6, 0.0), (4e5, 8e5, 0.0)], ids=["enough", "too few"])
def test_income_as_a_whole_is_as_sure_as_it_is_published_and_no_less(amounts, topics):
    loon = booked(*amounts)
    parts = income_kinds.with_income(paid(*amounts, **topics), loon)
    for area in (WEIGHTS, WEIGHTS[:1]):
        before, after = whole_income(loon, area), whole_income(parts, area)
        assert after["bedrag"] == before["bedrag"]
        assert after["se"] == pytest.approx(before["se"], rel=1e-3) and before["se"] > 0


def test_income_that_a_key_spread_stays_as_sure_as_its_source_when_its_kinds_are_cut_out():
    amounts = (4e6, 8e6, 0.0)
    loon = booked(*amounts).assign(methode="verdeeld", sleutel="inwoners:WK990100")
    loon = ledger.conform(loon.assign(se_bron=loon["se"] / 10))
    before = whole_income(loon)
    parts = income_kinds.with_income(paid(*amounts), loon)
    after = whole_income(parts)
    assert after["se"] == pytest.approx(before["se"], rel=1e-3)
    found = ledger.totals(parts, WEIGHTS, ["post"]).set_index("post")["se"]
    kinds = np.hypot(found["inkomen:pensioen"], found["inkomen:aow"])
    assert found["inkomen:loon_en_winst"] >= kinds > 0


def test_wages_name_the_kinds_that_are_cut_out_and_their_kengetallen():
    parts = income_kinds.with_income(paid(4e6, 8e6, 0.0), booked(4e6, 8e6, 0.0))
    rest = of_post(parts, "inkomen:loon_en_winst").loc[BUURTEN[0]]
    assert rest["methode"] == "geraamd" and "aow_per_persoon" in rest["kengetal"].split(";")
    aow = of_post(parts, "inkomen:aow").loc[BUURTEN[0]]
    errors = ledger.named_errors(pd.DataFrame([rest, aow]).reset_index())
    moves = errors[errors["cause"] == "aow_per_persoon"]["fout"]
    assert moves.sum() == 0 and moves.abs().min() > 0


def test_unknown_income_stays_unknown_beside_kinds_that_are_counted():
    amounts = (None, 5e6, 1e6)
    parts = income_kinds.with_income(paid(*amounts), booked(*amounts))
    left = of_post(parts, "inkomen:loon_en_winst").loc[BUURTEN[0]]
    assert pd.isna(left["bedrag"]) and left["methode"] == "ontbreekt" and pd.isna(left["fouten"])
    assert of_post(parts, "inkomen:aow").loc[BUURTEN[0], "bedrag"] > 0


def test_a_kind_that_nobody_can_count_is_unknown_and_leaves_income_as_published():
    rows = paid(4e6, 8e6, 0.0)
    kind = (rows["post"] == "inkomen:aow") & (rows["buurt"] == BUURTEN[0])
    rows.loc[kind, ["bedrag", "se", "fouten", "methode"]] = [np.nan, np.nan, None, "ontbreekt"]
    parts = income_kinds.with_income(ledger.conform(rows), booked(4e6, 8e6, 0.0))
    aow = of_post(parts, "inkomen:aow").loc[BUURTEN[0]]
    assert pd.isna(aow["bedrag"]) and aow["methode"] == "ontbreekt"
    assert whole_income(parts)["bedrag"] == pytest.approx(12e6)


def benefits(*amounts: float, se: float = 0.2) -> pd.DataFrame:
    """Return what the gemeente pays to households, spread by a key."""
    return ledger.conform(
        pd.DataFrame(
            {
                "buurt": BUURTEN,
                "jaar": YEAR,
                "van": "gemeente",
                "naar": "huishoudens",
                "post": "iv3:6.3:lasten",
                "domein": "werk en inkomen",
                "soort": "publiek",
                "bedrag": amounts,
                "se": [se * a * (1 - a / (sum(amounts) or 1)) for a in amounts],
                "methode": "verdeeld",
                "sleutel": "bijstand",
                "bron": "iv3-2023",
                "bronjaar": YEAR,
            }
        )
    )


def test_a_benefit_of_the_gemeente_is_booked_once_and_adds_no_error_to_income():
    amounts, paid_out = (4e6, 8e6, 0.0), benefits(9e5, 3e5, 0.0)
    loon = households.book_income(income(*amounts), paid_out, YEAR)
    parts = income_kinds.with_income(paid(*amounts), loon)
    books = ledger.conform(pd.concat([parts, paid_out], ignore_index=True))
    assert whole_income(books)["bedrag"] == pytest.approx(12e6)
    for area in (WEIGHTS, WEIGHTS[:1]):
        published = whole_income(booked(*amounts), area)["se"]
        assert whole_income(books, area)["se"] == pytest.approx(published, rel=1e-3)


# --- what may happen to the figures

ZERO = [
    "besteding_kleding_laag",
    "besteding_kleding_boven",
    "besteding_schaal_overig",
    "besteding_vast_deel",
    "aandeel_wijk_dagelijks",
    "aandeel_laag_inkomen",
    "inkomensheffing_aandeel",
    "inkomensheffing_aandeel_laag",
    "spaarquote",
    "spaarquote_helling",
]


@pytest.mark.parametrize("id", ZERO)
def test_any_kengetal_may_be_zero(id):
    known, amounts = with_values(**{id: (0, 0, 0.1)}), (5e6, 0.0, None)
    rows = pd.concat([taxes(*amounts, known=known), spend(*amounts, known=known)])
    saving = pd.DataFrame({"bedrag": saved(*amounts, known=known)})
    assert np.isfinite(rows.loc[rows["bedrag"].notna(), "se"]).all()
    assert rows["bedrag"].notna().sum() == len(rows) - 1  # the tax on an unknown income
    assert saving["bedrag"].isna().tolist() == [False, False, True]


@pytest.mark.parametrize("topics", [PEOPLE, {"AantalInwoners": [100, 200, 0]}])
def test_with_few_figures_there_are_still_books(topics):
    amounts = (4e6, 8e6, 0.0)
    rows = household_flows.households(
        income(*amounts), indicators(**topics), HOUSEHOLD, KNOWN, YEAR
    )
    parts = income_kinds.with_income(rows, booked(*amounts))
    assert whole_income(parts)["bedrag"] == pytest.approx(12e6)
    assert per_buurt(rows[rows["post"] == "besteding:voeding"])[BUURTEN[0]] > 0


# --- the real gemeenten


@pytest.mark.parametrize("code", ["GM0344", "GM0202", "GM0080"])
def test_the_income_of_each_buurt_is_what_cbs_publishes(gemeenten, code):
    books = gemeenten[code].grootboek
    rows = books[books["naar"] == "huishoudens"]
    known = gemeenten[code].geboekt.dropna(subset="bedrag").set_index("buurt")["bedrag"]
    kinds = per_buurt(rows[rows["post"].str.startswith("inkomen:")]).reindex(known.index)
    paid_out = per_buurt(rows[rows["van"] == "gemeente"]).reindex(known.index).fillna(0.0)
    expected = known.clip(lower=paid_out)
    assert (kinds + paid_out - expected).abs().max() < 0.01
    assert not (wijkrekening.named(rows)["regel"] == wijkrekening.UNNAMED).any()


@pytest.mark.parametrize("code", ["GM0344", "GM0202", "GM0080"])
def test_residents_of_a_gemeente_save_about_the_national_share(gemeenten, code):
    saved = of_post(gemeenten[code].estimates, "sparen:huishoudens")["bedrag"]
    whole = gemeenten[code].geboekt["bedrag"].sum()
    assert (saved.dropna() >= 0).all() and 0.05 < saved.sum() / whole < 0.12
