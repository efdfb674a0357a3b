"""The wijkbedrijf over ten years: what work it gets, what it pays, and when it stands on its own.

A calculation with assumptions, each a kengetal that a pilot may replace; nobody in a wijk decided
it. In prices of one year, without inflation. Hours of volunteers stay hours.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, TypeAlias
from zlib import crc32

import numpy as np
import pandas as pd

from wijkboek_utils import ledger, regions
from wijkboek_utils.kengetallen import Kengetallen
from wijkboek_utils.models import ranges
from wijkboek_utils.models.enterprise_books import (
    CHANCE,
    EURO,
    LEVEL,
    MEASURES,
    PEOPLE,
    Lines,
    Measures,
    Values,
    books,
)
from wijkboek_utils.models.ranges import Estimate

ABLE = ["ja", "deels"]  # the wijk has the people for it, as far as anybody knows
ON_BENEFIT = "mensen met bijstand"
YEARS = 10  # after the year of preparation, which is year 0
PACKAGES = ["id", "naam", "taakveld", "post", "domein", "uren", "uren_laag", "uren_hoog"]
PACKAGES += ["opbrengst", "opbrengst_laag", "opbrengst_hoog", "grond", "bron"]
PLAN = ["jaar", "regel", "soort", "eenheid", "bedrag", "laag", "hoog"]
Facts: TypeAlias = tuple[tuple[str, tuple[Any, ...]], ...]  # a table, by column
Asked: TypeAlias = tuple[tuple[str, Estimate], ...]
OUTCOME = ["maat", "eenheid", "waarde", "laag", "hoog"]

# What the plan rests on: kengetallen `wijkbedrijf_` + name, in these units.
UNITS = {
    "aanloop": "jaar",
    "bereik": "aandeel",
    "declarabel": "aandeel",
    "deel_participatie": "aandeel",
    "deel_vakkracht": "aandeel",
    "kans": "aandeel",
    "kwartiermaken": "euro",
    "lening": "euro",
    "lks_hoogst": "aandeel",
    "lks_opslag": "aandeel",
    "looptijd": "jaar",
    "loonwaarde": "aandeel",
    "materiaal": "aandeel",
    "organisatie": "aandeel",
    "pand": "euro per jaar",
    "participatieloon": "euro per persoon per jaar",
    "rente": "aandeel",
    "scholing": "uur per persoon per jaar",
    "startsubsidie": "euro",
    "synergie": "aandeel",
    "tarief": "euro per uur",
    "uren_baan": "uur per persoon per jaar",
    "uren_participatie": "uur per persoon per jaar",
    "vakantiegeld": "aandeel",
    "vaste_lasten": "euro per jaar",
    "vakkracht": "euro per uur",
    "vrijwilligers": "uur per betaald uur",
    "werkgeverslasten": "aandeel",
    "wijkondernemer": "euro per jaar",
}


def packages(werk: pd.DataFrame, getallen: Kengetallen) -> pd.DataFrame:
    """Return PACKAGES, largest first: paid work that could be done with the wijk, at full size.

    `werk` as `work.inventory`. Only work of which it is said that it can be done with the wijk, and
    that people for it are there. Hours are those of the share that could be done, times the part of
    it that a wijkbedrijf gets when it has grown; `opbrengst` is those hours at its rate, in EUR, or
    what the work costs now where that is less. Work of unknown hours or euros is left out.
    """
    v = values(getallen)
    paid = werk["betaald"].isin(["betaald", "beide"]) & (werk["euro"] > 0) & (werk["uren"] > 0)
    can = (werk["deel"] > 0) & (werk["met_de_wijk"] == "ja") & werk["vermogen"].isin(ABLE)
    found = werk[paid & can].reset_index(drop=True)
    price = np.minimum(v["tarief"].waarde, found["euro"] / found["uren"])
    hours = found["uren"] * found["deel"] * v["bereik"].waarde
    table = (
        found[["id", "naam", "taakveld", "post", "domein", "grond", "bron"]]
        .fillna("")
        .astype("str")
    )
    table = table.assign(uren=hours, opbrengst=hours * price)
    # What is uncertain about the work and about the share is independent: their squares add up.
    for end, sign in (("_laag", -1), ("_hoog", 1)):
        parts = [
            (found[name + end] / found[name] - 1).fillna(0.0) ** 2 for name in ("uren", "deel")
        ]
        table[f"uren{end}"] = hours * (1 + sign * np.sqrt(sum(parts))).clip(lower=0.0)
        table[f"opbrengst{end}"] = table[f"uren{end}"] * price
    table = table.sort_values(["opbrengst", "id"], ascending=[False, True], ignore_index=True)
    return table[PACKAGES]


def values(getallen: Kengetallen) -> dict[str, Estimate]:
    """Return what the plan rests on, by its name in UNITS, and the minimum wage as `minimumloon`.

    Raises Fout when a kengetal is not there or is in another unit.
    """
    wage = ranges.of(getallen.get("uurloon_minimum", "euro per uur"))
    return ranges.read(getallen, UNITS, "wijkbedrijf_") | {"minimumloon": wage}


def case(pakketten: pd.DataFrame, getallen: Kengetallen, jaren: int = YEARS) -> pd.DataFrame:
    """Return PLAN: every line of every year (0 is the preparation) with its range.

    `bedrag` is in `eenheid`: EUR, hours or people; a package that may be refused counts for its
    chance. `kas begin` plus what is `in` less what is `uit` is `kas einde`, each year. The range
    holds nine draws out of ten and the plan itself.
    """
    plan, drawn = _plan(pakketten, getallen, jaren), _draws(pakketten, getallen, jaren)
    rows = [(jaar, *line, *amounts) for line, jaar, *amounts in ranges.by_year(plan, drawn)]
    return pd.DataFrame(rows, columns=PLAN)


def outcome(
    pakketten: pd.DataFrame,
    getallen: Kengetallen,
    measures: Measures = MEASURES,
    jaren: int = YEARS,
) -> pd.DataFrame:
    """Return OUTCOME: what matters of the plan, a row for each of `measures`, with its range.

    `diepste kas` is the lowest the till would go without start-up finance (EUR, never above 0) and
    `jaar van diepste kas` when; `eigen benen` the first year from which no year has a loss, and
    `terugverdiend` the year in which all losses are made up: missing means not within `jaren`.
    `kans eigen benen` and `kans terugverdiend` are how often; `tekort startgeld` is what the till
    still lacks with the start-up finance of the plan; `nodig` the EUR of work a year at which there
    is neither loss nor profit, missing where more work makes more loss.
    """
    plan, drawn = _plan(pakketten, getallen, jaren), _draws(pakketten, getallen, jaren)
    rows = []
    for maat, (eenheid, measure) in measures.items():
        spread = measure(drawn)
        if eenheid == CHANCE:
            rows.append((maat, eenheid, *[float(np.isfinite(spread).mean())] * 3))
            continue
        central = float(measure(plan)[0])
        low, high = np.quantile(spread, [ranges.LOW, ranges.HIGH], method="inverted_cdf")
        rows.append((maat, eenheid, central, min(low, central), max(high, central)))
    table = pd.DataFrame(rows, columns=OUTCOME)
    return table.replace([np.inf, -np.inf], np.nan)


def with_capacity(
    uitkomst: pd.DataFrame, indicatoren: pd.DataFrame, gewichten: ledger.Weights
) -> pd.DataFrame:
    """Return an outcome with how many people of the area get bijstand, as CBS counts them.

    Missing where it is not known of a buurt: a part of the people is not all of them.
    """
    counted = indicatoren[indicatoren["onderwerp"] == "PersonenPerSoortUitkeringBijstand"]
    shares = ledger.shares(gewichten)
    shares = shares[(shares > 0) & ~regions.is_rest(shares.index.to_series())]
    people = counted.set_index("gebied")["waarde"].reindex(shares.index)
    total = (people * shares).sum(skipna=False)
    row = pd.DataFrame([(ON_BENEFIT, PEOPLE, total, total, total)], columns=OUTCOME)
    return pd.concat([uitkomst, row], ignore_index=True)


def sensitivity(pakketten: pd.DataFrame, getallen: Kengetallen, jaren: int = YEARS) -> pd.DataFrame:
    """Return what each assumption alone does to the result of the last year, as `ranges.tornado`.

    What does nothing to it, such as a loan that is paid back by then, is left out.

    A package is an assumption too: how much work there is, `werk:` and its id.
    """
    asked = with_hours(pakketten, values(getallen))

    def result(v: Values) -> np.ndarray:
        lines = books(v, pakketten, np.ones((len(pakketten), 1)) * v["kans"], jaren)
        return lines["resultaat", LEVEL, EURO][-1]

    names = ranges.names(getallen, [e.mee for e in asked.values()])
    work = dict(zip(pakketten["id"], pakketten["naam"], strict=True))
    names |= {f"werk:{id}": f"hoeveel werk er is: {name}" for id, name in work.items()}
    table = ranges.tornado(asked, result, names)
    return table[table["verschil"] > 0].reset_index(drop=True)


def with_hours(pakketten: pd.DataFrame, v: Mapping[str, Estimate]) -> dict[str, Estimate]:
    """Return the assumptions with the hours of each package, which move with that package."""
    hours = {
        f"uren:{p.id}": Estimate(p.uren, p.uren_laag, p.uren_hoog, f"werk:{p.id}")
        for p in pakketten.itertuples()
    }
    # Packages hold reach and rate at their central value: only a deviation from it changes them.
    middle = {f"{name}_midden": ranges.certain(v[name].waarde) for name in ("bereik", "tarief")}
    return {**v, **hours, **middle}


def _plan(pakketten: pd.DataFrame, getallen: Kengetallen, jaren: int) -> Lines:
    return _worked(*_facts(pakketten, getallen), jaren)[0]


def _draws(pakketten: pd.DataFrame, getallen: Kengetallen, jaren: int) -> Lines:
    return _worked(*_facts(pakketten, getallen), jaren)[1]


def _facts(pakketten: pd.DataFrame, getallen: Kengetallen) -> tuple[Facts, Asked]:
    """Return the packages and what the plan rests on, so that they can be told from others."""
    columns = tuple((name, tuple(pakketten[name].tolist())) for name in pakketten)
    return columns, tuple(values(getallen).items())


@lru_cache(maxsize=2)  # several tables are made from one plan
def _worked(facts: Facts, asked: Asked, jaren: int) -> tuple[Lines, Lines]:
    """Return the lines of the plan itself and those of its draws."""
    pakketten = pd.DataFrame(dict(facts))
    rests = with_hours(pakketten, dict(asked))
    middle, drawn = ranges.central(rests), ranges.draws(rests)
    chances = np.ones((len(pakketten), 1)) * middle["kans"]
    return (
        books(middle, pakketten, chances, jaren),
        books(drawn, pakketten, granted(pakketten, drawn), jaren),
    )


def granted(pakketten: pd.DataFrame, v: Values) -> np.ndarray:
    """Return which packages are granted in each draw, packages by draws: by one chance for all."""
    result = np.zeros((len(pakketten), ranges.DRAWS))
    for n, id in enumerate(pakketten["id"]):
        luck = np.random.default_rng([ranges.SEED, crc32(f"kans:{id}".encode())])
        result[n] = luck.random(ranges.DRAWS) < v["kans"]
    return result
