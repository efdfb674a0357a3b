"""The wijkrekening: accounts of sectors of the real pilots and of tiny books, closed and graded."""

import numpy as np
import pandas as pd
import pytest

from wijkboek_utils import area_flows, checks, ledger, pilots, sources, wijkrekening
from wijkboek_utils.balance import Constraint, balance
from wijkboek_utils.errors import Fout
from wijkboek_utils.ledger import SECTOREN

PILOTS = [
    "utrecht-kanaleneiland",
    "arnhem-spijkerkwartier",
    "leeuwarden-heechterp-schieringen",
]
SALES = ("buitenwereld", "bedrijven")
LANDED = [("gemeente", "bedrijven"), ("gemeente", "buitenwereld"), SALES]
OPEN = [name for name in SECTOREN if name not in wijkrekening.CLOSED]


class Pilot:
    """The books of a pilot, and its account before and after closing."""

    def __init__(self, name, gemeenten):
        self.pilot = pilots.load(name, 2023)
        self.gemeente = gemeenten[self.pilot.gemeente]
        self.grootboek = self.gemeente.grootboek
        self.weights = self.gemeente.weights(*self.pilot.codes)
        self.flows, self.loadings = wijkrekening.lines(self.grootboek, self.weights)
        self.closed = wijkrekening.close(self.flows, self.loadings)


@pytest.fixture(scope="module", params=PILOTS)
def pilot(request, gemeenten) -> Pilot:
    return Pilot(request.param, gemeenten)


@pytest.fixture(scope="module")
def kanaleneiland(gemeenten) -> Pilot:
    return Pilot(PILOTS[0], gemeenten)


# Tiny books: post, payer, receiver, amount, standard error, and errors by cause.

HERE = pd.Series({"BU99010001": 1.0})
BOOK = [
    ("inkomen:loon_en_winst", "buitenwereld", "huishoudens", 100, 5, "inkomen=5.00"),
    ("inkomen:aow", "rijk", "huishoudens", 20, 2, "aow=2.00"),
    ("wonen:huur_corporatie", "huishoudens", "instellingen", 30, 5, "huur=4.00"),
    ("energie:gas", "huishoudens", "buitenwereld", 25, 5, "gas=5.00"),
    ("energie:gas", "huishoudens", "rijk", 5, 1, "gas=1.00"),
    ("besteding:voeding", "huishoudens", "bedrijven", 20, 8, "voeding=8.00"),
    ("besteding:horeca", "huishoudens", "bedrijven", 10, 6, "horeca=6.00"),
    ("sparen:huishoudens", "huishoudens", "vermogen", 10, 10, "spaarquote=10.00"),
    ("bedrijf:omzet_buiten", "buitenwereld", "bedrijven", 40, 20, "omzet=20.00"),
    ("bedrijf:inkoop", "bedrijven", "buitenwereld", 45, 15, "omzet=15.00"),
    ("bedrijf:loon", "bedrijven", "buitenwereld", 25, 5, "loon=5.00"),
    ("corporatie:onderhoud", "instellingen", "buitenwereld", 20, 6, "onderhoud=6.00"),
    ("corporatie:beheer", "instellingen", "buitenwereld", 15, 3, "beheer=3.00"),
    ("iv3:6.3:lasten", "gemeente", "huishoudens", 15, 1, None),
    ("iv3:0.7:baten", "rijk", "gemeente", 30, 3, None),
]


def book(rows: list[tuple]) -> pd.DataFrame:
    names = ["post", "van", "naar", "bedrag", "se", "fouten"]
    table = pd.DataFrame(rows, columns=names)
    known = table["bedrag"].notna()
    table = table.assign(
        buurt="BU99010001",
        jaar=2023,
        domein="overig",
        soort="particulier",
        methode=np.where(known, "geraamd", "ontbreekt"),
        kengetal=table["post"],
        bron="test",
        bronjaar=2023,
    )
    return ledger.conform(table)


def without(*posts: str) -> pd.DataFrame:
    return book([row for row in BOOK if not row[0].startswith(posts)])


def closed(table: pd.DataFrame) -> pd.DataFrame:
    return wijkrekening.close(*wijkrekening.lines(table, HERE))


def net(flows: pd.DataFrame, sector: str, column: str = "sluitend") -> float:
    into = flows.loc[flows["naar"] == sector, column].sum()
    return into - flows.loc[flows["van"] == sector, column].sum()


# Lines.


def test_every_boeking_of_the_pilots_has_a_line_of_its_own(gemeenten):
    for gemeente in gemeenten.values():
        table = wijkrekening.named(gemeente.grootboek)
        nameless = table.loc[table["regel"] == wijkrekening.UNNAMED, "post"].unique()
        assert nameless.tolist() == []


@pytest.mark.parametrize("ordered", [True, False])
def test_naming_keeps_the_rows_and_their_order(kanaleneiland, ordered):
    some = kanaleneiland.grootboek.sample(300, random_state=3)
    some = some.sort_index() if ordered else some
    table = wijkrekening.named(some)
    pd.testing.assert_frame_equal(table.drop(columns="regel"), some)
    each = [wijkrekening.named(some.iloc[[n]])["regel"].item() for n in range(0, 300, 30)]
    assert table["regel"].iloc[::30].tolist() == each


@pytest.mark.parametrize(
    ("post", "van", "naar", "line"),
    [
        (
            "inkomen:loon_en_winst",
            "buitenwereld",
            "huishoudens",
            "Loon en winst van buiten de wijk",
        ),
        ("inkomen:loon_zorg", "instellingen", "huishoudens", "Loon uit de eigen wijk"),
        ("energie:gas", "huishoudens", "rijk", "Belasting op energie en auto"),
        ("energie:gas", "huishoudens", "buitenwereld", "Energie"),
        ("iv3:6.3:lasten", "gemeente", "huishoudens", "Uitkering van de gemeente, vooral bijstand"),
        ("iv3:7.3:baten", "huishoudens", "gemeente", "Heffingen van de gemeente"),
        ("iv3:0.7:baten", "rijk", "gemeente", "Geld van het Rijk aan de gemeente"),
        ("iets:nieuws", "rijk", "gemeente", "Overig"),
    ],
)
def test_the_first_rule_that_fits_names_the_line(post, van, naar, line):
    table = wijkrekening.named(book([(post, van, naar, 1, 0, None)]))
    assert table["regel"].tolist() == [line]


def test_lines_add_up_to_the_wijkrekening_with_its_error(pilot):
    account = ledger.wijkrekening(pilot.grootboek, pilot.weights)
    account = account.set_index(["van", "naar"])[["bedrag", "se"]].sort_index()
    sums = pilot.flows["bedrag"].groupby(level=["van", "naar"], observed=True).sum()
    moves = pilot.loadings.groupby(level=["van", "naar"], observed=True).sum()
    own = pilot.flows["eigen"].groupby(level=["van", "naar"], observed=True).sum()
    se = np.sqrt((moves**2).sum(axis=1) + own)
    # What the gemeente pays to firms of the wijk is booked through the world outside.
    landed = [pair for pair in sums.index if pair in LANDED]
    apart = sums.index.drop(landed)
    assert (sums[apart] - account["bedrag"][apart]).abs().max() < 0.02
    assert (se[apart] - account["se"][apart]).abs().max() < 0.02
    for name in SECTOREN:
        before = net(account.reset_index(), name, "bedrag")
        assert net(pilot.flows.reset_index(), name, "bedrag") == pytest.approx(before, abs=0.05)
    error = np.sqrt((pilot.loadings**2).sum(axis=1) + pilot.flows["eigen"])
    np.testing.assert_allclose(pilot.flows["se"], error)


def test_a_flow_of_which_nothing_is_known_is_no_line():
    nothing = ("toeslag:huur", "rijk", "huishoudens", np.nan, np.nan, None)
    flows, loadings = wijkrekening.lines(book([*BOOK, nothing]), HERE)
    assert "Toeslagen en kinderbijslag" not in flows.index.get_level_values("regel")
    assert flows.index.equals(loadings.index)


# Accounts of sectors.


@pytest.mark.parametrize("sector", SECTOREN)
def test_an_account_of_a_sector_adds_up(pilot, sector):
    rows = wijkrekening.sector(area_flows.of(pilot.grootboek, pilot.weights), sector)
    totals = rows[rows["regel"].isin(wijkrekening.NAMES)].set_index("regel")["bedrag"]
    lines = rows[~rows["regel"].isin(wijkrekening.NAMES)]
    # Of a sector that only receives, nothing is known of the other side.
    sums = [lines.loc[lines["kant"] == k, "bedrag"].sum() for k in ("in", "uit")]
    for name, amount in zip(wijkrekening.NAMES, sums, strict=False):
        if name in totals:
            assert totals[name] == pytest.approx(amount, abs=0.1)
    assert totals[wijkrekening.NAMES[2]] == pytest.approx(sums[0] - sums[1], abs=0.1)
    assert rows["kant"].tolist() == sorted(rows["kant"], key=["in", "uit", "saldo"].index)
    assert (lines["bedrag"].dropna() >= 0).all() and (rows["se"].dropna() >= 0).all()


def test_lines_stand_in_the_order_of_the_rules(pilot):
    order = list(dict.fromkeys(sources.read_project_table("regels")["naam"]))
    for sector in ("huishoudens", "bedrijven", "rijk"):
        rows = wijkrekening.sector(area_flows.of(pilot.grootboek, pilot.weights), sector)
        for kant in ("in", "uit"):
            names = rows.loc[(rows["kant"] == kant), "regel"]
            places = [order.index(name) for name in names if name not in wijkrekening.NAMES]
            assert places == sorted(places) and len(places) == len(set(places))


def test_a_sector_account_by_hand():
    rows = wijkrekening.sector(area_flows.of(book(BOOK), HERE), "huishoudens").set_index("regel")
    assert rows.loc["Inkomsten samen", "bedrag"] == 135
    assert rows.loc["Uitgaven samen", "bedrag"] == 100
    assert rows.loc["Niet verklaard", ["kant", "bedrag"]].tolist() == ["saldo", 35]
    # Gas is one kengetal in two lines: 6 together, and not the root of 26.
    assert rows.loc["Energie", "se"] == 5
    out = rows.loc["Uitgaven samen", "se"]
    assert out == pytest.approx(np.sqrt(5**2 + 6**2 + 8**2 + 6**2 + 10**2), abs=0.01)
    # What comes in is sure by 5 and 2; the benefit without named error has a kengetal of its own.
    assert rows.loc["Inkomsten samen", "se"] == pytest.approx(np.sqrt(25 + 4 + 1), abs=0.01)


def test_an_account_may_have_other_names_for_its_totals():
    names = ("Haalt", "Brengt", "Rest")
    rows = wijkrekening.sector(area_flows.of(book(BOOK), HERE), "rijk", names)
    totals = rows[rows["regel"].isin(names)]
    assert totals["regel"].tolist() == list(names)
    assert totals["bedrag"].tolist() == [5, 50, -45]


def test_unknown_stays_unknown_in_the_account_of_a_sector():
    nothing = ("toeslag:huur", "rijk", "huishoudens", np.nan, np.nan, None)
    rows = wijkrekening.sector(
        area_flows.of(book([*BOOK, nothing]), HERE), "huishoudens"
    ).set_index("regel")
    assert rows.loc["Toeslagen en kinderbijslag", ["bedrag", "se"]].isna().all()
    assert rows.loc["Inkomsten samen", "bedrag"] == 135
    only = wijkrekening.sector(area_flows.of(book([nothing]), HERE), "huishoudens")
    assert only["bedrag"].isna().all() and only["se"].isna().all()


def test_a_sector_without_boekingen_has_no_amounts():
    rows = wijkrekening.sector(area_flows.of(without("sparen:"), HERE), "vermogen")
    assert not rows["bedrag"].notna().any()


# Closing.


def test_accounts_of_the_pilots_close_to_the_cent(pilot):
    assert wijkrekening.closable(pilot.flows) == list(wijkrekening.CLOSED)
    for name in wijkrekening.CLOSED:
        assert abs(net(pilot.closed, name)) < 0.01
    assert (pilot.closed["sluitend"] >= 0).all()
    assert np.isfinite(pilot.closed["sluitend"]).all()
    table = checks.enforce(checks.closed(pilot.closed))
    assert table["oordeel"].tolist() == [checks.HOLDS] * 3


def test_the_income_that_cbs_publishes_stays(pilot):
    rules = wijkrekening.constraints(pilot.flows)
    own = next(rule for rule in rules if rule.naam == wijkrekening.INCOME)
    assert own.factors @ pilot.closed["sluitend"] == pytest.approx(own.total, abs=0.01)
    assert own.total == pytest.approx(float(own.factors @ pilot.closed["bedrag"]), abs=0.01)
    # It is what the gemeente pays, what firms pay, benefits and the rest: the income of CBS, but
    # for some hundreds of euros of fees that Arnhem paid back.
    weight = pilot.gemeente.geboekt["buurt"].map(pilot.weights)
    published = (pilot.gemeente.geboekt["bedrag"] * weight).sum()
    assert own.total == pytest.approx(published, rel=1e-5)
    # Allowances are no income to CBS, and may move.
    lines = pilot.closed["regel"][own.factors > 0]
    assert "Toeslagen en kinderbijslag" not in set(lines)
    assert "Uitkering van de gemeente, vooral bijstand" in set(lines)


def test_balances_of_all_sectors_add_up_to_zero_before_and_after(pilot):
    before = wijkrekening.balances(pilot.flows, pilot.loadings)
    assert before["sector"].tolist() == SECTOREN
    assert before["saldo"].sum() == pytest.approx(0, abs=0.05)
    assert (before["in"] - before["uit"] - before["saldo"]).abs().max() < 0.01
    open_ = sum(net(pilot.closed, name) for name in OPEN)
    assert open_ == pytest.approx(0, abs=0.05)
    assert before.set_index("sector")["sluit"].tolist() == [
        n in wijkrekening.CLOSED for n in SECTOREN
    ]


def test_the_error_of_a_balance_is_that_of_its_account(pilot):
    found = wijkrekening.balances(pilot.flows, pilot.loadings).set_index("sector")
    for name in ("huishoudens", "rijk", "gemeente"):
        rows = wijkrekening.sector(area_flows.of(pilot.grootboek, pilot.weights), name).set_index(
            "kant"
        )
        left = rows.loc["saldo"]
        assert found.loc[name, "saldo"] == pytest.approx(left["bedrag"], abs=0.05)
        assert found.loc[name, "se"] == pytest.approx(left["se"], abs=0.05)


def test_a_balance_by_hand_and_of_a_sector_without_flows():
    flows, loadings = wijkrekening.lines(without("sparen:"), HERE)
    found = wijkrekening.balances(flows, loadings).set_index("sector")
    assert found.loc["vermogen", ["in", "uit", "saldo", "se"]].isna().all()
    firms = found.loc["bedrijven"]
    assert (firms["in"], firms["uit"], firms["saldo"]) == (70, 70, 0)
    # Turnover and purchases share a cause: 20 - 15. With food, hospitality and wages apart.
    assert firms["se"] == pytest.approx(np.sqrt(5**2 + 8**2 + 6**2 + 5**2))
    assert found.loc["buitenwereld", "uit"] == 140


def test_flags_stand_at_two_standard_errors(pilot):
    jump = pilot.closed["aanpassing"] / pilot.closed["se"].where(pilot.closed["se"] > 0)
    flagged = jump.abs() > 2
    assert (pilot.closed["gemarkeerd"] == flagged).all()
    assert not flagged.any()
    # Food and gas cannot take up what is wrong here: they are flagged.
    rows = [(*r[:4], r[4] / 50, None) if r[1] == "huishoudens" else r for r in BOOK]
    found = closed(book(rows))
    assert found.loc[found["regel"] == "Boodschappen", "gemarkeerd"].all()
    assert not found.loc[found["regel"] == "AOW", "gemarkeerd"].any()


def test_a_tiny_book_closes_as_the_textbook_says():
    flows, loadings = wijkrekening.lines(book(BOOK), HERE)
    found = closed(book(BOOK))
    rules = wijkrekening.constraints(flows)
    names = ["de rekening van huishoudens", "de rekening van bedrijven"]
    assert [r.naam for r in rules] == [*names, "de rekening van instellingen", wijkrekening.INCOME]
    left, total = np.array([r.factors for r in rules]), np.array([r.total for r in rules])
    assert total.tolist() == [0, 0, 0, 135]
    a, moves = flows["bedrag"].to_numpy(), loadings.to_numpy()
    v = moves @ moves.T + np.diag(flows["eigen"])
    expected = a - v @ left.T @ np.linalg.pinv(left @ v @ left.T) @ (left @ a - total)
    assert (expected > 0).all()
    np.testing.assert_allclose(found["sluitend"], expected, atol=1e-6)
    # What people pay for gas goes up for all who get it.
    gas = found[found["regel"].isin(["Energie", "Belasting op energie en auto"])]
    assert np.ptp(gas["sprong"]) < 1e-9


@pytest.mark.parametrize(
    ("missing", "left"),
    [
        ("bedrijf:", ["huishoudens", "instellingen"]),
        ("corporatie:", ["huishoudens", "bedrijven"]),
        ("inkomen:", ["bedrijven", "instellingen"]),
    ],
)
def test_an_account_without_its_main_post_need_not_close(missing, left):
    flows, loadings = wijkrekening.lines(without(missing), HERE)
    assert wijkrekening.closable(flows) == left
    found = wijkrekening.close(flows, loadings)
    for name in left:
        assert net(found, name) == pytest.approx(0, abs=1e-6)
    assert [r["controle"].split()[3].strip(":") for r in checks.closed(found)] == left
    table = wijkrekening.balances(flows, loadings).set_index("sector")["sluit"]
    assert table[table].index.tolist() == left


def test_without_firms_what_people_spend_nearby_stays_and_nothing_closes_falsely():
    found = closed(without("bedrijf:"))
    assert net(found, "bedrijven") > 20  # firms get and, as far as we know, pay nothing
    near = found[found["naar"] == "bedrijven"]
    assert (near["sluitend"] > 0).all()


def test_without_income_households_do_not_close():
    unknown = ("inkomen:loon_en_winst", "buitenwereld", "huishoudens", np.nan, np.nan, None)
    for rows in (BOOK[1:], [unknown, *BOOK[1:]]):
        flows, _ = wijkrekening.lines(book(rows), HERE)
        assert wijkrekening.closable(flows) == ["bedrijven", "instellingen"]


def test_taxes_of_firms_do_not_make_institutions_close():
    tax = ("belasting:winst", "bedrijven", "rijk", 4, 1, None)
    rows = [r for r in BOOK if not r[0].startswith("corporatie:")]
    flows, _ = wijkrekening.lines(book([*rows, tax]), HERE)
    assert wijkrekening.closable(flows) == ["huishoudens", "bedrijven"]


def test_no_account_can_close_in_a_municipal_book_alone(utrecht):
    flows, loadings = wijkrekening.lines(utrecht.ledger, utrecht.weights("WK034408"))
    assert wijkrekening.constraints(flows) == []
    found = wijkrekening.close(flows, loadings)
    assert (found["sluitend"] == found["bedrag"]).all()
    assert checks.closed(found) == []


def test_accounts_that_contradict_each_other_are_named():
    certain = [(*row[:4], 0, None) for row in BOOK]
    with pytest.raises(Fout, match="de rekening van instellingen\\."):
        closed(book(certain))
    # What CBS publishes cannot be spent where nothing is: both demands are named.
    with pytest.raises(Fout, match=f"de rekening van huishoudens, {wijkrekening.INCOME}"):
        closed(book(BOOK[:1]))


def test_an_unclosed_account_is_seen():
    found = closed(book(BOOK))
    assert all(row["oordeel"] == checks.HOLDS for row in checks.closed(found))
    rows = checks.closed(found.assign(sluitend=found["sluitend"] + 0.01))
    assert checks.BROKEN in [row["oordeel"] for row in rows]
    with pytest.raises(ledger.LedgerError, match="Gesloten rekening"):
        checks.enforce(checks.closed(found.assign(sluitend=found["bedrag"])))


def test_the_account_of_firms_closes_whatever_the_kengetallen_and_keys(pilot):
    # Only what it is given to move with is unsure: turnover is what the other lines leave.
    rest = "rest van de omzet"
    found = wijkrekening.balances(pilot.flows, pilot.loadings).set_index("sector")
    assert abs(found.loc["bedrijven", "saldo"]) < 1
    own = abs(pilot.loadings[rest]).sum()
    assert found.loc["bedrijven", "se"] == pytest.approx(own, rel=0.001)
    assert own == pytest.approx(0.01 * pilot.flows.loc[SALES, "bedrag"].sum(), rel=0.01)


def test_income_is_as_sure_whatever_the_key_of_benefits(pilot):
    rows = pilot.grootboek
    income = rows["naar"].eq("huishoudens") & rows["post"].str.startswith(("inkomen:", "iv3:"))
    loadings = ledger.factors(rows[income], pilot.weights, ["post"])[1]
    keys = loadings.columns[loadings.columns.str.startswith(ledger.KEY_CAUSE)]
    keys = keys[~keys.str.contains("inwoners:")]
    # What the key gives too much in benefits, wages have too little.
    benefits = loadings.loc["iv3:6.3:lasten", keys].abs().max()
    assert benefits > 100_000
    assert loadings[keys].sum().abs().max() < 0.01 * benefits


def test_a_fee_that_is_paid_back_is_no_work_of_the_gemeente():
    refund = book([("iv3:6.71b:baten", "gemeente", "huishoudens", 731, 1, None)])
    assert "elders" not in wijkrekening.named(refund)["regel"].item()


# The matrix.


def test_rows_and_columns_of_the_matrix_are_what_sectors_get_and_pay(pilot):
    table = wijkrekening.matrix(pilot.closed)
    assert table.index.tolist() == table.columns.tolist() == SECTOREN
    for name in SECTOREN:
        into = pilot.closed.loc[pilot.closed["naar"] == name, "sluitend"].sum()
        out = pilot.closed.loc[pilot.closed["van"] == name, "sluitend"].sum()
        assert table.loc[name].sum() == pytest.approx(into, abs=0.01)
        assert table[name].sum() == pytest.approx(out, abs=0.01)
    assert np.isnan(table.loc["huishoudens", "huishoudens"])
    before = wijkrekening.matrix(pilot.closed, "bedrag")
    assert before.sum().sum() == pytest.approx(pilot.closed["bedrag"].sum(), abs=0.05)


def test_a_cell_without_flows_is_empty_and_not_zero():
    table = wijkrekening.matrix(closed(book(BOOK)))
    assert np.isnan(table.loc["bedrijven", "gemeente"])
    assert table.loc["buitenwereld", "instellingen"] > 0


# Ranges.


def figures(flows: pd.DataFrame, amounts: np.ndarray) -> pd.DataFrame:
    table = pd.DataFrame(amounts.T).groupby(flows["regel"]).sum().T
    net_ = table["AOW"] + table["Sparen en aflossen"]
    return table[["AOW", "Boodschappen"]].assign(samen=net_)


def test_draws_are_reproducible_never_below_zero_and_as_wide_as_stated(kanaleneiland):
    flows, loadings = kanaleneiland.flows, kanaleneiland.loadings
    drawn = wijkrekening.draws(flows, loadings, 4000)
    np.testing.assert_array_equal(drawn, wijkrekening.draws(flows, loadings, 4000))
    assert not np.array_equal(drawn, wijkrekening.draws(flows, loadings, 4000, seed=2))
    assert (drawn >= 0).all() and drawn.shape == (4000, len(flows))
    firm = (flows["bedrag"] > 4 * flows["se"]).to_numpy()
    np.testing.assert_allclose(drawn.std(axis=0)[firm], flows["se"][firm], rtol=0.06)
    np.testing.assert_allclose(drawn.mean(axis=0)[firm], flows["bedrag"][firm], rtol=0.02)
    # And move together as stated.
    moves = loadings.to_numpy()[firm]
    stated = moves @ moves.T + np.diag(flows["eigen"][firm])
    scale = np.sqrt(np.outer(np.diag(stated), np.diag(stated)))
    np.testing.assert_allclose(np.cov(drawn[:, firm].T) / scale, stated / scale, atol=0.07)


def test_ranges_are_reproducible_and_hold_the_central_value(pilot):
    one = wijkrekening.ranges(pilot.flows, pilot.loadings, wijkrekening.round_the_wijk, 40)
    two = wijkrekening.ranges(pilot.flows, pilot.loadings, wijkrekening.round_the_wijk, 40)
    pd.testing.assert_frame_equal(one, two)
    assert ((one["laag"] <= one["waarde"]) & (one["waarde"] <= one["hoog"])).all()
    shares = one[one.index.str.startswith("lek")]
    assert shares["laag"].ge(0).all() and shares["hoog"].le(1).all()
    assert one.loc["multiplier huishoudens", "laag"] >= 1
    assert one.loc["lm3", "waarde"] <= one.loc["multiplier huishoudens", "waarde"]


def test_every_draw_is_closed_again():
    flows, loadings = wijkrekening.lines(book(BOOK), HERE)
    seen = []

    def closing(rows: pd.DataFrame, amounts: np.ndarray) -> pd.DataFrame:
        for drawn in amounts:
            account = rows.assign(bedrag=drawn)
            seen.append([net(account, name, "bedrag") for name in wijkrekening.CLOSED])
        return figures(rows, amounts)

    table = wijkrekening.ranges(flows, loadings, closing, 25)
    assert np.abs(seen).max() < 0.01 and len(seen) == 26
    assert ((table["laag"] < table["waarde"]) & (table["waarde"] < table["hoog"])).all()


def test_without_errors_a_range_is_one_point():
    rows = [(*r[:4], 0, None) for r in BOOK if r[1] == "rijk" or r[2] == "rijk"]
    sure = book([r for r in rows if not r[0].startswith(("inkomen:", "energie"))])
    flows, loadings = wijkrekening.lines(sure, HERE)
    total = lambda _, amounts: pd.DataFrame({"samen": amounts.sum(axis=1)})  # noqa: E731
    table = wijkrekening.ranges(flows, loadings, total, 5)
    assert table.loc["samen"].tolist() == [30, 30, 30]


# What leaks away, and how hard it is.


def test_leaks_are_the_largest_that_people_can_influence(pilot):
    rules = sources.read_project_table("regels").drop_duplicates("naam").set_index("naam")
    found = wijkrekening.leaks(pilot.closed, 5)
    assert found["bedrag"].is_monotonic_decreasing and len(found) == 5
    assert found["post"].map(rules["beinvloedbaar"]).eq("ja").all()
    assert found["reden"].str.len().gt(10).all()
    inside = ["huishoudens", "bedrijven", "instellingen", "gemeente"]
    assert found["van"].isin(inside).all() and not found["naar"].isin(inside).any()
    others = pilot.closed[
        pilot.closed["van"].isin(inside)
        & ~pilot.closed["naar"].isin(inside)
        & pilot.closed["regel"].map(rules["beinvloedbaar"]).eq("ja")
    ]
    assert others["sluitend"].nlargest(5).tolist() == pytest.approx(found["bedrag"].tolist())
    assert len(wijkrekening.leaks(pilot.closed)) == 3


def test_a_rule_says_why_and_whether_people_can_change_it():
    rules = sources.read_project_table("regels")
    assert set(rules["beinvloedbaar"]) == {"ja", "nee"}
    assert rules["reden"].str.endswith(".").all()
    per_line = rules.groupby("naam")[["beinvloedbaar", "reden"]].nunique()
    assert (per_line["beinvloedbaar"] == 1).all(), per_line[per_line["beinvloedbaar"] > 1]


def test_a_book_without_leaks_has_none():
    found = wijkrekening.leaks(closed(book([BOOK[-1]])))
    assert found.empty and "reden" in found


@pytest.mark.parametrize(("limit", "name"), [(0.05, "A"), (0.15, "B"), (0.30, "C"), (0.60, "D")])
def test_grades_change_just_above_their_limit(limit, name):
    below = 1000 * limit / wijkrekening.Z90
    assert wijkrekening.grade(1000, below * (1 - 1e-9)) == name
    assert wijkrekening.grade(-1000, below * (1 - 1e-9)) == name
    assert wijkrekening.grade(1000, below * (1 + 1e-6)) == "ABCDE"["ABCDE".index(name) + 1]


def test_grades_at_their_ends_and_of_the_unknown():
    assert wijkrekening.grade(1000, 0) == "A"
    assert wijkrekening.grade(1000, 1e9) == "E"
    assert wijkrekening.grade(0, 5) == "E"
    for amount, error in [(np.nan, 1), (1, np.nan), (np.inf, 1), (1, np.inf)]:
        assert wijkrekening.grade(amount, error) == ""
    table = pd.DataFrame({"bedrag": [1000, np.nan, 10], "se": [10, np.nan, 10]})
    assert wijkrekening.grades(table) == ["A", "", "E"]


def test_closing_uses_the_common_causes(kanaleneiland):
    rules = wijkrekening.constraints(kanaleneiland.flows)
    rows = kanaleneiland.flows.reset_index()
    again = balance(rows, rules, kanaleneiland.loadings.to_numpy())
    np.testing.assert_allclose(again["sluitend"], kanaleneiland.closed["sluitend"])
    apart = balance(rows, rules)
    assert (apart["sluitend"] - again["sluitend"]).abs().max() > 100_000
    assert all(isinstance(rule, Constraint) for rule in rules)
