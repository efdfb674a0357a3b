"""Streets and the buurten they lie in, from the Locatieserver of PDOK (version 3.1)."""

from collections import Counter
from typing import Any

from wijkboek_utils.finding import Place
from wijkboek_utils.net import Line, Onvolledig

_URL = "https://api.pdok.nl/bzk/locatieserver/search/v3_1/free"
_ROWS = 100  # the most that the service gives at once
_MOST = 5_000  # addresses of one street: no street has so many
_STREET = "straatnaam,woonplaatsnaam,gemeentenaam,gemeentecode,openbareruimte_id,type"
_ADDRESS = "straatnaam,gemeentecode,openbareruimte_id,buurtcode,type"


def streets(line: Line, text: str, gemeenten: list[Place]) -> list[Place]:
    """Return streets like `text` in some gemeenten, or in all when there are none, best first.

    The code of a street is the number that the BAG gives it. Raises Onbereikbaar when PDOK gives no
    answer and Onvolledig when that is no list of streets.
    """
    found: dict[str, Place] = {}
    towns = {town.code: f"{text} {town.naam}" for town in gemeenten} or {"": text}
    for town, wanted in towns.items():
        answer = _ask(line, wanted, "type:weg", _STREET, 0)
        for row in answer["docs"]:
            if row.get("openbareruimte_id") and town in ("", f"GM{row.get('gemeentecode')}"):
                where = f"{row['woonplaatsnaam']}, {row['gemeentenaam']}"
                where = row["gemeentenaam"] if len({*where.split(", ")}) == 1 else where
                street = Place(row["openbareruimte_id"], row["straatnaam"], where)
                found.setdefault(street.code, street)
    return list(found.values())


def buurten(line: Line, street: Place) -> dict[str, int]:
    """Return how many addresses of a street lie in each buurt, by code, most first.

    The buurten are those of today. Raises as `streets`, also when addresses have no buurt.
    """
    counts: Counter[str] = Counter()
    seen, total = 0, 1
    while seen < min(total, _MOST):
        answer = _ask(line, f"openbareruimte_id:{street.code}", "type:adres", _ADDRESS, seen)
        rows, total = answer["docs"], answer["numFound"]
        if not rows:
            break
        seen += len(rows)
        mine = [row for row in rows if row.get("openbareruimte_id") == street.code]
        counts.update(str(row["buurtcode"]) for row in mine if row.get("buurtcode"))
    if not counts:
        raise Onvolledig(f"PDOK noemt bij {street.naam} ({street.gemeente}) geen enkele buurt.")
    return dict(counts.most_common())


def _ask(line: Line, q: str, fq: str, fl: str, start: int) -> dict[str, Any]:
    """Return a page of the answer: `numFound` and `docs`."""
    query = {"q": q, "fq": fq, "fl": fl, "rows": str(_ROWS), "start": str(start)}
    answer = line.get_json(_URL, query)
    page = answer.get("response") if isinstance(answer, dict) else None
    if not isinstance(page, dict) or not isinstance(page.get("docs"), list):
        raise Onvolledig("PDOK gaf een antwoord zonder straten of adressen.")
    return {"numFound": int(page.get("numFound") or 0), "docs": page["docs"]}
