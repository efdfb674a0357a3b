"""Flows that no source gives per buurt: a count times unit values, with its errors by cause."""

from collections.abc import Iterable, Iterator, Sequence
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
    """Return flows as boekingen; amounts without labels are in the order of `buurten`."""
    flows = list(flows)
    amounts = [f.amount.reindex(buurten) for f in flows]
    texts = [text for amount in amounts for text in error_text(amount, buurten)]
    columns = {
        "buurt": np.tile(buurten.to_numpy(), len(flows)),
        "bedrag": np.maximum(_joined([a.value for a in amounts], buurten), 0.0).round(2),
        "se": _joined([a.se for a in amounts], buurten),
        "fouten": np.array(texts, dtype=object),
    }
    for name in ("bron", "bronjaar", "methode", "sleutel", "se_bron"):
        columns[name] = _joined([getattr(f, name) for f in flows], buurten)
    for name in ("post", "van", "naar", "domein"):
        words = np.array([getattr(f, name) for f in flows], dtype=object)
        columns[name] = words.repeat(len(buurten))
    kengetallen = [";".join(dict.fromkeys(f.kengetallen)) for f in flows]
    columns["kengetal"] = np.array(kengetallen, dtype=object).repeat(len(buurten))
    known = ~np.isnan(columns["bedrag"].astype(float))
    columns["methode"] = np.where(known, columns["methode"], "ontbreekt")
    for name in ("se", "se_bron"):
        columns[name] = np.where(known, columns[name], np.nan)
    columns["fouten"][~known] = None
    return ledger.conform(pd.DataFrame(columns).assign(jaar=jaar, soort="particulier"))


def _joined(values: list[Any], buurten: pd.Index) -> np.ndarray:
    """Return the values of each flow one after another; one value stands for all buurten."""
    aligned = [v.reindex(buurten) if isinstance(v, pd.Series) else v for v in values]
    # Words as objects: numpy would make a text of its own for each buurt.
    parts = [np.asarray(v, dtype=object if isinstance(v, str) else None) for v in aligned]
    return np.concatenate([np.broadcast_to(part, len(buurten)) for part in parts])


def estimate(
    indicatoren: pd.DataFrame, kengetallen: Kengetallen, jaar: int, soort: str = "huishoudens"
) -> list[Flow]:
    """Return the flows of `geldstromen.csv` of one `soort`: a count times its kengetallen.

    `indicatoren` as `cbs.indicators`. Of each post the first row is used whose count is known; a
    single buurt without it is estimated from its inhabitants, with an error of its own. What the
    kengetal `aandeel` says goes to `deel_naar`, the rest `naar`.
    """
    table = sources.read_project_table("geldstromen")
    rules: dict[str, list[Any]] = {}
    for rule in table[table["soort"] == soort].itertuples():
        rules.setdefault(rule.post, []).append(rule)
    buurten, counts = keys.per_buurt(indicatoren)
    origins = keys.origins_of(buurten)
    found: list[Flow] = []
    for rows in rules.values():
        for rule in rows:
            amount = amounts(rule, counts, kengetallen, f"aantal {rule.post}")
            if amount is not None:
                source = origin(rule.aantal, origins, jaar)
                used = tuple(rule.kengetallen.split(";"))
                found += by_place(rule, amount, used, source, kengetallen)
                break
    return found


def origin(formula: str, figures: pd.DataFrame | keys.Origins, jaar: int = 0) -> tuple[str, int]:
    """Return the sources and the newest year of the figures of a count; `jaar` when it has none.

    `figures` as for `keys.provenance`.
    """
    facts = keys.provenance(formula, figures)
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
    facts = ["post", "van", "naar", "domein", "kengetal"]
    group = boekingen.groupby(facts, observed=True).ngroup().to_numpy()
    rows, group = boekingen[group >= 0], group[group >= 0]
    unknown = rows["bedrag"].isna().to_numpy()
    told = list(zip(group[unknown], rows.loc[unknown, "buurt"], strict=True))
    _, first = np.unique(group, return_index=True)
    found = []
    for n, amount in enumerate(_estimates(rows, buurten, group)):
        row = rows.iloc[first[n]]
        missing = buurten.isin([buurt for number, buurt in told if number == n])
        amount = replace(amount, value=amount.value.mask(missing))
        source = (tuple(row["kengetal"].split(";")), row["bron"], row["bronjaar"])
        found.append(Flow(row["post"], row["van"], row["naar"], row["domein"], amount, *source))
    return found


def estimate_of(boekingen: pd.DataFrame, buurten: pd.Index) -> Estimate:
    """Return boekingen added up per buurt, with the errors that they name.

    The error of a key has the name of that key.
    """
    nothing = Estimate(pd.Series(0.0, index=buurten))
    return next(iter(_estimates(boekingen, buurten, np.zeros(len(boekingen), dtype=int))), nothing)


def _estimates(boekingen: pd.DataFrame, buurten: pd.Index, group: np.ndarray) -> list[Estimate]:
    """Return the boekingen of each group as `estimate_of`; groups have numbers from 0."""
    rows = boekingen.reset_index(drop=True)
    place, size = buurten.get_indexer(rows["buurt"]), len(buurten)
    bedrag, se = (rows[c].to_numpy(dtype=float) for c in ("bedrag", "se"))
    count = group.max(initial=-1) + 1
    there = (place >= 0) & ~np.isnan(bedrag)
    cells = group[there] * size + place[there]
    values = np.zeros(count * size)
    # By pandas: it adds up without losing the last digits, on which half a cent may hang.
    sums = pd.Series(bedrag[there]).groupby(cells).sum()
    values[sums.index] = sums
    errors = ledger.named_errors(rows)
    named, cell = errors["fout"].to_numpy(dtype=float), errors.index.to_numpy()
    square = np.bincount(cell, named**2, len(rows))
    rest = np.sqrt(np.maximum(se**2 - square, 0.0))
    # What names its errors and has no key, leaves nothing that others share.
    left = (rest > 0) & (rows["fouten"].isna() | rows["sleutel"].notna()).to_numpy()
    keys_ = ledger.KEY_CAUSE + rows.loc[left, "sleutel"].fillna("").astype("str")
    found = [Estimate(pd.Series(v, index=buurten)) for v in values.reshape(count, size)]
    for n, cause, error in [
        *_by_cause(group[cell], place[cell], errors["cause"], named, size),
        *_by_cause(group[left], place[left], keys_, rest[left], size),
    ]:
        found[n] = found[n].because(cause, error)
    return found


def _by_cause(
    group: np.ndarray, place: np.ndarray, causes: pd.Series, errors: np.ndarray, size: int
) -> Iterator[tuple[int, str, np.ndarray]]:
    """Yield by group and cause the errors added up per buurt; those of no place (-1) are nothing.

    In the order of groups and, within a group, of causes.
    """
    code, names = pd.factorize(causes, sort=True)
    pair, pairs = pd.factorize(group * len(names) + code, sort=True)
    inside = (place >= 0) & ~np.isnan(errors)
    cells = pair[inside] * size + place[inside]
    sums = np.bincount(cells, errors[inside], len(pairs) * size).reshape(-1, size)
    for number, moved in zip(pairs, sums, strict=True):
        yield number // len(names), str(names[number % len(names)]), moved


def named_per_buurt(rows: pd.DataFrame, buurten: pd.Index) -> dict[str, np.ndarray]:
    """Return by cause the errors that rows name, added up per buurt; 0 where none does.

    `rows` is indexed by buurt.
    """
    if "fouten" not in rows:
        return {}
    found = ledger.named_errors(rows)
    place, fout = buurten.get_indexer(found.index), found["fout"].to_numpy(dtype=float)
    group = np.zeros(len(found), dtype=int)
    return {c: e for _, c, e in _by_cause(group, place, found["cause"], fout, len(buurten))}


def total(flows: Iterable[Flow], **facts: str | Sequence[str]) -> Estimate:
    """Return flows added up, of those whose facts begin so: `total(flows, post="toeslag:")`."""
    starts = {k: tuple([v] if isinstance(v, str) else v) for k, v in facts.items()}
    chosen = [f for f in flows if all(getattr(f, k).startswith(v) for k, v in starts.items())]
    return sum((f.amount for f in chosen), Estimate(0.0))
