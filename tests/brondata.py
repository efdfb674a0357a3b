"""Tables and boundaries for `bronserver`, in the shape in which CBS and PDOK publish them."""

import json
import re
from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import geopandas as gpd
import numpy as np
import pandas as pd

from tests.bronodata import Record, Table
from tests.bronpdok import CRS84, RD, Collection

ROOT = Path(__file__).resolve().parents[1]
RAW = ROOT / "data" / "raw"
TOPICS = Path(__file__).with_name("data") / "odata_85984NED_kolommen.csv"
TITLES = ROOT / "wijkboek_utils" / "tables" / "onderwerpen.csv"
KINDS = {"GM": "Gemeente", "WK": "Wijk", "BU": "Buurt", "NL": "Land"}
CATEGORIES = {"L1.1": "Salarissen", "L3.8": "Overige lasten", "B3.8": "Overige baten"}
BALANCE = {"A111": "Immateriële vaste activa", "P111": "Eigen vermogen"}
Figures = Callable[[Record], Sequence[Any]]
NO_FIGURE = -99998  # what Iv3 says where KWB says nothing


# Properties.


def _property(kind: str, number: int, title: str, **facts: Any) -> Record:
    record = {"odata.type": f"Cbs.OData.{kind}", "ID": number, "Position": None, "ParentID": None}
    record |= {"Type": kind, "Key": "", "Title": title, "Description": "", "ReleasePolicy": False}
    return record | facts


def _topic(number: int, title: str, unit: str, **facts: Any) -> Record:
    figure = {"Datatype": "Long", "Unit": unit, "Decimals": 0, "Default": "None"}
    return _property("Topic", number, title, **(figure | {"ReleasePolicy": True} | facts))


def _stem(key: str) -> str:
    return re.sub(r"_\d+$", "", key)


def _kwb_properties(topics: int = 128) -> list[Record]:
    """Return the properties of KWB 2024 with some topics: those about the region come last."""
    rows = pd.read_csv(TOPICS)
    numbers = rows.index[rows["type"] == "Topic"]
    rows = rows.drop([*numbers[4:], *numbers[:4]][topics:])
    return _without_empty_groups([_described(row) for row in rows.itertuples()])


def _described(row: Any) -> Record:
    """Return the property that a row of our list of columns is about."""
    numbers = {"Position": row.position, "ParentID": row.parent_id}
    facts = {name: None if pd.isna(n) else int(n) for name, n in numbers.items()}
    if row.type != "Topic":
        key = "" if row.type == "TopicGroup" else row.key
        return _property(row.type, row.id, row.title, Key=key, **facts)
    facts |= {"Key": row.key, "Datatype": row.datatype, "Decimals": int(row.decimals)}
    return _topic(row.id, row.title, row.unit, **facts)


def _without_empty_groups(records: list[Record]) -> list[Record]:
    parents = {r["ParentID"] for r in records}
    kept = [r for r in records if r["Type"] != "TopicGroup" or r["ID"] in parents]
    return kept if len(kept) == len(records) else _without_empty_groups(kept)


def _older_properties(stems: Sequence[str]) -> list[Record]:
    """Return the properties of KWB 2023: groups had other names, and other topics stood in them."""
    older = {"Wonen en vastgoed": "Wonen"}
    records = [p | {"Title": older.get(p["Title"], p["Title"])} for p in _kwb_properties()]
    groups: dict[tuple[str, ...], Record] = {}
    for record in records:
        if record["Type"] == "TopicGroup":
            above = [path for path, g in groups.items() if g["ID"] == record["ParentID"]]
            groups[(*(above[0] if above else ()), record["Title"])] = record
    titles = pd.read_csv(TITLES).drop_duplicates("onderwerp")
    lacking = set(stems) - {_stem(r["Key"]) for r in records}
    for row in titles[titles["onderwerp"].isin(lacking)].itertuples():
        path = tuple(row.pad.split(" > "))
        if path not in groups:
            facts = {"ParentID": groups[path[:-1]]["ID"]}
            groups[path] = _property("TopicGroup", len(records), path[-1], **facts)
            records.append(groups[path])
        position = 1 + max(r["Position"] or 0 for r in records)
        facts = {"ParentID": groups[path]["ID"], "Position": position}
        facts["Key"] = f"{row.onderwerp}_{position}"
        records.append(_topic(len(records), row.titel, row.eenheid, **facts))
    return records


# Kerncijfers wijken en buurten.


def _kwb(
    id: str, year: int, properties: list[Record], areas: dict[str, str], figures: Figures
) -> Table:
    """Return a KWB table; `figures` gives the values of a topic in the order of the areas."""
    texts = {
        "Gemeentenaam": [areas.get(f"GM{c[2:6]}", name).ljust(40) for c, name in areas.items()],
        "SoortRegio": [KINDS[c[:2]].ljust(10) for c in areas],
        "Codering": [c.ljust(10) for c in areas],
        "IndelingswijzigingGemeenteWijkBuurt": ["1" if c[0] in "WB" else "." for c in areas],
    }
    columns: dict[str, Sequence[Any]] = {"WijkenEnBuurten": texts["Codering"]}
    for topic in properties:
        if topic["Type"] == "Topic":
            columns[topic["Key"]] = texts.get(_stem(topic["Key"])) or figures(topic)
    group = {"ID": 1, "DimensionKey": "WijkenEnBuurten", "Title": "Gemeenten, wijken en buurten"}
    groups = [group | {"Description": "", "ParentID": None}]
    codes = [_area(code, name) for code, name in areas.items()]
    title = f"Kerncijfers wijken en buurten {year}"
    dimensions = {"WijkenEnBuurten": codes}
    return Table(id, title, str(year), properties, dimensions, columns, groups)


def _area(code: str, name: str) -> Record:
    key = {"Key": code.ljust(10), "Title": name, "Description": "", "CategoryGroupID": 1}
    return key | {"DetailRegionCode": code.ljust(10), "Municipality": code[2:6]}


def kwb(id: str, year: int) -> Table:
    """Return a KWB table with the figures of data/raw; CBS published more than we hold."""
    raw = pd.read_csv(RAW / "cbs-kwb" / f"{id}.csv", dtype=str)
    names = raw.drop_duplicates("gebied").set_index("gebied")["naam"].to_dict()
    # As CBS does: the country, then each gemeente with its wijken, each with its buurten.
    areas = {code: names[code] for code in sorted(names, key=lambda c: (c[:2] != "NL", c[2:]))}
    known = raw.pivot(index="gebied", columns="onderwerp", values="waarde").loc[list(areas)]
    types: dict[str, Callable[[str], Any]]
    types = {"Long": lambda text: int(float(text)), "Double": float, "String": str}

    def figures(topic: Record) -> list[Any]:
        values = known.get(_stem(topic["Key"]), [None] * len(areas))
        return [None if pd.isna(v) else types[topic["Datatype"]](v) for v in values]

    properties = _older_properties(list(known)) if year < 2024 else _kwb_properties()
    return _kwb(id, year, properties, areas, figures)


# Made-up tables of any size.


def _made_up_areas(rows: int, random: np.random.Generator) -> list[str]:
    """Return codes of gemeenten, wijken and buurten in order; Amsterdam has letters in its own."""
    codes: list[str] = []
    others = np.setdiff1d(np.arange(14, 2000), [344, 363])
    for gemeente in [363, 344, *random.permutation(others)]:
        codes.append(f"GM{gemeente:04d}")
        for wijk in range(random.integers(3, 25)):
            stem = f"{gemeente:04d}" + (f"A{chr(65 + wijk)}" if gemeente == 363 else f"{wijk:02d}")
            codes.append(f"WK{stem}")
            codes += [f"BU{stem}{n:02d}" for n in range(random.integers(1, 15))]
        if len(codes) >= rows:
            break
    return sorted(codes[:rows])


def generated(rows: int, columns: int = 128, seed: int = 1, id: str = "85984NED") -> Table:
    """Return a made-up KWB table of the first `columns` topics, ordered by key.

    One figure in twelve is missing.
    """
    random = np.random.default_rng(seed)
    areas = {c: f"{KINDS[c[:2]]} {c[2:]}" for c in _made_up_areas(rows, random)}

    def figures(topic: Record) -> list[Any]:
        values = random.lognormal(5, 1.5, rows).round(topic["Decimals"])
        cells = values.astype(object if topic["Decimals"] else int).astype(object)
        if topic["Datatype"] == "String":
            cells = cells.astype(str).astype(object)
        cells[random.random(rows) < 1 / 12] = None
        return cells.tolist()

    return _kwb(id, 2024, _kwb_properties(columns), areas, figures)


def small(rows: int = 20_000, seed: int = 1, id: str = "85984NED") -> Table:
    """Return a made-up table of 6 topics, quick to build and to send."""
    return generated(rows, 6, seed, id)


# Iv3, the accounts of gemeenten.


def iv3(id: str, year: int, filed: str) -> Table:
    """Return the accounts of our gemeenten, and of GM9999, which filed nothing but zeros.

    A taakveld has salaries (L1.1), other lasten (L3.8) and baten (B3.8). A report that is not
    there yet says -99998, and so does the second publication of a begroting.
    """
    raw = pd.read_csv(RAW / "cbs-iv3" / f"{id}.csv", dtype=str).set_index(["gebied", "taakveld"])
    figures = raw[["lasten", "baten", "salarissen"]].astype(float).T.to_dict("list")
    codes = pd.read_csv(RAW / "cbs-iv3" / "taakvelden.csv", dtype=str).query(f"jaar == '{year}'")
    gemeenten = raw.groupby("gebied")["gemeente"].first().to_dict() | {"GM9999": "Niemandsland"}
    lists = {
        "Gemeenten": gemeenten,
        "TaakveldBalanspost": codes.set_index("taakveld")["naam"].to_dict() | BALANCE,
        "Categorie": CATEGORIES,
        "Verslagsoort": {f"{year}X000": f"{year} begroting", f"{year}X005": f"{year} jaarrekening"},
    }
    widths = dict(zip(lists, (10, 6, 6, 8), strict=True))
    posts = [*raw.index.unique("taakveld"), *BALANCE]
    places = list(product(gemeenten, posts, CATEGORIES, lists["Verslagsoort"]))
    first = [_amount(figures, *place[:3]) if place[3] == filed else NO_FIGURE for place in places]
    columns: dict[str, Sequence[Any]] = {
        name: [key.ljust(widths[name]) for key in keys]
        for name, keys in zip(lists, zip(*places, strict=True), strict=True)
    }
    columns["k_1ePlaatsing_1"] = first
    columns["k_2ePlaatsing_2"] = first if filed.endswith("X005") else [NO_FIGURE] * len(first)
    dimensions = {
        name: [{"Key": k.ljust(widths[name]), "Title": t, "Description": ""} for k, t in c.items()]
        for name, c in lists.items()
    }
    title = f"Gemeenten; {lists['Verslagsoort'][filed]} per taakveld (Iv3)"
    host = "dataderden.cbs.nl"
    return Table(id, title, str(year), _iv3_properties(), dimensions, columns, catalog=host)


def _amount(figures: dict[Any, list[float]], gemeente: str, post: str, category: str) -> int:
    """Return an amount in thousands of EUR."""
    if gemeente == "GM9999" or post in BALANCE:
        return 0 if gemeente == "GM9999" else 1000
    lasten, baten, salaries = figures[gemeente, post]
    amounts = {"L1.1": salaries, "L3.8": lasten - np.nan_to_num(salaries), "B3.8": baten}
    return NO_FIGURE if pd.isna(amounts[category]) else int(amounts[category])


def _iv3_properties() -> list[Record]:
    dimensions = [
        ("Dimension", "Gemeenten", "Gemeenten"),
        ("Dimension", "TaakveldBalanspost", "Taakveld/balanspost"),
        ("Dimension", "Categorie", "Categorie"),
        ("TimeDimension", "Verslagsoort", "Verslagsoort"),
    ]
    records = [
        _property(kind, number, title, Key=key, Position=number)
        for number, (kind, key, title) in enumerate(dimensions)
    ]
    return records + [
        _topic(3 + n, f"{n}e plaatsing", "1 000 euro", Key=f"k_{n}ePlaatsing_{n}", Position=3 + n)
        for n in (1, 2)
    ]


# All that we hold.


def embedded() -> list[Table]:
    """Return all tables of which we hold figures."""
    accounts = [iv3("45063NED", 2023, "2023X005"), iv3("45067NED", 2024, "2024X000")]
    return [kwb("85618NED", 2023), kwb("85984NED", 2024), *accounts]


def boundaries(year: int = 2024) -> list[Collection]:
    """Return the boundaries that we hold, those of 2024, as collections of PDOK of a year."""
    frames = [gpd.read_file(path) for path in sorted((RAW / "grenzen").glob("*.geojson"))]
    shapes = pd.concat(frames, ignore_index=True).set_crs("OGC:CRS84", allow_override=True)
    shapes = shapes.rename(columns={"statcode": "buurtcode", "statnaam": "buurtnaam"})
    raw = pd.read_csv(RAW / "cbs-kwb" / "85984NED.csv", dtype=str)
    names = raw.drop_duplicates("gebied").set_index("gebied")["naam"]
    shapes["gemeentenaam"] = shapes["gemeentecode"].map(names)
    shapes = shapes.assign(water="NEE", jaar=year)
    whole = shapes.drop(columns=["buurtcode", "buurtnaam", "wijkcode"])
    gemeenten = whole.dissolve("gemeentecode", as_index=False)
    gemeenten = gemeenten[["gemeentecode", *gemeenten.columns.drop("gemeentecode")]]
    return [_collection("buurten", shapes, year), _collection("gemeenten", gemeenten, year)]


def _collection(name: str, shapes: gpd.GeoDataFrame, year: int) -> Collection:
    shapes = shapes.set_axis([str(uuid5(NAMESPACE_URL, c)) for c in shapes.iloc[:, 0]])
    systems = {CRS84: shapes, RD: shapes.to_crs("EPSG:28992")}
    features = {crs: json.loads(s.to_json())["features"] for crs, s in systems.items()}
    return Collection(f"wijken-en-buurten-{year}", name, name.title(), features)
