"""Made-up gemeenten of any shape: figures as `cbs.indicators`, accounts as `iv3.read`.

A `Gemeente` is a recipe of a few numbers, so that an example that fails shrinks to one that can be
read. Each figure has random numbers of its own: leaving out a buurt, a topic or a taakveld leaves
the others as they are.
"""

import zlib
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from wijkboek_utils import households, sources
from wijkboek_utils.regions import INHABITANTS, gemeente_of, wijk_of

YEAR = 2023
# Counts of people and what hangs on them: how many there are per inhabitant at most.
PER_INHABITANT = {
    "k_0Tot15Jaar": 0.5,
    "k_15Tot25Jaar": 0.5,
    "k_65JaarOfOuder": 0.8,
    "HuishoudensTotaal": 0.9,
    "Eenpersoonshuishoudens": 0.4,
    "Woningvoorraad": 0.9,
    "PersonenPerSoortUitkeringBijstand": 0.2,
    "PersonenPerSoortUitkeringAOW": 0.8,
    "PersonenPerSoortUitkeringAO": 0.2,
    "PersonenPerSoortUitkeringWW": 0.1,
    "WmoClienten": 0.2,
    "JongerenMetJeugdzorgInNatura": 0.1,
    "LeerlingenPo": 0.3,
    "LeerlingenVoInclVavo": 0.2,
}
# Counts of a buurt where nobody need live, at most.
PER_BUURT = {
    "BedrijfsvestigingenTotaal": 500,
    "NietWoningvoorraad": 300,
    "OppervlakteLand": 400,
    "OppervlakteWater": 90,
    "ALandbouwBosbouwEnVisserij": 20,
    "BFNijverheidEnEnergie": 90,
    "GIHandelEnHoreca": 200,
    "HJVervoerInformatieEnCommunicatie": 90,
    "KLFinancieleDienstenOnroerendGoed": 60,
    "MNZakelijkeDienstverlening": 200,
    "OQOverheidOnderwijsEnZorg": 90,
    "RUCultuurRecreatieOverigeDiensten": 90,
}
# Ratios: highest value, and the step in which CBS publishes it.
RATIOS = {
    households.INCOME: (60.0, 0.1),
    "GemiddeldeWOZWaardeVanWoningen": (900, 1),
    "PersonenautoSPerHuishouden": (2.0, 0.1),
    "HuishoudensMetEenLaagInkomen": (30, 0.1),
    "Omgevingsadressendichtheid": (5000, 1),
}
OWNERS = ["Koopwoningen", "InBezitWoningcorporatie", "InBezitOverigeVerhuurders"]
COUNTS = [INHABITANTS, *PER_INHABITANT, *PER_BUURT]
TOPICS = [*COUNTS, *RATIOS, *OWNERS]
TAAKVELDEN = sources.read_project_table("taakvelden")["taakveld"].tolist()


@dataclass(frozen=True)
class Gemeente:
    """How to make up a gemeente; chances are between 0 and 1."""

    buurten: int = 3
    wijken: int = 1
    seed: int = 0
    empty: float = 0.0  # chance that nobody lives in a buurt
    zero: float = 0.0  # chance that a count is 0
    missing: float = 0.0  # chance that a figure of a buurt is missing, but for inhabitants
    uncounted: float = 0.0  # chance that even the inhabitants of a buurt are missing
    absent: frozenset[str] = field(default_factory=frozenset)  # topics that no area has
    taakvelden: tuple[str, ...] = ()  # none named is all that there are
    negative: float = 0.0  # chance that an amount of the accounts is below zero
    salaries: bool = True
    code: str = "GM9901"

    def _random(self, name: str, size: int) -> np.ndarray:
        seed = [self.seed, zlib.crc32(f"{self.code}{name}".encode())]
        return np.random.default_rng(seed).random(size)

    def figures(self) -> pd.DataFrame:
        """Return a row per buurt, wijk and gemeente, a column per topic; unknown is missing."""
        number = range(self.buurten)
        areas = [f"BU{self.code[2:]}{i % self.wijken:02d}{i // self.wijken:02d}" for i in number]
        true = pd.DataFrame(index=pd.Index(areas, name="gebied"))
        people = 5.0 * np.floor(self._random(INHABITANTS, self.buurten) ** 2 * 2000)
        true[INHABITANTS] = np.where(self._happens("empty", self.empty), 0.0, people)
        for topic, most in PER_INHABITANT.items():
            part = self._random(topic, self.buurten) * most * true[INHABITANTS]
            true[topic] = 5.0 * np.round(part / 5)
        for topic, most in PER_BUURT.items():
            true[topic] = np.floor(self._random(topic, self.buurten) * most)
        for topic in COUNTS[1:]:
            true.loc[self._happens(f"{topic} zero", self.zero), topic] = 0.0
        for topic, (most, step) in RATIOS.items():
            parts = np.ceil(self._random(topic, self.buurten) * most / step)
            true[topic] = np.round(parts * step, 1)
        left = np.full(self.buurten, 100.0)
        for topic in OWNERS:
            true[topic] = np.round(left * self._random(topic, self.buurten))
            left = left - true[topic]
        return self._published(true)

    def _happens(self, name: str, chance: float) -> np.ndarray:
        return self._random(name, self.buurten) < chance

    def _published(self, true: pd.DataFrame) -> pd.DataFrame:
        """Return what is published of the true figures: larger areas added, and gaps."""
        parts = [true]
        for larger in (true.index.map(wijk_of), true.index.map(gemeente_of)):
            sums = true[COUNTS].groupby(larger).sum()
            ratios = true[[*RATIOS, *OWNERS]].mul(true[INHABITANTS], axis=0).groupby(larger).sum()
            ratios = ratios.div(sums[INHABITANTS].where(sums[INHABITANTS] > 0), axis=0).round(1)
            parts.append(sums.join(ratios))
        table = pd.concat(parts).rename_axis("gebied")
        for topic in TOPICS:
            chance = self.uncounted if topic == INHABITANTS else self.missing
            gaps = true.index[self._happens(f"{topic} missing", chance)]
            table.loc[gaps, topic] = np.nan
        return table.drop(columns=[*self.absent])

    def rekening(self) -> pd.DataFrame:
        """Return the accounts in EUR: whole thousands, some below zero."""
        rows = []
        for code in self.taakvelden or TAAKVELDEN:
            size, sign, share, paid = self._random(code, 8).reshape(4, 2)
            euros = np.floor(10 ** (5 * size) - 2).clip(min=0) * 1000
            lasten, baten = np.where(sign < self.negative, -euros, euros) + 0.0
            # Of a few taakvelden, as published, salaries are more than lasten, or below zero.
            part = np.floor(lasten * (1.1 * share[0] if share[1] < 0.9 else -0.1) / 1000) * 1000
            known = self.salaries and paid[0] < 0.8
            rows.append([code, f"taak {code}", lasten, baten, part if known else np.nan])
        table = pd.DataFrame(rows, columns=["taakveld", "naam", "lasten", "baten", "salarissen"])
        if not table[["lasten", "baten"]].any(axis=None):
            table.loc[0, "lasten"] = 1000.0  # `iv3.read` refuses accounts of only zeros
        return table


def indicatoren(figures: pd.DataFrame) -> pd.DataFrame:
    """Return figures in the shape of `cbs.indicators`: a row per area and topic."""
    kinds = {"BU": "Buurt", "WK": "Wijk", "GM": "Gemeente"}
    rows = figures.reset_index().melt("gebied", var_name="onderwerp", value_name="waarde")
    rows = rows.assign(
        naam="naam van " + rows["gebied"],
        soort=rows["gebied"].str[:2].map(kinds),
        jaar=YEAR,
        eenheid="",
        bron=f"kwb-{YEAR}",
        omgerekend=False,
    )
    return rows.sort_values(["gebied", "onderwerp"], ignore_index=True)


def split(figures: pd.DataFrame, buurt: str, part: float) -> tuple[pd.DataFrame, list[str]]:
    """Return figures with a buurt cut in two, and the codes of both halves.

    Each count is cut in the same ratio; percentages and averages hold for both halves.
    """
    counts = [topic for topic in COUNTS if topic in figures]
    halves = figures.loc[[buurt, buurt]].set_axis([buurt, f"{buurt[:-1]}Z"])
    halves[counts] = halves[counts].mul([part, 1 - part], axis=0)
    both = pd.concat([figures.drop(index=buurt), halves]).rename_axis("gebied")
    return both, [*halves.index]


chances = st.sampled_from([0.0, 0.1, 0.5])


@st.composite
def gemeenten(draw: st.DrawFn, most: int = 40, code: str = "GM9901") -> Gemeente:
    """Draw a gemeente with up to `most` buurten."""
    buurten = draw(st.integers(1, 6) | st.integers(1, most))
    return Gemeente(
        buurten=buurten,
        wijken=draw(st.integers(1, min(buurten, 4))),
        seed=draw(st.integers(0, 9999)),
        empty=draw(chances),
        zero=draw(st.sampled_from([0.0, 0.2, 1.0])),
        missing=draw(chances | st.just(0.9)),
        uncounted=draw(st.sampled_from([0.0, 0.0, 0.0, 0.2])),
        absent=frozenset(draw(st.lists(st.sampled_from(TOPICS[1:]), max_size=8))),
        taakvelden=tuple(draw(st.lists(st.sampled_from(TAAKVELDEN), min_size=1, unique=True))),
        negative=draw(chances),
        salaries=draw(st.booleans()),
        code=code,
    )
