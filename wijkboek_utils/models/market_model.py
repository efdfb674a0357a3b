"""The beursvloer as a mixed-integer program: what may be chosen, and what may not go wrong.

Of all that can stand in the way of a plan the matrix holds a column `tekort` too, closed in a
market and opened by who asks what is lacking; so one matrix answers every question. What flows back
needs no columns: the agreed part of a saving goes to who paid in proportion to it, so that each EUR
that is paid for a plan brings back an amount that is known beforehand.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from wijkboek_utils.errors import Fout
from wijkboek_utils.models import cashflow
from wijkboek_utils.models.limits import IN, LIMITS, OF, OUT
from wijkboek_utils.models.plans import ADHESION, Activiteit, Budget, Plans, key, same

EUROS = 1000.0  # the solver counts in thousands: its tolerances are absolute

PLAN, PAYS, LOAD, LACK = "plan", "betaalt", "belast", "tekort"  # kinds of columns
# What can be lacking: a goal is not at the table, a budget is too small, or not free; a holder
# would lose; the council does not allow it.
ABSENT, SMALL, NOT_FREE, LOSES, LIMIT = "afwezig", "bedrag", "vrij", "houder", "grens"

_PARTS = 10  # a budget is loaded by tenths, each dearer than the one before
_MOST = 1e12  # EUR: an amount without end is no coefficient
_COLUMNS = ["soort", "plan", "wie", "houder", "doel", "jaar", "band", "weging"]
_ALWAYS = -1  # a cell that is there whoever is present


@dataclass(frozen=True, repr=False)
class Model:
    """The columns, rows and cells of a market, and what each plan is worth.

    `kolommen`: soort, plan, wie (a budget, or who or what is lacking), houder, doel, jaar, band
    (cohesie, adhesie, or the kind of lack), weging. `rijen`: laag, hoog. `cellen`: rij, kolom,
    waarde, houder (number of the holder whose saving it is). `plannen`: a row per activity with its
    kosten, besparing at the table, elders (saved by nobody at the table) and waarde, discounted EUR
    to the first year. `baten`: that saving per plan and holder, in thousands.
    """

    kolommen: pd.DataFrame
    rijen: pd.DataFrame
    cellen: np.ndarray
    plannen: pd.DataFrame
    baten: pd.DataFrame
    heel: np.ndarray

    @cached_property
    def houders(self) -> list[str]:
        """Return who sits at the table, as keys, by name of their budgets."""
        return list(self.baten.columns)

    def of(self, soort: str) -> np.ndarray:
        """Return which columns are of a kind."""
        return self._kinds[soort]

    def worth(self, present: Collection[str] | None = None) -> np.ndarray:
        """Return what each plan is worth to who is present, in thousands of EUR, discounted."""
        saved, cost = self._money
        if present is not None:
            saved = saved[:, [self.houders.index(who) for who in present]]
        return saved.sum(axis=1) - cost

    def high(self, present: Collection[str] | None = None) -> np.ndarray:
        """Return the highest value of each column: a plan goes on once, and nothing is lacking."""
        high = np.where(self.of(PAYS), np.inf, 1.0)
        high[self.of(LACK)] = 0.0
        if present is not None:
            here = [nr for nr, who in enumerate(self.houders) if who in present]
            high[self.of(PAYS) & ~np.isin(self._payer, here)] = 0.0
        return high

    def matrix(self, present: Collection[str] | None = None) -> sparse.csc_array:
        """Return the matrix: who is absent lets nothing flow back."""
        if present is None:
            return self._whole
        here = [_ALWAYS, *(nr for nr, who in enumerate(self.houders) if who in present)]
        return self._of(np.where(np.isin(self.cellen[:, 3], here), self.cellen[:, 2], 0.0))

    @cached_property
    def plan(self) -> np.ndarray:
        """Return of each column the number of its plan; -1 where it is of none."""
        return self.kolommen["plan"].to_numpy(dtype=int)

    @cached_property
    def grenzen(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the lowest and the highest value of each row."""
        return self.rijen["laag"].to_numpy(), self.rijen["hoog"].to_numpy()

    @cached_property
    def _kinds(self) -> dict[str, np.ndarray]:
        kinds = self.kolommen["soort"].to_numpy(dtype=object)
        return {kind: kinds == kind for kind in (PLAN, PAYS, LOAD, LACK)}

    @cached_property
    def _payer(self) -> np.ndarray:
        """Return of each column the number of its holder; -1 where it has none."""
        return pd.Index(self.houders).get_indexer(self.kolommen["houder"])

    @cached_property
    def _money(self) -> tuple[np.ndarray, np.ndarray]:
        """Return what each plan saves for each holder and what it costs, in thousands of EUR."""
        return self.baten.to_numpy(dtype=float), self.plannen["kosten"].to_numpy() / EUROS

    @cached_property
    def _whole(self) -> sparse.csc_array:
        return self._of(self.cellen[:, 2])

    @cached_property
    def _places(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the rows of each column, where these start, and among them the place of a cell."""
        row, column = self.cellen[:, :2].astype(int).T
        count = max(len(self.rijen), 1)
        places, nr = np.unique(column * count + row, return_inverse=True)
        starts = np.searchsorted(places, np.arange(len(self.kolommen) + 1) * count)
        return places % count, starts, nr

    def _of(self, values: np.ndarray) -> sparse.csc_array:
        rows, starts, nr = self._places
        cells = np.bincount(nr, weights=values, minlength=len(rows))
        return sparse.csc_array((cells, rows, starts), shape=(len(self.rijen), len(self.kolommen)))


def build(
    plans: Plans, besparingen: pd.DataFrame, voet: float, limits: pd.DataFrame | None = None
) -> Model:
    """Return the market of some plans; `besparingen` as `cashflow.savings`.

    `limits` (`LIMITS` columns) are bounds of the council: at most `hoogstens` EUR in `jaar`, or in
    each year where that is missing, for other goals «uit budget» or «uit doel», or from other
    budgets «naar doel». Raises Fout when such a bound is of another kind or below 0. All is sorted
    by name, so that the order in which people sent their rows does not matter.
    """
    acts = sorted(plans.activiteiten, key=lambda a: key(a.naam))
    budgets = sorted(plans.budgetten, key=lambda b: key(b.naam))
    holders = list(dict.fromkeys(key(b.houder) for b in budgets))
    years = pd.Series(plans.jaren, dtype="int64")
    later = years - min(plans.jaren, default=0)
    start = dict(zip(years, cashflow.start(voet, later), strict=True))
    end = dict(zip(years, cashflow.end(voet, later), strict=True))

    gains, agreed, elders = _split(plans, besparingen, end, acts, holders)
    agreed[[act.kosten == 0 for act in acts]] = 0.0  # nobody paid, so it stays with who saves
    sheet = _Sheet(start, holders)
    for nr, act in enumerate(acts):
        sheet.plan(nr, act, budgets, agreed[nr])
    sheet.budgets(budgets)
    sheet.limits(_limits(limits, [*years]), acts)
    sheet.holders(gains - agreed)
    return Model(
        pd.DataFrame(sheet.columns, columns=_COLUMNS),
        pd.DataFrame([*sheet.rows.values()], columns=["laag", "hoog"], dtype="float"),
        np.array(sheet.cells, dtype="float").reshape(-1, 4),
        _worth(acts, gains, elders, start),
        pd.DataFrame(gains, columns=holders),
        np.array([a.heel for a in acts], dtype=bool),
    )


def _split(
    plans: Plans,
    besparingen: pd.DataFrame,
    end: dict[int, float],
    acts: list[Activiteit],
    holders: list[str],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what each plan (row) saves for each holder, what of that was agreed to flow back, and
    what it saves for nobody at the table; discounted, in thousands of EUR.
    """
    place = {a.naam: nr for nr, a in enumerate(acts)}
    owner = {b.naam: holders.index(key(b.houder)) for b in plans.budgetten}
    gains, agreed = np.zeros((2, len(acts), len(holders)))
    elders = np.zeros(len(acts))
    # cashflow.savings gives a row per effect and year, in this order.
    backs = [e.terug for a in plans.activiteiten for e in a.effecten for _ in e.jaren]
    for told, back in zip(besparingen.itertuples(), backs, strict=True):
        nr, value = place[told.activiteit], told.netto * end[told.jaar] / EUROS
        mine = plans.delen.get((key(told.doel), told.jaar), [])
        for budget, part in mine:
            gains[nr, owner[budget]] += value * part
            agreed[nr, owner[budget]] += value * part * back
        elders[nr] += 0.0 if mine else value
    return gains, agreed, elders


def _worth(
    acts: list[Activiteit], gains: np.ndarray, elders: np.ndarray, start: dict[int, float]
) -> pd.DataFrame:
    found = pd.DataFrame({"activiteit": pd.Series([a.naam for a in acts], dtype="str")})
    found["kosten"] = [float(sum(start[year] for year in a.jaren)) * a.kosten for a in acts]
    found["besparing"] = gains.sum(axis=1) * EUROS
    found["elders"] = elders * EUROS
    found["kosten"] = found["kosten"].astype("float")
    return found.assign(waarde=found["besparing"] - found["kosten"])


def _limits(limits: pd.DataFrame | None, years: list[int]) -> Iterable[tuple[str, str, int, float]]:
    for told in [] if limits is None else limits[[*LIMITS]].itertuples():
        if told.soort not in (OUT, IN, OF) or not told.hoogstens >= 0:
            raise Fout(
                f"Grens «{told.naam}»: de soort is «{told.soort}» en hoogstens {told.hoogstens} "
                f"euro. Kies «{OUT}», «{IN}» of «{OF}», en een bedrag van nul euro of meer."
            )
        for year in years if pd.isna(told.jaar) else [int(told.jaar)]:
            yield told.soort, told.naam, year, float(told.hoogstens)


class _Sheet:
    """The matrix while it is written. A row is made at its first use."""

    def __init__(self, start: dict[int, float], holders: list[str]) -> None:
        self.start, self.who = start, holders
        self.columns: list[tuple[Any, ...]] = []
        self.rows: dict[tuple[Any, ...], tuple[float, float]] = {}
        self.cells: list[tuple[int, int, float, int]] = []
        self._at: dict[tuple[Any, ...], int] = {}
        self._plans: list[int] = []

    def column(self, soort: str, plan: int = -1, /, **facts: Any) -> int:
        told = {"wie": "", "houder": "", "doel": "", "jaar": 0, "band": "", "weging": 1.0} | facts
        self.columns.append((soort, plan, *told.values()))
        return len(self.columns) - 1

    def row(self, *name: Any, low: float = -np.inf, high: float = np.inf) -> tuple[Any, ...]:
        if name not in self.rows:
            self.rows[name] = (low, high)
            self._at[name] = len(self._at)
        return name

    def put(self, row: tuple[Any, ...], column: int, value: float, saver: int = _ALWAYS) -> None:
        self.cells.append((self._at[row], column, value, saver))

    def plan(self, nr: int, act: Activiteit, budgets: list[Budget], agreed: np.ndarray) -> None:
        """Write what a plan costs and who may pay; `agreed` is what each holder lets flow back."""
        go = self.column(PLAN, nr, wie=act.naam)
        self._plans.append(go)
        tied = [(b, tie) for b in budgets if (tie := act.tie(b.doel))]
        present = {key(b.doel) for b, _ in tied}
        asked = {key(goal): amount / EUROS for goal, amount in act.gevraagd.items()}
        back = agreed * EUROS / (act.kosten * len(act.jaren)) if act.kosten else agreed * 0
        for year in act.jaren:
            cost = self.row("kosten", nr, year, low=0.0, high=0.0)
            self.put(cost, go, -act.kosten / EUROS)
            for goal, amount in asked.items():
                self.put(self.row("gevraagd", nr, goal, year, low=0.0), go, -amount)
            for budget, tie in tied:
                self._pays(nr, budget, tie, year, back)
            for goal in dict.fromkeys([*act.gevraagd, *act.eigen, *(e.doel for e in act.effecten)]):
                if key(goal) not in present:
                    # A goal that is not there is asked before one that is asked for more.
                    facts = {"doel": key(goal), "jaar": year, "band": ABSENT, "weging": 0.999}
                    self._money(nr, self.column(LACK, nr, wie=goal, **facts), key(goal), year)

    def _pays(self, nr: int, budget: Budget, tie: str, year: int, back: np.ndarray) -> None:
        goal, holder = key(budget.doel), key(budget.houder)
        facts = {"wie": budget.naam, "houder": holder, "doel": goal, "jaar": year, "band": tie}
        paid = self.column(PAYS, nr, **facts)
        self._money(nr, paid, goal, year)
        self.put(self.row("bedrag", budget.naam, year, high=0.0), paid, 1.0)
        safe = self.row("houder", holder, low=0.0)
        for saver in np.flatnonzero(back):
            self.put(safe, paid, back[saver], int(saver))
        if tie == ADHESION:
            free = self.row("vrij", budget.naam, year, high=budget.free(year) / EUROS)
            self.put(free, paid, 1.0)
            self.put(safe, paid, -self.start[year])

    def _money(self, nr: int, column: int, goal: str, year: int) -> None:
        """Write that a column pays for a plan, and for what is asked of its goal."""
        self.put(("kosten", nr, year), column, 1.0)
        if ("gevraagd", nr, goal, year) in self.rows:
            self.put(("gevraagd", nr, goal, year), column, 1.0)

    def budgets(self, budgets: list[Budget]) -> None:
        """Write what each budget has in a year; `_pays` wrote what of it is free."""
        for budget in budgets:
            facts = {"wie": budget.naam, "houder": key(budget.houder), "doel": key(budget.doel)}
            for year in self.start:
                if (row := ("bedrag", budget.naam, year)) in self.rows:
                    part = min(budget.amount(year), _MOST) / EUROS / _PARTS
                    for step in range(_PARTS if part else 0):
                        weight = part * (step + 1)
                        load = self.column(LOAD, jaar=year, weging=weight, **facts)
                        self.put(row, load, -part)
                    self._lack(row, SMALL, -1.0, jaar=year, **facts)
                if (row := ("vrij", budget.naam, year)) in self.rows:
                    self._lack(row, NOT_FREE, -1.0, jaar=year, **facts)

    def limits(self, limits: Iterable[tuple[str, str, int, float]], acts: list[Activiteit]) -> None:
        """Write what the council allows."""
        told = (dict(zip(_COLUMNS, facts, strict=True)) for facts in self.columns)
        moved = [(nr, facts) for nr, facts in enumerate(told) if facts["band"] == ADHESION]
        for kind, name, year, most in limits:
            row = self.row(kind, key(name), year, most, high=most / EUROS)
            for nr, facts in moved:
                sides = {OF: (facts["wie"],), OUT: (facts["doel"],), IN: acts[facts["plan"]].eigen}
                if facts["jaar"] == year and same(name, sides[kind]):
                    self.put(row, nr, 1.0)
            self._lack(row, LIMIT, -1.0, wie=name, doel=kind, jaar=year)

    def holders(self, gains: np.ndarray) -> None:
        """Write that nobody loses: what it saves and gets back covers what it paid for others.

        What it pays for its own goal is no loss: it buys a result that it wants.
        """
        for nr, holder in enumerate(self.who):
            if (row := ("houder", holder)) in self.rows:
                for plan in np.flatnonzero(gains[:, nr]):
                    self.put(row, self._plans[plan], gains[plan, nr])
                self._lack(row, LOSES, 1.0, wie=holder)

    def _lack(self, row: tuple[Any, ...], band: str, sign: float, **facts: Any) -> None:
        self.put(row, self.column(LACK, **facts, band=band), sign)
