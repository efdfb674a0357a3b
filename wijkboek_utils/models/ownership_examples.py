"""Two things that a wijk can own, as examples: a building with rooms to let, a wind turbine."""

import pandas as pd

from wijkboek_utils.kengetallen import Kengetallen
from wijkboek_utils.models import ownership, ranges
from wijkboek_utils.models.ownership import Property
from wijkboek_utils.models.ranges import NONE, Estimate

_YEAR = "jaar"
_BUILDING = {
    "m2": "m2",
    "prijs": "euro per m2",
    "huur": "euro per m2 per jaar",
    "bezetting": ranges.SHARE,
    "onderhoud": "euro per m2 per jaar",
    "reserve": "euro per m2 per jaar",
    "eindwaarde": ranges.SHARE,
    "lening": ranges.SHARE,
}
_TURBINE = {
    "kw": "kW",
    "investering": "euro per kW",
    "vollasturen": "uur per jaar",
    "prijs": "euro per kWh",
    "onderhoud": "euro per kWh",
    "spreiding": ranges.SHARE,
    "lening": ranges.SHARE,
    "looptijd": _YEAR,
}


def building(getallen: Kengetallen) -> Property:
    """Return a building of the wijk, from the kengetallen `eigendom_pand_*`."""
    v = ranges.read(getallen, _BUILDING, "eigendom_pand_")
    size = v["m2"].waarde
    return Property(
        "een gebouw van de wijk",
        _years(getallen),
        opstal=v["prijs"].times(size),
        opbrengst=v["huur"].times(size),
        onderhoud=v["onderhoud"].times(size),
        benut=v["bezetting"],
        reserve=v["reserve"].times(size),
        lening=v["lening"],
        eindwaarde=v["eindwaarde"],
        looptijd=_years(getallen),
        rente=_lent(getallen, "rente"),
        vergoeding=_lent(getallen, "vergoeding"),
    )


def turbine(getallen: Kengetallen) -> Property:
    """Return a wind turbine on land, from the kengetallen `eigendom_wind_*`.

    Worth nothing at the end. Its upkeep is that of a usual year, also when there is less wind.
    """
    v = ranges.read(getallen, _TURBINE, "eigendom_wind_")
    power, hours = v["kw"].waarde, v["vollasturen"]
    return Property(
        "een windmolen",
        _years(getallen),
        opstal=v["investering"].times(power),
        opbrengst=v["prijs"].times(power * hours.waarde),
        onderhoud=v["onderhoud"].times(power * hours.waarde),
        benut=hours.times(1 / hours.waarde),
        spreiding=v["spreiding"],
        lening=v["lening"],
        eindwaarde=NONE,
        looptijd=int(v["looptijd"].waarde),
        rente=_lent(getallen, "rente"),
        vergoeding=_lent(getallen, "vergoeding"),
    )


def _lent(getallen: Kengetallen, what: str) -> Estimate:
    return ranges.of(getallen.get(f"eigendom_{what}", ranges.SHARE))


def _years(getallen: Kengetallen) -> int:
    return int(getallen.get("eigendom_jaren", _YEAR).waarde)


def compare(getallen: Kengetallen) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return `ownership.flows` and `ownership.returns` of both, with what is owned: `bezit`."""
    both = [building(getallen), turbine(getallen)]
    flows = [ownership.flows(one).assign(bezit=one.naam) for one in both]
    returns = [ownership.returns(one).assign(bezit=one.naam) for one in both]
    return pd.concat(flows, ignore_index=True), pd.concat(returns, ignore_index=True)
