"""How sure the outcome of a plan is: ten thousand draws with a fixed seed, and what matters most.

A draw holds four kinds of luck. An activity works or not, with the chance that its links say; one
that fails, fails for all of them. The units of a link and the price of a unit each have their
middle and their 90 % range (`ranges.Estimate`), and a kengetal has one value for all its links. The
four shares of netting go up and down together, from the favourable to the cautious variant of their
source. The discount rate is not drawn: it is agreed, not uncertain.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from zlib import crc32

import numpy as np
import pandas as pd

from wijkboek_utils.errors import Fout
from wijkboek_utils.kengetallen import Kengetal
from wijkboek_utils.models import cashflow, plans, ranges
from wijkboek_utils.models.netting import FACTORS, Netting
from wijkboek_utils.models.plans import Activiteit, Effect, Plans
from wijkboek_utils.models.ranges import Estimate

SUMMARY = ["naam", "midden", "laag", "hoog", "kans_op_winst"]
_NET, _WORKS, _RATE = "netto", "lukt", "voet"


@dataclass(frozen=True)
class Draws:
    """Present values in EUR, a row for each draw: a column per activity, and per holder.

    Of an activity without a link that counts nothing is known.
    """

    activiteiten: pd.DataFrame
    houders: pd.DataFrame


def draws(
    read: Plans,
    betalingen: pd.DataFrame,
    netting: Netting,
    voet: float,
    n: int = 10_000,
    seed: int = ranges.SEED,
) -> Draws:
    """Return draws of what each activity is worth as a whole, and of what each holder is left with.

    A holder has the savings of what `betalingen` fund, minus what it pays and what flows back.
    Values are in the first year of all plans.
    """
    first = min(read.jaren, default=0)
    # One draw for the four shares: who is favourable in one of them is so in all.
    net = _left([replace(ranges.of(k), mee=_NET).drawn(n, seed) for k in netting.getallen])
    prices: dict[str, np.ndarray] = {}
    accrues = _accruals(read, betalingen, voet, first)
    found = {plan.naam: np.full(n, -_cost(plan, voet, first)) for plan in read.activiteiten}
    held = {
        houder: np.full(n, 0.0 - paid)
        for houder, paid in _paid(read, betalingen, voet, first).items()
    }
    for plan in read.activiteiten:
        if not plan.effecten:
            found[plan.naam][:] = np.nan
        luck = np.random.default_rng([seed, crc32(f"{_WORKS} {plan.naam}".encode())]).random(n)
        for number, e in enumerate(plan.effecten):
            if e.kengetal.id not in prices:
                prices[e.kengetal.id] = ranges.of(e.kengetal).drawn(n, seed)
            units = _units(e, f"{plan.naam} {number}").drawn(n, seed)
            saved = units * prices[e.kengetal.id] * net * (luck < e.kans) * e.toerekening
            found[plan.naam] += saved * _worth(e, voet, first)
            for houder, part in accrues[plan.naam, number].items():
                held[houder] += saved * part
    return Draws(pd.DataFrame(found), pd.DataFrame(held))


def summary(values: pd.DataFrame) -> pd.DataFrame:
    """Return `SUMMARY` of each column of draws: the middle, 90 % range and chance of no loss."""
    ends = values.quantile([0.5, ranges.LOW, ranges.HIGH])
    chance = (values >= 0).mean().where(values.notna().all())
    columns = [values.columns.astype("str"), *ends.to_numpy(), chance.to_numpy()]
    types = {"naam": "str"} | dict.fromkeys(SUMMARY[1:], "float64")
    return pd.DataFrame(dict(zip(SUMMARY, columns, strict=True))).astype(types)


def tornado(read: Plans, netting: Netting, voet: Kengetal, activiteit: str) -> pd.DataFrame:
    """Return what each figure does alone to the value of an activity, largest first.

    Columns as `ranges.tornado`: the value with one figure at the low or high end of its range and
    all others in the middle, in EUR. That it works or fails is one of them. Raises Fout when there
    is no such activity. Costs and attribution have no range, and are not in it.
    """
    plan = next((a for a in read.activiteiten if plans.same(a.naam, (activiteit,))), None)
    if plan is None:
        raise Fout(f"Plan «{activiteit}» bestaat niet. Kies een van de plannen.")
    first = min(read.jaren)
    values = {k.id: ranges.of(k) for k in netting.getallen} | {_RATE: ranges.of(voet)}
    names = {k.id: FACTORS[k.id] for k in netting.getallen}
    names |= {voet.id: "wat geld van later nu waard is", _WORKS: "of het lukt"}
    for number, e in enumerate(plan.effecten):
        mark = f"{plan.naam} {number}"
        values[f"{_WORKS} {number}"] = Estimate(e.kans, 0.0, 1.0, mee=_WORKS)
        values[mark] = _units(e, mark)
        values[e.kengetal.id] = ranges.of(e.kengetal)
        names |= {
            mark: f"hoeveel minder ({e.eenheid}): {e.doel}",
            e.kengetal.id: f"wat één {e.eenheid} kost",
        }

    def value(inputs: Mapping[str, np.ndarray]) -> np.ndarray:
        rate = inputs[_RATE]
        left = _left([inputs[k.id] for k in netting.getallen])
        total = -_cost(plan, rate, first)
        for number, e in enumerate(plan.effecten):
            units, works = inputs[f"{plan.naam} {number}"], inputs[f"{_WORKS} {number}"]
            saved = units * inputs[e.kengetal.id] * works * e.toerekening * left
            total = total + saved * _worth(e, rate, first)
        return total

    found = ranges.tornado(values, value, names)
    known = {voet.id, *(k.id for k in netting.getallen), *(e.kengetal.id for e in plan.effecten)}
    return found.assign(kengetal=found["kengetal"].where(found["kengetal"].isin(known)))


def _units(e: Effect, mark: str) -> Estimate:
    return Estimate(e.minder, e.laag, e.hoog, mee=mark)


def _left(taken: Sequence[np.ndarray]) -> np.ndarray:
    """Return what is left after every share was taken off."""
    left: np.ndarray = np.prod([1 - share for share in taken], axis=0)
    return left


def _worth(e: Effect, voet: Any, first: int) -> Any:
    """Return what a euro saved in each year of an effect is worth in the first year of all, at
    each rate.
    """
    return cashflow.end(np.asarray(voet)[..., None], np.array(e.jaren) - first).sum(axis=-1)


def _cost(plan: Activiteit, voet: Any, first: int) -> Any:
    years = np.array(plan.jaren) - first
    return plan.kosten * cashflow.start(np.asarray(voet)[..., None], years).sum(axis=-1)


def _paid(read: Plans, betalingen: pd.DataFrame, voet: float, first: int) -> dict[str, float]:
    """Return what each holder pays, in the first year of all."""
    now = betalingen["bedrag"] * cashflow.start(voet, betalingen["jaar"] - first)
    sums = now.groupby(betalingen["budget"]).sum()
    of = cashflow.owners(read)
    found = dict.fromkeys(of.values(), 0.0)
    for budget, houder in of.items():
        found[houder] += float(sums.get(budget, 0.0))
    return found


def _accruals(
    read: Plans, betalingen: pd.DataFrame, voet: float, first: int
) -> dict[tuple[str, int], dict[str, float]]:
    """Return what each holder has, in the first year of all, of a euro that a link saves a year.

    By activity and number of the link. What flows back is with who paid; what is not funded saves
    nothing.
    """
    of = cashflow.owners(read)
    funded = cashflow.funded(read, betalingen)
    found: dict[tuple[str, int], dict[str, float]] = {}
    for plan in read.activiteiten:
        mine = betalingen[betalingen["activiteit"] == plan.naam]
        payers = mine.groupby("budget")["bedrag"].sum()
        total = float(payers.sum())
        for number, e in enumerate(plan.effecten):
            has = dict.fromkeys(of.values(), 0.0)
            back = e.terug if total else 0.0
            for year in e.jaren:
                now = funded[plan.naam] * (1 + voet) ** -(year - first + 1)
                for saver, part in read.delen.get((plans.key(e.doel), year), []):
                    has[of[saver]] += now * part * (1 - back)
                    for budget, paid in payers.items():
                        has[of[budget]] += now * part * back * paid / (total or 1.0)
            found[plan.naam, number] = {who: part for who, part in has.items() if part}
    return found
