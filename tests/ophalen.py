"""What the tests of `wijkboek fetch` share: a project of their own, and short patience."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa

from tests import brondata
from tests.bronodata import Table, modified
from tests.bronserver import BronServer
from wijkboek_utils import bronnen, cbs, columns, fetch, iv3, net, sources
from wijkboek_utils.fetch import Result

HURRY = net.Patience(attempts=3, pause=0.01, longest=0.05, deadline=0.5, silence=0.5, interval=0)
KWB = "kwb-2024"
ROWS, PERIODS = 10_000, 50
STAMPS = [
    "2025-01-01T02:00:00",
    "2025-02-02T02:00:00",
    "2025-03-03T02:00:00",
    "2025-04-04T02:00:00",
]


def settle(root: Path, put: Callable[..., None] = setattr) -> Path:
    """Let this process work on the project at `root`; `put` may be `monkeypatch.setattr`."""
    raw = root / "data" / "raw"
    put(sources, "ROOT", root)
    put(sources, "RAW", raw)
    put(sources, "FETCHED", raw / "opgehaald")
    put(fetch, "WORK", raw / "opgehaald" / ".bezig")
    for reader in (sources.catalogue.__wrapped__, sources.source, sources.vintages, sources.select):
        put(reader, "__defaults__", (*reader.__defaults__[:-1], raw))
    forget()
    return raw


def forget() -> None:
    """Forget what was read, as a new process would."""
    for known in (sources.catalogue, cbs.read_kwb, iv3.source):
        known.cache_clear()


def pull(server: BronServer, *names: str, scope: str = "NL", **options: Any) -> list[Result]:
    """Fetch some datasets from a server, in this process."""
    line = net.Line(HURRY, server.address)
    found = list(fetch.fetch(bronnen.choose([*names] or [KWB]), [scope], line, **options))
    forget()
    return found


@cache
def table(seed: int = 1, rows: int = ROWS) -> Table:
    """Return a made-up table of areas by period: long, with code lists that are quick to send."""
    made = brondata.generated(rows // PERIODS, 3)
    periods = [f"{1900 + n}JJ00" for n in range(PERIODS)]
    columns = {name: [v for v in values for _ in periods] for name, values in made.columns.items()}
    columns["Perioden"] = periods * (rows // PERIODS)
    random = Random(seed)
    for key in made.topics():
        columns[key] = [random.choice([None, random.randrange(10**6)]) for _ in range(rows)]
    codes = made.dimensions | {"Perioden": [{"Key": p, "Title": p[:4]} for p in periods]}
    about = made.properties[0] | {"Type": "TimeDimension", "Key": "Perioden", "ID": 999}
    facts = {"properties": [*made.properties, about], "columns": columns, "dimensions": codes}
    return modified(replace(made, **facts), STAMPS[1])


def only_topics_of(table: Table) -> Callable[[int], Any]:
    """Return `columns.wanted` for a table of few topics: the others would be noted one by one."""
    titles = {topic["Title"] for topic in table.topics().values()}
    known = columns.wanted(int(table.period))
    return lambda year: known[known["titel"].isin(titles)]


@cache
def expected(table: Table) -> dict[str, pa.Array]:
    """Return the columns of a table as they should be published."""
    return {name: pa.array(c) for name, c in {"ID": range(len(table)), **table.columns}.items()}


def is_exactly(rows: pa.Table, table: Table) -> bool:
    """Return whether rows are those of a table: all of them, in order, each value."""
    wanted = expected(table)
    return rows.column_names == [*wanted] and all(
        rows[n].null_count == len(values)
        if values.type == pa.null()
        else rows[n].combine_chunks().equals(values)
        for n, values in wanted.items()
    )


def prints(folder: Path) -> dict[str, str]:
    """Return the checksum of every file that counts below a folder: not what is under way."""
    files = [p for p in folder.rglob("*") if p.is_file() and p.name != ".slot"]
    return {
        str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in files
        if ".bezig" not in p.parts
    }


def start(root: Path, server: BronServer, *arguments: str, **options: Any) -> subprocess.Popen[str]:
    """Start `wijkboek fetch` as a user does, on the project below `root`."""
    return subprocess.Popen(
        [str(Path(sys.executable).with_name("wijkboek")), "fetch", *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "WIJKBOEK_ROOT": str(root), net.SERVER: server.address},
        **options,
    )
