"""What may make a total of an area differ from another one, chosen by rule from its figures.

A reason is a figure that is clearly higher or lower than that of the other, and that works in the
direction of the difference. It is no proof.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from wijkboek_utils import dutch
from wijkboek_utils.households import INCOME
from wijkboek_utils.regions import INHABITANTS

HOUSEHOLDS = "HuishoudensTotaal"
_DIFFERS = 0.1  # relative: a smaller difference in a figure explains nothing


@dataclass(frozen=True)
class _Driver:
    """A figure that may explain others: a count per another count, or a published mean."""

    more: str
    less: str
    above: str
    below: str = ""
    unit: str = "procent"


_DRIVERS = {
    "ouderen": _Driver("meer 65-plussers", "minder 65-plussers", "k_65JaarOfOuder", INHABITANTS),
    "kinderen": _Driver("meer kinderen", "minder kinderen", "k_0Tot15Jaar", INHABITANTS),
    "bijstand": _Driver(
        "meer mensen met bijstand",
        "minder mensen met bijstand",
        "PersonenPerSoortUitkeringBijstand",
        INHABITANTS,
    ),
    "personen": _Driver(
        "meer mensen per huishouden",
        "minder mensen per huishouden",
        INHABITANTS,
        HOUSEHOLDS,
        "aantal",
    ),
    "inkomen": _Driver(
        "een hoger inkomen per inwoner", "een lager inkomen per inwoner", INCOME, unit="euro"
    ),
    "woningwaarde": _Driver(
        "duurdere woningen", "goedkopere woningen", "GemiddeldeWOZWaardeVanWoningen", unit="euro"
    ),
}
_TOPICS = sorted({INHABITANTS, *(t for d in _DRIVERS.values() for t in (d.above, d.below) if t)})
# What makes a total higher (1) or lower (-1), by driver.
_REASONS: Mapping[str, Mapping[str, int]] = {
    "inkomen": {"bijstand": -1, "kinderen": -1, "ouderen": -1, "woningwaarde": 1},
    "lasten": {"bijstand": 1, "kinderen": 1, "inkomen": -1},
    "besteding": {"inkomen": 1, "personen": 1},
    "uitkeringen": {"ouderen": 1, "bijstand": 1, "inkomen": -1},
}


def drivers(rows: pd.DataFrame, weights: pd.Series) -> pd.Series:
    """Return the figures of an area that may explain others, by name; missing where not known.

    `rows` as `cbs.indicators` or `cbs.read_country`; `weights` by area: buurten, or 1 for a single
    gemeente or country. Over the areas that have both sides of a figure.
    """
    rows = rows[rows["onderwerp"].isin(_TOPICS) & rows["gebied"].isin(weights.index)]
    place = pd.Index(weights.index).get_indexer(rows["gebied"])
    topics = {topic: np.full(len(weights), np.nan) for topic in _TOPICS}
    for topic, own in topics.items():
        mine = (rows["onderwerp"] == topic).to_numpy()
        own[place[mine]] = rows["waarde"].to_numpy(float)[mine]
    weight = np.nan_to_num(weights.to_numpy(float))
    found = {}
    for name, driver in _DRIVERS.items():
        per, above = topics[driver.below or INHABITANTS], topics[driver.above]
        if not driver.below:  # CBS publishes a mean, in thousands of EUR
            above = above * per * 1000
        known = ~np.isnan(above) & ~np.isnan(per)
        size = (per * weight)[known].sum()
        found[name] = (above * weight)[known].sum() / size if size > 0 else np.nan
    return pd.Series(found, dtype=float)


def reasons(kind: str, difference: float, area: pd.Series, other: pd.Series) -> list[str]:
    """Return what may explain that a total differs, the strongest first; at most two.

    `kind` is a key of `_REASONS`, or one for which no figure is a reason; `difference` our total
    minus the other; `area` and `other` as `drivers`.
    """
    found = []
    for name, direction in _REASONS.get(kind, {}).items():
        ratio = area[name] / other[name] - 1 if other[name] else np.nan
        if abs(ratio) >= _DIFFERS and ratio * direction * difference > 0:
            driver = _DRIVERS[name]
            words = driver.more if ratio > 0 else driver.less
            beside = f"{_said(area[name], driver)} tegen {_said(other[name], driver)}"
            found.append((abs(ratio), f"{words} ({beside})"))
    return [text for _, text in sorted(found, reverse=True)[:2]]


def _said(value: float, driver: _Driver) -> str:
    if driver.unit == "procent":
        return dutch.percent(value, 1)
    return dutch.about(value, value / 100) if driver.unit == "euro" else dutch.number(value, 1)
