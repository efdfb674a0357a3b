"""Pull a table page by page into one proven file, so that a bad day costs time and never figures.

Each finished page is kept on disk with its checksum; a pull that was broken off, by the network or
by a kill, goes on after the last finished page. The file of a source appears whole or not at all,
and counts from the moment the manifest names it.
"""

import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from wijkboek_utils import sources
from wijkboek_utils.errors import Fout, refused
from wijkboek_utils.net import Onvolledig

ROUNDS = 3  # a table that does not hold together is asked again, from the start


class Feed(Protocol):
    """A published table as a protocol shows it; `odata.Table` and `pdok.Collection` are two."""

    def version(self) -> str:
        """Return the publisher's stamp of this version."""

    def describe(self, pages: Iterable[pa.Table]) -> dict[str, Any]:
        """Return the description as published, as far as it is about the rows of some pages."""

    def schema(self) -> pa.Schema:
        """Return the columns of the rows."""

    def keys(self) -> list[str]:
        """Return the columns that together name a row."""

    def count(self) -> int | None:
        """Return how many rows there are; None where the publisher does not say."""

    def page(self, cursor: str | None) -> tuple[pa.Table, str | None]:
        """Return the rows at a cursor, and the cursor of the next page."""

    def check(self, path: Path) -> None:
        """Raise Onvolledig when the whole does not hold together."""


def pull(make: Callable[[], Feed], work: Path, tell: Callable[[int], None]) -> tuple[Path, str]:
    """Return a Parquet file with all rows, in `work`, and the version of the table that they are.

    `make` gives a feed that has asked nothing yet; `tell` hears the number of rows so far. The
    description travels in the file, under `bron` in its schema. Raises Onvolledig when the rows do
    not hold together in any of a few rounds, and what the feed raises.
    """
    for n in range(ROUNDS):
        try:
            return _round(make(), work, tell)
        except Onvolledig:
            shutil.rmtree(work, ignore_errors=True)  # whatever is wrong, it is in these pages
            if n == ROUNDS - 1:
                raise
    raise AssertionError("unreachable")


def _round(feed: Feed, work: Path, tell: Callable[[int], None]) -> tuple[Path, str]:
    version, schema, count = feed.version(), feed.schema(), feed.count()
    state = _State.open(work, f"{version}\n{count}\n{schema}")
    done = state.rows
    while not state.finished:
        rows, cursor = feed.page(state.cursor)
        done += rows.num_rows
        # A feed that cannot choose areas by itself has pages of which nothing is left: no count.
        if cursor and (cursor in state.cursors or (count is not None and not rows.num_rows)):
            raise Onvolledig("De bron geeft steeds dezelfde bladzijde.")
        if count is not None and done > count:
            raise Onvolledig(f"De bron geeft meer dan de {count} rijen die zij telt.")
        state.add(rows, cursor)
        tell(done)
    if count is not None and done != count:
        raise Onvolledig(f"De bron telt {count} rijen en gaf er {done}.")
    if feed.version() != version:
        raise Onvolledig("De tabel is tijdens het ophalen veranderd.")
    about = json.dumps(feed.describe(state.tables()), ensure_ascii=False)
    path = _join(state, schema.with_metadata({"bron": about}))
    _check(feed, path)
    return path, version


class _State:
    """The finished pages of a pull, written down after each, so that another process can go on."""

    def __init__(self, work: Path, about: str) -> None:
        self.work, self.about = work, about
        self.pages: list[dict[str, Any]] = []

    @classmethod
    def open(cls, work: Path, about: str) -> "_State":
        """Return the state of an earlier pull of the same version, or an empty one."""
        state = cls(work, about)
        try:
            kept = json.loads((work / "stand.json").read_text(encoding="utf-8"))
            if kept["about"] == about and all(_is_whole(work, p) for p in kept["pages"]):
                state.pages = kept["pages"]
                return state
        except (OSError, ValueError, KeyError, TypeError):
            pass  # never started, or not to be trusted: begin at the start
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        return state

    @property
    def rows(self) -> int:
        return sum(page["rows"] for page in self.pages)

    @property
    def cursor(self) -> str | None:
        return self.pages[-1]["next"] if self.pages else None

    @property
    def cursors(self) -> list[str | None]:
        return [page["next"] for page in self.pages]

    @property
    def finished(self) -> bool:
        return bool(self.pages) and self.cursor is None

    def add(self, rows: pa.Table, cursor: str | None) -> None:
        """Keep a page: first its file, then the line that says it is whole."""
        name = f"{len(self.pages):05d}.parquet"
        pq.write_table(rows, self.work / name)
        digest = sources.sha256(self.work / name)
        page = {"file": name, "rows": rows.num_rows, "sha256": digest, "next": cursor}
        self.pages.append(page)
        text = json.dumps({"about": self.about, "pages": self.pages})
        sources.write_whole(self.work / "stand.json", text.encode())

    def tables(self) -> Iterator[pa.Table]:
        """Yield the pages in order."""
        for page in self.pages:
            yield pq.read_table(self.work / page["file"])


def _is_whole(work: Path, page: dict[str, Any]) -> bool:
    return sources.sha256(work / page["file"]) == page["sha256"]


def _join(state: _State, schema: pa.Schema) -> Path:
    """Return all pages in one file, of which never more than a page is in memory."""
    path = state.work / "geheel.parquet"
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for table in state.tables():
            writer.write_table(table.cast(schema))
    return path


def _check(feed: Feed, path: Path) -> None:
    """Raise Onvolledig when a row stands twice or the feed misses something."""
    names = feed.keys()
    # By code and not as text: a national table has millions of rows.
    rows = pq.read_table(path, columns=names, read_dictionary=names).unify_dictionaries()
    number = np.zeros(rows.num_rows, dtype=np.int64)
    for name in names:
        column = rows[name].combine_chunks()
        number *= len(column.dictionary) + 1
        number += column.indices.fill_null(-1).to_numpy() + 1
    number.sort()
    if double := int((number[1:] == number[:-1]).sum()):
        raise Onvolledig(f"De bron gaf {double} rijen dubbel.")
    feed.check(path)


def publish(found: Path, folder: Path, facts: dict[str, Any]) -> sources.Source:
    """Put a pulled file in `folder` under its id, add it to the manifest, and return the source.

    `facts` are the fields of a manifest but `file` and `sha256`. Older vintages stay.
    """
    folder.mkdir(parents=True, exist_ok=True)
    manifest = folder / "manifest.yml"
    entries = sources.read_manifest(manifest) if manifest.exists() else []
    name = f"{facts['id']}.parquet"
    entry = {**facts, "file": name, "sha256": sources.sha256(found)}
    entries = [e for e in entries if e["id"] != facts["id"]] + [entry]
    with found.open("rb") as file:
        os.fsync(file.fileno())
    found.replace(folder / name)
    text = yaml.safe_dump({"sources": entries}, sort_keys=False, allow_unicode=True, width=100)
    sources.write_whole(manifest, text.encode())
    sources.catalogue.cache_clear()
    return sources.source(facts["id"])


@contextmanager
def lock(folder: Path) -> Iterator[None]:
    """Hold the folder for one fetch at a time. Raises Fout when another has it.

    The system lets go of the lock when its process ends, however that ends.
    """
    from filelock import FileLock, Timeout

    folder.mkdir(parents=True, exist_ok=True)
    held = FileLock(folder / ".slot")
    try:
        held.acquire(timeout=0)
    except Timeout:
        raise Fout(
            "Er loopt al een `wijkboek fetch` in deze map. Wacht tot die klaar is, of stop die."
        ) from None
    try:
        yield
    finally:
        held.release()


@contextmanager
def disk(folder: Path) -> Iterator[None]:
    """Turn what the disk refuses into a Fout that says what to do."""
    try:
        yield
    except OSError as error:
        said = refused(error, sources.shown(folder))
        raise Fout(f"{said} De cijfers die er al stonden, staan er nog.") from error
