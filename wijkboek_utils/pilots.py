"""A pilot: one area to report on, from a YAML file in `pilots/` or straight from a CBS code."""

import os
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from wijkboek_utils import cbs, cutouts, dutch, folders, iv3, kengetallen, sources
from wijkboek_utils.cutouts import Cutout
from wijkboek_utils.errors import Fout, did_you_mean
from wijkboek_utils.folders import DEFAULT as DEFAULT
from wijkboek_utils.models import limits
from wijkboek_utils.regions import gemeente_of, is_code
from wijkboek_utils.remember import remembered

_FIELDS = {"naam", "gebied", "jaar", "toelichting", "contact", "kengetallen", "huiskleuren"}
_FIELDS |= {"raadsgrenzen"}
_AREA_FIELDS = {"codes", "gemeente", "naam_bevat", *cutouts.FIELDS}
_LONGEST = {"naam": 80, "toelichting": 500, "contact": 300}  # characters
_LONGEST_FACT = 1000  # of an own kengetal: its name, source and so on
_COLOURS = {"hoofd", "steun"}


@dataclass(frozen=True)
class Pilot:
    """What a report is about. `codes` are the CBS codes whose buurten make the gebied.

    A gebied that is cut out of buurten, by a shape or by addresses, has no codes but an `uitsnede`.
    `gemeente` is the first of `gemeenten`; `gemeentenaam` names all of them.
    """

    slug: str
    naam: str
    gemeente: str
    gemeentenaam: str
    codes: list[str]
    jaar: int
    verslag: str  # jaarrekening: wat is uitgegeven; begroting: wat is gepland
    toelichting: str = ""
    contact: str = ""
    omschrijving: str = field(default="", compare=False)  # how the gebied was chosen, in words
    kengetallen: dict[str, dict] = field(default_factory=dict)  # unit values of its own
    huiskleuren: dict[str, str] = field(default_factory=dict)  # hoofd and steun, as `#rrggbb`
    raadsgrenzen: list[dict[str, Any]] = field(default_factory=list)  # see `models.limits`
    uitsnede: Cutout | None = None

    @property
    def gemeenten(self) -> list[str]:
        """Return the gemeenten that the gebied lies in, by code, in the order of the pilot."""
        if self.uitsnede:
            return list(self.uitsnede.gemeenten)
        return list(dict.fromkeys(gemeente_of(code) for code in self.codes))

    @property
    def adressen(self) -> Path | None:
        """Return the file with all addresses of the gemeenten, where the pilot has one."""
        return self.uitsnede.adressen if self.uitsnede else None

    @property
    def periode(self) -> str:
        """Return what the amounts are about, for a title: `2023` or `begroting 2024`."""
        return str(self.jaar) if self.verslag == "jaarrekening" else f"{self.verslag} {self.jaar}"


def names() -> list[str]:
    """Return the names of the pilots that have a file, the default first."""
    return folders.pilots(sources.PILOTS)


def gemeenten() -> list[str]:
    """Return the gemeenten whose figures are in data/raw."""
    covered = {g for s in sources.vintages("kwb") for g in s.covers}
    return sorted(g for g in covered if g.startswith("GM"))


def load(name: str, jaar: int | None = None) -> Pilot:
    """Return the pilot of a file name or CBS code; `jaar` overrides the year of the file.

    Raises Fout, with the nearest names, when the pilot, a field of its file, the gemeente, wijk or
    buurt, or the year does not exist.
    """
    files = [(path, path.stat()) for path in sorted(sources.PILOTS.glob("*"))]
    seen = tuple((path, stat.st_mtime_ns, stat.st_size) for path, stat in files)
    return deepcopy(_load(name.strip(), jaar, seen))


@remembered(most=16)
def _load(slug: str, jaar: int | None, seen: tuple[Any, ...]) -> Pilot:
    if slug in names() and is_code(slug.upper()):
        raise Fout(f"pilots/{slug}.yml: een CBS-code kan niet de naam van een pilot zijn.")
    if slug in names():
        return _from_file(slug, _read(slug), jaar)
    if is_code(slug.upper()):
        return _from_code(slug.upper(), jaar)
    raise _unknown(slug)


def gemeenten_of(name: str) -> list[str]:
    """Return the gemeenten of a pilot or CBS code; their figures need not be there yet.

    Raises Fout, with the nearest names, when there is no such pilot, or when it does not say.
    """
    slug = name.strip()
    if slug not in names() and is_code(slug.upper()):
        return [gemeente_of(slug.upper())]
    if slug not in names():
        raise _unknown(slug)
    text = _read(slug)
    area = text.get("gebied") if isinstance(text, dict) else None
    area = area if isinstance(area, dict) else {}
    said = area.get("gemeente") or area.get("codes") or []
    codes = [str(code) for code in (said if isinstance(said, list) else [said])]
    if not codes or not all(is_code(code) for code in codes):
        raise Fout(
            f"pilots/{slug}.yml: bij gebied staat niet in welke gemeente het ligt. Zet er de code "
            "bij, zoals gemeente: GM0344."
        )
    return list(dict.fromkeys(gemeente_of(code) for code in codes))


def gemeente(name: str) -> str:
    """Return the first of `gemeenten_of`."""
    return gemeenten_of(name)[0]


def _read(slug: str) -> Any:
    """Return the text of a pilot file as YAML."""
    try:
        text = (sources.PILOTS / f"{slug}.yml").read_text(encoding="utf-8")
        return yaml.load(text, sources.YAML)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise Fout(f"pilots/{slug}.yml is geen geldige YAML: {error}") from error


def _unknown(slug: str) -> Fout:
    known = [*names(), *gemeenten()]
    return Fout(
        f"Pilot {slug} bestaat niet.{did_you_mean(slug, known)} Geef de naam van een bestand in "
        f"pilots/ ({', '.join(names())}) of een CBS-code zoals GM0344 of WK020202."
    )


def _from_code(code: str, jaar: int | None) -> Pilot:
    _check_codes([code])
    place = _place([gemeente_of(code)], jaar)
    found = _check_codes([code], jaar=place["jaar"])
    return Pilot(
        slug=code,
        naam=found[code],
        **place,
        codes=[code],
        omschrijving=f"{found[code]} ({code})",
    )


def _from_file(slug: str, text: object, jaar: int | None) -> Pilot:
    where = f"pilots/{slug}.yml"
    data = _mapping(text, _FIELDS, {"naam", "gebied", "jaar"}, where)
    area = _mapping(data["gebied"], _AREA_FIELDS, set(), f"{where}, gebied")
    if not isinstance(data["jaar"], int) or isinstance(data["jaar"], bool):
        raise Fout(f"{where}: jaar moet een getal zijn, zoals 2023; er staat {data['jaar']!r}.")
    for key in data.keys() & {"naam", "toelichting", "contact"}:
        if not isinstance(data[key], str) or not data[key].strip():
            raise Fout(f"{where}: {key} moet een tekst zijn; er staat {data[key]!r}.")
        _check_words(data[key], f"{where}: {key}", _LONGEST[key])
    jaar = data["jaar"] if jaar is None else jaar
    cut = cutouts.read(area, where, jaar, gemeenten()) if cutouts.FIELDS & area.keys() else None
    codes, words = ([], cut.words) if cut else _area_codes(area, where, jaar)
    within = cut.gemeenten if cut else [gemeente_of(code) for code in codes]
    _check_codes(list(within), where)
    return Pilot(
        slug=slug,
        naam=" ".join(data["naam"].split()),
        **_place(list(dict.fromkeys(within)), jaar),
        codes=codes,
        uitsnede=cut,
        toelichting=str(data.get("toelichting") or ""),
        contact=str(data.get("contact") or ""),
        omschrijving=words,
        kengetallen=_kengetallen(data.get("kengetallen"), where),
        huiskleuren=_huiskleuren(data.get("huiskleuren"), f"{where}, huiskleuren"),
        raadsgrenzen=limits.read(data.get("raadsgrenzen"), f"{where}, raadsgrenzen"),
    )


def _kengetallen(value: object, where: str) -> dict[str, dict]:
    """Return the unit values that a pilot brings, checked before any notebook runs."""
    own = value or {}
    if not isinstance(own, dict):
        raise Fout(f"{where}: onder kengetallen horen regels van de vorm «id: {{waarde: ...}}».")
    try:
        kengetallen.load(own)
    except Fout as fout:
        raise Fout(f"{where}: {fout}") from fout
    for id, facts in own.items():
        for name, fact in facts.items():
            _check_words(str(fact), f"{where}: kengetal {id}, {name}", _LONGEST_FACT)
    return own


def _check_words(text: str, where: str, most: int) -> None:
    """Raise Fout for a text that is too long to read, or that holds what nobody sees."""
    if len(text) > most:
        length = dutch.number(len(text))
        raise Fout(f"{where} is te lang: {length} tekens. Schrijf er ten hoogste {most}.")
    if odd := next((c for c in text if dutch.plain(c) != c), None):
        raise Fout(
            f"{where} bevat een teken dat niemand ziet (U+{ord(odd):04X}). Typ de tekst opnieuw "
            "en plak haar niet."
        )


def _huiskleuren(value: object, where: str) -> dict[str, str]:
    """Return the house colours of a pilot, checked before any notebook runs."""
    if value is None:
        return {}
    own = _mapping(value, _COLOURS, set(), where)
    from wijkboek_utils import colours  # most pilots have none, and it takes long to import

    return colours.check_all(own, where)


def _mapping(value: object, known: set[str], needed: set[str], where: str) -> dict:
    """Return `value` as a dict with only known and all needed keys, or say what is wrong."""
    if not isinstance(value, dict):
        raise Fout(f"{where}: hier horen regels van de vorm «naam: waarde».")
    for key in value:
        if key not in known:
            hint = did_you_mean(str(key), sorted(known))
            raise Fout(f"{where}: {key} is geen geldige instelling.{hint}")
    if missing := sorted(needed - value.keys()):
        raise Fout(f"{where}: {missing[0]} ontbreekt.")
    return value


def _area_codes(area: dict, where: str, jaar: int) -> tuple[list[str], str]:
    """Return the codes of a gebied in the books of a year and how they were chosen, in words."""
    if "codes" in area:
        if set(area) != {"codes"} or not isinstance(area["codes"], list) or not area["codes"]:
            raise Fout(
                f"{where}: geef bij gebied alleen een lijst codes, of gemeente en naam_bevat."
            )
        codes = [str(code) for code in area["codes"]]
        found = _check_codes(codes, where, jaar)
        return codes, ", ".join(f"{found[code]} ({code})" for code in codes)
    if set(area) != {"gemeente", "naam_bevat"}:
        raise Fout(
            f"{where}: geef bij gebied een lijst codes, of gemeente en naam_bevat, of een vorm, of "
            "postcodes en straten met adressen."
        )
    gemeente, part = str(area["gemeente"]), str(area["naam_bevat"] or "").strip()
    if not part:
        raise Fout(f"{where}: naam_bevat is leeg; geef een deel van de naam van de buurten.")
    _check_codes([gemeente], where)
    buurten = cbs.areas(gemeente, jaar).query("soort == 'Buurt'")
    hits = buurten[buurten["naam"].str.contains(part, case=False, regex=False)]
    if hits.empty:
        hint = did_you_mean(part, buurten["naam"].tolist())
        raise Fout(f"{where}: geen buurt van {gemeente} heeft {part} in de naam.{hint}")
    words = f"de buurten met «{part}» in de naam: {', '.join(hits['naam'])}"
    return hits["gebied"].tolist(), words


def _check_codes(codes: list[str], where: str = "", jaar: int | None = None) -> dict[str, str]:
    """Return code to name in the books of a year, or ever; raise for a code without figures."""
    at = f"{where}: " if where else ""
    found = {}
    for code in codes:
        if not is_code(code):
            raise Fout(f"{at}{code} is geen CBS-code; die lijkt op GM0344, WK020202 of BU03440831.")
        gemeente = gemeente_of(code)
        if gemeente not in gemeenten():
            known = gemeenten()
            if day := os.environ.get(sources.AS_OF):
                said = f"{at}van gemeente {gemeente} waren er op {day} nog geen cijfers opgehaald."
                raise Fout(f"{said} Kies bij --stand een latere dag, of laat dat weg.")
            others = ", ".join(known) if len(known) <= 5 else f"{len(known)} andere gemeenten"
            raise Fout(
                f"{at}van gemeente {gemeente} staan er geen cijfers in data/raw"
                f"{'; wel van ' + others if known else ''}."
                f"{did_you_mean(gemeente, known)} Haal ze op met: wijkboek fetch {gemeente}"
            )
        names = cbs.areas(gemeente, jaar).set_index("gebied")["naam"]
        if code not in names.index:
            hint = did_you_mean(code, [c for c in names.index if c[:2] == code[:2]])
            known_once = code in cbs.areas(gemeente, None)["gebied"].to_numpy()
            when = f"in de cijfers voor {jaar} " if known_once else ""
            raise Fout(f"{at}{code} bestaat {when}niet in {names.get(gemeente, gemeente)}.{hint}")
        found[code] = str(names[code])
    return found


def _place(gemeenten: list[str], jaar: int | None) -> dict:
    """Return gemeente, the names and the year; the newest annual account when no year is asked."""
    first = gemeenten[0]
    if jaar is None:
        years = [s for s in sources.select("iv3", first) if s.report == "jaarrekening"]
        if not years:
            there = dutch.join(sorted({s.period for s in sources.select("iv3", first)}))
            other = f" Wel een begroting van {there}: kies met -p jaar=…" if there else ""
            raise Fout(f"Van {first} is er geen jaarrekening in data/raw.{other}")
        jaar = int(years[0].period)
    reports = {}
    for gemeente in gemeenten:
        source = iv3.source(gemeente, jaar)
        if source.report is None:
            raise Fout(f"Bron {source.id} zegt niet of zij een jaarrekening of een begroting is.")
        reports[gemeente] = source.report
    if len(set(reports.values())) > 1:
        told = dutch.join([f"van {gemeente} een {report}" for gemeente, report in reports.items()])
        raise Fout(f"Over {jaar} is er {told}. Die tellen wij niet op: kies een ander jaar.")
    names = [
        str(cbs.areas(gemeente, None).set_index("soort").loc[["Gemeente"], "naam"].iloc[0])
        for gemeente in gemeenten
    ]
    facts = {"gemeente": first, "gemeentenaam": dutch.join(names)}
    return {**facts, "jaar": jaar, "verslag": reports[first]}
