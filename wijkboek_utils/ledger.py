"""The grootboek: its schema, its rules, and totals of it with their standard error.

`se` is the standard error of a boeking in EUR. `se_bron` is the part of it that comes from the
source amount itself (CBS rounds), not from the key that spread it: it stays when all buurten of a
spread amount are added up again, where the error of the key is gone. `fouten` names the causes of
`se` that other boekingen share: `aow_per_persoon=1200.00;aantal inkomen:aow=300.00` says how many
EUR the boeking moves when that kengetal or count is one standard error higher. What `fouten` leaves
of `se` is the boeking's own.
"""

import re
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import pandas as pd

from wijkboek_utils import sums

SECTOREN = [
    "huishoudens",
    "bedrijven",
    "instellingen",
    "gemeente",
    "rijk",
    "buitenwereld",
    "vermogen",
]
DOMEINEN = [
    "wonen",
    "zorg",
    "energie",
    "afval",
    "groen",
    "onderwijs",
    "werk en inkomen",
    "mobiliteit",
    "veiligheid",
    "cultuur en sport",
    "voedsel",
    "bestuur",
    "overig",
]
SOORTEN = ["publiek", "privaat", "particulier"]
METHODEN = ["gemeten", "verdeeld", "geraamd", "lokaal", "geheim", "ontbreekt"]
WITHOUT_AMOUNT = ["geheim", "ontbreekt"]

COLUMNS = {
    "buurt": "str",
    "jaar": "int64",
    "van": pd.CategoricalDtype(SECTOREN),
    "naar": pd.CategoricalDtype(SECTOREN),
    "post": "str",
    "domein": pd.CategoricalDtype(DOMEINEN),
    "soort": pd.CategoricalDtype(SOORTEN),
    "bedrag": "float64",
    "se": "float64",
    "se_bron": "float64",
    "methode": pd.CategoricalDtype(METHODEN),
    "sleutel": "str",
    "kengetal": "str",
    "fouten": "str",
    "bron": "str",
    "bronjaar": "Int64",
}
OPTIONAL = ["sleutel", "kengetal", "fouten", "se_bron"]
KEY_CAUSE, WEIGHT_CAUSE = sums.KEY_CAUSE, sums.WEIGHT_CAUSE
_BUURT = re.compile(r"BU\d{4}[0-9A-Z]{4}")
KEY = ["buurt", "jaar", "post", "van", "naar", "domein", "sleutel", "kengetal"]

# Of an area, by buurt: certain, or a table with `gewicht` and its standard error `fout`.
Weights: TypeAlias = pd.Series | pd.DataFrame


class LedgerError(ValueError):
    """The grootboek breaks a rule; the message names the rules and the rows."""


def conform(boekingen: pd.DataFrame) -> pd.DataFrame:
    """Return the boekingen with the columns, types and order of the grootboek, checked."""
    missing = [c for c in COLUMNS if c not in boekingen and c not in OPTIONAL]
    if missing:
        raise LedgerError(f"grootboek mist de kolommen {missing}")
    given = {c: boekingen[c] if c in boekingen else _nothing(boekingen, c) for c in COLUMNS}
    given["se_bron"] = given["se_bron"].astype(float).fillna(0.0)
    typed = {column: _typed(given[column], kind) for column, kind in COLUMNS.items()}
    places = _places(typed)
    order = np.argsort(places, kind="stable")
    columns = {name: column.array.take(order) for name, column in typed.items()}
    return _checked(pd.DataFrame(columns, copy=False), places[order])


def _nothing(boekingen: pd.DataFrame, column: str) -> pd.Series:
    return pd.Series(np.nan, boekingen.index, COLUMNS[column])


def _typed(column: pd.Series, kind: str | pd.CategoricalDtype) -> pd.Series:
    """Return a column in its type; a word that is no category becomes missing."""
    if column.dtype == kind:
        return column
    if isinstance(kind, str):
        return column.astype(kind)
    number, words = sums.coded(column)
    places = np.append(kind.categories.get_indexer([str(word) for word in words]), -1)
    return pd.Series(pd.Categorical.from_codes(places[number], dtype=kind), column.index)


def _places(ledger: pd.DataFrame | dict[str, pd.Series]) -> np.ndarray:
    """Return a number for each boeking in the order of `KEY`; what is missing comes last."""
    columns = [sums.numbered(ledger[column]) for column in KEY]
    return sums.together(
        len(columns[0][0]), [((number - 1) % size, size) for number, size in columns]
    )


def check_ledger(ledger: pd.DataFrame) -> pd.DataFrame:
    """Return `ledger` unchanged, or raise LedgerError naming the rules broken and their rows."""
    return _checked(ledger, _places(ledger))


def _checked(ledger: pd.DataFrame, places: np.ndarray) -> pd.DataFrame:
    """Return the same as `check_ledger`; `places` as `_places` of its boekingen."""
    van, naar, methode = (_typed(ledger[c], COLUMNS[c]).array for c in ("van", "naar", "methode"))
    bedrag, se, se_bron = (ledger[c].to_numpy(float) for c in ("bedrag", "se", "se_bron"))
    unknown = np.isin(methode.codes, methode.categories.get_indexer(WITHOUT_AMOUNT))
    spread, estimated = (methode.codes == METHODEN.index(name) for name in ("verdeeld", "geraamd"))
    there = {c: ledger[c].notna().to_numpy() for c in ("domein", "soort", "sleutel", "kengetal")}
    kind, first = sums.kinds(places)
    rules = {
        "elke boeking staat er één keer": (np.bincount(kind, minlength=len(first)) == 1)[kind],
        "buurt is een CBS-code": _hold(ledger["buurt"], _BUURT.fullmatch),
        "van en naar zijn bekende sectoren": (van.codes >= 0) & (naar.codes >= 0),
        "van en naar verschillen": van.codes != naar.codes,
        "domein en soort zijn bekend": there["domein"] & there["soort"],
        "methode is bekend": methode.codes >= 0,
        "een bedrag is nul of meer": unknown | (bedrag >= 0) & np.isfinite(bedrag),
        "geheim of ontbrekend heeft geen bedrag": ~unknown | np.isnan(bedrag),
        "een bedrag heeft een standaardfout": unknown | (se >= 0) & np.isfinite(se),
        "de fout van de bron is deel van de standaardfout": unknown
        | (se_bron >= 0) & (se_bron <= se * (1 + 1e-9)),
        "verdeeld noemt zijn sleutel": ~spread | there["sleutel"],
        "geraamd noemt zijn kengetal": ~estimated | there["kengetal"],
        "bron is ingevuld": _hold(ledger["bron"], bool),
    }
    broken = {rule: ledger.index[~ok][:10].tolist() for rule, ok in rules.items() if not ok.all()}
    if broken:
        raise LedgerError(f"grootboek breekt {len(broken)} regel(s), eerste rijen: {broken}")
    return ledger


def _hold(column: pd.Series, test: Callable[[str], object]) -> np.ndarray:
    """Return the same as `sums.holds`; sooner where the test holds of all words, as it should."""
    if all(isinstance(word, str) and test(word) for word in set(column.tolist())):
        return np.ones(len(column), dtype=bool)
    return sums.holds(column, test)


def weights_of(weights: Weights) -> tuple[pd.Series, pd.Series]:
    """Return the weights of an area and their standard error, by buurt; 0 where they are sure."""
    share = shares(weights)
    return share, weights["fout"] if isinstance(weights, pd.DataFrame) else share * 0.0


def shares(weights: Weights) -> pd.Series:
    """Return the weights of an area alone, by buurt, whether they came with an error or not."""
    return weights if isinstance(weights, pd.Series) else weights["gewicht"]


def totals(
    ledger: pd.DataFrame, weights: Weights, by: list[str], sign: pd.Series | None = None
) -> pd.DataFrame:
    """Return totals of an area with their standard error.

    One row for each combination of the columns `by`: `bedrag` and `se` in EUR, and `onbekend`, the
    number of boekingen without an amount. A total of only unknown amounts is unknown. The arguments
    and what makes a total unsure are those of `factors`.
    """
    found = sums.sums(ledger, *weights_of(weights), by, sign)
    se = np.sqrt((found.loadings**2).sum(axis=1) + found.eigen)
    # Amounts are whole cents; what is left below that is noise of adding floats.
    return found.names.assign(
        bedrag=found.bedrag.round(2),
        se=np.where(np.isnan(found.bedrag), np.nan, se).round(2),
        onbekend=found.onbekend,
    )


def factors(
    ledger: pd.DataFrame, weights: Weights, by: list[str], sign: pd.Series | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return totals of an area, and what makes each of them unsure.

    `ledger` holds the boekingen of whole gemeenten, `weights` (index: buurt) those of the area: a
    series of certain weights, or a table with `gewicht` and `fout`, as `regions.area`. `sign` (1 or
    -1, on the index of `ledger`) gives net totals. Both tables are indexed by `by`.
    The first has `bedrag` in EUR, `eigen` (the variance that a total shares with no other, EUR
    squared) and `onbekend`, the number of boekingen without an amount. The second has a column per
    cause: the EUR that a total moves when that kengetal or key is one standard error off. Totals
    with the same cause move together; that is their covariance.

    A key only moves money between buurten: what is spread over the gemeente is as certain for the
    gemeente as its source. Hence the error of a key for an area is that of its buurten together,
    times the share of the amount that falls outside the area. The error of a weight moves all
    boekingen of its buurt together, and what is outside the area by as much the other way.
    """
    found = sums.sums(ledger, *weights_of(weights), by, sign)
    names = found.names if by else found.names.assign(gebied="gebied").astype("str")
    index = pd.MultiIndex.from_frame(names) if by[1:] else pd.Index(names.iloc[:, 0])
    columns = {"bedrag": found.bedrag, "eigen": found.eigen, "onbekend": found.onbekend}
    causes = pd.Index(found.causes, dtype="str", name="cause")
    return pd.DataFrame(columns, index), pd.DataFrame(found.loadings, index, causes)


def named_errors(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the errors that boekingen name, on their index: `cause`, `fout` in EUR, signed."""
    place, words, cause, fout = sums.parsed(rows["fouten"])
    names = pd.Index(words, dtype="str")[cause]
    return pd.DataFrame({"cause": names, "fout": fout}, index=rows.index[place])


def error_text(errors: pd.DataFrame) -> pd.Series:
    """Return `named_errors` as text again, one for each of their index; see `fouten`."""
    amounts = errors["fout"].map("{:.2f}".format).astype("str")
    texts = errors["cause"].astype("str") + "=" + amounts
    return texts.groupby(level=0, sort=False).agg(";".join)


def wijkrekening(ledger: pd.DataFrame, weights: Weights) -> pd.DataFrame:
    """Return the account of an area: `van`, `naar`, `bedrag`, `se`, `onbekend`, in EUR a year."""
    return totals(ledger, weights, ["van", "naar"])


def balances(account: pd.DataFrame) -> pd.DataFrame:
    """Return per sector what comes `in`, what goes `uit` and the `saldo`, from a wijkrekening.

    All seven sectors have a row; one that nothing is known of has missing amounts.
    """
    sums = {
        "in": account.groupby("naar", observed=True)["bedrag"].sum(min_count=1),
        "uit": account.groupby("van", observed=True)["bedrag"].sum(min_count=1),
    }
    table = pd.DataFrame({k: v.rename_axis("sector") for k, v in sums.items()}).reindex(SECTOREN)
    known = table.notna().any(axis=1)
    table["saldo"] = (table["in"].fillna(0) - table["uit"].fillna(0)).where(known)
    return table.rename_axis("sector").reset_index()
