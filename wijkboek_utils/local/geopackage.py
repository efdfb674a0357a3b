"""A GeoPackage as a table with shapes (OGC 12-128r19), read by SQLite itself.

The database stands in memory and can only be read. Only true tables count: a view, a virtual table
or a trigger is program text of somebody else.
"""

import sqlite3
from typing import Any

import numpy as np
import shapely

from wijkboek_utils.local import limits
from wijkboek_utils.local.geofile import FIRST, encode, tabulate
from wijkboek_utils.local.tabular import Refusal, Table, clean

_DAMAGED = "het GeoPackage is beschadigd. Maak het opnieuw."
_ENVELOPES = (0, 32, 48, 48, 64)  # bytes before the shape, by the code in its header
_READING = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ}
_NOT_VIRTUAL = "type = 'table' and rootpage > 0"  # a virtual table has no page of its own


def read(content: bytes) -> Table:
    """Return the table of the only layer. Raises Refusal, with the layers when there are more."""
    # SQLite cannot keep a journal (WAL) in memory; a copy without one is the same (sqlite.org,
    # sqlite3_deserialize). What still stands in a journal beside the file was not sent to us.
    content = content[:18] + b"\1\1" + content[20:]
    base = sqlite3.connect(":memory:")
    try:
        base.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, limits.SQLITE_LENGTH)
        base.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        base.deserialize(content)
        for setting in ("trusted_schema = off", "query_only = on", "cell_size_check = on"):
            base.execute(f"pragma {setting}")
        if base.execute("pragma quick_check(1)").fetchall() != [("ok",)]:
            raise Refusal(_DAMAGED)
        base.set_authorizer(_allow)
        return _read(base)
    except (sqlite3.Error, KeyError, OverflowError, UnicodeDecodeError, ValueError, TypeError):
        raise Refusal(_DAMAGED) from None
    finally:
        base.close()


def _allow(action: int, *_: str | None) -> int:
    """Let SQLite select and read, and nothing else: no functions, no writing, no other files."""
    return sqlite3.SQLITE_OK if action in _READING else sqlite3.SQLITE_DENY


def _read(base: sqlite3.Connection) -> Table:
    tables = dict(base.execute(f"select name, sql from sqlite_master where {_NOT_VIRTUAL}"))
    if "gpkg_contents" not in tables:
        raise Refusal("dit is een SQLite-bestand maar geen GeoPackage.")
    contents = base.execute("select table_name, data_type, srs_id from gpkg_contents").fetchall()
    layers = [(name, srs) for name, kind, srs in contents if kind == "features"]
    if len(layers) != 1:
        titles = ", ".join(f"«{clean(str(name))[:40]}»" for name, _ in layers[:10])
        words = f"er zitten meer kaartlagen in: {titles}. Laat er een in het bestand staan."
        raise Refusal(words if layers else "er zit geen kaartlaag in dit GeoPackage.")
    layer, srs = layers[0]
    if layer not in tables:
        raise Refusal("de kaartlaag is een berekening (view). Bewaar hem als gewone laag.")
    geometry = dict(base.execute("select table_name, column_name from gpkg_geometry_columns"))[
        layer
    ]
    quoted = '"' + layer.replace('"', '""') + '"'
    found = base.execute(f"select * from {quoted}")
    names = [str(one[0]) for one in found.description]
    rows = found.fetchmany(limits.ROWS + 1)
    at = names.index(geometry)
    key = _key(tables[layer], names)
    wkb = encode(_shapes([row[at] for row in rows]))
    features = [
        {name: value for name, value in zip(names, row, strict=True) if name not in (geometry, key)}
        for row in rows
    ]
    _refuse_other_count(base, tables, layer, len(rows))
    return tabulate(features, wkb, _crs(base, srs))


def _key(sql: str, names: list[str]) -> str:
    """Return the column that only numbers the rows, as GDAL and QGIS make it; else nothing."""
    first = names[0]
    words = " ".join(sql.upper().replace('"', "").split())
    return first if f"{first.upper()} INTEGER PRIMARY KEY" in words else ""


def _refuse_other_count(
    base: sqlite3.Connection, tables: dict[str, str], layer: str, count: int
) -> None:
    """Raise Refusal when GDAL or QGIS counted another number of features than there are."""
    if "gpkg_ogr_contents" in tables:
        told = dict(base.execute("select table_name, feature_count from gpkg_ogr_contents"))
        if told.get(layer) not in (None, count):
            raise Refusal(_DAMAGED)


def _crs(base: sqlite3.Connection, srs: Any) -> int | None:
    asked = (
        "select organization, organization_coordsys_id from gpkg_spatial_ref_sys where srs_id = ?"
    )
    for organisation, code in base.execute(asked, (srs,)):
        if str(organisation).upper() == "EPSG" and isinstance(code, int) and 0 < code < 1_000_000:
            return code
    return None


def _shapes(blobs: list[Any]) -> np.ndarray:
    """Return the shapes of a column: a header of GeoPackage, and then WKB."""
    found: list[bytes | None] = []
    for row, blob in enumerate(blobs, FIRST):
        if blob is None:
            found.append(None)
            continue
        if not isinstance(blob, bytes) or blob[:3] != b"GP\0" or len(blob) < 8:
            raise Refusal("de vorm van deze plek is niet leesbaar.", row)
        envelope, extended = blob[3] >> 1 & 7, blob[3] & 32
        if envelope > 4 or extended:
            raise Refusal("de vorm van deze plek is niet leesbaar.", row)
        found.append(blob[8 + _ENVELOPES[envelope] :])
    try:
        return shapely.from_wkb(found)
    except shapely.errors.GEOSException:
        raise Refusal("een van de vormen is niet leesbaar, of is een boog.") from None
