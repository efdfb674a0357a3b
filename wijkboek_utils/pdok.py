"""Boundaries of buurten: pulled from PDOK (OGC API Features), read in the Dutch grid (RD)."""

import hashlib
import io
import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wijkboek_utils import sources
from wijkboek_utils.errors import Fout
from wijkboek_utils.net import Line, Onbereikbaar, Onvolledig

if TYPE_CHECKING:
    import geopandas
    import pyarrow as pa

RD = "EPSG:28992"
_LIMIT = 200  # features a page: each carries hundreds of figures, and PDOK gives up after 15 s
_PROPERTIES = ["buurtcode", "buurtnaam", "wijkcode", "gemeentecode", "gemeentenaam", "water"]
_SMALLEST = 1e5  # m2: no gemeente is smaller than this; in degrees the whole country is
_UNEVEN = 0.01  # how much the buurten together may differ from the gemeente, in area


class Collection:
    """The buurten of a year, of the country or of one gemeente, as a feed (see `download.Feed`).

    Kept of each feature are its codes, names and boundary; the figures that PDOK adds to them come
    from CBS itself.
    """

    def __init__(self, line: Line, host: str, dataset: str, gemeente: str = "") -> None:
        """Describe what to ask for; nothing is asked yet."""
        self.line, self.gemeente = line, gemeente
        self._base = f"https://{host}/cbs/{dataset}/ogc/v1/collections"
        self._about: dict[str, Any] | None = None

    def version(self) -> str:
        """Return a stamp of the collection: when it was updated, else a digest of what it says."""
        self._about = None
        about = dict(self.about())
        links = about.pop("links", [])
        stamps = [str(x["updated"]) for x in [about, *links] if x.get("updated")]
        text = json.dumps(about, sort_keys=True)
        return stamps[0] if stamps else hashlib.sha256(text.encode()).hexdigest()[:16]

    def about(self) -> dict[str, Any]:
        """Return the description of the collection as published."""
        if self._about is None:
            self._about = self.line.get_json(f"{self._base}/buurten", {"f": "json"})
        return self._about

    def describe(self, pages: "Iterable[pa.Table]") -> dict[str, Any]:
        """Return the description of the collection; it is about no rows in particular."""
        return self.about()

    def schema(self) -> "pa.Schema":
        """Return the columns: `id`, codes and names, and `geometry` (WKB, metres, RD)."""
        import pyarrow as pa

        texts = [pa.field(name, pa.string()) for name in ("id", *_PROPERTIES)]
        return pa.schema([*texts, pa.field("geometry", pa.binary())])

    def keys(self) -> list[str]:
        """Return the column that names a row."""
        return ["id"]

    def count(self) -> None:
        """Return None: PDOK does not say how many features there are."""

    def page(self, cursor: str | None) -> "tuple[pa.Table, str | None]":
        """Return a page of buurten and the address of the next one."""
        import pyarrow as pa

        answer = self._items("buurten", cursor)
        rows = [_row(feature) for feature in answer["features"]]
        rows = [row for row in rows if self._is_wanted(row)]
        return pa.Table.from_pylist(rows, schema=self.schema()), _next(answer)

    def check(self, path: Path) -> None:
        """Raise Onvolledig when the buurten of a gemeente are not as large as the gemeente."""
        import pyarrow.parquet as pq

        buurten: Counter[str] = Counter()
        for batch in pq.ParquetFile(path).iter_batches(columns=["gemeentecode", "geometry"]):
            _add_areas(buurten, batch.to_pylist())
        if buurten and max(buurten.values()) < _SMALLEST:
            raise Onvolledig("PDOK gaf de grenzen in graden en niet in meters (RD).")
        gemeenten: Counter[str] = Counter()
        cursor = None
        while True:
            answer = self._items("gemeenten", cursor)
            _add_areas(gemeenten, [_row(feature) for feature in answer["features"]])
            if not (cursor := _next(answer)):
                break
        for code in sorted(buurten | gemeenten):
            parts, whole = buurten[code], gemeenten[code]
            if self.gemeente in ("", code) and abs(parts - whole) > _UNEVEN * whole:
                raise Onvolledig(
                    f"De buurten van {code} zijn samen {parts / 1e6:.1f} km² en de gemeente is "
                    f"{whole / 1e6:.1f} km²."
                )

    def _is_wanted(self, row: dict[str, Any]) -> bool:
        return self.gemeente in ("", row["gemeentecode"])

    def _items(self, collection: str, cursor: str | None) -> dict[str, Any]:
        query = {"f": "json", "limit": str(_LIMIT), "crs": _uri(RD)}
        url = cursor or f"{self._base}/{collection}/items"
        if cursor or not self.gemeente:
            answer = self.line.get_json(url, None if cursor else query)
        else:
            try:
                answer = self.line.get_json(url, query | {"gemeentecode": self.gemeente})
            except Onbereikbaar as error:
                if error.status != 400:
                    raise
                # A server that cannot choose by gemeente gives the country, page by page.
                answer = self.line.get_json(url, query)
        if not isinstance(answer, dict) or not isinstance(answer.get("features"), list):
            raise Onvolledig("PDOK gaf een antwoord zonder buurten.")
        if answer.get("numberReturned", len(answer["features"])) != len(answer["features"]):
            raise Onvolledig("PDOK gaf minder buurten dan zij telt.")
        return answer


def _row(feature: dict[str, Any]) -> dict[str, Any]:
    """Return a feature as a row."""
    import shapely

    texts = {name: feature["properties"].get(name) for name in _PROPERTIES}
    row = {name: None if value is None else str(value) for name, value in texts.items()}
    shape = shapely.from_geojson(json.dumps(feature["geometry"]))
    return {"id": str(feature["id"]), **row, "geometry": shape.wkb}


def _add_areas(sums: Counter[str], rows: list[dict[str, Any]]) -> None:
    """Add the areas of some rows, in m2, to the sum of their gemeente."""
    import shapely

    areas = shapely.area(shapely.from_wkb([row["geometry"] for row in rows]))
    for row, area in zip(rows, areas, strict=True):
        sums[row["gemeentecode"]] += area


def _next(answer: dict[str, Any]) -> str | None:
    return next((link["href"] for link in answer.get("links", []) if link["rel"] == "next"), None)


def _uri(crs: str) -> str:
    return f"http://www.opengis.net/def/crs/EPSG/0/{crs.split(':')[1]}"


def source(gemeente: str, jaar: int) -> sources.Source:
    """Return the boundaries nearest to a year, fetched ones before embedded ones.

    Raises Fout when data/raw holds no boundaries of the gemeente.
    """
    found = sources.select("grenzen", gemeente)
    if not found:
        raise Fout(
            f"Van gemeente {gemeente} staan er geen buurtgrenzen in data/raw. Haal ze op met: "
            f"wijkboek fetch {gemeente} --only grenzen"
        )
    return min(found, key=lambda s: (abs(int(s.period) - jaar), not s.dataset))


def hold() -> None:
    """Prove the boundaries of the country once, for who reports on many gemeenten.

    They are large and each gemeente needs but its own, so that only the checksum is kept.
    """
    for source in sources.vintages("grenzen"):
        if source.scope == "NL":
            sources.proven(source)


def read_boundaries(gemeente: str, jaar: int) -> "geopandas.GeoDataFrame":
    """Return the boundaries nearest to a year: `buurt`, `bron`, `geometry` in metres (RD)."""
    return boundaries(source(gemeente, jaar), gemeente)


def of_year(gemeente: str, jaar: int) -> "geopandas.GeoDataFrame | None":
    """Return the boundaries of a year, as `read_boundaries`; None when they were not fetched.

    The embedded boundaries are simplified: they differ from others by drawing alone.
    """
    found = [s for s in sources.select("grenzen", gemeente) if s.period == str(jaar) and s.dataset]
    return boundaries(found[0], gemeente) if found else None


def boundaries(source: sources.Source, gemeente: str) -> "geopandas.GeoDataFrame":
    """Return the boundaries in one source: `buurt`, `bron`, `geometry` in metres (RD)."""
    import geopandas  # takes a while to import, and only maps need it

    if source.dataset:
        import pyarrow.dataset as ds

        wanted = ["buurtcode", "water", "geometry"]
        rows = sources.read_parquet(source, ds.field("gemeentecode") == gemeente, wanted)
        rows = rows.to_pandas()
        rows = rows[rows["water"] != "JA"]  # lakes and sea are no buurten
        geometry = geopandas.GeoSeries.from_wkb(rows["geometry"], crs=RD)
        shapes = geopandas.GeoDataFrame({"buurt": rows["buurtcode"]}, geometry=geometry)
        shapes = shapes.dissolve("buurt").reset_index()
    else:
        shapes = geopandas.read_file(io.BytesIO(sources.read_bytes(source))).to_crs(RD)
        shapes = shapes.rename(columns={"statcode": "buurt"})
    shapes = shapes.assign(bron=source.id)
    return shapes[["buurt", "bron", "geometry"]].sort_values("buurt", ignore_index=True)
