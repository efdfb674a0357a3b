"""OData v3 of CBS: what a table is about, and its rows page by page.

The one place that knows this protocol. Another protocol (CBS is moving to OData v4) needs a class
with the methods of `download.Feed`, and nothing else changes.
"""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from wijkboek_utils.net import Line, NoFigures, Onvolledig

_DATA = {"TypedDataSet", "UntypedDataSet"}
_NEVER_EMPTY = {"", "TableInfos", "DataProperties"}
_WHOLE = {"Long", "Integer", "Short"}


class Table:
    """A table of CBS, whole or the part of it that is about one gemeente.

    `region` is the dimension that holds areas; `only` says how the keys of other dimensions begin,
    as in `{"Verslagsoort": ["2023X005"]}`: CBS pads its keys with spaces, so that an exact match
    would need to know how many.
    """

    def __init__(
        self,
        line: Line,
        host: str,
        table: str,
        region: str = "",
        gemeente: str = "",
        only: dict[str, list[str]] | None = None,
    ) -> None:
        """Describe what to ask for; nothing is asked yet."""
        self.line, self.host, self.table = line, host, table
        self._about: dict[str, list[dict]] | None = None
        terms = [_starts(name, keys) for name, keys in (only or {}).items()]
        if gemeente:
            digits = gemeente.removeprefix("GM")
            # The country comes along, to compare with.
            terms.append(_starts(region, ["NL", *(k + digits for k in ("GM", "WK", "BU"))]))
        self.filter = " and ".join(terms)

    def version(self) -> str:
        """Return the publisher's stamp of this version of the table: data, and description."""
        (info,) = self._set("TableInfos") or [{}]
        stamps = [str(info.get(name) or "") for name in ("Modified", "MetaDataModified")]
        if not stamps[0]:
            raise Onvolledig(f"Tabel {self.table}: {self.host} zegt niet wanneer zij is gewijzigd.")
        return " ".join(s for s in dict.fromkeys(stamps) if s)

    def about(self) -> dict[str, list[dict]]:
        """Return the description of the table as published, by name of each part.

        `TableInfos`, `DataProperties` and a list of keys and titles for each dimension. Asked once.
        """
        if self._about is None:
            names = [part["name"] for part in self._set("")]
            self._about = {name: self._set(name) for name in names if name not in _DATA}
            if not self._about.keys() >= {"TableInfos", "DataProperties", *dimensions(self._about)}:
                raise Onvolledig(f"Tabel {self.table}: de beschrijving mist een deel.")
        return self._about

    def describe(self, pages: Iterable[pa.Table]) -> dict[str, list[dict]]:
        """Return the description with the keys that occur in some pages: a gemeente needs no more.

        The list of all wijken and buurten of the country is larger than the figures of one town.
        """
        used: dict[str, set[str]] = {name: set() for name in self.keys()}
        for page in pages:
            for name, keys in used.items():
                keys |= set(page[name].unique().to_pylist())
        return {
            name: [row for row in rows if name not in used or row["Key"] in used[name]]
            for name, rows in self.about().items()
        }

    def schema(self) -> pa.Schema:
        """Return the columns of the rows: `ID`, the dimensions, and the topics."""
        fields = [pa.field("ID", pa.int64())]
        for column in self.about()["DataProperties"]:
            if column["Type"] == "Topic":
                fields.append(pa.field(column["Key"], _type(column["Datatype"])))
            elif column["Type"] != "TopicGroup":
                fields.append(pa.field(column["Key"], pa.string()))
        return pa.schema(fields)

    def count(self) -> int:
        """Return how many rows the publisher says there are."""
        # Only the API counts; the feed, which has no limit of 10,000 cells, gives the rows.
        answer = self.line.get_json(
            f"https://{self.host}/ODataApi/odata/{self.table}/TypedDataSet/$count", self._query()
        )
        if not isinstance(answer, int):
            raise Onvolledig(f"Tabel {self.table}: {self.host} zegt niet hoeveel rijen er zijn.")
        return answer

    def page(self, cursor: str | None) -> tuple[pa.Table, str | None]:
        """Return the rows at a cursor (None: the first) and the cursor of the next page, or None.

        Raises Onvolledig when the rows have other columns than the description says.
        """
        url = cursor or f"https://{self.host}/ODataFeed/odata/{self.table}/TypedDataSet"
        query = {} if cursor else {**self._query(), "$format": "json"}
        answer = self.line.get_json(url, query)
        rows = answer.get("value") if isinstance(answer, dict) else None
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise Onvolledig(f"Tabel {self.table}: {self.host} gaf een antwoord zonder rijen.")
        return self._rows(rows), self._public(answer.get("odata.nextLink"))

    def _public(self, link: str | None) -> str | None:
        """Return a link at the host that we ask: CBS has been seen to name one inside its walls."""
        here = urlsplit(self.line.address(f"https://{self.host}"))
        return link and urlsplit(link)._replace(scheme=here.scheme, netloc=here.netloc).geturl()

    def keys(self) -> list[str]:
        """Return the dimensions: together they name a row."""
        return dimensions(self.about())

    def check(self, path: Path) -> None:
        """Raise Onvolledig when a row is about a key that the description does not know."""
        names = self.keys()
        rows = pq.read_table(path, columns=names, read_dictionary=names)
        for name in names:
            known = {row["Key"] for row in self.about()[name]}
            if odd := sorted(set(rows[name].unique().to_pylist()) - known, key=str):
                raise Onvolledig(f"Tabel {self.table}: onbekende sleutel {odd[0]!r} in {name}.")

    def _query(self) -> dict[str, str]:
        return {"$filter": self.filter} if self.filter else {}

    def _rows(self, rows: list[dict[str, Any]]) -> pa.Table:
        schema = self.schema()
        names = set(schema.names)
        if odd := next((row.keys() ^ names for row in rows if row.keys() != names), None):
            shown = sorted(odd)[:3]
            raise Onvolledig(
                f"Tabel {self.table}: kolommen passen niet bij de beschrijving: {shown}."
            )
        try:
            columns = [_column([row[f.name] for row in rows], f.type) for f in schema]
        except (pa.ArrowException, OverflowError) as error:
            raise Onvolledig(
                f"Tabel {self.table}: een waarde past niet bij haar kolom: {error}"
            ) from error
        return pa.table(columns, schema=schema)

    def _set(self, name: str) -> list[dict]:
        """Return one part of the description, by cbsodata's own client."""
        import cbsodata

        address = urlsplit(self.line.address(f"https://{self.host}"))
        cbsodata.options.use_https = address.scheme == "https"

        def question() -> list[dict]:
            try:
                found = cbsodata.get_meta(
                    self.table,
                    name,
                    catalog_url=f"{address.netloc}{address.path}",
                    timeout=self.line.patience.silence,  # cbsodata itself would wait for ever
                )
            except (ValueError, KeyError, TypeError) as error:  # cbsodata reads without a look
                raise NoFigures("iets anders") from error
            if not all(isinstance(row, dict) for row in found):
                raise NoFigures("iets anders")
            if name in _NEVER_EMPTY and not found:
                raise NoFigures("een lege beschrijving")
            return found

        return self.line.ask(self.host, question)


def _column(values: list[Any], kind: pa.DataType) -> pa.Array:
    """Return a column. Raises ArrowInvalid for 5.5 among whole numbers: Arrow itself makes it 5."""
    # Most columns have no float at all, and asking that takes a third of looking at each value.
    floats = pa.types.is_integer(kind) and float in {*map(type, values)}
    if floats and any(isinstance(v, float) and v % 1 for v in values):
        raise pa.ArrowInvalid("geen geheel getal")
    return pa.array(values, kind)


def described(schema: pa.Schema) -> dict[str, list[dict]]:
    """Return the description that travels in a fetched file, as `Table.about`."""
    return json.loads(schema.metadata[b"bron"])


def dimensions(about: dict[str, list[dict]]) -> list[str]:
    """Return the names of the dimensions in a description."""
    types = {"Topic", "TopicGroup"}
    return [c["Key"] for c in about["DataProperties"] if c["Type"] not in types]


def topics(about: dict[str, list[dict]]) -> pd.DataFrame:
    """Return the topics of a table: `key`, `titel`, `pad`, `eenheid`, `decimalen`.

    `pad` holds the titles of the groups above a topic, as in `Wonen > Huurwoningen`.
    """
    groups = {c["ID"]: c for c in about["DataProperties"] if c["Type"] == "TopicGroup"}

    def path(parent: Any) -> list[str]:
        return (
            [*path(groups[parent]["ParentID"]), _text(groups[parent]["Title"])]
            if parent in groups
            else []
        )

    rows = [
        {
            "key": column["Key"],
            "titel": _text(column["Title"]),
            "pad": " > ".join(path(column["ParentID"])),
            "eenheid": _text(column["Unit"]),
            "decimalen": int(column["Decimals"] or 0),
        }
        for column in about["DataProperties"]
        if column["Type"] == "Topic"
    ]
    return pd.DataFrame(rows, columns=["key", "titel", "pad", "eenheid", "decimalen"])


def _type(datatype: str) -> pa.DataType:
    """Return how a topic is stored: `Long`, `Double`, `String` and their like."""
    if datatype == "String":
        return pa.string()
    return pa.int64() if datatype in _WHOLE else pa.float64()


def _text(value: Any) -> str:
    """Return a title without the spaces that CBS leaves in and around it."""
    return " ".join(str(value or "").split())


def _starts(column: str, keys: Sequence[str]) -> str:
    """Return a condition: the column begins with one of the keys."""
    terms = [f"startswith({column},'{key}')" for key in keys]
    return terms[0] if len(terms) == 1 else f"({' or '.join(terms)})"
