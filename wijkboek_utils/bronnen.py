"""The catalogue of what can be fetched: `tables/bronnen.yml`, one entry a table and year."""

from dataclasses import MISSING, dataclass, field, fields
from functools import cache
from typing import Any

import yaml

from wijkboek_utils import sources
from wijkboek_utils.download import Feed
from wijkboek_utils.errors import Fout, did_you_mean
from wijkboek_utils.net import Line
from wijkboek_utils.odata import Table
from wijkboek_utils.pdok import Collection

COUNTRY = "NL"
_NEEDED = (MISSING, MISSING)  # how a field without a default is told


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
    try:
        entries = yaml.safe_load(text)["datasets"]
    except (yaml.YAMLError, KeyError, TypeError) as error:
        raise Fout(f"bronnen.yml is niet te lezen: {error}") from error
    found: dict[str, Dataset] = {}
    for entry in entries:
        dataset = _dataset(entry)
        if dataset.id in found:
            raise Fout(f"bronnen.yml: {dataset.id} staat er twee keer.")
        found[dataset.id] = dataset
    return found


def _dataset(entry: dict[str, Any]) -> Dataset:
    """Return an entry of the catalogue, or say what is wrong with it."""
    known = {f.name: f for f in fields(Dataset)}
    name = entry.get("id", "?")
    for key in entry:
        if key not in known:
            hint = did_you_mean(str(key), [*known])
            raise Fout(f"bronnen.yml, {name}: {key} is geen bekend veld.{hint}")
    optional = {f.name for f in known.values() if (f.default, f.default_factory) != _NEEDED}
    if lacking := [key for key in known if key not in {*entry, *optional}]:
        raise Fout(f"bronnen.yml, {name}: {lacking[0]} ontbreekt.")
    return Dataset(**entry)


def choose(names: list[str]) -> list[Dataset]:
    """Return the datasets with these ids, series, or series and years (`iv3-2023`).

    The standard ones when none is named. Raises Fout with the nearest names for one that does not
    exist.
    """
    known = datasets()
    if not names:
        return [d for d in known.values() if d.standard]
    words = {d.id: {d.id, d.series, f"{d.series}-{d.period}"} for d in known.values()}
    every = list(dict.fromkeys([*known, *sorted(set.union(*words.values()))]))
    for name in names:
        if name not in every:
            raise Fout(f"Bron {name} staat niet in bronnen.yml.{did_you_mean(name, every)}")
    return [d for d in known.values() if words[d.id] & set(names)]
