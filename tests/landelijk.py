"""Made-up figures of a whole country, of its real size, in the shape of the real ones.

Buurten and accounts are drawn from those of the pilots with a fixed seed, and made larger or
smaller; sizes are as skewed as in the country. Nothing here says anything of a real place.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from wijkboek_utils import cbs, iv3, sources
from wijkboek_utils.regions import INHABITANTS, gemeente_of, wijk_of

GEMEENTEN, WIJKEN, BUURTEN = 342, 3393, 14574
JAAR, BRON = 2023, "iv3-test"
_PEOPLE = 1220  # inhabitants of an average buurt
_MODEL, _MODELS = "GM0344", ["GM0344", "GM0202", "GM0080"]
# Counts that the books can use and the embedded figures lack: per inhabitant.
_ALSO = {
    "WmoClienten": 0.055,
    "JongerenMetJeugdzorgInNatura": 0.02,
    "LeerlingenPo": 0.08,
    "LeerlingenVoInclVavo": 0.053,
    "NietWoningvoorraad": 0.06,
}
_SMALL = 50  # CBS says little of a buurt with fewer inhabitants
_ALWAYS = [INHABITANTS, "OppervlakteLand"]


@dataclass(frozen=True)
class Country:
    """The figures of some gemeenten of one made-up country.

    `indicatoren` as `cbs.indicators`, `rekeningen` as `iv3.read` with `gemeente` in front.
    """

    indicatoren: pd.DataFrame
    rekeningen: pd.DataFrame

    @property
    def gemeenten(self) -> list[str]:
        """Return the codes of the gemeenten."""
        return self.rekeningen["gemeente"].unique().tolist()


@cache
def country(gemeenten: int = GEMEENTEN, seed: int = 4) -> Country:
    """Return the first so many gemeenten of the country; the same ones whatever their number."""
    areas = sizes(seed)
    frames, accounts = [], []
    for number, code in enumerate(areas.index[:gemeenten]):
        random = np.random.default_rng([seed, number])
        wijken, buurten = areas.loc[code, ["wijken", "buurten"]]
        wide = _buurten(code, wijken, buurten, random)
        frames.append(_long(pd.concat([wide, *(_sums(wide, f) for f in (wijk_of, gemeente_of))])))
        accounts.append(_account(code, float(wide[INHABITANTS].sum()), random))
    return Country(pd.concat(frames, ignore_index=True), pd.concat(accounts, ignore_index=True))


def sizes(seed: int = 4) -> pd.DataFrame:
    """Return how many `wijken` and `buurten` each gemeente has, indexed by code."""
    random = np.random.default_rng(seed)
    large = random.lognormal(sigma=0.8, size=GEMEENTEN)
    wijken = _partition(WIJKEN, np.sqrt(large), random)
    buurten = wijken + random.multinomial(BUURTEN - WIJKEN, large / large.sum())
    codes = [f"GM{i:04d}" for i in range(1, GEMEENTEN + 1)]
    return pd.DataFrame({"wijken": wijken, "buurten": buurten}, index=codes)


def _partition(whole: int, weights: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return whole numbers of at least 1 that add up to `whole`, about in proportion."""
    return 1 + random.multinomial(whole - len(weights), weights / weights.sum())


@cache
def _model() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return real buurten, a column a topic, and per topic its facts and whether it adds up."""
    rows = cbs.indicators(_MODEL, JAAR)
    wide = rows[rows["soort"] == "Buurt"].pivot(
        index="gebied", columns="onderwerp", values="waarde"
    )
    facts = rows.drop_duplicates("onderwerp").set_index("onderwerp")
    facts = facts[["jaar", "eenheid", "bron", "omgerekend"]]
    for topic in _ALSO:
        facts.loc[topic] = facts.loc[INHABITANTS]
    known = sources.read_project_table("onderwerpen").drop_duplicates("onderwerp")
    facts["telt_op"] = known.set_index("onderwerp")["optelbaar"].reindex(facts.index) == "ja"
    return wide[wide[INHABITANTS] > 100], facts


def _buurten(code: str, wijken: int, buurten: int, random: np.random.Generator) -> pd.DataFrame:
    """Return the figures of the buurten of a gemeente, a column a topic."""
    wide, facts = _model()
    members = _partition(buurten, np.ones(wijken), random)
    names = [f"BU{code[2:]}{w:02d}{b:02d}" for w, n in enumerate(members) for b in range(n)]
    drawn = wide.iloc[random.integers(len(wide), size=buurten)].set_axis(names)
    people = random.lognormal(np.log(_PEOPLE) - 0.72, 1.2, size=buurten) * (
        random.random(buurten) > 0.02
    )
    counts = [topic for topic in wide if facts.loc[topic, "telt_op"]]
    factor = people / drawn[INHABITANTS]
    drawn[counts] = (drawn[counts].mul(factor, axis=0) / 5).round() * 5
    for topic, rate in _ALSO.items():
        noise = random.lognormal(sigma=0.4, size=buurten)
        drawn[topic] = (drawn[INHABITANTS] * rate * noise / 5).round() * 5
    blank = random.random(drawn.shape) < 0.6
    blank[drawn[INHABITANTS] >= _SMALL] = False
    blank[:, drawn.columns.isin(_ALWAYS)] = False
    drawn = drawn.mask(blank)
    if random.random() < 0.1:  # of some gemeenten a few figures are not there at all
        same = np.random.default_rng(random.integers(3))
        drawn = drawn.drop(columns=same.choice(drawn.columns.drop(_ALWAYS), 8, replace=False))
    return drawn.rename_axis(index="gebied", columns="onderwerp")


def _sums(wide: pd.DataFrame, larger: Callable[[str], str]) -> pd.DataFrame:
    """Return the same figures of the wijken or the gemeente that the buurten lie in."""
    facts = _model()[1]
    areas = wide.index.map(larger)
    people = wide[INHABITANTS] + 1e-9
    known = wide.notna().mul(people, axis=0).groupby(areas).sum()
    means = wide.mul(people, axis=0).groupby(areas).sum(min_count=1) / known
    sums = wide.loc[:, facts.loc[wide.columns, "telt_op"]].groupby(areas).sum(min_count=1)
    means[sums.columns] = sums
    return means.round(1).rename_axis("gebied")


def _long(wide: pd.DataFrame) -> pd.DataFrame:
    """Return the figures as `cbs.indicators` does."""
    rows = wide.reset_index().melt("gebied", var_name="onderwerp", value_name="waarde")
    rows = rows.sort_values(["gebied", "onderwerp"], ignore_index=True)
    rows = rows.join(_model()[1].drop(columns="telt_op"), on="onderwerp")
    rows["naam"] = rows["gebied"]
    rows["soort"] = rows["gebied"].str[:2].map({"GM": "Gemeente", "WK": "Wijk", "BU": "Buurt"})
    order = ["gebied", "naam", "soort", "jaar", "onderwerp", "waarde", "eenheid", "bron"]
    return rows[[*order, "omgerekend"]]


@cache
def _per_inhabitant() -> list[pd.DataFrame]:
    """Return the accounts of the pilots in EUR per inhabitant."""
    tables = []
    for code in _MODELS:
        rows = cbs.indicators(code, JAAR)
        whole = rows[(rows["gebied"] == code) & (rows["onderwerp"] == INHABITANTS)]["waarde"]
        table = iv3.read(code, JAAR)
        table[["lasten", "baten", "salarissen"]] /= whole.iloc[0]
        tables.append(table)
    return tables


def _account(code: str, people: float, random: np.random.Generator) -> pd.DataFrame:
    """Return the account of a gemeente, in whole thousands of EUR."""
    tables = _per_inhabitant()
    table = tables[random.integers(len(tables))].copy()
    euros = ["lasten", "baten", "salarissen"]
    scale = people * random.lognormal(sigma=0.3, size=len(table))
    table[euros] = (table[euros].mul(scale, axis=0) / 1000).round() * 1000
    table.insert(0, "gemeente", code)
    return table
