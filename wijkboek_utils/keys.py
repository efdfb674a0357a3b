"""Verdeelsleutels: shares of the buurten of a gemeente, with their error and their origin."""

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from wijkboek_utils import sources
from wijkboek_utils.regions import INHABITANTS, gemeente_of

NO_KEY = "geen"
FILL_ERROR = 0.5  # extra relative error of a buurt whose count CBS does not publish
MOVED_ERROR = 0.15  # the same of a count converted by area to other boundaries; our judgement


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
            sleutel = self.table.loc[sleutel, "terugval"]
            if not sleutel:
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
    buurten, counts = per_buurt(indicatoren)
    shares, errors, extra, facts = {}, {}, {}, {}
    for sleutel, row in definitions.iterrows():
        if row["mengsel"]:
            continue
        facts[sleutel] = provenance(row["formule"], buurten)
        values = evaluate(row["formule"], counts)
        if values is None:
            continue
        filled = fill(values, counts[INHABITANTS])
        # Where not even inhabitants are known nothing can be said: the key is not to be had.
        if filled.notna().all() and filled.sum() > 0:
            shares[sleutel] = filled / filled.sum()
            estimated = values.isna() & (filled > 0)
            moved = _is_moved(row["formule"], buurten).reindex(counts.index, fill_value=False)
            extra[sleutel] = np.hypot(FILL_ERROR * estimated, MOVED_ERROR * moved)
            errors[sleutel] = np.hypot(float(row["fout"]), extra[sleutel])
            facts[sleutel]["bijgeschat"] = int(estimated.sum())
    for sleutel, row in definitions[definitions["mengsel"] != ""].iterrows():
        parts = [p.split(":") for p in row["mengsel"].split(";")]
        facts[sleutel] = _merge([facts[p] for p, _ in parts])
        if all(p in shares for p, _ in parts):
            shares[sleutel] = sum(shares[p] * float(weight) for p, weight in parts)
            own = sum(extra[p] * float(weight) for p, weight in parts)
            errors[sleutel] = np.hypot(float(row["fout"]), own)
    table = definitions.join(pd.DataFrame.from_dict(facts, orient="index"))
    table["fout"] = table["fout"].astype(float)
    return Keys(_frame(shares, counts.index), _frame(errors, counts.index), table)


def _frame(rows: dict, columns: pd.Index) -> pd.DataFrame:
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


def per_buurt(indicatoren: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the figures of buurten alone: as they are, and a row per buurt, a column per topic."""
    buurten = indicatoren[indicatoren["soort"] == "Buurt"]
    counts = buurten.pivot(index="gebied", columns="onderwerp", values="waarde")
    return buurten, counts.sort_index()


def evaluate(formula: str, counts: pd.DataFrame) -> pd.Series | None:
    """Return a formula over the counts per buurt, or None when a figure is not there at all."""
    try:
        values = counts.eval(formula)
    except pd.errors.UndefinedVariableError:
        return None
    values = values.replace([np.inf, -np.inf], np.nan).clip(lower=0)
    return None if values.isna().all() else values


def fill(values: pd.Series, proxy: pd.Series) -> pd.Series:
    """Return values with unknown buurten estimated from `proxy` in the ratio of known buurten."""
    known = values.notna() & proxy.notna()
    ratio = values[known].sum() / proxy[known].sum() if proxy[known].sum() else 0.0
    return values.fillna(proxy * ratio)


def _is_moved(formula: str, buurten: pd.DataFrame) -> pd.Series:
    """Return of each buurt whether a figure of a formula was converted from other boundaries."""
    if "omgerekend" not in buurten:
        return pd.Series(dtype=bool)
    rows = buurten[buurten["onderwerp"].isin(topics_of(formula))]
    return rows.groupby("gebied")["omgerekend"].any()


def provenance(formula: str, buurten: pd.DataFrame) -> dict:
    """Return which figures, years and sources a formula uses."""
    rows = buurten[buurten["onderwerp"].isin(topics_of(formula))]
    return {
        "onderwerpen": ";".join(sorted(rows["onderwerp"].unique())),
        "jaren": ";".join(str(j) for j in sorted(rows["jaar"].unique())),
        "bronnen": ";".join(sources.ids(rows["bron"].unique())),
        "bijgeschat": 0,
    }


def topics_of(formula: str) -> set[str]:
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
    counts per buurt. Amounts below zero are left out: a key cannot go below nothing. A cluster is
    left out when a maatstaf that it cannot do without (`onmisbaar`) is not counted. Columns as
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
            if amounts[code] > 0 and topics_of(unit) <= known
        ]
        needed = units.index[[cluster in n.split(";") for n in units["onmisbaar"]]]
        complete = all(topics_of(units.loc[code, "formule"]) <= known for code in needed)
        if terms and complete:
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


def owner_shares(indicatoren: pd.DataFrame) -> pd.DataFrame:
    """Return per buurt the share of dwellings by kind of owner; each row adds up to 1.

    Columns are sectors: huishoudens, instellingen, bedrijven, buitenwereld. A buurt without a
    figure gets that of the gemeente.
    """
    topics = ["Koopwoningen", "InBezitWoningcorporatie", "InBezitOverigeVerhuurders"]
    rows = indicatoren[indicatoren["onderwerp"].isin(topics)]
    percent = rows.pivot(index="gebied", columns="onderwerp", values="waarde")
    buurten = sorted(indicatoren.loc[indicatoren["soort"] == "Buurt", "gebied"].unique())
    gemeente = gemeente_of(buurten[0])
    percent = percent.reindex(index=[*buurten, gemeente], columns=topics)
    percent.columns = ["huishoudens", "instellingen", "bedrijven"]
    whole, percent = percent.loc[gemeente], percent.drop(gemeente)
    # A buurt takes all its percentages from the gemeente or none: a mixture does not add up to 100.
    incomplete = percent.loc[:, whole.notna()].isna().any(axis=1)
    percent.loc[incomplete] = whole.to_numpy()
    percent = percent.fillna(0.0)
    percent["buitenwereld"] = (100 - percent.sum(axis=1)).clip(lower=0)
    return percent.div(percent.sum(axis=1), axis=0)
