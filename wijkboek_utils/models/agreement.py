"""The three agreements of inverdienen between who pays and who gains, with their numbers.

The publication: 1 tie budget X to budget Y; 2 is the saving larger than the investment, then that
part of the budget moves; 3 what part of the saving comes back, and when. Page: `agreement_page`.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from wijkboek_utils import dutch
from wijkboek_utils.models import cashflow, pledges
from wijkboek_utils.models.plans import Activiteit, Effect, Plans, key, same

AGREEMENTS = {
    "nummer": "str",
    "activiteit": "str",
    "trekker": "str",
    "resultaat": "str",
    "budget": "str",
    "houder": "str",
    "baatbudget": "str",
    "baathouder": "str",
    "doel": "str",
    "kosten": "float64",
    "betaalt": "float64",
    "baat_betaalt": "float64",
    "bruto": "float64",
    "verwacht": "float64",
    "netto": "float64",
    "voorzichtig": "float64",
    "ruimte": "float64",
    "ruimte_voorzichtig": "float64",
    "terug": "float64",
    "terug_deel": "float64",
    "terug_van": "Int64",
    "terug_tot": "Int64",
    "eenheid": "str",
    "voor_wie": "str",
    "mechanisme": "str",
    "bewijs": "int64",
    "kengetal": "str",
    "prijsjaar": "str",
    "illustratie": "str",
}
YEARS = {
    "nummer": "str",
    "jaar": "int64",
    "betaalt": "float64",
    "eenheden": "float64",
    "bruto": "float64",
    "netto": "float64",
    "voorzichtig": "float64",
    "terug": "float64",
    "claims": "str",
}
_SAVED = ["eenheden", "bruto", "verwacht", "netto", "voorzichtig"]
_AMOUNTS = ["betaalt", *_SAVED, "terug"]


def draft(
    plans: Plans,
    claims: pd.DataFrame,
    besparingen: pd.DataFrame,
    betalingen: pd.DataFrame,
    terug: pd.DataFrame,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the agreements, `AGREEMENTS`, and their amounts by year, `YEARS`; all in EUR.

    There is one for each activity and pair of budgets of which one pays and another saves. Pays
    nobody else, then who saves agrees it with who does the work: `budget` and `houder` are missing.
    `besparingen`, `betalingen` and `terug` are of what goes on. `ruimte` is what the saving is more
    than the whole investment, as far as it falls to this budget, and in proportion to what this
    payer paid of it: what may move by agreement 2.
    """
    rows, years = [], []
    saved = _saved(plans, besparingen)
    for plan in plans.activiteiten:
        mine = saved[saved["activiteit"] == plan.naam]
        paid = betalingen[betalingen["activiteit"] == plan.naam]
        back = terug[terug["activiteit"] == plan.naam]
        for payer, saver in _pairs(paid, mine):
            number = pledges.code(key(plan.naam), key(payer or ""), key(saver))
            by_year = _years(plan, payer, saver, paid, mine, back, claims)
            rows.append(
                _agreement(plans, plan, payer, saver, paid, mine, by_year) | {"nummer": number}
            )
            years.append(by_year.assign(nummer=number))
    table = pd.DataFrame(rows, columns=[*AGREEMENTS]).astype(AGREEMENTS)
    yearly = pd.concat(years) if years else pd.DataFrame(columns=[*YEARS])
    return table, yearly.reset_index(drop=True)[[*YEARS]].astype(YEARS)


def _saved(plans: Plans, besparingen: pd.DataFrame) -> pd.DataFrame:
    """Return the savings per budget that has them, every measure of them."""
    who = ["activiteit", "doel", "jaar", "budget"]
    sums = [
        cashflow.at_table(plans, besparingen, name).groupby(who, sort=False)["bedrag"].sum()
        for name in _SAVED
    ]
    return pd.concat(sums, axis=1, keys=_SAVED).reset_index()


def _pairs(paid: pd.DataFrame, saved: pd.DataFrame) -> Iterator[tuple[str | None, str]]:
    payers = list(dict.fromkeys(paid.loc[paid["bedrag"] > 0, "budget"]))
    if not payers:
        return
    for saver in dict.fromkeys(saved.loc[saved["netto"] > 0, "budget"]):
        for payer in [one for one in payers if one != saver] or [None]:
            yield payer, saver


def _years(
    plan: Activiteit,
    payer: str | None,
    saver: str,
    paid: pd.DataFrame,
    saved: pd.DataFrame,
    back: pd.DataFrame,
    claims: pd.DataFrame,
) -> pd.DataFrame:
    """Return what both do in each year; without another payer `betaalt` is of who saves."""
    mine = [row for row in saved.itertuples() if row.budget == saver]
    goals = [row.doel for row in mine]
    rows: dict[int, dict[str, float]] = {}

    def add(year: int, name: str, amount: float) -> None:
        rows.setdefault(year, dict.fromkeys(_AMOUNTS, 0.0))[name] += amount

    for row in paid.itertuples():
        if row.budget == (payer or saver):
            add(row.jaar, "betaalt", row.bedrag)
    for row in mine:
        for name in _SAVED:
            add(row.jaar, name, getattr(row, name))
    for row in back.itertuples():
        if row.van == saver and row.naar == (payer or ""):
            add(row.jaar, "terug", row.bedrag)
    numbers: dict[int, list[str]] = {}
    for claim in claims.itertuples():
        held = claim.activiteit == plan.naam and claim.oordeel == pledges.HOLDS
        if held and same(claim.doel, goals):
            numbers.setdefault(claim.jaar, []).append(claim.nummer)
    years = sorted(rows)
    table = pd.DataFrame([rows[year] for year in years], columns=_AMOUNTS, dtype="float64")
    table.insert(0, "jaar", years)
    return table.assign(claims=[" ".join(numbers.get(year, [])) or None for year in years])


def _agreement(
    plans: Plans,
    plan: Activiteit,
    payer: str | None,
    saver: str,
    paid: pd.DataFrame,
    saved: pd.DataFrame,
    by_year: pd.DataFrame,
) -> dict[str, Any]:
    """Return one agreement without its number."""
    of = {b.naam: b for b in plans.budgetten}
    sums = {name: float(by_year[name].sum()) for name in (*_SAVED[1:], "terug")}
    flows = by_year[by_year["terug"] > 0]["jaar"]
    links = [e for e in plan.effecten if same(of[saver].doel, (e.doel,))]
    cost, own = (float(p["bedrag"].sum()) for p in (paid, paid[paid["budget"] == saver]))
    mine = float(by_year["betaalt"].sum())
    to = _part(mine, cost - own) if payer else 1.0  # what may move, moves to all who paid
    room = {
        name: max(float(saved[name].sum()) - cost, 0.0) * _part(sums[name], saved[name].sum()) * to
        for name in ("netto", "voorzichtig")
    }
    return {
        "activiteit": plan.naam,
        "trekker": plan.trekker or None,
        "resultaat": plan.resultaat,
        "budget": payer,
        "houder": of[payer].houder if payer else None,
        "baatbudget": saver,
        "baathouder": of[saver].houder,
        "doel": of[saver].doel,
        "kosten": cost,
        "betaalt": mine if payer else 0.0,
        "baat_betaalt": own,
        **sums,
        "ruimte": room["netto"],
        "ruimte_voorzichtig": room["voorzichtig"],
        "terug_deel": _part(sums["terug"], sums["netto"]),
        "terug_van": flows.min() if len(flows) else None,
        "terug_tot": flows.max() if len(flows) else None,
        "illustratie": plans.illustratie or None,
        **_ground(links),
    }


def _part(one: float, whole: float) -> float:
    return one / whole if whole else 0.0


def _ground(links: list[Effect]) -> Mapping[str, object]:
    """Return what the links of an activity with a goal rest on; the weakest evidence counts."""

    def told(words: Iterator[str]) -> str | None:
        return dutch.join(list(dict.fromkeys(word for word in words if word))) or None

    return {
        "eenheid": told(e.eenheid for e in links),
        "voor_wie": told(e.voor_wie for e in links),
        "mechanisme": " ".join(dict.fromkeys(e.mechanisme for e in links)),
        "bewijs": min(e.bewijs for e in links),
        "kengetal": ";".join(dict.fromkeys(e.kengetal.id for e in links)),
        "prijsjaar": told(str(e.kengetal.jaar) for e in links),
    }
