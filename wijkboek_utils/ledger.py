"""The grootboek: its schema, its rules, and totals of it with their standard error.

`se` is the standard error of a boeking in EUR. `se_bron` is the part of it that comes from the
source amount itself (CBS rounds), not from the key that spread it: it stays when all buurten of a
spread amount are added up again, where the error of the key is gone. `fouten` names the causes of
`se` that other boekingen share: `aow_per_persoon=1200.00;aantal inkomen:aow=300.00` says how many
EUR the boeking moves when that kengetal or count is one standard error higher. What `fouten` leaves
of `se` is the boeking's own.
"""

from typing import TypeAlias

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
    "fouten": "str",
    "bron": "str",
    "bronjaar": "Int64",
}
OPTIONAL = ["sleutel", "kengetal", "fouten", "se_bron"]
KEY_CAUSE = "sleutel:"  # before the id of a key that is the cause of an error
WEIGHT_CAUSE = "gewicht:"  # before the code of a buurt of which the share in the area is unsure
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
    amounts, loadings = factors(ledger, weights, by, sign)
    variance = (loadings**2).sum(axis=1) + amounts["eigen"]
    amounts.insert(1, "se", np.sqrt(variance).where(amounts["bedrag"].notna()))
    # Amounts are whole cents; what is left below that is noise of adding floats.
    table = amounts.drop(columns="eigen").round(2).reset_index()
    return table if by else table.drop(columns="gebied")


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
    rows = _rows(ledger, weights, sign)
    if not by:
        rows, by = rows.assign(gebied="gebied"), ["gebied"]
    entries = named_errors(rows)
    named = (entries["fout"] ** 2).groupby(level=0).sum().reindex(rows.index).fillna(0.0)
    rows["rest"] = np.sqrt((rows["se"] ** 2 - rows["se_bron"] ** 2 - named).clip(lower=0))
    keyed, source, ratio = _key_errors(rows, by)
    plain = rows[rows["cause"] == ""]
    whole = rows[(rows["cause"] != "") & ~rows["spread"]]
    # A key that spread one amount and is taken out of another moves both by the same measure.
    measure = pd.MultiIndex.from_arrays([rows["gemeente"].loc[entries.index], entries["cause"]])
    scale = ratio.reindex(measure).fillna(1.0).to_numpy() * entries["fout"]
    signed = rows["weight"] * rows["sign"]
    parts = [
        keyed,
        whole[[*by, "cause"]].assign(fout=whole["rest"] * signed[whole.index]),
        rows.loc[entries.index, by].assign(
            cause=entries["cause"], fout=scale * signed[entries.index]
        ),
        _weight_errors(rows, by),
    ]
    linear = pd.concat(parts).groupby([*by, "cause"], observed=True)["fout"].sum()
    loadings = linear.unstack(fill_value=0.0)
    own = (plain["rest"] * plain["weight"]) ** 2
    own += (plain["se_bron"] * plain["weight"]) ** 2
    frame = rows.assign(
        bedrag=rows["bedrag"] * signed,
        eigen=own.reindex(rows.index).fillna(0.0),
        onbekend=rows["bedrag"].isna(),
    )
    groups = frame.groupby(by, observed=True)
    # Of nothing known the sum is unknown.
    amounts = groups[["bedrag"]].sum(min_count=1).join(groups[["eigen", "onbekend"]].sum())
    amounts["eigen"] = amounts["eigen"].add(source, fill_value=0.0)
    return amounts, loadings.reindex(amounts.index, fill_value=0.0)


_FLOW = ["post", "van", "naar", "domein"]  # with its key: one amount that was spread


def _rows(ledger: pd.DataFrame, weights: Weights, sign: pd.Series | None) -> pd.DataFrame:
    """Return the boekingen of an area with `weight` and its error `unsure`, `sign`, `cause`,
    `spread` and `whole`.
    """
    share, unsure = weights_of(weights)
    spread = (ledger["methode"] == "verdeeld").to_numpy()
    frame = ledger.assign(
        weight=ledger["buurt"].map(share).fillna(0.0).astype(float),
        unsure=ledger["buurt"].map(unsure).fillna(0.0).astype(float),
        sign=1.0 if sign is None else sign.astype(float),
        spread=spread,
        cause=(KEY_CAUSE + ledger["sleutel"]).where(spread, ledger["kengetal"]).fillna(""),
        gemeente=ledger["buurt"].str[2:6],
        whole=np.nan,
    )
    # What names the errors of its kengetallen has nothing left that others share.
    frame["cause"] = frame["cause"].mask(frame["fouten"].notna() & ~spread, "")
    flow = ["gemeente", *_FLOW, "cause", "sign"]
    sums = frame[spread].groupby(flow, observed=True)["bedrag"].transform("sum")
    frame.loc[spread, "whole"] = sums
    return frame[frame["weight"] > 0].reset_index(drop=True)


def _weight_errors(rows: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Return what amounts move when the weight of their buurt is one standard error higher."""
    unsure = rows[(rows["unsure"] != 0) & rows["bedrag"].notna()]
    fout = unsure["bedrag"] * unsure["unsure"] * unsure["sign"]
    return unsure[by].assign(cause=WEIGHT_CAUSE + unsure["buurt"], fout=fout)


def named_errors(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the errors that boekingen name, on their index: `cause`, `fout` in EUR, signed."""
    named = rows["fouten"].dropna().astype("str").str.split(";").explode()
    parts = named.str.rsplit("=", n=1, expand=True).reindex(columns=[0, 1])
    return pd.DataFrame({"cause": parts[0], "fout": parts[1].astype(float)})


def error_text(errors: pd.DataFrame) -> pd.Series:
    """Return `named_errors` as text again, one for each of their index; see `fouten`."""
    amounts = errors["fout"].map("{:.2f}".format).astype("str")
    texts = errors["cause"].astype("str") + "=" + amounts
    return texts.groupby(level=0, sort=False).agg(";".join)


def _key_errors(rows: pd.DataFrame, by: list[str]) -> tuple[pd.DataFrame, pd.Series, pd.Series]:
    """Return the errors of what keys spread.

    Of the keys: `by`, `cause`, `fout` in EUR; of the sources that were spread: the variance for
    each of `by`; and by gemeente and cause how much of the errors of the buurten is left for the
    area. Each buurt's error already holds the share outside that buurt; here that outside the area.
    """
    part = rows["bedrag"] * rows["weight"]
    spread = rows.assign(
        part=part,
        outside=part * (1 - rows["bedrag"] / rows["whole"]),
        fout=rows["rest"] * rows["weight"],
        source=rows["se_bron"] * rows["weight"],
    )[rows["spread"]]
    keys = list(dict.fromkeys([*by, "gemeente", *_FLOW, "cause", "sign"]))
    groups = spread.groupby(keys, observed=True)
    sums = groups[["part", "outside", "fout", "source"]].sum()
    flows = sums.join(groups["whole"].first()).reset_index()
    outside = flows["part"] * (1 - flows["part"] / flows["whole"])
    left = flows["fout"] * (outside / flows["outside"]).where(flows["outside"] > 0, 0.0)
    where = [flows["gemeente"], flows["cause"]]
    before = flows["fout"].groupby(where).sum()
    ratio = left.groupby(where).sum() / before.where(before > 0)
    # One amount was spread: its own error is the same for all buurten.
    source = (flows["source"] ** 2).groupby([flows[c] for c in by], observed=True).sum()
    keyed = flows[[*by, "cause"]].assign(fout=left * flows["sign"])
    return keyed, source, ratio.fillna(0.0)


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
