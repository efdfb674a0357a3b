"""Amounts of the gemeente brought down to buurten: to the cent, under every set of keys."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from wijkboek_utils import allocate, sources
from wijkboek_utils.keys import NO_KEY, Keys
from wijkboek_utils.regions import rest_of
from wijkboek_utils.spread import by_keys, spread_cents

RULES = sources.read_project_table("taakvelden")
CODES = sources.read_csv(sources.source("taakvelden"))


@st.composite
def amounts_and_shares(draw):
    rows, columns = draw(st.integers(1, 5)), draw(st.integers(1, 40))
    cents = draw(hnp.arrays(np.int64, rows, elements=st.integers(0, 300_000_000_000)))
    weights = draw(hnp.arrays(np.float64, (rows, columns), elements=st.floats(0, 1e6)))
    weights[weights.sum(axis=1) == 0] = 1.0
    return cents.astype(float), weights / weights.sum(axis=1, keepdims=True)


@given(amounts_and_shares())
def test_parts_are_whole_cents_that_add_up_to_the_amount_exactly(case):
    cents, shares = case
    parts = spread_cents(cents, shares)
    assert (parts.sum(axis=1) == cents).all()
    assert (parts >= 0).all() and (parts == np.rint(parts)).all()


@given(amounts_and_shares())
def test_no_part_is_a_cent_or_more_from_its_exact_share(case):
    cents, shares = case
    parts = spread_cents(cents, shares)
    assert (np.abs(parts - cents[:, None] * shares) < 1 + 1e-4).all()
    assert (parts[shares == 0] == 0).all()


def test_shares_that_do_not_add_up_are_refused():
    with pytest.raises(ValueError, match="do not add up to 1"):
        spread_cents(np.array([1000.0]), np.array([[0.2, 0.2]]))


def test_the_cents_that_are_left_go_to_the_largest_remainders():
    parts = spread_cents(np.array([100.0]), np.array([[0.333, 0.333, 0.334]]))
    assert parts.tolist() == [[33, 33, 34]]


def keys_of(weights: dict[str, list[float]], error: float = 0.2) -> Keys:
    buurten = [f"BU990100{i:02d}" for i in range(len(next(iter(weights.values()))))]
    shares = pd.DataFrame(weights, index=buurten, dtype=float).T
    shares = shares.div(shares.sum(axis=1), axis=0)
    table = pd.DataFrame({"terugval": "", "bronnen": "kwb-test"}, index=[*weights, NO_KEY])
    return Keys(shares, shares * 0 + error, table.rename_axis("sleutel"))


def iv3(*rows: tuple) -> pd.DataFrame:
    columns = ["taakveld", "naam", "lasten", "baten", "salarissen"]
    return pd.DataFrame(rows, columns=columns).astype({"salarissen": float})


RULE = {
    "domein": "zorg",
    "cluster": "",
    "ontvanger": "buitenwereld",
    "betaler": "rijk",
    "reden": "",
}


def rules(**sleutels: str) -> pd.DataFrame:
    """Return rules from `t5_7="land"`: taakveld 5.7 is spread by land."""
    rows = [
        {"taakveld": name[1:].replace("_", "."), "sleutel": sleutel, **RULE}
        for name, sleutel in sleutels.items()
    ]
    return pd.DataFrame(rows).assign(reden="")


def booked(accounts: pd.DataFrame, table: pd.DataFrame, keys: Keys) -> pd.DataFrame:
    amounts = allocate.amounts(accounts, table)
    rows = by_keys(amounts, amounts["sleutel"], keys, "GM9901")
    return allocate.book(rows, 2023, "iv3-test")


def test_a_negative_amount_swaps_payer_and_receiver_and_can_be_told_by_its_post():
    accounts = iv3(("0.8", "Rest", -1000, 0, np.nan))
    rows = booked(accounts, rules(t0_8="inwoners"), keys_of({"inwoners": [1, 3]}))
    assert (rows["van"] == "buitenwereld").all() and (rows["naar"] == "gemeente").all()
    assert (rows["post"] == "iv3:0.8:lasten").all()
    assert rows["bedrag"].tolist() == [250, 750]
    assert allocate.by_taakveld(rows)["0.8", "lasten"] == -1000


def test_what_has_no_key_is_booked_under_the_rest_and_not_dropped():
    accounts = iv3(("0.10", "Reserves", 500, 20, np.nan))
    rows = booked(accounts, rules(t0_10="geen"), keys_of({"inwoners": [1, 1]}))
    assert set(rows["buurt"]) == {rest_of("GM9901")}
    assert (rows["methode"] == "gemeten").all() and (rows["se"] == 0).all()
    assert allocate.by_taakveld(rows).to_dict() == {("0.10", "lasten"): 500, ("0.10", "baten"): 20}


def test_salaries_leave_the_wijk_and_the_rest_of_a_benefit_lands_with_households():
    table = rules(t6_3="inwoners").assign(ontvanger="huishoudens")
    rows = booked(iv3(("6.3", "Bijstand", 1000, 0, 100)), table, keys_of({"inwoners": [1]}))
    assert rows.groupby("naar", observed=True)["bedrag"].sum().to_dict() == {
        "huishoudens": 900,
        "buitenwereld": 100,
    }


def test_overhead_follows_salaries_and_keeps_its_own_post():
    accounts = iv3(
        ("0.4", "Overhead", 300, 30, 250),
        ("6.3", "Bijstand", 900, 0, 20),
        ("5.7", "Groen", 90, 0, 10),
    )
    table = pd.concat(
        [rules(t0_4="overhead", t6_3="inwoners"), rules(t5_7="land").assign(domein="groen")]
    )
    rows = booked(accounts, table, keys_of({"inwoners": [1, 1], "land": [0, 1]}))
    overhead = (
        rows[rows["post"] == "iv3:0.4:lasten"].groupby("domein", observed=True)["bedrag"].sum()
    )
    assert overhead.to_dict() == {"zorg": 200, "groen": 100}
    assert allocate.by_taakveld(rows)["0.4"].to_dict() == {"lasten": 300, "baten": 30}


def test_overhead_follows_lasten_where_no_salaries_are_given():
    accounts = iv3(
        ("0.4", "Overhead", 300, 0, np.nan),
        ("6.3", "a", 900, 0, np.nan),
        ("5.7", "b", -50, 0, np.nan),
    )
    shares = allocate.overhead_shares(accounts.assign(gemeente="GM9901"))
    assert shares.to_dict() == {("GM9901", "6.3"): 1.0}


def test_an_unknown_taakveld_is_named():
    with pytest.raises(KeyError, match=r"9\.9"):
        allocate.amounts(iv3(("9.9", "Nieuw", 1, 0, np.nan)), RULES)


@pytest.mark.parametrize("jaar", sorted(CODES["jaar"].unique()))
def test_every_official_taakveld_of_a_year_has_a_rule(jaar):
    codes = CODES[CODES["jaar"] == jaar]
    leaves = set(codes["taakveld"]) - set(codes["onderdeel_van"].dropna())
    assert leaves <= set(RULES["taakveld"])


def test_every_rule_names_a_key_a_domain_and_sectors_that_exist():
    from wijkboek_utils import ledger

    known = {*sources.read_project_table("sleutels")["sleutel"], NO_KEY, "overhead"}
    assert set(RULES["sleutel"]) <= known
    assert set(RULES["domein"]) <= set(ledger.DOMEINEN)
    assert set(RULES["ontvanger"]) | set(RULES["betaler"]) <= {*ledger.SECTOREN, "eigenaren"}
    rates = sources.read_csv(sources.source("gemeentefonds-2025"))
    assert set(RULES["cluster"]) - {""} <= set(rates.columns)
    assert RULES["taakveld"].is_unique and RULES["reden"].ne("").all()


@pytest.mark.parametrize("code", ["GM0344", "GM0202", "GM0080"])
@pytest.mark.parametrize("key_set", list(allocate.SETS))
def test_buurten_and_rest_give_back_every_taakveld_to_the_cent(gemeenten, code, key_set):
    gemeente = gemeenten[code]
    rows = gemeente.sets[gemeente.sets["set"] == key_set]
    published = gemeente.rekening.set_index("taakveld")[["lasten", "baten"]]
    found = allocate.by_taakveld(rows).unstack().reindex(published.index).fillna(0.0)
    assert ((found[["lasten", "baten"]] - published).abs() < 0.005).all(axis=None)
    cents = rows["bedrag"] * 100
    assert (cents - cents.round()).abs().max() < 1e-3


@pytest.mark.parametrize("key_set", list(allocate.SETS))
def test_utrecht_2023_comes_out_as_published_under_each_key_set(utrecht, key_set):
    rows = utrecht.sets[utrecht.sets["set"] == key_set]
    sums = allocate.by_taakveld(rows).unstack().drop(["0.10", "0.11"]).sum()
    assert round(sums["lasten"], 2) == 1_887_759_000
    assert round(sums["baten"], 2) == 1_816_154_000


def test_poor_figures_give_named_poorer_keys_with_a_wider_error(gemeenten):
    rich, poor = gemeenten["GM0344"], gemeenten["GM0202"]
    assert rich.keys.resolve("bijstand") == "bijstand"
    for key in ("bijstand", "bedrijven", "autos"):
        used = poor.keys.resolve(key)
        assert used.startswith(f"{key}_uit_")
        assert poor.keys.errors.loc[used].min() > rich.keys.errors.loc[key].min()


def test_the_order_of_the_figures_does_not_change_a_single_amount(utrecht):
    from wijkboek_utils import keys

    shuffled = utrecht.indicatoren.sample(frac=1, random_state=7)
    again = keys.build_keys(shuffled)
    common = again.shares.index
    pd.testing.assert_frame_equal(again.shares, utrecht.keys.shares.loc[common])
