"""Whether the stated errors are true: causes are drawn, and the flows themselves computed again.

First on one real area, 4,000 times: is the standard error the standard deviation? Then on simulated
gemeenten of real buurten whose true books are known: do the intervals hold nine out of ten? Both
use the functions of the notebooks, with what is true in place of what is published.
"""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import SimpleNamespace
from unittest import mock

import numpy as np
import pandas as pd
import pytest

from tests.conftest import Gemeente
from wijkboek_utils import (
    allocate,
    cbs,
    estimates,
    firms,
    flows,
    household_flows,
    households,
    income_kinds,
    kengetallen,
    keys,
    ledger,
    pilots,
    sources,
    wijkrekening,
)
from wijkboek_utils.dutch import Z90
from wijkboek_utils.regions import INHABITANTS

JAAR = 2023


class Draws(np.ndarray):
    """A number per buurt where the code expects one for all; a question is asked of all at once."""

    def __bool__(self) -> bool:
        return bool(np.asarray(self).all())


class Truth:
    """What is true in each place: every cause is drawn once for it, from a normal distribution.

    `places` says of each of `buurten` (in order of code) to which draw it belongs.
    """

    def __init__(self, buurten: pd.Index, places: np.ndarray, seed: int) -> None:
        self.buurten, self.places = buurten, places
        self.count, self.seed = places.max() + 1, seed
        self.random = np.random.default_rng(seed)
        self.drawn: dict[str, np.ndarray] = {}

    def error(self, cause: str) -> np.ndarray:
        """Return by how many standard errors a cause is off, per buurt."""
        if (
            cause not in self.drawn
        ):  # a seed of its own: one cause more leaves the others as they are
            own = np.random.default_rng([self.seed, zlib.crc32(cause.encode())])
            self.drawn[cause] = own.standard_normal(self.count)
        return self.drawn[cause][self.places]

    def kengetallen(self, published: kengetallen.Kengetallen) -> kengetallen.Kengetallen:
        """Return true kengetallen, known exactly: none below zero, no share near one."""
        known = {}
        for name, one in sorted(published.known.items()):
            most = max(0.95, one.waarde) if one.eenheid == "aandeel" else np.inf
            value = np.clip(one.waarde + one.se * self.error(name), 0.0, most).view(Draws)
            known[name] = replace(one, waarde=value, laag=value, hoog=value)
        return kengetallen.Kengetallen(known)

    def income(self, inkomen: pd.DataFrame) -> pd.DataFrame:
        own = self.random.standard_normal(len(inkomen)) * inkomen["se"]
        return inkomen.assign(bedrag=inkomen["bedrag"] + own, se=0.0)

    def booked(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return boekingen as they are: off for the causes that they still name, but for keys."""
        errors = ledger.named_errors(rows)
        place = pd.Series(range(len(self.buurten)), index=self.buurten)
        place = place[rows["buurt"].loc[errors.index]].to_numpy()
        moved = np.zeros(len(errors))
        for cause in errors["cause"].unique():
            mine = errors["cause"].eq(cause).to_numpy()
            if not cause.startswith(ledger.KEY_CAUSE):
                moved[mine] = self.error(cause)[place[mine]] * errors["fout"][mine]
        moved = pd.Series(moved, index=errors.index).groupby(level=0).sum()
        bedrag = rows["bedrag"].add(moved, fill_value=0.0).clip(lower=0)
        return rows.assign(bedrag=bedrag, se=0.0, fouten=pd.Series(None, rows.index, dtype="str"))

    @contextmanager
    def counts(self) -> Iterator[None]:
        """Let the flows count what is true: what CBS counts is a little beside it."""
        published = flows.counted

        def counted(formula, counts, fout, cause):
            found = published(formula, counts, fout, cause)
            if found is None:
                return None
            true = np.maximum(1 + fout * self.error(cause), 0.0)
            return estimates.Estimate(found.value * true)

        with mock.patch.object(flows, "counted", counted):
            yield


def books(inkomen, indicatoren, national, known, gemeente, truth=None) -> pd.DataFrame:
    """Return all boekingen of the buurten of `inkomen`, as notebooks 03, 05 and 07 make them."""
    people = household_flows.households(inkomen, indicatoren, national, known, JAAR)
    both = pd.concat([people, gemeente], ignore_index=True)
    trade = firms.book(indicatoren, both, known, JAAR)
    income = households.book_income(inkomen, gemeente, JAAR)
    if truth:
        trade, income = truth.booked(trade), truth.booked(income)
    parts = pd.concat([people, trade], ignore_index=True)
    parts = income_kinds.with_income(parts, income)
    return ledger.conform(pd.concat([gemeente, parts], ignore_index=True))


def signs(rows: pd.DataFrame, sector: str) -> pd.Series:
    return rows["naar"].eq(sector).astype(float) - rows["van"].eq(sector).astype(float)


def share_of_flow(booked: pd.DataFrame) -> tuple[pd.Series, list]:
    """Return the share of a municipal boeking in the amount that was spread, and its group."""
    flow = ["post", "van", "naar", "domein"]
    group = [booked["buurt"].str[2:6], *(booked[c].astype(str) for c in flow)]
    group.append(booked["sleutel"].fillna(""))
    return booked["bedrag"] / booked["bedrag"].groupby(group).transform("sum"), group


# One real area, 4,000 times.

DRAWS = 4000
AREA = "utrecht-kanaleneiland"


def copies(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return the rows of an area once for each draw, in the order of buurt and draw."""
    many = rows.loc[rows.index.repeat(DRAWS)].reset_index(drop=True)
    draw = pd.Series([f"-{n:04d}" for n in range(DRAWS)])
    many[column] += draw[np.tile(np.arange(DRAWS), len(rows))].to_numpy()
    return many


def unchecked(table: pd.DataFrame) -> pd.DataFrame:
    """Stand in for `ledger.conform`: a million rows need no sorting and no checks."""
    table = table.reindex(columns=list(ledger.COLUMNS)).fillna({"se_bron": 0.0})
    return table if table["fouten"].dtype == "str" else table.astype({"fouten": "str"})


@pytest.fixture(scope="module")
def area(utrecht: Gemeente) -> SimpleNamespace:
    """Return the books of a real area as they are, and what they are in each draw."""
    pilot = pilots.load(AREA, JAAR)
    weights = utrecht.weights(*pilot.codes)
    mine = weights[weights > 0].index
    year = households.income_year(utrecht.indicatoren)
    inkomen = households.income(cbs.figures(utrecht.code, JAAR).query("jaar == @year"))
    inkomen = inkomen[inkomen["buurt"].isin(mine)].sort_values("buurt", ignore_index=True)
    figures = utrecht.indicatoren[utrecht.indicatoren["gebied"].isin(mine)]
    national = cbs.national_household(cbs.read_country(), year)
    known = kengetallen.load(pilot.kengetallen)
    rows = utrecht.ledger[utrecht.ledger["buurt"].isin(mine)].reset_index(drop=True)
    others = utrecht.ledger[~utrecht.ledger["buurt"].isin(mine)]
    stated = books(inkomen, figures, national, known, rows)
    stated = pd.concat([stated, others], ignore_index=True)

    people = copies(inkomen, "buurt")
    truth = Truth(pd.Index(people["buurt"]), np.tile(np.arange(DRAWS), len(mine)), seed=5)
    # A key moves money between the area and the rest of the gemeente; its shares add up to one.
    share, group = share_of_flow(utrecht.ledger)
    inside = utrecht.ledger["buurt"].isin(mine)
    whole = share.where(inside, 0.0).groupby(group).transform("sum")
    share, whole = share[inside].to_numpy(), whole[inside].to_numpy()
    error = rows["se"].to_numpy() / rows["bedrag"].to_numpy() / (1 - share)
    number, names = pd.factorize(rows["sleutel"].fillna(""))
    off = error[:, None] * truth.random.standard_normal((len(names), DRAWS))[number]
    true = rows["bedrag"].to_numpy()[:, None] * (1 + off) / (1 + whole[:, None] * off)
    # Of the municipal boekingen households and firms need only their own.
    theirs = rows["van"].isin(["huishoudens", "bedrijven"])
    theirs |= rows["naar"].isin(["huishoudens", "bedrijven"])
    few = copies(rows[theirs].reset_index(drop=True), "buurt")
    few = few.assign(bedrag=true[theirs.to_numpy()].ravel(), se=0.0)
    many = copies(figures.sort_values(["onderwerp", "gebied"]), "gebied")
    with truth.counts(), mock.patch.object(ledger, "conform", unchecked):
        drawn = books(truth.income(people), many, national, truth.kengetallen(known), few, truth)
    drawn = drawn[~drawn["post"].str.startswith("iv3:")]
    drawn = drawn.assign(draw=drawn["buurt"].str[-4:].astype(int))
    return SimpleNamespace(stated=stated, weights=weights, drawn=drawn, rows=rows, municipal=true)


def compared(area: SimpleNamespace, choose, sign) -> tuple[float, float, float, float]:
    """Return amount and standard error as stated, and the middle and deviation of the draws.

    The deviation is that of the normal distribution with the same 90 % in the middle: turnover is
    a quotient, of which a few draws would decide the standard deviation.
    """
    stated = area.stated[choose(area.stated)]
    total = ledger.totals(stated, area.weights, [], sign=sign(stated)).iloc[0]
    rows = area.drawn[choose(area.drawn)]
    drawn = (rows["bedrag"] * sign(rows)).groupby(rows["draw"]).sum()
    drawn = drawn.reindex(range(DRAWS), fill_value=0.0).to_numpy()
    chosen = choose(area.rows)
    drawn = drawn + (area.municipal[chosen] * sign(area.rows[chosen]).to_numpy()[:, None]).sum(0)
    low, middle, high = np.quantile(drawn, [0.05, 0.5, 0.95])
    return total["bedrag"], total["se"], middle, (high - low) / (2 * Z90)


def side(column: str, sector: str):
    return lambda rows: rows[column].eq(sector), lambda rows: pd.Series(1.0, index=rows.index)


def balance_of(sector: str):
    chosen = lambda rows: rows["van"].eq(sector) | rows["naar"].eq(sector)  # noqa: E731
    return chosen, lambda rows: signs(rows, sector)


def post(*starts: str):
    return lambda rows: rows["post"].str.startswith(starts), side("van", "")[1]


TOTALS = {
    "income of households": side("naar", "huishoudens"),
    "what households pay": side("van", "huishoudens"),
    "what households do not explain": balance_of("huishoudens"),
    "spending in shops": post("besteding:"),
    "rent and energy": post("wonen:", "energie:"),
    "tax on income": post("belasting:inkomen"),
    "what the gemeente pays": side("van", "gemeente"),
    "what the gemeente gets": side("naar", "gemeente"),
    "balance of the gemeente": balance_of("gemeente"),
    "what institutions get": side("naar", "instellingen"),
    "balance of institutions": balance_of("instellingen"),
    "turnover of firms": side("naar", "bedrijven"),
    "wages that firms pay": post("bedrijf:loon", "inkomen:loon_bedrijven"),
    "profit": post("bedrijf:winst", "inkomen:winst_bedrijven"),
    "balance of the Rijk": balance_of("rijk"),
}


@pytest.mark.parametrize("name", TOTALS)
def test_the_standard_error_is_the_deviation_of_4000_draws(area, name):
    # Within 15 %: the errors are first order, and no amount is drawn below zero.
    amount, se, middle, deviation = compared(area, *TOTALS[name])
    assert se == pytest.approx(deviation, rel=0.15)
    # Nor is the amount itself beside the middle of the draws by much.
    assert abs(middle - amount) < 0.2 * deviation


def test_first_order_is_too_narrow_for_what_firms_buy(area):
    # Turnover is value added / (1 - purchases): bent so much that first order misses a fifth of the
    # error, and is too low for the middle of the draws.
    amount, se, middle, deviation = compared(area, *post("bedrijf:inkoop"))
    assert 0.75 < se / deviation < 0.88
    assert 1.02 < middle / amount < 1.08


def test_first_order_is_too_wide_for_what_cannot_be_less_than_nothing(area):
    # Saving is put at zero where the estimate goes below it; its stated error goes on.
    _, se, _, deviation = compared(area, *post("sparen:huishoudens"))
    assert 1.05 < se / deviation < 1.25


# Simulated gemeenten: real buurten of Utrecht in random company, with the account of Utrecht.

COUNT, INSIDE, BUURTEN = 300, 2, 20  # gemeenten, buurten of the area, buurten of the gemeente
KEY_DRAWS = 4  # municipal flows hang on few keys: one draw of each says little
CLOSED = 40  # of them are also closed
TAAKVELDEN = 20  # the largest ones: the others would only cost time


@dataclass(frozen=True)
class Simulated:
    """A total per simulated gemeente and flow: `bedrag`, `se`, and what it is in truth, `waar`.

    `flows` by gemeente and line; `municipal` are those of the gemeente, with more true keys than
    one; `sectors` by gemeente, sector and side; `closed` as `flows`.
    """

    flows: pd.DataFrame
    municipal: pd.DataFrame
    sectors: pd.DataFrame
    closed: pd.DataFrame


def gathered(figures: pd.DataFrame, random: np.random.Generator) -> pd.DataFrame:
    """Return figures of simulated gemeenten: the area is wijk 00, each other buurt a wijk."""
    buurten = figures[figures["soort"] == "Buurt"]
    wide = buurten.pivot(index="gebied", columns="onderwerp", values="waarde")
    wide = wide[wide.notna().all(axis=1) & (wide[INHABITANTS] >= 1000)]
    chosen = [n for _ in range(COUNT) for n in random.permutation(len(wide))[:BUURTEN]]
    codes = [
        f"BU{g:04d}{max(0, b - INSIDE + 1):02d}{b:02d}"
        for g in range(COUNT)
        for b in range(BUURTEN)
    ]
    wide = wide.iloc[chosen].set_axis(pd.Index(codes, name="gebied"))
    long = wide.melt(ignore_index=False, value_name="waarde").reset_index()
    return long.assign(
        naam="", soort="Buurt", jaar=JAAR, eenheid="", bron="kwb-test", omgerekend=False
    )


def accounts(iv3: pd.DataFrame, people: pd.Series, whole: float) -> pd.DataFrame:
    """Return the largest taakvelden of a gemeente for each simulated one, by its inhabitants."""
    largest = (iv3["lasten"] + iv3["baten"]).sort_values(ascending=False).index
    usual = ~iv3["taakveld"].isin([*allocate.RESERVES, "8.2"])
    table = iv3.loc[largest[usual[largest]][:TAAKVELDEN]]
    money = ["lasten", "baten", "salarissen"]
    frames = [
        table.assign(gemeente=f"GM{code}", **(table[money] * size / whole).round(2))
        for code, size in people.groupby(people.index.str[2:6]).sum().items()
    ]
    return pd.concat(frames, ignore_index=True)


def truly_spread(booked: pd.DataFrame, random: np.random.Generator) -> pd.DataFrame:
    """Return municipal boekingen spread by the true keys: by key a wijk is off as a whole."""
    share, group = share_of_flow(booked)
    relative = (booked["se"] / booked["bedrag"] / (1 - share)).where(share < 1, 0.0)
    number, names = pd.factorize(booked["buurt"].str[:8] + booked["sleutel"].fillna(""))
    true = booked["bedrag"] * np.maximum(
        1 + relative * random.standard_normal(len(names))[number], 0
    )
    whole = booked["bedrag"].groupby(group).transform("sum")
    return booked.assign(bedrag=true * whole / true.groupby(group).transform("sum"), se=0.0)


@pytest.fixture(scope="module")
def simulated(utrecht: Gemeente) -> Simulated:
    """Return what is stated of the simulated gemeenten, and what is true."""
    random = np.random.default_rng(11)
    figures = gathered(utrecht.indicatoren, random)
    people = figures[figures["onderwerp"] == INHABITANTS].set_index("gebied")["waarde"]
    whole = utrecht.indicatoren.query("soort == 'Gemeente' and onderwerp == @INHABITANTS")
    iv3 = accounts(utrecht.rekening, people, float(whole["waarde"].iloc[0]))
    amounts = allocate.amounts(iv3, sources.read_project_table("taakvelden"))
    spread = allocate.spread_all(amounts, keys.build_all(figures), figures)
    booked = allocate.boekingen(allocate.flows(spread, JAAR, "iv3-test"))
    inside = lambda table, name: table[table[name].str[6:8] == "00"]  # noqa: E731
    mine, own = inside(figures, "gebied"), inside(booked, "buurt")
    inkomen = households.income(mine)
    national = cbs.national_household(cbs.read_country(), 2024)
    known = kengetallen.load()
    stated = books(inkomen, mine, national, known, own)
    others = booked[booked["buurt"].str[6:8] != "00"]
    stated = pd.concat([stated, others], ignore_index=True)

    buurten = pd.Index(inkomen["buurt"])
    truth = Truth(buurten, buurten.str[2:6].astype(int).to_numpy(), seed=12)
    spread_true = [inside(truly_spread(booked, random), "buurt") for _ in range(KEY_DRAWS)]
    with truth.counts():
        true = books(
            truth.income(inkomen), mine, national, truth.kengetallen(known), spread_true[0], truth
        )
    return summed(stated, true, spread_true, pd.Series(1.0, index=buurten))


def lined(rows: pd.DataFrame) -> pd.DataFrame:
    """Return boekingen with their line and gemeente, payer and receiver as text."""
    names = {column: rows[column].astype(str) for column in ("van", "naar")}
    return wijkrekening.named(rows).assign(gemeente=rows["buurt"].str[2:6], **names)


def summed(stated, true, spread_true: list[pd.DataFrame], weights: pd.Series) -> Simulated:
    by = ["gemeente", *wijkrekening.LINE]
    rows, so = lined(stated), lined(true)
    amounts, loadings = ledger.factors(rows, weights, by)
    amounts["se"] = np.sqrt((loadings**2).sum(axis=1) + amounts["eigen"])
    amounts["waar"] = so.groupby(by)["bedrag"].sum().reindex(amounts.index).fillna(0.0)
    found = amounts.reset_index()
    municipal = amounts[kind_of(found).eq("municipal").to_numpy()]
    draws = [lined(one).groupby(by)["bedrag"].sum() for one in spread_true]
    draws = [municipal.assign(waar=one.reindex(municipal.index)) for one in draws]
    draws = pd.concat(draws).reset_index()
    return Simulated(found, draws, _sectors(found, loadings.to_numpy()), _closed(amounts, loadings))


def _sectors(found: pd.DataFrame, moves: np.ndarray) -> pd.DataFrame:
    parts = []
    for name in ledger.SECTOREN:
        sign = signs(found, name).to_numpy()
        for kant, factor in (("in", sign.clip(0)), ("uit", (-sign).clip(0)), ("saldo", sign)):
            frame = pd.DataFrame(moves * factor[:, None]).groupby(found["gemeente"]).sum()
            sums = found[["bedrag", "waar"]].mul(factor, axis=0).groupby(found["gemeente"]).sum()
            own = (found["eigen"] * factor**2).groupby(found["gemeente"]).sum()
            sums["se"] = np.sqrt((frame**2).sum(axis=1) + own)
            parts.append(sums.assign(sector=name, kant=kant))
    return pd.concat(parts, ignore_index=True)


def _closed(amounts: pd.DataFrame, loadings: pd.DataFrame) -> pd.DataFrame:
    some = amounts.index.get_level_values("gemeente").unique()[:CLOSED]
    return pd.concat([wijkrekening.close(amounts.loc[g], loadings.loc[g]) for g in some])


def held(rows: pd.DataFrame, column: str = "bedrag") -> float:
    """Return the share of true amounts that lie in the 90 % interval."""
    known = rows[rows["se"] > 1]
    return float(((known["waar"] - known[column]).abs() <= Z90 * known["se"]).mean())


def kind_of(rows: pd.DataFrame) -> pd.Series:
    municipal = rows["van"].eq("gemeente") | rows["naar"].eq("gemeente")
    home = rows["van"].eq("huishoudens") | rows["naar"].eq("huishoudens")
    kinds = pd.Series("firms and institutions", index=rows.index).mask(home, "households")
    return kinds.mask(municipal, "municipal")


def test_intervals_of_municipal_flows_hold_nine_out_of_ten(simulated):
    # A little less: a key is said to be off for the area alone, and here it is off elsewhere too.
    assert 0.85 <= held(simulated.municipal) <= 0.95


@pytest.mark.parametrize("kind", ["households", "firms and institutions"])
def test_intervals_of_flows_hold_nine_out_of_ten(simulated, kind):
    assert 0.85 <= held(simulated.flows[kind_of(simulated.flows) == kind]) <= 0.95


def test_intervals_of_accounts_hold_nine_out_of_ten(simulated):
    assert 0.85 <= held(simulated.sectors) <= 0.95
    assert 0.85 <= held(simulated.sectors.query("kant == 'saldo'")) <= 0.95


def test_all_intervals_together_hold_nine_out_of_ten(simulated):
    assert 0.87 <= held(pd.concat([simulated.flows, simulated.sectors])) <= 0.93


def test_no_line_of_the_account_is_far_off(simulated):
    # 300 draws of 90 % lie within 85 and 95 with near certainty, 66 lines together just beyond.
    lines = simulated.flows.groupby([*wijkrekening.LINE]).apply(held).dropna()
    assert lines.between(0.83, 0.98).all(), lines[~lines.between(0.83, 0.98)]
    assert lines.between(0.85, 0.95).mean() > 0.85


def test_closing_does_not_make_the_intervals_false(simulated):
    # What is true need not close here: no cause knows of the others. Closing must do no harm.
    closed = simulated.closed
    assert len(closed) > 50 * CLOSED
    assert 0.85 <= held(closed, "sluitend") <= 0.95
    assert not closed["gemarkeerd"].any()
