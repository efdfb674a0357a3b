"""From gross to net: what of a saving would have come anyway, moved elsewhere or went to others.

The steps and their formula are those of the Additionality Guide (Homes and Communities Agency,
fourth edition, 2014): net = gross x (1 - deadweight) x (1 - displacement) x (1 - leakage) x
(1 - substitution). No multiplier: a budget does not save more than it spent.
"""

import math
from dataclasses import dataclass

import pandas as pd

from wijkboek_utils import dutch
from wijkboek_utils.errors import Fout
from wijkboek_utils.kengetallen import Kengetal, Kengetallen

# What is taken off, in the words of a reader.
FACTORS = {
    "netto_vanzelf": "was ook zonder het plan gebeurd",
    "netto_verdringing": "gaat ten koste van iemand anders",
    "netto_lek": "komt bij een ander dan voor wie het is",
    "netto_vervanging": "komt in de plaats van iets dat al werd gedaan",
}
COLUMNS = ["factor", "naam", "centraal", "voorzichtig", "kengetal"]


@dataclass(frozen=True)
class Netting:
    """The four shares that are taken off a saving, one after the other."""

    getallen: tuple[Kengetal, ...]

    @property
    def factoren(self) -> pd.DataFrame:
        """Return `COLUMNS`: of each factor the share that is taken off, central and cautious."""
        rows = [
            (k.id.removeprefix("netto_"), FACTORS[k.id], k.waarde, k.hoog, k.id)
            for k in self.getallen
        ]
        return pd.DataFrame(rows, columns=COLUMNS)

    @property
    def centraal(self) -> float:
        """Return the part of a saving that is left, by the central figures."""
        return math.prod(1 - k.waarde for k in self.getallen)

    @property
    def voorzichtig(self) -> float:
        """Return the part of a saving that is left when all four turn out high."""
        return math.prod(1 - k.hoog for k in self.getallen)

    def net(self, bedrag: float) -> float:
        """Return what is left of an amount, in the same unit, by the central figures."""
        return bedrag * self.centraal


def load(getallen: Kengetallen) -> Netting:
    """Return the netting of a report.

    Raises Fout when a share is not between 0 and 1: a net saving is never negative, nor more than
    the gross one.
    """
    found = tuple(getallen.get(id, "aandeel") for id in FACTORS)
    for one in found:
        if not 0 <= one.laag <= one.waarde <= one.hoog <= 1:
            raise Fout(
                f"Kengetal {one.id}: {dutch.number(one.laag, 2)}, {dutch.number(one.waarde, 2)} en "
                f"{dutch.number(one.hoog, 2)} horen deels niet tussen 0 en 1, van laag naar hoog. "
                "Verbeter het kengetal."
            )
    return Netting(found)
