"""Owning something together: the accounts close, the loan is paid, members get what is theirs."""

from dataclasses import replace

import numpy as np
import numpy_financial
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.wijkbedrijf import KNOWN
from wijkboek_utils.errors import Fout
from wijkboek_utils.models import ownership, ownership_examples
from wijkboek_utils.models.ownership import IN, LEVEL, OUT, Property
from wijkboek_utils.models.ranges import NONE, Estimate, certain

HOUSE = Property(
    "een huis",
    10,
    opstal=certain(200_000.0),
    opbrengst=certain(20_000.0),
    onderhoud=certain(4_000.0),
    grond=certain(50_000.0),
    lening=certain(0.6),
    rente=certain(0.04),
    looptijd=10,
    vergoeding=certain(0.02),
)
TRUST = replace(HOUSE, canon=certain(1_000.0), houder="coöperatie", grondhouder="grondfonds")


def wide(rows: pd.DataFrame, column: str = "bedrag") -> pd.DataFrame:
    return rows.pivot_table(index="jaar", columns=["regel", "soort"], values=column)


def assert_closes(rows: pd.DataFrame) -> None:
    for _, part in rows.groupby("houder"):
        by_kind = part.groupby(["jaar", "soort"])["bedrag"].sum().unstack()
        level = part[part["soort"] == LEVEL].set_index(["regel", "jaar"])["bedrag"]
        begin, end = level["kas begin"], level["kas einde"]
        assert (begin + by_kind[IN] - by_kind[OUT]).to_numpy() == pytest.approx(end, abs=0.01)
        assert begin.to_numpy()[1:] == pytest.approx(end.to_numpy()[:-1])
        assert (part["laag"] <= part["bedrag"]).all() and (part["bedrag"] <= part["hoog"]).all()


money = st.floats(0, 1e6)
share = st.floats(0, 1)


@settings(max_examples=40, deadline=None)
@given(
    money, money, money, money, share, share, st.floats(0, 0.1), st.integers(1, 30), st.booleans()
)
def test_every_account_closes_each_year_and_what_is_left_is_divided(
    opstal, opbrengst, onderhoud, grond, benut, lening, rente, jaren, split
):
    asked = Property(
        "iets",
        jaren,
        certain(opstal),
        certain(opbrengst),
        certain(onderhoud),
        certain(grond),
        canon=certain(grond / 50) if split else NONE,
        benut=Estimate(benut, benut / 2, benut, "leegstand"),
        lening=certain(lening),
        rente=certain(rente),
        looptijd=12,
        vergoeding=certain(0.03),
        grondhouder="grondfonds" if split else "",
    )
    rows = ownership.flows(asked)
    assert_closes(rows)
    table = wide(rows[rows["houder"] == asked.houder])
    lent, repaid = table["lening", IN].sum(), table["aflossing", OUT].sum()
    assert lent - repaid == pytest.approx(table["schuld", LEVEL].iloc[-1], abs=0.01)
    if jaren >= 12:
        assert table["schuld", LEVEL].iloc[-1] == pytest.approx(0, abs=0.01)
    worth = opstal + (0 if split else grond)
    end = worth + table["kas einde", LEVEL].iloc[-1] - table["schuld", LEVEL].iloc[-1]
    left = table["terug naar leden", LEVEL].iloc[-1] + table["blijft voor de wijk", LEVEL].iloc[-1]
    assert left == pytest.approx(max(end, 0.0), abs=0.01)


def test_a_loan_is_paid_back_in_equal_amounts_like_any_annuity():
    rows = wide(ownership.flows(HOUSE)).loc[1:]
    due = rows["rente", OUT] + rows["aflossing", OUT]
    expected = -numpy_financial.pmt(0.04, 10, 150_000)
    assert due.to_numpy() == pytest.approx(np.full(10, expected))


def test_without_interest_a_loan_is_paid_back_in_equal_parts():
    rows = wide(ownership.flows(replace(HOUSE, rente=NONE))).loc[1:]
    assert rows["aflossing", OUT].to_numpy() == pytest.approx(np.full(10, 15_000))


def test_members_get_no_more_than_was_agreed_and_nothing_out_of_an_empty_till():
    rich = wide(ownership.flows(replace(HOUSE, opbrengst=certain(90_000.0))))
    assert rich["uitkering", OUT].iloc[1:].to_numpy() == pytest.approx(np.full(10, 2_000))
    poor = ownership.returns(replace(HOUSE, opbrengst=certain(5_000.0))).iloc[0]
    assert poor["krijgt_per_jaar"] == 0 and poor["kans_tekort"] == 1 and poor["laagste_kas"] < 0


def test_members_wait_until_the_reserve_is_filled():
    asked = replace(HOUSE, opbrengst=certain(30_000.0), vergoeding=certain(1.0))
    rows = wide(ownership.flows(replace(asked, reserve=certain(3_000.0))))
    assert rows["kas einde", LEVEL].to_numpy() == pytest.approx(np.arange(11) * 3_000)
    assert wide(ownership.flows(asked))["kas einde", LEVEL].abs().max() < 0.01


def test_land_apart_makes_two_accounts_that_agree_on_the_canon():
    rows = ownership.flows(TRUST)
    assert_closes(rows)
    table = rows.set_index(["houder", "regel", "jaar"])["bedrag"].sort_index()
    paid, got = table["coöperatie", "canon voor de grond"], table["grondfonds", "canon"]
    assert paid.to_numpy() == pytest.approx(got.to_numpy()) and paid.sum() == 10_000
    found = ownership.returns(TRUST).set_index("houder")
    assert found["inleg"].to_dict() == pytest.approx({"coöperatie": 80_000, "grondfonds": 50_000})
    assert found.loc["grondfonds", "rendement"] == pytest.approx(0.02)


def test_a_house_without_its_land_asks_less_of_members():
    apart, together = ownership.returns(TRUST), ownership.returns(HOUSE)
    assert apart["inleg"].iloc[0] < together["inleg"].iloc[0]


def test_the_surplus_at_the_end_is_for_the_wijk_unless_members_get_a_share():
    shared = ownership.returns(replace(HOUSE, winst=certain(1.0))).iloc[0]
    kept = ownership.returns(HOUSE).iloc[0]
    assert kept["terug"] == pytest.approx(kept["inleg"]) and kept["voor_de_wijk"] > 0
    assert shared["voor_de_wijk"] == pytest.approx(0)
    assert shared["terug"] == pytest.approx(kept["terug"] + kept["voor_de_wijk"])
    assert shared["rendement"] > kept["rendement"]


@settings(max_examples=100, deadline=None)
@given(st.floats(1, 1e6), st.lists(st.floats(1, 1e5), min_size=1, max_size=30))
def test_the_rate_is_that_of_numpy_financial(inleg, terug):
    found = ownership.rate(np.array([[-inleg], *([x] for x in terug)]))[0]
    expected = numpy_financial.irr([-inleg, *terug])
    if -0.98 < expected < 9.9:
        assert found == pytest.approx(expected, abs=1e-6)


def test_there_is_no_rate_when_nothing_comes_back_or_nothing_is_brought_in():
    nothing = np.array([[-100.0, 0.0], [0.0, 5.0]])
    assert np.isnan(ownership.rate(nothing)).all()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"jaren": 0}, "0 jaar is te kort"),
        ({"looptijd": 0}, "een lening heeft een looptijd"),
        ({"canon": certain(1.0)}, "noem wie de grond heeft"),
    ],
)
def test_what_cannot_be_computed_is_refused(change, words):
    with pytest.raises(Fout, match=words):
        replace(HOUSE, **change)


def test_a_wind_year_differs_from_the_next_in_the_range_and_not_in_the_plan():
    windy = wide(ownership.flows(replace(HOUSE, spreiding=certain(0.1))), "hoog")
    plan = wide(ownership.flows(replace(HOUSE, spreiding=certain(0.1))))
    assert (plan["opbrengst", IN].loc[1:] == 20_000).all()
    assert windy["opbrengst", IN].loc[1:].nunique() == 10
    assert windy["opbrengst", IN].loc[1:].mean() == pytest.approx(20_000 * 1.1645, rel=0.03)


def test_a_building_and_a_turbine_are_worked_out_from_their_kengetallen():
    flows, returns = ownership_examples.compare(KNOWN)
    for _, part in flows.groupby("bezit"):
        assert_closes(part)
    table = returns.set_index("bezit")
    wind = table.loc["een windmolen"]
    v = {name: KNOWN.known[f"eigendom_wind_{name}"].waarde for name in ("kw", "investering")}
    assert wind["inleg"] == pytest.approx(0.2 * v["kw"] * v["investering"])
    first = flows[(flows["bezit"] == "een windmolen") & (flows["jaar"] == 1)].set_index("regel")
    assert first.loc["opbrengst", "bedrag"] == pytest.approx(3000 * 2900 * 0.065)
    assert (table["rendement_laag"] <= table["rendement"]).all()
    assert (table["wijk_laag"] <= table["voor_de_wijk"]).all()
