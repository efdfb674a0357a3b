"""Bring an amount of the gemeente down to its buurten by verdeelsleutels, to the cent."""

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from wijkboek_utils import ledger, sources
from wijkboek_utils.regions import rest_of

SETS = {
    "beredeneerd": "per taak een eigen sleutel",
    "gemeentefonds": "de verdeling van het gemeentefonds",
    "inwoners": "alles naar inwoners",
}
DEFAULT_SET = "beredeneerd"
NO_KEY = "geen"
OVERHEAD = "0.4"
# Money into and out of reserves and the year's result are no service; land development is none a year.
RESERVES = ["0.10", "0.11"]
LAND_DEVELOPMENT = "8.2"
_FILL = "AantalInwoners"  # what an unknown buurt is estimated from
_FILL_ERROR = 0.5  # extra relative error of a buurt whose count CBS does not publish


@dataclass(frozen=True)
class Keys:
    """The verdeelsleutels of one gemeente.

    `shares`: a row per sleutel that the data allows, a column per buurt; a row adds up to 1.
    `errors`: the same shape, the relative standard error of each share.
    `table`: a row per defined sleutel: the columns of `sleutels.csv`, what it was made of
    (`onderwerpen`, `jaren`, `bronnen`) and `bijgeschat`, the number of buurten estimated.
    """

    shares: pd.DataFrame
    errors: pd.DataFrame
    table: pd.DataFrame

    def resolve(self, sleutel: str) -> str:
        """Return the sleutel itself, or the first stand-in in its chain that the data allows."""
        while sleutel not in self.shares.index:
            sleutel = str(self.table.at[sleutel, "terugval"])
            if sleutel in ("", "nan", "None"):
                return NO_KEY
        return sleutel


def build_keys(indicatoren: pd.DataFrame, definitions: pd.DataFrame | None = None) -> Keys:
    """Return the keys that the figures of a gemeente allow.

    `indicatoren` as from `cbs.indicators`. A key whose figures are all missing is left out of
    `shares`; where single buurten miss a figure, they are estimated from their inhabitants in the
    ratio of the other buurten, with a wider error, and counted in `bijgeschat`.
    """
    if definitions is None:
        definitions = sources.read_project_table("sleutels")
    definitions = definitions.set_index("sleutel")
    buurten = indicatoren[indicatoren["soort"] == "Buurt"]
    counts = buurten.pivot(index="gebied", columns="onderwerp", values="waarde").sort_index()
    shares, errors, facts = {}, {}, {}
    for sleutel, row in definitions.iterrows():
        if row["mengsel"]:
            continue
        facts[sleutel] = _provenance(row["formule"], buurten)
        values = _evaluate(row["formule"], counts)
        if values is None:
            continue
        filled = _fill(values, counts[_FILL])
        if filled.sum() > 0:
            shares[sleutel] = filled / filled.sum()
            estimated = values.isna() & (filled > 0)
            errors[sleutel] = np.hypot(float(row["fout"]), _FILL_ERROR * estimated)
            facts[sleutel]["bijgeschat"] = int(estimated.sum())
    for sleutel, row in definitions[definitions["mengsel"] != ""].iterrows():
        parts = [p.split(":") for p in row["mengsel"].split(";")]
        facts[sleutel] = _merge([facts[p] for p, _ in parts])
        if all(p in shares for p, _ in parts):
            shares[sleutel] = sum(shares[p] * float(weight) for p, weight in parts)
            errors[sleutel] = pd.Series(float(row["fout"]), index=counts.index)
    table = definitions.join(pd.DataFrame.from_dict(facts, orient="index"))
    table["fout"] = table["fout"].astype(float)
    return Keys(_frame(shares, counts.index), _frame(errors, counts.index), table)


def _frame(rows: dict, columns: pd.Index) -> pd.DataFrame:
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


def _evaluate(formula: str, counts: pd.DataFrame) -> pd.Series | None:
    """Return a formula over the counts per buurt, or None when a figure is not there at all."""
    try:
        values = counts.eval(formula)
    except pd.errors.UndefinedVariableError:
        return None
    values = values.replace([np.inf, -np.inf], np.nan).clip(lower=0)
    return None if values.isna().all() else values


def _fill(values: pd.Series, proxy: pd.Series) -> pd.Series:
    """Return values with unknown buurten estimated from `proxy` in the ratio of known buurten."""
    known = values.notna() & proxy.notna()
    ratio = values[known].sum() / proxy[known].sum() if proxy[known].sum() else 0.0
    return values.fillna(proxy * ratio).fillna(0.0)


def _provenance(formula: str, buurten: pd.DataFrame) -> dict:
    """Return which figures, years and sources a formula uses."""
    rows = buurten[buurten["onderwerp"].isin(_topics(formula))]
    return {
        "onderwerpen": ";".join(sorted(rows["onderwerp"].unique())),
        "jaren": ";".join(str(j) for j in sorted(rows["jaar"].unique())),
        "bronnen": ";".join(sorted(rows["bron"].unique())),
        "bijgeschat": 0,
    }


def _topics(formula: str) -> set[str]:
    """Return the CBS names that a formula uses."""
    return set(re.findall(r"[A-Za-z_]\w*", formula))


def _merge(facts: list[dict]) -> dict:
    """Return the provenance of a key that is mixed from others."""
    texts = ["onderwerpen", "jaren", "bronnen"]
    merged: dict = {
        t: ";".join(sorted({w for f in facts for w in f[t].split(";") if w})) for t in texts
    }
    return merged | {"bijgeschat": max(f["bijgeschat"] for f in facts)}


def gemeentefonds_keys(indicatoren: pd.DataFrame, rates: pd.DataFrame) -> pd.DataFrame:
    """Return the key definitions that follow from the gemeentefonds, one per cluster.

    `rates` is the published table (amount per unit of each maatstaf, by cluster). A cluster's
    weight of a buurt is the sum of its units times their amounts, over the maatstaven that CBS
    counts per buurt. Amounts below zero are left out: a key cannot go below nothing. Columns as
    `sleutels.csv`; ids are `gf:<cluster>`.
    """
    units = sources.read_project_table("maatstaven").set_index("codering")
    counted = indicatoren[(indicatoren["soort"] == "Buurt") & indicatoren["waarde"].notna()]
    known = set(counted["onderwerp"])
    rows = []
    rates = rates.dropna(subset="Codering maatstaf").set_index("Codering maatstaf")
    for cluster in rates.columns.drop(["circulaire", "Naam maatstaf"]):
        amounts = pd.to_numeric(rates[cluster])
        terms = [
            f"{amounts[code]} * ({unit})"
            for code, unit in units["formule"].items()
            if amounts[code] > 0 and _topics(unit) <= known
        ]
        if terms:
            rows.append(
                {
                    "sleutel": f"gf:{cluster}",
                    "naam": f"gemeentefonds: {cluster.lower()}",
                    "formule": " + ".join(terms),
                    "mengsel": "",
                    "terugval": "",
                    "fout": "0.25",
                    "fout_grond": "oordeel",
                    "reden": "Zo verdeelt het Rijk geld over gemeenten.",
                }
            )
    return pd.DataFrame(rows)


def spread_cents(cents: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Return whole amounts that add up to each of `cents` exactly, in proportion to `shares`.

    `cents`: n whole amounts of at least 0; `shares`: n rows that each add up to 1. The cents that
    rounding down leaves go to the largest remainders (Hamilton), the first column first.
    """
    exact = cents[:, None] * shares
    floors = np.floor(exact)
    left = cents - floors.sum(axis=1)
    if ((left < 0) | (left > shares.shape[1])).any():
        raise ValueError("the shares of an amount do not add up to 1")
    order = np.argsort(floors - exact, axis=1, kind="stable")
    rank = np.argsort(order, axis=1, kind="stable")
    return floors + (rank < left[:, None])


def overhead_shares(iv3: pd.DataFrame) -> pd.Series:
    """Return how overhead (0.4) belongs to the other taakvelden: shares that add up to 1.

    In proportion to their salaries (L1.1); to their lasten above 0 where no salaries are given.
    """
    others = iv3[~iv3["taakveld"].isin([OVERHEAD, *RESERVES])].set_index("taakveld")
    basis = others["salarissen"].clip(lower=0).fillna(0.0)
    if basis.sum() == 0:
        basis = others["lasten"].clip(lower=0)
    return (basis / basis.sum())[basis > 0]


def amounts(iv3: pd.DataFrame, rules: pd.DataFrame) -> pd.DataFrame:
    """Return the accounts as amounts to spread: `taakveld`, `kant`, `domein`, `sleutel`, `cluster`,
    `van`, `naar`, `euro` (signed as published).

    `rules` is `taakvelden.csv`. Lasten of which a part is salaries are split: salaries go to the
    buitenwereld, the rest to the `ontvanger`. Overhead gets the domein and key of the taakvelden it
    supports. Amounts of one taakveld and side add up to the published amount, to the cent.
    """
    unknown = sorted(set(iv3["taakveld"]) - set(rules["taakveld"]))
    if unknown:
        raise KeyError(f"taakvelden.csv kent deze taakvelden niet: {unknown}")
    own = iv3[iv3["taakveld"] != OVERHEAD].merge(
        rules.drop(columns="reden"), on="taakveld", how="left", validate="1:1"
    )
    wages = own["salarissen"].fillna(0.0).clip(0, own["lasten"].clip(lower=0))
    wages = wages.where(own["ontvanger"] == "huishoudens", 0.0)
    lasten = own.assign(
        kant="lasten", van="gemeente", naar=own["ontvanger"], euro=own["lasten"] - wages
    )
    salaries = own.assign(kant="lasten", van="gemeente", naar="buitenwereld", euro=wages)
    baten = own.assign(kant="baten", van=own["betaler"], naar="gemeente", euro=own["baten"])
    parts = [lasten, salaries, baten, _overhead_amounts(iv3, rules)]
    table = pd.concat(parts, ignore_index=True)
    columns = ["taakveld", "kant", "domein", "sleutel", "cluster", "van", "naar", "euro"]
    return table.loc[table["euro"] != 0, columns].reset_index(drop=True)


def _overhead_amounts(iv3: pd.DataFrame, rules: pd.DataFrame) -> pd.DataFrame:
    shares = overhead_shares(iv3)
    target = rules.set_index("taakveld").loc[shares.index, ["domein", "sleutel", "cluster"]]
    groups = target.assign(share=shares).groupby(["domein", "sleutel", "cluster"])["share"].sum()
    published = iv3.set_index("taakveld").reindex([OVERHEAD])[["lasten", "baten"]].fillna(0).iloc[0]
    frames = []
    for kant, van, naar in [
        ("lasten", "gemeente", "buitenwereld"),
        ("baten", "buitenwereld", "gemeente"),
    ]:
        cents = np.rint(np.array([abs(published[kant]) * 100]))
        parts = spread_cents(cents, groups.to_numpy()[None, :])[0] / 100
        frame = groups.reset_index().assign(kant=kant, van=van, naar=naar)
        frames.append(frame.assign(taakveld=OVERHEAD, euro=parts * np.sign(published[kant])))
    return pd.concat(frames, ignore_index=True)


def key_of_set(table: pd.DataFrame, key_set: str, keys: Keys) -> pd.Series:
    """Return the key that each amount gets in a set: beredeneerd, gemeentefonds or inwoners.

    What belongs to no buurt keeps no key in every set. A cluster that the gemeentefonds figures do
    not reach falls back to the reasoned key.
    """
    reasoned = table["sleutel"].map(lambda s: s if s == NO_KEY else keys.resolve(s))
    if key_set == "inwoners":
        return reasoned.where(reasoned == NO_KEY, "inwoners")
    if key_set == "gemeentefonds":
        national = "gf:" + table["cluster"]
        return reasoned.where((reasoned == NO_KEY) | ~national.isin(keys.shares.index), national)
    return reasoned


def spread(table: pd.DataFrame, sleutels: pd.Series, keys: Keys, gemeente: str) -> pd.DataFrame:
    """Return `table` with one row per buurt: `buurt`, `bedrag` (EUR, >= 0), `teken`, `sleutel`, `se`.

    What has no key is booked under the rest of the gemeente. `teken` is -1 where the published
    amount is below zero. The amounts of each row of `table` add up to it, to the cent.
    """
    names = [*keys.shares.columns, rest_of(gemeente)]
    shares = keys.shares.assign(**{rest_of(gemeente): 0.0})
    shares.loc[NO_KEY] = [0.0] * len(keys.shares.columns) + [1.0]
    errors = keys.errors.assign(**{rest_of(gemeente): 0.0})
    errors.loc[NO_KEY] = 0.0
    share = shares.loc[sleutels].to_numpy()
    cents = np.rint(np.abs(table["euro"].to_numpy()) * 100)
    bedrag = spread_cents(cents, share) / 100
    se = bedrag * (1 - share) * errors.loc[sleutels].to_numpy()
    wide = table.assign(sleutel=sleutels.to_numpy(), teken=np.sign(table["euro"]).astype(int))
    long = wide.loc[wide.index.repeat(len(names))].reset_index(drop=True)
    long["buurt"] = np.tile(names, len(table))
    long["bedrag"], long["se"] = bedrag.ravel(), se.ravel()
    return long[long["bedrag"] > 0].reset_index(drop=True)


def split_owners(boekingen: pd.DataFrame, indicatoren: pd.DataFrame) -> pd.DataFrame:
    """Return the boekingen with payer `eigenaren` divided over who owns the dwellings of a buurt.

    Owner-occupiers are huishoudens, corporations instellingen, other landlords bedrijven. Where CBS
    does not say what kind of landlord it is, the landlords' part is booked under buitenwereld.
    """
    owners = boekingen["van"] == "eigenaren"
    shares = owner_shares(indicatoren).reindex(boekingen.loc[owners, "buurt"])
    cents = np.rint(boekingen.loc[owners, "bedrag"].to_numpy() * 100)
    parts = spread_cents(cents, shares.to_numpy()) / 100
    frames = [boekingen[~owners]]
    for i, payer in enumerate(shares.columns):
        rows = boekingen[owners].assign(van=payer, bedrag=parts[:, i])
        rows["se"] *= shares[payer].to_numpy()
        frames.append(rows[rows["bedrag"] > 0])
    return pd.concat(frames, ignore_index=True)


def owner_shares(indicatoren: pd.DataFrame) -> pd.DataFrame:
    """Return per buurt the share of dwellings by kind of owner; each row adds up to 1.

    Columns are sectors: huishoudens, instellingen, bedrijven, buitenwereld. A buurt without a
    figure gets that of the gemeente.
    """
    topics = ["Koopwoningen", "InBezitWoningcorporatie", "InBezitOverigeVerhuurders"]
    rows = indicatoren[indicatoren["onderwerp"].isin(topics)]
    percent = rows.pivot(index="gebied", columns="onderwerp", values="waarde").reindex(
        columns=topics
    )
    percent.columns = ["huishoudens", "instellingen", "bedrijven"]
    whole = percent[percent.index.str.startswith("GM")].iloc[0]
    percent = percent[percent.index.str.startswith("BU")]
    # A buurt takes all its percentages from the gemeente or none: a mixture does not add up to 100.
    incomplete = percent.loc[:, whole.notna()].isna().any(axis=1)
    percent.loc[incomplete] = whole.to_numpy()
    percent = percent.fillna(0.0)
    percent["buitenwereld"] = (100 - percent.sum(axis=1)).clip(lower=0)
    return percent.div(percent.sum(axis=1), axis=0)


def book(spread_rows: pd.DataFrame, jaar: int, bron: str, keys: Keys) -> pd.DataFrame:
    """Return spread municipal amounts as boekingen in the form of the grootboek.

    The post is `iv3:<taakveld>:<lasten|baten>`. A negative published amount swaps `van` and `naar`;
    it can be told by its post: lasten that come in, or baten that go out.
    """
    swap = spread_rows["teken"] < 0
    used = keys.table["bronnen"].reindex(spread_rows["sleutel"]).fillna("").to_numpy()
    boekingen = spread_rows.assign(
        jaar=jaar,
        van=spread_rows["van"].where(~swap, spread_rows["naar"]),
        naar=spread_rows["naar"].where(~swap, spread_rows["van"]),
        post="iv3:" + spread_rows["taakveld"] + ":" + spread_rows["kant"],
        soort="publiek",
        # What stays with the gemeente as a whole is published for it and spread over nothing.
        methode=np.where(spread_rows["sleutel"] == NO_KEY, "gemeten", "verdeeld"),
        sleutel=spread_rows["sleutel"].where(spread_rows["sleutel"] != NO_KEY),
        bron=[";".join(x for x in [bron, *b.split(";")] if x) for b in used],
        bronjaar=jaar,
    )
    keys_of_row = ["buurt", "jaar", "van", "naar", "post", "domein", "soort", "methode", "sleutel"]
    merged = boekingen.groupby([*keys_of_row, "bron", "bronjaar"], dropna=False, as_index=False)
    return ledger.conform(merged[["bedrag", "se"]].sum())


def book_sets(
    table: pd.DataFrame,
    keys: Keys,
    indicatoren: pd.DataFrame,
    gemeente: str,
    jaar: int,
    bron: str,
) -> pd.DataFrame:
    """Return the accounts booked under each of the rival key sets, with the column `set` in front.

    `table` as from `amounts`.
    """
    frames = []
    for name in SETS:
        rows = spread(table, key_of_set(table, name, keys), keys, gemeente)
        frames.append(book(split_owners(rows, indicatoren), jaar, bron, keys))
    return pd.concat(dict(zip(SETS, frames, strict=True)), names=["set"]).reset_index("set")


def keys_used(table: pd.DataFrame, key_set: str, keys: Keys) -> pd.DataFrame:
    """Return per taakveld the key that was asked for and the key that was used in a set.

    Columns: `taakveld`, `gevraagd`, `gebruikt`. Overhead has a row for each key that it follows.
    """
    used = key_of_set(table, key_set, keys)
    asked = table["sleutel"] if key_set == DEFAULT_SET else used
    rows = pd.DataFrame({"taakveld": table["taakveld"], "gevraagd": asked, "gebruikt": used})
    return rows.drop_duplicates(ignore_index=True)


def published_sign(ledger_rows: pd.DataFrame) -> pd.Series:
    """Return 1, or -1 for a boeking whose published amount was below zero (see `book`)."""
    expense = ledger_rows["post"].str.endswith(":lasten")
    out = ledger_rows["van"].astype(str) == "gemeente"
    return pd.Series(np.where(expense == out, 1, -1), index=ledger_rows.index)
