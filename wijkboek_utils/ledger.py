"""The grootboek: its schema, its rules, and totals of it with their standard error.

`se` is the standard error of a boeking in EUR. `se_bron` is the part of it that comes from the
source amount itself (CBS rounds), not from the key that spread it: it stays when all buurten of a
spread amount are added up again, where the error of the key is gone.
"""

import numpy as np
import pandas as pd

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
    "bron": "str",
    "bronjaar": "Int64",
}
OPTIONAL = ["sleutel", "kengetal", "se_bron"]
KEY = ["buurt", "jaar", "post", "van", "naar", "domein", "sleutel", "kengetal"]


class LedgerError(ValueError):
    """The grootboek breaks a rule; the message names the rules and the rows."""


def conform(boekingen: pd.DataFrame) -> pd.DataFrame:
    """Return the boekingen with the columns, types and order of the grootboek, checked."""
    missing = [c for c in COLUMNS if c not in boekingen and c not in OPTIONAL]
    if missing:
        raise LedgerError(f"grootboek mist de kolommen {missing}")
    table = boekingen.reindex(columns=list(COLUMNS)).fillna({"se_bron": 0.0})
    for column, kind in COLUMNS.items():
        if isinstance(kind, pd.CategoricalDtype):  # a word that is no category becomes missing
            text = table[column].astype("str")
            table[column] = text.where(text.isin(kind.categories))
    table = table.astype(COLUMNS)
    return check_ledger(table.sort_values(KEY, ignore_index=True))


def check_ledger(ledger: pd.DataFrame) -> pd.DataFrame:
    """Return `ledger` unchanged, or raise LedgerError naming the rules broken and their rows."""
    unknown = ledger["methode"].isin(WITHOUT_AMOUNT)
    spread = ledger["methode"] == "verdeeld"
    estimated = ledger["methode"] == "geraamd"
    rules = {
        "elke boeking staat er één keer": ~ledger.duplicated(KEY, keep=False),
        "buurt is een CBS-code": ledger["buurt"].str.fullmatch(r"BU\d{4}[0-9A-Z]{4}").fillna(False),
        "van en naar zijn bekende sectoren": ledger["van"].notna() & ledger["naar"].notna(),
        "van en naar verschillen": ledger["van"].astype(str) != ledger["naar"].astype(str),
        "domein en soort zijn bekend": ledger["domein"].notna() & ledger["soort"].notna(),
        "methode is bekend": ledger["methode"].notna(),
        "een bedrag is nul of meer": unknown
        | (ledger["bedrag"] >= 0) & np.isfinite(ledger["bedrag"]),
        "geheim of ontbrekend heeft geen bedrag": ~unknown | ledger["bedrag"].isna(),
        "een bedrag heeft een standaardfout": unknown
        | (ledger["se"] >= 0) & np.isfinite(ledger["se"]),
        "de fout van de bron is deel van de standaardfout": unknown
        | (ledger["se_bron"] >= 0) & (ledger["se_bron"] <= ledger["se"] * (1 + 1e-9)),
        "verdeeld noemt zijn sleutel": ~spread | ledger["sleutel"].notna(),
        "geraamd noemt zijn kengetal": ~estimated | ledger["kengetal"].notna(),
        "bron is ingevuld": ledger["bron"].notna() & (ledger["bron"] != ""),
    }
    broken = {rule: ledger.index[~ok][:10].tolist() for rule, ok in rules.items() if not ok.all()}
    if broken:
        raise LedgerError(f"grootboek breekt {len(broken)} regel(s), eerste rijen: {broken}")
    return ledger


def totals(
    ledger: pd.DataFrame, weights: pd.Series, by: list[str], sign: pd.Series | None = None
) -> pd.DataFrame:
    """Return totals of an area with their standard error.

    `ledger` holds the boekingen of whole gemeenten, `weights` (index: buurt) those of the area.
    One row for each combination of the columns `by`: `bedrag` and `se` in EUR, and `onbekend`, the
    number of boekingen without an amount. A total of only unknown amounts is unknown. `sign` (1 or
    -1, on the index of `ledger`) gives net totals.

    Errors are perfectly correlated within one kengetal or key, and independent across keys and
    between measured boekingen. A key only moves money between buurten: what is spread over the
    gemeente is as certain for the gemeente as its source. Hence the error of a key for an area is
    that of its buurten together, times the share of the amount that falls outside the area.
    """
    key_error = np.sqrt((ledger["se"] ** 2 - ledger["se_bron"] ** 2).clip(lower=0))
    rows = ledger[[*dict.fromkeys([*by, *_FLOW, "bedrag", "se_bron"])]].assign(
        key_error=key_error,
        cause=ledger["kengetal"].fillna(ledger["sleutel"]).fillna(""),
        spread=ledger["methode"] == "verdeeld",
        weight=ledger["buurt"].map(weights).fillna(0.0).astype(float),
        sign=1.0 if sign is None else sign.astype(float),
    )
    flow = [*_FLOW, "cause", "spread", "sign"]
    rows["whole"] = rows.groupby(flow, observed=True)["bedrag"].transform("sum")
    rows = rows[rows["weight"] > 0]
    part = rows["bedrag"] * rows["weight"]
    rows = rows.assign(
        part=part,
        outside=part * (1 - rows["bedrag"] / rows["whole"]),
        error=rows["key_error"] * rows["weight"],
        source=rows["se_bron"] * rows["weight"],
        square=(rows["key_error"] * rows["weight"]) ** 2,
        onbekend=rows["bedrag"].isna(),
    )
    keys = [*dict.fromkeys([*by, *flow])]
    sums = {c: "sum" for c in ["outside", "error", "source", "square", "onbekend"]}
    flows = rows.groupby(keys, observed=True).agg({"part": _sum, "whole": "first", **sums})
    return _combine(flows.reset_index(), by)


_FLOW = ["post", "van", "naar", "domein"]  # with its key: one amount that was spread


def _sum(values: pd.Series) -> float:
    """Add up what is known; of nothing known the sum is unknown."""
    return values.sum(min_count=1)


def _combine(flows: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Add up flows that have one cause each: linear within a cause, in quadrature across causes."""
    # Each buurt's error already holds the share outside that buurt; take that outside the area.
    outside = flows["part"] * (1 - flows["part"] / flows["whole"])
    correction = (outside / flows["outside"]).where(flows["outside"] > 0, 0.0)
    correlated = flows["cause"] != ""
    flows = flows.assign(
        bedrag=flows["part"] * flows["sign"],
        linear=(flows["error"] * correction.where(flows["spread"], 1.0) * flows["sign"]).where(
            correlated, 0.0
        ),
        square=flows["square"].where(~correlated, 0.0) + flows["source"] ** 2,
    )
    if not by:
        flows, by = flows.assign(gebied="gebied"), ["gebied"]
    causes = flows.groupby([*by, "cause"], observed=True).agg(
        {"bedrag": _sum, "linear": "sum", "square": "sum", "onbekend": "sum"}
    )
    causes["variance"] = causes["linear"] ** 2 + causes["square"]
    result = causes.groupby(by, observed=True).agg(
        {"bedrag": _sum, "variance": "sum", "onbekend": "sum"}
    )
    result["se"] = np.sqrt(result["variance"]).where(result["bedrag"].notna())
    # Amounts are whole cents; what is left below that is noise of adding floats.
    return result[["bedrag", "se", "onbekend"]].round(2).reset_index()


def wijkrekening(ledger: pd.DataFrame, weights: pd.Series) -> pd.DataFrame:
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
