"""The areas that can be asked for: their codes and names, and the years of which books can be made.

Wijken and buurten are those of our own figures. Gemeenten without figures are known by name, so
that these can be fetched.
"""

from collections.abc import Sequence

from wijkboek_utils import cbs, dutch, iv3, pdok, pilots, sources
from wijkboek_utils.errors import Fout
from wijkboek_utils.finding import Place
from wijkboek_utils.regions import gemeente_of

_SERIES = "gemeenten"


def gemeenten() -> list[Place]:
    """Return the gemeenten of the country, with other names of them; those with figures first."""
    other: dict[str, list[str]] = {}
    for row in sources.read_project_table("gemeentenamen").itertuples():
        other.setdefault(row.gemeente, []).append(row.ook)
    listed: dict[str, str] = {}
    for source in sources.vintages(_SERIES)[:1]:
        rows = sources.read_csv(source)
        listed = dict(zip(rows["gemeente"], rows["naam"], strict=True))
    own = {code: cbs.names(source)[code] for code, source in _newest().items()}
    towns = own | listed
    return [Place(code, name, ook=tuple(other.get(code, ()))) for code, name in towns.items()]


def inside(gemeente: str, jaar: int | None = None) -> list[Place]:
    """Return the wijken and buurten of a gemeente with figures, in the books of a year or ever."""
    areas = cbs.areas(gemeente, jaar)
    parts = areas[areas["soort"].isin(["Wijk", "Buurt"])]
    parts = parts.sort_values(["soort", "gebied"], ascending=[False, True])
    name = _name(gemeente)
    return [Place(p.gebied, p.naam, name) for p in parts.itertuples()]


def everywhere() -> list[Place]:
    """Return every gemeente, and the wijken and buurten in the newest figures of those with any."""
    found, newest = gemeenten(), _newest()
    for source in {s.id: s for s in newest.values()}.values():
        names = cbs.names(source)
        for code in sorted(names, key=lambda code: (code[0] != "W", code)):
            town = gemeente_of(code)
            if code[:2] in ("WK", "BU") and town in newest and newest[town].id == source.id:
                found.append(Place(code, names[code], names[town]))
    return found


def _newest() -> dict[str, sources.Source]:
    """Return the newest kerncijfers of each gemeente with figures."""
    return {code: sources.select("kwb", code)[0] for code in pilots.gemeenten()}


def lacking(chosen: Sequence[str]) -> list[str]:
    """Return which gemeenten have no figures, no account or no boundaries."""
    known = pilots.gemeenten()
    return [
        g
        for g in chosen
        if g not in known or not sources.select("iv3", g) or not sources.select("grenzen", g)
    ]


def newest_year(chosen: Sequence[str]) -> int:
    """Return the newest year of which gemeenten have an annual account and books can be made.

    Raises Fout saying why there is none.
    """
    accounts = [
        {int(s.period) for s in sources.select("iv3", g) if s.report == "jaarrekening"}
        for g in chosen
    ]
    why: Fout | None = None
    for jaar in sorted(set.intersection(*accounts), reverse=True):
        try:
            check_year(chosen, jaar)
        except Fout as fout:
            why = why or fout
        else:
            return jaar
    names = dutch.join([_name(g) for g in chosen])
    raise why or Fout(
        f"Van {names} is er geen jaarrekening over een jaar dat zij gemeen hebben. Kies zelf een "
        "jaar, zoals --jaar 2024: een begroting kan ook."
    )


def check_year(chosen: Sequence[str], jaar: int) -> None:
    """Raise Fout saying what keeps the books of a year from being made."""
    for gemeente in chosen:
        iv3.read(gemeente, jaar)
        cbs.figures(gemeente, jaar)
        pdok.source(gemeente, jaar)


def _name(gemeente: str) -> str:
    return cbs.names(sources.select("kwb", gemeente)[0])[gemeente]
