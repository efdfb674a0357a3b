"""From what somebody typed to the gebied of a new pilot: gemeenten, wijken, buurten or streets."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wijkboek_utils import addresses, dutch, finding, gazetteer, locatieserver, net, sources
from wijkboek_utils.asking import Asker
from wijkboek_utils.errors import Fout
from wijkboek_utils.finding import Place
from wijkboek_utils.regions import gemeente_of

_ADDRESSES = "adressen.csv"  # beside the pilots; see docs/gebied.md
_PATIENCE = net.Patience(attempts=3)  # somebody waits for the answer
_EXAMPLE = "wijkboek new --gemeente Arnhem --wijk Klarendal"
Bring = Callable[[list[Place]], None]


@dataclass(frozen=True)
class Wanted:
    """What was typed: names of each kind, and free words of any."""

    gemeenten: Sequence[str] = ()
    wijken: Sequence[str] = ()
    buurten: Sequence[str] = ()
    straten: Sequence[str] = ()
    woorden: Sequence[str] = ()
    adressen: str = ""
    jaar: int | None = None


@dataclass(frozen=True)
class Area:
    """What a pilot is about: its `gebied` as in the file, and words to put behind codes.

    `places` are what was chosen, `notes` what a reader must know of the choice.
    """

    gemeenten: list[Place]
    places: list[Place]
    gebied: dict[str, Any]
    said: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def choose(wanted: Wanted, ask: Asker, bring: Bring) -> Area:
    """Return the area that is meant; what is unclear is asked, where somebody can answer.

    `bring` fetches the figures of gemeenten that have none. Raises Fout saying what to type when a
    name is not known, or means several places and there is nobody to ask.
    """
    known = gazetteer.gemeenten()
    towns = [one for text in wanted.gemeenten for one in pick(text, known, ask, "--gemeente")]
    names = [(text, "--wijk", "WK") for text in wanted.wijken]
    names += [(text, "--buurt", "BU") for text in wanted.buurten]
    if not (towns or names or wanted.straten or wanted.woorden):
        towns, names = _asked(known, ask, bring)
    for text in " ".join(wanted.woorden).split(","):
        if text.strip():
            town, rest = _town_in(text, known) if not towns else (None, text)
            towns += [town] if town else []
            names += [(rest, "", "")] if rest else []
    bring(towns)
    if wanted.straten:
        if names:
            raise Fout("Kies straten, of wijken en buurten; niet samen in een pilot.")
        return _streets(wanted, towns, ask, bring)
    places = [one for name in names for one in _pick_area(*name, towns, wanted.jaar, ask)]
    return _area(list(dict.fromkeys(places or towns)), bring)


def _area(places: list[Place], bring: Bring) -> Area:
    """Return gemeenten, wijken and buurten as an area."""
    known = {place.code: place for place in gazetteer.gemeenten()}
    towns = [known.get(c, Place(c, c)) for c in dict.fromkeys(gemeente_of(p.code) for p in places)]
    bring(towns)
    said = {place.code: place.said for place in places}
    return Area(towns, places, {"codes": [place.code for place in places]}, said)


def _asked(
    known: list[Place], ask: Asker, bring: Bring
) -> tuple[list[Place], list[tuple[str, str, str]]]:
    """Return the gemeente and the names that somebody types in answer to two questions."""
    if not ask.live:
        raise Fout(
            f"Zeg over welk gebied het rapport gaat, zoals: {_EXAMPLE}. Het kan ook met --buurt of "
            "--straat, of met alleen een gemeente."
        )
    if not (text := ask.line("In welke gemeente ligt uw wijk?")):
        raise Fout("Er is geen gemeente gekozen. Er is niets geschreven.")
    towns = pick(text, known, ask, "--gemeente")
    bring(towns)
    wijken = [p.naam for t in towns for p in gazetteer.inside(t.code) if p.soort == "wijk"]
    print(f"De wijken van {dutch.join([t.naam for t in towns])}: {', '.join(wijken)}.")
    text = ask.line("Welke wijk of buurt? Meer mag, met komma's. Enter is de hele gemeente:")
    return towns, [(part, "", "") for part in text.split(",") if part.strip()]


def _town_in(text: str, known: list[Place]) -> tuple[Place | None, str]:
    """Return the gemeente that is named before or after other words, and those other words."""
    words = text.split()
    for cut in range(1, len(words)):
        for town, rest in ((words[cut:], words[:cut]), (words[:cut], words[cut:])):
            found = finding.find(" ".join(town), known)
            if found.exact and found.sure:
                return found.places[0], " ".join(rest).strip(" ,")
    return None, text.strip()


def _pick_area(
    text: str, option: str, kind: str, towns: list[Place], jaar: int | None, ask: Asker
) -> list[Place]:
    """Return the wijken or buurten that a name means in some gemeenten, or anywhere."""
    if towns:
        year = jaar or gazetteer.newest_year([town.code for town in towns])
        pool = [place for town in towns for place in gazetteer.inside(town.code, year)]
    else:
        pool = gazetteer.everywhere()
    own = [place for place in pool if place.code.startswith(kind)]
    # People say wijk where CBS says buurt: what is not called so among its own is sought in all.
    if kind and finding.find(text, own).exact:
        pool = own
    elif kind and not towns:
        pool = [place for place in pool if place.soort != "gemeente"]
    return pick(text, pool, ask, option, dutch.join([town.naam for town in towns]))


def pick(
    text: str, pool: Sequence[Place], ask: Asker, option: str = "", where: str = ""
) -> list[Place]:
    """Return the places of `pool` that a text means; mostly one.

    Raises Fout, naming what looks like it, when it is unclear and there is nobody to ask.
    """
    found = finding.find(text, pool)
    if found.sure and (found.exact or not ask.live):
        if finding.plain(found.places[0].naam) != finding.plain(text):
            print(f"{text.strip()}: wij nemen {found.places[0].said}.")
        return list(found.places)
    if not found.places:
        place = f"in {where}" if where else "in de gemeenten waarvan er cijfers zijn"
        other = "" if where else f" Ligt het in een andere gemeente, noem die erbij: {_EXAMPLE}."
        place = "bij de gemeenten van Nederland" if option == "--gemeente" else place
        raise Fout(f"{text.strip()} vonden wij niet {place}.{other}")
    together = _together(found.places)
    if not ask.live:
        raise Fout(_unclear(text, found.places, option, together))
    if len(found.places) == 1:
        if not ask.yes(f"Bedoelt u {found.places[0].said}?", True):
            raise Fout("Er is niets gekozen. Er is niets geschreven.")
        return list(found.places)
    print(f"{text.strip()} kan meer betekenen:")
    options = [place.said for place in found.places]
    options += [f"alle {len(options)} samen"] if together else []
    number = ask.choose("Welke?", options)
    if number is None:
        raise Fout("Er is niets gekozen. Er is niets geschreven.")
    return [found.places[number]] if number < len(found.places) else list(found.places)


def _together(places: Sequence[Place]) -> bool:
    """Return whether places can be one area: wijken and buurten of one gemeente."""
    parts = all(place.soort in ("wijk", "buurt") for place in places)
    return parts and len(places) > 1 and len({place.gemeente for place in places}) == 1


def _unclear(text: str, places: Sequence[Place], option: str, together: bool) -> str:
    """Return what a name may mean, with what to type for each."""
    flag = f"{option} " if option else ""
    lines = [f"{text.strip()} is niet duidelijk. Bedoelt u een van deze? Typ dan de code:"]
    if len(places) == 1:
        lines = [f"{text.strip()} vonden wij niet. Bedoelt u dit? Typ dan de code:"]
    lines += [f"  {place.said}: {flag}{place.code}" for place in places]
    if together:
        codes = " ".join(f"--buurt {place.code}" for place in places)
        lines.append(f"  alle {len(places)} samen: {codes}")
    return "\n".join(lines)


def _streets(wanted: Wanted, towns: list[Place], ask: Asker, bring: Bring) -> Area:
    """Return streets as an area: by an address file where there is one, else as whole buurten."""
    name = wanted.adressen.removeprefix("pilots/") or _ADDRESSES
    path = sources.PILOTS / name
    if wanted.adressen and (Path(name).name != name or not path.is_file()):
        raise Fout(f"pilots/{name} bestaat niet. Zet het bestand in de map pilots.")
    if path.is_file() and towns:
        return _by_addresses(wanted.straten, path, towns, ask)
    if wanted.adressen:
        raise Fout("Zeg bij --adressen ook de gemeente, zoals --gemeente Arnhem.")
    try:
        counts = _looked_up(wanted.straten, towns, ask)
    except net.Onbereikbaar as fout:
        raise Fout(
            f"{fout} Zonder internet kan het met --wijk of --buurt, of met een bestand van alle "
            "adressen: zie docs/gebied.md. Er is niets geschreven."
        ) from fout
    return _of_buurten(counts, wanted.jaar, bring)


def _looked_up(texts: Sequence[str], towns: list[Place], ask: Asker) -> dict[Place, dict[str, int]]:
    """Return streets by their name as PDOK knows them, with their addresses by buurt."""
    line, where = net.Line(_PATIENCE), dutch.join([t.naam for t in towns]) or "Nederland"
    pools = [(text, locatieserver.streets(line, text, towns)) for text in texts]
    streets = [place for text, pool in pools for place in pick(text, pool, ask, where=where)]
    return {street: locatieserver.buurten(line, street) for street in streets}


def _of_buurten(counts: dict[Place, dict[str, int]], jaar: int | None, bring: Bring) -> Area:
    """Return the whole buurten that streets lie in; `counts` has addresses of each by buurt."""
    codes = list(dict.fromkeys(code for found in counts.values() for code in found))
    known = {place.code: place for place in gazetteer.gemeenten()}
    towns = [known.get(c, Place(c, c)) for c in dict.fromkeys(map(gemeente_of, codes))]
    bring(towns)
    year = jaar or gazetteer.newest_year([town.code for town in towns])
    buurten = {p.code: p for town in towns for p in gazetteer.inside(town.code, year)}
    if gone := [code for code in codes if code not in buurten]:
        raise Fout(
            f"Buurt {gone[0]} van nu bestond nog niet in de cijfers over {year}. Kies zelf een "
            "wijk of buurt, met --wijk of --buurt."
        )
    said = {code: buurten[code].said for code in codes}
    names = dutch.join([street.naam for street in counts])
    notes = [
        f"{names} ligt in {dutch.join([buurten[code].said for code in codes])}. Het rapport gaat "
        "over die hele buurten. Alleen de straat kan met een bestand van alle adressen: zie "
        "docs/gebied.md."
    ]
    return Area(towns, list(counts), {"codes": codes}, said, notes)


def _by_addresses(texts: Sequence[str], path: Path, towns: list[Place], ask: Asker) -> Area:
    """Return streets cut out by an address file, which has every address of the gemeenten."""
    codes = [town.code for town in towns]
    rows = addresses.read(path, tuple(codes))
    if "straat" not in rows:
        raise Fout(f"{sources.shown(path)}: er is geen kolom straat. Zie docs/gebied.md.")
    names = sorted({" ".join(name.split()) for name in rows["straat"].dropna()})
    pool = [Place(name, name) for name in names]
    chosen = [p for text in texts for p in pick(text, pool, ask, where=sources.shown(path))]
    area = {
        "gemeente": codes[0] if len(codes) == 1 else codes,
        "adressen": path.name,
        "straten": [street.naam for street in chosen],
    }
    return Area(towns, chosen, area, {town.code: town.naam for town in towns})
