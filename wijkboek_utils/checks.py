"""Checks that close the books: what must hold to the cent, and what only differs by rounding."""

import pandas as pd

from wijkboek_utils import dutch
from wijkboek_utils import ledger as books
from wijkboek_utils.allocate import RESERVES, published_sign

HOLDS, ROUNDED, BROKEN = "klopt", "verschil door afronding", "klopt niet"
IN_SOURCE = "verschil in de bron"
CENT = 0.005
_SIDES = {"lasten": "Uitgaven", "baten": "Inkomsten"}


def by_taakveld(boekingen: pd.DataFrame) -> pd.Series:
    """Return municipal boekingen added up as published: indexed by taakveld and side, in EUR."""
    rows = boekingen[boekingen["post"].str.startswith("iv3:")]
    signed = rows["bedrag"] * published_sign(rows)
    parts = rows["post"].str.split(":", expand=True)
    return signed.groupby([parts[1], parts[2]]).sum().rename_axis(["taakveld", "kant"])


def conservation(sets: pd.DataFrame, iv3: pd.DataFrame) -> list[dict]:
    """Return, per key set and side, whether buurten and rest give back every taakveld."""
    rows = []
    for name, boekingen in sets.groupby("set", sort=False):
        found = by_taakveld(boekingen)
        for kant in ("lasten", "baten"):
            published = iv3.set_index("taakveld")[kant]
            sums = found.xs(kant, level="kant").reindex(published.index).fillna(0.0)
            services = ~published.index.isin(RESERVES)
            rows.append(
                _row(
                    f"{_SIDES[kant]} zonder reserves en resultaat: alle buurten samen, sleutels "
                    f"«{name}» (euro)",
                    published[services].sum(),
                    sums[services].sum(),
                    HOLDS if (sums - published).abs().max() < CENT else BROKEN,
                )
            )
    return rows


def double_entry(account: pd.DataFrame) -> list[dict]:
    """Return whether over all sectors what comes in equals what goes out."""
    sums = books.balances(account)[["in", "uit"]].sum()
    verdict = HOLDS if abs(sums["in"] - sums["uit"]) < CENT else BROKEN
    return [
        _row(
            "Alle sectoren samen: wat erin komt, tegen wat eruit gaat (euro)",
            sums["in"],
            sums["uit"],
            verdict,
        )
    ]


def additivity(boekingen: pd.DataFrame, gebied: pd.DataFrame) -> list[dict]:
    """Return whether the books of the wijken and the rest add up to those of the gemeente."""
    groups = gebied["wijk"].fillna("rest").set_axis(gebied["buurt"])
    parts = 0.0
    for group in groups.unique():
        inside = (groups == group).astype(float)
        parts += books.totals(boekingen, inside, [])["bedrag"].fillna(0.0).sum()
    whole = books.totals(boekingen, groups.map(lambda _: 1.0), [])["bedrag"].sum()
    verdict = HOLDS if abs(parts - whole) < 1.0 else BROKEN
    return [_row("Alle wijken en de rest samen, tegen de gemeente (euro)", whole, parts, verdict)]


def rounding(indicatoren: pd.DataFrame, topics: dict[str, str]) -> list[dict]:
    """Return counts of the gemeente beside the sum of its buurten; CBS rounds each buurt."""
    rows = []
    for topic, name in topics.items():
        figures = indicatoren[indicatoren["onderwerp"] == topic]
        whole = figures.loc[figures["soort"] == "Gemeente", "waarde"].sum(min_count=1)
        parts = figures.loc[figures["soort"] == "Buurt", "waarde"].sum(min_count=1)
        if pd.isna(whole) or pd.isna(parts):
            continue
        year = figures["jaar"].iloc[0]
        blank = int(figures.loc[figures["soort"] == "Buurt", "waarde"].isna().sum())
        missing = f" en {dutch.plural(blank, 'buurt', 'buurten')} zonder cijfer" if blank else ""
        verdict = HOLDS if whole == parts else ROUNDED + missing
        rows.append(
            _row(f"{name} in {year}: gemeente, tegen de som van de buurten", whole, parts, verdict)
        )
    return rows


def closing(iv3: pd.DataFrame) -> list[dict]:
    """Return whether the published accounts close once reserves and result are counted.

    No law of ours: CBS publishes thousands, and a gemeente may file what does not close.
    """
    lasten, baten = iv3["lasten"].sum(), iv3["baten"].sum()
    name = "De rekening in de bron: uitgaven tegen inkomsten, met reserves en resultaat (euro)"
    return [_row(name, lasten, baten, HOLDS if abs(lasten - baten) < CENT else IN_SOURCE)]


def _row(name: str, expected: float, found: float, verdict: str) -> dict:
    return {"controle": name, "verwacht": expected, "gevonden": found, "oordeel": verdict}


def enforce(rows: list[dict]) -> pd.DataFrame:
    """Return the checks as a table with `verschil`, or raise naming the laws that do not hold."""
    table = pd.DataFrame(rows)
    table["verschil"] = (table["gevonden"] - table["verwacht"]).round(2)
    broken = table.loc[table["oordeel"] == BROKEN, "controle"].tolist()
    if broken:
        raise books.LedgerError(f"de boeken sluiten niet: {broken}")
    return table
