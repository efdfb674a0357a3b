"""Owning something together: a building, a house, a wind turbine, with the land or apart from it.

What comes in, what goes out and what is left, year by year, for who owns the thing and for who owns
the land. In prices of one year, without inflation, while the loan is paid back as it was agreed:
where prices rise the loan weighs less than here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import lru_cache

import numpy as np
import pandas as pd

from wijkboek_utils.errors import Fout
from wijkboek_utils.models import ranges
from wijkboek_utils.models.ranges import NONE, WHOLE, Estimate

IN, OUT, LEVEL = "in", "uit", "stand"
FLOWS = ["houder", "jaar", "regel", "soort", "bedrag", "laag", "hoog"]
RETURNS = ["houder", "inleg", "krijgt_per_jaar", "terug", "rendement", "rendement_laag"]
RETURNS += ["rendement_hoog", "voor_de_wijk", "wijk_laag", "wijk_hoog", "laagste_kas"]
RETURNS += ["kans_tekort"]
_YEARS_SEED = 7  # of how one year differs from another, which rests on no kengetal
_NOTHING = 1e-9  # a rate
_ROOT_STEPS = 60  # halves of an interval: far below a hundredth of a percent

Values = Mapping[str, np.ndarray]
Lines = dict[tuple[str, str, str], np.ndarray]  # (houder, regel, soort): years by draws, in EUR


@dataclass(frozen=True)
class Property:
    """A thing that is bought, used for `jaren` years, and worth something at the end.

    `opstal` is the price of the building or turbine, `grond` of the land, both EUR. `opbrengst` is
    what it earns in a year when all of it is let or the wind is as usual, `benut` the share of that
    which comes in, and `spreiding` how much of it one year differs from the next (a standard
    deviation). `onderhoud` is all yearly cost: upkeep, management, insurance, taxes, in EUR.
    `reserve` is what stays in the till each year, on top of what stays from before, before members
    get anything. `lening` is the share of the price that is lent, at `rente` and paid back in
    `looptijd` equal yearly amounts; members bring in the rest and get at most the share
    `vergoeding` of it a year. `eindwaarde` and `grond_eindwaarde` are the shares of the prices that
    are left at the end; of what is then more than they brought in, members get the share `winst`
    and the wijk the rest.

    Where `grondhouder` is another than `houder`, it buys the land and gets `canon`, EUR a year.
    """

    naam: str
    jaren: int
    opstal: Estimate
    opbrengst: Estimate
    onderhoud: Estimate
    grond: Estimate = NONE
    canon: Estimate = NONE
    benut: Estimate = WHOLE
    reserve: Estimate = NONE
    lening: Estimate = NONE
    rente: Estimate = NONE
    vergoeding: Estimate = NONE
    eindwaarde: Estimate = WHOLE
    grond_eindwaarde: Estimate = WHOLE
    winst: Estimate = NONE
    spreiding: Estimate = NONE
    looptijd: int = 0
    houder: str = "de coöperatie"
    grondhouder: str = ""

    def __post_init__(self) -> None:
        """Raise Fout when what was asked cannot be computed."""
        if self.jaren < 1:
            raise Fout(f"Bezit «{self.naam}»: {self.jaren} jaar is te kort. Reken minstens 1 jaar.")
        if self.lening.waarde and self.looptijd < 1:
            raise Fout(f"Bezit «{self.naam}»: een lening heeft een looptijd van 1 jaar of meer.")
        if self.canon.waarde and not self.split:
            raise Fout(f"Bezit «{self.naam}»: noem wie de grond heeft en het canon krijgt.")

    @property
    def split(self) -> bool:
        """Return whether the land belongs to another."""
        return self.grondhouder not in ("", self.houder)

    def values(self) -> dict[str, Estimate]:
        """Return the estimates by the name of their field."""
        named = {f.name: getattr(self, f.name) for f in fields(self)}
        return {name: value for name, value in named.items() if isinstance(value, Estimate)}


def flows(property: Property) -> pd.DataFrame:
    """Return FLOWS: per holder and year (0 is the purchase) every line in EUR, with its range.

    `soort` is `in`, `uit` or `stand`. For each holder `kas begin` and what comes in, less what goes
    out, is `kas einde`; the range of a line holds nine draws out of ten and the plan itself.
    """
    return _flows(property).copy(deep=False)


@lru_cache(maxsize=16)  # as `_returns`
def _flows(property: Property) -> pd.DataFrame:
    plan, drawn = _plan(property)
    rows = [
        (houder, jaar, regel, soort, *amounts)
        for (houder, regel, soort), jaar, *amounts in ranges.by_year(plan, drawn)
    ]
    return pd.DataFrame(rows, columns=FLOWS)


def returns(property: Property) -> pd.DataFrame:
    """Return RETURNS, a row per holder: what members bring in, get each year and get back, in EUR.

    `rendement` is the internal rate of return of that, a share a year, with its range; missing
    where members bring in nothing or lose it all. `voor_de_wijk` is what is left for nobody in
    particular when loan and members are paid, with its range; `kans_tekort`
    how often the till runs empty.
    """
    return _returns(property).copy(deep=False)


@lru_cache(maxsize=16)  # what is owned in the examples is the same in every gemeente
def _returns(property: Property) -> pd.DataFrame:
    plan, drawn = _plan(property)
    rows = []
    for houder in dict.fromkeys(key[0] for key in plan):
        level = _picker(plan, houder)
        yields = rate(_members(drawn, houder))
        low, high = np.quantile(np.nan_to_num(yields, nan=-1.0), [ranges.LOW, ranges.HIGH])
        central = float(rate(_members(plan, houder))[0])
        known = np.isfinite(central)
        shortage = (drawn[houder, "kas einde", LEVEL] < -0.005).any(axis=0)
        paid = level("uitkering", OUT)[1:] if property.vergoeding.waarde else np.zeros(1)
        left = float(level("blijft voor de wijk", LEVEL)[-1])
        rows.append(
            (
                houder,
                level("inleg", IN)[0],
                float(paid.mean()),
                level("terug naar leden", LEVEL)[-1],
                central,
                min(low, central) if known else np.nan,
                max(high, central) if known else np.nan,
                left,
                *ranges.band(left, drawn[houder, "blijft voor de wijk", LEVEL][-1]),
                level("kas einde", LEVEL).min(),
                float(shortage.mean()),
            )
        )
    return pd.DataFrame(rows, columns=RETURNS)


def _plan(property: Property) -> tuple[Lines, Lines]:
    """Return the lines of the plan itself, and of its draws."""
    values = property.values()
    return (
        _lines(property, ranges.central(values), np.ones((property.jaren, 1))),
        _lines(property, ranges.draws(values), _years(property, ranges.DRAWS)),
    )


def rate(stromen: np.ndarray) -> np.ndarray:
    """Return the internal rate of return of each column: years by draws, EUR, first year negative.

    For flows that change sign once, as those of members do. Missing where no rate above -99 % makes
    the sum of the discounted flows 0.
    """
    years = np.arange(len(stromen))[:, None]

    def worth(at: np.ndarray) -> np.ndarray:
        return (stromen * (1 + at) ** -years.astype(float)).sum(axis=0)

    low, high = np.full(stromen.shape[1], -0.99), np.full(stromen.shape[1], 10.0)
    found = (worth(low) > 0) & (worth(high) < 0)
    for _ in range(_ROOT_STEPS):
        middle = (low + high) / 2
        above = worth(middle) > 0
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    middle = (low + high) / 2
    return np.where(found, np.where(np.abs(middle) < _NOTHING, 0.0, middle), np.nan)


def _picker(lines: Lines, houder: str) -> Callable[[str, str], np.ndarray]:
    return lambda regel, soort: lines[houder, regel, soort][:, 0]


def _members(lines: Lines, houder: str) -> np.ndarray:
    """Return what members pay and get, years by draws."""
    got = lines[houder, "uitkering", OUT] - lines[houder, "inleg", IN]
    back = lines[houder, "terug naar leden", LEVEL]
    return np.vstack([got[:-1], got[-1:] + back[-1:]])


def _years(property: Property, count: int) -> np.ndarray:
    """Return how each year differs from a usual one, years by draws."""
    usual = np.random.default_rng([ranges.SEED, _YEARS_SEED])
    return usual.standard_normal((property.jaren, count)) * property.spreiding.waarde + 1


def _lines(property: Property, v: Values, yearly: np.ndarray) -> Lines:
    own_land = np.zeros_like(v["grond"]) if property.split else v["grond"]
    canon = v["canon"] if property.split else np.zeros_like(v["canon"])
    earned = (v["opbrengst"] * v["benut"] * yearly).clip(min=0.0)
    running = {("opbrengst", IN): earned}
    costs = {
        ("onderhoud en beheer", OUT): np.broadcast_to(v["onderhoud"], earned.shape),
        ("canon voor de grond", OUT): np.broadcast_to(canon, earned.shape),
    }
    price = v["opstal"] + own_land
    left = v["opstal"] * v["eindwaarde"] + own_land * v["grond_eindwaarde"]
    holder = _account(property, v, price, left, running | costs, property.looptijd)
    lines = {(property.houder, *key): amounts for key, amounts in holder.items()}
    if property.split:
        got = {("canon", IN): np.broadcast_to(v["canon"], earned.shape)}
        nothing = {name: np.zeros_like(v["grond"]) for name in ("lening", "reserve")}
        left = v["grond"] * v["grond_eindwaarde"]
        land = _account(property, {**v, **nothing}, v["grond"], left, got, 0)
        lines |= {(property.grondhouder, *key): amounts for key, amounts in land.items()}
    return lines


def _account(
    property: Property,
    v: Values,
    price: np.ndarray,
    left: np.ndarray,
    running: Mapping[tuple[str, str], np.ndarray],
    term: int,
) -> dict[tuple[str, str], np.ndarray]:
    """Return the books of one holder: (regel, soort) to years by draws, year 0 first."""
    count = next(iter(running.values())).shape[1]
    start = np.zeros((property.jaren + 1, count))
    lent = price * v["lening"]
    interest, repaid, debt = _loan(lent + np.zeros(count), v["rente"], term, property.jaren)
    surplus = sum(amounts if kind == IN else -amounts for (_, kind), amounts in running.items())
    surplus = surplus - interest[1:] - repaid[1:]
    deposit = price - lent
    paid, till = start.copy(), start.copy()
    for jaar in range(1, property.jaren + 1):
        before = till[jaar - 1] + surplus[jaar - 1]
        room = np.maximum(before - v["reserve"] * jaar, 0.0)
        paid[jaar] = np.minimum(deposit * v["vergoeding"], room)
        till[jaar] = before - paid[jaar]
    end = np.maximum(left + till[-1] - debt[-1], 0.0)
    back = np.minimum(deposit, end)
    back = back + (end - back) * v["winst"]
    lines = {
        ("kas begin", LEVEL): np.vstack([start[:1], till[:-1]]),
        ("inleg", IN): _once(start, 0, deposit),
        ("lening", IN): _once(start, 0, lent),
        ("aankoop", OUT): _once(start, 0, price),
        **{key: np.vstack([start[:1], amounts]) for key, amounts in running.items()},
        ("rente", OUT): interest,
        ("aflossing", OUT): repaid,
        ("uitkering", OUT): paid,
        ("kas einde", LEVEL): till,
        ("schuld", LEVEL): debt,
        ("terug naar leden", LEVEL): _once(start, -1, back),
        ("blijft voor de wijk", LEVEL): _once(start, -1, end - back),
    }
    return lines


def _once(like: np.ndarray, jaar: int, amount: np.ndarray) -> np.ndarray:
    """Return years by draws with an amount in one year only."""
    result = np.zeros_like(like)
    result[jaar] = amount
    return result


def _loan(
    lent: np.ndarray, rente: np.ndarray, term: int, years: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return interest, repayment and debt of a loan with equal yearly payments, years by draws."""
    interest, repaid, debt = (np.zeros((years + 1, len(lent))) for _ in range(3))
    debt[0] = lent
    times = max(term, 1)
    safe = np.where(rente > 0, rente, 1.0)
    # Exact also for an interest next to nothing.
    due = lent * np.where(rente > 0, safe / -np.expm1(-times * np.log1p(safe)), 1 / times)
    for year in range(1, years + 1):
        interest[year] = debt[year - 1] * rente
        repaid[year] = np.minimum(due - interest[year], debt[year - 1]) if year <= term else 0.0
        debt[year] = debt[year - 1] - repaid[year]
    return interest, repaid, debt
