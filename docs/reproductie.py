"""Redo three published results with the code of Wijkboek, and print the tables of reproductie.md.

Run with `python -m docs.reproductie`. What was published stands in reproductie.csv, with its
address; nothing of it is used to compute our side but what the table says.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from wijkboek_utils import allocate, cbs, dutch, iv3, keys, ledger, multipliers, regions, sources

PUBLISHED = Path(__file__).with_suffix(".csv")
WIJK, GEMEENTE, JAAR = "WK008050", "GM0080", 2023
WEEKS = 52
_90 = 1.6449  # standard errors on each side that hold 90 % of a normal distribution


def published(case: str) -> pd.DataFrame:
    """Return what was published of one case: `naam`, `onderdeel` and `waarde`."""
    table = pd.read_csv(PUBLISHED, dtype={"onderdeel": str})
    return table[table["geval"] == case].reset_index(drop=True)


def _values(case: str) -> pd.Series:
    return published(case).set_index("naam")["waarde"]


def benefits() -> pd.DataFrame:
    """Return the share of a wijk in the bijstand of its gemeente: by ours, by heads, and counted.

    `aandeel` between 0 and 1, with `laag` and `hoog` of the 90 % interval where we have one;
    `bedrag` is what that makes of taakveld 6.3 to households, in EUR in 2023.
    """
    figures = cbs.indicators(GEMEENTE, JAAR)
    found = keys.build_keys(figures)
    amounts = allocate.amounts(
        iv3.read(GEMEENTE, JAAR), sources.read_project_table("taakvelden")
    ).query("taakveld == '6.3'")
    bron = iv3.source(GEMEENTE, JAAR).id
    sets = allocate.book_sets(amounts, found, figures, GEMEENTE, JAAR, bron)
    areas = cbs.areas(GEMEENTE).query("soort == 'Buurt'").rename(columns={"gebied": "buurt"})
    weight = regions.weights(areas, [WIJK]).set_index("buurt")["gewicht"]
    paid = sets[(sets["naar"] == "huishoudens") & sets["post"].str.endswith("lasten")]
    whole = paid[paid["set"] == "beredeneerd"]["bedrag"].sum()
    rows = []
    for naam, chosen in {"Wijkboek": "beredeneerd", "alleen inwoners": "inwoners"}.items():
        ours = paid[paid["set"] == chosen].drop(columns="set")
        total = ledger.totals(ours, weight, ["post"]).iloc[0]
        margin = _90 * total["se"]
        ends = [max(0.0, (total["bedrag"] + side * margin) / whole) for side in (-1, 1)]
        rows.append((naam, total["bedrag"] / whole, *ends))
    told = _values("bijstand")
    for year in (2018, 2019):
        share = told[f"wijk {year}"] / told[f"gemeente {year}"]
        rows.append((f"geteld in {year}", share, np.nan, np.nan))
    table = pd.DataFrame(rows, columns=["naam", "aandeel", "laag", "hoog"])
    return table.assign(bedrag=table["aandeel"] * whole)


def account(spent: float, outside: float, leak: float) -> pd.DataFrame:
    """Return the account of a place where only residents and firms have money.

    Residents spend a share `spent` of their income, of which `outside` elsewhere; of what firms
    then take in, `leak` leaves the place and the rest is income of residents.
    """
    local = spent * (1 - outside)
    rows = [
        ("huishoudens", "bedrijven", local),
        ("huishoudens", "buitenwereld", spent * outside),
        ("huishoudens", "vermogen", 1 - spent),
        ("bedrijven", "huishoudens", local * (1 - leak)),
        ("bedrijven", "buitenwereld", local * leak),
    ]
    return pd.DataFrame(rows, columns=["van", "naar", "bedrag"]).assign(se=0.0)


def residents_only(flows: pd.DataFrame) -> pd.DataFrame:
    """Return an account in which residents pay each other what firms pass on, and no firm is."""
    to_firms, back = (
        flows.query(f"van == '{a}' and naar == '{b}'")["bedrag"].sum()
        for a, b in (("huishoudens", "bedrijven"), ("bedrijven", "huishoudens"))
    )
    rows = [
        ("huishoudens", "huishoudens", back),
        ("huishoudens", "buitenwereld", to_firms - back),
        *flows.query("van == 'huishoudens' and naar != 'bedrijven'")[
            ["van", "naar", "bedrag"]
        ].itertuples(index=False),
    ]
    return pd.DataFrame(rows, columns=["van", "naar", "bedrag"]).assign(se=0.0)


def leaks() -> pd.DataFrame:
    """Return for places of five sizes the multiplier as published and as we find it.

    `inkomen` counts the income of residents, as the publication does, with `laag` and `hoog` by
    what the rounding of its shares leaves open; `alles` counts what firms take in as well, as our
    reports do; `weg` is the share of the spending of residents that leaves at once.
    """
    told = published("lekken").pivot(index="onderdeel", columns="naam", values="waarde")
    told = told.set_index(told.index.astype(int)).sort_index()
    rows = []
    for size, row in told.iterrows():
        flows = account(row["uitgegeven"], row["bewoners"], row["bedrijven"])
        ends = []
        for side in (-1, 1):
            half = 0.005 * side  # the shares are printed in whole percents
            moved = (row["uitgegeven"] + half, row["bewoners"] - half, row["bedrijven"] - half)
            ends.append(_income(account(*moved)))
        every = multipliers.local_multiplier(flows)["huishoudens"]
        gone = multipliers.leakage(flows).set_index("sector").loc["huishoudens", "aandeel"]
        rows.append((size, row["multiplier"], _income(flows), *ends, every, gone))
    columns = ["inwoners", "gepubliceerd", "inkomen", "laag", "hoog", "alles", "weg"]
    return pd.DataFrame(rows, columns=columns)


def _income(flows: pd.DataFrame) -> float:
    found = multipliers.local_multiplier(residents_only(flows), ["huishoudens"])
    return float(found["huishoudens"])


def groceries() -> pd.DataFrame:
    """Return what a town spends on food, in millions of pounds a year: as published and as found.

    `cijfers` is the number of decimals that the publication prints.
    """
    told = _values("boodschappen")
    whole = told["per huishouden"] * told["huishoudens"] * WEEKS / 1e6
    large = whole * told["supermarkt"]
    paid = told["supermarkt per huishouden"] * told["huishoudens"] * WEEKS / 1e6
    rows = [
        ("alle boodschappen", told["totaal"], whole, 0),
        ("in supermarkten, als aandeel", told["totaal supermarkt"], large, 1),
        ("in supermarkten, per huishouden", told["totaal supermarkt"], paid, 1),
        ("in supermarkten, in de lopende tekst", told["totaal supermarkt in de tekst"], large, 0),
        ("een tiende van alle boodschappen", told["een tiende"], whole / 10, 0),
    ]
    table = pd.DataFrame(rows, columns=["wat", "gepubliceerd", "gevonden", "cijfers"])
    rounded = [round(v, n) for v, n in zip(table["gevonden"], table["cijfers"], strict=True)]
    return table.assign(gelijk=np.isclose(rounded, table["gepubliceerd"]))


def tables() -> list[str]:
    """Return the three tables as Markdown, in the order of the page."""
    return [_benefits_table(), _leaks_table(), _groceries_table()]


def _markdown(head: list[str], rows: list[list[str]]) -> str:
    line = "|".join(["---"] + ["---:"] * (len(head) - 1))
    return "\n".join(
        [f"| {' | '.join(head)} |", f"|{line}|", *(f"| {' | '.join(r)} |" for r in rows)]
    )


def _benefits_table() -> str:
    rows = []
    for row in benefits().itertuples():
        spread = "" if pd.isna(row.laag) else dutch.percents(row.laag, row.hoog)
        share = dutch.percent(row.aandeel, 1)
        rows.append([row.naam, share, spread, dutch.about(row.bedrag)])
    return _markdown(["verdeling", "deel van de wijk", "90 %-marge", "bedrag in 2023"], rows)


def _leaks_table() -> str:
    rows = []
    for row in leaks().itertuples():
        exact = round(row.inkomen, 2) == row.gepubliceerd
        fits = row.laag < row.gepubliceerd + 0.005 and row.hoog > row.gepubliceerd - 0.005
        rows.append(
            [
                dutch.number(row.inwoners),
                dutch.number(row.gepubliceerd, 2),
                dutch.number(row.inkomen, 2),
                f"{dutch.number(row.laag, 2)} tot {dutch.number(row.hoog, 2)}",
                "gelijk" if exact else "past" if fits else "past niet",
                dutch.number(row.alles, 2),
                dutch.percent(row.weg),
            ]
        )
    head = ["inwoners", "gepubliceerd", "gevonden", "met afronding", "oordeel"]
    return _markdown([*head, "met bedrijven erbij", "lekt meteen weg"], rows)


def _groceries_table() -> str:
    rows = [
        [
            row.wat,
            dutch.number(row.gepubliceerd, row.cijfers),
            dutch.number(row.gevonden, 2),
            "gelijk" if row.gelijk else "niet gelijk",
        ]
        for row in groceries().itertuples()
    ]
    return _markdown(["in miljoen pond per jaar", "gepubliceerd", "gevonden", "oordeel"], rows)


if __name__ == "__main__":
    print("\n\n".join(tables()))
