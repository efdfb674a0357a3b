"""Flows that no source gives per buurt: a count times unit values, with its errors by cause."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from wijkboek_utils import keys, ledger, sources
from wijkboek_utils.estimates import Estimate, error_text, of
from wijkboek_utils.kengetallen import Kengetallen
from wijkboek_utils.regions import INHABITANTS

LANDED = "landing:gemeente"  # what firms of the wijk get of what the gemeente pays outside it


@dataclass(frozen=True)
class Flow:
    """An amount per buurt in EUR a year that moves `van` one sector `naar` another.

    `kengetallen` are the unit values behind it; the other facts are those of the grootboek, per
    buurt or the same for all. A buurt whose amount is missing is booked as `ontbreekt`.
    """

    post: str
    van: str
    naar: str
    domein: str
    amount: Estimate
    kengetallen: tuple[str, ...]
    bron: Any
    bronjaar: Any
    methode: Any = "geraamd"
    sleutel: Any = None
    se_bron: Any = 0.0


def book(flows: Iterable[Flow], buurten: pd.Index, jaar: int) -> pd.DataFrame:
    """Return flows as boekingen; the amounts are in the order of `buurten`."""
    flows = list(flows)
    columns = {
        "buurt": np.tile(buurten.to_numpy(), len(flows)),
        "bedrag": _joined([np.maximum(f.amount.value, 0.0) for f in flows], buurten).round(2),
        "se": _joined([f.amount.se for f in flows], buurten),
        "fouten": np.concatenate([_error_text(f.amount, buurten) for f in flows]),
    }
    for name in ("bron", "bronjaar", "methode", "sleutel", "se_bron"):
        columns[name] = _joined([getattr(f, name) for f in flows], buurten)
    for name in ("post", "van", "naar", "domein"):
        columns[name] = np.repeat([getattr(f, name) for f in flows], len(buurten))
    kengetallen = [";".join(dict.fromkeys(f.kengetallen)) for f in flows]
    columns["kengetal"] = np.repeat(kengetallen, len(buurten))
    table = pd.DataFrame(columns).assign(jaar=jaar, soort="particulier")
    known = table["bedrag"].notna()
    table["methode"] = table["methode"].where(known, "ontbreekt")
    table[["se", "se_bron", "fouten"]] = table[["se", "se_bron", "fouten"]].where(known)
    return ledger.conform(table)


def _joined(values: list[Any], buurten: pd.Index) -> np.ndarray:
    """Return the values of each flow one after another; one value stands for all buurten."""
    aligned = [v.reindex(buurten) if isinstance(v, pd.Series) else v for v in values]
    return np.concatenate([np.broadcast_to(v, len(buurten)) for v in aligned])


def _error_text(amount: Estimate, buurten: pd.Index) -> np.ndarray:
    texts = np.empty(len(buurten), dtype=object)
    texts[:] = error_text(amount, buurten)
    return texts


def estimate(
    indicatoren: pd.DataFrame, kengetallen: Kengetallen, jaar: int, soort: str = "huishoudens"
) -> list[Flow]:
    """Return the flows of `geldstromen.csv` of one `soort`: a count times its kengetallen.

    `indicatoren` as `cbs.indicators`. Of each post the first row is used whose count is known; a
    single buurt without it is estimated from its inhabitants, with an error of its own. What the
    kengetal `aandeel` says goes to `deel_naar`, the rest `naar`.
    """
    rules = sources.read_project_table("geldstromen").query("soort == @soort")
    buurten, counts = keys.per_buurt(indicatoren)
    found: list[Flow] = []
    for _, rows in rules.groupby("post", sort=False):
        for rule in rows.itertuples():
            amount = amounts(rule, counts, kengetallen, f"aantal {rule.post}")
            if amount is not None:
                source = origin(rule.aantal, buurten, jaar)
                used = tuple(rule.kengetallen.split(";"))
                found += by_place(rule, amount, used, source, kengetallen)
                break
    return found


def origin(formula: str, buurten: pd.DataFrame, jaar: int = 0) -> tuple[str, int]:
    """Return the sources and the newest year of the figures of a count; `jaar` when it has none."""
    facts = keys.provenance(formula, buurten)
    years = facts["jaren"].split(";")
    return facts["bronnen"] or "kengetallen", int(years[-1]) if years[-1] else jaar


def amounts(
    rule: Any, counts: pd.DataFrame, kengetallen: Kengetallen, cause: str
) -> Estimate | None:
    """Return per buurt a count times its kengetallen.

    `rule` has `aantal`, `kengetallen`, `eenheden` and `fout` (of the count, shared by all buurten
    as `cause`); `counts` as `keys.per_buurt`. None when the count is not there at all; missing in a
    buurt of which not even inhabitants are known.
    """
    found = counted(rule.aantal, counts, float(rule.fout), cause)
    if found is None:
        return None
    for name, unit in zip(rule.kengetallen.split(";"), rule.eenheden.split(";"), strict=True):
        found = found * of(kengetallen.get(name, unit))
    return found


def counted(formula: str, counts: pd.DataFrame, fout: float, cause: str) -> Estimate | None:
    """Return a count per buurt; None when its figures are not there at all.

    Where a single buurt misses it, it follows the inhabitants in the ratio of the others.
    """
    values = keys.evaluate(formula, counts)
    if values is None:
        return None
    count = keys.fill(values, counts[INHABITANTS])
    guessed = keys.FILL_ERROR * values.isna() * count
    return Estimate(count, {cause: fout * count, f"{cause}, bijgeschat": guessed})


def by_place(
    rule: Any,
    amount: Estimate,
    used: tuple[str, ...],
    source: tuple[Any, Any],
    kengetallen: Kengetallen,
) -> list[Flow]:
    """Return an amount as one flow, or as the part that lands with another sector and the rest.

    `rule` has `post`, `van`, `naar`, `domein`, `deel_naar`, `aandeel`; `source` is source and year.
    """
    if not rule.aandeel:
        return [Flow(rule.post, rule.van, rule.naar, rule.domein, amount, used, *source)]
    share, used = of(kengetallen.get(rule.aandeel, "aandeel")), (*used, rule.aandeel)
    parts = ((rule.deel_naar, amount * share), (rule.naar, amount * (1 - share)))
    facts = (rule.post, rule.van)
    return [Flow(*facts, naar, rule.domein, part, used, *source) for naar, part in parts]


def read(boekingen: pd.DataFrame, buurten: pd.Index) -> list[Flow]:
    """Return estimated boekingen as flows again; a buurt without a boeking has 0."""
    found = []
    facts = ["post", "van", "naar", "domein", "kengetal"]
    for (post, van, naar, domein, used), rows in boekingen.groupby(facts, observed=True):
        amount, first = estimate_of(rows, buurten), rows.iloc[0]
        unknown = buurten.isin(rows.loc[rows["bedrag"].isna(), "buurt"])
        amount = replace(amount, value=amount.value.mask(unknown))
        source = (tuple(used.split(";")), first["bron"], first["bronjaar"])
        found.append(Flow(post, van, naar, domein, amount, *source))
    return found


def estimate_of(boekingen: pd.DataFrame, buurten: pd.Index) -> Estimate:
    """Return boekingen added up per buurt, with the errors that they name.

    The error of a key has the name of that key.
    """
    value = boekingen.groupby("buurt")["bedrag"].sum(min_count=1).reindex(buurten).fillna(0.0)
    amount = Estimate(value, named_per_buurt(boekingen.set_index("buurt"), buurten))
    boekingen = boekingen.reset_index(drop=True)
    named = (ledger.named_errors(boekingen)["fout"] ** 2).groupby(level=0).sum()
    rest = boekingen["se"] ** 2 - named.reindex(boekingen.index).fillna(0.0)
    spread = boekingen.assign(se=np.sqrt(rest.clip(lower=0)))
    spread = spread[(spread["se"] > 0) & (spread["fouten"].isna() | spread["sleutel"].notna())]
    for cause, rows in spread.groupby(
        ledger.KEY_CAUSE + spread["sleutel"].fillna("").astype("str")
    ):
        error = rows.groupby("buurt")["se"].sum().reindex(buurten).fillna(0.0)
        amount = amount.because(str(cause), error)
    return amount


def named_per_buurt(rows: pd.DataFrame, buurten: pd.Index) -> dict[str, pd.Series]:
    """Return by cause the errors that rows name, added up per buurt; 0 where none does.

    `rows` is indexed by buurt.
    """
    if "fouten" not in rows:
        return {}
    found = ledger.named_errors(rows)
    table = found.groupby([found.index, "cause"])["fout"].sum().unstack("cause")
    table = table.reindex(buurten).fillna(0.0)
    return {str(cause): table[cause] for cause in table}


def total(flows: Iterable[Flow], **facts: str | Sequence[str]) -> Estimate:
    """Return flows added up, of those whose facts begin so: `total(flows, post="toeslag:")`."""
    starts = {k: tuple([v] if isinstance(v, str) else v) for k, v in facts.items()}
    chosen = [f for f in flows if all(getattr(f, k).startswith(v) for k, v in starts.items())]
    return sum((f.amount for f in chosen), Estimate(0.0))
