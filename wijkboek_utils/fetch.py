"""Bring the newest figures into data/raw, and say what is new, what failed and what changed."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from zlib import crc32

import pyarrow.parquet as pq

from wijkboek_utils import download, dutch, intake, sources, vintages
from wijkboek_utils.bronnen import COUNTRY, Dataset
from wijkboek_utils.errors import Fout
from wijkboek_utils.net import Line, Onbereikbaar
from wijkboek_utils.sources import Source

Tell = Callable[[str], None]
_REHEARSAL = "een proefserver"
WORK = sources.FETCHED / ".bezig"  # pulls that are under way, or were broken off


@dataclass(frozen=True)
class Result:
    """What became of one dataset and area. `words` are Dutch; `notes` are what a reader must know.

    `failed`: the figures that were there before (if any) are still the newest.
    """

    dataset: Dataset
    scope: str
    words: str
    notes: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    failed: bool = False
    source: Source | None = None


def fetch(
    datasets: list[Dataset],
    scopes: list[str],
    line: Line,
    since: str = "",
    tell: Tell = lambda words: None,
) -> Iterator[Result]:
    """Yield a result for each dataset and area (a gemeente code, or NL) that is asked for.

    What is unchanged at the publisher is left alone. With `since` (a date), so is what the
    publisher last changed before that day, and the account of changes compares with what we had
    on that day. A dataset that fails does not stop the others, unless its host is silent. `tell`
    hears how a long pull comes along. Raises Fout when another fetch is at work or the folder
    cannot be written.
    """
    silent: set[str] = set()
    with download.disk(sources.FETCHED), download.lock(sources.FETCHED):
        for scope in scopes:
            for dataset in datasets:
                if dataset.host in silent:
                    words = f"overgeslagen: {dataset.host} antwoordt niet.{_kept(dataset, scope)}"
                    yield Result(dataset, scope, words, failed=True)
                    continue
                try:
                    yield _fetch_one(dataset, scope, line, since, tell)
                except Fout as fout:
                    if isinstance(fout, Onbereikbaar) and fout.status is None:
                        silent.add(dataset.host)
                    yield Result(dataset, scope, f"{fout}{_kept(dataset, scope)}", failed=True)


def held(dataset: Dataset, scope: str, on: str = "9999") -> Source | None:
    """Return the newest vintage of a dataset and area that we had on a day; None when none."""
    found = [
        s
        for s in sources.catalogue().values()
        if s.dataset == dataset.id and s.scope == scope and s.retrieved <= on
    ]
    # Of one day the manifest names the newest last.
    return sorted(found, key=lambda s: s.retrieved)[-1] if found else None


def _kept(dataset: Dataset, scope: str) -> str:
    """Return a sentence that says which figures stay in use."""
    last = held(dataset, scope)
    return f" De cijfers van {dutch.day(last.retrieved)} blijven in gebruik." if last else ""


def _fetch_one(dataset: Dataset, scope: str, line: Line, since: str, tell: Tell) -> Result:
    last = held(dataset, scope)
    version = dataset.feed(line, scope).version()
    work = WORK / f"{dataset.id}-{scope}"
    if not line.is_real:  # never go on with pages of another server
        work = work.with_name(f"{work.name}-{crc32(line.address(dataset.url).encode()):08x}")
    before = held(dataset, scope, since) if since else last
    usable = last is None or (_is_sound(last) and _is_of(line, last))
    if usable and last and last.version == version:
        shutil.rmtree(work, ignore_errors=True)  # of a fetch that was killed while tidying up
        words = f"niets nieuws; cijfers van {dutch.day(last.retrieved)}"
        return Result(dataset, scope, words, changes=_changes(before, last))
    if usable and since and version[:4].isdigit() and version[:10] < since:
        words = f"niet gewijzigd sinds {dutch.day(since)}; niet opgehaald"
        return Result(dataset, scope, words)
    return _take_up(dataset, scope, line, work, before, tell)


def _take_up(
    dataset: Dataset, scope: str, line: Line, work: Path, before: Source | None, tell: Tell
) -> Result:
    """Pull a table, examine it and publish it; `before` is what its changes are told from."""
    name = f"{dataset.id} {scope}"
    path, version = download.pull(
        lambda: dataset.feed(line, scope), work, lambda n: tell(f"{name}: {dutch.number(n)} rijen")
    )
    rows = pq.read_metadata(path).num_rows
    found = intake.examine(dataset, path)
    if not rows or not found.holds(scope):
        shutil.rmtree(work)
        words = f"{scope} komt in deze tabel niet voor; niets bewaard.{_kept(dataset, scope)}"
        return Result(dataset, scope, words, failed=held(dataset, scope) is not None)
    facts = _facts(dataset, scope, version, rows, line) | found.fields
    source = download.publish(path, sources.FETCHED / dataset.id, facts)
    shutil.rmtree(work)
    changed = f", bij de bron gewijzigd op {dutch.day(version)}" if version[:4].isdigit() else ""
    words = f"nieuw: {dutch.plural(rows, 'rij', 'rijen')}, {source.status}{changed}"
    changes = _changes(before, source)
    return Result(dataset, scope, words, tuple(found.notes), changes, source=source)


def _is_of(line: Line, source: Source) -> bool:
    """Return whether a source came from the same kind of server as this line leads to."""
    return line.is_real == (_REHEARSAL not in source.obtained)


def _is_sound(source: Source) -> bool:
    """Return whether the file of a source is still what it was."""
    try:
        sources.read_bytes(source)
    except Fout:
        return False
    return True


def _changes(before: Source | None, after: Source) -> tuple[str, ...]:
    """Return what changed from one vintage to another, where the first can still be read."""
    if before is None or before.id == after.id or not _is_sound(before):
        return ()
    return tuple(vintages.compare(before, after))


def _facts(dataset: Dataset, scope: str, version: str, rows: int, line: Line) -> dict[str, Any]:
    """Return what the manifest says of a fetched file, but for what is in it."""
    stamp = version[:10].replace("-", "")
    name = f"{dataset.id}-{scope}-{stamp}"
    taken = {s.version: s.id for s in sources.catalogue().values() if s.id.startswith(name)}
    if taken:  # renewed twice on a day, or the same once more
        name = taken.get(version, f"{name}-{len(taken) + 1}")
    part = "" if scope == COUNTRY else f", deel {scope}"
    host = dataset.host if line.is_real else f"{_REHEARSAL} in plaats van {dataset.host}"
    how = "OData v3" if dataset.protocol == "odata" else "OGC API Features"
    return {
        "id": name,
        "dataset": dataset.id,
        "scope": scope,
        "version": version,
        "series": dataset.series,
        "title": f"{dataset.title}{part}",
        "publisher": dataset.publisher,
        "table": dataset.table,
        "period": dataset.period,
        "report": dataset.report,
        "url": dataset.url,
        "licence": dataset.licence,
        "attribution": dataset.attribution,
        "retrieved": date.today().isoformat(),
        "modified": version[:10] if version[:4].isdigit() else None,
        "obtained": f"Opgehaald bij {host} ({how}); {dutch.plural(rows, 'rij', 'rijen')}.",
    }
