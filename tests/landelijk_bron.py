"""Made-up raw data of a whole country, in the files that `wijkboek fetch NL` would have left.

Of its real size: 342 gemeenten, 3,393 wijken and 14,574 buurten, as many rows and columns a table,
boundaries with as many points. Buurten are drawn from those of the pilots and made to add up to
about the country; accounts from the spread of the real ones. Codes and names exist nowhere, and
nothing here says anything of a real place.

    python -m tests.landelijk_bron FOLDER [N]
"""

import argparse
import json
import re
import shutil
import zlib
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely
import yaml
from scipy.sparse import csr_matrix
from scipy.spatial import Voronoi, cKDTree
from scipy.special import ndtr

from tests import brondata, bronodata, landelijk
from tests.bronodata import Record, Table
from tests.bronpdok import CRS84, RD, Collection
from wijkboek_utils import bronnen, dutch, intake, scale, sources
from wijkboek_utils.pdok import Collection as Feed

SEED = 8
BASE = 2023  # the year of the books; the others follow from it
KWB = {2022: "kwb-2022", 2023: "kwb-2023", 2024: "kwb-2024"}
IV3 = ["iv3-2022-jaarrekening", "iv3-2023-jaarrekening", "iv3-2024-begroting"]
BORDERS = {2023: "grenzen-2023", 2024: "grenzen-2024"}
STAMPS = {2022: "2025-03-28T02:00:00", 2023: "2025-11-14T02:00:00", 2024: "2026-03-31T02:00:00"}
RETRIEVED = "2026-11-01"
# What of data/raw no fetch brings; the rest of the embedded figures is about other places.
_KEPT = ["cbs-iv3", "gemeentefonds", "landsgrens"]
_FETCHED = ("iv3-202",)
_FIRST = (
    "Akker Beuken Bloem Bron Distel Eiken Elzen Haver Heide Iepen Klaver Klei Koren Lelie Linde"
)
_FIRST += " Meeuwen Molen Mos Olmen Populier Roggen Rozen Ruiter Schelp Tarwe Turf Varen Vlas Wilg"
_LAST = (
    "berg broek buurt dal dijk dorp eind gaard hoek hof horst kamp kwartier laan meer oord plas "
)
_LAST += "rade veld werf"


def write(root: Path, gemeenten: int = landelijk.GEMEENTEN) -> list[str]:
    """Write a project with the raw data of the first so many gemeenten; return their codes.

    The folder may hold no raw data yet: FileExistsError, rather than the loss of real figures.
    The same ones, with the same figures, whatever their number: the row of the country and the
    boundaries are always those of all of them together.
    """
    _copy(root)
    known = places()
    some = Part(known.codes[:gemeenten], known.gemeente < gemeenten)
    entries = [_kwb(root, year, some) for year in KWB]
    entries += [_iv3(root, name, some) for name in IV3]
    entries += [_borders(root, year, some) for year in BORDERS]
    for entry in entries:
        text = yaml.safe_dump({"sources": [entry]}, sort_keys=False, allow_unicode=True, width=100)
        (_folder(root, entry["dataset"]) / "manifest.yml").write_text(text, encoding="utf-8")
    return list(some.codes)


@dataclass(frozen=True)
class Part:
    """The gemeenten to write, and which buurten lie in them."""

    codes: list[str]
    inside: np.ndarray


def _random(name: str) -> np.random.Generator:
    """Return random numbers for one purpose: those of another stay as they are."""
    return np.random.default_rng([SEED, zlib.crc32(name.encode())])


def _copy(root: Path) -> None:
    """Copy the notebooks, and of data/raw what no fetch brings. The pilots are places elsewhere."""
    (root / "data" / "raw").mkdir(parents=True)  # never in a project that has figures of its own
    shutil.copytree(brondata.ROOT / "notebooks", root / "notebooks", dirs_exist_ok=True)
    (root / "pilots").mkdir(exist_ok=True)
    for name in _KEPT:
        old, new = brondata.RAW / name, root / "data" / "raw" / name
        new.mkdir()
        listed = yaml.safe_load((old / "manifest.yml").read_text(encoding="utf-8"))["sources"]
        listed = [entry for entry in listed if not entry["id"].startswith(_FETCHED)]
        for entry in listed:
            shutil.copy(old / entry["file"], new)
        text = yaml.safe_dump({"sources": listed}, sort_keys=False, allow_unicode=True)
        (new / "manifest.yml").write_text(text, encoding="utf-8")


# Files and manifests, as `download` and `fetch` write them.


def _folder(root: Path, dataset: str) -> Path:
    return root / "data" / "raw" / "opgehaald" / dataset


def _publish(
    root: Path, id: str, version: str, about: Any, rows: pa.Table, page: int
) -> dict[str, Any]:
    """Write a fetched file, a row group a page; return its entry in the manifest."""
    dataset = bronnen.datasets()[id]
    name = f"{id}-NL-{version[:10].replace('-', '')}"
    path = _folder(root, id) / f"{name}.parquet"
    path.parent.mkdir(parents=True)
    described = json.dumps(about, ensure_ascii=False)
    rows = rows.replace_schema_metadata({"bron": described})
    pq.write_table(rows, path, compression="zstd", row_group_size=page)
    how = "OData v3" if dataset.protocol == "odata" else "OGC API Features"
    count = dutch.plural(rows.num_rows, "rij", "rijen")
    return {
        "id": name,
        "dataset": id,
        "scope": "NL",
        "version": version,
        "series": dataset.series,
        "title": dataset.title,
        "publisher": dataset.publisher,
        "table": dataset.table,
        "period": dataset.period,
        "report": dataset.report,
        "url": dataset.url,
        "licence": dataset.licence,
        "attribution": dataset.attribution,
        "retrieved": RETRIEVED,
        "modified": version[:10] if version[4] == "-" else None,
        "obtained": f"Opgehaald bij een proefserver in plaats van {dataset.host} ({how}); {count}.",
        **intake.examine(dataset, path).fields,
        "file": path.name,
        "sha256": sources.sha256(path),
    }


def _described(table: Table) -> dict[str, list[Record]]:
    """Return the description of a table, in the parts in which CBS gives it."""
    names = [n for n in bronodata.set_names(table) if not n.endswith("DataSet")]
    frames = {name: bronodata.frame(table, name) for name in names}
    return {n: f.rows(range(f.size), [*f.columns]) for n, f in frames.items()}


def _keys(codes: np.ndarray, keys: list[str]) -> pa.Array:
    """Return a column of text of which few values differ."""
    return pa.DictionaryArray.from_arrays(codes.astype(np.int32), keys).cast(pa.string())


# Where the gemeenten, wijken and buurten are.


@dataclass(frozen=True)
class Places:
    """Buurten in the order of their code. `codes` and `names` are those of the gemeenten.

    `gemeente` and `wijk` say by number in which a buurt lies; `point` is about its middle (RD).
    """

    codes: list[str]
    names: list[str]
    gemeente: np.ndarray
    wijk: np.ndarray
    wijken: list[str]
    wijknamen: list[str]
    buurten: np.ndarray
    buurtnamen: np.ndarray
    point: np.ndarray


@cache
def outline() -> Any:
    """Return the outline of the country, roughly, in metres (RD)."""
    found = gpd.read_file(brondata.RAW / "landsgrens" / "nederland-natural-earth-4.1.geojson")
    return found.to_crs("EPSG:28992").union_all()


@cache
def places() -> Places:
    """Lay out the country: buurten close together in a town, and far apart around it."""
    sizes, random = landelijk.sizes(), _random("places")
    count = sizes["buurten"].to_numpy()
    towns, land = _towns(len(sizes), random)
    gemeente = np.repeat(np.arange(len(sizes)), count)
    point = _spread(gemeente, towns, land, random)
    seat = _seats(gemeente, sizes["wijken"].to_numpy(), random)
    wijk = np.flatnonzero(seat)[_nearest(point[seat], gemeente[seat], point, gemeente)]
    wijk = np.unique(wijk, return_inverse=True)[1]  # by gemeente, because buurten are
    order = np.lexsort((point[:, 0], wijk, gemeente))
    wijk, point = wijk[order], point[order]
    home = gemeente[np.searchsorted(wijk, np.arange(len(seat[seat])))]
    within = np.arange(len(home)) - np.searchsorted(home, home)
    number = np.arange(len(wijk)) - np.searchsorted(wijk, wijk)
    large = int(count.argmax())  # as Amsterdam, it has letters in its codes
    parts = [
        f"{9001 + g:04d}{chr(65 + w // 26)}{chr(65 + w % 26)}"
        if g == large
        else f"{9001 + g}{w:02d}"
        for g, w in zip(home, within, strict=True)
    ]
    pairs = [a + b for a in _FIRST.split() for b in _LAST.split()]
    names = random.permutation(pairs)
    turn = random.integers(len(names), size=len(sizes))
    nth = np.arange(len(gemeente)) - np.searchsorted(gemeente, gemeente)
    towns_ = random.choice(pairs, len(sizes), replace=False)
    return Places(
        codes=[f"GM{9001 + g}" for g in range(len(sizes))],
        names=[f"Proef{name.lower()}" for name in towns_],
        gemeente=gemeente,
        wijk=wijk,
        wijken=[f"WK{part}" for part in parts],
        wijknamen=[
            f"Wijk {p[4:]} {names[(turn[g] + 7 * w + 3) % len(names)]}"
            for p, g, w in zip(parts, home, within, strict=True)
        ],
        buurten=np.array([f"BU{parts[w]}{n:02d}" for w, n in zip(wijk, number, strict=True)]),
        buurtnamen=names[(turn[gemeente] + nth) % len(names)],
        point=point,
    )


def _towns(number: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return the middle of each gemeente, evenly over the land, and random points on land."""
    west, south, east, north = outline().bounds
    land = random.uniform((west, south), (east, north), (500_000, 2))
    shape = outline()
    shapely.prepare(shape)
    land = land[shapely.contains_xy(shape, land)]
    towns = land[:number].copy()
    for _ in range(8):
        towns = _middles(cKDTree(towns).query(land)[1], land, towns)
    return towns, land


def _middles(nearest: np.ndarray, points: np.ndarray, old: np.ndarray) -> np.ndarray:
    """Return the middle of the points that are nearest to each place."""
    n = np.bincount(nearest, minlength=len(old))
    sums = [np.bincount(nearest, points[:, k], len(old)) for k in (0, 1)]
    return np.where(n[:, None] > 0, np.column_stack(sums) / np.maximum(n, 1)[:, None], old)


def _nearest(
    seats: np.ndarray, owner: np.ndarray, points: np.ndarray, gemeente: np.ndarray
) -> np.ndarray:
    """Return the nearest seat of the same gemeente."""
    tree = cKDTree(np.column_stack([seats, owner * 1e7]))
    return tree.query(np.column_stack([points, gemeente * 1e7]))[1]


def _spread(
    gemeente: np.ndarray, towns: np.ndarray, land: np.ndarray, random: np.random.Generator
) -> np.ndarray:
    """Return a place for each buurt: denser near the middle of its gemeente."""
    home = cKDTree(towns).query(land)[1]
    weight = 0.06 + np.exp(-((np.hypot(*(land - towns[home]).T) / 3000) ** 2))
    order = np.argsort(home, kind="stable")
    ends = np.cumsum(np.bincount(home, minlength=len(towns)))
    heap = np.concatenate([[0], np.cumsum(weight[order])])  # to draw by weight
    low, high = heap[np.concatenate([[0], ends[:-1]])], heap[ends]
    owner = np.repeat(gemeente, 25)
    at = random.uniform(low[owner], high[owner])
    crowd = land[order[np.searchsorted(heap, at, side="right").clip(1, len(land)) - 1]]
    crowd = crowd + random.normal(0, 150, crowd.shape)
    point = crowd[::25].copy()
    for _ in range(5):
        point = _middles(_nearest(point, gemeente, crowd, owner), crowd, point)
    return point


def _seats(gemeente: np.ndarray, wijken: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return as many buurten of each gemeente as it has wijken: each begins a wijk."""
    order = np.lexsort((random.random(len(gemeente)), gemeente))
    rank = np.empty(len(gemeente), dtype=int)
    rank[order] = np.arange(len(gemeente)) - np.searchsorted(gemeente, gemeente)
    return rank < wijken[gemeente]


# Boundaries.

_STEPS = 32  # straight pieces of the line between two buurten
_BEND, _BENDS = 0.09, 900.0  # how far a line leaves the straight one: of its length, and in metres


@cache
def shapes() -> np.ndarray:
    """Return the boundary of each buurt: lines as crooked as real ones, shared by neighbours."""
    point = places().point
    middle = point.mean(axis=0)
    turn = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    around = middle + 600_000 * np.column_stack([np.cos(turn), np.sin(turn)])
    found = Voronoi(np.concatenate([point, around]))
    ridge = np.array(found.ridge_vertices)
    inner = (ridge >= 0).all(axis=1) & (found.ridge_points < len(point)).any(axis=1)
    ridge, sides = found.vertices[ridge[inner]], found.ridge_points[inner]
    bend = np.ones(len(ridge))
    crooked = _random("shapes").normal(size=(len(ridge), _STEPS))
    while True:
        whole, of = _polygons(_lines(ridge, crooked * bend[:, None]), ridge, sides, len(point))
        bad = ~shapely.is_valid(whole)
        if not bad.any():
            break
        bend[of[bad[of[:, 0]], 1]] = 0  # a line that crossed another is drawn straight
    land = outline()
    shapely.prepare(land)
    coast = ~shapely.contains_properly(land, whole)
    clipped = shapely.intersection(whole[coast], land)
    whole[coast] = np.where(shapely.area(clipped) > 1e4, clipped, whole[coast])
    return whole


def _lines(ridge: np.ndarray, crooked: np.ndarray) -> np.ndarray:
    """Return the points of each line: the middle of a part is moved aside, again and again."""
    start, end = ridge[:, 0], ridge[:, 1]
    along = end - start
    length = np.hypot(*along.T)
    aside = np.column_stack([-along[:, 1], along[:, 0]]) / np.maximum(length, 1e-9)[:, None]
    moved = np.zeros((len(ridge), _STEPS + 1))
    step, size = _STEPS, np.minimum(_BEND * length, _BENDS)
    while step > 1:
        half = step // 2
        mean = (moved[:, 0:-1:step] + moved[:, step::step]) / 2
        moved[:, half::step] = mean + crooked[:, half::step] * size[:, None]
        step, size = half, size * 0.5
    part = np.linspace(0, 1, _STEPS + 1)
    straight = start[:, None] + part[:, None] * along[:, None]
    return np.round(straight + moved[:, :, None] * aside[:, None], 3)


def _polygons(
    lines: np.ndarray, ridge: np.ndarray, sides: np.ndarray, number: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the polygons inside the lines, and which polygon has which line."""
    of = np.column_stack([sides.T.ravel(), np.tile(np.arange(len(lines)), 2)])
    of = of[of[:, 0] < number]
    here = places().point[of[:, 0]]
    first, last = ridge[of[:, 1], 0] - here, ridge[of[:, 1], 1] - here
    forward = first[:, 0] * last[:, 1] - first[:, 1] * last[:, 0] > 0  # against the clock
    middle = (first + last) / 2
    order = np.lexsort((np.arctan2(middle[:, 1], middle[:, 0]), of[:, 0]))
    of, forward = of[order], forward[order]
    along = lines[of[:, 1]]
    along = np.where(forward[:, None, None], along[:, :-1], along[:, :0:-1])
    rings = shapely.linearrings(along.reshape(-1, 2), indices=np.repeat(of[:, 0], _STEPS))
    return shapely.polygons(rings), of


def _borders(root: Path, year: int, some: Part) -> dict[str, Any]:
    """Write the boundaries of a year, and some water before the coast."""
    known, codes = places(), codes_of(year)
    code, group = np.unique(codes[some.inside], return_inverse=True)
    own = shapes()[some.inside]
    alone = np.bincount(group)[group] == 1
    shape = np.empty(len(code), dtype=object)
    shape[group[alone]] = own[alone]
    for n in np.unique(group[~alone]):
        shape[n] = shapely.union_all(own[group == n])
    at = np.searchsorted(code, codes)
    inside = np.flatnonzero(some.inside)
    first = inside[np.unique(at[inside], return_index=True)[1]]
    home, wijk = known.gemeente[first], known.wijk[first]
    frame = pd.DataFrame(
        {
            "buurtcode": code,
            "buurtnaam": known.buurtnamen[first],
            "wijkcode": [known.wijken[w] for w in wijk],
            "gemeentecode": [known.codes[g] for g in home],
            "gemeentenaam": [known.names[g] for g in home],
            "water": "NEE",
        }
    )
    frame["geometry"] = shapely.to_wkb(shape)
    frame = pd.concat([frame, _water(some)], ignore_index=True).sort_values("buurtcode")
    frame.insert(0, "id", [str(uuid5(NAMESPACE_URL, f"{c}-{year}")) for c in frame["buurtcode"]])
    dataset = bronnen.datasets()[BORDERS[year]]
    schema = Feed(None, "", "").schema()  # type: ignore[arg-type]  # it asks nothing
    collection = Collection(dataset.table, "buurten", "Buurten", {CRS84: [], RD: []})
    about = collection.described(dataset.url)
    told = {name: value for name, value in about.items() if name != "links"}
    version = sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]
    rows = pa.Table.from_pandas(frame, schema, preserve_index=False)
    return _publish(root, dataset.id, version, about, rows, 200)


def _water(some: Part) -> pd.DataFrame:
    """Return the sea that lies within a gemeente at the coast: a feature without a buurt."""
    known, land = places(), outline()
    rim = land.boundary
    shapely.prepare(rim)
    coast = some.inside & shapely.intersects(rim, shapes())
    rows = []
    for g in np.unique(known.gemeente[coast]):
        near = shapely.union_all(shapes()[coast & (known.gemeente == g)])
        sea = shapely.difference(shapely.convex_hull(near).buffer(500), land)
        if sea.area < 1e6:
            continue
        code = known.codes[g]
        wijk = f"{code[2:]}99"
        name = f"Buitenwater {known.names[g]}"
        rows.append(
            [f"BU{wijk}97", name, f"WK{wijk}", code, known.names[g], "JA", shapely.to_wkb(sea)]
        )
    columns = ["buurtcode", "buurtnaam", "wijkcode", "gemeentecode", "gemeentenaam", "water"]
    return pd.DataFrame(rows, columns=[*columns, "geometry"])


# Changes of boundaries and codes.


@cache
def changed() -> dict[int, list[tuple[str, int, int]]]:
    """Return what changed in a year: `split` or `merged` (two buurten), or `recoded` (one)."""
    known = places()
    found: dict[int, list[tuple[str, int, int]]] = {2023: [], 2024: []}
    for g in range(len(known.codes)):
        own = np.flatnonzero(known.gemeente == g)
        wijk = np.bincount(known.wijk[own]).argmax()
        one, *rest = own[known.wijk[own] == wijk]
        if not rest:
            continue
        gaps = np.hypot(*(known.point[rest] - known.point[one]).T)
        pair = int(one), int(rest[gaps.argmin()])
        if g % 40 == 7:
            found[2023].append(("split", *pair))
        elif g % 25 == 4:
            found[2024].append(("merged", *pair))
        elif g % 30 == 11:
            found[2024].append(("recoded", *pair))
    return found


@cache
def codes_of(year: int) -> np.ndarray:
    """Return in which buurt of a year each buurt of the books lies, by code."""
    codes = places().buurten.copy()
    for when, kinds in changed().items():
        for kind, one, other in kinds:
            if (kind == "split" and year < when) or (kind == "merged" and year >= when):
                codes[other] = codes[one]
            if kind == "recoded" and year >= when:
                codes[one] = f"{codes[one][:8]}99"
    return codes


def _said(year: int) -> dict[str, str]:
    """Return what CBS says in a year of the buurten that changed, by code."""
    marks = {"split": "3", "merged": "3", "recoded": "2"}
    codes = codes_of(year)
    return {
        str(codes[n]): marks[kind]
        for kind, one, other in changed().get(year, [])
        for n in ((one,) if kind == "recoded" else (one, other))
    }


# Kerncijfers.

PEOPLE, LAND, WATER = "AantalInwoners", "OppervlakteLand", "OppervlakteWater"
HOMES, INCOME, WOZ = (
    "Woningvoorraad",
    "GemiddeldInkomenPerInwoner",
    "GemiddeldeWOZWaardeVanWoningen",
)
AGES = ["k_0Tot15Jaar", "k_15Tot25Jaar", "k_25Tot45Jaar", "k_45Tot65Jaar", "k_65JaarOfOuder"]
HOUSEHOLDS = "HuishoudensTotaal"
KINDS = ["Eenpersoonshuishoudens", "HuishoudensZonderKinderen", "HuishoudensMetKinderen"]
FIRMS = ["ALandbouwBosbouwEnVisserij", "BFNijverheidEnEnergie", "GIHandelEnHoreca"]
FIRMS += ["HJVervoerInformatieEnCommunicatie", "KLFinancieleDienstenOnroerendGoed"]
FIRMS += ["MNZakelijkeDienstverlening", "OQOverheidOnderwijsEnZorg"]
FIRMS += ["RUCultuurRecreatieOverigeDiensten"]
BENEFITS = {"Bijstand": 403_000, "AO": 783_000, "WW": 150_000, "AOW": 3_250_000}
ALL_FIRMS = "BedrijfsvestigingenTotaal"
CARS, PER_HOME = "PersonenautoSTotaal", "PersonenautoSPerHuishouden"
# What the whole country has, about: the made-up buurten are made to add up to it.
TOTALS = {PEOPLE: 17_811_000, HOUSEHOLDS: 8_270_000, FIRMS[0]: 68_000}
TOTALS |= dict(zip(AGES, (2_720_000, 2_180_000, 4_660_000, 4_640_000, 3_600_000), strict=True))
TOTALS |= dict(zip(KINDS, (3_310_000, 2_390_000, 2_570_000), strict=True))
TOTALS |= {HOMES: 8_130_000, CARS: 8_920_000, ALL_FIRMS: 2_220_000}
TOTALS |= {f"PersonenPerSoortUitkering{kind}": n for kind, n in BENEFITS.items()}
MEANS = {INCOME: 32.0, WOZ: 369.0}
# Per inhabitant, of what the embedded figures lack.
ALSO = {"WmoClienten": 0.066, "JongerenMetJeugdzorgInNatura": 0.02, "LeerlingenPo": 0.079}
ALSO |= {"LeerlingenVoInclVavo": 0.052, "NietWoningvoorraad": 0.066, "Motorfietsen": 0.038}
RATES = {"HuishoudensMetEenLaagInkomen": 5.5, "GemiddeldeElektriciteitsleveringTotaal": 2500.0}
RATES |= {"GemiddeldAardgasverbruikTotaal": 900.0}
GROWTH = {INCOME: 0.05, WOZ: 0.06, "PersonenPerSoortUitkeringBijstand": -0.02}
# Of the newest year CBS has these groups not yet; and of many areas no income.
NOT_YET = {2024: ("Energie", "Zorg", "Onderwijs", "Inkomen > Inkomen van huishoudens")}
OTHERS = {"PercentageEengezinswoning": "PercentageMeergezinswoning"}  # of each hundred, the rest
OTHERS |= {"BouwjaarVanaf2000": "BouwjaarVoor2000", "PercentageBewoond": "PercentageOnbewoond"}
# Averages and shares of dwellings count by dwellings; others by inhabitants.
_OF_HOMES = re.compile("Percentage|Bouwjaar|woningen|Woningen|WOZ|InBezit")


@cache
def _donors() -> pd.DataFrame:
    """Return the real buurten of the pilots: counts per inhabitant, averages and shares as such.

    What is not known of one is taken from the one in Utrecht that looks most like it.
    """
    frames = []
    for id in ("85984NED", "85618NED"):
        rows = pd.read_csv(brondata.RAW / "cbs-kwb" / f"{id}.csv").query("soort == 'Buurt'")
        wide = rows.pivot(index="gebied", columns="onderwerp", values="waarde")
        wide = wide.drop(columns="MeestVoorkomendePostcode")
        wide = wide[wide[PEOPLE] > 100]
        counts = [c for c in wide if c in _additive() and c != PEOPLE]
        wide[counts] = wide[counts].div(wide[PEOPLE], axis=0)
        frames.append(wide)
    both = frames[0].combine_first(frames[1])
    # Cars of a firm that leases stand where it sits, and a business park has few inhabitants.
    both[CARS] = both[CARS].clip(upper=0.5)
    both[ALL_FIRMS] = both[ALL_FIRMS].clip(upper=0.25)
    alike = np.log1p(both[["Omgevingsadressendichtheid"]])
    alike = alike.join(both[["Koopwoningen", AGES[4], WOZ]])
    alike = ((alike - alike.mean()) / alike.std()).fillna(0.0)
    whole = both[KINDS[0]].notna()
    nearest = cKDTree(alike[whole]).query(alike)[1]
    both = both.combine_first(both[whole].iloc[nearest].set_axis(both.index))
    known = both[INCOME].notna()
    design = alike.assign(one=1.0)
    line = np.linalg.lstsq(design[known], both.loc[known, INCOME], rcond=None)[0]
    both[INCOME] = both[INCOME].fillna((design @ line).clip(lower=15.0))
    return both.fillna(both.median()).sort_values("Omgevingsadressendichtheid")


@cache
def _additive() -> frozenset[str]:
    known = sources.read_project_table("onderwerpen").query("optelbaar == 'ja'")
    return frozenset(known["onderwerp"])


@cache
def truth() -> dict[str, np.ndarray]:
    """Return the figures of all buurten in the year of the books, before rounding and secrecy."""
    random, known = _random("truth"), places()
    number = len(known.gemeente)
    area = shapely.area(shapes()) / 1e4
    tight = np.log(area)
    tight = (tight - tight.mean()) / tight.std()
    people = np.exp(random.normal(0, 0.95, number) - 0.35 * tight)
    people[random.random(number) < 0.02] = 0  # a harbour, a wood
    people *= TOTALS[PEOPLE] / people.sum()
    people = np.round(people)
    donors = _donors()
    # The pilots are towns: most buurten take after the few open ones among theirs.
    rank = (people / area).argsort().argsort() / number
    drawn = (rank**4 * len(donors) + random.normal(0, 0.08 * len(donors), number)).astype(int)
    drawn = donors.iloc[drawn.clip(0, len(donors) - 1)]
    town = random.normal(size=len(known.codes))[known.gemeente]  # what a gemeente has in common
    found: dict[str, np.ndarray] = {}
    for name in drawn.columns.drop(PEOPLE):
        value, noise = drawn[name].to_numpy(), random.normal(size=number)
        if name in _additive():
            found[name] = value * people * np.exp(0.12 * noise)
        elif name in MEANS:
            found[name] = value * np.exp(0.06 * noise + 0.05 * town)
        elif value.max() <= 100 and _OF_HOMES.search(name):
            found[name] = (value + 4 * noise).clip(0, 100)
        else:
            found[name] = value * np.exp(0.1 * noise)
    for name, rate in ALSO.items():
        found[name] = people * rate * np.exp(random.normal(0, 0.3, number))
    for name, rate in RATES.items():
        found[name] = rate * np.exp(random.normal(0, 0.4, number)).clip(0.2, 4)
    heated = (town > 1) & (random.random(number) < 0.4)  # few gemeenten have heat from a network
    found["PercentageWoningenMetStadsverwarming"] = heated * 100 * random.beta(1, 1.5, number)
    wet = random.beta(0.5, 6, number)
    found |= {PEOPLE: people, LAND: area * (1 - wet), WATER: area * wet, "OppervlakteTotaal": area}
    found[FIRMS[0]] = area**0.8  # the pilots are towns: they have no farms
    found["MateVanStedelijkheid"] = 5 - np.floor(rank * 5)
    return _consistent(found)


def _consistent(found: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Let parts add up to their whole, and buurten to the country."""
    people = found[PEOPLE]
    for _ in range(3):  # what adds up to its whole drifts from its total, a little less each time
        for name, total in TOTALS.items():
            found[name] *= total / found[name].sum()
        _share(found, AGES, people)
        _share(found, KINDS, found[HOUSEHOLDS])
    _share(found, ["Mannen", "Vrouwen"], people)
    _share(found, FIRMS[1:], found[ALL_FIRMS])
    found[ALL_FIRMS] = sum(found[kind] for kind in FIRMS)
    rent = 100 - found["Koopwoningen"]
    found["HuurwoningenTotaal"] = rent
    _share(found, ["InBezitWoningcorporatie", "InBezitOverigeVerhuurders"], rent)
    for part, other in OTHERS.items():
        found[other] = 100 - found[part]
    for name, mean in MEANS.items():
        weight = found[HOMES] if _OF_HOMES.search(name) else people
        found[name] = found[name] * mean / np.average(found[name], weights=weight)
    return found


def _share(found: dict[str, np.ndarray], parts: list[str], whole: np.ndarray) -> None:
    together = np.maximum(sum(found[part] for part in parts), 1e-9)
    for part in parts:
        found[part] = found[part] / together * whole


def _kwb(root: Path, year: int, some: Part) -> dict[str, Any]:
    """Write the kerncijfers of a year: the country, and each gemeente, wijk and buurt."""
    known, dataset = places(), bronnen.datasets()[KWB[year]]
    codes = codes_of(year)
    buurt, group = np.unique(codes, return_inverse=True)
    first = np.unique(group, return_index=True)[1]
    levels = [np.zeros(len(codes), int), known.gemeente, known.wijk, group]
    areas = ["NL00", *known.codes, *known.wijken, *buurt]
    names = ["Nederland", *known.names, *known.wijknamen, *known.buurtnamen[first]]
    home = np.concatenate(
        [
            [-1],
            np.arange(len(known.codes)),
            known.gemeente[np.unique(known.wijk, return_index=True)[1]],
            known.gemeente[first],
        ]
    )
    chosen = np.isin(home, [-1, *np.flatnonzero(np.isin(known.codes, some.codes))])
    order = [n for n in np.argsort([c[2:] if c[0] != "N" else "" for c in areas]) if chosen[n]]
    areas, names = [areas[n] for n in order], [names[n] for n in order]
    home = home[order]
    figures = _Figures(year, levels, np.array(order), np.array([a[:2] for a in areas]))
    table = _kwb_table(dataset.table, year, areas, names)
    said = _said(year)
    texts = {
        "Gemeentenaam": [(known.names[g] if g >= 0 else "Nederland").ljust(40) for g in home],
        "SoortRegio": [brondata.KINDS[a[:2]].ljust(10) for a in areas],
        "Codering": [a.ljust(10) for a in areas],
        "IndelingswijzigingGemeenteWijkBuurt": [
            said.get(a, "1") if a[0] in "WB" else "." for a in areas
        ],
        "MeestVoorkomendePostcode": [f"{9000 + g}" if g >= 0 else "." for g in home],
    }
    columns: dict[str, Any] = {"ID": np.arange(len(areas)), "WijkenEnBuurten": texts["Codering"]}
    for key, topic in table.topics().items():
        stem = re.sub(r"_\d+$", "", key)
        if stem in texts:
            columns[key] = texts[stem]
            continue
        values = figures.of(stem, topic, table.path(topic))
        blank = np.isnan(values)
        kind = pa.int64() if topic["Datatype"] == "Long" else pa.float64()
        values = np.round(np.where(blank, 0, values), topic["Decimals"])
        columns[key] = pa.array(values, mask=blank).cast(kind)
    return _publish(root, dataset.id, STAMPS[year], _described(table), pa.table(columns), 10_000)


def _kwb_table(id: str, year: int, areas: list[str], names: list[str]) -> Table:
    """Return the description of a table with these areas: that of the embedded ones of then."""
    like = _like_2024() if year >= 2024 else _like_2023()
    codes = [
        {"Key": a.ljust(10), "Title": n, "Description": "", "CategoryGroupID": 1}
        | {"DetailRegionCode": a.ljust(10), "Municipality": a[2:6]}
        for a, n in zip(areas, names, strict=True)
    ]
    title = f"Kerncijfers wijken en buurten {year}"
    dimensions = {"WijkenEnBuurten": codes}
    facts = (like.properties, dimensions, {}, like.groups)
    return Table(id, title, str(year), *facts, modified=STAMPS[year])


@cache
def _like_2024() -> Table:
    return brondata.kwb("85984NED", 2024)


@cache
def _like_2023() -> Table:
    return brondata.kwb("85618NED", 2023)


class _Figures:
    """The figures of a year in the areas of a table, as CBS would publish them."""

    def __init__(
        self, year: int, levels: list[np.ndarray], order: np.ndarray, kind: np.ndarray
    ) -> None:
        """Take for each level the area in which each buurt lies; `order` picks from all areas."""
        self.year, self.kind = year, kind
        starts = np.cumsum([0, *(level.max() + 1 for level in levels)])
        rows = np.concatenate([level + start for level, start in zip(levels, starts, strict=False)])
        number = len(levels[0])
        columns = np.tile(np.arange(number), len(levels))
        shape = (starts[-1], number)
        self.adding = csr_matrix((np.ones(len(rows)), (rows, columns)), shape)[order]
        drift = _random(f"growth {year}").normal(0, 0.01, number)
        self.growth = np.exp((0.008 + drift) * (year - BASE))
        self.people, self.homes = (self._sum(truth()[name]) for name in (PEOPLE, HOMES))

    def _sum(self, values: np.ndarray) -> np.ndarray:
        return self.adding @ (values * self.growth)

    def of(self, stem: str, topic: Record, path: str) -> np.ndarray:
        """Return the figures of a topic, missing where CBS would not give them."""
        random = _random(f"{stem} {path} {self.year}")
        if path.startswith(NOT_YET.get(self.year, ("-",))):
            return np.full(len(self.kind), np.nan)
        small = np.isin(self.kind, ["WK", "BU"])
        values = self._whole(stem, topic, random)
        if not topic["Decimals"] and topic["Unit"] == "aantal":
            step = 10 if stem.startswith("PersonenPerSoort") else 5
            values = np.where(small, np.round(values / step) * step, np.round(values))
        return np.where(small & self._secret(stem, topic, path, random), np.nan, values)

    def _whole(self, stem: str, topic: Record, random: np.random.Generator) -> np.ndarray:
        """Return the figures that nobody rounded or kept back."""
        known, trend = truth(), np.exp(GROWTH.get(stem, 0.0) * (self.year - BASE))
        if stem in ("OppervlakteTotaal", LAND, WATER):
            return self.adding @ known[stem]
        if stem == "Bevolkingsdichtheid":
            return self.people / np.maximum(self.adding @ known[LAND] / 100, 0.01)
        if stem == "GemiddeldeHuishoudensgrootte":
            return self.people / np.maximum(self._sum(known[HOUSEHOLDS]), 1e-9)
        if stem == PER_HOME:
            return self._sum(known[CARS]) / np.maximum(self._sum(known[HOUSEHOLDS]), 1e-9)
        if stem not in known:
            return self._any(topic, random)
        if stem in _additive():
            return self._sum(known[stem]) * trend
        of_homes = bool(_OF_HOMES.search(stem))
        weight = known[HOMES] if of_homes else known[PEOPLE]
        below = self.homes if of_homes else self.people
        return self._sum(known[stem] * weight) / np.maximum(below, 1e-9) * trend

    def _any(self, topic: Record, random: np.random.Generator) -> np.ndarray:
        """Return figures of a topic of which no real ones are here, and that nobody uses."""
        noise = np.exp(random.normal(0, 0.3, len(self.kind)))
        if topic["Unit"] == "aantal" and not topic["Decimals"]:
            return self.people * random.uniform(0.02, 0.3) * noise
        level = {"%": 30, "kWh": 2500, "m³": 1000, "km": 1.2, "x 1 000 euro": 35}
        values = level.get(topic["Unit"], 10) * noise
        return np.minimum(values, 100) if topic["Unit"] == "%" else values

    def _secret(
        self, stem: str, topic: Record, path: str, random: np.random.Generator
    ) -> np.ndarray:
        """Return of which areas CBS would say nothing: too few, or not certain enough."""
        chance = random.random(len(self.kind))
        if stem in (PEOPLE, LAND, WATER, "OppervlakteTotaal", HOUSEHOLDS, HOMES):
            return np.zeros(len(self.kind), dtype=bool)
        if stem == "MateVanStedelijkheid":
            return self.people < 1
        if path.startswith("Inkomen"):
            newest = self.year == max(KWB)
            return (self.people < (400 if newest else 200)) | (chance < (0.5 if newest else 0.03))
        if path.startswith("Sociale zekerheid"):
            return (self.people < 100) | (chance < 0.01)
        if path.startswith(("Wonen", "Energie")):
            return (self.homes < 20) | (chance < 0.02)
        if topic["Unit"] in ("aantal", "code"):
            return (self.people < 50) & (chance < 0.3)
        return (self.people < 50) | (chance < 0.02)


# Accounts of the gemeenten.

LASTEN = (
    "1.1 2.1 3.1 3.2 3.3 3.4.1 3.4.2 3.5.1 3.5.2 3.6 3.7 3.8 4.1.1 4.1.2 4.2 4.3.1 4.3.2 4.3.3 "
)
LASTEN += (
    "4.3.4 4.3.5 4.3.6 4.3.7 4.3.8 4.4.1 4.4.2 4.4.3 4.4.4 4.4.5 4.4.6 5.1 7.1 7.2 7.3 7.4 7.5"
)
BATEN = "2.2.1 2.2.2 3.1 3.2 3.3 3.4.1 3.4.2 3.5.1 3.6 3.7 3.8 4.1.1 4.3.1 4.3.2 4.3.3 4.3.4 4.3.5 "
BATEN += "4.3.6 4.3.7 4.3.8 4.4.1 4.4.2 4.4.3 4.4.4 4.4.5 5.1 5.2 6.1 7.1 7.2 7.4 7.5"
CATEGORIES = [*(f"L{c}" for c in LASTEN.split()), *(f"B{c}" for c in BATEN.split())]
REST = {"L": "L3.8", "B": "B3.8"}
INDEX = {
    2022: 0.92,
    2023: 1.0,
    2024: 1.06,
}  # how much gemeenten spent, next to the year of the books
RESERVES, RESULT, FUND = "0.10", "0.11", "0.7"


@cache
def _people() -> np.ndarray:
    """Return the inhabitants of each gemeente in the year of the books."""
    return np.bincount(places().gemeente, truth()[PEOPLE])


def accounts(year: int) -> tuple[list[str], np.ndarray, np.ndarray, np.ndarray]:
    """Return the taakvelden of a year, and lasten, baten and salaries in thousands of EUR.

    A row a gemeente, a column a taakveld. As spread as the real ones of gemeenten of that size;
    what is left is the result, so that lasten and baten of a gemeente are equal. Salaries are
    missing where none are paid.
    """
    profile = pd.read_csv(brondata.RAW / "cbs-iv3" / "profiel_2023.csv", dtype={"taakveld": str})
    codes = sorted(profile["taakveld"].unique())
    size = [list(scale.CLASSES).index(scale.class_of(n)) for n in _people()]
    random = _random(f"accounts {BASE}")
    shape = (len(size), len(codes))
    one, two = random.normal(size=shape), random.normal(size=shape)
    town = random.normal(size=(len(size), 1))
    place = {"lasten": 0.4 * town + 0.9 * one, "baten": 0.2 * town + 0.8 * one + 0.55 * two}
    drift = np.exp(0.03 * _random(f"accounts {year}").normal(size=shape)) * INDEX[year]
    money: dict[str, np.ndarray] = {}
    for side, normal in place.items():
        names = [f"{side}_p{q}" for q in (10, 25, 50, 75, 90)]
        spread = _by_class(profile, codes, names)[size]
        at = np.interp(ndtr(normal), [0.1, 0.25, 0.5, 0.75, 0.9], np.arange(5.0))
        low = np.minimum(at.astype(int), 3)
        under, above = (np.take_along_axis(spread, n[..., None], 2)[..., 0] for n in (low, low + 1))
        rate = (under + (at - low) * (above - under)) * drift
        money[side] = np.round(rate * _people()[:, None] / 1000)
    lasten, baten = money["lasten"], money["baten"]
    result, fund = codes.index(RESULT), codes.index(FUND)
    lasten[:, result] = baten[:, result] = 0
    aim = np.round(lasten.sum(axis=1) * (1 + 0.015 + 0.01 * town[:, 0]))
    baten[:, fund] = np.maximum(baten[:, fund] + aim - baten.sum(axis=1), 0)
    left = baten.sum(axis=1) - lasten.sum(axis=1)
    lasten[:, result] = left  # a deficit is a negative amount here
    middle = _by_class(profile, codes, ["lasten_p50", "salarissen_p50"])[size]
    part = np.clip(middle[..., 1] / np.maximum(middle[..., 0], 1e-9), 0, 0.8)
    pay = np.round(np.maximum(lasten, 0) * part * np.exp(-np.abs(0.1 * two)))
    return _codes_of_year(year, codes, lasten, baten, np.where(part > 0, pay, np.nan))


def _by_class(profile: pd.DataFrame, codes: list[str], names: list[str]) -> np.ndarray:
    """Return figures of the profile: by class, taakveld and name."""
    by = profile.set_index(["klasse", "taakveld"])[names]
    return np.stack([by.loc[c].loc[codes].to_numpy(float) for c in scale.CLASSES])


def _codes_of_year(
    year: int, codes: list[str], *money: np.ndarray
) -> tuple[list[str], np.ndarray, np.ndarray, np.ndarray]:
    """Return the amounts under the codes of that year: before 2023 they had no letters."""
    listed = set(_taakvelden(year)["taakveld"])
    own = [c if c in listed else c.rstrip("abcd") for c in codes]
    own = [c if c in listed else "6.72" for c in own]  # care for the young had one code for all
    kept = sorted(set(own))
    into = np.array([kept.index(c) for c in own])
    sums = []
    for amounts in money:
        total = np.full((len(amounts), len(kept)), np.nan)
        for n in range(len(kept)):
            parts = amounts[:, into == n]
            some = ~np.isnan(parts).all(axis=1)
            total[some, n] = np.nansum(parts[some], axis=1)
        sums.append(total)
    return kept, sums[0], sums[1], sums[2]


def _taakvelden(year: int) -> pd.DataFrame:
    rows = pd.read_csv(brondata.RAW / "cbs-iv3" / "taakvelden.csv", dtype=str)
    return rows[rows["jaar"] == str(year)]


def _iv3(root: Path, id: str, some: Part) -> dict[str, Any]:
    """Write the accounts of a year: an amount for each gemeente, taakveld and category."""
    dataset, year = bronnen.datasets()[id], int(bronnen.datasets()[id].period)
    codes, lasten, baten, pay = accounts(year)
    cells = np.zeros((len(some.codes), len(codes), len(CATEGORIES)), dtype=np.int64)
    inside = slice(len(some.codes))
    salaries = CATEGORIES.index("L1.1")
    paid = np.nan_to_num(pay)
    cells[..., salaries] = np.where(np.isnan(pay), brondata.NO_FIGURE, paid)[inside]
    for side, whole in (("L", lasten - paid), ("B", baten)):
        mine = [n for n, c in enumerate(CATEGORIES) if c[0] == side and n != salaries]
        rest = CATEGORIES.index(REST[side])
        random = _random(f"categories {side}")
        parts = random.dirichlet(np.full(len(mine), 0.15), len(codes))
        amounts = np.rint(whole[..., None] * parts)
        place = mine.index(rest)
        amounts[..., place] += whole - amounts.sum(axis=2)
        cells[..., mine] = amounts[inside]
    first = cells.ravel()
    second = first if dataset.report == "jaarrekening" else np.full_like(first, brondata.NO_FIGURE)
    report = dataset.only["Verslagsoort"][0]
    lists = {
        "Gemeenten": dict(zip(some.codes, places().names, strict=False)),
        "TaakveldBalanspost": _titles(year, codes),
        "Categorie": {c: ("Lasten " if c[0] == "L" else "Baten ") + c[1:] for c in CATEGORIES},
        "Verslagsoort": {report: f"{year} {dataset.report}"},
    }
    widths = dict(zip(lists, (10, 6, 6, 8), strict=True))
    dimensions = {
        name: [{"Key": k.ljust(widths[name]), "Title": t, "Description": ""} for k, t in c.items()]
        for name, c in lists.items()
    }
    places_ = np.indices((*cells.shape, 1)).reshape(4, -1)
    columns: dict[str, Any] = {"ID": np.arange(cells.size)}
    for place, (name, rows) in zip(places_, dimensions.items(), strict=True):
        columns[name] = _keys(place, [row["Key"] for row in rows])
    columns |= {"k_1ePlaatsing_1": first, "k_2ePlaatsing_2": second}
    properties = _like_iv3().properties
    title, stamp = f"Gemeenten {year}, {dataset.report} (Iv3)", STAMPS[year]
    facts = {"catalog": dataset.host, "modified": stamp}
    table = Table(dataset.table, title, str(year), properties, dimensions, {}, **facts)
    return _publish(root, id, stamp, _described(table), pa.table(columns), 10_000)


def _titles(year: int, codes: list[str]) -> dict[str, str]:
    names = _taakvelden(year).set_index("taakveld")["naam"]
    return {code: f"{code} {names[code]}" for code in codes}


@cache
def _like_iv3() -> Table:
    return brondata.iv3("45063NED", 2023, "2023X005")


def main() -> None:
    """Write the made-up country, or the first so many gemeenten of it, into a new folder."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("gemeenten", type=int, nargs="?", default=landelijk.GEMEENTEN)
    asked = parser.parse_args()
    if (asked.folder / "data" / "raw").exists():
        parser.error(f"there are figures in {asked.folder / 'data' / 'raw'} already")
    codes = write(asked.folder, asked.gemeenten)
    print(f"{len(codes)} gemeenten, {codes[0]} to {codes[-1]}. To make a report of one:")
    print(f"WIJKBOEK_ROOT={asked.folder} wijkboek render {codes[0]}")


if __name__ == "__main__":
    main()
