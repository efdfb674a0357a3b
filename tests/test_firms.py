"""Firms and institutions: production adds up, their accounts close, and unknown is less sure."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.buurten import (
    BUURTEN,
    HOMES,
    WEIGHTS,
    YEAR,
    booked,
    indicators,
    paid,
    with_values,
)
from wijkboek_utils import firms, flows, income_kinds, kengetallen, ledger
from wijkboek_utils.estimates import Estimate
from wijkboek_utils.flows import Flow

KNOWN = kengetallen.load()
INDEX = pd.Index(BUURTEN, name="buurt")
TOPICS = {sector: topic for sector, (topic, _) in firms.SECTORS.items()}
COUNTED = {topic: [10, 25, 5] for topic in TOPICS.values()}
MEASURES = ["vestigingen", "omzet", "toegevoegde_waarde", "lonen", "inkoop"]
NONE = pd.Series(0.0, index=INDEX)


def made(**topics: list[float | None]) -> pd.DataFrame:
    return firms.production(indicators(**(HOMES | topics)), KNOWN)


def trade(
    sold: tuple[Flow, ...] = (), levied: pd.Series = NONE, **topics: list[float | None]
) -> pd.DataFrame:
    """Return the boekingen of firms alone, that sell and pay to others."""
    found = firms.firms(made(**(COUNTED | topics)), [*sold], Estimate(levied), KNOWN)
    return flows.book(found, INDEX, YEAR)


def share(id: str) -> float:
    return KNOWN.get(id, "aandeel").waarde


def balance(rows: pd.DataFrame, sector: str) -> pd.Series:
    """Return per buurt what a sector gets less what it pays."""
    sign = (rows["naar"] == sector).astype(float) - (rows["van"] == sector).astype(float)
    return (rows["bedrag"] * sign).groupby(rows["buurt"]).sum()


# --- production


@pytest.mark.parametrize("sector", firms.SECTORS)
def test_turnover_is_purchases_and_value_added_and_that_is_wages_and_surplus(sector):
    row = made(**COUNTED).set_index("sector").loc[sector]
    turnover, value, wages, bought = (row[m].value.to_numpy() for m in MEASURES[1:])
    assert turnover == pytest.approx(bought + value)
    assert bought == pytest.approx(turnover * share(f"verbruiksquote_{sector}"))
    assert wages == pytest.approx(value * share(f"loonquote_{sector}"))
    assert (value >= wages).all() and (wages > 0).all()
    unit = KNOWN.get(f"toegevoegde_waarde_per_vestiging_{sector}", "euro per vestiging per jaar")
    assert value == pytest.approx(np.array([10, 25, 5]) * unit.waarde)
    # Turnover less purchases is value added in its error as well: what is bought is no news.
    left = row["omzet"] - row["inkoop"]
    assert left.se.to_numpy() == pytest.approx(row["toegevoegde_waarde"].se.to_numpy())


def test_without_a_count_firms_follow_inhabitants_at_the_national_rate_and_far_less_sure():
    counted, guessed = made(**COUNTED).set_index("sector"), made().set_index("sector")
    for sector in firms.SECTORS:
        rate = KNOWN.get(
            f"vestigingen_per_1000_inwoners_{sector}",
            "vestiging per 1000 inwoners",
        ).waarde
        number = guessed.loc[sector, "vestigingen"]
        assert number.value.tolist() == pytest.approx([0.1 * rate, 0.2 * rate, 0])
        sure = counted.loc[sector, "vestigingen"]
        relative = [(n.se / n.value).iloc[0] for n in (sure, number)]
        assert relative[1] > 3 * relative[0] > 0


def test_a_buurt_without_a_count_is_guessed_and_one_without_firms_makes_nothing():
    topic = TOPICS["gi"]
    row = made(**(COUNTED | {topic: [0, 20, None]}), AantalInwoners=[100, 200, 50])
    row = row.set_index("sector").loc["gi"]
    none, some, guess = row["vestigingen"].value
    assert none == 0 and row["omzet"].value.iloc[0] == 0 and row["omzet"].se.iloc[0] == 0
    assert guess == pytest.approx(20 / 300 * 50)
    relative = row["vestigingen"].se / row["vestigingen"].value
    assert relative.iloc[2] > 0.4 > 0.1 > relative.iloc[1] and some == 20


def test_zero_firms_pay_and_get_nothing():
    rows = trade(**{topic: [0, 0, 0] for topic in COUNTED})
    assert (rows["bedrag"] == 0).all() and rows["bedrag"].notna().all()


def test_of_firms_that_nobody_can_count_everything_is_unknown():
    rows = trade(AantalInwoners=[None] * 3, **{t: [None] * 3 for t in COUNTED})
    rows = rows[rows["post"] != "bedrijf:handelswaar"]  # of nothing sold no goods are bought
    assert rows["bedrag"].isna().all() and set(rows["methode"]) == {"ontbreekt"}


# --- the account of firms


def sales(*amounts: float) -> Flow:
    """Return what residents spend on food nearby."""
    amount = Estimate(pd.Series(amounts, index=INDEX), {"besteding_schaal_voeding": 0.1})
    facts = ("besteding:voeding", "huishoudens", "bedrijven", "voedsel")
    return Flow(*facts, amount, ("besteding_schaal_voeding",), "kwb-2023", YEAR)


def booked_sales(*amounts: float) -> pd.DataFrame:
    return flows.book([sales(*amounts)], INDEX, YEAR)


def charge(*amounts: float) -> pd.Series:
    return pd.Series(amounts, index=INDEX)


@given(
    st.lists(st.floats(0, 4e5), min_size=3, max_size=3),
    st.lists(st.floats(0, 3e4), min_size=3, max_size=3),
)
@settings(max_examples=10)
@example([0.0, 0.0, 0.0], [0.0, 0.0, 0.0])
def test_the_account_of_firms_closes_whatever_they_sell_and_are_charged(sold, charged):
    """As long as they sell no more than they make and their profit bears the charge."""
    rows = pd.concat([trade((sales(*sold),), charge(*charged)), booked_sales(*sold)])
    assert (balance(rows, "bedrijven") - charged).abs().max() < 0.1
    outside = rows[rows["post"] == "bedrijf:omzet_buiten"]
    assert (outside["bedrag"] > 0).all()


def test_what_is_sold_nearby_is_not_sold_outside_and_its_goods_are_bought_elsewhere():
    before = trade().groupby("post")["bedrag"].sum()
    after = trade((sales(1e5, 2e5, 0.0),)).groupby("post")["bedrag"].sum()
    goods = 3e5 * (1 - share("handelsmarge"))
    assert after["bedrijf:handelswaar"] == pytest.approx(goods)
    change = after["bedrijf:omzet_buiten"] - before["bedrijf:omzet_buiten"]
    assert change == pytest.approx(goods - 3e5)
    assert after["bedrijf:winst"] == pytest.approx(before["bedrijf:winst"])


def test_what_firms_sell_beyond_what_they_make_is_no_sale_below_zero():
    rows = trade((sales(1e9, 0.0, 0.0),)).set_index(["post", "buurt"])["bedrag"]
    assert rows["bedrijf:omzet_buiten", BUURTEN[0]] == 0
    assert rows["bedrijf:omzet_buiten", BUURTEN[1]] > 0


def test_a_levy_of_the_gemeente_is_out_of_profit_and_never_makes_it_negative():
    levy = charge(1e5, 0.0, 1e9)
    before, after = (
        rows[rows["post"].str.contains("winst") & (rows["naar"] != "rijk")]
        .groupby("buurt")["bedrag"]
        .sum()
        for rows in (trade(), trade(levied=levy))
    )
    lower = before - after
    assert lower[BUURTEN[0]] == pytest.approx(1e5) and lower[BUURTEN[1]] == 0
    assert after[BUURTEN[2]] == 0 < before[BUURTEN[2]]


def test_wages_are_paid_once_in_net_wages_and_premiums():
    rows = trade().groupby("post")["bedrag"].sum()
    wages = sum(row.lonen.value.sum() for row in made(**COUNTED).itertuples())
    paid_out = rows[["bedrijf:loon", "inkomen:loon_bedrijven"]].sum()
    premiums = rows[["belasting:werkgevers", "premie:pensioen"]].sum()
    assert paid_out + premiums == pytest.approx(wages)
    assert premiums == pytest.approx(wages * share("werkgeverslasten_aandeel"))
    near = rows["inkomen:loon_bedrijven"] / paid_out
    assert near == pytest.approx(share("aandeel_wijkbanen_wijkbewoners"))
    own = rows["inkomen:winst_bedrijven"]
    assert own / (own + rows["bedrijf:winst"]) == pytest.approx(share("aandeel_winst_wijk"))


def test_a_kengetal_that_is_off_moves_both_sides_of_the_account_alike():
    """So the balance of firms is only as unsure as what closes it: what they sell outside."""
    rows = trade()
    sign = pd.Series(np.where(rows["naar"] == "bedrijven", 1, -1), index=rows.index)
    left, moves = ledger.factors(rows, WEIGHTS, [], sign=sign)
    whole = ledger.totals(rows[rows["naar"] == "bedrijven"], WEIGHTS, []).iloc[0]
    assert abs(left["bedrag"].iloc[0]) < 1 and left["eigen"].iloc[0] < 1e-6 * whole["se"] ** 2
    others = moves.drop(columns="rest van de omzet").iloc[0]
    assert others.abs().max() < 10 and whole["se"] > 0.1 * whole["bedrag"]


# --- institutions


SCHOOLS = {"LeerlingenPo": [50, 60, 0], "LeerlingenVoInclVavo": [0, 80, 0]}


def institutions(**topics: list[float | None]) -> pd.DataFrame:
    figures = indicators(**(HOMES | SCHOOLS | topics))
    got = flows.estimate(figures, KNOWN, YEAR, "instellingen")
    return flows.book([*got, *firms.institutions(got, KNOWN)], INDEX, YEAR)


@pytest.mark.parametrize("kind", ["zorg", "onderwijs"])
def test_schools_and_care_spend_what_they_get(kind):
    rows = institutions()
    rows = rows[rows["domein"] == kind]
    gets = rows[rows["naar"] == "instellingen"].groupby("buurt")["bedrag"].sum()
    assert gets[BUURTEN[0]] > 0 and balance(rows, "instellingen").abs().max() < 0.1
    labour = share(f"aandeel_loon_{kind}")
    bought = rows[rows["post"] == f"{kind}:inkoop"]["bedrag"].sum()
    assert bought == pytest.approx((1 - labour) * gets.sum())
    sign = pd.Series(np.where(rows["naar"] == "instellingen", 1, -1), index=rows.index)
    sign = sign.where((rows["naar"] == "instellingen") | (rows["van"] == "instellingen"), 0)
    assert ledger.totals(rows, WEIGHTS, [], sign=sign).iloc[0]["se"] < 1e-3 * gets.sum()


def test_what_residents_earn_in_schools_and_care_is_a_kind_of_income():
    rows = institutions().set_index("post")
    for kind in ("zorg", "onderwijs"):
        own = rows.loc[f"inkomen:loon_{kind}"]
        assert set(own["naar"]) == {"huishoudens"} and set(own["van"]) == {"instellingen"}
        assert own["bedrag"].sum() > 0


def test_without_money_for_schools_or_care_there_is_nothing_to_spend():
    assert firms.institutions([], KNOWN) == []


# --- the books


def books(**topics: list[float | None]) -> pd.DataFrame:
    figures = indicators(**(HOMES | COUNTED | SCHOOLS | topics))
    homes = paid(4e6, 8e6, 0.0, **topics)
    own = firms.book(figures, homes, KNOWN, YEAR)
    return pd.concat([homes, own], ignore_index=True)


def test_wages_and_profit_from_the_wijk_are_cut_out_of_the_income_of_residents():
    parts = income_kinds.with_income(books(), booked(4e6, 8e6, 0.0))
    rows = parts[(parts["naar"] == "huishoudens") & parts["post"].str.startswith("inkomen:")]
    assert rows.groupby("buurt")["bedrag"].sum().tolist() == pytest.approx([4e6, 8e6, 0])
    posts = {"inkomen:loon_bedrijven", "inkomen:winst_bedrijven", "inkomen:loon_zorg"}
    assert posts <= set(rows["post"])
    assert (rows[rows["post"].isin(posts)]["van"] != "buitenwereld").all()


def test_the_table_of_an_area_is_the_weighted_sum_of_its_buurten_and_errors_add_up():
    rows = firms.table(made(**COUNTED))
    assert set(rows["maat"]) == set(MEASURES)
    assert not rows.duplicated(["buurt", "naam", "maat"]).any()
    weights = pd.Series([1, 0.5, 0], index=BUURTEN)
    found = firms.totals(rows, weights).set_index("naam")
    unit = KNOWN.get("toegevoegde_waarde_per_vestiging_gi", "euro per vestiging per jaar")
    gi = found.loc["Handel en horeca"]
    assert gi["vestigingen"] == 22.5
    assert gi["toegevoegde_waarde"] == pytest.approx(22.5 * unit.waarde)
    relative = np.hypot(0.05, unit.se / unit.waarde)
    assert gi["toegevoegde_waarde_se"] == pytest.approx(22.5 * unit.waarde * relative)
    assert len(found) == len(firms.SECTORS)


def test_what_nobody_knows_of_an_area_is_not_zero():
    unknown = {topic: [None, 3.0, None] for topic in [*COUNTED, "AantalInwoners"]}
    found = firms.totals(firms.table(made(**unknown)), WEIGHTS[[BUURTEN[0]]])
    assert found[["omzet", "omzet_se"]].isna().all(axis=None)


@pytest.mark.parametrize("code", ["GM0344", "GM0202", "GM0080"])
def test_the_firms_of_real_buurten_close_unless_they_pay_or_sell_more_than_they_have(
    gemeenten, code
):
    """Then their profit, or what they sell outside, is put at zero."""
    books = gemeenten[code].grootboek
    rows = books[(books["naar"] == "bedrijven") | (books["van"] == "bedrijven")]
    left = balance(rows, "bedrijven")
    own = rows.pivot_table(index="buurt", columns="post", values="bedrag", aggfunc="sum")
    cut = (own[["bedrijf:omzet_buiten", "bedrijf:winst"]] == 0).any(axis=1)
    assert left[~cut].abs().max() < 1 and cut.sum() < 0.1 * len(left)


def test_a_share_of_zero_or_one_leaves_no_amount_below_zero():
    known = with_values(aandeel_winst_wijk=(1, 0.9, 1), aandeel_inkoop_bedrijf_wijk=(0, 0, 0.1))
    figures = indicators(**(HOMES | COUNTED))
    found = firms.firms(firms.production(figures, known), [], Estimate(NONE), known)
    rows = flows.book(found, INDEX, YEAR).groupby("post")["bedrag"].sum()
    assert rows["bedrijf:winst"] == 0 and (rows >= 0).all()
