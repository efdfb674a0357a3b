"""From aanbesteden to inbesteden: where each euro of a package of work lands, in both ways.

Beside it what a wijkbedrijf builds up in the wijk. What can be counted is counted in its own unit,
what cannot is named, and nothing is turned into euros that nobody pays.
"""

import numpy as np
import pandas as pd

from wijkboek_utils.kengetallen import Kengetallen
from wijkboek_utils.models import enterprise, ranges
from wijkboek_utils.models.enterprise_books import (
    COUNT,
    EURO,
    FIXED,
    HOURS,
    IN,
    LEVEL,
    OUT,
    PEOPLE,
    SAVED,
    SHARED,
    Lines,
    Values,
    all_years,
    in_years,
    last,
)

TENDERED, WITHIN = "aanbesteden", "inbesteden"
SOURCE, HERE, ELSEWHERE, NUMBER = "bron", "wijk", "buiten", "telling"
LANDING = ["id", "pakket", "manier", "regel", "plek", "bedrag", "laag", "hoog"]
LANDING += ["deel", "deel_laag", "deel_hoog"]
CAPITAL = ["soort", "wat", "eenheid", "waarde", "laag", "hoog"]
WAGES_HERE, WAGES_ELSEWHERE = "loon van bewoners van de wijk", "loon van anderen"
BOUGHT_HERE, BOUGHT_ELSEWHERE = "inkoop in de wijk", "inkoop elders"
PROFIT, KEPT = "winst, rente en afschrijving van het bedrijf", "vermogen van de wijk"
WORKERS = "bewoners die er werken"
PRICE, SUBSIDY = "opdracht", "loonkostensubsidie"
_BOOKS = [
    "verbruiksquote_mn",
    "loonquote_mn",
    "aandeel_inkoop_bedrijf_wijk",
    "aandeel_inkoop_gemeente_wijk",
    "wijkbedrijf_aannemer_wijk",
    "wijkbedrijf_vakkracht_wijk",
]
_COUNTED = {
    "loon": ("loon van bewoners, met premies", lambda x: last(x, "loon bewoners", OUT, EURO)),
    "participatieloon": ("participatieloon", lambda x: last(x, "participatieloon", OUT, EURO)),
    "eigen vermogen": ("kas min schuld na tien jaar", lambda x: _equity(x)),
    "vaardigheden": ("uren leren: taal en vak", lambda x: last(x, "uren scholing", COUNT, HOURS)),
    "groen": ("uren werk in het groen", lambda x: last(x, "uren in groen", COUNT, HOURS)),
    "ontmoeting": ("mensen die samen werken", lambda x: _people(x)),
}
_UNITS = {"vaardigheden": HOURS, "groen": HOURS, "ontmoeting": PEOPLE}
_NAMED = {
    "gezondheid": "minder eenzaam en gezonder: niet te tellen uit deze boeken",
    "trots": "trots op de eigen wijk en minder rommel op straat: te vragen, niet te rekenen",
    "signalen": "eerder zien dat iemand ziek is of hulp nodig heeft: niet te tellen",
}


def landing(pakketten: pd.DataFrame, getallen: Kengetallen) -> pd.DataFrame:
    """Return LANDING: for each package and each way every line of its money in EUR a year.

    At full size, if the package is granted; `deel` is the share of what is paid for it. Lines
    with `plek` `bron` are where the money comes from; those in the `wijk` and `buiten` add up to
    them; a `telling` is people. `vermogen van de wijk` is below 0 where the wijkbedrijf loses on
    it. Fixed costs are shared with the other packages that are granted.
    """
    asked = enterprise.with_hours(pakketten, enterprise.values(getallen))
    asked |= {name: ranges.of(getallen.get(name, ranges.SHARE)) for name in _BOOKS}
    central, drawn = ranges.central(asked), ranges.draws(asked)
    chances = np.ones((len(pakketten), 1)) * central["kans"]
    luck = enterprise.granted(pakketten, drawn)
    rows = []
    for n, one in enumerate(pakketten.itertuples()):
        plan = _ways(central, pakketten, chances, n)
        spread = _ways(drawn, pakketten, luck, n)
        middle, drawn_ = (np.array([*ways.values()]) for ways in (plan, spread))
        whole, each = (
            np.array([ways[way, PRICE, SOURCE] for way, _, _ in plan]) for ways in (plan, spread)
        )
        euros = ranges.bands(middle[:, 0], drawn_)
        parts = ranges.bands((middle / whole)[:, 0], drawn_ / np.maximum(each, 1.0))
        for key, *figures in zip(plan, *euros, *parts, strict=True):
            rows.append((one.id, one.naam, *key, *figures))
    return pd.DataFrame(rows, columns=LANDING)


def example(pakketten: pd.DataFrame) -> str:
    """Return the id of the package to show: the green, as in the publication, or the largest."""
    order = pakketten.sort_values("domein", key=lambda d: d != "groen", kind="stable")
    return next(iter(order["id"]), "")


def capital(pakketten: pd.DataFrame, getallen: Kengetallen) -> pd.DataFrame:
    """Return CAPITAL: what the wijk builds up, by kind, with its range.

    A year at full size, but for `eigen vermogen`, which is what is there after ten years in EUR.
    Kinds that nobody can count have words and no figure.
    """
    measures = {kind: (_UNITS.get(kind, EURO), measure) for kind, (_, measure) in _COUNTED.items()}
    found = enterprise.outcome(pakketten, getallen, measures)
    words = [_COUNTED[kind][0] for kind in found["maat"]]
    counted = found.rename(columns={"maat": "soort"}).assign(wat=words)[CAPITAL]
    named = pd.DataFrame({"soort": list(_NAMED), "wat": list(_NAMED.values())}).reindex(
        columns=CAPITAL
    )
    whole = pd.concat([counted, named.astype(counted.dtypes)], ignore_index=True)
    return whole


def _equity(lines: Lines) -> np.ndarray:
    return last(lines, "kas einde", LEVEL, EURO) - last(lines, "schuld", LEVEL, EURO)


def _people(lines: Lines) -> np.ndarray:
    together = [a[-1] for (_, _, unit), a in lines.items() if unit == PEOPLE]
    return np.sum(together, axis=0)


def _ways(
    v: Values, pakketten: pd.DataFrame, luck: np.ndarray, n: int
) -> dict[tuple[str, str, str], np.ndarray]:
    """Return (manier, regel, plek) of package `n`: EUR a year at full size, by draws."""
    sure = luck.copy()
    sure[n] = 1.0
    year = all_years(enterprise.YEARS)[-1:]
    whole = in_years(v, pakketten, sure, year)
    alone = in_years(v, pakketten.iloc[[n]], np.ones((1, luck.shape[1])), year)
    price = last(alone, "opdrachten", IN, EURO)
    total = last(whole, "opdrachten", IN, EURO)
    part = price / np.where(total > 0, total, 1.0)
    return _tendered(v, price) | _within(v, alone, whole, part)


def _tendered(v: Values, price: np.ndarray) -> dict[tuple[str, str, str], np.ndarray]:
    bought = price * v["verbruiksquote_mn"]
    wages = (price - bought) * v["loonquote_mn"]
    here, near = wages * v["wijkbedrijf_aannemer_wijk"], bought * v["aandeel_inkoop_gemeente_wijk"]
    return {
        (TENDERED, PRICE, SOURCE): price,
        (TENDERED, WAGES_HERE, HERE): here,
        (TENDERED, WAGES_ELSEWHERE, ELSEWHERE): wages - here,
        (TENDERED, BOUGHT_HERE, HERE): near,
        (TENDERED, BOUGHT_ELSEWHERE, ELSEWHERE): bought - near,
        (TENDERED, PROFIT, ELSEWHERE): price - bought - wages,
    }


def _within(
    v: Values, alone: Lines, whole: Lines, part: np.ndarray
) -> dict[tuple[str, str, str], np.ndarray]:
    price, subsidy = (last(alone, name, IN, EURO) for name in ("opdrachten", SUBSIDY))
    own, joined = (last(alone, name, OUT, EURO) for name in ("loon bewoners", "participatieloon"))
    # Done together with the other packages it costs a little less than alone.
    saved = last(whole, SAVED, LEVEL, EURO)
    paid = sum((last(whole, name, OUT, EURO) for name in SHARED), np.zeros_like(part))
    less = paid / np.where(paid + saved > 0, paid + saved, 1.0)
    skilled, goods, office = (last(alone, name, OUT, EURO) * less for name in SHARED)
    lead, place, fixed = (last(whole, name, OUT, EURO) * part for name in FIXED)
    others = skilled + office + lead
    nearby = others * v["wijkbedrijf_vakkracht_wijk"]
    bought = goods + place + fixed
    local = bought * v["aandeel_inkoop_bedrijf_wijk"]
    kept = price + subsidy - own - joined - others - bought
    return {
        (WITHIN, PRICE, SOURCE): price,
        (WITHIN, SUBSIDY, SOURCE): subsidy,
        (WITHIN, WAGES_HERE, HERE): own + joined + nearby,
        (WITHIN, WAGES_ELSEWHERE, ELSEWHERE): others - nearby,
        (WITHIN, BOUGHT_HERE, HERE): local,
        (WITHIN, BOUGHT_ELSEWHERE, ELSEWHERE): bought - local,
        (WITHIN, KEPT, HERE): kept,
        (WITHIN, WORKERS, NUMBER): last(alone, "bewoners met loon", COUNT, PEOPLE)
        + last(alone, "bewoners met participatieloon", COUNT, PEOPLE),
    }
