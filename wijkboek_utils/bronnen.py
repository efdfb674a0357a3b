"""The catalogue of what can be fetched: `tables/bronnen.yml`, one entry a table and year."""

from dataclasses import dataclass, field
from functools import cache

import yaml

from wijkboek_utils import sources
from wijkboek_utils.download import Feed
from wijkboek_utils.errors import Fout, did_you_mean
from wijkboek_utils.net import Line
from wijkboek_utils.odata import Table
from wijkboek_utils.pdok import Collection

COUNTRY = "NL"


@dataclass(frozen=True)
class Dataset:
    """A table of a publisher: where it is, what it is for, and what we know of it."""

    id: str
    series: str  # which reader takes it
    protocol: str  # odata or ogc
    host: str
    table: str
    title: str
    period: str
    publisher: str
    licence: str
    attribution: str
    feeds: str  # what it is used for
    next_update: str  # when the publisher is expected to renew it; "geen" when final
    verified: str  # how the id and columns were checked; "nee" when they were not
    region: str = ""  # the dimension with areas
    only: dict[str, list[str]] = field(default_factory=dict)  # the part that we take
    report: str | None = None  # Iv3: jaarrekening or begroting
    standard: bool = False  # fetched without asking for it by name

    @property
    def url(self) -> str:
        """Return where a reader finds the table."""
        if self.protocol == "ogc":
            return f"https://{self.host}/cbs/{self.table}/ogc/v1"
        return f"https://{self.host}/statline/#/CBS/nl/dataset/{self.table}"

    def feed(self, line: Line, scope: str) -> Feed:
        """Return the table, or the part of it that is about a gemeente, ready to be asked."""
        gemeente = "" if scope == COUNTRY else scope
        if self.protocol == "ogc":
            return Collection(line, self.host, self.table, gemeente)
        return Table(line, self.host, self.table, self.region, gemeente, self.only)


@cache
def datasets() -> dict[str, Dataset]:
    """Return everything that can be fetched, by id."""
    text = (sources.TABLES / "bronnen.yml").read_text(encoding="utf-8")
    return {entry["id"]: Dataset(**entry) for entry in yaml.safe_load(text)["datasets"]}


def choose(names: list[str]) -> list[Dataset]:
    """Return the datasets with these ids or series; the standard ones when none is named.

    Raises Fout with the nearest names for one that does not exist.
    """
    known = datasets()
    if not names:
        return [d for d in known.values() if d.standard]
    words = [*known, *{d.series for d in known.values()}]
    for name in names:
        if name not in words:
            raise Fout(f"Bron {name} staat niet in bronnen.yml.{did_you_mean(name, words)}")
    return [d for d in known.values() if d.id in names or d.series in names]
