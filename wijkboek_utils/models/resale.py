"""A home without its land, sold and sold again: does it stay within reach (community land trust).

The trust keeps the land. Who sells gets back what was paid and a fixed share of the rise in value
of the part that was bought, and the next buyer pays just that: the rule of the trusts of Brussel
(housing2030.org/project/community-land-trust-brussels-cltb) and Leuven (vangrondlos.be).
"""

from collections.abc import Mapping

import pandas as pd

from wijkboek_utils.errors import Fout
from wijkboek_utils.kengetallen import Kengetallen
from wijkboek_utils.models.ranges import SHARE

SALES = ["verkoop", "jaar", "markt", "trust", "deel_van_markt", "last_markt", "last_trust"]
RANGE = ["last_trust_laag", "last_trust_hoog"]


def sales(
    prijs: float, grond: float, meerwaarde: float, groei: float, inkomen: float, jaren: list[int]
) -> pd.DataFrame:
    """Return `SALES`: at each sale what a home costs with its land (`markt`) and in the trust, EUR.

    The first row is the first sale, in year 0. `grond` is the share of `prijs` that is land,
    `meerwaarde` the share of the rise that the seller gets, `groei` and `inkomen` the yearly growth
    of prices and incomes. `last_markt` and `last_trust` are prices by the incomes of then, in the
    first `markt`: 1.2 is a fifth dearer for who buys. Raises Fout where a share is not one.
    """
    for naam, share in (("grond", grond), ("meerwaarde", meerwaarde)):
        if not 0 <= share <= 1:
            raise Fout(f"De {naam} is een deel van het geheel: kies een getal van 0 tot en met 1.")
    rows, own, before = [], prijs * (1 - grond), prijs
    for nr, year in enumerate([0, *jaren]):
        market = prijs * (1 + groei) ** year
        own += meerwaarde * (market - before) * (1 - grond)
        before = market
        earned = prijs * (1 + inkomen) ** year
        rows.append((nr, year, market, own, own / market, market / earned, own / earned))
    return pd.DataFrame(rows, columns=SALES)


def of_case(verkoop: Mapping[str, float], getallen: Kengetallen) -> pd.DataFrame:
    """Return the `sales` of a case: its price in EUR, sold `keren` times, once in `om_de` years.

    `last_trust_laag` and `last_trust_hoog` are `last_trust` when prices grow least or most.
    """
    land = getallen.get("casus_clt_grond_deel", SHARE)
    part = getallen.get("casus_clt_deel_meerwaarde", SHARE)
    growth = getallen.get("casus_huizenprijs_groei", SHARE)
    income = getallen.get("casus_inkomen_groei", SHARE).waarde
    times = [int(verkoop["om_de"]) * n for n in range(1, int(verkoop["keren"]) + 1)]
    low, found, high = (
        sales(verkoop["prijs"], land.waarde, part.waarde, rate, income, times)
        for rate in (growth.laag, growth.waarde, growth.hoog)
    )
    return found.assign(last_trust_laag=low["last_trust"], last_trust_hoog=high["last_trust"])
