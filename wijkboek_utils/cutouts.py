"""A gebied that is cut out of buurten, as a pilot file says it: by a shape or by addresses."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wijkboek_utils import areas, dutch, pdok, shapes, sources
from wijkboek_utils.errors import Fout, did_you_mean
from wijkboek_utils.regions import is_code

if TYPE_CHECKING:
    import shapely

FIELDS = {"vorm", "postcodes", "straten", "adressen"}
_ADDRESS_FIELDS = {"postcodes", "straten"}
_POSTCODE = re.compile(r"([1-9]\d{3}) ?([A-Z]{2})?")
_NUMBERS = re.compile(r"(\d{1,5})(?: ?- ?(\d{1,5}))?(?: (even|oneven))?")


@dataclass(frozen=True)
class Numbers:
    """House numbers from `first` up to and including `last`; `step` 2 keeps to one side."""

    first: int
    last: int
    step: int
    said: str


@dataclass(frozen=True)
class Street:
    """A street, or some numbers of it; without `numbers` the whole street."""

    name: str
    numbers: tuple[Numbers, ...] = ()


@dataclass(frozen=True)
class Cutout:
    """How a gebied is cut out of the buurten of `gemeenten`; `words` say it to a reader.

    `vorm` and `adressen` are files beside the pilot file; a postcode is `3526` or `3526AB`.
    """

    gemeenten: tuple[str, ...]
    words: str
    vorm: Path | None = None
    adressen: Path | None = None
    postcodes: tuple[str, ...] = ()
    straten: tuple[Street, ...] = ()


def read(area: dict[str, Any], where: str, jaar: int, known: list[str]) -> Cutout:
    """Return how the gebied of a pilot file is cut out; `known` are gemeenten with figures.

    The gemeenten of a shape are found by their boundaries in the books of `jaar` where the file
    does not name them. Raises Fout for what is missing, unreadable, or does not go together.
    """
    where = f"{where}, gebied"
    chosen = area.keys() & {"codes", "naam_bevat", "vorm"}
    ways = sorted(chosen) + (["postcodes of straten"] if area.keys() & _ADDRESS_FIELDS else [])
    if len(ways) != 1:
        raise Fout(f"{where}: kies één manier; er staat {dutch.join(ways) or 'alleen adressen'}.")
    said = _gemeenten(area.get("gemeente"), where)
    adressen = _file(area["adressen"], f"{where}, adressen", ".csv") if "adressen" in area else None
    if "vorm" in area:
        path = _file(area["vorm"], f"{where}, vorm", *shapes.FORMS)
        found = said or gemeenten_at(shapes.read(path), jaar, known)
        if not found:
            raise Fout(
                f"{where}, vorm: {path.name} ligt in geen gemeente waarvan wij grenzen hebben. Zet "
                "er de gemeente bij, zoals gemeente: GM0344, en haal haar op met wijkboek fetch."
            )
        return Cutout(tuple(found), f"het vlak in {path.name}", path, adressen)
    if not said:
        raise Fout(f"{where}: zet de gemeente erbij, zoals gemeente: GM0344.")
    if adressen is None:
        raise Fout(
            f"{where}: postcodes en straten vragen om een bestand met alle adressen van de "
            "gemeente, zoals adressen: adressen.csv. In docs/gebied.md staat hoe u eraan komt."
        )
    postcodes = [_postcode(p, where) for p in _list(area.get("postcodes"), f"{where}, postcodes")]
    straten = [_street(s, where) for s in _list(area.get("straten"), f"{where}, straten")]
    if not postcodes and not straten:
        raise Fout(f"{where}: er staat geen enkele postcode of straat.")
    words = [f"postcode {p[:4]} {p[4:]}".strip() for p in postcodes] + [_said(s) for s in straten]
    return Cutout(
        tuple(said),
        f"de adressen in {dutch.join(words)}",
        adressen=adressen,
        postcodes=tuple(postcodes),
        straten=tuple(straten),
    )


def gemeenten_at(shape: "shapely.Geometry", jaar: int, known: list[str]) -> list[str]:
    """Return which of the known gemeenten have a buurt that a shape (RD) reaches into."""
    return [
        gemeente
        for gemeente in _near(shape, known)
        if (areas.by_shape(shape, pdok.read_boundaries(gemeente, jaar)) > 0).any()
    ]


def _near(shape: "shapely.Geometry", known: list[str]) -> list[str]:
    """Return the known gemeenten that a shape touches; a file of the whole country is read once."""
    import shapely

    newest = {g: found[0] for g in known if (found := sources.select("grenzen", g))}
    near: set[str] = set()
    for source in {s.id: s for s in newest.values()}.values():
        if source.dataset:
            rows = sources.read_parquet(source, columns=["gemeentecode", "geometry"]).to_pandas()
            touched = shapely.intersects(shapely.from_wkb(rows["geometry"].to_numpy()), shape)
            near |= set(rows.loc[touched, "gemeentecode"])
            continue
        for gemeente in source.covers:
            rows = pdok.boundaries(source, gemeente)
            near |= (
                {gemeente} if shapely.intersects(rows.geometry.to_numpy(), shape).any() else set()
            )
    return sorted(near & set(known))


def _gemeenten(value: Any, where: str) -> list[str]:
    """Return the gemeenten that a gebied names: a code or a list of codes."""
    codes = [str(code) for code in (value if isinstance(value, list) else [value] if value else [])]
    for code in codes:
        if not is_code(code) or not code.startswith("GM"):
            raise Fout(f"{where}: {code} is geen code van een gemeente; die lijkt op GM0344.")
    return list(dict.fromkeys(codes))


def _file(value: Any, where: str, *forms: str) -> Path:
    """Return the path of a file beside the pilot file, or say what is wrong with its name."""
    name = str(value)
    if not isinstance(value, str) or Path(name).name != name or name.startswith("."):
        raise Fout(f"{where}: geef alleen de naam van een bestand in de map pilots.")
    if Path(name).suffix.lower() not in forms:
        raise Fout(f"{where}: {name} moet eindigen op {dutch.join(list(forms), 'of')}.")
    path = sources.PILOTS / name
    if not path.is_file():
        there = sorted(p.name for p in sources.PILOTS.iterdir() if p.suffix.lower() in forms)
        raise Fout(f"{where}: pilots/{name} bestaat niet.{did_you_mean(name, there)}")
    return path


def _list(value: Any, where: str) -> list[Any]:
    if value is not None and not isinstance(value, list):
        raise Fout(f"{where}: hier hoort een lijst te staan, zoals [3526, 3527 AB].")
    return value or []


def _postcode(value: Any, where: str) -> str:
    found = _POSTCODE.fullmatch(str(value).strip().upper())
    if not found:
        raise Fout(f"{where}, postcodes: {value} is geen postcode; die lijkt op 3526 of 3526 AB.")
    return "".join(part for part in found.groups() if part)


def _street(value: Any, where: str) -> Street:
    """Return a street: its name, or `{straat: name, huisnummers: "1-45 oneven, 2"}`."""
    where = f"{where}, straten"
    if isinstance(value, str) and value.strip():
        return Street(" ".join(value.split()))
    if not isinstance(value, dict) or value.keys() - {"straat", "huisnummers"}:
        raise Fout(
            f'{where}: schrijf een straat als naam, of als {{straat: naam, huisnummers: "1-45 '
            f'oneven"}}; er staat {value!r}.'
        )
    name = value.get("straat")
    if not isinstance(name, str) or not name.strip() or "huisnummers" not in value:
        raise Fout(f"{where}: bij {value!r} ontbreekt de straat of ontbreken de huisnummers.")
    parts = [part.strip() for part in str(value["huisnummers"]).split(",")]
    return Street(
        " ".join(name.split()), tuple(_numbers(part, f"{where}, {name}") for part in parts)
    )


def _numbers(text: str, where: str) -> Numbers:
    """Return the house numbers of one part: `12`, `1-45`, `1-45 oneven`."""
    found = _NUMBERS.fullmatch(text)
    if not found:
        raise Fout(
            f"{where}: «{text}» is geen huisnummer. Schrijf 12, 1-45 of 1-45 oneven, met komma's "
            "ertussen. Een letter achter het nummer hoort er niet bij."
        )
    first, last, side = int(found[1]), int(found[2] or found[1]), found[3]
    if first > last:
        raise Fout(f"{where}: «{text}» loopt terug; begin met het kleinste nummer.")
    if side and first % 2 != (side == "oneven"):
        first += 1
    return Numbers(first, last, 2 if side else 1, text)


def _said(street: Street) -> str:
    return " ".join([street.name, ", ".join(part.said for part in street.numbers)]).strip()
