"""The books of a pilot made again in memory from its raw files, for their errors and balances."""

from dataclasses import dataclass

import pandas as pd

from wijkboek_utils import compilation, regions, weighing
from wijkboek_utils.pilots import Pilot


@dataclass(frozen=True)
class Rebuilt:
    """The grootboek of a pilot, the weights of its area, and what people of the wijk booked.

    `figures` as `cbs.indicators`, `gebied` as `regions.area`, `inkomen` as `households.income`.
    """

    boekingen: pd.DataFrame
    gebied: pd.DataFrame
    lokaal: pd.DataFrame
    figures: pd.DataFrame
    inkomen: pd.DataFrame


def books(p: Pilot, sleutelset: str) -> Rebuilt:
    """Return the books as notebooks 01 to 07 make them; no processed table is read."""
    made = compilation.of(p)
    gebied = regions.area(weighing.gebied(p, made.indicatoren, made.grenzen))
    estimated = made.estimated(sleutelset)
    lokaal = made.lokaal(estimated)
    grootboek = made.whole(estimated, lokaal)
    return Rebuilt(grootboek, gebied, lokaal, made.indicatoren, made.inkomen)
