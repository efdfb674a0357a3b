"""All work of an area, paid and unpaid, in hours: read off the books.

What is paid becomes hours through the share of it that is labour and what an hour of labour costs;
of the gemeente its own staff is known from its accounts (Iv3, category L1.1). Unpaid hours come
from the satellite account. Within an item errors go along as in `estimates`. How far items move
together nobody has measured: a kengetal says how much we assume.
"""

from typing import Any

import numpy as np
import pandas as pd

from wijkboek_utils import dutch, ledger
from wijkboek_utils.estimates import of
from wijkboek_utils.kengetallen import Kengetallen
from wijkboek_utils.models import work_books, work_local
from wijkboek_utils.models.work_books import ENDS, STAFF
from wijkboek_utils.models.work_local import QUESTIONS
from wijkboek_utils.unpaid import WEEKS

_RANGED = [f"{name}{end}" for name in ("uren", "uren_eigen", "uren_inkoop") for end in ENDS]
COLUMNS = [
    *("id", "naam", "domein", "betaald", "wie", "uren", "uren_laag", "uren_hoog", "euro", "se"),
    *("fte", "taakveld", "post", *QUESTIONS, "deel", "deel_laag", "deel_hoog", "grond", "methode"),
    *("bron", "bronjaar", "uitvoerder", *_RANGED[3:], "banen", "banen_laag", "banen_hoog"),
    *("schaal", "kengetal"),
]
_NUMBERS = [*_RANGED, "euro", "se", "fte", "banen", "banen_laag", "banen_hoog"]
_NUMBERS += ["deel", "deel_laag", "deel_hoog"]
_DOABLE = ["id", "naam", "domein", "betaald", "wie", "taakveld", "grond"]


def inventory(
    grootboek: pd.DataFrame,
    onbetaald: pd.DataFrame,
    lokaal_werk: pd.DataFrame,
    gewichten: ledger.Weights,
    getallen: Kengetallen,
    rekening: pd.DataFrame,
) -> pd.DataFrame:
    """Return all work of an area, a row for each kind: `COLUMNS`.

    `uren` a year with the range that holds nine times out of ten; `euro` what is paid for it in a
    year, with its standard error `se`, missing where nobody is paid; `uren_eigen` and `uren_inkoop`
    are municipal work by own staff and bought. `deel` is the share that people of the wijk could
    do, or, of unpaid work, could do together; `banen` how many part-time jobs the hours are.
    `rekening` as `iv3.read_all`. The euros of the rows with a taakveld add up to
    `views.net_expenses`. Contributed work takes the place of as many estimated hours.
    """
    books = work_books.Books(grootboek, gewichten, getallen)
    rows = work_books.rows(books, onbetaald, rekening)
    items = pd.DataFrame(rows).reindex(columns=COLUMNS)
    items["methode"] = np.where(items["uren"].notna(), "geraamd", "ontbreekt")
    spread = work_local.spread(items, grootboek, onbetaald, gewichten)
    coherence(getallen)  # so that the report lists it
    items = _typed(work_local.replace(_typed(items), spread, lokaal_werk, gewichten))
    return _typed(items.assign(**_people(items, getallen)))


def _typed(items: pd.DataFrame) -> pd.DataFrame:
    kinds = dict.fromkeys(COLUMNS, "str") | dict.fromkeys(_NUMBERS, "float64")
    kinds |= {"bronjaar": "Int64"}
    found = {name: items[name].astype(kinds[name]) for name in COLUMNS}
    return pd.DataFrame(found).reset_index(drop=True)


def _people(items: pd.DataFrame, getallen: Kengetallen) -> dict[str, Any]:
    """Return hours as `fte` and as part-time jobs with a range, `banen`."""
    weeks = of(getallen.get("werk_weken", "weken per jaar"))
    full, part = (
        weeks * of(getallen.get(f"werk_{name}", "uur per week")) for name in ("voltijd", "deeltijd")
    )
    jobs = 1.0 / part.value
    wide = dutch.Z90 * part.se * jobs**2
    ends = product(items, "uren", jobs, max(jobs - wide, 0.0), jobs + wide)
    found = {f"banen{end}": values for end, values in zip(ENDS, ends, strict=True)}
    return {"fte": items["uren"] / full.value, **found}


def product(
    rows: pd.DataFrame, name: str, middle: Any, low: Any, high: Any
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return a column with a range times a factor with a range: middle, low and high.

    The two are independent: their distances to the middle add up as squares, below and above apart.
    """
    here, start, stop = (rows[f"{name}{end}"].to_numpy(float) for end in ENDS)
    found = here * middle
    down = np.hypot((here - start) * middle, here * (middle - low))
    up = np.hypot((stop - here) * middle, here * (high - middle))
    return found, np.maximum(found - down, 0.0), found + up


def doable(werk: pd.DataFrame) -> pd.DataFrame:
    """Return what people of the wijk could do, most hours first; `werk` as `inventory`.

    Columns: `id`, `naam`, `domein`, `betaald`, `wie`, `taakveld`, `grond`, and with `_laag` and
    `_hoog` `uren` and `euro` a year and `banen` (part-time jobs). Work of which the hours or the
    share are unknown, or of which nothing can be done, is left out.
    """
    rows = werk[(werk["uren"] * werk["deel"]).gt(0)].copy()
    wide = dutch.Z90 * rows["se"]
    rows["euro_laag"], rows["euro_hoog"] = rows["euro"] - wide, rows["euro"] + wide
    factor = [rows[f"deel{end}"].to_numpy(float) for end in ENDS]
    found: dict[str, np.ndarray] = {}
    for name in ("uren", "euro", "banen"):
        ends = product(rows, name, *factor)
        found |= {f"{name}{e}": v for e, v in zip(ENDS, ends, strict=True)}
    table = rows[_DOABLE].assign(**found)
    return table.sort_values("uren", ascending=False, ignore_index=True, kind="stable")


def together(rows: pd.DataFrame, name: str, samenhang: float = 1.0) -> tuple[float, float, float]:
    """Return the sum of a column with a range: middle, low and high.

    `samenhang` is the correlation of the errors: 1 adds the ranges, 0 adds their squares.
    """
    each, *ends = (rows[f"{name}{end}"].to_numpy(float) for end in ENDS)
    known = ~np.isnan(each)
    if not known.any():
        return np.nan, np.nan, np.nan
    middle = float(np.sum(each[known]))
    down, up = (_wide(np.abs(end - each)[known], samenhang) for end in ends)
    return middle, max(middle - down, 0.0), middle + up


def _wide(errors: np.ndarray, samenhang: float) -> float:
    """Return the error of a sum whose parts have one correlation with each other."""
    total, squares = np.nansum(errors), np.nansum(errors**2)
    return float(np.sqrt(samenhang * total**2 + (1 - samenhang) * squares))


def coherence(getallen: Kengetallen) -> float:
    """Return the correlation that we assume between the errors of kinds of work."""
    return getallen.get("werk_samenhang", "aandeel").waarde


def hourly(getallen: Kengetallen) -> pd.DataFrame:
    """Return what an hour costs in EUR: `doener`, `wat`, `euro`, `laag`, `hoog`, `kengetal`.

    Of who is hired it is what stands on the bill for an hour of labour: wages with
    everything that comes with them.
    """
    rows = []
    for doener, wat, hour, labour in _DOERS:
        unit = getallen.get(hour, "euro per uur")
        cost, ends, used = unit.waarde, (unit.laag, unit.hoog), hour
        if labour:
            bill = of(unit) / of(getallen.get(labour, "aandeel"))
            wide = dutch.Z90 * float(bill.se)
            cost, ends, used = (
                bill.value,
                (bill.value - wide, bill.value + wide),
                f"{hour};{labour}",
            )
        rows.append((doener, wat, cost, *ends, used))
    rows.append(_minimum_wage(getallen))
    return pd.DataFrame(rows, columns=["doener", "wat", "euro", "laag", "hoog", "kengetal"])


def _minimum_wage(getallen: Kengetallen) -> tuple[str, str, float, float, float, str]:
    """Return what an hour at the minimum wage costs who pays it: leave and illness are paid too."""
    shares = [f"wijkbedrijf_{name}" for name in ("vakantiegeld", "werkgeverslasten")]
    cost = of(getallen.get("uurloon_minimum", "euro per uur"))
    for name in shares:
        cost = cost * (1.0 + of(getallen.get(name, "aandeel")))
    cost = cost * float(WEEKS) / of(getallen.get("werk_weken", "weken per jaar"))
    wide = dutch.Z90 * float(cost.se)
    used = ";".join(["uurloon_minimum", *shares, "werk_weken"])
    ends = cost.value - wide, cost.value + wide
    return "Iemand met het minimumloon", "loonkosten", cost.value, *ends, used


_DOERS = [
    ("Eigen personeel van de gemeente", "loonkosten", STAFF, ""),
    ("Aannemer in de bouw", "rekening", "werk_uurkosten_aannemer", "werk_arbeid_bouw"),
    ("Aannemer in het groen", "rekening", "werk_uurkosten_aannemer", "werk_arbeid_groen"),
    ("Instelling voor zorg of welzijn", "rekening", "werk_uurkosten_zorg", "aandeel_loon_zorg"),
    ("Klein bedrijf in de wijk", "loonkosten", "werk_uurkosten_klein_bedrijf", ""),
]
