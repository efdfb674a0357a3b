"""Geographical files, good and mangled; see `mangle`."""

import io
import json
import random
import sqlite3
import struct
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import shapely

from tests.mangle import EITHER, EVIL, NEAR, REFUSED, SAME, SCRIPT, Made, Table, changed, cut, flip

# GeoJSON

SPOT = (136_000.0, 455_000.0)  # in Utrecht, RD


def _points(table: Table) -> list[shapely.Point]:
    x, y = SPOT
    return [shapely.Point(x + 10 * n, y + 10 * n) for n in range(len(table.rows))]


def collection(table: Table, **more: Any) -> dict[str, Any]:
    """Return a table as GeoJSON in RD, with a point for each row."""
    features = [
        {
            "type": "Feature",
            "properties": dict(zip(table.columns, row, strict=True)),
            "geometry": {"type": "Point", "coordinates": [point.x, point.y]},
        }
        for row, point in zip(table.rows, _points(table), strict=True)
    ]
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::28992"}}
    return {"type": "FeatureCollection", "crs": crs, "features": features, **more}


def _json(
    name: str,
    change: Callable[[dict[str, Any]], Any] = lambda told: None,
    expect: str = SAME,
    after: Callable[[bytes], bytes] = lambda content: content,
) -> Any:
    def made(table: Table, _: random.Random) -> Made:
        told = collection(table)
        change(told)
        return after(json.dumps(told).encode()), table, expect

    made.__name__ = name
    return made


def _json_cell(name: str, cell: str, seen: str | None = None) -> Any:
    def made(table: Table, _: random.Random) -> Made:
        right = table.cell(1, table.last, cell if seen is None else seen)
        return json.dumps(collection(table.cell(1, table.last, cell))).encode(), right, SAME

    made.__name__ = name
    return made


def _json_any(name: str, change: Callable[[bytes, random.Random], bytes], expect: str) -> Any:
    def made(table: Table, random: random.Random) -> Made:
        return change(json.dumps(collection(table)).encode(), random), table, expect

    made.__name__ = name
    return made


def _geometry(told: dict[str, Any], **what: Any) -> None:
    told["features"][2]["geometry"] = what or None


def _property(told: dict[str, Any], value: Any) -> None:
    properties = told["features"][1]["properties"]
    properties[next(iter(properties))] = value


def _replace(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    return lambda content: content.replace(old, new, 1)


_X = str(SPOT[0]).encode()
GEOJSON = [
    _json("plain"),
    _json("bom", after=lambda content: b"\xef\xbb\xbf" + content),
    _json("spaced", after=lambda content: json.dumps(json.loads(content), indent=4).encode()),
    _json("no_shape", lambda told: _geometry(told)),
    _json("height", lambda told: _geometry(told, type="Point", coordinates=[*SPOT, 3.0])),
    _json("no_crs", lambda told: told.pop("crs")),
    _json("id_and_box", lambda told: told.update(id="x", bbox=[1, 2, 3, 4])),
    _json_cell("script", SCRIPT),
    _json_cell("hyperlink", '=HYPERLINK("http://127.0.0.1/")'),
    _json_cell("right_to_left", "boom\u202egnp.exe", "boomgnp.exe"),
    _json("not_a_number", after=_replace(_X, b"NaN"), expect=REFUSED),
    _json("endless", after=_replace(_X, b"-Infinity"), expect=REFUSED),
    _json("too_large_for_a_float", after=_replace(_X, b"1e999"), expect=REFUSED),
    _json("many_digits", after=_replace(_X, b"9" * 5000), expect=REFUSED),
    _json("far_away", after=_replace(_X, b"1e300"), expect=EITHER),
    _json("text_for_x", after=_replace(_X, b'"1"'), expect=REFUSED),
    _json("nested", after=lambda content: b"[" * 1_000_000, expect=REFUSED),
    _json("nested_shape", after=_replace(_X, b"[" * 1_000_000 + b"]" * 1_000_000), expect=REFUSED),
    _json("nested_property", lambda told: _property(told, {"a": {"b": [1]}}), REFUSED),
    _json("list", lambda told: _property(told, [1, 2]), REFUSED),
    _json("name_twice", after=_replace(b'"type"', b'"type": 1, "type"'), expect=REFUSED),
    _json("other_json", lambda told: told.pop("type"), REFUSED),
    _json("features_no_list", lambda told: told.update(features={"a": 1}), REFUSED),
    _json("feature_no_object", lambda told: told["features"].append("x"), REFUSED),
    _json("odd_crs", lambda told: told.update(crs={"type": "link"}), REFUSED),
    _json("unknown_crs", after=_replace(b"28992", b"99999"), expect=REFUSED),
    _json("evil_crs", after=_replace(b"urn:ogc:def:crs:EPSG::28992", b"/etc/x"), expect=REFUSED),
    _json("unknown_shape", lambda told: _geometry(told, type="Circle", radius=3), REFUSED),
    _json(
        "open_ring", lambda told: _geometry(told, type="Polygon", coordinates=[[[0, 0]]]), REFUSED
    ),
    _json("huge_cell", lambda told: _property(told, "x" * 50_000), REFUSED),
    _json("utf_16", after=lambda content: content.decode().encode("utf-16"), expect=REFUSED),
    _json_any("cut", cut, REFUSED),
    _json_any("flip", flip, NEAR),
    _json_any("flip_again", flip, NEAR),
]


# GeoPackage and shapefile


def frame(table: Table) -> gpd.GeoDataFrame:
    """Return a table with a point for each row, in RD."""
    cells = {name: [row[n] for row in table.rows] for n, name in enumerate(table.columns)}
    return gpd.GeoDataFrame(cells, geometry=_points(table), crs=28992)


@cache
def package(table: Table, layer: str = "laag") -> bytes:
    """Return a table as a GeoPackage; its layer may have a name that GDAL would not give."""
    made = io.BytesIO()
    frame(table).to_file(made, driver="GPKG", layer="laag", engine="pyogrio")
    return made.getvalue() if layer == "laag" else _renamed(made.getvalue(), layer)


def _renamed(content: bytes, layer: str) -> bytes:
    base = sqlite3.connect(":memory:")
    base.deserialize(content)
    found = base.execute("select name from sqlite_master where type = 'trigger'").fetchall()
    for (trigger,) in found:
        base.execute(f'drop trigger "{trigger}"')
    quoted = layer.replace('"', '""')
    base.execute(f'alter table laag rename to "{quoted}"')
    for about in ("gpkg_contents", "gpkg_geometry_columns", "gpkg_ogr_contents"):
        base.execute(f"update {about} set table_name = ?", (layer,))
    base.commit()
    return base.serialize()


def _sql(name: str, script: str, expect: str = SAME) -> Any:
    """Return what runs SQL on a GeoPackage before it is sent."""

    def made(table: Table, _: random.Random) -> Made:
        base = sqlite3.connect(":memory:")
        base.deserialize(package(table))
        for function in ("ST_IsEmpty", "ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
            base.create_function(function, 1, lambda _: 0)
        base.executescript(script.replace("COLUMN", table.columns[0]))
        base.commit()
        return base.serialize(), table, expect

    made.__name__ = name
    return made


def _package_cell(name: str, cell: str, seen: str | None = None, layer: str = "laag") -> Any:
    def made(table: Table, _: random.Random) -> Made:
        right = table.cell(1, table.last, cell if seen is None else seen)
        return package(table.cell(1, table.last, cell), layer), right, SAME

    made.__name__ = name
    return made


_CONTENTS = (
    "insert into gpkg_contents (table_name, data_type, identifier, srs_id) values "
    "('{0}', 'features', '{0}', 28992); insert into gpkg_geometry_columns values "
    "('{0}', 'geom', 'POINT', 28992, 0, 0);"
)
_AS_VIEW = (
    "alter table laag rename to echt; create view laag as select * from echt, "
    "(with recursive n(i) as (select 1 union all select i + 1 from n) select i from n);"
)
_package = partial(changed, write=package)

GPKG = [
    _package("plain", lambda c, r: c, SAME),
    _package("journal", lambda c, r: c[:18] + b"\2\2" + c[20:], SAME),
    _sql("trigger", "create trigger t after insert on laag begin delete from laag; end;"),
    _sql("other_view", "create view v as select load_extension('x') from laag;"),
    _sql("other_table", "create table t (a text); insert into t values ('x');"),
    _package_cell("script", SCRIPT, layer="<script>alert(1)</script>"),
    _package_cell("layer_of_sql", "gewoon", layer='a"; drop table gpkg_contents; --'),
    _package_cell("layer_of_path", "gewoon", layer=f"../../{EVIL}"),
    _package_cell("right_to_left", "boom\u202egnp.exe", "boomgnp.exe"),
    _sql("as_view", _AS_VIEW, REFUSED),
    _sql(
        "two_layers",
        "create table b (fid integer primary key, geom blob);" + _CONTENTS.format("b"),
        REFUSED,
    ),
    _sql("no_contents", "drop table gpkg_contents;", REFUSED),
    _sql("no_layer", "delete from gpkg_contents;", REFUSED),
    _sql("no_table", "update gpkg_contents set table_name = 'weg';", REFUSED),
    _sql("no_column", "update gpkg_geometry_columns set column_name = 'weg';", REFUSED),
    _sql("no_shape", "update laag set geom = x'4750000100000000ff';", REFUSED),
    _sql("half_shape", "update laag set geom = substr(geom, 1, 20) where fid = 2;", REFUSED),
    _sql("text_shape", "update laag set geom = 'POINT(1 2)' where fid = 2;", REFUSED),
    _sql("blob", "update laag set COLUMN = zeroblob(1000) where fid = 2;", REFUSED),
    _sql("huge_cell", "update laag set COLUMN = hex(zeroblob(4000)) where fid = 2;", REFUSED),
    _sql("no_text", "update laag set COLUMN = cast(x'c328' as text) where fid = 2;", REFUSED),
    _sql(
        "lost_row",
        "delete from laag where fid = 2; update gpkg_ogr_contents set feature_count = 5;",
        REFUSED,
    ),
    _package("other_database", lambda c, r: c[:16] + bytes(84) + c[100:], REFUSED),
    _package("cut", lambda c, r: c[: r.randrange(100, len(c) - 4096)], REFUSED),
    _package("flip", flip, NEAR),
    _package("flip_again", flip, NEAR),
    _package("flip_more", flip, NEAR),
]


def short(table: Table) -> Table:
    """Return what of a table fits the names of a shapefile, of ten letters."""
    keep = [n for n, name in enumerate(table.columns) if len(name) <= 10]
    rows = tuple(tuple(row[n] for n in keep) for row in table.rows)
    return replace(table, columns=tuple(table.columns[n] for n in keep), rows=rows)


@cache
def parts(table: Table) -> dict[str, bytes]:
    """Return a table as a shapefile: its parts by their ending."""
    with tempfile.TemporaryDirectory() as folder:
        frame(table).to_file(Path(folder) / "a.shp", engine="pyogrio", encoding="utf-8")
        return {path.suffix[1:]: path.read_bytes() for path in Path(folder).iterdir()}


def _zip(named: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in named.items():
            packed.writestr(name, data)
    return made.getvalue()


def _shape(
    name: str,
    change: Callable[[dict[str, bytes]], dict[str, bytes]],
    expect: str = SAME,
    stem: str = "kaart/bomen.",
) -> Any:
    def made(table: Table, _: random.Random) -> Made:
        right = short(table)
        found = change(dict(parts(right)))
        return _zip({n if "." in n else stem + n: d for n, d in found.items()}), right, expect

    made.__name__ = name
    return made


def _shape_any(name: str, change: Callable[[bytes, random.Random], bytes], expect: str) -> Any:
    def made(table: Table, random: random.Random) -> Made:
        right = short(table)
        packed = _zip({f"bomen.{end}": data for end, data in parts(right).items()})
        return change(packed, random), right, expect

    made.__name__ = name
    return made


def _patched(end: str, at: int, form: str, number: int) -> Any:
    def change(found: dict[str, bytes]) -> dict[str, bytes]:
        data = found[end]
        wrong = struct.pack(form, number)
        return found | {end: data[:at] + wrong + data[at + len(wrong) :]}

    return change


def _shape_cell(table: Table, _: random.Random) -> Made:
    right = short(table).cell(1, short(table).last, SCRIPT)
    return _zip({f"a.{end}": data for end, data in parts(right).items()}), right, SAME


SHP = [
    _shape("plain", lambda found: found),
    _shape("capitals", lambda found: {f"BOMEN.{end.upper()}": d for end, d in found.items()}),
    _shape("no_prj", lambda found: {end: d for end, d in found.items() if end != "prj"}),
    _shape("from_a_mac", lambda found: found | {"__MACOSX/kaart/._bomen.shp": b"Mac OS X"}),
    _shape("script_in_name", lambda found: found, stem="<script>alert(1)<.script>/bomen."),
    _shape_cell,
    _shape("lying_length", _patched("shp", 24, ">i", 2_000_000_000), REFUSED),
    _shape("lying_index", _patched("shx", 100, ">i", 2_000_000_000), EITHER),
    _shape("lying_rows", _patched("dbf", 4, "<I", 4_000_000_000), REFUSED),
    _shape("lying_width", _patched("dbf", 10, "<H", 60_000), REFUSED),
    _shape("lying_parts", _patched("shp", 104, ">i", 1_000_000_000), EITHER),
    _shape("half_a_shape", lambda found: found | {"shp": found["shp"][:130]}, REFUSED),
    _shape("no_dbf", lambda found: {end: d for end, d in found.items() if end != "dbf"}, REFUSED),
    _shape("two_layers", lambda found: found | {"b.shp": found["shp"]}, REFUSED),
    _shape("no_layer", lambda found: {"lees.mij": b"x"}, REFUSED),
    _shape("way_out", lambda found: found, REFUSED, f"../../../../tmp/{EVIL}/a."),
    _shape("nested", lambda found: found | {"in.zip": _zip(found)}, REFUSED),
    _shape("bomb", lambda found: found | {"dbf": found["dbf"] + bytes(100_000_000)}, REFUSED),
    _shape("evil_prj", lambda found: found | {"prj": b"+init=/etc/passwd:a"}, EITHER),
    _shape_any("bare", lambda c, r: b"\0\0\x27\x0a" + bytes(200), REFUSED),
    _shape_any("cut", cut, REFUSED),
    _shape_any("flip", flip, EITHER),
]
