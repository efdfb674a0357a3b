"""What comes out of the worked cases: who pays, who gains, gross to net, and who stands in the way.

Written in notebook 08 as the tables `voorbeelden` (a row per plan), `voorbeeld_saldi` (per budget),
`voorbeeld_bezit` (what is owned together) and `voorbeeld_verkoop` (a home sold without its land).
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

import pandas as pd

from wijkboek_utils.kengetallen import Kengetallen
from wijkboek_utils.models import (
    cases,
    cashflow,
    market,
    netting,
    ownership,
    refusals,
    resale,
    simulate,
)
from wijkboek_utils.models.cases import Case
from wijkboek_utils.models.ownership import Property
from wijkboek_utils.models.plans import Plans
from wijkboek_utils.models.ranges import Estimate, of

CENTRAL, CAUTIOUS = "netto", "voorzichtig"
TOGETHER = "samen"  # the row of all plans of a case that go on
RESULTS = {
    "voorbeeld": "str",
    "variant": "str",
    "activiteit": "str",
    "gaat_door": "str",
    "kosten": "float64",
    "bruto": "float64",
    "netto": "float64",
    "voorzichtig": "float64",
    "waarde": "float64",
    "waarde_voorzichtig": "float64",
    "laag": "float64",
    "hoog": "float64",
    "kans_op_winst": "float64",
    "terugverdientijd": "float64",
    "terugverdientijd_voorzichtig": "float64",
    "wie": "str",
    "reden": "str",
}
_BALANCE = ["betaalt", "bespaart", "geeft", "krijgt", "saldo"]
BALANCES = dict.fromkeys(["voorbeeld", "variant", "budget", "houder", "doel"], "str")
BALANCES |= dict.fromkeys(_BALANCE, "float64")


def work_out(found: Iterable[Case], getallen: Kengetallen) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the tables `RESULTS` and `BALANCES` of the cases that have plans.

    `kosten`, `bruto` (if it works), `netto` and `voorzichtig` are EUR in the first year; `waarde`
    is the net present value in EUR, with `laag` to `hoog` holding it nine times out of ten. `wie`
    and `reden` say who stands in the way. A balance is EUR over all years. A case with `zonder` in
    its file has a second variant, without that budget. What goes on is decided by `market.solve`.
    """
    net, voet = netting.load(getallen), cashflow.discount(getallen)
    worked = [_worked(case, net, voet) for case in found]
    results = [result for pairs in worked for result, _ in pairs]
    balances = [balance for pairs in worked for _, balance in pairs]
    empty = cashflow.frame([], RESULTS)
    return (
        pd.concat([empty, *results], ignore_index=True)[[*RESULTS]].astype(RESULTS),
        pd.concat([cashflow.frame([], BALANCES), *balances], ignore_index=True)[[*BALANCES]],
    )


@lru_cache(maxsize=64)  # the cases of the publications are the same for every gemeente
def _worked(
    case: Case, net: netting.Netting, voet: float
) -> tuple[tuple[pd.DataFrame, pd.DataFrame], ...]:
    """Return the results and the balances of each variant of a case that has plans."""
    found = []
    for variant, read in _variants(case):
        if read.activiteiten:
            told = {"voorbeeld": case.naam, "variant": variant}
            result, balance = _one(read, net, voet)
            found.append((result.assign(**told), balance.assign(**told)))
    return tuple(found)


def _variants(case: Case) -> Iterable[tuple[str, Plans]]:
    yield "", case.plans
    if budget := case.model.get("zonder"):
        yield f"zonder {budget}", cases.without(case.plans, budget)


def _one(read: Plans, net: netting.Netting, voet: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    savings = cashflow.savings(read, net)
    outcome = market.solve(read, net, voet)
    drawn = simulate.draws(read, outcome.betalingen, net, voet).activiteiten
    goes = outcome.gekozen["activiteit"].tolist()
    drawn[TOGETHER] = drawn[goes].sum(axis=1)
    first = savings[savings["jaar"] == savings.groupby("activiteit")["jaar"].transform("min")]
    money = first.groupby("activiteit")[["bruto", CENTRAL, CAUTIOUS]].sum()
    table = cashflow.judge(read, savings, voet, simulate.summary(drawn))
    cautious = cashflow.judge(read, savings, voet, bedrag=CAUTIOUS)
    table = table.rename(columns={"contante_waarde": "waarde"}).assign(
        waarde_voorzichtig=cautious["contante_waarde"],
        terugverdientijd_voorzichtig=cautious["terugverdientijd"],
        kosten=[a.kosten for a in read.activiteiten],
        gaat_door=["ja" if a.naam in goes else "nee" for a in read.activiteiten],
    )
    table = table.merge(money, on="activiteit", how="left").merge(
        _reasons(read, outcome), on="activiteit", how="left"
    )
    table = pd.concat([table, _together(table, simulate.summary(drawn))], ignore_index=True)
    accounts = cashflow.accounts(read, savings_of(savings, goes), outcome.betalingen, outcome.terug)
    who = ["budget", "houder", "doel"]
    return table, accounts.groupby(who, as_index=False, sort=False)[_BALANCE].sum()


def savings_of(savings: pd.DataFrame, activiteiten: Iterable[str]) -> pd.DataFrame:
    """Return the savings of some activities: what does not go on saves nothing."""
    return savings[savings["activiteit"].isin([*activiteiten])]


def _reasons(read: Plans, outcome: market.Outcome) -> pd.DataFrame:
    """Return the first reason why a plan does not go on: activiteit, wie, reden."""
    return refusals.why(read, outcome).drop_duplicates("activiteit")[["activiteit", "wie", "reden"]]


def _together(table: pd.DataFrame, summary: pd.DataFrame) -> pd.DataFrame:
    """Return the row of all plans that go on; none when that is one plan or nothing."""
    mine = table[table["gaat_door"] == "ja"]
    if len(mine) < 2:
        return table.iloc[:0]
    sums = ["kosten", "bruto", CENTRAL, CAUTIOUS, "waarde", "waarde_voorzichtig"]
    chance = summary[summary["naam"] == TOGETHER].iloc[0]
    row = {"activiteit": TOGETHER, "gaat_door": "ja", **mine[sums].sum()}
    return pd.DataFrame([row | {name: chance[name] for name in ("laag", "hoog", "kans_op_winst")}])


def holdings(found: Iterable[Case], getallen: Kengetallen) -> pd.DataFrame:
    """Return `ownership.RETURNS` of what the cases own together, after the name of the case."""
    rows = [
        ownership.returns(holding(case.model["bezit"], getallen)).assign(voorbeeld=case.naam)
        for case in found
        if "bezit" in case.model
    ]
    return pd.concat(rows, ignore_index=True)[["voorbeeld", *ownership.RETURNS]]


def holding(told: Mapping[str, Any], getallen: Kengetallen) -> Property:
    """Return what a case says of a thing that is owned together, as `ownership` computes with it.

    An estimate is a kengetal with its unit, or a waarde with its laag and hoog.
    """
    values: dict[str, Any] = {
        name: _estimate(name, value, getallen) if isinstance(value, dict) else value
        for name, value in told.items()
    }
    return Property(**values)


def _estimate(name: str, told: Mapping[str, Any], getallen: Kengetallen) -> Estimate:
    if "kengetal" in told:
        return of(getallen.get(told["kengetal"], told["eenheid"]))
    return replace(Estimate(**told), mee=name)


def resales(found: Iterable[Case], getallen: Kengetallen) -> pd.DataFrame:
    """Return `resale.SALES` and `RANGE` of the cases that sell a home, after the name of each."""
    rows = [
        resale.of_case(case.model["verkoop"], getallen).assign(voorbeeld=case.naam)
        for case in found
        if "verkoop" in case.model
    ]
    return pd.concat(rows, ignore_index=True)[["voorbeeld", *resale.SALES, *resale.RANGE]]
