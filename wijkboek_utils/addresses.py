"""The address file of a pilot: every address of its gemeenten, and which of them were chosen.

Two forms work as they are: that of CBS («Buurt, wijk en gemeente voor postcode-huisnummer»:
PC6, Huisnummer, Buurt2023, Wijk2023, Gemeente2023, codes without letters or zeros in front) and
that of an extract of the BAG (postcode, huisnummer, straat or openbare ruimte, buurt or x and y).
"""

import re
from pathlib import Path

import pandas as pd

from wijkboek_utils import dutch, sources
from wijkboek_utils.cutouts import Cutout, Street
from wijkboek_utils.errors import Fout, did_you_mean

_MOST_BYTES = 600_000_000  # that of CBS, with every address of the country, is under 300 MB
_BLOCK = 8 << 20
# What a column may be called, without regard to case, signs and the year behind it.
_NAMES = {
    "postcode": {"postcode", "pc6"},
    "huisnummer": {"huisnummer", "huisnr", "hnr"},
    "letter": {"huisletter"},
    "toevoeging": {"huisnummertoevoeging", "toevoeging", "huisnrtoevoeging"},
    "straat": {"straat", "straatnaam", "openbareruimte", "openbareruimtenaam"},
    "buurt": {"buurt", "buurtcode", "bucode"},
    "gemeente": {"gemeente", "gemeentecode", "gem", "gmcode"},
    "doel": {"gebruiksdoel", "gebruiksdoelen", "gebruiksdoelverblijfsobject"},
    "x": {"x", "xrd", "rdx"},
    "y": {"y", "yrd", "rdy"},
}
_ADDRESS = ["postcode", "straat", "huisnummer", "letter", "toevoeging"]
_DWELLING = "woonfunctie"
_FORMS = {
    "postcode": (r"[1-9]\d{3}[A-Z]{2}", "een postcode, zoals 3526 AB"),
    "huisnummer": (r"\d{1,5}", "een huisnummer zonder letter"),
    "buurt": (r"BU\d{4}[0-9A-Z]{4}", "een buurtcode, zoals BU03440831 of 3440831"),
    "x": (r"-?\d+(\.\d+)?", "een getal in meters (RD)"),
    "y": (r"-?\d+(\.\d+)?", "een getal in meters (RD)"),
}
_CLEAN = {
    "postcode": lambda cells: cells.str.replace(" ", "").str.upper(),
    "huisnummer": lambda cells: cells,
    "buurt": lambda cells: "BU" + cells.str.upper().str.removeprefix("BU").str.zfill(8),
    "x": lambda cells: cells.str.replace(",", "."),
    "y": lambda cells: cells.str.replace(",", "."),
}


def read(path: Path, gemeenten: tuple[str, ...]) -> pd.DataFrame:
    """Return the addresses of some gemeenten, as text, on the number of their row in the file.

    `postcode` (`3526AB`), `huisnummer` (a number), `straat`, `buurt` (code), `x`, `y` (metres) and
    `woning` (whether people may live there), each where the file has it. Raises Fout naming the
    file, row and column.
    """
    where = sources.shown(path)
    if path.stat().st_size > _MOST_BYTES:
        raise Fout(f"{where} is te groot. Maak het bestand kleiner: alleen uw eigen gemeente.")
    rows = _rows(path, where, gemeenten)
    if rows.empty:
        raise Fout(f"{where}: er staat geen adres van {dutch.join(list(gemeenten))} in.")
    return _typed(rows, where)


def _rows(path: Path, where: str, gemeenten: tuple[str, ...]) -> pd.DataFrame:
    """Return the rows that can be of these gemeenten; a file of the country goes by in parts."""
    import pyarrow as pa
    import pyarrow.csv as pc

    encoding, delimiter, header = _form(path, where)
    columns = _columns(header, where)
    kinds = dict.fromkeys(header, pa.string())
    parts, first = [], 2
    try:
        reader = pc.open_csv(
            path,
            pc.ReadOptions(encoding=encoding, block_size=_BLOCK),
            pc.ParseOptions(delimiter=delimiter),
            pc.ConvertOptions(
                column_types=kinds, include_columns=[*columns], strings_can_be_null=True
            ),
        )
        for batch in reader:
            part = batch.to_pandas().rename(columns=columns)
            part.index = pd.RangeIndex(first, first + len(part), name="rij")
            first += len(part)
            parts.append(part[_of(part, gemeenten)])
    except (pa.ArrowInvalid, UnicodeDecodeError) as error:
        raise Fout(f"{where} is niet als CSV te lezen: {error}.") from error
    return pd.concat(parts).astype("str") if parts else pd.DataFrame()


def _form(path: Path, where: str) -> tuple[str, str, list[str]]:
    """Return the encoding of a file, what separates its columns, and their names."""
    with path.open("rb") as file:
        start = file.read(1 << 20)
    line = start.splitlines()[0] if start.strip() else b""
    try:
        start.decode("utf-8")
        encoding = "utf-8"
    except UnicodeDecodeError as error:  # but the last letter may have been cut in two
        encoding = "utf-8" if error.start > len(start) - 4 else "windows-1252"
    text = line.decode(encoding, errors="replace").removeprefix("\ufeff")
    delimiter = max(";,\t", key=text.count)
    names = [name.strip().strip('"') for name in text.split(delimiter)]
    if len(set(names)) < len(names) or len(names) < 2:
        raise Fout(f"{where}: op rij 1 horen de namen van de kolommen, elk één keer.")
    return encoding, delimiter, names


def _columns(header: list[str], where: str) -> dict[str, str]:
    """Return our name of each column that we use, by its name in the file."""
    found: dict[str, str] = {}
    for name in header:
        bare = re.sub(r"[^a-z0-9]", "", re.sub(r"_?\d{4}$", "", name.strip().lower()))
        ours = next((our for our, known in _NAMES.items() if bare in known), None)
        if ours and ours not in found.values():
            found[name] = ours
    there, names = set(found.values()), ", ".join(header)
    if not there & {"postcode", "straat"}:
        raise Fout(f"{where}: een kolom postcode of straat ontbreekt; er staan: {names}.")
    if "buurt" not in there and not {"x", "y"} <= there:
        raise Fout(
            f"{where}: een kolom met de buurt ontbreekt, of twee kolommen x en y met de plaats in "
            f"RD; er staan: {names}."
        )
    return found


def _of(part: pd.DataFrame, gemeenten: tuple[str, ...]) -> pd.Series:
    """Return which rows can be of these gemeenten: what cannot be read is kept, to be told."""
    for column, width in (("buurt", 8), ("gemeente", 4)):
        if column in part:
            digits = part[column].fillna("").str.replace(r"^(GM|BU)", "", regex=True)
            codes = digits.str.strip().str.zfill(width).str[:4]
            return codes.isin([g[2:] for g in gemeenten]) | ~codes.str.fullmatch(r"\d{4}")
    return pd.Series(True, index=part.index)


def _typed(rows: pd.DataFrame, where: str) -> pd.DataFrame:
    """Return the rows in one form, or raise Fout naming the first cell that has another."""
    table = rows.copy()
    for column, (form, words) in _FORMS.items():
        if column not in table:
            continue
        cells = _CLEAN[column](table[column].str.strip())
        wrong = ~cells.str.fullmatch(form).fillna(False)
        if wrong.any():
            raise Fout(f"{where}, {_told(rows[column], wrong)}; hier hoort {words}.")
        table[column] = cells
    numbers = {"huisnummer": int, "x": float, "y": float}
    table = table.astype({name: kind for name, kind in numbers.items() if name in table})
    if "doel" in table:
        table["woning"] = table["doel"].fillna("").str.lower().str.contains(_DWELLING)
    if "toevoeging" in table:  # only then is it certain that two rows are one address
        table = table[~table.duplicated([c for c in _ADDRESS if c in table])]
    return table.drop(columns=[c for c in ("letter", "toevoeging", "doel") if c in table])


def _told(cells: pd.Series, wrong: pd.Series) -> str:
    """Return the first wrong cell of a column in words."""
    row = wrong.idxmax()
    cell = "is leeg" if pd.isna(cells[row]) else f"«{cells[row]}»"
    others = int(wrong.sum()) - 1
    more = f" (en nog {dutch.plural(others, 'rij', 'rijen')})" if others else ""
    return f"rij {row}, kolom {cells.name}: {cell}{more}"


def chosen(rows: pd.DataFrame, cut: Cutout, where: str) -> pd.Series:
    """Return which addresses a pilot names by postcode or street; `rows` as `read`.

    Raises Fout, with the nearest names, for a postcode, street or number that no address has.
    """
    inside = pd.Series(False, index=rows.index)
    for postcode in cut.postcodes:
        whole = _column(rows, "postcode", where)
        inside |= _hits(whole.str[: len(postcode)], postcode, where)
    for street in cut.straten:
        inside |= _on(rows, street, where)
    return inside


def _column(rows: pd.DataFrame, column: str, where: str) -> pd.Series:
    """Return a column, or raise Fout saying what the file lacks."""
    if column not in rows:
        more = " Het bestand van CBS heeft die niet; een uittreksel van de BAG wel."
        raise Fout(f"{where}: de kolom {column} ontbreekt.{more if column == 'straat' else ''}")
    return rows[column]


def _hits(words: pd.Series, word: str, where: str) -> pd.Series:
    """Return where a word stands, or raise Fout with the nearest words when it stands nowhere."""
    found = words.str.casefold() == word.casefold()
    if not found.any():
        near = did_you_mean(word, sorted(set(words.dropna())))
        raise Fout(f"{where}: {word} komt niet voor.{near}")
    return found.fillna(False)


def _on(rows: pd.DataFrame, street: Street, where: str) -> pd.Series:
    """Return which addresses lie on a street, or on the numbers of it that were asked for."""
    names = _column(rows, "straat", where).str.split().str.join(" ")
    hits = _hits(names, street.name, where)
    if not street.numbers:
        return hits
    numbers = _column(rows, "huisnummer", where)
    found = pd.Series(False, index=rows.index)
    for part in street.numbers:
        wanted = hits & numbers.isin(range(part.first, part.last + 1, part.step))
        if not wanted.any():
            raise Fout(f"{where}: {street.name} heeft geen huisnummer {part.said}.")
        found |= wanted
    return found
