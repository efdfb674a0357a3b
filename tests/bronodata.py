"""OData v3 as CBS speaks it: entity sets of a table, `$filter`, and pages. For `bronserver`."""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, ClassVar, Self
from urllib.parse import urlencode

import numpy as np

MAX_CELLS = 10_000  # of an answer of ODataApi; ODataFeed sends pages instead
Record = dict[str, Any]
ABSENT = object()  # what a record has in a field that its type does not know


@dataclass(eq=False)
class Fault:
    """What goes wrong with the `times` requests that match `where`, after `skip` of them."""

    kind: str  # reset, status, truncated, html, drip, repeat, missing, count or empty
    where: str = ""  # a regular expression on `path?query`, without percent signs
    skip: int = 0
    times: float = 1
    code: int = 503
    retry_after: str | int | None = None
    seconds: float = 5.0  # of a drip
    by: int = 1  # how far a count is off

    def strikes(self, request: str) -> bool:
        """Return whether this request fails, and count it."""
        if self.times <= 0 or not re.search(self.where, request):
            return False
        self.skip -= 1
        self.times -= self.skip < 0
        return self.skip < 0


class Refusal(Exception):
    """A question that the service does not answer: a status and the reason."""


def as_json(value: Any) -> bytes:
    """Return JSON as bytes, without spaces."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def whole(options: dict[str, str], name: str, default: int) -> int:
    """Return an option that has to be a whole number."""
    if not (text := options.get(name, str(default))).isdecimal():
        raise Refusal(400, f"Invalid value '{text}' for {name}.")
    return int(text)


def canonical(names: Iterable[str], part: str) -> str:
    """Return the name that a part of a path means, whatever its case."""
    found = [name for name in names if name.lower() == part.lower()]
    if not found:
        raise Refusal(404, f"Resource not found for the segment '{part}'.")
    return found[0]


def window(start: int, size: int, end: int, fault: Fault | None) -> tuple[int, int, int | None]:
    """Return the first row of a page, the row after its last, and where the next page starts."""
    kind = fault.kind if fault else ""
    if kind == "empty":
        return start, start, None
    following = start + size * (2 if kind == "missing" else 1)
    first = max(0, start - size) if kind == "repeat" else start
    return first, min(first + size, end), following if following < end else None


@dataclass(frozen=True, eq=False)
class Table:
    """A table as CBS keeps it: its properties, its code lists, and the values of each key."""

    id: str
    title: str
    period: str
    properties: list[Record]
    dimensions: dict[str, list[Record]]
    columns: dict[str, Sequence[Any]]
    groups: list[Record] = field(default_factory=list)
    catalog: str = "opendata.cbs.nl"
    modified: str = "2025-03-28T02:00:00"

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(next(iter(self.columns.values())))

    def topics(self) -> dict[str, Record]:
        """Return the properties that hold a figure, by key."""
        return {p["Key"]: p for p in self.properties if p["Type"] == "Topic"}

    def path(self, record: Record) -> str:
        """Return the titles of the groups around a property, as in `Wonen > Woningen naar type`."""
        groups = {p["ID"]: p for p in self.properties}
        titles: list[str] = []
        while (parent := record["ParentID"]) is not None:
            record = groups[parent]
            titles.insert(0, record["Title"])
        return " > ".join(titles)

    def find(self, title: str, path: str) -> str:
        """Return the key of the one topic with this title below these groups."""
        (key,) = (
            k for k, p in self.topics().items() if p["Title"] == title and self.path(p) == path
        )
        return key


# What CBS does to tables that are already published.


def renumber(table: Table, by: int = -5) -> Table:
    """Shift the number at the end of the key of every topic."""

    def shifted(key: str) -> str:
        return re.sub(r"\d+$", lambda number: str(int(number[0]) + by), key)

    topics = table.topics()
    names = {key: shifted(key) if key in topics else key for key in table.columns}
    properties = [p | {"Key": names.get(p["Key"], p["Key"])} for p in table.properties]
    columns = {names[key]: values for key, values in table.columns.items()}
    return replace(table, properties=properties, columns=columns)


def vanish(table: Table, title: str, path: str) -> Table:
    """Take away a topic."""
    key = table.find(title, path)
    properties = [p for p in table.properties if p["Key"] != key]
    columns = {k: values for k, values in table.columns.items() if k != key}
    return replace(table, properties=properties, columns=columns)


def rename_unit(table: Table, title: str, path: str, unit: str) -> Table:
    """Give a topic another unit."""
    key = table.find(title, path)
    properties = [p | {"Unit": unit} if p["Key"] == key else p for p in table.properties]
    return replace(table, properties=properties)


def modified(table: Table, stamp: str) -> Table:
    """Say that the table changed at another moment."""
    return replace(table, modified=stamp)


# Sets of rows.


class Frame:
    """The rows of an entity set, kept by column."""

    def __init__(self, columns: dict[str, Sequence[Any]]) -> None:
        """Keep the columns, which are all as long."""
        self.columns = columns
        self.size = len(next(iter(columns.values()), ()))
        self.where = lru_cache(maxsize=8)(self._where)

    @classmethod
    def of(cls, records: Sequence[Record]) -> Self:
        """Turn records into columns."""
        names = dict.fromkeys(name for record in records for name in record)
        return cls({n: [record.get(n, ABSENT) for record in records] for n in names})

    def column(self, name: str) -> Sequence[Any]:
        """Return a column. Raises Refusal when there is none of that name."""
        if name not in self.columns:
            raise Refusal(400, f"Could not find a property named '{name}'.")
        return self.columns[name]

    def rows(self, chosen: Sequence[int], names: Sequence[str]) -> list[Record]:
        """Return rows by number."""
        picked = [[column[i] for i in chosen] for column in map(self.column, names)]
        cells = (zip(names, row, strict=True) for row in zip(*picked, strict=True))
        return [{name: value for name, value in row if value is not ABSENT} for row in cells]

    def _where(self, condition: str) -> Sequence[int]:
        """Return the numbers of the rows that pass a `$filter`."""
        passes = Filter(condition, self).holds() if condition else np.ones(self.size, bool)
        return np.flatnonzero(passes).tolist()


class Filter:
    """A `$filter`, read by recursive descent; each step returns a value for every row."""

    _TOKEN = re.compile(r"\s*('(?:[^']|'')*'|-?\d+(?:\.\d+)?|\w+|[(),])\s*")
    _CONSTANTS: ClassVar = {"null": None, "true": True, "false": False}

    def __init__(self, text: str, frame: Frame) -> None:
        """Cut the text into tokens."""
        self.text, self.frame, self.tokens = text, frame, self._TOKEN.findall(text)
        if self._TOKEN.sub("", text):
            raise self._wrong()

    def holds(self) -> np.ndarray:
        """Return for each row whether it passes."""
        found = self._either()
        if self.tokens:
            raise self._wrong()
        return found

    def _wrong(self) -> Refusal:
        return Refusal(400, f"Syntax error before '{' '.join(self.tokens)}' in '{self.text}'.")

    def _take(self, *wanted: str) -> str:
        """Return the next token, or nothing when it is not one of these."""
        found = bool(self.tokens) and (not wanted or self.tokens[0] in wanted)
        return self.tokens.pop(0) if found else ""

    def _expect(self, *wanted: str) -> str:
        if not (token := self._take(*wanted)):
            raise self._wrong()
        return token

    def _either(self) -> np.ndarray:
        found = self._both()
        while self._take("or"):
            found = found | self._both()
        return found

    def _both(self) -> np.ndarray:
        found = self._term()
        while self._take("and"):
            found = found & self._term()
        return found

    def _term(self) -> np.ndarray:
        """Read a bracket, a comparison, or a function that stands by itself."""
        if self._take("("):
            found = self._either()
            self._expect(")")
            return found
        left = self._value()
        if verb := self._take("eq", "ne"):
            return (left == self._value()) == (verb == "eq")
        if left.dtype != bool:
            raise self._wrong()
        return left

    def _value(self) -> np.ndarray:
        token = self._expect()
        if token in ("startswith", "substringof"):
            return self._function(token)
        if token in self._CONSTANTS:
            return np.full(self.frame.size, self._CONSTANTS[token], object)
        if token[0] in "'-0123456789":
            text = token[1:-1].replace("''", "'")
            return np.full(self.frame.size, text if token[0] == "'" else float(token), object)
        return np.fromiter(self.frame.column(token), object, self.frame.size)

    def _function(self, name: str) -> np.ndarray:
        self._expect("(")
        first = self._value()
        self._expect(",")
        second = self._value()
        self._expect(")")
        starts: Callable[[str, str], bool] = str.startswith
        test = starts if name == "startswith" else lambda part, text: part in text
        return np.array([test(str(a), str(b)) for a, b in zip(first, second, strict=True)], bool)


def set_names(table: Table) -> list[str]:
    """Return the entity sets of a table, in the order of CBS."""
    fixed = ["TableInfos", "UntypedDataSet", "TypedDataSet", "DataProperties", "CategoryGroups"]
    return [*fixed, *table.dimensions]


@lru_cache(maxsize=32)
def frame(table: Table, name: str) -> Frame:
    """Return an entity set of a table."""
    if name.endswith("DataSet"):
        columns = table.columns if name == "TypedDataSet" else untyped(table)
        return Frame({"ID": range(len(table)), **columns})
    metadata = {"TableInfos": [about(table)], "DataProperties": table.properties}
    return Frame.of((metadata | {"CategoryGroups": table.groups} | table.dimensions)[name])


def untyped(table: Table) -> dict[str, Sequence[Any]]:
    """Return the columns of a table as text, padded on the left."""
    columns = dict(table.columns)
    for key, topic in table.topics().items():
        if topic["Datatype"] == "String":
            columns[key] = ["." if v is None else v for v in table.columns[key]]
        else:
            form = f"{{:8.{topic['Decimals']}f}}".format
            columns[key] = ["       ." if v is None else form(v) for v in table.columns[key]]
    return columns


def about(table: Table) -> Record:
    """Return the one record of TableInfos."""
    record = {"ID": 0, "Title": table.title, "ShortTitle": table.title, "Identifier": table.id}
    record |= {"Summary": table.title, "Modified": table.modified}
    record |= {"MetaDataModified": table.modified, "ReasonDelivery": "Actualisering"}
    record |= {"ExplanatoryText": "", "OutputStatus": "Regulier", "Source": "CBS."}
    record |= {"Language": "nl", "Catalog": "CBS", "Frequency": "Perjaar", "Period": table.period}
    texts = ("ShortDescription", "Description", "DefaultPresentation", "DefaultSelection")
    return record | dict.fromkeys(texts, "") | {"GraphTypes": "Table,Bar,Map"}


def catalog(tables: Iterable[Table], host: str, address: str) -> Frame:
    """Return the list of the tables of a host."""
    records = []
    for number, table in enumerate(t for t in tables if t.catalog == host):
        counts = {"RecordCount": len(table), "ColumnCount": len(table.columns) + 1}
        kinds = {"ApiUrl": "ODataApi", "FeedUrl": "ODataFeed"}
        links = {n: f"{address}/{host}/{kind}/OData/{table.id}" for n, kind in kinds.items()}
        records.append(about(table) | {"ID": number, "Updated": table.modified} | links | counts)
    return Frame.of(records)


def page(
    url: str, rows: Frame, query: tuple[tuple[str, str], ...], size: int, fault: Fault | None
) -> bytes:
    """Return a page of an entity set at `url`, or all of it where `size` is 0 (ODataApi)."""
    options, (base, _, name) = dict(query), url.rpartition("/")
    chosen = rows.where(options.get("$filter", ""))
    names = options["$select"].split(",") if options.get("$select") else [*rows.columns]
    start = whole(options, "$skip", 0)
    end = min(len(chosen), start + whole(options, "$top", len(chosen)))
    if not size and name.endswith("DataSet") and (end - start) * len(names) > MAX_CELLS:
        raise Refusal(500, f"The result has too many cells: more than {MAX_CELLS}.")
    first, last, following = window(start, size or len(chosen) + 1, end, fault)
    answer: Record = {"odata.metadata": f"{base}/$metadata#{name}"}
    if options.get("$inlinecount") == "allpages":
        answer["odata.count"] = str(len(chosen) + miscount(fault))
    answer["value"] = rows.rows(chosen[first:last], [n.strip() for n in names])
    if following:
        left = {"$top": str(end - following)} if "$top" in options else {}
        link = urlencode(options | left | {"$skip": str(following)}, safe="$")
        answer["odata.nextLink"] = f"{url}?{link}"
    return as_json(answer)


def miscount(fault: Fault | None) -> int:
    """Return how far a count is off."""
    return fault.by if fault and fault.kind == "count" else 0
