"""Why a plan does not go on: who refuses, and which single limit stands in the way.

The market is solved again with the plan in it and an extra amount at each limit, at a price of one
per EUR (an elastic program: Brown and Graves, 1975; Chinneck, 2008). What is used of those amounts
is what is lacking.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from wijkboek_utils import dutch
from wijkboek_utils.models.market import Outcome, search
from wijkboek_utils.models.market_model import (
    ABSENT,
    EUROS,
    LACK,
    LIMIT,
    LOSES,
    NOT_FREE,
    PLAN,
    Model,
)
from wijkboek_utils.models.plans import Plans, key, same

WHY = ["activiteit", "wie", "soort", "reden", "ontbreekt"]
TABLE = ["activiteit", "uitslag", "deel", "kosten", "besparing", "elders", "waarde"]
TABLE += ["wie", "reden", "ontbreekt"]
GOES, PARTLY, STAYS = "gaat door", "gaat deels door", "gaat niet door"
WORTH, WITHIN = "loont niet", "marge"  # beside the kinds of lack of `market_model`

_CENT = 0.005
_TRIED = 4  # where more is lacking than this, no single thing is enough
_TOLD = 2  # things that are told of what is lacking of a plan
_WHOLE = 1 - 1e-6


@dataclass(frozen=True)
class _Lack:
    """What is lacking of one thing: EUR, in how many years, and of whom."""

    band: str
    wie: str
    doel: str
    euro: float
    jaren: int


def why(plans: Plans, outcome: Outcome) -> pd.DataFrame:
    """Return `WHY`: a row for each reason why a plan does not go on, or not wholly.

    `wie` is the goal, budget, holder or council that stands in the way, `soort` the kind of reason,
    `reden` a Dutch sentence, `ontbreekt` the EUR that are lacking over all years. A plan has more
    than one row where no single limit stands in the way. Of a plan that saves less than it costs,
    `wie` is the goals outside the table that would gain; empty where there are none.
    """
    model = outcome.model
    parts = outcome.plannen["deel"].to_numpy()
    rows: list[tuple[str, str, str, str, float]] = []
    for nr, told in enumerate(outcome.plannen.itertuples()):
        if told.deel >= _WHOLE:
            continue
        if told.waarde <= 0:
            rows.append((told.activiteit, *_no_gain(plans, told)))
            continue
        alone = _lacking(model, nr, np.zeros(len(parts)))
        lacks = alone or _lacking(model, nr, parts)
        for lack in lacks:
            wie, words = _words(plans, told.activiteit, lack, bool(alone))
            rows.append((told.activiteit, wie, lack.band, words, lack.euro))
        if not lacks:
            words = f"{told.activiteit} past nog: het rekenen stopte voor de laatste procent."
            rows.append((told.activiteit, "", WITHIN, words, 0.0))
    types = dict.fromkeys(WHY[:4], "str") | {"ontbreekt": "float64"}
    found = pd.DataFrame(rows, columns=WHY).astype(types)
    return found.assign(reden=found["reden"].str[:1].str.upper() + found["reden"].str[1:])


def table(plans: Plans, outcome: Outcome) -> pd.DataFrame:
    """Return `TABLE`: a row for each activity, what came of it, and who refuses and why.

    `kosten`, `besparing`, `elders` and `waarde` are of the whole plan, in EUR discounted to the
    first year; `ontbreekt` is what is lacking in all. Wie, reden and ontbreekt are missing where
    the whole plan goes on.
    """
    told = why(plans, outcome).groupby("activiteit")
    reasons = pd.DataFrame(
        {
            "wie": told["wie"].agg(lambda names: dutch.join([*dict.fromkeys(names)]) or None),
            "reden": told["reden"].agg(_sentence),
            "ontbreekt": told["ontbreekt"].sum(),
        }
    ).astype({"wie": "str", "reden": "str", "ontbreekt": "float64"})
    found = outcome.plannen.join(reasons, on="activiteit")
    part = found["deel"]
    result = np.select([part >= _WHOLE, part > 0], [GOES, PARTLY], STAYS)
    return found.assign(uitslag=pd.Series(result, index=found.index, dtype="str"))[TABLE]


def _sentence(reasons: pd.Series) -> str:
    """Return the reasons of one plan, the largest first; of many, how many more there are."""
    rest = len(reasons) - _TOLD
    more = f" Nog {dutch.plural(rest, 'grens is', 'grenzen zijn')} te krap." if rest > 0 else ""
    return " ".join(reasons[:_TOLD]) + more


def _lacking(model: Model, nr: int, parts: np.ndarray) -> list[_Lack]:
    """Return what one plan lacks beside parts of the others: one thing where one is enough."""
    open_ = model.of(LACK) & model.kolommen["plan"].isin([nr, -1]).to_numpy()
    least = _elastic(model, nr, parts, open_)
    if not 1 < len(least) <= _TRIED:
        return least
    cols = model.kolommen
    single = [
        found
        for lack in least
        if (
            found := _elastic(
                model,
                nr,
                parts,
                open_
                & (cols[["band", "wie", "doel"]] == [lack.band, lack.wie, lack.doel]).all(axis=1),
            )
        )
    ]
    return min(single, key=lambda found: found[0].euro, default=least)


def _elastic(model: Model, nr: int, parts: np.ndarray, open_: np.ndarray) -> list[_Lack]:
    """Return the least that is lacking with some limits open; nothing too when that is no help."""
    plan, high = model.of(PLAN), model.high()
    low = np.zeros(len(high))
    wanted = parts.copy()
    wanted[nr] = 1.0
    low[plan] = high[plan] = wanted
    high[open_] = np.inf
    cost = np.where(open_, model.kolommen["weging"], 0.0)
    best = search(model, cost, low, high)
    if best.x is None:
        return []
    used = model.kolommen[["band", "wie", "doel", "jaar"]].assign(euro=best.x * EUROS)
    used = used[open_ & (used["euro"] > _CENT)]
    lacks = [
        _Lack(band, wie, doel, float(rows["euro"].sum()), rows["jaar"].nunique())
        for (band, wie, doel), rows in used.groupby(["band", "wie", "doel"], sort=True)
    ]
    return sorted(lacks, key=lambda lack: -lack.euro)


def _no_gain(plans: Plans, told: pd.Series) -> tuple[str, str, str, float]:
    short = told.kosten - told.besparing
    words = f"{told.activiteit} kost {dutch.about(short)} meer dan wie aan tafel zit bespaart."
    if told.besparing >= told.kosten - _CENT:
        words = f"{told.activiteit} bespaart net zo veel als het kost."
    if told.elders <= _CENT:
        return "", WORTH, words, short
    (plan,) = [a for a in plans.activiteiten if a.naam == told.activiteit]
    goals = dict.fromkeys(e.doel for e in plan.effecten if not plans.of_goal(e.doel))
    who = dutch.join([*goals])
    verb = "zitten" if len(goals) > 1 else "zit"
    words += f" {who} {verb} niet aan tafel; daar valt nog {dutch.about(told.elders)}."
    return who, WORTH, words, short


def _words(plans: Plans, plan: str, lack: _Lack, alone: bool) -> tuple[str, str]:
    """Return who stands in the way, and the sentence about it."""
    known = float(f"{lack.euro:.3g}")  # what is left of plans that are rounded themselves
    short = dutch.euro(known) + (f" in {lack.jaren} jaar" if lack.jaren > 1 else "")
    if lack.band == ABSENT:
        (act,) = [a for a in plans.activiteiten if a.naam == plan]
        if same(lack.wie, act.gevraagd):
            words = f"Zonder budget {lack.wie} kan {plan} niet: er ontbreekt {short}."
        else:
            words = f"{lack.wie} zit niet aan tafel. Met {short} daarvan kan {plan} wel."
        return lack.wie, words
    if lack.band == LOSES:
        short = dutch.about(lack.euro)
        name = next(b.houder for b in plans.budgetten if key(b.houder) == lack.wie)
        return name, f"{name} zou verliezen op {plan}: er vloeit {short} te weinig terug."
    if lack.band == LIMIT:
        words = f"De grens «{lack.doel} {lack.wie}» houdt {plan} tegen: die is {short} te laag."
        return "de raad", words
    (budget,) = [b for b in plans.budgetten if b.naam == lack.wie]
    if lack.band == NOT_FREE and budget.vrij_deel is None:
        words = f"Niemand zei welk deel van het budget «{lack.wie}» vrij is. "
        words += f"Het plan «{plan}» vraagt {short}."
    elif lack.band == NOT_FREE:
        words = f"Van budget {lack.wie} is te weinig vrij voor {plan}: er ontbreekt {short}."
    else:
        words = f"Budget {lack.wie} is te klein voor {plan}: er ontbreekt {short}."
    if not alone:
        words = f"Budget {lack.wie} gaat naar wat meer oplevert. Voor {plan} ontbreekt {short}."
    return lack.wie, words
