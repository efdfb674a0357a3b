"""OGC API Features as PDOK speaks it: collections, and pages of features. For `bronserver`."""

import base64
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlencode

from shapely.geometry import shape

from tests.bronodata import Fault, Record, Refusal, canonical, whole, window

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
RD = "http://www.opengis.net/def/crs/EPSG/0/28992"
OPTIONS = {"f", "limit", "crs", "bbox", "bbox-crs", "cursor"}
MOST = 1000  # features in an answer


@dataclass(frozen=True, eq=False)
class Collection:
    """A collection of features as PDOK keeps it, with the features in each coordinate system."""

    dataset: str
    id: str
    title: str
    features: dict[str, list[Record]] = field(repr=False)

    def described(self, base: str) -> Record:
        """Return what PDOK says about the collection."""
        url = f"{base}/collections/{self.id}"
        links = [_link("self", url), _link("items", f"{url}/items")]
        facts = {"id": self.id, "title": self.title, "itemType": "feature", "storageCrs": CRS84}
        return facts | {"crs": list(self.features), "links": links}


def answer(
    collections: Iterable[Collection],
    address: str,
    parts: list[str],
    options: dict[str, str],
    filters: bool,
    fault: Fault | None,
) -> Record:
    """Answer a question about a data set, its collections, or its features.

    `filters` says whether a property may be asked for by its name.
    """
    dataset, rest = "/".join(parts[:4]), parts[4:]
    known = {c.id: c for c in collections if f"cbs/{c.dataset}/ogc/v1" == dataset.lower()}
    base = f"{address}/api.pdok.nl/{dataset}"
    if not known or len(rest) > 3:
        raise Refusal(404, "Not Found")
    for name, part in zip(("collections", None, "items"), rest, strict=False):
        canonical([name] if name else known, part)
    if not rest:
        return {"title": dataset, "links": [_link("data", f"{base}/collections")]}
    if len(rest) == 1:
        return {"links": [], "collections": [c.described(base) for c in known.values()]}
    collection = known[canonical(known, rest[1])]
    if len(rest) == 2:
        return collection.described(base)
    return items(collection, f"{base}/collections/{collection.id}/items", options, filters, fault)


def items(
    collection: Collection, url: str, options: dict[str, str], filters: bool, fault: Fault | None
) -> Record:
    """Return a page of features."""
    wanted = {name: value for name, value in options.items() if name not in OPTIONS}
    properties = collection.features[CRS84][0]["properties"] if filters else {}
    if odd := wanted.keys() - properties.keys():
        raise Refusal(400, f"unknown query parameter(s) found: {', '.join(sorted(odd))}")
    if not (limit := min(whole(options, "limit", 10), MOST)):
        raise Refusal(400, "limit can't be zero")
    features = _system(collection, options.get("crs", CRS84))
    chosen = [f for f, rest in zip(features, _touched(collection, options), strict=True) if rest]
    chosen = [f for f in chosen if all(str(f["properties"][n]) == v for n, v in wanted.items())]
    first, last, following = window(_start(options), limit, len(chosen), fault)
    links = [_link("self", f"{url}?{urlencode(options)}")]
    if following:
        cursor = base64.urlsafe_b64encode(b"|%d" % following).decode()
        links.append(_link("next", f"{url}?{urlencode(options | {'cursor': cursor})}"))
    page = {"type": "FeatureCollection", "timeStamp": now(), "links": links}
    return page | {"numberReturned": len(chosen[first:last]), "features": chosen[first:last]}


def now() -> str:
    """Return the time as PDOK writes it."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _system(collection: Collection, crs: str) -> list[Record]:
    if crs not in collection.features:
        raise Refusal(400, f"unsupported coordinate reference system: {crs}")
    return collection.features[crs]


def _touched(collection: Collection, options: dict[str, str]) -> list[bool]:
    """Return for each feature whether it touches the rectangle that is asked for."""
    features = _system(collection, options.get("bbox-crs", CRS84))
    if "bbox" not in options:
        return [True] * len(features)
    try:
        west, south, east, north = map(float, options["bbox"].split(","))
    except ValueError:
        raise Refusal(400, "bbox should contain exactly 4 numbers") from None
    bounds = [shape(f["geometry"]).bounds for f in features]
    return [w <= east and e >= west and s <= north and n >= south for w, s, e, n in bounds]


def _start(options: dict[str, str]) -> int:
    cursor = options.get("cursor", "")
    try:
        return int(base64.urlsafe_b64decode(cursor)[1:]) if cursor else 0
    except ValueError:
        raise Refusal(400, "invalid cursor") from None


def _link(rel: str, href: str) -> Record:
    return {"rel": rel, "type": "application/geo+json", "title": rel, "href": href}
