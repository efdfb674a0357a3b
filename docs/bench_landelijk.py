"""Measure the books of a whole country: all flows of all buurten, and totals of any area.

Run with `make bench`. The figures are made up, at the real size (`tests/landelijk.py`). Each size
runs in a process of its own, so that its peak of memory is its own; making the figures up does not
count as computing. Beside it stands what somebody would type in pandas without Wijkboek, over the
same figures: a groupby per taakveld, by inhabitants alone, without cents, errors or households.
"""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tests import landelijk
from wijkboek_utils import (
    allocate,
    bookkeeping,
    firms,
    flows,
    household_flows,
    households,
    income_kinds,
    kengetallen,
    keys,
    ledger,
    sources,
)
from wijkboek_utils.books import Books
from wijkboek_utils.dutch import number
from wijkboek_utils.estimates import Estimate
from wijkboek_utils.flows import Flow
from wijkboek_utils.regions import INHABITANTS, gemeente_of, is_rest
from wijkboek_utils.spread import Spread

ROOT = Path(__file__).resolve().parents[1]
SIZES = [43, 171, landelijk.GEMEENTEN]
NATIONAL = 80_000.0  # income of an average household in the country, in EUR
AREAS = 200


def municipal(country: landelijk.Country) -> Spread:
    """Return the flows of the gemeenten, under the reasoned keys."""
    amounts = allocate.amounts(country.rekeningen, sources.read_project_table("taakvelden"))
    found = keys.build_all(country.indicatoren)
    rows = allocate.spread_all(amounts, found, country.indicatoren)
    return allocate.flows(rows, landelijk.JAAR, landelijk.BRON)


def private(country: landelijk.Country, rows: Spread) -> Iterator[tuple[pd.Index, list[Flow]]]:
    """Yield buurten with the flows of their households, firms and institutions.

    `rows` from `municipal`. Gemeenten of which the same is known are computed at once.
    """
    van, naar = (rows.table[side].to_numpy() for side in ("van", "naar"))
    benefits = allocate.boekingen(some(rows, (van == "gemeente") & (naar == "huishoudens")))
    levied = sums(some(rows, van == "bedrijven"))
    spent = sums(some(rows, (van == "gemeente") & (naar == "buitenwereld")))
    getallen, jaar = kengetallen.load(), landelijk.JAAR
    formulas = [*sources.read_project_table("geldstromen")["aantal"], household_flows.HOUSEHOLDS]
    formulas += [households.INCOME, *(topic for topic, _ in firms.SECTORS.values())]
    for figures in households.alike(country.indicatoren, formulas):
        inkomen = households.in_books(households.income(figures), jaar, getallen)
        buurten = pd.Index(inkomen["buurt"], name="buurt")
        loon = households.book_income(inkomen, benefits[benefits["buurt"].isin(buurten)], jaar)
        found = household_flows.all_flows(inkomen, figures, NATIONAL, getallen, jaar)
        paid = (estimate(table, buurten) for table in (levied, spent))
        found += firms.all_flows(figures, found, *paid, getallen, jaar)
        kinds = [flow for flow in found if flow.post.startswith("inkomen:")]
        others = [flow for flow in found if not flow.post.startswith("inkomen:")]
        loon = loon.set_index("buurt").loc[buurten].reset_index()
        yield buurten, [*income_kinds.split_income(loon, kinds), *others]


def some(rows: Spread, chosen: np.ndarray) -> Spread:
    """Return some rows of the table, with their cells."""
    return replace(rows, cells=rows.cells[chosen[rows.cells["regel"]]])


def sums(rows: Spread) -> pd.DataFrame:
    """Return amounts added up per buurt: `bedrag`, and the error of each key, in EUR."""
    keys_ = pd.Categorical((ledger.KEY_CAUSE + rows.table["sleutel"]).fillna(""))
    cells = rows.cells.assign(cause=keys_[rows.cells["regel"]])
    unsure = cells[cells["se"] > 0].groupby(["plek", "cause"], observed=True)["se"].sum()
    table = cells.groupby("plek")[["bedrag"]].sum().join(unsure.unstack())
    return table.set_axis(rows.buurten[table.index])


def estimate(table: pd.DataFrame, buurten: pd.Index) -> Estimate:
    """Return `sums` of some buurten; the same as `flows.estimate_of` their boekingen."""
    own = table.reindex(buurten).fillna(0.0)
    errors = own.drop(columns="bedrag")
    return Estimate(own["bedrag"], {str(cause): errors[cause] for cause in errors})


def books_of(country: landelijk.Country) -> Books:
    """Return the books of a country: all flows of all buurten."""
    rows = municipal(country)
    return bookkeeping.from_flows(rows, private(country, rows))


def grootboek(country: landelijk.Country) -> pd.DataFrame:
    """Return the same flows in the form of the grootboek, a line for each boeking."""
    rows = municipal(country)
    parts = [
        flows.book(found, buurten, landelijk.JAAR) for buurten, found in private(country, rows)
    ]
    return ledger.conform(pd.concat([allocate.boekingen(rows), *parts], ignore_index=True))


def stock(country: landelijk.Country) -> pd.DataFrame:
    """Return lasten and baten per buurt and taakveld, by inhabitants, as pandas is mostly used."""
    inhabitants = country.indicatoren["onderwerp"] == INHABITANTS
    rows = country.indicatoren[inhabitants & (country.indicatoren["soort"] == "Buurt")]
    people = rows.assign(gemeente=rows["gebied"].map(gemeente_of))
    people["aandeel"] = people.groupby("gemeente")["waarde"].transform(lambda x: x / x.sum())

    def spread(account: pd.DataFrame) -> pd.DataFrame:
        there = people[people["gemeente"] == account["gemeente"].iloc[0]]
        return pd.DataFrame(
            {
                "buurt": there["gebied"],
                "lasten": there["aandeel"] * account["lasten"].sum(),
                "baten": there["aandeel"] * account["baten"].sum(),
            }
        )

    by = ["gemeente", "taakveld"]
    accounts = country.rekeningen.assign(groep=country.rekeningen["gemeente"])
    found = accounts.groupby(by)[["gemeente", "lasten", "baten"]].apply(spread)
    return found.melt(["buurt"], ["lasten", "baten"], ignore_index=False)


def areas(buurten: pd.Index) -> list[pd.Series]:
    """Return the weights of areas drawn at random: some buurten of one gemeente each."""
    random = np.random.default_rng(1)
    groups = [group.to_numpy() for _, group in buurten.to_series().groupby(buurten.str[2:6])]
    found = []
    for one in random.integers(len(groups), size=AREAS):
        own = groups[one]
        chosen = random.choice(own, size=random.integers(1, len(own) + 1), replace=False)
        found.append(pd.Series(1.0, index=chosen))
    return found


def clock(books: Books, weights: pd.Series) -> float:
    """Return how many milliseconds the wijkrekening of an area takes."""
    start = time.perf_counter()
    books.totals(weights, ["van", "naar"])
    return 1000 * (time.perf_counter() - start)


def cpu() -> float:
    """Return the CPU seconds of this process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def measure(gemeenten: int) -> dict[str, Any]:
    """Return what the books of so many gemeenten cost."""
    country = landelijk.country(gemeenten)
    start, wall = cpu(), time.perf_counter()
    books = books_of(country)
    found: dict[str, Any] = {"rekentijd": cpu() - start, "tijd": time.perf_counter() - wall}
    found["geheugen"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    buurten = books.buurten[~is_rest(books.buurten)]
    whole = pd.Series(1.0, index=buurten)
    counts = books.totals(pd.Series(1.0, index=books.buurten), [])
    known = books.known[: len(books.buurten)].sum()
    found |= {"gemeenten": gemeenten, "buurten": len(buurten)}
    found["boekingen"] = int(known + counts["onbekend"].item())
    times = [clock(books, weights) for weights in areas(buurten)]
    found["totaal"] = [float(np.median(times)), float(np.max(times))]
    found["alles"] = float(np.median([clock(books, whole) for _ in range(9)]))
    if gemeenten == SIZES[-1]:
        start = cpu()
        found["stock_boekingen"] = len(stock(country))
        found["stock"] = cpu() - start
    return found


def text(found: list[dict[str, Any]]) -> str:
    """Return the measurements as a section of docs/benchmarks.md."""
    small, whole = found[0], found[-1]
    rows = "\n".join(
        f"| {f['gemeenten']} | {number(f['buurten'])} | {number(f['boekingen'])} "
        f"| {number(f['tijd'], 1)} | {number(f['rekentijd'], 1)} "
        f"| {number(1e6 * f['rekentijd'] / f['boekingen'], 1)} | {number(f['geheugen'])} "
        f"| {number(f['totaal'][0])} | {number(f['totaal'][1])} | {number(f['alles'])} |"
        for f in found
    )
    ours = whole["rekentijd"] / whole["boekingen"]
    theirs = whole["stock"] / whole["stock_boekingen"]
    return f"""Alle geldstromen van alle buurten van heel Nederland, met verzonnen cijfers op ware
grootte. Wij mogen hoogstens 20 seconden rekenen en 1.500 MB gebruiken; een totaal van een gebied
mag 50 milliseconden duren.

| gemeenten | buurten | boekingen | tijd (s) | rekentijd (s) | per boeking (µs) | geheugen (MB) | \
totaal van een gebied: midden (ms) | hoogste (ms) | alles samen (ms) |
| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
{rows}

Van {small["gemeenten"]} naar {whole["gemeenten"]} gemeenten: \
{number(whole["boekingen"] / small["boekingen"], 1)} keer zo veel boekingen, \
{number(whole["rekentijd"] / small["rekentijd"], 1)} keer zo veel rekentijd.

Met alleen pandas (`groupby` en `apply` per taakveld, alles naar inwoners, zonder centen, marges,
huishoudens en bedrijven) kosten {whole["gemeenten"]} gemeenten \
{number(whole["stock"], 1)} seconden voor {number(whole["stock_boekingen"])} bedragen.
Verhouding van de rekentijd per bedrag: {number(ours / theirs, 2)}.
"""


def sizes() -> list[dict[str, Any]]:
    """Return the measurements of each size, in a process of its own."""
    found = []
    for size in SIZES:
        command = [sys.executable, "-m", "docs.bench_landelijk", str(size)]
        done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
        found.append(json.loads(done.stdout.splitlines()[-1]))
    return found


def main() -> None:
    """Print the measurement of the size given, or those of all sizes as a text."""
    print(json.dumps(measure(int(sys.argv[1]))) if len(sys.argv) > 1 else text(sizes()))


if __name__ == "__main__":
    main()
