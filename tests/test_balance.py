"""Balancing: cases from the literature, a second solver, and what must hold for every account."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.optimize import minimize

from wijkboek_utils.balance import Constraint, balance, closing
from wijkboek_utils.errors import Fout
from wijkboek_utils.ledger import SECTOREN


def amounts(bedrag: list[float], se: list[float]) -> pd.DataFrame:
    return pd.DataFrame({"bedrag": bedrag, "se": se}, dtype=float)


def account(*rows: tuple) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["van", "naar", "bedrag", "se"]).astype(
        {"bedrag": float, "se": float}
    )


def closed(flows: pd.DataFrame) -> pd.DataFrame:
    return balance(flows, closing(flows))


def closed_form(flows: pd.DataFrame, constraints: list[Constraint]) -> np.ndarray:
    """Return x = a - V A' (A V A')⁻¹ (A a - b), the answer when nothing ends at zero."""
    a, v = flows["bedrag"].to_numpy(), flows["se"].to_numpy() ** 2
    left, right = np.array([c.factors for c in constraints]), [c.total for c in constraints]
    return a - v * (left.T @ np.linalg.pinv(left * v @ left.T) @ (left @ a - right))


# From the literature.


def test_the_eight_figures_of_van_der_ploeg():
    # Van der Ploeg 1982 (JRSS A 145, 169-194), as in the library of Quilis, vdp_d.m: two
    # constraints on eight figures, the fifth of them exact. Computed by hand in closed form.
    variance = np.array([10, 5, 25, 55, 0, 15, 10, 12])
    flows = amounts([220, 130, 200, 100, 450, 70, 120, 221], np.sqrt(variance))
    constraints = [
        Constraint("som", np.array([1, 1, 1, 1, -1, -1, -1, -1.0])),
        Constraint("gelijk", np.array([0, 0, 1, 0, 0, 0, 0, -1.0])),
    ]
    table = balance(flows, constraints)
    expected = [240, 140, 214.189189, 210, 450, 40, 100, 214.189189]
    assert table["sluitend"].to_numpy() == pytest.approx(expected, abs=1e-6)
    assert (table["sprong"] ** 2).sum() == pytest.approx(391.918919, abs=1e-5)
    assert table["gemarkeerd"].tolist() == [*[True] * 4, False, True, True, False]
    assert table["sprong"].iloc[0] == pytest.approx(20 / np.sqrt(10))


def test_the_account_with_unknown_cells_of_sambal():
    # Zenios, Drud & Mulvey 1986, SAMBAL of the GAMS library: five accounts, two cells and two
    # totals unknown, weights 1 / value. Objective and cells computed from its normal equations.
    names = ["lab", "h1", "h2", "p1", "p2"]
    cells = {
        **{("lab", "h1"): 15, ("lab", "h2"): 3, ("lab", "p1"): 130, ("lab", "p2"): 80},
        **{("h1", "lab"): None, ("h2", "lab"): None, ("p1", "h1"): 15, ("p1", "h2"): 130},
        **{("p1", "p2"): 20, ("p2", "h1"): 25, ("p2", "h2"): 40, ("p2", "p1"): 55},
    }
    values = [*cells.values(), 220, None, None, 190, 105]
    flows = amounts([v or 0 for v in values], [np.sqrt(v) if v else 1e6 for v in values])
    constraints = []
    for i, name in enumerate(names):
        total = -(np.arange(5) == i).astype(float)
        for side in (0, 1):
            factors = np.array([float(cell[side] == name) for cell in cells])
            constraints.append(Constraint(f"{name} {side}", np.r_[factors, total]))
    table = balance(flows, constraints)
    known = np.array([v is not None for v in values])
    assert (table["sprong"][known] ** 2).sum() == pytest.approx(3.96822036, abs=1e-4)
    expected = {
        **{("lab", "h1"): 14.427805, ("lab", "p1"): 126.825232, ("h1", "lab"): 52.480889},
        **{("h2", "lab"): 175.911304, ("p1", "h2"): 137.531181, ("p2", "p1"): 49.559900},
    }
    found = dict(zip(cells, table["sluitend"], strict=False))
    for cell, value in expected.items():
        assert found[cell] == pytest.approx(value, abs=1e-3)
    assert table["sluitend"].iloc[-5] == pytest.approx(228.392193, abs=1e-3)


# Receiver, payer, amount. Robinson, Cattaneo & El-Said 2001, CESAM2 of the GAMS library.
CESAM = """ACT COM 14827.424,ACT HOU 2101.049,ACT GOV -.327,ACT ROW 1488.157,COM ACT 7917.504,
COM HOU 6953.332,COM GOV 1564.5,COM GIN 2518.5,COM CAP 2597.798,FAC ACT 9805.414,ENT FAC 3699.706,
ENT GOV 33,HOU FAC 6000,HOU ENT 3300,HOU GOV 29.6,HOU ROW 200,GOV ACT 733.6,GOV COM 357.4,
GOV FAC 74.4,GOV ENT 165.2,GOV HOU 139.5,GIN ROW 1712.3,CAP ENT 150,CAP HOU 649.156,
CAP GOV -356.673,CAP GIN -406.2,CAP ROW 2163.857,ROW COM 5573.815"""


def test_the_macro_account_of_cesam():
    # Standard errors of 25 %, no targets for totals; computed in closed form in two ways. A
    # negative cell is the same amount the other way, as in the grootboek.
    cells = [cell.split() for cell in CESAM.replace("\n", "").split(",")]
    signed = np.array([float(value) for *_, value in cells])
    flows = amounts(list(abs(signed)), list(abs(signed) / 4))
    constraints = [
        Constraint(
            name, np.sign(signed) * [float(to == name) - (by == name) for to, by, _ in cells]
        )
        for name in dict.fromkeys(to for to, *_ in cells)
    ]
    table = balance(flows, constraints)
    np.testing.assert_allclose(table["sluitend"], closed_form(flows, constraints), rtol=1e-9)
    found = {(to, by): x for (to, by, _), x in zip(cells, table["sluitend"], strict=True)}
    assert found["COM", "GOV"] == pytest.approx(1709.659, abs=1e-3)
    assert found["HOU", "FAC"] == pytest.approx(6097.148, abs=1e-3)
    assert found["ROW", "COM"] == pytest.approx(5793.715, abs=1e-3)
    assert (table["sprong"] ** 2).sum() == pytest.approx(0.725176, abs=1e-6)
    assert not table["gemarkeerd"].any()


# By hand.


def test_the_surer_amount_moves_less():
    # A gap of 10 with variances 1 and 4: the first takes 2 of it and the second 8.
    table = closed(
        account(("huishoudens", "bedrijven", 100, 1), ("bedrijven", "huishoudens", 90, 2))
    )
    assert table["sluitend"].tolist() == pytest.approx([98, 98])
    assert table["aanpassing"].tolist() == pytest.approx([-2, 8])
    assert table["sprong"].tolist() == pytest.approx([-2, 4])
    assert table["gemarkeerd"].iloc[1]


def test_no_amount_ends_below_zero():
    # Without the bound the first would become 1 - 33 / 3 = -10; the others then share what is left.
    flows = amounts([1, 40, 8], [1, 1, 1])
    table = balance(flows, [Constraint("som", np.array([1.0, 1, -1]))])
    assert table["sluitend"].tolist() == pytest.approx([0, 24, 24])


def test_what_is_only_paid_to_ends_at_zero_and_is_flagged():
    flows = account(
        ("huishoudens", "vermogen", 100, 10),
        ("huishoudens", "bedrijven", 50, 5),
        ("bedrijven", "huishoudens", 50, 5),
    )
    table = closed(flows)
    assert table["sluitend"].tolist() == pytest.approx([0, 50, 50])
    assert table["gemarkeerd"].tolist() == [True, False, False]


def test_an_empty_account_is_closed():
    table = closed(account())
    assert table.empty and "sluitend" in table


def test_a_constraint_may_have_a_total():
    flows = amounts([10, 20], [1, 1])
    table = balance(flows, [Constraint("som", np.ones(2), 34)])
    assert table["sluitend"].tolist() == pytest.approx([12, 22])


@pytest.mark.parametrize(
    "change", [{"bedrag": np.nan}, {"se": np.nan}, {"bedrag": -1.0}, {"se": -1.0}]
)
def test_an_amount_that_is_unknown_or_negative_is_refused(change):
    with pytest.raises(ValueError, match="each flow needs an amount"):
        closed(account(("huishoudens", "bedrijven", 1, 1)).assign(**change))


# Contradictions.


def message(flows: pd.DataFrame, constraints: list[Constraint]) -> str:
    with pytest.raises(Fout) as caught:
        balance(flows, constraints)
    return str(caught.value)


def constraint(naam: str, factors: list[float], total: float) -> Constraint:
    return Constraint(naam, np.array(factors, dtype=float), total)


INNOCENT = [constraint("onschuldig", [0, 0, 1, 1], 10), constraint("ook goed", [1, 0, 0, -1], 0)]
GUILTY = {
    "two totals": [constraint("een", [1, 1, 0, 0], 10), constraint("twee", [1, 1, 0, 0], 12)],
    "a part and its whole": [
        constraint("een", [1, 1, 0, 0], 10),
        constraint("twee", [1, 0, 0, 0], 4),
        constraint("drie", [0, 1, 0, 0], 7),
    ],
    "a part above its whole": [
        constraint("een", [1, 1, 0, 0], 10),
        constraint("twee", [0, 1, 0, 0], 12),
    ],
    "below zero": [constraint("een", [1, 1, 0, 0], -5)],
}


@pytest.mark.parametrize("case", GUILTY)
@pytest.mark.parametrize("first", [True, False])
def test_a_contradiction_names_exactly_the_constraints_in_it(case, first):
    guilty = GUILTY[case]
    rows = [*guilty, *INNOCENT] if first else [*INNOCENT, *guilty]
    said = message(amounts([5, 5, 5, 5], [1, 1, 1, 1]), rows)
    assert f": {', '.join(c.naam for c in guilty)}." in said


def test_an_exact_amount_that_cannot_be_paid_names_that_account_only():
    flows = account(
        ("bedrijven", "vermogen", 100, 0),
        ("huishoudens", "bedrijven", 50, 5),
        ("bedrijven", "huishoudens", 50, 5),
    )
    said = message(flows, closing(flows))
    assert "Aan deze eis is niet te voldoen: de rekening van vermogen." in said


def test_exact_amounts_that_close_need_no_adjustment():
    flows = account(("gemeente", "bedrijven", 0.1 + 0.2, 0), ("bedrijven", "gemeente", 0.3, 0))
    assert (closed(flows)["aanpassing"] == 0).all()


# A second solver.


@pytest.mark.parametrize("seed", range(20))
def test_a_second_solver_finds_the_same(seed):
    random = np.random.default_rng(seed)
    # Each sector pays the next one, so that none has to end at zero; SLSQP stalls on those.
    van, step = np.arange(14) % 7, np.r_[np.ones(7, dtype=int), random.integers(1, 7, 7)]
    sectors = np.array(SECTOREN)
    flows = pd.DataFrame(
        {
            "van": sectors[van],
            "naar": sectors[(van + step) % 7],
            "bedrag": random.uniform(0, 100, 14),
            "se": random.uniform(5, 60, 14),
        }
    )
    table = closed(flows)
    a, se = flows["bedrag"].to_numpy(), flows["se"].to_numpy()
    # SLSQP wants constraints that do not follow from one another: all but the last.
    left = np.array([c.factors for c in closing(flows)[:-1]]) * se
    second = minimize(
        lambda z: z @ z / 2,
        np.zeros(14),
        jac=lambda z: z,
        bounds=[(low, None) for low in -a / se],
        constraints={"type": "eq", "fun": lambda z: left @ (z + a / se), "jac": lambda z: left},
        options={"ftol": 1e-10, "maxiter": 500},
        method="SLSQP",
    )
    assert np.abs(left @ (second.x + a / se)).max() < 1e-6, second.message
    np.testing.assert_allclose(table["sluitend"], a + se * second.x, atol=1e-3)


# What holds for every account.


@st.composite
def accounts(draw, largest: int = 6) -> pd.DataFrame:
    """Make an account of circles of money, from a cent to 10 ** `largest`, seen with an error."""
    rows = []
    for _ in range(draw(st.integers(1, 5))):
        circle = draw(st.permutations(SECTOREN))[: draw(st.integers(2, 5))]
        true = round(10 ** draw(st.floats(-2, largest)), 2)
        for van, naar in zip(circle, [*circle[1:], circle[0]], strict=True):
            relative = draw(st.sampled_from([0.0, 0.01, 0.1, 0.5]))
            miss = draw(st.floats(-3, 3)) * relative
            se = max(relative * true, 0.01) if relative else 0.0
            rows.append((van, naar, max(round(true * (1 + miss), 2), 0.0), se))
    return account(*rows)


def cent(flows: pd.DataFrame) -> float:
    """Return half a cent, or what floats can close."""
    return max(0.0051, 1e-11 * flows["bedrag"].max())


def assert_closed(table: pd.DataFrame, flows: pd.DataFrame) -> None:
    for one in closing(flows):
        assert abs(one.factors @ table["sluitend"]) <= cent(flows)
    assert (table["sluitend"] >= 0).all()
    exact = table["se"] == 0
    assert (table["sluitend"] == table["bedrag"])[exact].all()
    assert (table["gemarkeerd"] == (table["sprong"].abs() > 2)).all()


@given(accounts(largest=10))
def test_every_account_closes_from_a_cent_to_ten_billion(flows):
    table = closed(flows)
    assert_closed(table, flows)
    np.testing.assert_allclose(
        table["sprong"] * table["se"], table["aanpassing"], rtol=1e-9, atol=1e-9
    )


@given(accounts())
def test_it_is_the_closed_form_when_nothing_ends_at_zero(flows):
    table = closed(flows)
    assume((table["sluitend"] > 0).all())
    # As least squares, which is less sensitive to rounding than the formula.
    se = flows["se"].to_numpy()
    left = np.array([c.factors for c in closing(flows)])
    moved = se * (np.linalg.pinv(left * se, rcond=1e-13) @ (left @ flows["bedrag"].to_numpy()))
    again = left @ (flows["bedrag"].to_numpy() - moved)
    assume(np.abs(again).max() < 1e-6)
    np.testing.assert_allclose(table["aanpassing"], -moved, atol=cent(flows))


@given(accounts(), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(flows, random):
    order = list(range(len(flows)))
    random.shuffle(order)
    shuffled = closed(flows.iloc[order]).sort_index()
    np.testing.assert_allclose(
        shuffled["sluitend"], closed(flows)["sluitend"], rtol=1e-6, atol=cent(flows)
    )


@given(accounts(), st.floats(0.1, 0.9))
def test_a_flow_in_two_parts_moves_as_one(flows, share):
    whole = closed(flows)["sluitend"]
    first = flows.iloc[[0]]
    # Parts of the amount and of the variance.
    parts = [
        first.assign(bedrag=first["bedrag"] * s, se=first["se"] * np.sqrt(s))
        for s in (share, 1 - share)
    ]
    split = closed(pd.concat([*parts, flows.iloc[1:]], ignore_index=True))["sluitend"]
    joined = np.r_[split.iloc[:2].sum(), split.iloc[2:]]
    np.testing.assert_allclose(joined, whole, rtol=1e-6, atol=cent(flows))


@given(accounts())
def test_an_account_that_closes_stays_as_it_is(flows):
    table = closed(flows)
    again = closed(flows.assign(bedrag=table["sluitend"]))
    assert (again["aanpassing"].abs() <= cent(flows)).all()


@given(accounts(), st.sampled_from([100, 1000]))
def test_the_adjustment_follows_the_unit(flows, factor):
    scaled = flows.assign(bedrag=flows["bedrag"] * factor, se=flows["se"] * factor)
    np.testing.assert_allclose(
        closed(scaled)["sluitend"],
        closed(flows)["sluitend"] * factor,
        rtol=1e-6,
        atol=cent(flows) * factor,
    )


# Amounts that are off for the same reason.


def shared(flows: pd.DataFrame, loadings: list[list[float]]) -> pd.DataFrame:
    return balance(flows, closing(flows), np.array(loadings, dtype=float))


def textbook(a: np.ndarray, v: np.ndarray, constraints: list[Constraint]) -> np.ndarray:
    """Return x = a - V A' (A V A')⁻¹ (A a - t), generalised least squares with no bound."""
    left, right = np.array([c.factors for c in constraints]), [c.total for c in constraints]
    return a - v @ left.T @ np.linalg.pinv(left @ v @ left.T) @ (left @ a - right)


def test_the_figures_of_van_der_ploeg_with_a_correlation():
    # Van der Ploeg 1982, as in vdp_d.m of Quilis: figures 1 and 3 correlate by 0.5. In closed form.
    variance = np.array([10, 5, 25, 55, 0, 15, 10, 12])
    a = np.array([220, 130, 200, 100, 450, 70, 120, 221.0])
    constraints = [
        Constraint("som", np.array([1, 1, 1, 1, -1, -1, -1, -1.0])),
        Constraint("gelijk", np.array([0, 0, 1, 0, 0, 0, 0, -1.0])),
    ]
    # One cause moves both: by the root of a half of each variance, so that they correlate by 0.5.
    loadings = np.zeros((8, 1))
    loadings[[0, 2], 0] = np.sqrt(variance[[0, 2]] / 2)
    table = balance(amounts(a, np.sqrt(variance)), constraints, loadings)
    expected = [241.009895, 139.940594, 219.286744, 209.346538]
    expected += [450, 40.178217, 100.118811, 219.286744]
    assert table["sluitend"].to_numpy() == pytest.approx(expected, abs=1e-6)
    v = np.diag(variance).astype(float)
    v[0, 2] = v[2, 0] = 0.5 * np.sqrt(10 * 25)
    np.testing.assert_allclose(table["sluitend"], textbook(a, v, constraints), atol=1e-8)
    moved = (a - table["sluitend"].to_numpy())[v.any(axis=1)]
    inside = v[v.any(axis=1)][:, v.any(axis=1)]
    assert moved @ np.linalg.solve(inside, moved) == pytest.approx(380.740785, abs=1e-5)


def test_without_common_causes_loadings_change_nothing():
    flows = account(("huishoudens", "bedrijven", 100, 1), ("bedrijven", "huishoudens", 90, 2))
    for loadings in (np.zeros((2, 0)), np.zeros((2, 3)), np.diag([1.0, 2.0]), np.diag([0.6, -2.0])):
        table = balance(flows, closing(flows), loadings)
        np.testing.assert_allclose(table["sluitend"], closed(flows)["sluitend"])


def test_flows_with_one_cause_move_together():
    # Rent and energy hang on one kengetal, and are otherwise certain: they keep their ratio.
    flows = account(
        ("bedrijven", "huishoudens", 100, 0),
        ("huishoudens", "bedrijven", 60, 6),
        ("huishoudens", "bedrijven", 20, 2),
    )
    table = shared(flows, [[0], [6], [2]])
    assert table["sluitend"].tolist() == pytest.approx([100, 75, 25])
    assert table["sprong"].tolist() == pytest.approx([0, 2.5, 2.5])
    # Apart, the one with nine times the variance takes nine tenths.
    assert closed(flows)["sluitend"].tolist() == pytest.approx([100, 78, 22])


def test_a_flow_outside_the_accounts_moves_along_with_its_cause():
    flows = amounts([100, 90, 50], [1, 2, 4])
    same = Constraint("gelijk", np.array([1.0, -1, 0]))
    table = balance(flows, [same], np.array([[0.0], [2.0], [4.0]]))
    # A gap of 10: the second takes 8 of it, 4 standard errors, and so does the third.
    assert table["sluitend"].tolist() == pytest.approx([98, 98, 66])
    opposite = balance(flows, [same], np.array([[0.0], [2.0], [-4.0]]))
    assert opposite["sluitend"].tolist() == pytest.approx([98, 98, 34])


def test_a_cause_in_two_sides_of_an_account_cannot_close_it():
    # What is received and paid for the same reason: only what each has of its own can differ.
    flows = account(("bedrijven", "huishoudens", 100, 5), ("huishoudens", "bedrijven", 90, 5))
    table = shared(flows, [[4], [4]])
    assert table["aanpassing"].tolist() == pytest.approx([-5, 5])
    with pytest.raises(Fout, match=r"de rekening van (huishoudens|bedrijven)"):
        shared(flows, [[5], [5]])


def test_an_exact_amount_stays_beside_amounts_that_share_a_cause():
    flows = account(
        ("rijk", "huishoudens", 30, 0),
        ("bedrijven", "huishoudens", 60, 6),
        ("huishoudens", "bedrijven", 70, 7),
        ("huishoudens", "rijk", 25, 0),
    )
    constraints = [c for c in closing(flows) if c.naam.endswith("huishoudens")]
    table = balance(flows, constraints, np.array([[0.0], [6], [7], [0]]))
    assert table["sluitend"].iloc[[0, 3]].tolist() == [30, 25]
    assert constraints[0].factors @ table["sluitend"] == pytest.approx(0)


def test_what_is_at_zero_pulls_its_cause_no_further():
    # One cause lowers both; the first would end at 10 - 2 * 15 = -20 and stays at zero.
    flows = amounts([10, 100], [20, 10])
    loadings = np.array([[16.0], [8.0]])
    table = balance(flows, [Constraint("som", np.array([0.0, 1]), 60)], loadings)
    v = loadings @ loadings.T + np.diag([20**2 - 16**2, 10**2 - 8**2])
    assert textbook(np.array([10, 100.0]), v, [Constraint("", np.array([0, 1.0]), 60)])[0] < 0
    assert table["sluitend"].tolist() == pytest.approx([0, 60])


@pytest.mark.parametrize("first", [True, False])
def test_a_contradiction_is_named_with_common_causes_too(first):
    flows = amounts([5, 5, 5, 5], [1, 1, 1, 1])
    guilty = GUILTY["two totals"]
    rows = [*guilty, *INNOCENT] if first else [*INNOCENT, *guilty]
    with pytest.raises(Fout, match=": een, twee\\."):
        balance(flows, rows, np.full((4, 1), 0.5))


def test_two_accounts_that_one_cause_pulls_apart_are_both_named():
    # Both move with one kengetal only: it cannot be higher for one and lower for the other.
    flows = amounts([100, 100], [10, 10])
    rows = [
        Constraint("hoger", np.array([1.0, 0]), 110),
        Constraint("lager", np.array([0, 1.0]), 90),
    ]
    with pytest.raises(Fout, match=": hoger, lager\\."):
        balance(flows, rows, np.array([[10.0], [10.0]]))
    apart = balance(flows, rows)
    assert apart["sluitend"].tolist() == pytest.approx([110, 90])


def sampled(seed: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Make an account in which each sector pays the next, and four causes in common."""
    random = np.random.default_rng(seed)
    van, step = np.arange(14) % 7, np.r_[np.ones(7, dtype=int), random.integers(1, 7, 7)]
    loadings = random.uniform(-20, 20, (14, 4)) * (random.random((14, 4)) < 0.5)
    sectors = np.array(SECTOREN)
    flows = pd.DataFrame(
        {
            "van": sectors[van],
            "naar": sectors[(van + step) % 7],
            "bedrag": random.uniform(0, 100, 14),
            "se": np.sqrt((loadings**2).sum(axis=1) + random.uniform(2, 20, 14) ** 2),
        }
    )
    return flows, loadings


@pytest.mark.parametrize("seed", range(12))
def test_a_second_solver_over_the_causes_finds_the_same(seed):
    flows, loadings = sampled(seed)
    table = balance(flows, closing(flows), loadings)
    a, se = flows["bedrag"].to_numpy(), flows["se"].to_numpy()
    moves = np.hstack([loadings, np.diag(np.sqrt(se**2 - (loadings**2).sum(axis=1)))])
    left = np.array([c.factors for c in closing(flows)[:-1]])
    second = minimize(
        lambda z: z @ z / 2,
        np.zeros(moves.shape[1]),
        jac=lambda z: z,
        constraints=[
            {"type": "eq", "fun": lambda z: left @ (a + moves @ z), "jac": lambda _: left @ moves},
            {"type": "ineq", "fun": lambda z: a + moves @ z, "jac": lambda _: moves},
        ],
        options={"ftol": 1e-11, "maxiter": 500},
        method="SLSQP",
    )
    assert np.abs(left @ (a + moves @ second.x)).max() < 1e-6, second.message
    np.testing.assert_allclose(table["sluitend"], a + moves @ second.x, atol=2e-3)


def test_the_second_solver_meets_the_bound_and_the_textbook():
    # Of the accounts above some end at zero and some do not: both kinds are tried.
    zero = 0
    for seed in range(12):
        flows, loadings = sampled(seed)
        table = balance(flows, closing(flows), loadings)
        if (table["sluitend"] <= 1e-9).any():
            zero += 1
            continue
        own = flows["se"] ** 2 - (loadings**2).sum(axis=1)
        v = loadings @ loadings.T + np.diag(own)
        expected = textbook(flows["bedrag"].to_numpy(), v, closing(flows))
        np.testing.assert_allclose(table["sluitend"], expected, atol=1e-6)
    assert 0 < zero < 12


@given(accounts(), st.integers(0, 1000))
def test_every_account_closes_with_common_causes(flows, seed):
    # A part of each error, not all of it: what is off for one reason only may not close.
    random = np.random.default_rng(seed)
    loadings = random.uniform(-0.5, 0.5, (len(flows), 3)) * flows["se"].to_numpy()[:, None]
    table = balance(flows, closing(flows), loadings)
    assert_closed(table, flows)
