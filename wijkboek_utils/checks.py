"""Checks that close the books: what must hold to the cent, and what only differs by rounding."""

import numpy as np
import pandas as pd

from wijkboek_utils import dutch, several, wijkrekening
from wijkboek_utils import ledger as books
from wijkboek_utils.allocate import RESERVES, by_taakveld

HOLDS, ROUNDED, BROKEN = "klopt", "verschil door afronding", "klopt niet"
IN_SOURCE = "verschil in de bron"
UNEXPLAINED = "meer dan afronding: niet iedereen is in een buurt ingedeeld"
CENT = 0.005
_CONSERVED = ["set", "buurt", "post", "van", "bedrag"]  # what adding up the accounts takes
_SIDES = {"lasten": "Uitgaven", "baten": "Inkomsten"}


def conservation(boekingen: pd.DataFrame, iv3: pd.DataFrame, name: str) -> list[dict]:
    """Return, for lasten and baten, whether buurten and rest give back every taakveld.

    Of several gemeenten (`iv3` as `iv3.read_all`) each is checked on its own, under its code.
    """
    if "gemeente" in iv3:
        own = several.split(boekingen)
        return [
            row
            for gemeente, account in iv3.groupby("gemeente")
            for row in conservation(
                own[str(gemeente)], account.drop(columns="gemeente"), f"{name}, {gemeente}"
            )
        ]
    found = by_taakveld(boekingen)
    rows = []
    for kant, side in _SIDES.items():
        published = iv3.set_index("taakveld")[kant]
        sums = found[found.index.get_level_values("kant") == kant].droplevel("kant")
        sums = sums.reindex(published.index).fillna(0.0)
        services = ~published.index.isin(RESERVES)
        rows.append(
            _row(
                f"{side} zonder reserves en resultaat: alle buurten samen, {name} (euro)",
                published[services].sum(),
                sums[services].sum(),
                HOLDS if (sums - published).abs().max() < CENT else BROKEN,
            )
        )
    return rows


def every_set(sets: pd.DataFrame, iv3: pd.DataFrame) -> list[dict]:
    """Return the checks of `conservation` for each of the rival key sets."""
    return [
        row
        for name, boekingen in sets[_CONSERVED].groupby("set", sort=False)
        for row in conservation(boekingen, iv3, f"sleutels «{name}»")
    ]


def income(boekingen: pd.DataFrame, inkomen: pd.DataFrame) -> list[dict]:
    """Return whether benefits and the kinds of income together are the income of each buurt."""
    flows = boekingen[(boekingen["naar"] == "huishoudens") & (boekingen["bedrag"] > 0)]
    flows = flows[flows["post"].str.startswith(("inkomen:", "iv3:"))]
    booked = flows.groupby("buurt")["bedrag"].sum()
    benefits = flows[flows["van"] == "gemeente"].groupby("buurt")["bedrag"].sum()
    known = inkomen.dropna(subset="bedrag").set_index("buurt")["bedrag"]
    if known.empty:  # CBS publishes income later than the rest of a year
        return []
    # Where benefits exceed the income that CBS publishes, they stand alone.
    expected = known.clip(lower=benefits.reindex(known.index).fillna(0.0))
    found = booked.reindex(known.index).fillna(0.0)
    verdict = HOLDS if (expected - found).abs().max() < 2 * CENT else BROKEN
    name = "Inkomen van huishoudens: de boekingen, tegen de tabel inkomen (euro)"
    return [_row(name, expected.sum(), found.sum(), verdict)]


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


def closed(flows: pd.DataFrame) -> list[dict]:
    """Return whether the accounts that must close do; `flows` as `wijkrekening.close`."""
    rows = []
    for name in wijkrekening.closable(flows.set_index(wijkrekening.LINE)):
        into = flows.loc[flows["naar"] == name, "sluitend"].sum()
        out = flows.loc[flows["van"] == name, "sluitend"].sum()
        verdict = HOLDS if abs(into - out) < 2 * CENT else BROKEN
        rows.append(_row(f"Gesloten rekening van {name}: in tegen uit (euro)", into, out, verdict))
    return rows


def additivity(boekingen: pd.DataFrame, gebied: pd.DataFrame) -> list[dict]:
    """Return whether the books of all wijken and the rest together hold every boeking."""
    # Only amounts are added up: what makes them unsure need not be read.
    buurt, buurten = pd.factorize(boekingen["buurt"])
    found = gebied.set_index("buurt")["wijk"].fillna("rest").reindex(buurten)
    wijken = pd.Categorical(found).take(buurt)
    rows = boekingen.assign(wijk=wijken, fouten=np.nan)
    everywhere = pd.Series(1.0, index=gebied["buurt"])
    parts = books.totals(rows, everywhere, ["wijk"])["bedrag"].sum()
    whole = boekingen["bedrag"].sum()
    verdict = HOLDS if abs(parts - whole) < 1.0 else BROKEN
    return [_row("Alle wijken en de rest samen, tegen het grootboek (euro)", whole, parts, verdict)]


def rounding(indicatoren: pd.DataFrame, topics: dict[str, str]) -> list[dict]:
    """Return counts of each gemeente beside the sum of its buurten; CBS rounds each buurt."""
    found = several.split(indicatoren)
    if len(found) > 1:
        named = {g: {t: f"{n} van {g}" for t, n in topics.items()} for g in found}
        return [row for gemeente, own in found.items() for row in rounding(own, named[gemeente])]
    rows = []
    for topic, name in topics.items():
        figures = indicatoren[indicatoren["onderwerp"] == topic]
        whole = figures.loc[figures["soort"] == "Gemeente", "waarde"].sum(min_count=1)
        parts = figures.loc[figures["soort"] == "Buurt", "waarde"].sum(min_count=1)
        if pd.isna(whole) or pd.isna(parts):
            continue
        year = figures["jaar"].iloc[0]
        blank = int(figures.loc[figures["soort"] == "Buurt", "waarde"].isna().sum())
        n = int((figures["soort"] == "Buurt").sum())
        verdict = _verdict(abs(whole - parts), n, blank, whole)
        rows.append(
            _row(f"{name} in {year}: gemeente, tegen de som van de buurten", whole, parts, verdict)
        )
    return rows


def _verdict(difference: float, n: int, blank: int, whole: float) -> str:
    """Return what explains the difference between a gemeente and the sum of its n buurten."""
    if not difference:
        return HOLDS
    if blank:
        return f"verschil door {dutch.plural(blank, 'buurt', 'buurten')} zonder cijfer"
    # CBS rounds to fives: a sum of n figures is off by about 5 * sqrt(n / 12), seldom by 3 times.
    if difference <= 3 * 5 * np.sqrt(n / 12):
        return ROUNDED
    # Some people are registered in the gemeente and in no buurt; more than a few means lost rows.
    return UNEXPLAINED if difference <= 0.01 * whole else BROKEN


def closing(iv3: pd.DataFrame) -> list[dict]:
    """Return whether the published accounts close once reserves and result are counted.

    No law of ours: CBS publishes thousands, and a gemeente may file what does not close. Of several
    gemeenten each is checked on its own.
    """
    rows = []
    for gemeente, own in iv3.groupby(iv3.get("gemeente", pd.Series("", iv3.index))):
        lasten, baten = own["lasten"].sum(), own["baten"].sum()
        source = f"in de bron van {gemeente}" if gemeente else "in de bron"
        name = f"De rekening {source}: uitgaven tegen inkomsten, met reserves en resultaat (euro)"
        verdict = HOLDS if abs(lasten - baten) < CENT else IN_SOURCE
        rows.append(_row(name, lasten, baten, verdict))
    return rows


def _row(name: str, expected: float, found: float, verdict: str) -> dict:
    return {"controle": name, "verwacht": expected, "gevonden": found, "oordeel": verdict}


def enforce(rows: list[dict]) -> pd.DataFrame:
    """Return the checks as a table with `verschil`, or raise naming the laws that do not hold."""
    table = pd.DataFrame(rows)
    # What is left below a cent has a sign by chance: 0 has none.
    table["gevonden"] = table["gevonden"].where(table["gevonden"].abs() >= 0.005, 0.0)
    table["verschil"] = (table["gevonden"] - table["verwacht"]).round(2) + 0.0
    broken = table.loc[table["oordeel"] == BROKEN, "controle"].tolist()
    if broken:
        raise books.LedgerError(f"de boeken sluiten niet: {broken}")
    return table
