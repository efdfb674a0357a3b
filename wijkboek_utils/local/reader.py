"""The process that reads one contributed file: bytes come in, a table or faults go out as JSON.

A parser may be surprised by what it gets. Here it costs this process, which has little memory, few
seconds, no files to write and no secrets; the one that asked tells the contributor in Dutch.
"""

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from wijkboek_utils.local import csvfile, limits
from wijkboek_utils.local.tabular import Refusal, Table, Where

_AS_SHEET = "Bewaar het als XLSX of CSV."
_AS_MAP = "Bewaar het als GeoPackage of GeoJSON."
# What a file starts with, and what to do with it. See the libmagic database for the marks.
REFUSED = {
    b"%PDF": f"dit is een PDF. Een PDF is niet te lezen als tabel. {_AS_SHEET}",
    b"{\\rtf": f"dit is een tekstdocument. {_AS_SHEET}",
    b"\x89PNG": "dit is een foto of plaatje. Neem de gegevens over in de tabel.",
    b"\xff\xd8\xff": "dit is een foto of plaatje. Neem de gegevens over in de tabel.",
    b"GIF8": "dit is een foto of plaatje. Neem de gegevens over in de tabel.",
    b"\x1f\x8b": "dit bestand is ingepakt (gz). Pak het eerst uit.",
    b"7z\xbc\xaf": "dit bestand is ingepakt (7z). Pak het eerst uit.",
    b"Rar!": "dit bestand is ingepakt (rar). Pak het eerst uit.",
    b"PAR1": f"dit is een Parquet-bestand. {_AS_SHEET}",
    b"fgb": f"dit is een FlatGeobuf-bestand. {_AS_MAP}",
    b"\0\0\x27\x0a": "dit is een los deel van een shapefile. Zet alle delen samen in een zip.",
    b"\x7fELF": "dit is een programma.",
    b"MZ\x90": "dit is een programma.",
}
# What pyogrio and openpyxl load when it is there, for tables and pictures that nobody asks of them
# here: half a second for a map, half of the time that a workbook takes.
_NOT_NEEDED = ("geopandas", "pandas", "pyarrow")
_NOT_IN_A_SHEET = ("numpy", "PIL")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MARKUP = {
    b"<kml": f"dit is een KML-bestand. {_AS_MAP}",
    b"<gpx": f"dit is een GPX-bestand. {_AS_MAP}",
    b"<gml": f"dit is een GML-bestand. {_AS_MAP}",
    b"<": f"dit is een webpagina of XML-bestand. {_AS_SHEET}",
}
_IN_ZIP = {
    "word/document.xml": f"dit is een Word-document. {_AS_SHEET}",
    "ppt/presentation.xml": f"dit is een presentatie. {_AS_SHEET}",
    "xl/workbook.bin": f"dit is een XLSB-bestand. {_AS_SHEET}",
    "content.xml": f"dit is een OpenDocument-bestand (zoals ODS). {_AS_SHEET}",
    "Index/Document.iwa": f"dit is een Numbers-bestand. {_AS_SHEET}",
    "doc.kml": f"dit is een KMZ-bestand. {_AS_MAP}",
}


def form(content: bytes) -> str:
    """Return csv, xlsx, geojson, gpkg or shp, by what is in it. Raises Refusal with advice."""
    if not content.strip():
        raise Refusal("het bestand is leeg.")
    for mark, words in REFUSED.items():
        if content.startswith(mark):
            raise Refusal(words)
    if content.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in content:
            raise Refusal("het bestand heeft een wachtwoord. Haal dat eraf.")
        raise Refusal(f"dit is een bestand van een oude versie van Excel of Word. {_AS_SHEET}")
    if content.startswith(b"SQLite format 3\0"):
        return "gpkg"
    if content.startswith((b"PK\3\4", b"PK\5\6")):
        return _zipped(content)
    start = content.lstrip(b"\xef\xbb\xbf \t\r\n")[:2000]
    if start.startswith((b"{", b"[")):
        return "geojson"
    if start.startswith(b"<"):
        raise Refusal(next(words for mark, words in _MARKUP.items() if mark in start.lower()))
    return "csv"


def _zipped(content: bytes) -> str:
    from wijkboek_utils.local import archive

    names = archive.opened(content).namelist()
    for name, words in _IN_ZIP.items():
        if name in names:
            raise Refusal(words)
    if "xl/workbook.xml" in names or "[Content_Types].xml" in names:
        return "xlsx"
    if any(name.lower().endswith(".shp") for name in names):
        return "shp"
    raise Refusal("in deze zip zit geen shapefile. Pak hem uit en stuur het bestand zelf.")


def read(content: bytes, found: str) -> Table:
    """Return the table of a file of that form. Raises Refusal."""
    if found == "csv":
        return csvfile.read(content)
    if found == "xlsx":
        with _without(_NOT_IN_A_SHEET):
            from wijkboek_utils.local import workbook  # only what this file needs is loaded

        return workbook.read(content)
    from wijkboek_utils.local import geofile

    if found == "gpkg":
        from wijkboek_utils.local import geopackage

        return geopackage.read(content)
    return geofile.geojson(content) if found == "geojson" else geofile.shapefile(content)


def answer(content: bytes, about: bool = False) -> dict[str, Any]:
    """Return what is in a file, as JSON can hold it; `about`: a file with names and facts."""
    found = ""
    try:
        if about:
            return {"form": "csv", "about": csvfile.facts(content)}
        found = form(content)
        return {"form": found, **vars(read(content, found))}
    except Refusal as refusal:
        faults: list[Where] = refusal.faults
    except MemoryError:
        faults = [
            ("het bestand vraagt te veel geheugen. Verdeel het over meer bestanden.", None, None)
        ]
    return {"form": found, "faults": faults}


def limit() -> None:
    """Bound what this process may use. Windows cannot; there the clock of the caller is left."""
    try:
        import resource
    except ImportError:
        return
    bounds = {
        resource.RLIMIT_AS: limits.MEMORY,
        resource.RLIMIT_CPU: limits.CPU_SECONDS,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
    }
    for what, most in bounds.items():
        resource.setrlimit(what, (most, most))


@contextmanager
def _without(names: Iterable[str]) -> Iterator[None]:
    """Let who imports one of these meanwhile hear that it is not there."""
    absent = {name: None for name in names if name not in sys.modules}
    sys.modules.update(absent)  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]


def main() -> None:
    """Read a file from standard input and write the answer to standard output."""
    limit()
    with _without(_NOT_NEEDED):
        told = answer(sys.stdin.buffer.read(), about="--over" in sys.argv)
    sys.stdout.buffer.write(json.dumps(told, ensure_ascii=True, allow_nan=False).encode())


if __name__ == "__main__":
    main()
